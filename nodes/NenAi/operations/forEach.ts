import type { ICredentialDataDecryptedObject, IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../transport/credential';
import { toError, type Failure } from '../transport/failure';
import { workThrough, type Attempt, type Outcome } from '../transport/queue';
import { BadInput, failureOf } from './badInput';
import { asNodeError, failedItem, failureIn, firstFailure } from './items';
import { Parameters } from './parameters';

/** What an operation that does one thing for each item is made of. */
export interface Work<Q, A> {
	parameters: INodeProperties[];
	/** What the items share. Reads options of the whole node from the first item. Throws BadInput. */
	begin: (ofAll: Parameters, credential: ICredentialDataDecryptedObject) => Course<Q, A>;
	/** What an item asks for. Throws BadInput. */
	read: (parameters: Parameters, itemIndex: number) => Q | Promise<Q>;
	/** What comes out of the answer to an item. */
	toItems: (answer: A, question: Q) => INodeExecutionData[] | Promise<INodeExecutionData[]>;
	/** Whether an item comes out as it went in, and nothing is sent for it. Throws BadInput. */
	passesOn?: (item: INodeExecutionData, parameters: Parameters) => boolean;
	/** What an item that goes on with its error says of what it asked for, so that it can be tried again. */
	named?: (question: Q) => IDataObject;
	/** What else to say where an item has failed: what became of the others. Empty for nothing. */
	describeOthers?: (outcomes: Array<Outcome<A>>) => string;
	/** How an item ended in an earlier try: told in any case, also where this one cannot be begun. */
	recall?: (itemIndex: number) => Outcome<A> | undefined;
	/** Makes a failure one that anybody may see. Default: it is one. */
	present?: (failure: Failure) => Failure;
}

export interface Course<Q, A> {
	maxConcurrency: number;
	maxTries: number;
	attempt: (question: Q, itemIndex: number) => Promise<Attempt<A>>;
	/** Ends what is under way, since one has failed and the others need not be waited for. Only where nothing is changed. */
	giveUp?: () => void;
	/** Called when all is done. */
	end?: () => void;
}

/** What an item asks for that is passed on. */
const PASSED_ON = Symbol('passed on');

/**
 * Does something for each item; answers come out in the items' order. Nothing is sent before every item was read. The
 * first failure ends it (or goes on in its item, with "Continue on fail").
 */
export async function forEachItem<Q, A>(node: IExecuteFunctions, work: Work<Q, A>): Promise<INodeExecutionData[][]> {
	const count = node.getInputData().length;
	if (count === 0) return [[]];
	const course = await begin(node, work);
	const questions = await Promise.all(Array.from({ length: count }, async (_, index) => await readQuestion(node, work, index)));
	const before = questions.map((question, index) => whatIsKnown(question, work.recall?.(index), course));
	const isNothingKnown = before.every(({ kind }, index) => kind === 'failed' && work.recall?.(index) === undefined);
	if ('problem' in course && isNothingKnown && !node.continueOnFail()) throw asNodeError.call(node, course.problem, 0);

	const { outcomes, first } = await answerAll(node, course, questions, before);
	if (first !== undefined && !node.continueOnFail()) {
		const failure = withMore(first.failure, work.describeOthers?.(outcomes as Array<Outcome<A>>));
		throw toError(node.getNode(), work.present?.(failure) ?? failure, first.index);
	}
	const items = await Promise.all(outcomes.map(async (outcome, index) => await toOutput(node, work, questions[index], outcome, index)));
	return [items.flat()];
}

type Read<Q> = Q | BadInput | typeof PASSED_ON;

/** Does not throw: an item that cannot be read may go on as an error. */
async function readQuestion<Q, A>(node: IExecuteFunctions, work: Work<Q, A>, index: number): Promise<Read<Q>> {
	const given = readerOf(node, work, index);
	try {
		return work.passesOn?.(node.getInputData()[index], given) ? PASSED_ON : await work.read(given, index);
	} catch (error) {
		return new BadInput(failureOf(error));
	}
}

function readerOf<Q, A>(node: IExecuteFunctions, work: Work<Q, A>, index: number): Parameters {
	return new Parameters(work.parameters, (name) => node.getNodeParameter(name, index, null), node.getNode().parameters);
}

/** Asks what is not known, unless something stops all before any request. `first` is what failed first, in time where the others were given up. */
async function answerAll<Q, A>(node: IExecuteFunctions, course: Course<Q, A> | Prevented, questions: Array<Read<Q>>, before: Array<Outcome<A | typeof PASSED_ON>>) {
	const stopOnFailure = !node.continueOnFail();
	if ('problem' in course || (stopOnFailure && before.some(({ kind }) => kind === 'failed'))) return { outcomes: before, first: firstFailure(before) };
	let first: ReturnType<typeof firstFailure>;
	const answer = async (index: number): Promise<Attempt<A | typeof PASSED_ON>> => {
		const known = before[index];
		if (known.kind !== 'untried') return known;
		const result = await course.attempt(questions[index] as Q, index);
		if (result.kind === 'failed' && stopOnFailure && course.giveUp) {
			first ??= { index, failure: result.failure };
			course.giveUp();
		}
		return result;
	};
	const outcomes = await workThrough(before.length, answer, { ...course, stopOnFailure, signal: node.getExecutionCancelSignal() }).finally(course.end);
	return { outcomes, first: first ?? firstFailure(outcomes) };
}

/** The items that come out of an item, each linked to it. */
async function toOutput<Q, A>(node: IExecuteFunctions, work: Work<Q, A>, question: Read<Q>, outcome: Outcome<A | typeof PASSED_ON>, index: number): Promise<INodeExecutionData[]> {
	if (outcome.kind !== 'done') return [toFailed(node, work, question, failureIn(outcome), index)];
	const { value } = outcome;
	const made = value === PASSED_ON ? [node.getInputData()[index]] : await makeItems(async () => await work.toItems(value, question as Q));
	return Array.isArray(made) ? made.map((item) => ({ ...item, pairedItem: { item: index } })) : [toFailed(node, work, question, made, index)];
}

/** An item with what it failed with. Throws that where the node stops. */
function toFailed<Q, A>(node: IExecuteFunctions, work: Work<Q, A>, question: Read<Q>, problem: Failure, index: number): INodeExecutionData {
	const failure = work.present?.(problem) ?? problem;
	if (!node.continueOnFail()) throw toError(node.getNode(), failure, index);
	const isNamed = question !== PASSED_ON && !(question instanceof BadInput);
	return failedItem.call(node, failure, index, isNamed ? work.named?.(question) : {});
}

/** Why nothing can be sent at all: a credential or an option that cannot be read. */
interface Prevented {
	problem: unknown;
}

/** Does not throw: what is known of items must be told in any case. */
async function begin<Q, A>(node: IExecuteFunctions, work: Work<Q, A>): Promise<Course<Q, A> | Prevented> {
	try {
		return work.begin(readerOf(node, work, 0), await node.getCredentials(CREDENTIAL_TYPE));
	} catch (problem) {
		const { present } = work;
		return { problem: problem instanceof BadInput && present ? new BadInput(present(problem.failure)) : problem };
	}
}

/** How an item ends without anything being sent for it; `untried` where something must be. */
function whatIsKnown<Q, A>(question: Read<Q>, recalled: Outcome<A> | undefined, course: Course<Q, A> | Prevented): Outcome<A | typeof PASSED_ON> {
	if (question === PASSED_ON) return { kind: 'done', value: PASSED_ON };
	const failure = question instanceof BadInput ? question.failure : 'problem' in course ? failureOf(course.problem) : undefined;
	return failure === undefined ? { kind: 'untried' } : (recalled ?? { kind: 'failed', failure });
}

/** What n8n could not store is the failure of its item, not of all. */
async function makeItems(make: () => Promise<INodeExecutionData[]>): Promise<INodeExecutionData[] | Failure> {
	try {
		return await make();
	} catch (error) {
		return { message: `The answer could not be stored: ${(error as Error).message}`, hint: "Check n8n's binary data settings and its free space." };
	}
}

function withMore({ message, hint }: Failure, more = ''): Failure {
	return { message, hint: more === '' ? hint : `${hint} ${more}` };
}

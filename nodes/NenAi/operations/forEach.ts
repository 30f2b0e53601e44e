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
	const input = node.getInputData();
	if (input.length === 0) return [[]];
	const { present = (failure) => failure } = work;
	const stopOnFailure = !node.continueOnFail();
	const readerOf = (index: number) => new Parameters(work.parameters, (name) => node.getNodeParameter(name, index, null));
	const course = await begin(node, work, readerOf(0));
	const readOne = async (item: INodeExecutionData, index: number) => {
		const given = readerOf(index);
		return work.passesOn?.(item, given) ? PASSED_ON : await work.read(given, index);
	};
	const questions = await Promise.all(input.map(async (item, index) => await readQuestion(async () => await readOne(item, index))));
	const before = questions.map((question, index) => whatIsKnown(question, work.recall?.(index), course));
	if ('problem' in course && stopOnFailure && !before.some(({ kind }, index) => kind === 'done' || work.recall?.(index))) throw asNodeError.call(node, course.problem, 0);

	let first: ReturnType<typeof firstFailure>;
	const answer = async (index: number): Promise<Attempt<A | typeof PASSED_ON>> => {
		const known = before[index];
		if (known.kind !== 'untried' || 'problem' in course) return known as Attempt<A | typeof PASSED_ON>;
		const result = await course.attempt(questions[index] as Q, index);
		if (result.kind === 'failed' && stopOnFailure && course.giveUp) {
			first ??= { index, failure: result.failure };
			course.giveUp();
		}
		return result;
	};
	const isBlocked = 'problem' in course || (stopOnFailure && questions.some((question, index) => question instanceof BadInput && before[index].kind === 'failed'));
	const outcomes = isBlocked ? before : await workThrough(input.length, answer, { ...course, stopOnFailure, signal: node.getExecutionCancelSignal() }).finally(course.end);
	first ??= firstFailure(outcomes);
	if (first !== undefined && stopOnFailure) throw toError(node.getNode(), present(withMore(first.failure, work.describeOthers?.(outcomes as Array<Outcome<A>>))), first.index);
	const nameOf = (index: number): IDataObject => {
		const question = questions[index];
		// n8n puts the input item beside the error there, and tells errors by having nothing else.
		const isNamed = question !== PASSED_ON && !(question instanceof BadInput) && node.getNode().onError !== 'continueErrorOutput';
		return isNamed ? (work.named?.(question) ?? {}) : {};
	};
	const fail = (problem: Failure, index: number): INodeExecutionData[] => {
		const failure = present(problem);
		if (stopOnFailure) throw toError(node.getNode(), failure, index);
		const failed = failedItem(failure, index);
		return [{ ...failed, json: { ...nameOf(index), ...failed.json } }];
	};
	const toOutput = async (outcome: Outcome<A | typeof PASSED_ON>, index: number) => {
		if (outcome.kind !== 'done') return fail(failureIn(outcome), index);
		const { value } = outcome;
		const made = value === PASSED_ON ? [input[index]] : await makeItems(async () => await work.toItems(value, questions[index] as Q));
		return Array.isArray(made) ? made.map((item) => ({ ...item, pairedItem: { item: index } })) : fail(made, index);
	};
	return [(await Promise.all(outcomes.map(toOutput))).flat()];
}

/** Why nothing can be sent at all: a credential or an option that cannot be read. */
interface Prevented {
	problem: unknown;
}

/** Does not throw: what is known of items must be told in any case. */
async function begin<Q, A>(node: IExecuteFunctions, work: Work<Q, A>, ofAll: Parameters): Promise<Course<Q, A> | Prevented> {
	try {
		return work.begin(ofAll, await node.getCredentials(CREDENTIAL_TYPE));
	} catch (problem) {
		return { problem };
	}
}

/** How an item ends without anything being sent for it; `untried` where something must be. */
function whatIsKnown<Q, A>(question: Q | BadInput | typeof PASSED_ON, recalled: Outcome<A> | undefined, course: Course<Q, A> | Prevented): Outcome<A | typeof PASSED_ON> {
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

async function readQuestion<Q>(read: () => Promise<Q>): Promise<Q | BadInput> {
	try {
		return await read();
	} catch (error) {
		return new BadInput(failureOf(error));
	}
}

function withMore({ message, hint }: Failure, more = ''): Failure {
	return { message, hint: more === '' ? hint : `${hint} ${more}` };
}

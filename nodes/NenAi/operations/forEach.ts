import type { ICredentialDataDecryptedObject, IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../transport/credential';
import { toError, type Failure } from '../transport/failure';
import { workThrough, type Attempt, type Outcome } from '../transport/queue';
import { BadInput, failureOf } from './badInput';
import { failedItem, failureIn, firstFailure } from './items';
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
}

export interface Course<Q, A> {
	maxConcurrency: number;
	maxTries: number;
	attempt: (question: Q, itemIndex: number) => Promise<Attempt<A>>;
	/** Ends what is under way, since one has failed and the others need not be waited for. Only where nothing is changed. */
	giveUp?: () => void;
	/** Makes a failure one that anybody may see. Default: it is one. */
	present?: (failure: Failure) => Failure;
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
	const count = input.length;
	if (count === 0) return [[]];
	const readerOf = (index: number) => new Parameters(work.parameters, (name) => node.getNodeParameter(name, index, null));
	const { maxConcurrency, maxTries, attempt, giveUp, present = (failure) => failure, end } = work.begin(readerOf(0), await node.getCredentials(CREDENTIAL_TYPE));
	const readOne = async (item: INodeExecutionData, index: number) => {
		const given = readerOf(index);
		return work.passesOn?.(item, given) ? PASSED_ON : await work.read(given, index);
	};
	const questions = await Promise.all(input.map(async (item, index) => await readQuestion(async () => await readOne(item, index))));
	const stopOnFailure = !node.continueOnFail();
	const unreadable = questions.findIndex((question) => question instanceof BadInput);
	if (unreadable >= 0 && stopOnFailure) throw toError(node.getNode(), present((questions[unreadable] as BadInput).failure), unreadable);

	let first: ReturnType<typeof firstFailure>;
	const answer = async (index: number): Promise<Attempt<A | typeof PASSED_ON>> => {
		const question = questions[index];
		if (question === PASSED_ON) return { kind: 'done', value: PASSED_ON };
		const result: Attempt<A> = question instanceof BadInput ? { kind: 'failed', failure: question.failure } : await attempt(question, index);
		if (result.kind === 'failed' && stopOnFailure && giveUp) {
			first ??= { index, failure: result.failure };
			giveUp();
		}
		return result;
	};
	const outcomes = await workThrough(count, answer, { maxConcurrency, maxTries, stopOnFailure, signal: node.getExecutionCancelSignal() }).finally(end);
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

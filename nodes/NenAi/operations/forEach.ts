import type { ICredentialDataDecryptedObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

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
	/** What else to say where an item has failed: what became of the others. Empty for nothing. */
	describeOthers?: (outcomes: Array<Outcome<A>>) => string;
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

/**
 * Does something for each item; answers come out in the items' order. Nothing is sent before every item was read. The
 * first failure ends it (or goes on in its item, with "Continue on fail").
 */
export async function forEachItem<Q, A>(node: IExecuteFunctions, work: Work<Q, A>): Promise<INodeExecutionData[][]> {
	const count = node.getInputData().length;
	if (count === 0) return [[]];
	const readerOf = (index: number) => new Parameters(work.parameters, (name) => node.getNodeParameter(name, index, null));
	const { maxConcurrency, maxTries, attempt, giveUp, end } = work.begin(readerOf(0), await node.getCredentials(CREDENTIAL_TYPE));
	const questions = await Promise.all(Array.from({ length: count }, async (_, index) => await readQuestion(async () => await work.read(readerOf(index), index))));
	const stopOnFailure = !node.continueOnFail();
	const unreadable = questions.findIndex((question) => question instanceof BadInput);
	if (unreadable >= 0 && stopOnFailure) throw toError(node.getNode(), (questions[unreadable] as BadInput).failure, unreadable);

	let first: ReturnType<typeof firstFailure>;
	const answer = async (index: number): Promise<Attempt<A>> => {
		const question = questions[index];
		const result: Attempt<A> = question instanceof BadInput ? { kind: 'failed', failure: question.failure } : await attempt(question, index);
		if (result.kind === 'failed' && stopOnFailure && giveUp) {
			first ??= { index, failure: result.failure };
			giveUp();
		}
		return result;
	};
	const outcomes = await workThrough(count, answer, { maxConcurrency, maxTries, stopOnFailure, signal: node.getExecutionCancelSignal() }).finally(end);
	first ??= firstFailure(outcomes);
	if (first !== undefined && stopOnFailure) throw toError(node.getNode(), withMore(first.failure, work.describeOthers?.(outcomes)), first.index);
	const toOutput = async (outcome: Outcome<A>, index: number) => {
		if (outcome.kind !== 'done') return [failedItem(failureIn(outcome), index)];
		const made = await makeItems(async () => await work.toItems(outcome.value, questions[index] as Q));
		if (Array.isArray(made)) return made.map((item) => ({ ...item, pairedItem: { item: index } }));
		if (stopOnFailure) throw toError(node.getNode(), made, index);
		return [failedItem(made, index)];
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

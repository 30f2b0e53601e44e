import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { Desktops } from '../transport/desktop/desktops';
import { presentable } from '../transport/desktop/failures';
import type { Attempt, Outcome } from '../transport/queue';
import { describeUncertain } from './items';
import type { Parameters } from './parameters';
import { runItems, type ItemContext, type Mutation, type Service } from './runItems';

/** Seconds. NenAI's own SDKs wait as long for whatever they ask of a desktop. */
export const USUAL_TIMEOUT = 120;

/** Tries for what is safe to repeat, the first included. */
const MAX_TRIES = 5;

/** How many lists and states are asked for at the same time. */
const MAX_CONCURRENCY = 10;

const DESKTOP_API: Service<Desktops> = {
	address: 'desktopUrl',
	open: (node, connection, signal) => new Desktops(node, connection, signal),
	redact: presentable,
};

/** What all operations on desktops are made of. */
interface OnDesktops<Q, A> {
	parameters: INodeProperties[];
	/** What an item asks for. Throws BadInput. */
	read: (given: Parameters, itemIndex: number) => Q | Promise<Q>;
	/** @param mayBeDone whether an earlier try of an idempotent operation has left open if it was done */
	ask: (desktops: Desktops, question: Q, itemIndex: number, mayBeDone: boolean) => Promise<Attempt<A>>;
	toItems: (answer: A, question: Q) => INodeExecutionData[] | Promise<INodeExecutionData[]>;
	/** Adds to an answer what a further query gives, also to an answer of an earlier try. */
	complete?: (desktops: Desktops, answer: A, question: Q, itemIndex: number) => Promise<Attempt<A>>;
	/** In seconds; read from the first item. */
	readTimeout?: (ofAll: Parameters) => number;
}

/** Reads something for each item: several at a time unless told otherwise, and repeated where that may help. */
export async function lookForEach<Q, A>(node: IExecuteFunctions, look: OnDesktops<Q, A> & { maxConcurrency?: number }): Promise<INodeExecutionData[][]> {
	return await runItems(node, { ...onDesktops(look, look.maxConcurrency ?? MAX_CONCURRENCY), kind: 'query' });
}

/** What does something that may not be done twice. */
export interface Act<Q, A> extends OnDesktops<Q, A>, Pick<Mutation<Desktops, Q, A>, 'idempotent'> {
	/** `resource/operation`. */
	name: string;
	/** How to find out whether it was done, where the answer was lost. */
	lookFirst: string;
	/** Whether it only looks after all, so that nothing of it is remembered. */
	looks?: (question: Q) => boolean;
	/** What of an answer is kept for a next try, as plain JSON. It is what comes out then. */
	keep: (answer: A) => A;
	/** What to say of the others that were done, where one has failed. */
	describeDone?: (answers: Array<{ answer: A; itemIndex: number }>) => string;
}

/**
 * Does something for each item, one after the other in their order. What was done in an earlier try is not done again.
 * What was rejected there is not done either once a later item has been done: it would come out of order.
 */
export async function actForEach<Q, A>(node: IExecuteFunctions, act: Act<Q, A>): Promise<INodeExecutionData[][]> {
	const { name, idempotent, keep, looks, lookFirst, describeDone = countDone } = act;
	return await runItems(node, {
		...onDesktops(act, 1),
		kind: 'mutation',
		name,
		ordered: true,
		idempotent,
		keep,
		recoveryHint: lookFirst,
		isQuery: looks,
		describeOthers: (outcomes, failedIndex) => [describeDone(doneIn(outcomes)), ...describeUncertain(outcomes, failedIndex)].filter((sentence) => sentence !== ''),
	});
}

function onDesktops<Q, A>({ parameters, read, ask, toItems, complete, readTimeout }: OnDesktops<Q, A>, maxConcurrency: number) {
	return {
		properties: parameters,
		service: DESKTOP_API,
		settings: (ofAll: Parameters) => ({ maxConcurrency, maxTries: MAX_TRIES, timeout: readTimeout?.(ofAll) ?? USUAL_TIMEOUT }),
		read: async (given: Parameters, { itemIndex }: ItemContext) => await read(given, itemIndex),
		run: ask,
		toItems,
		complete,
	};
}

function doneIn<A>(outcomes: Array<Outcome<A>>): Array<{ answer: A; itemIndex: number }> {
	return outcomes.flatMap((outcome, itemIndex) => (outcome.kind === 'done' ? [{ answer: outcome.value, itemIndex }] : []));
}

function countDone(done: unknown[]): string {
	if (done.length === 0) return '';
	return done.length === 1 ? 'Done before: 1 item. Retry does not do it again.' : `Done before: ${done.length} items. Retry does not do them again.`;
}

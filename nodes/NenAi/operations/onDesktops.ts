import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { connect } from '../transport/connection';
import { Desktops } from '../transport/desktop/desktops';
import { presentable, presented } from '../transport/desktop/failures';
import type { Failure } from '../transport/failure';
import type { Attempt, Outcome } from '../transport/queue';
import { forEachItem, type Work } from './forEach';
import { checkAddress } from './limits';
import { Memory, placeOfMemory } from './memory';
import type { Parameters } from './parameters';

/** Seconds. NenAI's own SDKs wait as long for whatever they ask of a desktop. */
export const USUAL_TIMEOUT = 120;

/** Tries for what is safe to repeat, the first included. */
const MAX_TRIES = 5;

/** How many lists and states are asked for at the same time. */
const MAX_CONCURRENCY = 10;

/** What all that is done with desktops is made of. */
interface OnDesktops<Q, A> {
	parameters: INodeProperties[];
	/** What an item asks for. Throws BadInput. */
	read: (given: Parameters, itemIndex: number) => Q | Promise<Q>;
	ask: (desktops: Desktops, question: Q, itemIndex: number) => Promise<Attempt<A>>;
	toItems: (answer: A, question: Q) => INodeExecutionData[] | Promise<INodeExecutionData[]>;
	/** Adds to an answer what is had by looking once more, whenever the answer is from. */
	complete?: (desktops: Desktops, answer: A, question: Q, itemIndex: number) => Promise<Attempt<A>>;
	/** In seconds; read from the first item. */
	readTimeout?: (ofAll: Parameters) => number;
}

/** Looks at something for each item: several at a time unless told otherwise, and repeated where that may help. */
export async function lookForEach<Q, A>(node: IExecuteFunctions, look: OnDesktops<Q, A> & { maxConcurrency?: number }): Promise<INodeExecutionData[][]> {
	return await forEachItem(node, { ...look, ...withDesktops(node, look, look.maxConcurrency ?? MAX_CONCURRENCY, look.ask) });
}

/** What does something that may not be done twice. */
export interface Act<Q, A> extends OnDesktops<Q, A> {
	/** Under which the memory of what was done is kept: one for each operation. */
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
 * Does something for each item, one after the other in their order, and remembers it: with Retry On Fail, and Retry in
 * the list of executions, what was done is not done again but its answer given again, and what may have been done stays
 * an error. So does what was refused before something behind it was done (with "Continue on fail"): it would come out of order.
 */
export async function actForEach<Q, A>(node: IExecuteFunctions, act: Act<Q, A>): Promise<INodeExecutionData[][]> {
	const { describeDone = countDone } = act;
	const { context, runIndex } = placeOfMemory.call(node);
	const memory = new Memory<A>(context, `nenAi:${act.name}`, runIndex, sentBefore(act.lookFirst));
	const changed: number[] = [];
	const doOnce = async (desktops: Desktops, question: Q, index: number): Promise<Attempt<A>> => {
		if (act.looks?.(question)) return await act.ask(desktops, question, index);
		const request = [desktops.connection.credential.desktopUrl, question];
		const known = memory.recall(index);
		if (known?.kind === 'done' && memory.hasChanged(index, ...request)) changed.push(index);
		if (known) return known;
		if (memory.hasLater(index)) return { kind: 'failed', failure: tooLate(memory.refusal(index)) };
		memory.sent(index, ...request);
		const attempt = presented(await act.ask(desktops, question, index), desktops.connection.credential.apiKey);
		memory.settle(index, attempt.kind === 'done' ? { kind: 'done', value: act.keep(attempt.value) } : attempt);
		if (attempt.kind !== 'done' && !attempt.failure.uncertain) memory.refuse(index, attempt.failure);
		return attempt;
	};
	return await forEachItem(node, {
		...act,
		...withDesktops(node, act, 1, doOnce, () => hintAtChanges.call(node, changed)),
		recall: (index) => memory.recall(index),
		describeOthers: (outcomes) => describeDone(doneIn(outcomes)),
	});
}

function withDesktops<Q, A>(node: IExecuteFunctions, { readTimeout, complete }: OnDesktops<Q, A>, maxConcurrency: number, ask: OnDesktops<Q, A>['ask'], end?: () => void): Pick<Work<Q, A>, 'begin' | 'present'> {
	let apiKey = '';
	return {
		present: (failure) => presentable(failure, apiKey),
		begin(ofAll, data) {
			const usual = connect(data, { maxTries: MAX_TRIES, timeout: USUAL_TIMEOUT });
			apiKey = usual.credential.apiKey;
			checkAddress(usual.credential, 'desktopUrl');
			const connection = readTimeout === undefined ? usual : connect(data, { maxTries: MAX_TRIES, timeout: readTimeout(ofAll) });
			const desktops = new Desktops(node, connection, node.getExecutionCancelSignal());
			const attempt = async (question: Q, index: number): Promise<Attempt<A>> => {
				const asked = await ask(desktops, question, index);
				return asked.kind === 'done' && complete ? await complete(desktops, asked.value, question, index) : asked;
			};
			return { maxConcurrency, maxTries: MAX_TRIES, attempt, end };
		},
	};
}

function sentBefore(lookFirst: string): Failure {
	return { message: 'It is not known whether NenAI did this: the execution was stopped before the answer came', hint: lookFirst, uncertain: true };
}

/** @param refusal why the item was not done in its turn */
function tooLate({ message, hint }: Failure = { message: 'This item was not done in an earlier try', hint: '' }): Failure {
	return { message, hint: `${hint} It is not done now, since later items were done already; start a new execution.`.trim() };
}

function doneIn<A>(outcomes: Array<Outcome<A>>): Array<{ answer: A; itemIndex: number }> {
	return outcomes.flatMap((outcome, itemIndex) => (outcome.kind === 'done' ? [{ answer: outcome.value, itemIndex }] : []));
}

function countDone(done: unknown[]): string {
	if (done.length === 0) return '';
	return done.length === 1 ? 'Done before: 1 item. Retry does not do it again.' : `Done before: ${done.length} items. Retry does not do them again.`;
}

/** Says on the execution which items were not done again though they ask for something else by now. */
function hintAtChanges(this: IExecuteFunctions, changed: number[]) {
	if (changed.length === 0) return;
	// Not every context in which n8n executes nodes has it.
	this.addExecutionHints?.({
		message: `Not done again, though their parameters have changed since an earlier try did them: ${changed.map((index) => `item ${index}`).join(', ')}. To do them anew, start a new execution of the workflow.`,
		location: 'outputPane',
	});
}

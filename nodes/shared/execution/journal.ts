import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import { writeExactly } from '../transport/exactJson';
import type { WrittenFailure as Failure } from '../failures/failure';
import type { Attempt as AttemptOf, Outcome as OutcomeOf } from './retry';
import { isInsideAgent } from './outcomes';

type Attempt<T> = AttemptOf<T, Failure>;
type Outcome<T> = OutcomeOf<T, Failure>;

type Context = ReturnType<IExecuteFunctions['getContext']>;

/** What is known of an item. `sent` remains after a stopped execution: nobody saw the response. */
type Entry<T> = { operation: string; request: string } & (
	| { state: 'sent'; hint: string }
	| { state: 'done'; value: T }
	| { state: 'uncertain'; failure: Failure }
);

interface Stored<T> {
	runIndex: number;
	/** By item index. */
	items: Record<number, Entry<T>>;
	/** By item index: why NenAI rejected the item. It was not done. */
	rejected?: Record<number, Failure>;
}

/**
 * What this run of the node has already done, so that trying it again (Retry On Fail, or Retry in the list of executions)
 * does nothing twice. An item is identified by its index: its parameters may have changed since, for example if they
 * contain the current time. Each pass of a loop and each call of an agent's tool has a run index of its own.
 *
 * Kept in the node's context, which n8n stores with the execution. It survives neither a crash of n8n nor the execution.
 */
export class Journal<T> {
	private readonly stored: Stored<T>;

	private readonly operation: string;

	private readonly sentBefore: Failure;

	/** The last item that earlier tries left an entry for; -1 if there is none. */
	private readonly lastBefore: number;

	/**
	 * @param context of the node, as n8n stored it
	 * @param operation `resource/operation`
	 * @param sentBefore what to report for an item whose answer nobody saw
	 */
	constructor(context: Context, operation: string, runIndex: number, sentBefore: Failure) {
		const known = context[KEY] as Stored<T> | undefined;
		this.stored = known?.runIndex === runIndex ? known : { runIndex, items: {} };
		this.operation = operation;
		this.sentBefore = sentBefore;
		this.lastBefore = Object.keys(this.stored.items).reduce(
			(last, index) => Math.max(last, Number(index)),
			-1,
		);
		context[KEY] = this.stored;
	}

	/** Whether anything was sent, in this try or in an earlier one. */
	get isEmpty(): boolean {
		return Object.keys(this.stored.items).length === 0 && this.stored.rejected === undefined;
	}

	/** How the item ended, in this try or in an earlier one; undefined if NenAI never accepted it. */
	previous(itemIndex: number): Exclude<Outcome<T>, { kind: 'untried' }> | undefined {
		const entry = this.stored.items[itemIndex];
		if (entry === undefined) return undefined;
		if (entry.state === 'uncertain') return { kind: 'failed', failure: entry.failure };
		if (entry.state === 'sent')
			return { kind: 'failed', failure: { ...this.sentBefore, hint: entry.hint } };
		return entry.operation === this.operation
			? { kind: 'done', value: entry.value }
			: { kind: 'failed', failure: doneByOther(entry.operation, entry.value) };
	}

	/** Whether an earlier try did this item, or may have done it, with another operation: somebody has edited the node since. */
	isOfOther(itemIndex: number): boolean {
		const entry = this.stored.items[itemIndex];
		return entry !== undefined && entry.operation !== this.operation;
	}

	/** Whether an earlier try did a later item, or may have done it. */
	hasLaterEntry(itemIndex: number): boolean {
		return this.lastBefore > itemIndex;
	}

	/** Why NenAI rejected the item. */
	rejection(itemIndex: number): Failure | undefined {
		return this.stored.rejected?.[itemIndex];
	}

	/** Whether the item's request differs from the one that was sent. */
	hasChanged(itemIndex: number, request: unknown): boolean {
		try {
			return this.stored.items[itemIndex]?.request !== fingerprint(request);
		} catch {
			// What cannot be written as JSON was not sent before.
			return true;
		}
	}

	/** Call before sending. */
	markSent(itemIndex: number, request: unknown) {
		this.stored.items[itemIndex] = {
			state: 'sent',
			operation: this.operation,
			request: fingerprint(request),
			hint: this.sentBefore.hint,
		};
	}

	/** Call with how it ended. What NenAI certainly did not accept is removed, except for the reason. */
	record(itemIndex: number, attempt: Attempt<T>) {
		const { items } = this.stored;
		const { request, operation } = items[itemIndex];
		if (attempt.kind === 'done')
			items[itemIndex] = { state: 'done', operation, request, value: attempt.value };
		else if (attempt.failure.uncertain)
			items[itemIndex] = { state: 'uncertain', operation, request, failure: attempt.failure };
		else {
			delete items[itemIndex];
			const { message, hint } = attempt.failure;
			this.stored.rejected = { ...this.stored.rejected, [itemIndex]: { message, hint } };
		}
	}
}

/** Under which it is kept in the node's context: one for all operations, since somebody may edit the node between two tries. */
const KEY = 'nenAi';

/** @param value what an item has given that another operation has done */
function doneByOther(operation: string, value: unknown): Failure {
	const { messageId } = (value ?? {}) as { messageId?: unknown };
	const run =
		typeof messageId === 'string'
			? `. The run that it started has the message ID ${messageId}`
			: '';
	return {
		message: `An earlier try of this node has already done "${operation}" for this item${run}`,
		hint: 'Nothing more is done for this item, although the node has another operation now. To do it, start a new execution of the workflow.',
		...(typeof messageId === 'string' && { messageId }),
	};
}

/**
 * The journal of this run of the node. Tools inside of an agent start with an empty one: n8n does not try them again by
 * itself, and simultaneous calls can have the same run index there.
 */
export function openJournal<T>(
	node: IExecuteFunctions,
	operation: string,
	sentBefore: Failure,
): Journal<T> {
	const context = isInsideAgent.call(node) ? {} : node.getContext('node');
	return new Journal<T>(context, operation, node.getWorkflowDataProxy(0).$runIndex, sentBefore);
}

/** A hash, since parameters may be personal data and need not be stored once more. */
function fingerprint(request: unknown): string {
	return createHash('sha256').update(writeExactly(request)).digest('base64');
}

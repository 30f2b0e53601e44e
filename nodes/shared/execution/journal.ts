import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import { writeExactly } from '../transport/exactJson';
import type { WrittenFailure as Failure } from '../failures/failure';
import type { Attempt as AttemptOf, Outcome as OutcomeOf } from './retry';
import { contextOf } from './context';
import { isInsideAgent } from './outcomes';

type Attempt<T> = AttemptOf<T, Failure>;
type Outcome<T> = OutcomeOf<T, Failure>;

type Context = ReturnType<IExecuteFunctions['getContext']>;

/** What is known about an item. `sent` remains after a stopped execution: nobody saw the response. */
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
 * What this run of the node has already done. So a repetition (Retry On Fail, or Retry in the list of executions) does
 * nothing twice. An item is identified by its index: its parameters may have changed since, for example if they contain
 * the current time. Each pass of a loop and each call of an agent's tool has its own run index.
 *
 * It is kept in the node's context, which n8n stores with the execution:
 * docs/internals/n8n-behaviour.md#the-nodes-context. It does not survive a crash of n8n.
 */
export class Journal<T> {
	private readonly stored: Stored<T>;

	/** The last item for which an earlier try left an entry; -1 if there is none. */
	private readonly lastBefore: number;

	/**
	 * @param context the node's context, as n8n stored it
	 * @param operation `resource/operation`
	 * @param sentBefore the failure of an item whose response nobody saw
	 */
	constructor(
		context: Context,
		private readonly operation: string,
		runIndex: number,
		private readonly sentBefore: Failure,
	) {
		const known = context[KEY] as Stored<T> | undefined;
		this.stored = known?.runIndex === runIndex ? known : { runIndex, items: {} };
		this.lastBefore = Object.keys(this.stored.items).reduce(
			(last, index) => Math.max(last, Number(index)),
			-1,
		);
		context[KEY] = this.stored;
	}

	/** Whether nothing was sent, in this try or in an earlier one. */
	get isEmpty(): boolean {
		return Object.keys(this.stored.items).length === 0 && this.stored.rejected === undefined;
	}

	/** How the item ended, in this try or in an earlier one. Undefined if NenAI never accepted it. */
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

	/**
	 * Whether an earlier try did this item, or may have done it, with another operation: somebody has changed the node
	 * since.
	 */
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

	/**
	 * Call this when the request has ended. An item that NenAI certainly did not accept is removed; only the reason is
	 * kept.
	 */
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

/** Its key in the node's context. All operations share it, because somebody may change the node between two tries. */
const KEY = 'nenAi';

/** @param value the result that the other operation gave for the item */
function doneByOther(operation: string, value: unknown): Failure {
	const { messageId } = (value ?? {}) as { messageId?: unknown };
	const run =
		typeof messageId === 'string'
			? `. The run that it started has the message ID ${messageId}`
			: '';
	return {
		message: `An earlier try of this node has already done "${operation}" for this item${run}`,
		hint: 'The operation that the node has now was not done for this item. To do it, start a new execution of the workflow.',
		...(typeof messageId === 'string' && { messageId }),
	};
}

/**
 * The journal of this run of the node. Tools inside an agent start with an empty one: n8n does not repeat them, and
 * simultaneous calls can have the same run index there (docs/internals/n8n-behaviour.md#tools-of-ai-agents).
 */
export function openJournal<T>(
	node: IExecuteFunctions,
	operation: string,
	sentBefore: Failure,
): Journal<T> {
	const context = isInsideAgent.call(node) ? {} : contextOf.call(node, 'node');
	return new Journal<T>(context, operation, node.getWorkflowDataProxy(0).$runIndex, sentBefore);
}

/** A hash, because parameters may be personal data that should not be stored again. */
function fingerprint(request: unknown): string {
	return createHash('sha256').update(writeExactly(request)).digest('base64');
}

import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import { writeExactly } from '../transport/exactJson';
import type { Failure } from '../failures/failure';
import type { Attempt, Outcome } from './runJobs';
import { isInsideAgent } from './outcomes';

type Context = ReturnType<IExecuteFunctions['getContext']>;

/** What is known of an item. `sent` is what a stopped execution leaves behind: nobody saw the answer. */
type Entry<T> = { request: string } & ({ state: 'sent' } | { state: 'done'; value: T } | { state: 'uncertain'; failure: Failure });

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

	private readonly sentBefore: Failure;

	/** The last item that earlier tries left an entry for; -1 if there is none. */
	private readonly lastBefore: number;

	/**
	 * @param context of the node, as n8n stored it
	 * @param name under which it is kept there: one for each operation
	 * @param sentBefore what to report for an item whose answer nobody saw
	 */
	constructor(context: Context, name: string, runIndex: number, sentBefore: Failure) {
		const known = context[name] as Stored<T> | undefined;
		this.stored = known?.runIndex === runIndex ? known : { runIndex, items: {} };
		this.sentBefore = sentBefore;
		this.lastBefore = Object.keys(this.stored.items).reduce((last, index) => Math.max(last, Number(index)), -1);
		context[name] = this.stored;
	}

	/** Whether anything was sent, in this try or in an earlier one. */
	get isEmpty(): boolean {
		return Object.keys(this.stored.items).length === 0 && this.stored.rejected === undefined;
	}

	/** How the item ended, in this try or in an earlier one; undefined if NenAI never accepted it. */
	previous(itemIndex: number): Exclude<Outcome<T>, { kind: 'untried' }> | undefined {
		const entry = this.stored.items[itemIndex];
		if (entry === undefined) return undefined;
		if (entry.state === 'done') return { kind: 'done', value: entry.value };
		return { kind: 'failed', failure: entry.state === 'uncertain' ? entry.failure : this.sentBefore };
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
		return this.stored.items[itemIndex]?.request !== fingerprint(request);
	}

	/** Call before sending. */
	markSent(itemIndex: number, request: unknown) {
		this.stored.items[itemIndex] = { state: 'sent', request: fingerprint(request) };
	}

	/** Call with how it ended. What NenAI certainly did not accept is removed, except for the reason. */
	record(itemIndex: number, attempt: Attempt<T>) {
		const { items } = this.stored;
		const { request } = items[itemIndex];
		if (attempt.kind === 'done') items[itemIndex] = { state: 'done', request, value: attempt.value };
		else if (attempt.failure.uncertain) items[itemIndex] = { state: 'uncertain', request, failure: attempt.failure };
		else {
			delete items[itemIndex];
			const { message, hint } = attempt.failure;
			this.stored.rejected = { ...this.stored.rejected, [itemIndex]: { message, hint } };
		}
	}
}

/**
 * The journal of this run of the node. Tools inside of an agent start with an empty one: n8n does not try them again by
 * itself, and simultaneous calls can have the same run index there.
 */
export function openJournal<T>(node: IExecuteFunctions, name: string, sentBefore: Failure): Journal<T> {
	const context = isInsideAgent.call(node) ? {} : node.getContext('node');
	return new Journal<T>(context, `nenAi:${name}`, node.getWorkflowDataProxy(0).$runIndex, sentBefore);
}

/** A hash, since parameters may be personal data and need not be stored once more. */
function fingerprint(request: unknown): string {
	return createHash('sha256').update(writeExactly(request)).digest('base64');
}

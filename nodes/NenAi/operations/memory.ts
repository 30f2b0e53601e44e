import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import { writeExactly } from '../transport/exactJson';
import type { Failure } from '../transport/failure';
import type { Attempt, Outcome } from '../transport/queue';
import { isInsideAgent } from './items';

type Context = ReturnType<IExecuteFunctions['getContext']>;

/** What is known of an item. `sent` is what a stopped execution leaves behind: nobody saw the answer. */
type Entry<T> = { request: string } & ({ state: 'sent' } | { state: 'done'; value: T } | { state: 'uncertain'; failure: Failure });

interface Stored<T> {
	runIndex: number;
	/** By item index. */
	items: Record<number, Entry<T>>;
	/** By item index, what was refused, and so was not done. */
	refused?: Record<number, Failure>;
}

/**
 * What this run of the node already did, so that trying it again (Retry On Fail, or Retry in the list of executions)
 * does nothing twice. An item is the same by its place: its parameters may be others by then, such as one with the time
 * in it. Each pass of a loop and each call of an agent's tool has a run index of its own.
 *
 * Kept in the node's context, which n8n stores with the execution; it outlives neither a crash of n8n nor the execution.
 */
export class Memory<T> {
	private readonly stored: Stored<T>;

	private readonly sentBefore: Failure;

	/** The last item of which earlier tries left anything; -1 for none. */
	private readonly lastBefore: number;

	/**
	 * @param context of the node, as n8n stored it
	 * @param name under which it is kept there: one for each kind of work
	 * @param sentBefore what to say of an item whose answer nobody saw
	 */
	constructor(context: Context, name: string, runIndex: number, sentBefore: Failure) {
		const known = context[name] as Stored<T> | undefined;
		this.stored = known?.runIndex === runIndex ? { runIndex, items: byIndex(known.items), refused: known.refused } : { runIndex, items: {} };
		this.sentBefore = sentBefore;
		this.lastBefore = Object.keys(this.stored.items).reduce((last, index) => Math.max(last, Number(index)), -1);
		context[name] = this.stored;
	}

	/** How the item ended in an earlier try; undefined if it was never accepted. */
	recall(itemIndex: number): Exclude<Outcome<T>, { kind: 'untried' }> | undefined {
		const entry = this.stored.items[itemIndex];
		if (entry === undefined) return undefined;
		if (entry.state === 'done') return { kind: 'done', value: entry.value };
		return { kind: 'failed', failure: entry.state === 'uncertain' ? entry.failure : this.sentBefore };
	}

	/** Whether, in an earlier try, one behind this item was done, or may have been. */
	hasLater(itemIndex: number): boolean {
		return this.lastBefore > itemIndex;
	}

	/** Keeps why an item was refused, for where it cannot be done later on. */
	refuse(itemIndex: number, { message, hint }: Failure) {
		this.stored.refused = { ...this.stored.refused, [itemIndex]: { message, hint } };
	}

	/** Why the item was refused in an earlier try. */
	refusal(itemIndex: number): Failure | undefined {
		return this.stored.refused?.[itemIndex];
	}

	/** Whether this is not what the item asked for when it was sent. */
	hasChanged(itemIndex: number, ...request: unknown[]): boolean {
		return this.stored.items[itemIndex]?.request !== fingerprint(request);
	}

	/** Call before sending. */
	sent(itemIndex: number, ...request: unknown[]) {
		this.stored.items[itemIndex] = { state: 'sent', request: fingerprint(request) };
	}

	/** Call with how it ended. What was surely not accepted is forgotten. */
	settle(itemIndex: number, attempt: Attempt<T>) {
		const { items } = this.stored;
		const { request } = items[itemIndex];
		if (attempt.kind === 'done') items[itemIndex] = { state: 'done', request, value: attempt.value };
		else if (attempt.failure.uncertain) items[itemIndex] = { state: 'uncertain', request, failure: attempt.failure };
		else delete items[itemIndex];
	}
}

/** Which state says more, where several are known of an item. */
const STATES = ['sent', 'uncertain', 'done'];

/** As version 0.1.0 kept a run that was started, under these names. */
interface Started<T> {
	request: string;
	state: 'started';
	run: T;
}

/** Version 0.1.0 kept what it knew by index and request ("0:hash"). What it started must not be started again, either. */
function byIndex<T>(items: Record<string, Entry<T> | Started<T>>): Stored<T>['items'] {
	const entries = Object.entries(items).map(([key, entry]): [string, Entry<T>] => {
		const [index, request = entry.request] = key.split(/:(.*)/s);
		return [index, entry.state === 'started' ? { state: 'done', request, value: entry.run } : { ...entry, request }];
	});
	return Object.fromEntries(entries.sort(([, a], [, b]) => STATES.indexOf(a.state) - STATES.indexOf(b.state)));
}

/**
 * Where the memory of this run of the node is kept. Tools inside of an agent have none: n8n does not try them again by
 * itself, and calls at the same time can have the same run index there.
 */
export function placeOfMemory(this: IExecuteFunctions): { context: Context; runIndex: number } {
	return { context: isInsideAgent.call(this) ? {} : this.getContext('node'), runIndex: this.getWorkflowDataProxy(0).$runIndex };
}

/** A hash, since parameters may be personal data and need not be stored once more. */
function fingerprint(request: unknown[]): string {
	return createHash('sha256').update(writeExactly(request)).digest('base64');
}

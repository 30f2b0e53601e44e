import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import type { Failure } from '../../transport/failure';
import type { Attempt, Outcome } from '../../transport/queue';
import { ASK_BEFORE_STARTING_AGAIN, type RunRequest, type StartedRun } from '../../transport/startRun';
import { isInsideAgent } from '../items';

/** What is known of an item. `sent` is what a stopped execution leaves behind: nobody saw the answer. */
type Entry = { request: string } & ({ state: 'sent' } | { state: 'started'; run: StartedRun } | { state: 'uncertain'; failure: Failure });

interface Memory {
	runIndex: number;
	/** By item index. */
	items: Record<number, Entry>;
}

const SENT_BEFORE: Failure = {
	message: 'It is not known whether NenAI started the run: the execution was stopped before the answer came',
	hint: ASK_BEFORE_STARTING_AGAIN,
	uncertain: true,
};

/**
 * What this run of the node already started, so that trying it again (Retry On Fail, or Retry in the list of
 * executions) starts nothing twice. An item is the same by its place: its parameters may be others by then, such as
 * one with the time in it. Each pass of a loop and each call of an agent's tool has a run index of its own.
 *
 * Kept in the node's context, which n8n stores with the execution; it outlives neither a crash of n8n nor the execution.
 */
export class StartedRuns {
	private readonly memory: Memory;

	/** @param context of the node, as n8n stored it */
	constructor(context: ReturnType<IExecuteFunctions['getContext']>, runIndex: number) {
		const known = context.nenAiRuns as Memory | undefined;
		this.memory = known?.runIndex === runIndex ? { runIndex, items: byIndex(known.items) } : { runIndex, items: {} };
		context.nenAiRuns = this.memory;
	}

	/** How the item ended in an earlier try; undefined if it was never accepted. */
	recall(itemIndex: number): Exclude<Outcome<StartedRun>, { kind: 'untried' }> | undefined {
		const entry = this.memory.items[itemIndex];
		if (entry === undefined) return undefined;
		if (entry.state === 'started') return { kind: 'done', value: entry.run };
		return { kind: 'failed', failure: entry.state === 'uncertain' ? entry.failure : SENT_BEFORE };
	}

	/** Whether this is not what the item asked for when it was sent. */
	hasChanged(itemIndex: number, url: string, request: RunRequest | undefined): boolean {
		return this.memory.items[itemIndex]?.request !== fingerprint(url, request);
	}

	/** Call before sending. */
	sent(itemIndex: number, url: string, request: RunRequest) {
		this.memory.items[itemIndex] = { state: 'sent', request: fingerprint(url, request) };
	}

	/** Call with how it ended. What was surely not accepted is forgotten. */
	settle(itemIndex: number, attempt: Attempt<StartedRun>) {
		const { items } = this.memory;
		const { request } = items[itemIndex];
		if (attempt.kind === 'done') items[itemIndex] = { state: 'started', request, run: attempt.value };
		else if (attempt.failure.uncertain) items[itemIndex] = { state: 'uncertain', request, failure: attempt.failure };
		else delete items[itemIndex];
	}
}

/** Which state says more, where several are known of an item. */
const STATES: Array<Entry['state']> = ['sent', 'uncertain', 'started'];

/** Version 0.1.0 kept what it knew by index and request ("0:hash"). What it started must not be started again, either. */
function byIndex(items: Record<string, Entry>): Memory['items'] {
	const entries = Object.entries(items).map(([key, entry]): [string, Entry] => {
		const [index, request = entry.request] = key.split(/:(.*)/s);
		return [index, { ...entry, request }];
	});
	return Object.fromEntries(entries.sort(([, a], [, b]) => STATES.indexOf(a.state) - STATES.indexOf(b.state)));
}

/**
 * The memory of this run of the node. Tools inside of an agent have none: n8n does not try them again by itself, and
 * calls at the same time can have the same run index there.
 */
export function memoryOf(this: IExecuteFunctions): StartedRuns {
	return new StartedRuns(isInsideAgent.call(this) ? {} : this.getContext('node'), this.getWorkflowDataProxy(0).$runIndex);
}

/** A hash, since parameters may be personal data and need not be stored once more. */
function fingerprint(url: string, request: RunRequest | undefined): string {
	return createHash('sha256').update(JSON.stringify([url, request])).digest('base64');
}

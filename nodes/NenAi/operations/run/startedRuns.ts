import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import type { Failure } from '../../transport/failure';
import type { Attempt } from '../../transport/queue';
import type { RunRequest, StartedRun } from '../../transport/startRun';

/** What is known of one request of one item. `sent` is what a stopped execution leaves behind: nobody saw the answer. */
type Entry = { state: 'sent' } | { state: 'started'; run: StartedRun } | { state: 'uncertain'; failure: Failure };

interface Memory {
	runIndex: number;
	/** By item and request, so that a changed request of an item does not displace what is known of the former one. */
	items: Record<string, Entry>;
	/** By request: what may have been started in an earlier round of a loop, or an earlier try of a tool. */
	unsettled: Record<string, Entry>;
}

/** Requests whose answer this process still awaits. An agent may make the same tool call several times at once. */
const inFlight = new WeakSet<Entry>();

const SENT_BEFORE: Failure = {
	message: 'It is not known whether NenAI started the run: the execution was stopped before the answer came',
	hint: 'A run may have started, so it is not sent again: that could do the work twice. Look for its callback, or ask NenAI whether it ran, before you start it once more.',
	uncertain: true,
};

/**
 * What this node already started in this execution, so that running it again (Retry On Fail, or Retry in the list
 * of executions) starts nothing twice. Kept in the node's context, which n8n stores with the execution; it outlives
 * neither a crash of n8n nor the execution.
 */
export class StartedRuns {
	private readonly memory: Memory;

	constructor(context: ReturnType<IExecuteFunctions['getContext']>, runIndex: number) {
		const known = context.nenAiRuns as Memory | undefined;
		this.memory = known?.runIndex === runIndex ? known : { runIndex, items: {}, unsettled: unsettledOf(known) };
		context.nenAiRuns = this.memory;
	}

	/** What is known of this very request of this item; undefined if it was never accepted, or has changed. */
	recall(itemIndex: number, url: string, request: RunRequest): { run: StartedRun } | { failure: Failure } | undefined {
		const { items, unsettled } = this.memory;
		const earlier = unsettled[fingerprint(url, request)];
		const entry = items[keyOf(itemIndex, url, request)] ?? (inFlight.has(earlier) ? undefined : earlier);
		if (entry === undefined) return undefined;
		if (entry.state === 'started') return { run: entry.run };
		return { failure: entry.state === 'uncertain' ? entry.failure : SENT_BEFORE };
	}

	/** Call before sending. */
	sent(itemIndex: number, url: string, request: RunRequest) {
		const entry: Entry = { state: 'sent' };
		inFlight.add(entry);
		this.memory.items[keyOf(itemIndex, url, request)] = entry;
	}

	/** Call with how it ended. What was surely not accepted is forgotten. */
	settle(itemIndex: number, url: string, request: RunRequest, attempt: Attempt<StartedRun>) {
		const key = keyOf(itemIndex, url, request);
		const { items, unsettled } = this.memory;
		const sent = items[key];
		if (attempt.kind === 'done') items[key] = { state: 'started', run: attempt.value };
		else if (attempt.failure.uncertain) items[key] = { state: 'uncertain', failure: attempt.failure };
		else delete items[key];
		// A later run that began in the meantime has taken it over as open.
		const taken = fingerprint(url, request);
		if (unsettled[taken] !== sent) return;
		if (items[key]?.state === 'uncertain') unsettled[taken] = items[key];
		else delete unsettled[taken];
	}
}

/**
 * What a next run of the node must still know of the one before. In a loop only the current round can be run again, so
 * what was started is dropped; but each try of an AI tool counts as a run, so what may have been started is kept.
 */
function unsettledOf(memory: Memory | undefined): Memory['unsettled'] {
	if (memory === undefined) return {};
	const open = Object.entries(memory.items).filter(([, { state }]) => state !== 'started');
	// The same object, so that a request that is still under way can be settled in it.
	return Object.assign(memory.unsettled, Object.fromEntries(open.map(([key, entry]) => [key.slice(key.indexOf(':') + 1), entry])));
}

function keyOf(itemIndex: number, url: string, request: RunRequest): string {
	return `${itemIndex}:${fingerprint(url, request)}`;
}

/** A hash, since parameters may be personal data and need not be stored once more. */
function fingerprint(url: string, request: RunRequest): string {
	return createHash('sha256').update(JSON.stringify([url, request])).digest('base64');
}

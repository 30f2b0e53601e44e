import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import type { Failure } from '../../transport/failure';
import type { Attempt } from '../../transport/queue';
import type { RunRequest, StartedRun } from '../../transport/startRun';

/** What is known of the run of one item. `sent` is what a stopped execution leaves behind: nobody saw the answer. */
type Entry = { request: string } & (
	| { state: 'sent' }
	| { state: 'started'; run: StartedRun }
	| { state: 'uncertain'; failure: Failure }
);

interface Memory {
	runIndex: number;
	items: Record<string, Entry>;
}

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
	private readonly items: Memory['items'];

	constructor(context: ReturnType<IExecuteFunctions['getContext']>, runIndex: number) {
		const known = context.nenAiRuns as Memory | undefined;
		// In a loop only the current round can be run again, so the memory does not grow with the rounds.
		const memory: Memory = known?.runIndex === runIndex ? known : { runIndex, items: {} };
		context.nenAiRuns = memory;
		this.items = memory.items;
	}

	/** What is known of this very request of this item; undefined if it was never accepted, or has changed. */
	recall(itemIndex: number, url: string, request: RunRequest): { run: StartedRun } | { failure: Failure } | undefined {
		const entry = this.items[itemIndex];
		if (entry?.request !== fingerprint(url, request)) return undefined;
		if (entry.state === 'started') return { run: entry.run };
		return { failure: entry.state === 'uncertain' ? entry.failure : SENT_BEFORE };
	}

	/** Call before sending. */
	sent(itemIndex: number, url: string, request: RunRequest) {
		this.items[itemIndex] = { request: fingerprint(url, request), state: 'sent' };
	}

	/** Call with how it ended. What was surely not accepted is forgotten. */
	settle(itemIndex: number, attempt: Attempt<StartedRun>) {
		if (attempt.kind === 'done') Object.assign(this.items[itemIndex], { state: 'started', run: attempt.value });
		else if (attempt.failure.uncertain) Object.assign(this.items[itemIndex], { state: 'uncertain', failure: attempt.failure });
		else delete this.items[itemIndex];
	}
}

/** A hash, since parameters may be personal data and need not be stored once more. */
function fingerprint(url: string, request: RunRequest): string {
	return createHash('sha256').update(JSON.stringify([url, request])).digest('base64');
}

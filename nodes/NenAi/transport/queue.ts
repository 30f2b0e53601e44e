import { sleep } from 'n8n-workflow';

import type { Failure } from './failure';
import { backoff, LONGEST_WAIT } from './retry';

/** How one try of a job ended. `retry` is for what is safe to send again; `failure` is what to say if it is not. */
export type Attempt<T> =
	| { kind: 'done'; value: T }
	| { kind: 'failed'; failure: Failure }
	| { kind: 'retry'; after?: number; failure: Failure };

/** How a job ended. `untried`: the queue stopped before it was its turn, or while it waited for a retry. */
export type Outcome<T> =
	| { kind: 'done'; value: T }
	| { kind: 'failed'; failure: Failure }
	| { kind: 'untried' };

export interface QueueOptions {
	maxConcurrency: number;
	/** Tries for one job, the first included. */
	maxTries: number;
	/** Whether the first failed job stops those that are not under way. */
	stopOnFailure: boolean;
	/** Stops the queue; what is under way is awaited. */
	signal?: AbortSignal;
}

/**
 * Does the jobs 0 to `count - 1`, several at a time, and gives their outcomes in order. Never throws by itself.
 *
 * A job that is told to come back later holds up all the others, and goes before those that were not tried yet:
 * what limits one request limits them all. Waits longer than LONGEST_WAIT are not sat out.
 */
export async function workThrough<T>(
	count: number,
	attempt: (index: number) => Promise<Attempt<T>>,
	{ maxConcurrency, maxTries, stopOnFailure, signal }: QueueOptions,
): Promise<Array<Outcome<T>>> {
	const outcomes = Array.from({ length: count }, (): Outcome<T> => ({ kind: 'untried' }));
	const tries = new Array<number>(count).fill(0);
	const toRetry: number[] = [];
	const pause = new Pause(signal);
	let next = 0;

	const take = () => toRetry.shift() ?? (next < count ? next++ : undefined);

	const finish = (index: number, outcome: Outcome<T>) => {
		outcomes[index] = outcome;
		if (outcome.kind === 'failed' && stopOnFailure) pause.stop();
	};

	const settle = (index: number, result: Attempt<T>) => {
		if (result.kind !== 'retry') return finish(index, result);
		const wait = result.after ?? backoff(tries[index], Math.random());
		pause.extend(wait, result.failure);
		if (tries[index] < maxTries) toRetry.push(index);
		else finish(index, { kind: 'failed', failure: result.failure });
	};

	const worker = async () => {
		for (;;) {
			await pause.over();
			if (pause.stopped) return;
			const index = take();
			if (index === undefined) return;
			if (pause.tooLong) {
				finish(index, { kind: 'failed', failure: pause.tooLong });
				continue;
			}
			tries[index] += 1;
			settle(index, await attempt(index));
		}
	};

	await Promise.all(Array.from({ length: Math.min(maxConcurrency, count) }, worker));
	return outcomes;
}

/** The time during which nothing may be sent, shared by all workers of a queue. */
class Pause {
	stopped = false;

	/** Why nothing is sent any more: set when the API asked for a wait that is not sat out. */
	tooLong?: Failure;

	private until = 0;

	private readonly ended: Promise<void>;

	private end: () => void = () => {};

	constructor(signal?: AbortSignal) {
		this.ended = new Promise((resolve) => (this.end = resolve));
		if (signal?.aborted) this.stop();
		signal?.addEventListener('abort', () => this.stop(), { once: true });
	}

	stop() {
		this.stopped = true;
		this.end();
	}

	/** @param wait milliseconds from now */
	extend(wait: number, failure: Failure) {
		if (wait > LONGEST_WAIT) this.tooLong = failure;
		else this.until = Math.max(this.until, Date.now() + wait);
	}

	/** Resolves when sending is allowed again, or at once when the queue was stopped. */
	async over() {
		for (let wait = this.until - Date.now(); wait > 0 && !this.stopped; wait = this.until - Date.now()) {
			// In slices, so that no long timer outlives a stopped queue.
			await Promise.race([sleep(Math.min(wait, 1000)), this.ended]);
		}
	}
}

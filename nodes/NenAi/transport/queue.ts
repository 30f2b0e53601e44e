import { sleep } from 'n8n-workflow';

import type { Failure } from './failure';
import { Pace } from './pace';

/** How one try of a job ended. `retry` is for what is safe to send again; `failure` is what to say if it is not. */
export type Attempt<T> =
	| { kind: 'done'; value: T }
	| { kind: 'failed'; failure: Failure }
	| {
			kind: 'retry';
			/** Milliseconds that the server asks to wait. */
			after?: number;
			/** Whether the server said that it is sent too much. */
			busy?: boolean;
			failure: Failure;
	  };

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
	/** Jobs of one lane hold up each other when one is told to wait, as those of one host. Default: all are of one lane. */
	laneOf?: (index: number) => string;
	/** What to say of a job that was not sent, since `first` was told to wait for too long. Default: the same. */
	unasked?: (index: number, first: Failure) => Failure;
}

/** Jobs that share a pace, the next one first; those to be tried again go before those that were not tried yet. */
interface Lane {
	pace: Pace;
	toRetry: number[];
	untried: number[];
}

/**
 * Does the jobs 0 to `count - 1`, several at a time, and gives their outcomes in order. Throws only what a job throws,
 * when those under way have ended.
 *
 * A job that is told to come back later holds up all others of its lane: what limits one request limits them all.
 * Where it was sent too much, they begin one at a time afterwards, and more as they are accepted. Waits longer than LONGEST_WAIT are not sat out.
 */
export async function workThrough<T>(
	count: number,
	attempt: (index: number) => Promise<Attempt<T>>,
	{ maxConcurrency, maxTries, stopOnFailure, signal, laneOf = () => '', unasked = (_, first) => first }: QueueOptions,
): Promise<Array<Outcome<T>>> {
	const outcomes = Array.from({ length: count }, (): Outcome<T> => ({ kind: 'untried' }));
	const tries = new Array<number>(count).fill(0);
	const lanes = makeLanes(count, laneOf, maxConcurrency);
	const change = new Change();
	const thrown: unknown[] = [];
	let running = 0;
	let stopped = signal?.aborted ?? false;

	const stop = () => {
		stopped = true;
		change.tell();
	};

	const finish = (index: number, outcome: Outcome<T>) => {
		outcomes[index] = outcome;
		if (outcome.kind === 'failed' && stopOnFailure) stop();
	};

	const settle = (lane: Lane, index: number, result: Attempt<T>) => {
		if (result.kind !== 'retry') {
			lane.pace.accepted();
			return finish(index, result);
		}
		lane.pace.refused(result);
		// In order, so that one that was refused again comes next, and not all others before it lose a try each.
		if (tries[index] < maxTries && !lane.pace.tooLong) lane.toRetry = [...lane.toRetry, index].sort((a, b) => a - b);
		else {
			lane.pace.giveUp();
			finish(index, { kind: 'failed', failure: { ...result.failure, hint: lane.pace.tooLong?.hint ?? result.failure.hint } });
		}
	};

	const run = async (lane: Lane, index: number) => {
		running += 1;
		lane.pace.running += 1;
		tries[index] += 1;
		try {
			settle(lane, index, await attempt(index));
		} catch (error) {
			thrown.push(error);
			stop();
		}
		running -= 1;
		lane.pace.running -= 1;
		change.tell();
	};

	/** Whether something was done; if not, something has to change first. */
	const step = (lane: Lane, now: number): boolean => {
		const { pace } = lane;
		if (pace.tooLong === undefined && (running >= maxConcurrency || !pace.isFree(now))) return false;
		const index = lane.toRetry.shift() ?? lane.untried.shift();
		if (index === undefined) return false;
		if (pace.tooLong) finish(index, { kind: 'failed', failure: unasked(index, pace.tooLong) });
		else void run(lane, index);
		return true;
	};

	signal?.addEventListener('abort', stop, { once: true });
	while (!stopped && (running > 0 || lanes.some(isWaiting))) {
		const changed = change.next();
		// One moment for both: a pause that ends in between would be waited for by nobody.
		const now = Date.now();
		if (lanes.filter((lane) => !stopped && step(lane, now)).length > 0) continue;
		await Promise.race([changed, ...pauses(lanes, now)]);
	}
	while (running > 0) await change.next();
	signal?.removeEventListener('abort', stop);
	if (thrown.length > 0) throw thrown[0];
	return outcomes;
}

function makeLanes(count: number, laneOf: (index: number) => string, maxConcurrency: number): Lane[] {
	const lanes = new Map<string, Lane>();
	for (let index = 0; index < count; index += 1) {
		const lane = lanes.get(laneOf(index)) ?? { pace: new Pace(maxConcurrency), toRetry: [], untried: [] };
		lanes.set(laneOf(index), lane);
		lane.untried.push(index);
	}
	return [...lanes.values()];
}

function isWaiting({ toRetry, untried }: Lane): boolean {
	return toRetry.length + untried.length > 0;
}

/** The ends of the pauses that hold up jobs; in slices, so that no long timer outlives a stopped queue. */
function pauses(lanes: Lane[], now: number): Array<Promise<void>> {
	const left = lanes.filter(isWaiting).map(({ pace }) => pace.left(now)).filter((wait) => wait > 0);
	return left.length > 0 ? [sleep(Math.min(1000, ...left))] : [];
}

/** Lets one wait until something has changed. */
class Change {
	private promise: Promise<void> | undefined;

	private resolve = () => {};

	next(): Promise<void> {
		this.promise ??= new Promise((resolve) => (this.resolve = resolve));
		return this.promise;
	}

	tell() {
		this.promise = undefined;
		this.resolve();
	}
}

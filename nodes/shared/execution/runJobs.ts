import { sleep } from 'n8n-workflow';

import type { Failure } from '../failures/failure';
import { AdaptiveConcurrency } from './adaptiveConcurrency';

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

export interface RunJobsOptions {
	maxConcurrency: number;
	/** Tries for one job, the first included. */
	maxTries: number;
	/** Whether the first failed job stops those that are not under way. */
	stopOnFailure: boolean;
	/** Stops the queue; what is under way is awaited. */
	signal?: AbortSignal;
	/** Jobs of one group hold up each other when one is told to wait, as those of one host. Default: all are of one group. */
	groupOf?: (index: number) => string;
	/** What to say of a job that was not sent, since `first` was told to wait for too long. Default: the same. */
	skippedFailure?: (index: number, first: Failure) => Failure;
}

/** Jobs that share a pace, the next one first; those to be tried again go before those that were not tried yet. */
interface Group {
	pace: AdaptiveConcurrency;
	toRetry: number[];
	untried: number[];
}

/**
 * Does the jobs 0 to `count - 1`, several at a time, and gives their outcomes in order. Throws only what a job throws,
 * when those under way have ended.
 *
 * A job that is told to come back later holds up all others of its group: what limits one request limits them all.
 * Where it was sent too much, they begin one at a time afterwards, and more as they are accepted. Waits longer than LONGEST_WAIT are not sat out.
 */
export async function runJobs<T>(
	count: number,
	attempt: (index: number) => Promise<Attempt<T>>,
	{
		maxConcurrency,
		maxTries,
		stopOnFailure,
		signal,
		groupOf = () => '',
		skippedFailure = (_, first) => first,
	}: RunJobsOptions,
): Promise<Array<Outcome<T>>> {
	const outcomes = Array.from({ length: count }, (): Outcome<T> => ({ kind: 'untried' }));
	const tries = new Array<number>(count).fill(0);
	const groups = makeGroups(count, groupOf, maxConcurrency);
	const change = new WakeUp();
	const thrown: unknown[] = [];
	let running = 0;
	let stopped = signal?.aborted ?? false;

	const stop = () => {
		stopped = true;
		change.notify();
	};

	const finish = (index: number, outcome: Outcome<T>) => {
		outcomes[index] = outcome;
		if (outcome.kind === 'failed' && stopOnFailure) stop();
	};

	const settle = (group: Group, index: number, result: Attempt<T>) => {
		if (result.kind !== 'retry') {
			group.pace.onSuccess();
			return finish(index, result);
		}
		group.pace.onRejected(result);
		// In order, so that one that was refused again comes next, and not all others before it lose a try each.
		if (tries[index] < maxTries && !group.pace.abandoned)
			group.toRetry = [...group.toRetry, index].sort((a, b) => a - b);
		else {
			group.pace.reset();
			finish(index, {
				kind: 'failed',
				failure: { ...result.failure, hint: group.pace.abandoned?.hint ?? result.failure.hint },
			});
		}
	};

	const run = async (group: Group, index: number) => {
		running += 1;
		group.pace.running += 1;
		tries[index] += 1;
		try {
			settle(group, index, await attempt(index));
		} catch (error) {
			thrown.push(error);
			stop();
		}
		running -= 1;
		group.pace.running -= 1;
		change.notify();
	};

	/** Whether something was done; if not, something has to change first. */
	const step = (group: Group, now: number): boolean => {
		const { pace } = group;
		if (pace.abandoned === undefined && (running >= maxConcurrency || !pace.isFree(now)))
			return false;
		const index = group.toRetry.shift() ?? group.untried.shift();
		if (index === undefined) return false;
		if (pace.abandoned)
			finish(index, { kind: 'failed', failure: skippedFailure(index, pace.abandoned) });
		else void run(group, index);
		return true;
	};

	signal?.addEventListener('abort', stop, { once: true });
	while (!stopped && (running > 0 || groups.some(isWaiting))) {
		const changed = change.next();
		// One timestamp for both: if a pause ended between two readings of the clock, no timer would wake the loop.
		const now = Date.now();
		let hasProgressed = false;
		for (const group of groups) if (!stopped && step(group, now)) hasProgressed = true;
		if (hasProgressed) continue;
		await Promise.race([changed, ...pauses(groups, now)]);
	}
	while (running > 0) await change.next();
	signal?.removeEventListener('abort', stop);
	if (thrown.length > 0) throw thrown[0];
	return outcomes;
}

function makeGroups(
	count: number,
	groupOf: (index: number) => string,
	maxConcurrency: number,
): Group[] {
	const groups = new Map<string, Group>();
	for (let index = 0; index < count; index += 1) {
		const group = groups.get(groupOf(index)) ?? {
			pace: new AdaptiveConcurrency(maxConcurrency),
			toRetry: [],
			untried: [],
		};
		groups.set(groupOf(index), group);
		group.untried.push(index);
	}
	return [...groups.values()];
}

function isWaiting({ toRetry, untried }: Group): boolean {
	return toRetry.length + untried.length > 0;
}

/** The ends of the pauses that hold up jobs; in slices, so that no long timer outlives a stopped queue. */
function pauses(groups: Group[], now: number): Array<Promise<void>> {
	const left = groups
		.filter(isWaiting)
		.map(({ pace }) => pace.msUntilFree(now))
		.filter((wait) => wait > 0);
	return left.length > 0 ? [sleep(Math.min(1000, ...left))] : [];
}

/** Lets one wait until something has changed. */
class WakeUp {
	private promise: Promise<void> | undefined;

	private resolve = () => {};

	next(): Promise<void> {
		this.promise ??= new Promise((resolve) => (this.resolve = resolve));
		return this.promise;
	}

	notify() {
		this.promise = undefined;
		this.resolve();
	}
}

import { sleep } from 'n8n-workflow';

import type { Failure } from '../failures/failure';
import { AdaptiveConcurrency } from './adaptiveConcurrency';
import { MAX_SLEEP_MS, retry, type Attempt, type Hinted, type Outcome, type Turns } from './retry';

export interface RunJobsOptions<F> {
	/** Jobs at the same time. */
	maxConcurrency: number;
	/** Tries for one job, the first included. */
	maxTries: number;
	/** Whether the first failed job stops those that have not begun. */
	stopOnFailure: boolean;
	/** Stops the queue. Jobs that have begun are awaited. */
	signal?: AbortSignal;
	/**
	 * If one job of a group is told to wait, all of the group wait, such as those to one host. Default: all jobs are
	 * one group.
	 */
	groupOf?: (index: number) => string;
	/** The failure of a job that was not sent because `first` was told to wait too long. Default: the same failure. */
	skippedFailure?: (index: number, first: F) => F;
}

/**
 * Runs the jobs 0 to `count - 1`, several at a time, and gives their outcomes in order. Throws only the errors of
 * `attempt`, after the jobs that have begun have ended.
 *
 * If a job is told to come back later, all jobs of its group wait: a limit for one request limits all of them. After a
 * rejection for too many requests, the group continues with one request at a time, and with more as they succeed. The
 * queue does not wait for pauses longer than `RETRY_PAUSES.maxRequestedMs`.
 */
export async function runJobs<T, F extends Hinted = Failure>(
	count: number,
	attempt: (index: number) => Promise<Attempt<T, F>>,
	options: RunJobsOptions<F>,
): Promise<Array<Outcome<T, F>>> {
	const queue = new Queue(options);
	const { maxTries } = options;
	const jobs = Array.from({ length: count }, (_, index) =>
		retry(async () => await attempt(index), { maxTries, turns: queue.turnsOf(index) }),
	);
	const settled = await Promise.allSettled(jobs);
	queue.close();
	return settled.map((job) => {
		if (job.status === 'fulfilled') return job.value;
		throw job.reason;
	});
}

type Turn<F> = Awaited<ReturnType<Turns<F>['next']>>;

/** A job that waits for its turn. */
interface Waiting<F> {
	index: number;
	isRetry: boolean;
	begin: (turn: Turn<F>) => void;
}

/** Jobs that share a limit. */
interface Group<F extends Hinted> {
	pace: AdaptiveConcurrency<F>;
	waiting: Array<Waiting<F>>;
}

/** Decides the order of the jobs. */
class Queue<F extends Hinted> {
	private readonly groups = new Map<string, Group<F>>();

	private readonly change = new WakeUp();

	private running = 0;

	private isStopped: boolean;

	private isDriven = false;

	constructor(private readonly options: RunJobsOptions<F>) {
		this.isStopped = options.signal?.aborted ?? false;
		options.signal?.addEventListener('abort', this.stop, { once: true });
	}

	close() {
		this.options.signal?.removeEventListener('abort', this.stop);
	}

	turnsOf(index: number): Turns<F> {
		const group = this.groupOf(index);
		let isRetry = false;
		return {
			next: async () =>
				await new Promise<Turn<F>>((begin) => {
					enqueue(group.waiting, { index, isRetry, begin });
					isRetry = true;
					void this.drive();
				}),
			end: (result, isLast) => {
				const outcome = group.pace.report(result, isLast);
				if (outcome?.kind === 'failed' && this.options.stopOnFailure) this.isStopped = true;
				this.release(group);
				return outcome;
			},
			abort: () => {
				this.isStopped = true;
				this.release(group);
			},
		};
	}

	private groupOf(index: number): Group<F> {
		const { groupOf = () => '', maxConcurrency } = this.options;
		const name = groupOf(index);
		const group = this.groups.get(name) ?? {
			pace: new AdaptiveConcurrency<F>(maxConcurrency),
			waiting: [],
		};
		this.groups.set(name, group);
		return group;
	}

	private readonly stop = () => {
		this.isStopped = true;
		this.change.notify();
	};

	private release({ pace }: Group<F>) {
		this.running -= 1;
		pace.running -= 1;
		this.change.notify();
	}

	/** Begins jobs whenever possible, until none is waiting. */
	private async drive() {
		if (this.isDriven) return;
		this.isDriven = true;
		// All jobs are in the queue before the first one begins.
		await Promise.resolve();
		while (!this.isStopped && this.waitingGroups().length > 0) {
			const changed = this.change.next();
			// One timestamp for both: if a pause ended between two readings of the clock, no timer would wake the loop.
			const now = Date.now();
			let hasProgressed = false;
			for (const group of this.waitingGroups()) if (this.step(group, now)) hasProgressed = true;
			if (!hasProgressed) await Promise.race([changed, ...this.pauses(now)]);
		}
		this.isDriven = false;
		if (!this.isStopped) return;
		for (const { waiting } of this.groups.values())
			for (const { begin } of waiting.splice(0)) begin({ kind: 'untried' });
	}

	/** Begins the next job of a group, and gives whether it did. If it did not, something must change first. */
	private step({ pace, waiting }: Group<F>, now: number): boolean {
		const { abandoned } = pace;
		const { maxConcurrency, stopOnFailure, skippedFailure = (_, first) => first } = this.options;
		if (this.isStopped) return false;
		if (abandoned === undefined && (this.running >= maxConcurrency || !pace.isFree(now)))
			return false;
		const job = waiting.shift();
		if (job === undefined) return false;
		if (abandoned !== undefined) {
			job.begin({ kind: 'failed', failure: skippedFailure(job.index, abandoned) });
			if (stopOnFailure) this.isStopped = true;
			return true;
		}
		this.running += 1;
		pace.running += 1;
		job.begin({ kind: 'go' });
		return true;
	}

	private waitingGroups(): Array<Group<F>> {
		return [...this.groups.values()].filter(({ waiting }) => waiting.length > 0);
	}

	/** The ends of the pauses for which jobs wait. */
	private pauses(now: number): Array<Promise<void>> {
		const left = this.waitingGroups()
			.map(({ pace }) => pace.msUntilFree(now))
			.filter((wait) => wait > 0);
		return left.length > 0 ? [sleep(Math.min(MAX_SLEEP_MS, ...left))] : [];
	}
}

/**
 * Puts a job into the queue. Jobs that are tried again come before those that were not tried yet, each kind in its
 * order. So a job that was rejected again comes next. Otherwise all jobs before it would lose a try each.
 */
function enqueue<F>(waiting: Array<Waiting<F>>, job: Waiting<F>) {
	const comesAfter = (other: Waiting<F>) =>
		job.isRetry === other.isRetry ? other.index > job.index : job.isRetry;
	const place = waiting.findIndex(comesAfter);
	waiting.splice(place < 0 ? waiting.length : place, 0, job);
}

/** Lets the loop wait for a change. */
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

import { sleep } from 'n8n-workflow';

import type { Failure } from '../failures/failure';
import { AdaptiveConcurrency } from './adaptiveConcurrency';
import { MAX_SLEEP_MS, retry, type Attempt, type Hinted, type Outcome, type Turns } from './retry';

export interface RunJobsOptions<F> {
	/** Jobs at the same time. */
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
	skippedFailure?: (index: number, first: F) => F;
}

/**
 * Does the jobs 0 to `count - 1`, several at a time, and gives their outcomes in order. Throws only what a job throws,
 * when those under way have ended.
 *
 * A job that is told to come back later holds up all others of its group: what limits one request limits them all.
 * Where it was sent too much, they begin one at a time afterwards, and more as they are accepted. Pauses longer than
 * `RETRY_PAUSES.maxRequestedMs` are not waited for.
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

/** Jobs that share a pace. */
interface Group<F extends Hinted> {
	pace: AdaptiveConcurrency<F>;
	waiting: Array<Waiting<F>>;
}

/** Gives jobs their turns. */
class Queue<F extends Hinted> {
	private readonly options: RunJobsOptions<F>;

	private readonly groups = new Map<string, Group<F>>();

	private readonly change = new WakeUp();

	private running = 0;

	private isStopped: boolean;

	private isDriven = false;

	constructor(options: RunJobsOptions<F>) {
		this.options = options;
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

	/** Begins jobs whenever one may begin, until none is waiting. */
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

	/** Begins the next job of a group. Whether it did; if not, something has to change first. */
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

	/** The ends of the pauses that hold up jobs. */
	private pauses(now: number): Array<Promise<void>> {
		const left = this.waitingGroups()
			.map(({ pace }) => pace.msUntilFree(now))
			.filter((wait) => wait > 0);
		return left.length > 0 ? [sleep(Math.min(MAX_SLEEP_MS, ...left))] : [];
	}
}

/**
 * Jobs to be tried again go before those that were not tried yet, and each of these in their order, so that one that was
 * refused again comes next, and not all others before it lose a try each.
 */
function enqueue<F>(waiting: Array<Waiting<F>>, job: Waiting<F>) {
	const comesAfter = (other: Waiting<F>) =>
		job.isRetry === other.isRetry ? other.index > job.index : job.isRetry;
	const place = waiting.findIndex(comesAfter);
	waiting.splice(place < 0 ? waiting.length : place, 0, job);
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

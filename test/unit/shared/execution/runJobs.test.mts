import type { Attempt as AttemptOf } from '../../../../nodes/shared/execution/retry';
import { runJobs } from '../../../../nodes/shared/execution/runJobs';

type Attempt<T> = AttemptOf<T, { message: string; hint: string }>;

const FAILURE = { message: 'No', hint: 'Try later.' };
const done = (value: unknown): Attempt<unknown> => ({ kind: 'done', value });
const retry = (after?: number): Attempt<unknown> => ({ kind: 'retry', after, failure: FAILURE });
const OPTIONS = { maxConcurrency: 2, maxTries: 3, stopOnFailure: true };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('gives the outcomes in order, whatever the order in which they came', async () => {
	const outcomes = await runJobs(
		4,
		async (index) => {
			await pause(40 - index * 10);
			return done(index);
		},
		OPTIONS,
	);
	expect(outcomes).toEqual([0, 1, 2, 3].map((value) => ({ kind: 'done', value })));
});

test('does nothing when there is nothing to do', async () => {
	expect(await runJobs(0, async () => done(1), OPTIONS)).toEqual([]);
});

test('what is tried again goes before what was not tried yet', async () => {
	const order: number[] = [];
	await runJobs(
		3,
		async (index) => {
			order.push(index);
			return index === 0 && order.length < 3 ? retry(5) : done(index);
		},
		{ ...OPTIONS, maxConcurrency: 1 },
	);
	expect(order).toEqual([0, 0, 0, 1, 2]);
});

test('a wait of more than two minutes fails that job and all that were not tried yet, at once', async () => {
	const tried: number[] = [];
	const outcomes = await runJobs(
		3,
		async (index) => {
			tried.push(index);
			return retry(120_001);
		},
		{ ...OPTIONS, maxConcurrency: 1, stopOnFailure: false },
	);
	expect(tried).toEqual([0]);
	expect(outcomes).toEqual([0, 1, 2].map(() => ({ kind: 'failed', failure: FAILURE })));
});

test('when stopped, it ends a wait at once and tries nothing more', async () => {
	const stop = new AbortController();
	const before = Date.now();
	let tries = 0;
	setTimeout(() => stop.abort(), 50);
	const outcomes = await runJobs(
		3,
		async () => {
			tries += 1;
			return retry(60_000);
		},
		{ ...OPTIONS, maxConcurrency: 1, signal: stop.signal },
	);
	expect(Date.now() - before).toBeLessThan(1000);
	expect(tries).toBe(1);
	expect(outcomes).toEqual([{ kind: 'untried' }, { kind: 'untried' }, { kind: 'untried' }]);
});

test.each([70, 90, 110, 130, 150, 170])(
	'a pause that ends while the queue looks what to do is not waited for for ever (%s ms a look)',
	async (step) => {
		let now = 1_000_000;
		const clock = jest.spyOn(Date, 'now').mockImplementation(() => (now += step));
		let tries = 0;
		const work = runJobs(
			1,
			async () => {
				tries += 1;
				return tries < 2 ? retry() : done('in the end');
			},
			OPTIONS,
		);
		const ended = await Promise.race([work, pause(2000).then(() => 'hangs')]);
		clock.mockRestore();
		expect(ended).toEqual([{ kind: 'done', value: 'in the end' }]);
	},
);

test('what a job throws ends the queue, when those under way have ended', async () => {
	const ended: number[] = [];
	const work = runJobs(
		4,
		async (index) => {
			await pause(index * 30);
			if (index === 0) throw new Error('test');
			ended.push(index);
			return done(index);
		},
		OPTIONS,
	);
	await expect(work).rejects.toThrow('test');
	expect(ended).toEqual([1]);
});

test('when stopped before it begins, it tries nothing', async () => {
	const attempt = jest.fn();
	const outcomes = await runJobs(1, attempt, { ...OPTIONS, signal: AbortSignal.abort() });
	expect(attempt).not.toHaveBeenCalled();
	expect(outcomes).toEqual([{ kind: 'untried' }]);
});

describe('an API that takes one a second, and says so', () => {
	beforeEach(() => void jest.useFakeTimers());
	afterEach(() => void jest.useRealTimers());

	const busy = (after?: number): Attempt<unknown> => ({
		kind: 'retry',
		after,
		busy: true,
		failure: FAILURE,
	});

	/** Takes one in each `perMs`, and refuses the rest with this Retry-After. */
	const limited = (perMs: number, after: number | undefined) => {
		let free = 0;
		return async (index: number) => {
			await pause(20);
			if (Date.now() < free) return busy(after);
			free = Date.now() + perMs;
			return done(index);
		};
	};

	const runJobsInFakeTime = async (
		count: number,
		attempt: (index: number) => Promise<Attempt<unknown>>,
		options: object = {},
	) => {
		const work = runJobs(count, attempt, {
			maxConcurrency: 10,
			maxTries: 5,
			stopOnFailure: true,
			...options,
		});
		let over = false;
		void work.then(() => (over = true));
		while (!over) await jest.advanceTimersByTimeAsync(50);
		return await work;
	};

	test.each([
		['the time until then', 1000, 1000],
		['nothing, so that the back-off decides', 1000, undefined],
		['zero', 1000, 0],
		['less than it needs', 2000, 1000],
	])('takes all 30 with the usual settings when told %s', async (_, perMs, after) => {
		const outcomes = await runJobsInFakeTime(30, limited(perMs, after));
		expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(30);
	});

	test.each([
		['is away', retry()],
		['refuses all', busy()],
	])('when the API %s, 50 items that each fail do not take an hour', async (_, answer) => {
		const before = Date.now();
		const outcomes = await runJobsInFakeTime(50, async () => answer, { stopOnFailure: false });
		expect(outcomes.filter(({ kind }) => kind === 'failed')).toHaveLength(50);
		expect(Date.now() - before).toBeLessThan(10 * 60_000);
	});

	test('after a pause, what is sent at a time grows from one', async () => {
		let running = 0;
		let refuse = true;
		const together: number[] = [];
		await runJobsInFakeTime(40, async (index) => {
			running += 1;
			if (!refuse) together.push(running);
			await pause(20);
			running -= 1;
			if (refuse) {
				if (running === 0) refuse = false;
				return busy(100);
			}
			return done(index);
		});
		expect(together.slice(0, 4)).toEqual([1, 1, 2, 2]);
		expect(Math.max(...together)).toBeGreaterThan(4);
		expect(Math.max(...together)).toBeLessThanOrEqual(10);
	});
});

describe('groups', () => {
	const groupOf = (index: number) => (index % 2 === 0 ? 'slow' : 'fast');

	test('a job that is told to wait contains up its own group only', async () => {
		const order: number[] = [];
		let first = true;
		await runJobs(
			6,
			async (index) => {
				order.push(index);
				if (index > 0 || !first) return done(index);
				first = false;
				return retry(300);
			},
			{ ...OPTIONS, maxConcurrency: 1, groupOf },
		);
		expect(order).toEqual([0, 1, 3, 5, 0, 2, 4]);
	});

	test('a wait of more than two minutes fails its own group only, and each job in its own words', async () => {
		const outcomes = await runJobs(
			4,
			async (index) => (index % 2 === 0 ? retry(120_001) : done(index)),
			{
				...OPTIONS,
				maxConcurrency: 1,
				stopOnFailure: false,
				groupOf,
				skippedFailure: (index, { hint }) => ({ message: `not asked: ${index}`, hint }),
			},
		);
		expect(outcomes).toEqual([
			{ kind: 'failed', failure: FAILURE },
			{ kind: 'done', value: 1 },
			{ kind: 'failed', failure: { message: 'not asked: 2', hint: FAILURE.hint } },
			{ kind: 'done', value: 3 },
		]);
	});
});

import { workThrough, type Attempt } from '../../nodes/NenAi/transport/queue';

const FAILURE = { message: 'No', hint: 'Try later.' };
const done = (value: unknown): Attempt<unknown> => ({ kind: 'done', value });
const retry = (after?: number): Attempt<unknown> => ({ kind: 'retry', after, failure: FAILURE });
const OPTIONS = { maxConcurrency: 2, maxTries: 3, stopOnFailure: true };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('gives the outcomes in order, whatever the order in which they came', async () => {
	const outcomes = await workThrough(4, async (index) => {
		await pause(40 - index * 10);
		return done(index);
	}, OPTIONS);
	expect(outcomes).toEqual([0, 1, 2, 3].map((value) => ({ kind: 'done', value })));
});

test('does nothing when there is nothing to do', async () => {
	expect(await workThrough(0, async () => done(1), OPTIONS)).toEqual([]);
});

test('what is tried again goes before what was not tried yet', async () => {
	const order: number[] = [];
	await workThrough(3, async (index) => {
		order.push(index);
		return index === 0 && order.length < 3 ? retry(5) : done(index);
	}, { ...OPTIONS, maxConcurrency: 1 });
	expect(order).toEqual([0, 0, 0, 1, 2]);
});

test('a wait of more than two minutes fails that job and all that were not tried yet, at once', async () => {
	const tried: number[] = [];
	const outcomes = await workThrough(3, async (index) => {
		tried.push(index);
		return retry(120_001);
	}, { ...OPTIONS, maxConcurrency: 1, stopOnFailure: false });
	expect(tried).toEqual([0]);
	expect(outcomes).toEqual([0, 1, 2].map(() => ({ kind: 'failed', failure: FAILURE })));
});

test('when stopped, it ends a wait at once and tries nothing more', async () => {
	const stop = new AbortController();
	const before = Date.now();
	let tries = 0;
	setTimeout(() => stop.abort(), 50);
	const outcomes = await workThrough(3, async () => {
		tries += 1;
		return retry(60_000);
	}, { ...OPTIONS, maxConcurrency: 1, signal: stop.signal });
	expect(Date.now() - before).toBeLessThan(1000);
	expect(tries).toBe(1);
	expect(outcomes).toEqual([{ kind: 'untried' }, { kind: 'untried' }, { kind: 'untried' }]);
});

test('when stopped before it begins, it tries nothing', async () => {
	const attempt = jest.fn();
	const outcomes = await workThrough(1, attempt, { ...OPTIONS, signal: AbortSignal.abort() });
	expect(attempt).not.toHaveBeenCalled();
	expect(outcomes).toEqual([{ kind: 'untried' }]);
});

/** How a poll finds the runs that have ended, with a NenAI that is a list in memory. */
import type { IDataObject } from 'n8n-workflow';
import {
	findEnded,
	FIRST_POLL_LIMIT,
	MAX_LIMIT,
	MAX_UNANSWERED,
	noteFirst,
	recentEnded,
	type Questions,
} from '../../../../nodes/shared/polling/endedRuns';
import {
	MAX_NEWEST,
	MAX_OPEN,
	readNoted,
	writeNoted,
} from '../../../../nodes/shared/polling/noted';
import { seededRandom } from '../../../e2e/random.mts';

/** A NenAI with the runs of one workflow. */
class FakeNenAi implements Questions {
	/** The oldest first. */
	runs: Array<{ messageId: string; status: string; updatedAt?: string }> = [];
	/** The most runs that a list has, whatever is asked for. */
	most = Infinity;
	/** Limits above this one are refused. */
	highestLimit = Infinity;
	limits: number[] = [];
	asked: string[] = [];
	#clock = 0;

	start(messageId = `m-${this.runs.length}`, status = 'running') {
		this.runs.push({ messageId, status, updatedAt: this.now() });
		return messageId;
	}

	end(id: string, status = 'completed') {
		const run = this.runs.find(({ messageId }) => messageId === id);
		if (run) Object.assign(run, { status, updatedAt: this.now() });
	}

	now() {
		this.#clock += 1;
		return new Date(this.#clock * 1000).toISOString();
	}

	async list(limit: number) {
		this.limits.push(limit);
		if (limit > this.highestLimit) return undefined;
		return this.runs
			.slice(-Math.min(limit, this.most))
			.reverse()
			.map((run): IDataObject => ({ ...run }));
	}

	async status(id: string) {
		this.asked.push(id);
		const run = this.runs.find(({ messageId }) => messageId === id);
		return run && { ...run };
	}
}

/** Polls as the node does, with what n8n would save. */
function pollerOf(nenAi: FakeNenAi) {
	const data: IDataObject = {};
	return {
		data,
		async poll() {
			nenAi.limits = [];
			nenAi.asked = [];
			const before = readNoted(data, 'w-1');
			if (before === undefined) {
				writeNoted(data, await noteFirst(nenAi, 'w-1'));
				return { ids: [], hasGap: false, forgotten: [] };
			}
			const { ended, noted, ...found } = await findEnded(nenAi, before);
			writeNoted(data, noted);
			return { ids: ended.map(({ messageId }) => messageId), ...found };
		},
	};
}

const many = (count: number) => Array.from({ length: count }, (_, n) => n);

test.each([1, 49, 50, 51, 300, 799, 801, MAX_LIMIT])(
	'%s runs that start and end between two polls come out once, in the order of their ends',
	async (count) => {
		const nenAi = new FakeNenAi();
		for (const n of many(300)) nenAi.start(`old-${n}`, 'completed');
		const { poll } = pollerOf(nenAi);
		await poll();
		const ids = many(count).map((n) => nenAi.start(`new-${n}`));
		const ended = seededRandom(count).shuffled(ids);
		for (const id of ended) nenAi.end(id);
		expect(await poll()).toEqual({ ids: ended, hasGap: count === MAX_LIMIT, forgotten: [] });
		expect((await poll()).ids).toEqual([]);
		expect(nenAi.limits).toEqual([50]);
	},
);

test('a first poll without any run makes every later run a new one', async () => {
	const nenAi = new FakeNenAi();
	const { poll } = pollerOf(nenAi);
	await poll();
	for (const n of many(120)) nenAi.end(nenAi.start(`m-${n}`));
	expect((await poll()).ids).toHaveLength(120);
	expect((await poll()).ids).toEqual([]);
});

test('the first poll notes the open runs among the newest', async () => {
	const nenAi = new FakeNenAi();
	const tooOld = nenAi.start('too-old');
	const old = nenAi.start('old');
	for (const n of many(FIRST_POLL_LIMIT - 1)) nenAi.start(`m-${n}`, 'failed');
	const { poll } = pollerOf(nenAi);
	await poll();
	expect(Math.max(...nenAi.limits)).toBe(FIRST_POLL_LIMIT);
	nenAi.end(tooOld);
	nenAi.end(old);
	expect((await poll()).ids).toEqual([old]);
});

test('an open run that has left the list is asked about, and only such a run', async () => {
	const nenAi = new FakeNenAi();
	const { poll } = pollerOf(nenAi);
	await poll();
	nenAi.start('old');
	await poll();
	for (const n of many(60)) nenAi.start(`m-${n}`, 'completed');
	await poll();
	for (const n of many(60)) nenAi.start(`n-${n}`, 'completed');
	await poll();
	expect((await poll()).ids).toEqual([]);
	expect(nenAi.asked).toEqual(['old']);
	nenAi.end('old');
	expect((await poll()).ids).toEqual(['old']);
	expect((await poll()).ids).toEqual([]);
	expect(nenAi.asked).toEqual([]);
});

test('1000 open runs cost a longer list, not 1000 questions', async () => {
	const nenAi = new FakeNenAi();
	const { poll } = pollerOf(nenAi);
	await poll();
	const ids = many(1000).map(() => nenAi.start());
	await poll();
	await poll();
	expect(nenAi.asked.length).toBeLessThanOrEqual(20);
	for (const id of ids) nenAi.end(id);
	expect((await poll()).ids).toEqual(ids);
});

test('what is remembered is bounded, and the bound loses no run that ends in time', async () => {
	const nenAi = new FakeNenAi();
	const { data, poll } = pollerOf(nenAi);
	await poll();
	for (const n of many(3000)) nenAi.start(`12345678-1234-1234-1234-${String(n).padStart(12, '0')}`);
	await poll();
	expect(data.newest).toHaveLength(MAX_NEWEST);
	expect(data.open).toHaveLength(MAX_OPEN);
	expect(JSON.stringify(data).length).toBeLessThan(50_000);
	for (const { messageId } of nenAi.runs) nenAi.end(messageId);
	const { ids } = await poll();
	expect(ids).toEqual(nenAi.runs.slice(-MAX_OPEN).map(({ messageId }) => messageId));
	expect((await poll()).ids).toEqual([]);
});

test.each([
	['gives fewer runs than asked for', { most: 100 }],
	['refuses a high limit', { highestLimit: 100 }],
])(
	'where NenAI %s, the poll gives what it can see, and says that there is a gap',
	async (_, cap) => {
		const nenAi = Object.assign(new FakeNenAi(), cap);
		for (const n of many(10)) nenAi.start(`old-${n}`, 'completed');
		const { poll } = pollerOf(nenAi);
		await poll();
		for (const n of many(300)) nenAi.start(`new-${n}`, 'completed');
		const found = await poll();
		expect(found.hasGap).toBe(true);
		expect(found.ids).toEqual(many(100).map((n) => `new-${n + 200}`));
		expect(await poll()).toMatchObject({ ids: [], hasGap: false });
	},
);

test('where NenAI deletes old and new runs, nothing comes out twice', async () => {
	const nenAi = new FakeNenAi();
	for (const n of many(400)) nenAi.start(`old-${n}`, 'completed');
	const { poll } = pollerOf(nenAi);
	await poll();
	nenAi.runs.splice(-30);
	expect((await poll()).ids).toEqual([]);
	nenAi.runs.splice(0, 300);
	expect((await poll()).ids).toEqual([]);
	nenAi.runs = [];
	expect(await poll()).toMatchObject({ ids: [], hasGap: false });
});

test('a run about which NenAI has no answer is asked about in some more polls, then forgotten', async () => {
	const nenAi = new FakeNenAi();
	const { poll, data } = pollerOf(nenAi);
	nenAi.start('a');
	nenAi.start('gone');
	await poll();
	nenAi.runs.pop();
	for (const n of many(MAX_UNANSWERED - 1))
		expect([n, (await poll()).forgotten, nenAi.asked]).toEqual([n, [], ['gone']]);
	expect((await poll()).forgotten).toEqual(['gone']);
	expect(data.unanswered).toEqual({});
	await poll();
	expect(nenAi.asked).toEqual([]);
	nenAi.end('a');
	expect((await poll()).ids).toEqual(['a']);
});

test('runs that ended in the same second, or at a time that NenAI does not give, each come out', async () => {
	const nenAi = new FakeNenAi();
	const { poll } = pollerOf(nenAi);
	await poll();
	const second = { status: 'completed', updatedAt: '2026-02-10T19:49:40Z' };
	nenAi.runs.push(
		{ messageId: 'no time', status: 'failed' },
		{ messageId: 'a', ...second },
		{ messageId: 'b', ...second },
		{ messageId: 'earlier', status: 'failed', updatedAt: '2026-02-10T19:49:39.999999+00:00' },
		{ messageId: 'no status', status: '' },
	);
	expect((await poll()).ids).toEqual(['earlier', 'a', 'b', 'no time']);
	expect((await poll()).ids).toEqual([]);
	nenAi.end('no status', 'Timeout');
	expect((await poll()).ids).toEqual(['no status']);
});

test('a test gives the runs that ended, the last one last', async () => {
	const nenAi = new FakeNenAi();
	for (const id of ['a', 'b', 'c']) nenAi.start(id);
	nenAi.end('b');
	nenAi.end('a');
	expect((await recentEnded(nenAi)).map(({ messageId }) => messageId)).toEqual(['b', 'a']);
});

test.each([
	{},
	{ workflowId: 'w-2', newest: [], open: [] },
	{ workflowId: 'w-1' },
	{ workflowId: 'w-1', newest: [1], open: [] },
])('%j counts as nothing noted', (data) => {
	expect(readNoted(data as IDataObject, 'w-1')).toBeUndefined();
});

test('in a long random sequence, each run comes out once, whatever fails in between', async () => {
	const { seed, next } = seededRandom();
	const nenAi = new FakeNenAi();
	const pick = (below: number) => Math.floor(next() * below);
	for (const n of many(pick(100))) nenAi.start(`before-${n}`, 'completed');
	const { poll } = pollerOf(nenAi);
	await poll();
	const open: string[] = [];
	const expected: string[] = [];
	const got: unknown[] = [];
	for (let step = 0; step < 600; step += 1) {
		const mayStart = Math.min(MAX_OPEN - open.length, step % 50 === 0 ? 400 : 4);
		for (let starts = pick(mayStart); starts > 0; starts -= 1) open.push(nenAi.start());
		for (
			let ends = pick(step % 70 === 0 ? open.length : 5);
			ends > 0 && open.length > 0;
			ends -= 1
		) {
			const [id] = open.splice(pick(open.length), 1);
			nenAi.end(id, ['completed', 'FAILED', 'timeout'][pick(3)]);
			expected.push(id);
		}
		if (next() < 0.3) continue;
		if (next() < 0.2) {
			const failing = jest.spyOn(nenAi, next() < 0.5 ? 'list' : 'status');
			failing.mockRejectedValue(new Error('NenAI is down'));
			await poll().then(
				({ ids }) => got.push(...ids),
				() => undefined,
			);
			failing.mockRestore();
		} else got.push(...(await poll()).ids);
	}
	got.push(...(await poll()).ids);
	expect([seed, [...new Set(got)].length, got.length]).toEqual([
		seed,
		expected.length,
		expected.length,
	]);
	expect([seed, new Set(got)]).toEqual([seed, new Set(expected)]);
});

/**
 * What an operation has done is not done again, and is not lost from sight, whatever becomes of the other items. A table
 * over all operations that do something: every order of how two items ended, and every way of trying again.
 */
import type { INodeExecutionData } from 'n8n-workflow';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import type { Execution } from './engine.mts';
import { pathsOf, RECIPES } from './recipes.mts';
import {
	CONTINUE,
	ERROR_OUTPUT,
	RecipeRunner,
	type Ending,
	type RecipeItem,
} from './recipeRunner.mts';

const ENDINGS: Ending[] = ['done', 'unknown', 'rejected'];
const ORDERS = ENDINGS.flatMap((first) =>
	ENDINGS.map((second): [Ending, Ending] => [first, second]),
);

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

interface Scene {
	runner: RecipeRunner;
	items: RecipeItem[];
}

/** The first request of each item is going to end so. */
function setUp(path: string, endings: Ending[]): Scene {
	const runner = new RecipeRunner(path, () => sandbox);
	const items = runner.provision(endings.length);
	runner.decide(items, endings);
	return { runner, items };
}

/** How an item came out: `lost` is what must not be. */
function endingOf(
	{ items, failedItems }: Execution,
	index: number,
): 'done' | 'unknown' | 'failed' | 'lost' {
	const isOf = ({ pairedItem }: INodeExecutionData) =>
		(pairedItem as { item: number }).item === index;
	const found = [...items, ...failedItems].filter(isOf);
	if (found.length !== 1) return 'lost';
	const { error, uncertain } = found[0].json;
	return error === undefined ? 'done' : uncertain === true ? 'unknown' : 'failed';
}

const TABLE = pathsOf(({ kind, single }) => kind === 'mutation' && single !== true);
/** Of what does no harm when it is done again, an unknown outcome is tried again at once. */
const ordersOf = (path: string) =>
	RECIPES[path].idempotent ? ORDERS.filter((endings) => !endings.includes('unknown')) : ORDERS;

describe.each(TABLE)('%s', (path) => {
	test.each([
		['Continue', CONTINUE],
		['the error output', ERROR_OUTPUT],
	])('with %s, each item comes out once, as what became of it', async (_, settings) => {
		for (const endings of ordersOf(path)) {
			const scene = setUp(path, endings);
			const result = await scene.runner.run(scene.items, { settings });
			expect([endings, [0, 1].map((index) => endingOf(result, index))]).toEqual([
				endings,
				endings.map((ending) => (ending === 'rejected' ? 'failed' : ending)),
			]);
		}
	});

	test('a next try in which nothing can be read any more tells what was done, what may have been, and sends nothing', async () => {
		for (const endings of ordersOf(path)) {
			for (const bad of [[0], [1], [0, 1]]) {
				const scene = setUp(path, endings);
				const first = await scene.runner.run(scene.items, { settings: CONTINUE });
				const before = scene.runner.sent();
				const items = scene.items.map((item, index) => ({ ...item, bad: bad.includes(index) }));

				const stopped = await scene.runner.run(items, { retryOf: first.run.data });
				const { message = '', description = '' } = stopped.error ?? {};
				const text = `${message} ${description}`;
				const what = `${endings.join(', ')}; not readable: ${bad.join(', ')}: ${text}`;
				const stopsAll = bad.some((index) => endings[index] === 'rejected');
				if (stopsAll) expect([what, scene.runner.sent()]).toEqual([what, before]);
				endings.forEach((ending, index) => {
					const output =
						first.items.find(({ pairedItem }) => (pairedItem as { item: number }).item === index)
							?.json ?? {};
					const id =
						output.messageId ?? (path === 'desktop/create' ? output.desktop_id : undefined);
					if (stopped.error === undefined) return;
					if (ending === 'done')
						expect(text).toMatch(
							id === undefined
								? /\d other items? w(as|ere) done|has done this in an earlier try/
								: new RegExp(String(id)),
						);
					if (ending === 'unknown')
						expect([
							what,
							new RegExp(`[Nn]ot known.*item ${index}|item ${index}.*not known`).test(text),
						]).toEqual([what, true]);
				});
				// It was not so: in the first try, something was sent.
				expect(text).not.toMatch(/Nothing was sent\./);
			}
		}
	});

	test('the same with Continue: each item keeps what became of it', async () => {
		for (const endings of ordersOf(path)) {
			const scene = setUp(path, endings);
			const first = await scene.runner.run(scene.items, { settings: CONTINUE });
			const before = scene.runner.sent();
			const items = scene.items.map((item) => ({ ...item, bad: true }));
			const again = await scene.runner.run(items, { retryOf: first.run.data, settings: CONTINUE });
			const kept = RECIPES[path].notKept ? 'failed' : 'done';
			expect([endings, [0, 1].map((index) => endingOf(again, index))]).toEqual([
				endings,
				endings.map((ending) => ({ done: kept, unknown: 'unknown', rejected: 'failed' })[ending]),
			]);
			expect(scene.runner.sent()).toBe(before);
		}
	});

	test('Retry in the list of executions sends only what was rejected', async () => {
		for (const endings of ordersOf(path)) {
			const scene = setUp(path, endings);
			const first = await scene.runner.run(scene.items, { settings: CONTINUE });
			const before = scene.runner.sent();
			sandbox.faults.clear();
			sandbox.desktopFaults.clear();
			const again = await scene.runner.run(scene.items, {
				retryOf: first.run.data,
				settings: CONTINUE,
			});
			// Where order matters, a rejected item is not done after a later one.
			const isTooLate =
				path !== 'run/start' &&
				!RECIPES[path].idempotent &&
				endings[0] === 'rejected' &&
				endings[1] !== 'rejected';
			const rejected = endings.filter((ending) => ending === 'rejected').length;
			expect([endings, scene.runner.sent() - before]).toEqual([endings, isTooLate ? 0 : rejected]);
			expect(
				endings.map(
					(ending, index) => (ending === 'rejected' ? 'done' : ending) === endingOf(again, index),
				),
			).toEqual(isTooLate ? [false, true] : [true, true]);
		}
	});

	test('nothing is done for an item that another operation of the same node has done, or may have done, before somebody edited it', async () => {
		const other = path.startsWith('run/')
			? 'run/startAndWait'
			: path === 'desktop/rename'
				? 'computer/click'
				: 'desktop/rename';
		for (const ending of ['done', 'unknown'] as const) {
			if (ending === 'unknown' && RECIPES[path].idempotent) continue;
			const scene = setUp(path, [ending]);
			const first = await scene.runner.run(scene.items, { settings: CONTINUE });
			const counts = () => [
				sandbox.state().requests.length,
				sandbox.state().desktopRequests.length,
			];
			const before = counts();
			sandbox.faults.clear();
			sandbox.desktopFaults.clear();
			const again = await new RecipeRunner(other, () => sandbox).run(scene.items, {
				retryOf: first.run.data,
				settings: CONTINUE,
			});
			expect(counts()).toEqual(before);
			expect([ending, endingOf(again, 0)]).toEqual([
				ending,
				ending === 'done' ? 'failed' : 'unknown',
			]);
			if (path === 'run/start' && ending === 'done')
				expect(again.items[0].json.messageId).toBe(first.items[0].json.messageId);
		}
	});

	test('Retry On Fail does nothing twice', async () => {
		for (const endings of ordersOf(path)) {
			const scene = setUp(path, endings);
			await scene.runner.run(scene.items, {
				settings: { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
			});
			// Items that were rejected may be tried again, the others are sent once.
			const most = endings.includes('rejected')
				? 2 + endings.filter((ending) => ending === 'rejected').length
				: 2;
			expect([endings, scene.runner.sent() <= most]).toEqual([endings, true]);
		}
	});

	test('an exception in one item is the failure of that item alone', async () => {
		const scene = setUp(path, ['done', 'done', 'done']);
		sandbox.desktopFaults.clear();
		const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
		const body = `{"status":"ok","desktop_id":"d","messageId":"m","href":"/s","deep":${deep}}`;
		const { address, method } = RECIPES[path];
		if (address === 'baseUrl')
			sandbox.faults.add({
				match: { param: 'NAME', equals: 'item-1' },
				acceptedAnswer: { status: 202, body },
			});
		else {
			sandbox.desktopFaults.add({ match: { method }, times: 1, latencyMs: 0 });
			sandbox.desktopFaults.add({
				match: { method },
				times: 1,
				wholeAnswer: { status: 200, contentType: 'application/json', body },
			});
		}
		const result = await scene.runner.run(scene.items, { settings: CONTINUE });
		expect([0, 2].map((index) => endingOf(result, index))).toEqual(['done', 'done']);
		expect(['done', 'unknown']).toContain(endingOf(result, 1));
		expect(JSON.stringify(result.items.map(({ json }) => json.error))).not.toMatch(/Nothing was/);
		expect(scene.runner.sent()).toBe(3);
	});
});

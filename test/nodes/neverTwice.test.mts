/**
 * What an operation has done is not done again, and is not lost from sight, whatever becomes of the other items. A table
 * over all operations that do something: every order of how two items ended, and every way of trying again.
 */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { fileOf } from './desktopFiles.mts';
import { Credentials, execute, type ExecuteOptions, type Execution } from './engine.mts';
import { named, pathsOf, RECIPES } from './recipes.mts';

const CONTINUE = { onError: 'continueRegularOutput' } as const;
const ERROR_OUTPUT = { onError: 'continueErrorOutput' } as const;
const WORKFLOW = '12345678-1234-1234-1234-123456789abc';

/** How an item ends in the first try. */
type Fate = 'done' | 'unknown' | 'rejected';
const FATES: Fate[] = ['done', 'unknown', 'rejected'];
const ORDERS = FATES.flatMap((first) => FATES.map((second): [Fate, Fate] => [first, second]));

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

interface Scene {
	path: string;
	items: IDataObject[];
}

function setUp(path: string, count: number): Scene {
	sandbox.reset();
	const items = Array.from({ length: count }, (_, n) => {
		const desktop = sandbox.desktops.add();
		sandbox.desktops.openSession(desktop);
		return { name: `item-${n}`, workflow: WORKFLOW, desktop };
	});
	return { path, items };
}

/** The requests that do something, from now on, end like this, one after the other. */
function decide(path: string, fates: Fate[]) {
	const { address, method } = RECIPES[path];
	if (address === 'baseUrl') return decideRuns(fates);
	for (const fate of fates) {
		const match = { method };
		if (fate === 'unknown')
			sandbox.desktopFaults.add({ match, times: 1, connection: 'drop-after-acting' });
		else if (fate === 'rejected')
			sandbox.desktopFaults.add({
				match,
				times: 1,
				refuse: { status: 400, contentType: 'application/json', body: '{"error":"Not this one"}' },
			});
		else sandbox.desktopFaults.add({ match, times: 1, latencyMs: 0 });
	}
}

/** Runs are started at the same time, so their fate goes by their parameter. */
function decideRuns(fates: Fate[]) {
	fates.forEach((fate, n) => {
		const match = { param: 'NAME', equals: `item-${n}` };
		if (fate === 'unknown') sandbox.faults.add({ match, connection: 'drop-after-accept' });
		if (fate === 'rejected')
			sandbox.faults.add({
				match,
				times: 1,
				refuse: { status: 400, body: { error: 'Not this one' } },
			});
	});
}

/** An item whose `bad` is true cannot be sent: its credential has no address. */
const credentials = () => {
	const address = (url: string) => `={{ $json.bad ? '' : '${url}' }}`;
	return new Credentials({
		apiKey: sandbox.apiKey,
		baseUrl: address(sandbox.url),
		mcpUrl: sandbox.mcpUrl,
		desktopUrl: address(sandbox.desktopUrl),
		webhookSecret: sandbox.webhookSecret,
	});
};

const use = async ({ path, items }: Scene, more: Partial<ExecuteOptions> = {}) =>
	await execute({
		credentials: credentials(),
		items,
		binaries: items.map(() => fileOf('Hello')),
		...more,
		parameters: { ...named(path), ...RECIPES[path].parameters },
	});

/** How often something was asked for that does something. */
function sent({ path }: Scene): number {
	const { address, method } = RECIPES[path];
	const { requests, desktopRequests } = sandbox.state();
	return address === 'baseUrl'
		? requests.length
		: desktopRequests.filter((request) => request.method === method).length;
}

/** How an item came out: `lost` is what must not be. */
function fateOf(
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
	RECIPES[path].idempotent ? ORDERS.filter((fates) => !fates.includes('unknown')) : ORDERS;

describe.each(TABLE)('%s', (path) => {
	test.each([
		['Continue', CONTINUE],
		['the error output', ERROR_OUTPUT],
	])('with %s, each item comes out once, as what became of it', async (_, settings) => {
		for (const fates of ordersOf(path)) {
			const scene = setUp(path, 2);
			decide(path, fates);
			const result = await use(scene, { settings });
			expect([fates, [0, 1].map((index) => fateOf(result, index))]).toEqual([
				fates,
				fates.map((fate) => (fate === 'rejected' ? 'failed' : fate)),
			]);
		}
	});

	test('a next try in which nothing can be read any more tells what was done, what may have been, and sends nothing', async () => {
		for (const fates of ordersOf(path)) {
			for (const bad of [[0], [1], [0, 1]]) {
				const scene = setUp(path, 2);
				decide(path, fates);
				const first = await use(scene, { settings: CONTINUE });
				const before = sent(scene);
				const items = scene.items.map((item, index) => ({ ...item, bad: bad.includes(index) }));

				const stopped = await use({ path, items }, { retryOf: first.run.data });
				const { message = '', description = '' } = stopped.error ?? {};
				const text = `${message} ${description}`;
				const what = `${fates.join(', ')}; not readable: ${bad.join(', ')}: ${text}`;
				const stopsAll = bad.some((index) => fates[index] === 'rejected');
				if (stopsAll) expect([what, sent(scene)]).toEqual([what, before]);
				fates.forEach((fate, index) => {
					const output =
						first.items.find(({ pairedItem }) => (pairedItem as { item: number }).item === index)
							?.json ?? {};
					const id =
						output.messageId ?? (path === 'desktop/create' ? output.desktop_id : undefined);
					if (stopped.error === undefined) return;
					if (fate === 'done')
						expect(text).toMatch(
							id === undefined
								? /Done before: \d item|has done this in an earlier try/
								: new RegExp(String(id)),
						);
					if (fate === 'unknown')
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
		for (const fates of ordersOf(path)) {
			const scene = setUp(path, 2);
			decide(path, fates);
			const first = await use(scene, { settings: CONTINUE });
			const before = sent(scene);
			const items = scene.items.map((item) => ({ ...item, bad: true }));
			const again = await use({ path, items }, { retryOf: first.run.data, settings: CONTINUE });
			const kept = RECIPES[path].notKept ? 'failed' : 'done';
			expect([fates, [0, 1].map((index) => fateOf(again, index))]).toEqual([
				fates,
				fates.map((fate) => ({ done: kept, unknown: 'unknown', rejected: 'failed' })[fate]),
			]);
			expect(sent(scene)).toBe(before);
		}
	});

	test('Retry in the list of executions sends only what was rejected', async () => {
		for (const fates of ordersOf(path)) {
			const scene = setUp(path, 2);
			decide(path, fates);
			const first = await use(scene, { settings: CONTINUE });
			const before = sent(scene);
			sandbox.faults.clear();
			sandbox.desktopFaults.clear();
			const again = await use(scene, { retryOf: first.run.data, settings: CONTINUE });
			// Where order matters, a rejected item is not done after a later one.
			const isTooLate =
				path !== 'run/start' &&
				!RECIPES[path].idempotent &&
				fates[0] === 'rejected' &&
				fates[1] !== 'rejected';
			const rejected = fates.filter((fate) => fate === 'rejected').length;
			expect([fates, sent(scene) - before]).toEqual([fates, isTooLate ? 0 : rejected]);
			expect(
				fates.map((fate, index) => (fate === 'rejected' ? 'done' : fate) === fateOf(again, index)),
			).toEqual(isTooLate ? [false, true] : [true, true]);
		}
	});

	test('nothing is done for an item that another operation of the same node has done, or may have done, before somebody edited it', async () => {
		const other = path.startsWith('run/')
			? 'run/startAndWait'
			: path === 'desktop/rename'
				? 'computer/click'
				: 'desktop/rename';
		for (const fate of ['done', 'unknown'] as const) {
			if (fate === 'unknown' && RECIPES[path].idempotent) continue;
			const scene = setUp(path, 1);
			decide(path, [fate]);
			const first = await use(scene, { settings: CONTINUE });
			const counts = () => [
				sandbox.state().requests.length,
				sandbox.state().desktopRequests.length,
			];
			const before = counts();
			sandbox.faults.clear();
			sandbox.desktopFaults.clear();
			const again = await use(
				{ ...scene, path: other },
				{ retryOf: first.run.data, settings: CONTINUE },
			);
			expect(counts()).toEqual(before);
			expect([fate, fateOf(again, 0)]).toEqual([fate, fate === 'done' ? 'failed' : 'unknown']);
			if (path === 'run/start' && fate === 'done')
				expect(again.items[0].json.messageId).toBe(first.items[0].json.messageId);
		}
	});

	test('Retry On Fail does nothing twice', async () => {
		for (const fates of ordersOf(path)) {
			const scene = setUp(path, 2);
			decide(path, fates);
			await use(scene, { settings: { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 } });
			// Items that were rejected may be tried again, the others are sent once.
			const most = fates.includes('rejected')
				? 2 + fates.filter((fate) => fate === 'rejected').length
				: 2;
			expect([fates, sent(scene) <= most]).toEqual([fates, true]);
		}
	});

	test('an exception in one item is the failure of that item alone', async () => {
		const scene = setUp(path, 3);
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
		const result = await use(scene, { settings: CONTINUE });
		expect([0, 2].map((index) => fateOf(result, index))).toEqual(['done', 'done']);
		expect(['done', 'unknown']).toContain(fateOf(result, 1));
		expect(JSON.stringify(result.items.map(({ json }) => json.error))).not.toMatch(/Nothing was/);
		expect(sent(scene)).toBe(3);
	});
});

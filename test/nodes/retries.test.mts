/**
 * A query is sent again whenever that may help. What does something is sent again only if NenAI certainly did not accept
 * it. Tables over all operations.
 */
import { RETRY_PAUSES } from '../../nodes/shared/failures/policies';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import type { Execution } from './engine.mts';
import { pathsOf, RECIPES } from './recipes.mts';
import { CONTINUE, RecipeRunner, type Mishap } from './recipeRunner.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [], fault: { callbacks: [] } });

const runnerOf = (path: string) => new RecipeRunner(path, () => sandbox);
const triesOf = (path: string) => RECIPES[path].tries ?? 5;
const isOkay = ({ error, run, items }: Execution) =>
	error === undefined &&
	(run.status === 'waiting' || items.length > 0) &&
	items.every(({ json }) => json.error === undefined);

/** The pauses between two tries: as long as usual, 29 operations would take many minutes. */
const pauseFor = (initialMs: number) => jest.replaceProperty(RETRY_PAUSES, 'initialMs', initialMs);
beforeEach(() => void pauseFor(2));
afterEach(() => jest.restoreAllMocks());

/** NenAI did not accept the request, and says so. */
const NOT_ACCEPTED: Array<[what: string, mishap: Mishap]> = [
	['429', 429],
	['503', 503],
];
/** It may have been done. */
const UNKNOWN: Array<[what: string, mishap: Mishap]> = [
	['500', 500],
	['502', 502],
	['504', 504],
	['a lost answer', 'lost'],
];

const REPEATED = pathsOf(({ kind, idempotent }) => kind === 'query' || idempotent === true);
const SENT_ONCE = pathsOf(({ kind, idempotent }) => kind === 'mutation' && idempotent !== true);

describe.each(Object.keys(RECIPES))('%s', (path) => {
	test.each(NOT_ACCEPTED)('is sent again after %s, until it is done', async (_, mishap) => {
		const runner = runnerOf(path);
		const [item] = runner.provision(1);
		runner.fail(item, mishap, 2);
		expect(isOkay(await runner.run([item]))).toBe(true);
		expect(runner.sent()).toBe(3);
	});

	test('is sent as often as its documentation says, and not more often', async () => {
		const runner = runnerOf(path);
		const [item] = runner.provision(1);
		runner.fail(item, 503);
		const { items } = await runner.run([item], { settings: CONTINUE });
		expect(runner.sent()).toBe(triesOf(path));
		expect(items).toHaveLength(1);
		expect(items[0].json.error).toMatch(/HTTP 503/);
		expect(items[0].json).not.toHaveProperty('uncertain');
	});

	test('is sent again where no connection was made, until it is done', async () => {
		pauseFor(80);
		const runner = runnerOf(path);
		const [item] = runner.provision(1);
		await sandbox.stop();
		const running = runner.run([item]);
		await new Promise((resolve) => setTimeout(resolve, 50));
		await sandbox.start();
		expect(isOkay(await running)).toBe(true);
		expect(runner.sent()).toBe(1);
	});
});

describe.each(REPEATED)('%s does no harm when it is repeated', (path) => {
	test.each(UNKNOWN)('so it is sent again after %s', async (_, mishap) => {
		const runner = runnerOf(path);
		const [item] = runner.provision(1);
		runner.fail(item, mishap, 1);
		expect(isOkay(await runner.run([item]))).toBe(true);
		expect(runner.sent()).toBe(2);
	});

	test('but not more often than its documentation says', async () => {
		const runner = runnerOf(path);
		const [item] = runner.provision(1);
		runner.fail(item, 500);
		const { items } = await runner.run([item], { settings: CONTINUE });
		expect(items.map(({ json }) => json.error)).toEqual([expect.stringMatching(/HTTP 500/)]);
		expect(runner.sent()).toBe(triesOf(path));
	});
});

describe.each(SENT_ONCE)('%s does something', (path) => {
	test.each(UNKNOWN)('so it is not repeated after %s', async (_, mishap) => {
		const runner = runnerOf(path);
		const [item] = runner.provision(1);
		runner.fail(item, mishap, 1);
		const { items } = await runner.run([item], { settings: CONTINUE });
		expect(runner.sent()).toBe(1);
		expect(items.map(({ json }) => [typeof json.error, json.uncertain])).toEqual([
			['string', true],
		]);
	});
});

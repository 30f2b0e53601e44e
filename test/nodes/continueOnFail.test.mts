/**
 * What one bad item among good ones does, in each mode of On Error: with "Continue", it alone fails, and its error item
 * has the same form for all operations. A table over all operations.
 */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { RETRY_PAUSES } from '../../nodes/shared/failures/policies';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { pathsOf, RECIPES } from './recipes.mts';
import {
	CONTINUE,
	ERROR_OUTPUT,
	RecipeRunner,
	type Ending,
	type RecipeItem,
} from './recipeRunner.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [], fault: { callbacks: [] } });
beforeEach(() => void jest.replaceProperty(RETRY_PAUSES, 'initialMs', 2));
afterEach(() => jest.restoreAllMocks());

/** The three ways in which the bad item may be bad. */
type Badness = 'unreadable' | Exclude<Ending, 'done'>;

/** Operations whose error items name the run that they are about, so that it can be asked for again. */
const NAMES_RUN = ['run/get', 'run/getLogs'];

interface Scene {
	runner: RecipeRunner;
	items: RecipeItem[];
	/** The index of the bad item. */
	bad: number;
}

/** The middle one of three items is bad; of what takes one item only, that one. */
function setUp(path: string, badness: Badness): Scene {
	const runner = new RecipeRunner(path, () => sandbox);
	const count = RECIPES[path].single ? 1 : 3;
	const bad = Math.floor(count / 2);
	const items = runner.provision(count);
	if (badness === 'unreadable') items[bad].bad = true;
	else
		runner.decide(
			items,
			items.map((_, index) => (index === bad ? badness : 'done')),
		);
	return { runner, items, bad };
}

/** What the error item of this item must be. */
function errorItemOf({ runner, items, bad }: Scene, badness: Badness): IDataObject {
	return {
		...(NAMES_RUN.includes(runner.path) && { messageId: items[bad].run }),
		error: expect.stringContaining(`[item ${bad}]`),
		...(badness === 'unknown' && { uncertain: true }),
	};
}

const sourceOf = ({ pairedItem }: INodeExecutionData) =>
	typeof pairedItem === 'object' && 'item' in pairedItem ? pairedItem.item : -1;

const CASES = [
	...pathsOf(() => true).flatMap(
		(path): Array<[string, Badness]> => [
			[path, 'unreadable'],
			[path, 'rejected'],
		],
	),
	...pathsOf(({ kind, idempotent }) => kind === 'mutation' && idempotent !== true).map(
		(path): [string, Badness] => [path, 'unknown'],
	),
];

describe.each(CASES)('%s, one item is %s', (path, badness) => {
	const goodIn = ({ items, bad }: Scene) => items.map((_, index) => index).filter((n) => n !== bad);

	test('Continue: it carries its error, and the others come out as if it were not there', async () => {
		const scene = setUp(path, badness);
		const { items, failedItems, error } = await scene.runner.run(scene.items, {
			settings: CONTINUE,
		});
		expect([error, failedItems]).toEqual([undefined, []]);
		const [failed, good] = [true, false].map((isFailed) =>
			items.filter(({ json }) => (json.error !== undefined) === isFailed),
		);
		expect(failed.map(({ json, pairedItem }) => [json, pairedItem])).toEqual([
			[errorItemOf(scene, badness), { item: scene.bad }],
		]);
		expect([...new Set(good.map(sourceOf))]).toEqual(goodIn(scene));
		expect(items.map(sourceOf)).toEqual(items.map(sourceOf).sort((a, b) => a - b));
	});

	test('Continue (using error output): it goes there, and the others to the first output', async () => {
		const scene = setUp(path, badness);
		const { items, failedItems, error } = await scene.runner.run(scene.items, {
			settings: ERROR_OUTPUT,
		});
		expect(error).toBeUndefined();
		// n8n adds the fields of the input item.
		expect(failedItems.map((item) => [item.json, sourceOf(item)])).toEqual([
			[{ ...scene.items[scene.bad], ...errorItemOf(scene, badness) }, scene.bad],
		]);
		expect([...new Set(items.map(sourceOf))]).toEqual(goodIn(scene));
		expect(items.filter(({ json }) => json.error !== undefined)).toEqual([]);
	});

	test('Stop Workflow: the error names it, and nothing comes out', async () => {
		const scene = setUp(path, badness);
		const { items, error } = await scene.runner.run(scene.items);
		expect(error?.message).toContain(`[item ${scene.bad}]`);
		expect(error?.description).not.toBe('');
		expect(items).toEqual([]);
		// What cannot be read is found before anything is sent; else, of what is done in order, nothing after it is.
		if (badness === 'unreadable') expect(scene.runner.sent()).toBe(0);
		else if (RECIPES[path].kind === 'mutation' && RECIPES[path].address === 'desktopUrl')
			expect(scene.runner.sent()).toBe(scene.bad + 1);
	});
});

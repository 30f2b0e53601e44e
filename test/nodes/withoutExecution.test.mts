/** The tools of n8n's Agents run without an execution: nothing is stored, and nothing can wait. A table over all operations. */
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { fileOf } from './desktopFiles.mts';
import { executeWithoutExecution } from './engine.mts';
import { RECIPES } from './recipes.mts';
import { RecipeRunner } from './recipeRunner.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [], fault: { callbacks: [] } });

/** What waits for something after the node has ended. */
const NEEDS_AN_EXECUTION: Record<string, RegExp> = {
	'run/startAndWait':
		/^Start and Wait cannot wait here, because n8n runs this tool without an execution: use the operation Start, .*Nothing was sent/,
};

const use = async (path: string, more?: object) => {
	const runner = new RecipeRunner(path, () => sandbox);
	const [item] = runner.provision(1);
	const outputs = await executeWithoutExecution({
		parameters: runner.parameters({ ...more }),
		credentials: runner.credentials(),
		items: [item],
		binaries: [fileOf(item.name)],
	});
	return { outputs, sent: runner.sent() };
};

describe.each(Object.keys(RECIPES))('%s', (path) => {
	test('is done once, or says why it cannot be done, before anything is sent', async () => {
		const { outputs, sent } = await use(path);
		const refusal = NEEDS_AN_EXECUTION[path];
		if (refusal === undefined) {
			expect(outputs.map(({ json }) => json.error)).toEqual(outputs.map(() => undefined));
			expect(outputs.length).toBeGreaterThan(0);
			expect(sent).toBe(1);
		} else {
			expect(outputs).toEqual([
				{ json: { error: expect.stringMatching(refusal) }, pairedItem: { item: 0 } },
			]);
			expect(sent).toBe(0);
		}
	});
});

test.each(['run/start', 'run/startAndWait'])(
	'%s: a simulation is refused, since n8n does not say what is a test',
	async (path) => {
		const { outputs, sent } = await use(path, { testExecutions: 'simulate' });
		expect(outputs).toEqual([{ json: { error: expect.any(String) }, pairedItem: { item: 0 } }]);
		expect(outputs[0].json.error).toMatch(
			path === 'run/start'
				? /^Test Executions → "Simulate" is not possible in a tool of n8n's Agents.*Choose "Start Real Runs"/
				: NEEDS_AN_EXECUTION[path],
		);
		expect(sent).toBe(0);
	},
);

test('desktop/create: a desktop that nobody would delete is not created', async () => {
	const { outputs, sent } = await use('desktop/create', { options: { deleteAtEnd: true } });
	expect(outputs[0].json.error).toMatch(
		/^Delete When the Execution Ends \(deleteAtEnd\) is not possible here, because n8n runs this tool without an execution/,
	);
	expect(sent).toBe(0);
});

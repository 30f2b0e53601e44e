/** Return All and Limit: every operation Get Many has both, as n8n's own nodes do. A table over all of them. */
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { RETRY } from './onDesktops.mts';
import { OPERATION_PATHS } from '../operations.mts';
import { RecipeRunner } from './recipeRunner.mts';

const COUNT = 230;
const numbers = Array.from({ length: COUNT }, (_, n) => n);

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

/** Gives an operation more entries than its default limit. */
function fill(desktop: string, workflow: string) {
	sandbox.setDefaults({
		workflowNames: Object.fromEntries(numbers.map((n) => [`w-${n}`, `Workflow ${n}`])),
	});
	for (const n of numbers) {
		sandbox.desktops.add({ name: `d-${n}` });
		sandbox.desktops.addFile(desktop, { name: `f-${n}.txt`, text: '' });
		sandbox.runs.set(`r-${n}`, { status: 'completed', workflowId: workflow });
	}
}

describe.each(OPERATION_PATHS.filter((path) => path.endsWith('/getMany')))('%s', (path) => {
	const run = async (parameters: object, settings = {}) => {
		const runner = new RecipeRunner(path, () => sandbox);
		const [item] = runner.provision(1);
		fill(item.desktop, item.workflow);
		return await runner.run([item], { parameters: { ...parameters }, settings });
	};

	test('the first 50, unless told otherwise', async () => {
		expect((await run({})).items).toHaveLength(50);
	});

	test.each([1, 7, 120])('a limit of %d', async (limit) => {
		expect((await run({ limit })).items).toHaveLength(limit);
	});

	test.each([true, '={{ true }}', '={{ "true" }}'])('Return All: %j', async (returnAll) => {
		const { items, error } = await run({ returnAll, limit: 3 });
		expect(error).toBeUndefined();
		expect(items.length).toBeGreaterThanOrEqual(COUNT);
	});

	test('a limit above the number of entries', async () => {
		expect((await run({ limit: 100_000 })).items.length).toBeGreaterThanOrEqual(COUNT);
	});

	test.each(['={{ 0 }}', '={{ -1 }}', '={{ 1.5 }}', '={{ "many" }}'])(
		'a limit of %s is an error, and nothing is sent',
		async (limit) => {
			const { error } = await run({ limit }, RETRY);
			expect(error?.message).toMatch(/^Limit \(limit\) must be/);
			expect(sandbox.state().desktopRequests).toEqual([]);
			const { mcpRequests } = sandbox.state();
			// The session of an earlier case may be closed late.
			expect(mcpRequests.filter(({ rpcMethod }) => rpcMethod === 'tools/call')).toEqual([]);
		},
	);
});

test('there are several such operations', () => {
	expect(OPERATION_PATHS.filter((path) => path.endsWith('/getMany'))).toHaveLength(4);
});

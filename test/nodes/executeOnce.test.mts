/** With Execute Once, only the first item counts: the others are neither read nor sent. A table over all operations. */
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { RECIPES } from './recipes.mts';
import { RecipeRunner } from './recipeRunner.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [], fault: { callbacks: [] } });

describe.each(Object.keys(RECIPES))('%s', (path) => {
	test('Execute Once uses the first of several items, as if there were no other', async () => {
		const runner = new RecipeRunner(path, () => sandbox);
		const [alone] = runner.provision(1);
		const expected = await runner.run([alone]);
		const requests = runner.sent();
		expect([expected.error, requests]).toEqual([undefined, 1]);

		const [first, ...others] = runner.provision(3);
		for (const item of others) item.bad = true;
		const { run, items, error } = await runner.run([first, ...others], {
			settings: { executeOnce: true },
		});
		expect(error).toBeUndefined();
		expect(run.status).toBe(expected.run.status);
		expect(runner.sent()).toBe(requests);
		expect(items.length > 0).toBe(expected.items.length > 0);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual(items.map(() => ({ item: 0 })));
	});
});

/** Run → Get Many. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { asking, textResult } from '../../asking.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const { ask, hold, calls, failCalls } = asking(() => sandbox);

test('the runs of a workflow, an item for each, linked to the item that asked', async () => {
	for (const id of ['m-1', 'm-2', 'm-3']) hold(id, 'completed');
	hold('m-4', 'running', { workflowId: 'w-2' });
	const { items: found } = await ask('getMany', { items: [{ w: 'w-1' }, { w: 'w-2' }], parameters: { workflowId: '={{ $json.w }}', limit: 2 } });
	expect(found.map(({ json, pairedItem }) => [json.workflowId, json.status, pairedItem])).toEqual([
		['w-1', 'completed', { item: 0 }],
		['w-1', 'completed', { item: 0 }],
		['w-2', 'running', { item: 1 }],
	]);
	expect(calls().map(({ arguments: given }) => given)).toContainEqual({ workflowId: 'w-1', limit: 2 });
});

test('the limit is 50, and holds where NenAI gives more', async () => {
	failCalls({ result: { form: 'json-text', data: { success: true, runs: Array.from({ length: 60 }, (_, n) => ({ messageId: `m-${n}` })) } } });
	const { items: found } = await ask('getMany', { parameters: { workflowId: { __rl: true, mode: 'id', value: 'w-1' } } });
	expect(found).toHaveLength(50);
	expect(calls()[0].arguments).toEqual({ workflowId: 'w-1', limit: 50 });
});

test.each([
	['one entry in one text', textResult('{"messageId":"m-1","status":"completed","steps":[{"id":1}]}'), ['m-1']],
	['null in place of a list', textResult('{"success":true,"runs":null}'), []],
	['no content', { whole: { content: [] } }, []],
	['an only list under another name', textResult('{"success":true,"items":[{"messageId":"m-1"}]}'), ['m-1']],
])('the list of runs in a form of its own: %s', async (_, result, ids) => {
	failCalls({ result });
	const { items: found, error } = await ask('getMany', { parameters: { workflowId: 'w-1' } });
	expect(error).toBeUndefined();
	expect(found.map(({ json }) => json.messageId)).toEqual(ids);
});

test('a list of warnings is not the list that was asked for', async () => {
	failCalls({ result: textResult('{"success":true,"warnings":[]}') });
	const { error } = await ask('getMany', { parameters: { workflowId: 'w-1' } });
	expect(error?.message).toMatch(/it holds no list/);
});

test('a workflow without runs gives no item', async () => {
	const { items: found, error } = await ask('getMany', { parameters: { workflowId: 'w-9' } });
	expect([found, error]).toEqual([[], undefined]);
});

test.each([
	[0, /^Limit \(limit\) must be a whole number of at least 1, but is the number 0/],
	[-5, /^Limit \(limit\) must be a whole number of at least 1, but is the number -5/],
	[1.5, /^Limit \(limit\) must be a whole number of at least 1, but is the number 1\.5/],
	['={{ "0" }}', /^Limit \(limit\) must be a whole number of at least 1, but is the text "0"/],
])('the limit %s is an error that names it, and nothing is asked', async (limit, message) => {
	const { error } = await ask('getMany', { parameters: { workflowId: 'w-1', limit } });
	expect(error?.message).toMatch(message);
	expect(calls()).toEqual([]);
});

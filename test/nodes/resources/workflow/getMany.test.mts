/** Workflow → Get Many. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { mcpTestKit, textResult } from '../../mcpTestKit.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const { ask, failCalls } = mcpTestKit(() => sandbox);

test('the workflows, an item for each, as NenAI has them', async () => {
	sandbox.setDefaults({ workflowNames: { 'w-1': 'Book a patient', 'w-2': 'Send a claim' } });
	const { items: found } = await ask('getMany', {}, 'workflow');
	expect(found.map(({ json }) => json)).toEqual([
		expect.objectContaining({ name: 'Book a patient' }),
		expect.objectContaining({ name: 'Send a claim' }),
	]);
});

test.each([
	['a list in a text', { content: [{ type: 'text', text: '[{"id":1},{"id":2}]' }] }],
	[
		'an entry in each text',
		{
			content: [
				{ type: 'text', text: '{"id":1}' },
				{ type: 'text', text: '{"id":2}' },
			],
		},
	],
	[
		'a list under another name',
		{ content: [{ type: 'text', text: '{"success":true,"items":[{"id":1},{"id":2}]}' }] },
	],
	[
		'a list that was put into an object',
		{ content: [], structuredContent: { result: [{ id: 1 }, { id: 2 }] } },
	],
])('the list of workflows in a form of its own: %s', async (_, whole) => {
	failCalls({ result: { whole } });
	const { items: found } = await ask('getMany', {}, 'workflow');
	expect(found.map(({ json }) => json)).toEqual([{ id: 1 }, { id: 2 }]);
});

const RECORDED = {
	workflowId: 'w-1',
	workflowName: 'Book a patient',
	s3WorkflowPath: 'a/b',
	createdAt: '2026-02-01T00:00:00Z',
	updatedAt: '2026-02-02T00:00:00Z',
	publishedAt: null,
};
const DOCUMENTED = { ...RECORDED, orgId: 'o-1', orgName: 'Clinic', deploymentId: 'd-1' };

test.each([
	[
		'recorded',
		{
			success: true,
			deploymentId: 'd-1',
			deploymentName: 'staging',
			workflows: [RECORDED],
			count: 1,
		},
		[RECORDED],
	],
	[
		'recorded, without workflows',
		{ success: true, deploymentId: 'd-1', deploymentName: 'staging', workflows: [], count: 0 },
		[],
	],
	['documented', { success: true, data: { workflows: [DOCUMENTED], count: 1 } }, [DOCUMENTED]],
	[
		'documented, with more beside the list',
		{ success: true, data: { orgId: 'o-1', deploymentIds: ['d-1'], workflows: [DOCUMENTED] } },
		[DOCUMENTED],
	],
	['documented, without workflows', { success: true, data: { workflows: [], count: 0 } }, []],
	[
		'documented, with an ID of the request',
		{ success: true, id: 'request-1', data: { workflows: [DOCUMENTED] } },
		[DOCUMENTED],
	],
	[
		'one workflow, with data of its own',
		{ workflowId: 'w-1', data: { steps: [{ id: 1 }] } },
		[{ workflowId: 'w-1', data: { steps: [{ id: 1 }] } }],
	],
])('the published form: %s', async (_, json, expected) => {
	for (const result of [
		textResult(JSON.stringify(json)),
		{ whole: { content: [], structuredContent: json } },
	]) {
		sandbox.mcpFaults.clear();
		failCalls({ result });
		const { items: found, error } = await ask('getMany', {}, 'workflow');
		expect(error).toBeUndefined();
		expect(found.map(({ json: entry }) => entry)).toEqual(expected);
	}
});

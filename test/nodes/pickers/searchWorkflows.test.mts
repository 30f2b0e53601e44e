/** The list from which a workflow is picked. */
import { withSandbox } from '../../sandbox/cases.mts';
import { currentTools, errorAnswer, olderTools, type Sandbox } from '../../sandbox/index.mts';
import { Credentials, loadList } from '../engine.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const search = (filter?: string, mcpUrl = sandbox.mcpUrl) => loadList('searchWorkflows', new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url, mcpUrl }), filter);
const WORKFLOWS = { 'w-1': 'Send a claim', 'w-2': 'book a patient', 'w-3': 'Book a room' };
const answer = (whole: Record<string, unknown>) => sandbox.mcpFaults.add({ match: { method: 'tools/call' }, result: { whole } });
const answerJson = (json: unknown) => answer({ content: [{ type: 'text', text: JSON.stringify(json) }] });

test('the workflows, by name, each with its ID', async () => {
	sandbox.setDefaults({ workflowNames: WORKFLOWS });
	expect(await search()).toEqual({
		results: [
			{ name: 'book a patient (w-2)', value: 'w-2' },
			{ name: 'Book a room (w-3)', value: 'w-3' },
			{ name: 'Send a claim (w-1)', value: 'w-1' },
		],
	});
});

test.each([
	['BOOK', ['w-2', 'w-3']],
	[' claim ', ['w-1']],
	['W-3', ['w-3']],
	['nothing', []],
])('looking for "%s"', async (filter, ids) => {
	sandbox.setDefaults({ workflowNames: WORKFLOWS });
	expect((await search(filter)).results.map(({ value }) => value)).toEqual(ids);
});

test.each([
	[[{ id: 1, name: 'A' }], [{ name: 'A (1)', value: '1' }]],
	[{ workflows: [{ workflow_id: 'x', workflow_name: 'B' }] }, [{ name: 'B (x)', value: 'x' }]],
	[{ success: true, data: [{ workflowId: 'y', workflowName: 'C' }] }, [{ name: 'C (y)', value: 'y' }]],
	[{ workflows: [{ workflowId: 'z', id: 'row 7' }] }, [{ name: 'z', value: 'z' }]],
	[{ workflows: [{ title: 'no ID' }, { id: 'z', name: '' }] }, [{ name: 'z', value: 'z' }]],
	[{ workflows: [] }, []],
])('an answer of another form: %j', async (json, results) => {
	answerJson(json);
	expect(await search()).toEqual({ results });
});

test('older tools', async () => {
	sandbox.setDefaults({ workflowNames: WORKFLOWS, mcpTools: [...olderTools] });
	expect((await search()).results).toHaveLength(3);
});

test('what may pass is tried once more', async () => {
	sandbox.setDefaults({ workflowNames: WORKFLOWS });
	sandbox.mcpFaults.next({ refuse: errorAnswer(503, 'json') });
	expect((await search()).results).toHaveLength(3);
});

test('one workflow alone, and not what is listed in it', async () => {
	answerJson({ workflowId: 'w-1', name: 'Book', parameters: [{ id: 'p', name: 'PATIENT' }] });
	expect(await search()).toEqual({ results: [{ name: 'Book (w-1)', value: 'w-1' }] });
});

test('a pause is not sat out, and the advice is for somebody who looks at a list', async () => {
	sandbox.mcpFaults.add({ refuse: { status: 429, retryAfter: { seconds: 60, as: 'seconds' } } });
	const begin = Date.now();
	await expect(search()).rejects.toThrow(/too busy to answer \(HTTP 429\)\. Try again in a moment, or choose "By ID"\./);
	expect(Date.now() - begin).toBeLessThan(2000);
});

describe('what cannot be loaded says why, and what to do', () => {
	test("a sentence of NenAI's has one full stop", async () => {
		answerJson({ success: false, error: 'It is Sunday.' });
		await expect(search()).rejects.toThrow(/could not say: It is Sunday\. If your/);
	});

	test.each([
		['a wrong key', () => sandbox.mcpFaults.add({ refuse: errorAnswer(401, 'json') }), /^NenAI did not accept the API key \(HTTP 401\).*\. Check the API key of the credential/],
		['no tool', () => sandbox.setDefaults({ mcpTools: currentTools.filter((name) => name !== 'nen_list_workflows') }), /no tool that could be asked for the workflows\. It offers: nen_status/],
		['entries without an ID', () => answerJson({ workflows: [{ title: 'A' }] }), /has no IDs in a form that this node knows\. Choose "By ID" instead/],
		['no list', () => answerJson({ total: 3 }), /it holds no list\): \{"total":3\}/],
		['several deployments', () => answerJson({ success: false, error: 'deploymentId is required' }), /deploymentId is required\. If your API key has several deployments, enter the Deployment ID/],
	])('%s', async (_, arrange, message) => {
		arrange();
		await expect(search()).rejects.toThrow(message);
	});

	test('an MCP URL that is none', async () => {
		await expect(search('', 'mcp.getnen.ai')).rejects.toThrow(/^The MCP URL of the credential is not an http\(s\) URL\. It is usually https:\/\/mcp\.getnen\.ai\/v1\./);
	});
});

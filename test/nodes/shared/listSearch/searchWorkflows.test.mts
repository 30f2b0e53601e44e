/** The list from which a workflow is picked. */
import { withSandbox } from '../../../sandbox/cases.mts';
import { currentTools, errorAnswer, olderTools, type Sandbox } from '../../../sandbox/index.mts';
import { Credentials, loadList, loadOptions } from '../../engine.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const search = (filter?: string, mcpUrl = sandbox.mcpUrl) =>
	loadList(
		'searchWorkflows',
		new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url, mcpUrl }),
		filter,
	);
const WORKFLOWS = { 'w-1': 'Send a claim', 'w-2': 'book a patient', 'w-3': 'Book a room' };
const answer = (whole: Record<string, unknown>) =>
	sandbox.mcpFaults.add({ match: { method: 'tools/call' }, result: { whole } });
const answerJson = (json: unknown) =>
	answer({ content: [{ type: 'text', text: JSON.stringify(json) }] });

test('the workflows, by name', async () => {
	sandbox.setDefaults({ workflowNames: WORKFLOWS });
	expect(await search()).toEqual({
		results: [
			{ name: 'book a patient', value: 'w-2' },
			{ name: 'Book a room', value: 'w-3' },
			{ name: 'Send a claim', value: 'w-1' },
		],
	});
});

test('the trigger offers the same list, to choose several', async () => {
	sandbox.setDefaults({ workflowNames: WORKFLOWS });
	const credentials = new Credentials({
		apiKey: sandbox.apiKey,
		baseUrl: sandbox.url,
		mcpUrl: sandbox.mcpUrl,
	});
	expect(await loadOptions('getWorkflows', credentials)).toEqual((await search()).results);
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
	[[{ id: 1, name: 'A' }], [{ name: 'A', value: '1' }]],
	[{ workflows: [{ workflow_id: 'x', workflow_name: 'B' }] }, [{ name: 'B', value: 'x' }]],
	[{ success: true, data: [{ workflowId: 'y', workflowName: 'C' }] }, [{ name: 'C', value: 'y' }]],
	[
		{ success: true, data: { orgId: 'o', workflows: [{ workflowId: 'y', workflowName: 'C' }] } },
		[{ name: 'C', value: 'y' }],
	],
	[{ workflows: [{ id: 'z', name: '  ' }] }, [{ name: 'z', value: 'z' }]],
	[{ workflows: [{ workflowId: 'z', id: 'row 7' }] }, [{ name: 'z', value: 'z' }]],
	[{ workflows: [{ title: 'no ID' }, { id: 'z', name: '' }] }, [{ name: 'z', value: 'z' }]],
	[{ workflows: [] }, []],
])('an answer of another form: %j', async (json, results) => {
	answerJson(json);
	expect(await search()).toEqual({ results });
});

describe('the ID stands behind a name where two are equal', () => {
	const NFC = 'Prüfung';
	const NFD = NFC.normalize('NFD');

	test.each([
		['with other capitals', ['Book', 'BOOK']],
		['with spaces around it', ['Book', ' Book ']],
		['in another form of Unicode', [NFC, NFD]],
	])('%s', async (_, [one, two]) => {
		answerJson([
			{ id: 'a', name: one },
			{ id: 'b', name: two },
			{ id: 'c', name: 'Other' },
		]);
		expect((await search()).results.map(({ name }) => name)).toEqual(
			expect.arrayContaining([`${one.trim()} (a)`, `${two.trim()} (b)`, 'Other']),
		);
	});

	test('also where the other one is not among those that were found, or is not published', async () => {
		answerJson([
			{ id: 'a', name: 'Book' },
			{ id: 'b', name: 'Book', publishedAt: null },
		]);
		expect((await search('a')).results).toEqual([{ name: 'Book (a)', value: 'a' }]);
	});

	test('an entry that comes twice is one', async () => {
		answerJson([
			{ id: 'a', name: 'Book' },
			{ id: 'a', name: 'Book' },
		]);
		expect((await search()).results).toEqual([{ name: 'Book', value: 'a' }]);
	});

	test.each([
		[NFC, NFD],
		[NFD, NFC],
		[NFC, NFD.toUpperCase()],
	])('the name %j is found by %j', async (name, filter) => {
		answerJson([
			{ id: 'a', name },
			{ id: 'b', name: 'Other' },
		]);
		expect((await search(filter)).results.map(({ value }) => value)).toEqual(['a']);
	});
});

test('what is not published is marked, and comes last', async () => {
	answerJson({
		success: true,
		workflows: [
			{ workflowId: 'w-1', workflowName: 'Admit', publishedAt: null },
			{ workflowId: 'w-2', workflowName: 'Zoo', publishedAt: '2026-02-01T00:00:00Z' },
			{ workflowId: 'w-3', workflowName: 'Book' },
			{ workflowId: 'w-4', publishedAt: null },
			{ workflowId: 'w-5', workflowName: 'Bill', publishedAt: null },
		],
	});
	expect((await search()).results).toEqual([
		{ name: 'Book', value: 'w-3' },
		{ name: 'Zoo', value: 'w-2' },
		{ name: 'Admit – not published', value: 'w-1' },
		{ name: 'Bill – not published', value: 'w-5' },
		{ name: 'w-4 – not published', value: 'w-4' },
	]);
	expect((await search('published')).results.map(({ value }) => value)).toEqual([
		'w-1',
		'w-5',
		'w-4',
	]);
});

test.each([
	['no content', { content: [] }, /it contains nothing/],
	['a link', { content: [{ type: 'resource_link', uri: 'list:1' }] }, /it contains a link, list:1/],
	[
		'an empty list and an error',
		{ structuredContent: { success: true, workflows: [], error: 'The deployment is gone' } },
		/could not answer .*: The deployment is gone/,
	],
])('%s is an error, not an empty list', async (_, whole, message) => {
	answer(whole);
	await expect(search()).rejects.toThrow(message);
});

test('a list as structured content', async () => {
	answer({ content: [], structuredContent: [{ workflowId: 'w-1', workflowName: 'Book' }] });
	expect(await search()).toEqual({ results: [{ name: 'Book', value: 'w-1' }] });
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
	expect(await search()).toEqual({ results: [{ name: 'Book', value: 'w-1' }] });
});

test('a pause is not sat out, and the advice is for somebody who looks at a list', async () => {
	sandbox.mcpFaults.add({ refuse: { status: 429, retryAfter: { seconds: 60, as: 'seconds' } } });
	const begin = Date.now();
	await expect(search()).rejects.toThrow(
		/too busy to accept the request for the [a-z ]+ \(HTTP 429\)\. Check the addresses in the credential and the internet connection of n8n, or try again in a moment\. You can also enter the value without the list\./,
	);
	expect(Date.now() - begin).toBeLessThan(2000);
});

describe('what cannot be loaded says why, and what to do', () => {
	test("a sentence of NenAI's has one full stop", async () => {
		answerJson({ success: false, error: 'It is Sunday.' });
		await expect(search()).rejects.toThrow(/could not answer .*: It is Sunday\. If your/);
	});

	test.each([
		[
			'a wrong key',
			() => sandbox.mcpFaults.add({ refuse: errorAnswer(401, 'json') }),
			/^NenAI did not accept the API key for the request for the list of workflows \(HTTP 401\).*\. Check the API key of the credential/,
		],
		[
			'no tool',
			() =>
				sandbox.setDefaults({
					mcpTools: currentTools.filter((name) => name !== 'nen_list_workflows'),
				}),
			/no tool for the request for the list of workflows\. It offers: nen_status/,
		],
		[
			'entries without an ID',
			() => answerJson({ workflows: [{ title: 'A' }] }),
			/has no IDs in a known form\. Enter the ID of the workflow instead/,
		],
		['no list', () => answerJson({ total: 3 }), /it contains no list\): \{"total":3\}/],
		[
			'several deployments',
			() => answerJson({ success: false, error: 'deploymentId is required' }),
			/deploymentId is required\. If your API key has several deployments, enter the Deployment ID/,
		],
	])('%s', async (_, arrange, message) => {
		arrange();
		await expect(search()).rejects.toThrow(message);
	});

	test('an MCP URL that is none', async () => {
		await expect(search('', 'mcp.getnen.ai')).rejects.toThrow(
			/^The MCP URL of the credential is not an http\(s\) URL\. It is usually https:\/\/mcp\.getnen\.ai\/v1\./,
		);
	});
});

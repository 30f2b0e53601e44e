import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import { request } from 'undici';
import { withSandbox } from './cases.mts';
import { currentTools, type Sandbox } from './index.mts';
import {
	beginSession,
	callTool,
	connectClient,
	initialize,
	jsonOf,
	postMcp,
	protocolVersion,
	rpc,
	startRun,
	textOf,
	usualHeaders,
} from './mcp/support.mts';
import { post, startFastSandbox } from './support.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), startFastSandbox);

const list = rpc('tools/list');

describe('with the official client', () => {
	let client: Client;

	beforeEach(async () => {
		client = await connectClient(sandbox);
	});
	afterEach(() => client.close());

	test('the tools are listed, with what they are given', async () => {
		const { tools } = await client.listTools();
		expect(tools.map(({ name }) => name)).toEqual(currentTools);
		expect(tools[1].inputSchema).toMatchObject({
			type: 'object',
			properties: { workflowId: { type: 'string' }, limit: { type: 'integer', default: 10 } },
			required: ['workflowId'],
			additionalProperties: false,
		});
	});

	test('the status of a run', async () => {
		const messageId = await startRun(sandbox, { workflow_params: { NAME: 'Ä' } });
		await sandbox.until(() => sandbox.runs.get(messageId)?.status === 'completed');
		const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
		expect(jsonOf(await callTool(client, 'nen_status', { messageId }))).toEqual({
			success: true,
			status: 'completed',
			startTime: time,
			endTime: time,
			progress: { currentState: 'completed', completedStates: 15, totalStates: 15 },
			output: { received: { NAME: 'Ä' }, note: 'Fertig – 完了' },
			liveViewUrl: `https://app.getnen.ai/runs/${messageId}`,
		});
	});

	test.each(['nen_status', 'nen_get_run_logs'])('%s of an unknown run', async (tool) => {
		const result = await callTool(client, tool, { messageId: 'nobody' });
		expect(jsonOf(result)).toEqual({ success: false, error: 'Run not found' });
		expect(result.isError).toBeUndefined();
	});

	test('the runs of a workflow, the newest first, ten of them or as many as asked for', async () => {
		for (let index = 0; index < 12; index += 1)
			sandbox.runs.set(`m${index}`, { status: 'running', workflowId: 'w' });
		sandbox.runs.set('other', { status: 'running', workflowId: 'v' });
		const ten = jsonOf(await callTool(client, 'nen_list_runs', { workflowId: 'w' })).runs;
		expect(ten).toHaveLength(10);
		const two = await callTool(client, 'nen_list_runs', { workflowId: 'w', limit: 2 });
		expect(jsonOf(two)).toEqual({
			success: true,
			runs: [11, 10].map((index) => ({
				runId: `run-m${index}`,
				messageId: `m${index}`,
				workflowId: 'w',
				status: 'running',
				startTime: expect.any(String),
			})),
		});
		expect(jsonOf(await callTool(client, 'nen_list_runs', { workflowId: 'none' })).runs).toEqual(
			[],
		);
	});

	test('the log of a run, as text', async () => {
		sandbox.faults.next({ callbacks: [{ status: 'failed' }] });
		const messageId = await startRun(sandbox);
		await sandbox.until(() => sandbox.runs.get(messageId)?.status === 'failed');
		const log = textOf(
			await callTool(client, 'nen_get_run_logs', { messageId, deploymentId: 'd' }),
		);
		expect(log.split('\n')).toEqual([
			expect.stringMatching(/^\S+Z Queued a run of workflow w$/),
			expect.stringMatching(/^\S+Z Opened the form "New patient", because .*$/),
			expect.stringMatching(/^\S+Z Gave up: The workflow stopped: element not found$/),
			'',
		]);
	});

	test('the workflows: those of the setting, else those with a name and those of the runs', async () => {
		const workflows = async (): Promise<unknown> =>
			jsonOf(await callTool(client, 'nen_list_workflows', { deploymentId: 'd' }));
		expect(await workflows()).toEqual({ success: true, workflows: [] });
		sandbox.setDefaults({ workflowNames: { a: 'Admit', b: 'Bill' } });
		await startRun(sandbox, { workflow_id: 'c' });
		await startRun(sandbox, { workflow_id: 'a' });
		expect(await workflows()).toEqual({
			success: true,
			workflows: [
				{ workflowId: 'a', name: 'Admit' },
				{ workflowId: 'b', name: 'Bill' },
				{ workflowId: 'c' },
			],
		});
		sandbox.setDefaults({ workflows: { b: {}, d: {} } });
		expect(await workflows()).toEqual({
			success: true,
			workflows: [{ workflowId: 'b', name: 'Bill' }, { workflowId: 'd' }],
		});
	});

	test.each(['nen_run', 'nen_update_workflow'])('%s does nothing', async (tool) => {
		const answer = jsonOf(await callTool(client, tool, { workflowId: 'w' }));
		expect(answer).toEqual({ success: false, error: 'The sandbox does not do this.' });
		expect(sandbox.state().counts.runsStarted).toBe(0);
	});

	test.each([
		['nen_status', { messageId: 'm', deploymentId: 'd' }],
		['nen_status', {}],
		['nen_list_runs', { workflowId: 'w', limit: '10' }],
		['nen_get_run_logs', { messageId: '' }],
		['nen_list_workflows', { deployment: 'd' }],
	])('%s does not take %j', async (tool, given) => {
		const result = await callTool(client, tool, given);
		expect(result.isError).toBe(true);
		expect(textOf(result)).toMatch(`Invalid arguments for tool ${tool}`);
	});

	test('an unknown tool and an unknown method are errors of JSON-RPC', async () => {
		await expect(callTool(client, 'get_run_status', {})).rejects.toMatchObject({ code: -32602 });
		const session = await beginSession(sandbox);
		const { body } = await postMcp(sandbox, rpc('resources/list'), session);
		expect(body).toMatch('"code":-32601');
	});

	test('the session ends when it is asked to', async () => {
		const { transport } = client;
		if (!(transport instanceof StreamableHTTPClientTransport)) throw new Error('Another transport');
		const session = String(transport.sessionId);
		await transport.terminateSession();
		expect((await postMcp(sandbox, list, { 'mcp-session-id': session })).status).toBe(404);
		expect(sandbox.state().mcpRequests.find(({ method }) => method === 'DELETE')?.answered).toBe(
			200,
		);
	});
});

describe('by hand', () => {
	test.each([401, 403] as const)(
		'a wrong key gets %d, and is not read further',
		async (refusedKeyStatus) => {
			sandbox.setDefaults({ refusedKeyStatus });
			for (const headers of [usualHeaders, { ...usualHeaders, 'x-api-key': 'wrong' }])
				expect((await post(sandbox.mcpUrl, initialize, headers)).status).toBe(refusedKeyStatus);
			expect(sandbox.state().mcpRequests).toMatchObject([
				{ authorized: false, body: null, rpcMethod: 'POST', answered: refusedKeyStatus },
				{ authorized: false, body: null, rpcMethod: 'POST', answered: refusedKeyStatus },
			]);
			expect(sandbox.state().counts.mcpInitializes).toBe(0);
		},
	);

	test('initialize gives a new session id each time, and the notification after it gets 202', async () => {
		const [first, second] = [await beginSession(sandbox), await beginSession(sandbox)];
		expect(first['mcp-session-id']).toMatch(/^[0-9a-f-]{36}$/);
		expect(second['mcp-session-id']).not.toBe(first['mcp-session-id']);
		const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
		expect(await postMcp(sandbox, initialized, first)).toMatchObject({ status: 202, body: '' });
	});

	test.each([
		['no session id', { 'mcp-session-id': '' }, 400],
		['another session id', { 'mcp-session-id': 'unknown' }, 404],
		['no protocol version', { 'mcp-protocol-version': '' }, 400],
		['another protocol version', { 'mcp-protocol-version': '2025-03-26' }, 400],
		['accepting no event stream', { accept: 'application/json' }, 406],
		['accepting no JSON', { accept: 'text/event-stream' }, 406],
		['another content type', { 'content-type': 'text/plain' }, 415],
	])('%s', async (_what, changed, status) => {
		const headers = Object.entries({ ...(await beginSession(sandbox)), ...changed });
		const sent = Object.fromEntries(headers.filter(([, value]) => value !== ''));
		expect((await postMcp(sandbox, list, sent)).status).toBe(status);
		expect(sandbox.state().mcpRequests[1].answered).toBe(status);
	});

	test('a version from before the header need not be named', async () => {
		sandbox.setDefaults({ mcpProtocolVersion: '2025-03-26' });
		const { 'mcp-session-id': id } = await beginSession(sandbox);
		expect((await postMcp(sandbox, list, { 'mcp-session-id': id })).status).toBe(200);
	});

	test.each([
		['a batch', [list]],
		['no message', {}],
		['no JSON', '{'],
	])('%s gets 400', async (_what, body) => {
		expect((await postMcp(sandbox, body, await beginSession(sandbox))).status).toBe(400);
	});

	test('a GET opens a stream that stays open', async () => {
		const session = await beginSession(sandbox);
		const answer = await request(sandbox.mcpUrl, {
			headers: { 'x-api-key': sandbox.apiKey, accept: 'text/event-stream', ...session },
		});
		expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream']);
		answer.body.on('error', () => undefined).destroy();
	});

	test('the usual negotiation: a version that is known, else the latest', async () => {
		const answered = async (asked: string): Promise<string> => {
			const params = {
				protocolVersion: asked,
				capabilities: {},
				clientInfo: { name: 'n', version: '1' },
			};
			return (await postMcp(sandbox, rpc('initialize', params))).body;
		};
		expect(await answered(protocolVersion)).toMatch(`"protocolVersion":"${protocolVersion}"`);
		expect(await answered('1999-01-01')).toMatch(`"protocolVersion":"${LATEST_PROTOCOL_VERSION}"`);
	});

	test('a reset forgets the sessions', async () => {
		const session = await beginSession(sandbox);
		sandbox.reset();
		expect((await postMcp(sandbox, list, session)).status).toBe(404);
	});
});

describe('records', () => {
	test('of requests say what was asked for, and not the key', async () => {
		const client = await connectClient(sandbox);
		await client.listTools();
		await callTool(client, 'nen_status', { messageId: 'm' });
		await client.close();
		const { mcpRequests, requests, counts } = await sandbox.until((state) =>
			state.mcpRequests.every(({ answered }) => answered !== null),
		);
		expect(requests).toEqual([]);
		expect(counts).toMatchObject({
			requests: 0,
			mcpInitializes: 1,
			mcpToolLists: 1,
			mcpToolCalls: 1,
		});
		const posts = mcpRequests.filter(({ method }) => method === 'POST');
		expect(posts.map(({ rpcMethod, tool, answered }) => [rpcMethod, tool, answered])).toEqual([
			['initialize', null, 200],
			['notifications/initialized', null, 202],
			['tools/list', null, 200],
			['tools/call', 'nen_status', 200],
		]);
		expect(posts[3]).toMatchObject({
			path: '/mcp/v1',
			authorized: true,
			arguments: { messageId: 'm' },
			body: { jsonrpc: '2.0', method: 'tools/call' },
			headers: {
				'x-api-key': '[redacted]',
				accept: 'application/json, text/event-stream',
				'mcp-session-id': expect.any(String),
				'mcp-protocol-version': LATEST_PROTOCOL_VERSION,
			},
		});
		expect(JSON.stringify(sandbox.state())).not.toMatch(sandbox.apiKey);
	});

	test('count the calls of tools that are open at one time', async () => {
		const client = await connectClient(sandbox);
		sandbox.setDefaults({ mcpFault: { latencyMs: 150 } });
		await client.listTools();
		await Promise.all([1, 2, 3].map(() => callTool(client, 'nen_status', { messageId: 'm' })));
		await callTool(client, 'nen_status', { messageId: 'm' });
		await client.close();
		expect(sandbox.state().counts).toMatchObject({ mcpToolCalls: 4, maxConcurrentMcpToolCalls: 3 });
		sandbox.reset();
		expect(sandbox.state().counts).toMatchObject({ mcpToolCalls: 0, maxConcurrentMcpToolCalls: 0 });
	});
});

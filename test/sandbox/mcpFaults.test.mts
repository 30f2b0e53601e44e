import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { request } from 'undici';
import { UNANSWERED, withSandbox } from './cases.mts';
import { errorAnswer, type McpFaultRule, type Sandbox } from './index.mts';
import {
	beginSession,
	callTool,
	connectClient,
	initialize,
	jsonOf,
	postMcp,
	rpc,
} from './mcp/support.mts';
import { post, startFastSandbox } from './support.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), startFastSandbox);

const list = rpc('tools/list');
const call = (name: string, messageId = 'm') =>
	rpc('tools/call', { name, arguments: { messageId } });
const status = async (message: unknown, session: Record<string, string>): Promise<number> =>
	(await postMcp(sandbox, message, session)).status;

describe('an answer in place of the server’s', () => {
	test.each([
		[errorAnswer(401, 'json')],
		[errorAnswer(403, 'gateway')],
		[errorAnswer(500, 'json')],
		[errorAnswer(502, 'html')],
		[errorAnswer(503, 'text')],
		[errorAnswer(504, 'empty')],
		[{ status: 307, headers: { location: 'http://127.0.0.1:1/mcp/v1' } }],
		[errorAnswer(200, 'html')],
	])('%j', async (refuse) => {
		sandbox.mcpFaults.next({ refuse });
		const answer = await postMcp(sandbox, initialize);
		expect(answer.status).toBe(refuse.status);
		expect(answer.headers.location).toBe(refuse.headers?.location);
		expect(answer.headers['content-type']).toBe(
			refuse.contentType ?? answer.headers['content-type'],
		);
		expect(await status(initialize, {})).toBe(200);
	});

	test('429 with Retry-After', async () => {
		sandbox.mcpFaults.next({ refuse: { status: 429, retryAfter: { seconds: 7, as: 'seconds' } } });
		expect(await postMcp(sandbox, initialize)).toMatchObject({
			status: 429,
			headers: { 'retry-after': '7' },
		});
	});

	test('is an error to the official client too', async () => {
		const client = await connectClient(sandbox);
		sandbox.mcpFaults.next({ refuse: errorAnswer(503, 'html') });
		await expect(client.listTools()).rejects.toThrow(/503/);
		sandbox.mcpFaults.next({ refuse: errorAnswer(200, 'html') });
		await expect(client.listTools()).rejects.toThrow(/Unexpected content type: text\/html/);
		expect((await client.listTools()).tools).toHaveLength(6);
		await client.close();
	});
});

describe('the connection', () => {
	test.each([
		['drop', /closed/],
		['silent', /timeout/],
	] as const)('%s: no answer', async (connection, error) => {
		sandbox.mcpFaults.next({ connection });
		await expect(postMcp(sandbox, initialize, {}, UNANSWERED)).rejects.toThrow(error);
		expect(sandbox.state().mcpRequests).toMatchObject([
			{ rpcMethod: 'initialize', answered: null },
		]);
		expect(await status(initialize, {})).toBe(200);
	});

	test('latency', async () => {
		sandbox.mcpFaults.next({ latencyMs: 80 });
		const before = Date.now();
		expect(await status(initialize, {})).toBe(200);
		expect(Date.now() - before).toBeGreaterThanOrEqual(75);
	});
});

describe('a lost session', () => {
	test('gets 404 from then on, until it is begun anew', async () => {
		const session = await beginSession(sandbox);
		sandbox.mcpFaults.next({ loseSession: true });
		const statuses = [];
		for (const message of [initialize, list, list])
			statuses.push(await status(message, message === initialize ? {} : session));
		expect(statuses).toEqual([200, 404, 404]);
		expect(await status(list, await beginSession(sandbox))).toBe(200);
	});

	test('is only that one', async () => {
		const [lost, kept] = [await beginSession(sandbox), await beginSession(sandbox)];
		sandbox.mcpFaults.next({ loseSession: true });
		expect(await status(list, lost)).toBe(404);
		expect(await status(list, kept)).toBe(200);
	});
});

describe('rules', () => {
	test('are for requests; notifications, GET and DELETE must be named', async () => {
		const session = await beginSession(sandbox);
		const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
		sandbox.setDefaults({ mcpFault: { refuse: { status: 502 } } });
		sandbox.mcpFaults.add({ refuse: { status: 500 } });
		expect(await status(initialized, session)).toBe(202);
		expect(await status(list, session)).toBe(500);
		for (const method of ['notifications/initialized', 'DELETE'])
			sandbox.mcpFaults.add({ match: { method }, refuse: { status: 503 } });
		expect(await status(initialized, session)).toBe(503);
		const headers = { 'x-api-key': sandbox.apiKey, ...session };
		expect((await request(sandbox.mcpUrl, { method: 'DELETE', headers })).statusCode).toBe(503);
	});

	test.each<[NonNullable<McpFaultRule['match']>, number[]]>([
		[{ method: 'tools/list' }, [500, 200, 200, 200]],
		[{ tool: 'nen_status' }, [200, 500, 500, 200]],
		[{ messageId: 'a' }, [200, 500, 200, 500]],
		[{ tool: 'nen_status', messageId: 'b' }, [200, 200, 500, 200]],
	])('match %j', async (match, statuses) => {
		const session = await beginSession(sandbox);
		sandbox.mcpFaults.add({ match, refuse: { status: 500 } });
		const messages = [
			list,
			call('nen_status', 'a'),
			call('nen_status', 'b'),
			call('nen_get_run_logs', 'a'),
		];
		const answered = [];
		for (const message of messages) answered.push(await status(message, session));
		expect(answered).toEqual(statuses);
	});

	test('hold for so many requests, the first that fits is used, and the setting holds below them', async () => {
		const session = await beginSession(sandbox);
		sandbox.setDefaults({ mcpFault: { refuse: { status: 503 } } });
		sandbox.mcpFaults.add({ times: 2, refuse: { status: 501 } });
		sandbox.mcpFaults.add({ times: 1, refuse: { status: 502 } });
		const answered = [];
		for (let index = 0; index < 4; index += 1) answered.push(await status(list, session));
		expect(answered).toEqual([501, 501, 502, 503]);
	});

	test('for results wait for the call of a tool', async () => {
		const client: Client = await connectClient(sandbox);
		sandbox.mcpFaults.next({ result: { data: { odd: true } } });
		await client.listTools();
		expect(jsonOf(await callTool(client, 'nen_status', { messageId: 'm' }))).toEqual({ odd: true });
		expect(jsonOf(await callTool(client, 'nen_status', { messageId: 'm' })).success).toBe(false);
		await client.close();
	});

	test('can be taken back', async () => {
		sandbox.mcpFaults.add({ refuse: { status: 500 } });
		sandbox.mcpFaults.clear();
		expect(await status(initialize, {})).toBe(200);
		sandbox.mcpFaults.add({ refuse: { status: 500 } });
		sandbox.reset();
		expect(await status(initialize, {})).toBe(200);
	});

	test('of a wrong key use up no turn', async () => {
		sandbox.mcpFaults.next({ refuse: { status: 500 } });
		expect(await status(initialize, { 'x-api-key': 'wrong' })).toBe(401);
		expect(await status(initialize, {})).toBe(500);
	});
});

describe('over HTTP', () => {
	const control = async (path: string, body: unknown): Promise<number> =>
		(await post(`${sandbox.url}/_sandbox/${path}`, body)).status;

	test('fault rules', async () => {
		await control('mcp-faults', {
			match: { method: 'initialize' },
			times: 1,
			refuse: { status: 503 },
		});
		expect([await status(initialize, {}), await status(initialize, {})]).toEqual([503, 200]);
		await control('mcp-faults', { refuse: { status: 503 } });
		await request(`${sandbox.url}/_sandbox/mcp-faults`, { method: 'DELETE' });
		expect(await status(initialize, {})).toBe(200);
	});

	test('settings', async () => {
		await control('settings', { mcpFault: { refuse: { status: 502 } } });
		expect(await status(initialize, {})).toBe(502);
	});

	test('the state of a run', async () => {
		await control('runs', { messageId: 'm', workflowId: 'w', status: 'timeout' });
		expect(sandbox.runs.get('m')).toMatchObject({ workflowId: 'w', status: 'timeout' });
	});

	test.each([
		['mcp-faults', { refuze: {} }],
		['mcp-faults', { match: {}, latencyMs: 1 }],
		['mcp-faults', { match: { tool: 'nen_stauts' }, latencyMs: 1 }],
		['mcp-faults', { answerAs: { oddform: true } }],
		['mcp-faults', { result: { isErorr: 'x' } }],
		['settings', { mcpTools: ['nen_stauts'] }],
		['runs', { status: 'running' }],
		['runs', { messageId: 'm', status: 'running', outptu: 1 }],
	])('%s with %j: 400', async (path, body) => expect(await control(path, body)).toBe(400));
});

describe('what servers in the field do', () => {
	test('a lost session is answered as ordered', async () => {
		sandbox.setDefaults({ mcpLostSession: { status: 503, body: { error: 'Session not found' } } });
		const session = await beginSession(sandbox);
		sandbox.mcpFaults.next({ loseSession: true });
		expect([await status(list, session), await status(list, session)]).toEqual([503, 503]);
		expect(await status(list, await beginSession(sandbox))).toBe(200);
	});

	test('behind a load balancer, a session is found only with its cookie', async () => {
		sandbox.setDefaults({ mcpStickyCookie: true });
		const { headers } = await postMcp(sandbox, initialize);
		const session = {
			'mcp-session-id': String(headers['mcp-session-id']),
			'mcp-protocol-version': '2025-06-18',
		};
		const [cookie] = String(headers['set-cookie']).split(';');
		expect(cookie).toMatch(/^sticky=to-/);
		expect(await status(list, session)).toBe(404);
		expect(await status(list, { ...session, cookie: 'sticky=to-another' })).toBe(404);
		expect(await status(list, { ...session, cookie: `a=b; ${cookie}` })).toBe(200);
	});

	test('the last page of tools may have a cursor, which is refused', async () => {
		sandbox.setDefaults({ mcpLastCursor: '' });
		const client = await connectClient(sandbox);
		const { tools, nextCursor } = await client.listTools();
		expect([tools.length, nextCursor]).toEqual([6, '']);
		await expect(client.listTools({ cursor: '' })).rejects.toMatchObject({ code: -32602 });
		await client.close();
	});
});

import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { request } from 'undici';
import { UNANSWERED, withSandbox } from './cases.mts';
import { olderTools, type McpFault, type Sandbox } from './index.mts';
import {
	beginSession,
	callTool,
	connectClient,
	initialize,
	jsonOf,
	messagesOf,
	postMcp,
	rpc,
	textOf,
	usualHeaders,
} from './mcp/support.mts';
import { startFastSandbox } from './support.mts';

let sandbox: Sandbox;
let client: Client;

withSandbox((given) => (sandbox = given), startFastSandbox);
afterEach(async () => {
	await client?.close();
	sandbox.reset();
});

const statusCall = rpc(
	'tools/call',
	{ name: 'nen_status', arguments: { messageId: 'm' } },
	'my-id',
);
const notFound = { success: false, error: 'Run not found' };

describe('the answer to a request comes', () => {
	/** The answer to the call of a tool, by hand. */
	async function answered(answerAs: McpFault['answerAs'], timeoutMs?: number) {
		const session = await beginSession(sandbox);
		sandbox.setDefaults({ mcpFault: { answerAs } });
		return postMcp(sandbox, statusCall, session, timeoutMs);
	}

	/** What the official client gets for the call of a tool. */
	async function received(answerAs: McpFault['answerAs'], timeoutMs?: number) {
		sandbox.setDefaults({ mcpFault: { answerAs } });
		client = await connectClient(sandbox);
		return jsonOf(await callTool(client, 'nen_status', { messageId: 'm' }, timeoutMs));
	}

	test('as JSON', async () => {
		const { status, headers, body } = await answered('json');
		expect([status, headers['content-type']?.split(';')[0]]).toEqual([200, 'application/json']);
		expect(headers['mcp-session-id']).toMatch(/^[0-9a-f-]{36}$/);
		expect(JSON.parse(body)).toMatchObject({ jsonrpc: '2.0', id: 'my-id', result: {} });
		expect(await received('json')).toEqual(notFound);
	});

	test.each([undefined, 'stream'] as const)('as an event stream (%j)', async (answerAs) => {
		const { status, headers, body } = await answered(answerAs);
		expect([status, headers['content-type']]).toEqual([200, 'text/event-stream']);
		expect(headers['mcp-session-id']).toMatch(/^[0-9a-f-]{36}$/);
		expect(messagesOf(body)).toMatchObject([{ jsonrpc: '2.0', id: 'my-id', result: {} }]);
		expect(await received(answerAs)).toEqual(notFound);
	});

	test('after other messages', async () => {
		const first = ['notification', 'log', 'progress', 'ping', 'answer-to-another'] as const;
		const { body } = await answered({ first: [...first] });
		expect(messagesOf(body)).toMatchObject([
			{ method: 'notifications/tools/list_changed' },
			{ method: 'notifications/message', params: { level: 'info', data: 'Looking' } },
			{
				method: 'notifications/progress',
				params: { progressToken: 'my-id', progress: 1, total: 2 },
			},
			{ method: 'ping', id: 'ping-of-the-server' },
			{ id: 'of-nobody', result: {} },
			{ id: 'my-id', result: {} },
		]);
		expect(await received({ first: [...first] })).toEqual(notFound);
	});

	test('and the client may answer the ping that came before it', async () => {
		await received({ first: ['ping'] });
		const { mcpRequests } = await sandbox.until((state) =>
			state.mcpRequests.some(
				({ rpcMethod, answered }) => rpcMethod === 'POST' && answered !== null,
			),
		);
		expect(mcpRequests.find(({ rpcMethod }) => rpcMethod === 'POST')).toMatchObject({
			body: { id: 'ping-of-the-server', result: {} },
			answered: 202,
		});
	});

	test('in progress, by the token that the client gave', async () => {
		sandbox.setDefaults({ mcpFault: { answerAs: { first: ['progress'] } } });
		client = await connectClient(sandbox);
		const onprogress = jest.fn();
		await client.callTool({ name: 'nen_run', arguments: {} }, undefined, { onprogress });
		expect(onprogress).toHaveBeenCalledWith({ progress: 1, total: 2 });
	});

	test('before the stream ends', async () => {
		await expect(answered({ endsAfterMs: 60_000 }, UNANSWERED)).rejects.toThrow(/timeout/);
		expect(await received({ endsAfterMs: 60_000 })).toEqual(notFound);
	});

	test('never, though the stream ends', async () => {
		const session = await beginSession(sandbox);
		sandbox.setDefaults({ mcpFault: { answerAs: { first: ['log'], withoutAnswer: true } } });
		const { status, body } = await postMcp(sandbox, statusCall, session);
		expect(status).toBe(200);
		expect(messagesOf(body)).toMatchObject([{ method: 'notifications/message' }]);
		sandbox.reset();
		client = await connectClient(sandbox);
		sandbox.mcpFaults.next({ answerAs: { withoutAnswer: true } });
		await expect(callTool(client, 'nen_status', { messageId: 'm' }, UNANSWERED)).rejects.toThrow(
			/timed out/,
		);
	});

	test('never, and the stream stays open', async () => {
		const session = await beginSession(sandbox);
		sandbox.mcpFaults.next({ answerAs: { withoutAnswer: true, endsAfterMs: 60_000 } });
		const { statusCode, body } = await request(sandbox.mcpUrl, {
			method: 'POST',
			headers: {
				'x-api-key': sandbox.apiKey,
				'content-type': 'application/json',
				...usualHeaders,
				...session,
			},
			body: JSON.stringify(statusCall),
			signal: AbortSignal.timeout(500),
		});
		expect(statusCode).toBe(200);
		await expect(body.text()).rejects.toThrow(/timeout/);
	});

	test('in an odd form that is one all the same', async () => {
		const { body } = await answered({ first: ['log'], oddForm: true });
		const [log, answer, rest] = body.split('\r\n\r\n');
		expect(log).toMatch(/^: still here\r\ncolour: blue\r\ndata\r\ndata:\{\r\ndata: {2}"jsonrpc"/);
		const data = [...answer.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n');
		expect(JSON.parse(data)).toMatchObject({ id: 'my-id', result: {} });
		expect(rest).toBe('');
		sandbox.runs.set('m', { status: 'completed', output: 'Fertig – 完了' });
		expect(await received({ oddForm: true })).toMatchObject({ output: 'Fertig – 完了' });
	});
});

describe('the result of a tool', () => {
	beforeEach(async () => {
		client = await connectClient(sandbox);
		sandbox.runs.set('m', { status: 'running', logs: 'all is well' });
	});

	const ordered = (result: McpFault['result'], tool = 'nen_status') => {
		sandbox.mcpFaults.next({ result });
		return callTool(client, tool, { messageId: 'm' });
	};

	test('structured', async () => {
		const result = await ordered({ form: 'structured' });
		expect(result.structuredContent).toMatchObject({ success: true, status: 'running' });
		expect(() => jsonOf(result)).toThrow(SyntaxError);
		const log = await ordered({ form: 'structured' }, 'nen_get_run_logs');
		expect(log.structuredContent).toEqual({ success: true, logs: 'all is well' });
	});

	test('as JSON in a text', async () => {
		expect(jsonOf(await ordered({ form: 'json-text' }))).toMatchObject({ status: 'running' });
		const log = await ordered({ form: 'json-text' }, 'nen_get_run_logs');
		expect(jsonOf(log)).toEqual({ success: true, logs: 'all is well' });
		expect(log.structuredContent).toBeUndefined();
	});

	test('as a plain text', async () => {
		expect(textOf(await ordered({ form: 'text' }))).toMatch(
			/^The success is true\.\nThe status is running\.\n/,
		);
		expect(textOf(await ordered({ form: 'text' }, 'nen_get_run_logs'))).toBe('all is well');
	});

	test('as usual: JSON in a text, but a log as it is', async () => {
		expect(jsonOf(await ordered({ form: 'usual' }))).toMatchObject({ status: 'running' });
		expect(textOf(await ordered({ form: 'usual' }, 'nen_get_run_logs'))).toBe('all is well');
	});

	test('other data, in any form', async () => {
		const data = { success: false, error: 'Out of order' };
		expect(jsonOf(await ordered({ data }))).toEqual(data);
		expect((await ordered({ data, form: 'structured' })).structuredContent).toEqual(data);
		expect(textOf(await ordered({ data: [1, 2] }))).toBe('[1,2]');
	});

	test('isError', async () => {
		expect(await ordered({ isError: 'Run not found' })).toEqual({
			isError: true,
			content: [{ type: 'text', text: 'Run not found' }],
		});
	});

	test('as it is, of the protocol or not', async () => {
		const image = {
			content: [{ type: 'image', data: 'AA==', mimeType: 'image/png' }],
			_meta: { a: 1 },
		};
		expect(await ordered({ whole: image })).toEqual(image);
		const session = await beginSession(sandbox);
		for (const whole of [{ content: 'odd' }, {}]) {
			sandbox.mcpFaults.next({ result: { whole }, answerAs: 'json' });
			expect(JSON.parse((await postMcp(sandbox, statusCall, session)).body).result).toEqual(whole);
		}
	});

	test('an error of JSON-RPC', async () => {
		const rpcError = { code: -32001, message: 'No such deployment' };
		const session = await beginSession(sandbox);
		sandbox.mcpFaults.next({ result: { rpcError }, answerAs: 'json' });
		const { body } = await postMcp(sandbox, statusCall, session);
		expect(JSON.parse(body)).toEqual({ jsonrpc: '2.0', id: 'my-id', error: rpcError });
		await expect(ordered({ rpcError })).rejects.toMatchObject({ code: -32001 });
	});

	test('each its own, when calls overlap', async () => {
		sandbox.mcpFaults.add({ match: { messageId: 'a' }, result: { data: 'A' }, latencyMs: 20 });
		sandbox.mcpFaults.add({ match: { messageId: 'b' }, result: { data: 'B' }, latencyMs: 20 });
		const texts = ['a', 'b', 'm'].map(async (messageId) =>
			textOf(await callTool(client, 'nen_status', { messageId })),
		);
		expect(await Promise.all(texts)).toEqual(['"A"', '"B"', expect.stringContaining('running')]);
	});
});

describe('the tools', () => {
	const names = async (): Promise<string[]> =>
		(await client.listTools()).tools.map(({ name }) => name);

	test('can have the older names', async () => {
		sandbox.setDefaults({ mcpTools: [...olderTools] });
		sandbox.runs.set('m', { status: 'running', workflowId: 'w', logs: 'all is well' });
		client = await connectClient(sandbox);
		expect(await names()).toEqual(olderTools);
		expect(jsonOf(await callTool(client, 'get_run_status', { messageId: 'm' })).status).toBe(
			'running',
		);
		expect(jsonOf(await callTool(client, 'list_runs', { workflowId: 'w' })).runs).toHaveLength(1);
		expect(textOf(await callTool(client, 'get_run_logs', { messageId: 'm' }))).toBe('all is well');
		expect(jsonOf(await callTool(client, 'list_workflows')).workflows).toEqual([
			{ workflowId: 'w' },
		]);
		expect(jsonOf(await callTool(client, 'get_run_video', { messageId: 'm' }))).toEqual({
			success: true,
			liveViewUrl: 'https://app.getnen.ai/runs/m',
		});
		await expect(callTool(client, 'nen_status', { messageId: 'm' })).rejects.toThrow(
			/Unknown tool: nen_status/,
		);
	});

	test.each([[['nen_run', 'nen_update_workflow'] as const], [[]]])(
		'can be none that fits: %j',
		async (offered) => {
			sandbox.setDefaults({ mcpTools: [...offered] });
			client = await connectClient(sandbox);
			expect(await names()).toEqual(offered);
		},
	);

	test('can be listed in pages', async () => {
		sandbox.setDefaults({ mcpToolsPerPage: 4 });
		client = await connectClient(sandbox);
		const first = await client.listTools();
		const second = await client.listTools({ cursor: first.nextCursor });
		expect([first, second].map(({ tools }) => tools.length)).toEqual([4, 2]);
		expect(second.nextCursor).toBeUndefined();
		expect(new Set([...first.tools, ...second.tools].map(({ name }) => name)).size).toBe(6);
		await expect(client.listTools({ cursor: 'mine' })).rejects.toMatchObject({ code: -32602 });
	});

	test('are on one page when they just fill it', async () => {
		sandbox.setDefaults({ mcpToolsPerPage: 6 });
		client = await connectClient(sandbox);
		expect((await client.listTools()).nextCursor).toBeUndefined();
	});
});

describe('a server', () => {
	test('that gives no session id', async () => {
		sandbox.setDefaults({ mcpSessions: false });
		client = await connectClient(sandbox);
		expect(jsonOf(await callTool(client, 'nen_status', { messageId: 'm' }))).toEqual(notFound);
		const { headers } = await postMcp(sandbox, initialize);
		expect(headers).not.toHaveProperty('mcp-session-id');
		expect((await postMcp(sandbox, statusCall, { 'mcp-session-id': 'made-up' })).status).toBe(400);
		expect(sandbox.state().mcpRequests.find(({ method }) => method === 'GET')?.answered).toBe(405);
	});

	test.each([true, false])('of another version (sessions: %j)', async (mcpSessions) => {
		sandbox.setDefaults({ mcpProtocolVersion: '2099-01-01', mcpSessions });
		const { headers, body } = await postMcp(sandbox, initialize);
		expect(messagesOf(body)).toMatchObject([{ result: { protocolVersion: '2099-01-01' } }]);
		const id = headers['mcp-session-id'];
		const status = async (version: string): Promise<number> => {
			const session: Record<string, string> = mcpSessions ? { 'mcp-session-id': String(id) } : {};
			return (await postMcp(sandbox, statusCall, { ...session, 'mcp-protocol-version': version }))
				.status;
		};
		expect(await status('2099-01-01')).toBe(200);
		expect(await status('2025-06-18')).toBe(400);
		await expect(connectClient(sandbox)).rejects.toThrow(/2099-01-01/);
	});

	test('of an older version', async () => {
		sandbox.setDefaults({ mcpProtocolVersion: '2025-03-26' });
		client = await connectClient(sandbox);
		expect(jsonOf(await callTool(client, 'nen_status', { messageId: 'm' }))).toEqual(notFound);
		expect(sandbox.state().mcpRequests.at(-1)?.headers['mcp-protocol-version']).toBe('2025-03-26');
	});
});

import { McpClient, type HttpRequest, type Send } from '../../../../nodes/NenAi/transport/mcp/client';

type Responder = (message: Record<string, unknown>, request: HttpRequest) => { status?: number; headers?: Record<string, string>; body?: unknown };

/** A server that answers JSON, and what it was asked. */
function serverOf(answer: Responder) {
	const requests: HttpRequest[] = [];
	const send: Send = async (request) => {
		requests.push(request);
		const { status = 200, headers = {}, body } = answer((request.body ?? {}) as Record<string, unknown>, request);
		const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
		async function* bytes() {
			yield Buffer.from(text);
		}
		return { statusCode: status, headers: { 'content-type': 'application/json', ...headers }, body: Object.assign(bytes(), { destroy() {} }) };
	};
	return { client: new McpClient(send, 1000), requests };
}

const reply = (id: unknown, result: unknown) => ({ jsonrpc: '2.0', id, result });
const INITIALIZED = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'test', version: '1' } };

/** Begins sessions well, and leaves the rest to the test. */
const afterBegin = (answer: Responder): Responder => (message, request) => {
	if (message.method === 'initialize') return { headers: { 'mcp-session-id': 's-1' }, body: reply(message.id, INITIALIZED) };
	if (message.method === 'notifications/initialized') return { status: 202 };
	return answer(message, request);
};

test('every request is ended when its answer has been read, however long its stream would stay open', async () => {
	const { client, requests } = serverOf(afterBegin(({ id }) => ({ body: reply(id, { content: [] }) })));
	await client.callTool('t', {});
	expect(requests.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
});

const reasonOf = async (work: Promise<unknown>) => await work.then(() => undefined, (error) => error.reason);

test.each([
	['text', (id: unknown) => String(id)],
	['number', (id: unknown) => id],
])('an ID that comes back as a %s', async (_, toId) => {
	const { client } = serverOf(afterBegin(({ id }) => ({ body: reply(toId(id), { content: [] }) })));
	expect(await client.callTool('t', {})).toEqual({ content: [] });
});

test('a list of messages, as older versions have it', async () => {
	const { client } = serverOf(afterBegin(({ id }) => ({ body: [{ jsonrpc: '2.0', method: 'notifications/message' }, reply(id, { content: [1] })] })));
	expect(await client.callTool('t', {})).toEqual({ content: [1] });
});

test('an error without an ID is the answer', async () => {
	const { client } = serverOf(afterBegin(() => ({ body: { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } } })));
	expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'rpc', method: 'tools/call', code: -32700, message: 'Parse error' });
});

test('an answer to another request is none', async () => {
	const { client } = serverOf(afterBegin(() => ({ body: reply(99, {}) })));
	expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'cutOff' });
});

test('pages that go round in a circle come to an end', async () => {
	const { client, requests } = serverOf(afterBegin(({ id, params }) => ({ body: reply(id, { tools: [{ name: `t${requests.length}` }, 'none'], nextCursor: (params as { cursor?: string }).cursor === 'a' ? 'b' : 'a' }) })));
	expect((await client.listTools()).length).toBe(100);
});

test('a cursor that does not move is the end', async () => {
	const { client } = serverOf(afterBegin(({ id }) => ({ body: reply(id, { tools: [{ name: 't' }], nextCursor: 'a' }) })));
	expect(await client.listTools()).toHaveLength(2);
});

test.each([
	['404', { status: 404, body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } } }],
	['400, as some servers say it', { status: 400, body: { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Bad Request: No valid session ID provided' } } }],
])('a session that is lost (%s) is begun anew once; lost again, it says so', async (_, answer) => {
	const { client, requests } = serverOf(afterBegin(() => answer));
	expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'lost' });
	expect(requests.filter(({ body }) => body?.method === 'initialize')).toHaveLength(2);
});

test('a session that is lost while it begins says so, too', async () => {
	const { client } = serverOf((message, request) => (message.method === 'notifications/initialized' ? { status: 404 } : afterBegin(() => ({}))(message, request)));
	expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'lost' });
});

test('400 for another reason is a refusal', async () => {
	const { client } = serverOf(afterBegin(() => ({ status: 400, body: { error: 'bad arguments' } })));
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'http', status: 400 });
});

test('JSON that is cut off is no answer yet', async () => {
	const { client } = serverOf(afterBegin(() => ({ body: '{"jsonrpc":"2.0","id":3,"resu' })));
	expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'cutOff' });
});

test('an answer that has nothing of the protocol keeps its status', async () => {
	const { client } = serverOf(afterBegin(() => ({ status: 202, headers: { 'content-type': 'text/plain' }, body: 'accepted' })));
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'http', status: 202, body: 'accepted' });
});

test('an error whose body does not end keeps its status', async () => {
	async function* endless() {
		yield Buffer.from('{"error":"wrong key"');
		await new Promise(() => {});
	}
	const client = new McpClient(async () => ({ statusCode: 401, headers: {}, body: Object.assign(endless(), { destroy() {} }) }), 30_000);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'http', status: 401, body: '{"error":"wrong key"' });
});

test('a time-out of any fraction of a millisecond', async () => {
	const client = new McpClient(async () => await Promise.reject(new Error('nobody there')), 16.1 * 1000);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'thrown' });
});

test('a question that comes before the answer to the beginning is answered', async () => {
	const { client, requests } = serverOf((message, request) => {
		if (message.method !== 'initialize') return afterBegin(({ id }) => ({ body: reply(id, { content: [] }) }))(message, request);
		return { body: [{ jsonrpc: '2.0', id: 'p', method: 'ping' }, reply(message.id, INITIALIZED)] };
	});
	await client.callTool('t', {});
	expect(requests.map(({ body }) => body)).toContainEqual({ jsonrpc: '2.0', id: 'p', result: {} });
});

test('a failed beginning is begun anew by the next call', async () => {
	let times = 0;
	const { client } = serverOf((message, request) => ((times += 1) === 1 ? { status: 503 } : afterBegin(({ id }) => ({ body: reply(id, {}) }))(message, request)));
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'http', status: 503 });
	expect(await client.callTool('t', {})).toEqual({});
});

test('an answer without end is not read to its end', async () => {
	const megabyte = Buffer.alloc(1024 * 1024, 'x');
	let read = 0;
	const endless = new McpClient(async (request) => {
		if (request.body?.method === 'initialize') return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: Object.assign(once(JSON.stringify(reply(request.body.id, INITIALIZED))), { destroy() {} }) };
		if (request.body?.id === undefined) return { statusCode: 202, headers: {}, body: Object.assign(once(''), { destroy() {} }) };
		async function* chunks() {
			for (; read < 200; read += 1) yield megabyte;
		}
		return { statusCode: 200, headers: { 'content-type': 'text/event-stream' }, body: Object.assign(chunks(), { destroy() {} }) };
	}, 5000);
	expect(await reasonOf(endless.callTool('t', {}))).toEqual({ kind: 'tooLarge' });
	expect(read).toBeLessThan(60);
});

async function* once(text: string) {
	yield Buffer.from(text);
}

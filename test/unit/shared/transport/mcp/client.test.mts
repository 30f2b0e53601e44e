import {
	McpClient,
	type HttpRequest,
	type Send,
} from '../../../../../nodes/shared/transport/mcp/client';

type Responder = (
	message: Record<string, unknown>,
	request: HttpRequest,
) => { status?: number; headers?: Record<string, string | string[]>; body?: unknown };

/** A server that answers JSON, and what it was asked. */
function serverOf(answer: Responder) {
	const requests: HttpRequest[] = [];
	const send: Send = async (request) => {
		requests.push(request);
		const {
			status = 200,
			headers = {},
			body,
		} = answer((request.body ?? {}) as Record<string, unknown>, request);
		const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
		async function* bytes() {
			yield Buffer.from(text);
		}
		return {
			statusCode: status,
			headers: { 'content-type': 'application/json', ...headers },
			body: Object.assign(bytes(), { destroy() {} }),
		};
	};
	return { client: new McpClient(send, 1000), requests };
}

const reply = (id: unknown, result: unknown) => ({ jsonrpc: '2.0', id, result });
const INITIALIZED = {
	protocolVersion: '2025-06-18',
	capabilities: {},
	serverInfo: { name: 'test', version: '1' },
};

/** Begins sessions well, and leaves the rest to the test. */
const afterBegin =
	(answer: Responder): Responder =>
	(message, request) => {
		if (message.method === 'initialize')
			return { headers: { 'mcp-session-id': 's-1' }, body: reply(message.id, INITIALIZED) };
		if (message.method === 'notifications/initialized') return { status: 202 };
		return answer(message, request);
	};

test('every request is ended when its answer has been read, however long its stream would stay open', async () => {
	const { client, requests } = serverOf(
		afterBegin(({ id }) => ({ body: reply(id, { content: [] }) })),
	);
	await client.callTool('t', {});
	expect(requests.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
});

const reasonOf = async (work: Promise<unknown>) =>
	await work.then(
		() => undefined,
		(error) => error.reason,
	);

test.each([
	['text', (id: unknown) => String(id)],
	['number', (id: unknown) => id],
])('an ID that comes back as a %s', async (_, toId) => {
	const { client } = serverOf(afterBegin(({ id }) => ({ body: reply(toId(id), { content: [] }) })));
	expect(await client.callTool('t', {})).toEqual({ content: [] });
});

test('a list of messages, as older versions have it', async () => {
	const { client } = serverOf(
		afterBegin(({ id }) => ({
			body: [{ jsonrpc: '2.0', method: 'notifications/message' }, reply(id, { content: [1] })],
		})),
	);
	expect(await client.callTool('t', {})).toEqual({ content: [1] });
});

test('an error without an ID is the answer', async () => {
	const { client } = serverOf(
		afterBegin(() => ({
			body: { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } },
		})),
	);
	expect(await reasonOf(client.callTool('t', {}))).toEqual({
		kind: 'rpc',
		method: 'tools/call',
		code: -32700,
		message: 'Parse error',
	});
});

test('an answer to another request is none', async () => {
	const { client } = serverOf(afterBegin(() => ({ body: reply(99, {}) })));
	expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'cutOff' });
});

test('pages that go round in a circle come to an end', async () => {
	const { client, requests } = serverOf(
		afterBegin(({ id, params }) => ({
			body: reply(id, {
				tools: [{ name: `t${requests.length}` }, 'none'],
				nextCursor: (params as { cursor?: string }).cursor === 'a' ? 'b' : 'a',
			}),
		})),
	);
	expect((await client.listTools()).length).toBe(100);
});

test('a cursor that does not move is the end', async () => {
	const { client } = serverOf(
		afterBegin(({ id }) => ({ body: reply(id, { tools: [{ name: 't' }], nextCursor: 'a' }) })),
	);
	expect(await client.listTools()).toHaveLength(2);
});

test.each([
	[
		'404',
		{
			status: 404,
			body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } },
		},
	],
	[
		'400, as some servers say it',
		{
			status: 400,
			body: {
				jsonrpc: '2.0',
				id: null,
				error: { code: -32000, message: 'Bad Request: No valid session ID provided' },
			},
		},
	],
])('a session that is lost (%s) is begun anew once; lost again, it says so', async (_, answer) => {
	const { client, requests } = serverOf(afterBegin(() => answer));
	expect(await reasonOf(client.callTool('t', {}))).toEqual({
		kind: 'lost',
		status: answer.status,
		body: JSON.stringify(answer.body),
	});
	expect(requests.filter(({ body }) => body?.method === 'initialize')).toHaveLength(2);
});

test('a session that is lost while it begins says so, too', async () => {
	const { client } = serverOf((message, request) =>
		message.method === 'initialize' ? afterBegin(() => ({}))(message, request) : { status: 404 },
	);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'lost', status: 404 });
});

const error = (code: number, message: string, data?: unknown) => ({
	jsonrpc: '2.0',
	id: null,
	error: { code, message, ...(data !== undefined && { data }) },
});

test.each([
	['404', { status: 404, body: 'gone' }],
	['410', { status: 410 }],
	['503, as gateways say it', { status: 503, body: { error: 'Session not found' } }],
	['500', { status: 500, body: error(-32603, 'Unknown session') }],
	['200 with an error of JSON-RPC', { body: error(-32001, 'Session not found') }],
	['200 with such an error without words', { body: error(-32001, '') }],
	['200 with another code', { body: error(-32000, 'Bad Request: No valid session ID provided') }],
	['400 with -32001 and other words', { status: 400, body: error(-32001, 'Unknown client') }],
	['500 with -32001 and other words', { status: 500, body: error(-32001, 'Not found') }],
	['503 with -32001 and other words', { status: 503, body: error(-32001, 'Not found') }],
	[
		'503 with the code as a text',
		{ status: 503, body: { jsonrpc: '2.0', id: null, error: { code: '-32001', message: '' } } },
	],
	['400 with -32001 in a list', { status: 400, body: [error(-32001, 'Unknown client')] }],
	[
		'400 with -32001 in an event',
		{
			status: 400,
			body: `event: message\ndata: ${JSON.stringify(error(-32001, 'Unknown client'))}\n\n`,
		},
	],
	[
		'400 from a server that was not initialized',
		{ status: 400, body: error(-32000, 'Bad Request: Server not initialized') },
	],
	['400 in words alone', { status: 400, body: 'Server not initialized' }],
	['200 from a server that was not initialized', { body: error(-32002, 'Server not initialized') }],
	[
		'200 from a server that is not yet initialised',
		{ body: error(-32002, 'Server is not yet initialised') },
	],
	[
		'200 before the initialization',
		{ body: error(-32602, 'Received request before initialization was complete') },
	],
])(
	'a session that is lost (%s) is begun anew, and the call goes on in the new one',
	async (_, lost) => {
		let sessions = 0;
		const { client, requests } = serverOf((message, request) => {
			if (message.method === 'initialize')
				return {
					headers: { 'mcp-session-id': `s-${(sessions += 1)}` },
					body: reply(message.id, INITIALIZED),
				};
			if (message.method === 'notifications/initialized') return { status: 202 };
			return request.headers['mcp-session-id'] === 's-1'
				? lost
				: { body: reply(message.id, { content: [] }) };
		});
		expect(await client.callTool('t', {})).toEqual({ content: [] });
		expect(requests.filter(({ body }) => body?.method === 'tools/call')).toHaveLength(2);
		expect(sessions).toBe(2);
	},
);

test.each([
	['429', { status: 429, body: { error: 'Too many sessions' } }],
	['429 with -32001', { status: 429, body: error(-32001, 'Too many') }],
	['400 with another code', { status: 400, body: error(-32602, 'Invalid params') }],
	['-32002 for a run', { body: error(-32002, 'Run not found') }],
	['401', { status: 401, body: { error: 'The session key is wrong' } }],
	['503 without a word of it', { status: 503, body: 'busy' }],
	['an error of JSON-RPC without a word of it', { body: error(-32602, 'Invalid params') }],
])('%s is no lost session', async (_, answer) => {
	const { client, requests } = serverOf(afterBegin(() => answer));
	await reasonOf(client.callTool('t', {}));
	expect(requests.filter(({ body }) => body?.method === 'initialize')).toHaveLength(1);
});

test('a server without sessions cannot lose one', async () => {
	const { client, requests } = serverOf((message) =>
		message.method === 'initialize'
			? { body: reply(message.id, INITIALIZED) }
			: message.id === undefined
				? { status: 202 }
				: { status: 404, body: 'Run not found' },
	);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({
		kind: 'http',
		status: 404,
		body: '"Run not found"'.slice(1, -1),
	});
	expect(requests.filter(({ body }) => body?.method === 'initialize')).toHaveLength(1);
});

test.each([500, 400, 404, 403, 302, 503])(
	'a refused note that the session has begun (%d) does not matter',
	async (status) => {
		const { client } = serverOf((message, request) =>
			message.method === 'notifications/initialized'
				? { status, body: { error: 'no session for notes' } }
				: afterBegin(({ id }) => ({ body: reply(id, { content: [] }) }))(message, request),
		);
		expect(await client.callTool('t', {})).toEqual({ content: [] });
	},
);

describe('a note that the session has begun, and that does not come through', () => {
	/** A server that does this with the note, and answers everything else. */
	const withNote = (note: (request: HttpRequest) => Promise<never>, stopped?: AbortSignal) =>
		new McpClient(
			async (request) => {
				if (request.body?.method === 'notifications/initialized') return await note(request);
				const result = request.body?.method === 'initialize' ? INITIALIZED : { content: [] };
				return {
					statusCode: 200,
					headers: { 'content-type': 'application/json' },
					body: Object.assign(once(JSON.stringify(reply(request.body?.id, result))), {
						destroy() {},
					}),
				};
			},
			60_000,
			stopped,
		);
	const untilAborted = async ({ signal }: HttpRequest) =>
		await new Promise<never>((_, reject) =>
			signal.addEventListener('abort', () => reject(new Error('aborted'))),
		);

	test('dropped, it does not matter', async () => {
		const client = withNote(
			async () =>
				await Promise.reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })),
		);
		expect(await client.callTool('t', {})).toEqual({ content: [] });
	});

	test('never answered, it does not matter, and is not waited for until the time-out of requests', async () => {
		const client = withNote(untilAborted);
		expect(await client.callTool('t', {})).toEqual({ content: [] });
	}, 10_000);

	test('when the execution is stopped meanwhile, nothing more is sent', async () => {
		const stopping = new AbortController();
		const client = withNote(async (request) => {
			setImmediate(() => stopping.abort());
			return await untilAborted(request);
		}, stopping.signal);
		expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'thrown' });
	});
});

test('a page of 200,000 tools', async () => {
	const tools = Array.from({ length: 200_000 }, (_, n) => ({ name: `t${n}` }));
	const { client } = serverOf(afterBegin(({ id }) => ({ body: reply(id, { tools }) })));
	expect(await client.listTools()).toHaveLength(200_000);
});

describe('JSON that is nested too deeply', () => {
	const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
	const answer = (levels: number) =>
		`{"jsonrpc":"2.0","id":3,"result":{"structuredContent":${deep(levels)}}}`;
	const stream = { 'content-type': 'text/event-stream' };
	test.each([
		['in one answer', answer(1500), undefined],
		['in a list of messages', `[${answer(20_000)}]`, undefined],
		['in an event stream', `data: ${answer(1500)}\n\n`, stream],
		[
			'in an event stream, with a field that is named method',
			`data: ${answer(1500).replace('"structuredContent"', '"content":[{"method":1}],"structuredContent"')}\n\n`,
			stream,
		],
		['in an error', `{"jsonrpc":"2.0","id":3,"error":{"code":1,"data":${deep(1500)}}}`, undefined],
	])('is not said to be invalid: %s', async (_, body, headers) => {
		const { client } = serverOf(afterBegin(() => ({ body, headers })));
		expect(await reasonOf(client.callTool('t', {}))).toEqual({
			kind: 'tooDeep',
			problem: 'is nested more than 1000 levels deep',
		});
	});

	test('in a message that is not the answer, it does not matter', async () => {
		const { client } = serverOf(
			afterBegin(({ id }) => ({
				headers: stream,
				body: `data: {"jsonrpc":"2.0","method":"notifications/progress","params":${deep(1500)}}\n\ndata: ${JSON.stringify(reply(id, { content: [] }))}\n\n`,
			})),
		);
		expect(await client.callTool('t', {})).toEqual({ content: [] });
	});
});

describe('versions of the protocol', () => {
	test.each([
		[
			'-32022',
			{
				body: error(-32022, 'Unsupported protocol version', {
					supported: ['2031-01-01', '2032-01-01'],
					requested: '2025-06-18',
				}),
			},
		],
		[
			'-32022 with 400',
			{ status: 400, body: error(-32022, 'No', { supported: ['2031-01-01', '2032-01-01'] }) },
		],
		[
			"the protocol's own example",
			{
				body: error(-32602, 'Unsupported protocol version', {
					supported: ['2031-01-01', '2032-01-01'],
				}),
			},
		],
	])('a server that needs another: %s', async (_, answer) => {
		const { client } = serverOf(() => answer);
		expect(await reasonOf(client.callTool('t', {}))).toEqual({
			kind: 'version',
			version: '2031-01-01, 2032-01-01',
		});
	});

	test.each([
		['without a list', error(-32022, 'Unsupported protocol version')],
		[
			'with a list that is none',
			error(-32022, 'Unsupported protocol version', { supported: [7, null] }),
		],
	])('it says what the server said, %s', async (_, body) => {
		const { client } = serverOf(() => ({ status: 400, body }));
		expect(await reasonOf(client.callTool('t', {}))).toEqual({
			kind: 'version',
			version: 'Unsupported protocol version',
		});
	});

	test('in a session', async () => {
		const { client } = serverOf(
			afterBegin(() => ({
				body: error(-32022, 'Unsupported protocol version', { supported: ['2031-01-01'] }),
			})),
		);
		expect(await reasonOf(client.callTool('t', {}))).toEqual({
			kind: 'version',
			version: '2031-01-01',
		});
	});

	test('one that both know is agreed on', async () => {
		const { client, requests } = serverOf((message, request) => {
			if (message.method !== 'initialize')
				return afterBegin(({ id }) => ({ body: reply(id, { content: [] }) }))(message, request);
			const { protocolVersion } = message.params as { protocolVersion: string };
			return protocolVersion === '2025-03-26'
				? { body: reply(message.id, { protocolVersion }) }
				: { status: 400, body: error(-32022, 'No', { supported: ['2031-01-01', '2025-03-26'] }) };
		});
		expect(await client.callTool('t', {})).toEqual({ content: [] });
		expect(requests.map(({ body }) => body?.method)).toEqual([
			'initialize',
			'initialize',
			'notifications/initialized',
			'tools/call',
		]);
	});

	test('a server that goes on refusing the one that it says it knows is not asked without end', async () => {
		const { client, requests } = serverOf(() => ({
			status: 400,
			body: error(-32022, 'No', { supported: ['2025-11-25', '2025-03-26'] }),
		}));
		expect(await reasonOf(client.callTool('t', {}))).toEqual({
			kind: 'version',
			version: '2025-11-25, 2025-03-26',
		});
		expect(requests).toHaveLength(2);
	});
});

describe('the last page of tools', () => {
	const paged = (nextCursor: unknown, second: unknown) =>
		serverOf(
			afterBegin(({ id, params }) => ({
				body:
					Object.keys(params as object).length === 0
						? reply(id, { tools: [{ name: 't' }], nextCursor })
						: second,
			})),
		);

	test.each(['', null, 7, {}, []])('the cursor %j is none', async (cursor) => {
		const { client, requests } = paged(cursor, error(-32602, 'Unknown cursor'));
		expect(await client.listTools()).toEqual([{ name: 't' }]);
		expect(requests.filter(({ body }) => body?.method === 'tools/list')).toHaveLength(1);
	});

	test('a cursor that is refused ends the list: the pages that came count', async () => {
		const { client } = paged('a', error(-32602, 'Unknown cursor'));
		expect(await client.listTools()).toEqual([{ name: 't' }]);
	});

	test('any other failure of a page is one', async () => {
		const { client } = paged('a', error(-32603, 'try later'));
		expect(await reasonOf(client.listTools())).toMatchObject({ kind: 'rpc', code: -32603 });
	});
});

describe('JSON that is not valid', () => {
	const stream = { 'content-type': 'text/event-stream' };
	test.each([
		['NaN', '{"jsonrpc":"2.0","id":3,"result":{"x":NaN}}', undefined],
		['a comma too many', '{"jsonrpc":"2.0","id":3,"result":{"x":[1,]}}', undefined],
		['a quote in a text', '{"jsonrpc":"2.0","id":3,"result":{"x":"a\\"b"}}}', undefined],
		['a bracket in a text', '{"jsonrpc":"2.0","id":3,"result":{"x":"{[","y":Infinity}}', undefined],
		['NaN in a list of messages', '[{"jsonrpc":"2.0","id":3,"result":{"x":NaN}}]', undefined],
		['NaN in an event stream', 'data: {"jsonrpc":"2.0","id":3,"result":{"x":NaN}}\n\n', stream],
		[
			'NaN, by a server that names no type',
			'{"jsonrpc":"2.0","id":3,"result":{"x":NaN}}',
			{ 'content-type': '' },
		],
	])('is not valid, rather than cut off: %s', async (_, body, headers) => {
		const { client, requests } = serverOf(afterBegin(() => ({ body, headers })));
		expect(await reasonOf(client.callTool('t', {}))).toEqual({
			kind: 'notJson',
			body: expect.stringContaining('"jsonrpc":"2.0"'),
		});
		expect(requests).toHaveLength(3);
	});

	test.each([
		['in a text', '{"jsonrpc":"2.0","id":3,"result":{"x":"a'],
		['behind a text', '{"jsonrpc":"2.0","id":3,"result":{"x":"a"'],
		['in a number', '{"jsonrpc":"2.0","id":3,"result":{"x":1'],
		['in a word', '{"jsonrpc":"2.0","id":3,"result":{"x":tru'],
		['behind an object', '{"jsonrpc":"2.0","id":3,"result":{"x":{}}'],
		['behind a bracket in a text', '{"jsonrpc":"2.0","id":3,"result":{"x":"}}}}"'],
	])('is cut off where it is not closed: %s', async (_, body) => {
		const { client } = serverOf(afterBegin(() => ({ body })));
		expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'cutOff' });
	});

	test('in a message that is no answer, it does not matter', async () => {
		const { client } = serverOf(
			afterBegin(({ id }) => ({
				headers: stream,
				body: `data: hello\n\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":NaN}}\n\ndata: ${JSON.stringify(reply(id, { content: [] }))}\n\n`,
			})),
		);
		expect(await client.callTool('t', {})).toEqual({ content: [] });
	});
});

describe('cookies', () => {
	/** A server that sets these with the answer to `initialize`, and what the next request brought back. */
	async function broughtBack(...cookies: string[]) {
		const { client, requests } = serverOf((message, request) => {
			const { headers, ...rest } = afterBegin(({ id }) => ({ body: reply(id, { content: [] }) }))(
				message,
				request,
			);
			return {
				...rest,
				headers: { ...headers, ...(message.method === 'initialize' && { 'set-cookie': cookies }) },
			};
		});
		await client.callTool('t', {});
		return requests.map(({ headers }) => headers.cookie);
	}

	test.each([
		['one', ['a=1; Path=/; HttpOnly'], 'a=1'],
		['several', ['a=1', 'b=2; Secure'], 'a=1; b=2'],
		['one that is set again', ['a=1', 'a=2'], 'a=2'],
		['one that ends at once', ['a=1', 'a=; Max-Age=0', 'b=2'], 'b=2'],
		['one that has ended', ['a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'b=2'], 'b=2'],
		[
			'Max-Age comes before Expires',
			['a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=60'],
			'a=1',
		],
		['a value with an equals sign, or quoted', ['a=b=c', 'd="e f"'], 'a=b=c; d="e f"'],
		['what is no cookie', ['', '=1', 'a', '; Path=/', `long=${'x'.repeat(5000)}`], undefined],
	])('are brought back: %s', async (_, cookies, expected) => {
		expect(await broughtBack(...cookies)).toEqual([undefined, expected, expected]);
	});

	test('those of a session that is lost are not carried into the next', async () => {
		let sessions = 0;
		const { client, requests } = serverOf((message, request) => {
			if (message.method === 'initialize')
				return {
					headers: { 'mcp-session-id': `s-${(sessions += 1)}`, 'set-cookie': `at=${sessions}` },
					body: reply(message.id, INITIALIZED),
				};
			if (message.method === 'notifications/initialized') return { status: 202 };
			return request.headers['mcp-session-id'] === 's-1'
				? { status: 404 }
				: { body: reply(message.id, { content: [] }) };
		});
		await client.callTool('t', {});
		expect(requests.map(({ headers }) => headers.cookie)).toEqual([
			undefined,
			'at=1',
			'at=1',
			undefined,
			'at=2',
			'at=2',
		]);
	});

	test('later answers set them anew, errors too, and the end of the session brings them', async () => {
		let calls = 0;
		const { client, requests } = serverOf(
			afterBegin(({ id }) =>
				(calls += 1) === 1
					? { status: 503, headers: { 'set-cookie': 'at=2' } }
					: { body: reply(id, { content: [] }) },
			),
		);
		await reasonOf(client.callTool('t', {}));
		await client.callTool('t', {});
		await client.close();
		expect(requests.map(({ headers }) => headers.cookie)).toEqual([
			undefined,
			undefined,
			undefined,
			'at=2',
			'at=2',
		]);
	});

	test('they are in no failure, whoever says them', async () => {
		const { client } = serverOf((message, request) => {
			if (message.method !== 'initialize')
				return afterBegin(() => ({
					status: 400,
					body: { error: 'bad cookie at=test-cookie-value' },
				}))(message, request);
			return {
				headers: { 'mcp-session-id': 's', 'set-cookie': 'at=test-cookie-value' },
				body: reply(message.id, INITIALIZED),
			};
		});
		expect(JSON.stringify(await reasonOf(client.callTool('t', {})))).not.toContain(
			'test-cookie-value',
		);
		expect(client.hide('at=test-cookie-value')).toBe('at=***');
	});
});

describe('large answers', () => {
	const SIZE = 45_000_000;
	const CHUNK = Buffer.alloc(64 * 1024, 'x');

	/** A server with answers of so many bytes, and how many bytes of them were held at once at most: read, and not yet done with. */
	function large(
		size: number,
		{
			stopped,
			timeout = 60_000,
			each = async () => {},
		}: { stopped?: AbortSignal; timeout?: number; each?: () => Promise<void> } = {},
	) {
		const seen = { held: 0, most: 0, large: 0, mostLarge: 0 };
		const client = new McpClient(
			async ({ body, signal }) => {
				if (body?.method !== 'tools/call')
					return {
						statusCode: 200,
						headers: { 'content-type': 'application/json' },
						body: Object.assign(
							once(JSON.stringify(body?.id === undefined ? '' : reply(body.id, INITIALIZED))),
							{ destroy() {} },
						),
					};
				async function* chunks() {
					yield Buffer.from(
						`{"jsonrpc":"2.0","id":${String(body?.id)},"result":{"content":[{"type":"text","text":"`,
					);
					for (let sent = 0; sent < size; sent += CHUNK.length) {
						seen.held += CHUNK.length;
						seen.most = Math.max(seen.most, seen.held);
						await each();
						signal.throwIfAborted();
						yield CHUNK;
					}
					yield Buffer.from('"}]}}');
				}
				return {
					statusCode: 200,
					headers: { 'content-type': 'application/json' },
					body: Object.assign(chunks(), { destroy() {} }),
				};
			},
			timeout,
			stopped,
		);
		const call = async () =>
			await client.callTool('t', {}, async (result) => {
				seen.large += 1;
				seen.mostLarge = Math.max(seen.mostLarge, seen.large);
				await new Promise((resolve) => setImmediate(resolve));
				seen.large -= 1;
				seen.held -= Math.ceil(size / CHUNK.length) * CHUNK.length;
				return JSON.stringify(result).length;
			});
		return { seen, call, client };
	}

	test('ten of 45 MB at once: one is held, and the beginnings of the others', async () => {
		const { seen, call } = large(SIZE);
		const lengths = await Promise.all(Array.from({ length: 10 }, call));
		for (const length of lengths) expect(length).toBeGreaterThan(SIZE);
		expect(seen.mostLarge).toBe(1);
		expect(seen.most).toBeLessThan(SIZE + 10 * 1_200_000);
	});

	test('small ones do not wait for each other', async () => {
		const { seen, call } = large(500_000);
		await Promise.all(Array.from({ length: 10 }, call));
		expect(seen.mostLarge).toBeGreaterThan(1);
	});

	test('waiting for its turn is not waiting for the server: it counts for no time-out', async () => {
		const { client } = large(2_000_000, { timeout: 500 });
		const slow = client.callTool(
			't',
			{},
			async () => await new Promise((resolve) => setTimeout(() => resolve('slow'), 1000)),
		);
		const waiting = client.callTool('t', {}, () => 'waited');
		expect(await Promise.all([slow, waiting])).toEqual(['slow', 'waited']);
	});

	test('a server that takes too long after its turn has begun does not answer in time', async () => {
		let chunks = 0;
		const pauseAfterTwenty = async () => {
			if ((chunks += 1) === 20) await new Promise((resolve) => setTimeout(resolve, 800));
		};
		const { client } = large(2_000_000, { timeout: 300, each: pauseAfterTwenty });
		expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'tooLate' });
	});

	test('one that fails gives its turn away', async () => {
		const { call, client } = large(2_000_000);
		const failing = async () =>
			await client.callTool('t', {}, () => Promise.reject(new Error('test')));
		const [first, second] = await Promise.allSettled([failing(), call()]);
		expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
	});

	test('a stop ends the waiting', async () => {
		const stopping = new AbortController();
		const { client } = large(2_000_000, { stopped: stopping.signal });
		const reached = jest.fn();
		const holding = client.callTool('t', {}, () => new Promise(() => reached()));
		void holding.catch(() => {});
		const waiting = reasonOf(client.callTool('t', {}));
		for (let n = 0; n < 400 && reached.mock.calls.length === 0; n += 1)
			await new Promise((resolve) => setTimeout(resolve, 5));
		stopping.abort();
		expect(await waiting).toMatchObject({ kind: 'thrown' });
	});
});

test('400 for another reason is a refusal', async () => {
	const { client } = serverOf(
		afterBegin(() => ({ status: 400, body: { error: 'bad arguments' } })),
	);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'http', status: 400 });
});

test('JSON that is cut off is no answer yet', async () => {
	const { client } = serverOf(afterBegin(() => ({ body: '{"jsonrpc":"2.0","id":3,"resu' })));
	expect(await reasonOf(client.callTool('t', {}))).toEqual({ kind: 'cutOff' });
});

test('an answer that has nothing of the protocol keeps its status', async () => {
	const { client } = serverOf(
		afterBegin(() => ({
			status: 202,
			headers: { 'content-type': 'text/plain' },
			body: 'accepted',
		})),
	);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({
		kind: 'http',
		status: 202,
		body: 'accepted',
	});
});

test('an error whose body does not end keeps its status', async () => {
	async function* endless() {
		yield Buffer.from('{"error":"wrong key"');
		await new Promise(() => {});
	}
	const client = new McpClient(
		async () => ({
			statusCode: 401,
			headers: {},
			body: Object.assign(endless(), { destroy() {} }),
		}),
		30_000,
	);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({
		kind: 'http',
		status: 401,
		body: '{"error":"wrong key"',
	});
});

test('a time-out of any fraction of a millisecond', async () => {
	const client = new McpClient(
		async () => await Promise.reject(new Error('nobody there')),
		16.1 * 1000,
	);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'thrown' });
});

test('a question that comes before the answer to the beginning is answered', async () => {
	const { client, requests } = serverOf((message, request) => {
		if (message.method !== 'initialize')
			return afterBegin(({ id }) => ({ body: reply(id, { content: [] }) }))(message, request);
		return { body: [{ jsonrpc: '2.0', id: 'p', method: 'ping' }, reply(message.id, INITIALIZED)] };
	});
	await client.callTool('t', {});
	expect(requests.map(({ body }) => body)).toContainEqual({ jsonrpc: '2.0', id: 'p', result: {} });
});

test('a failed beginning is begun anew by the next call', async () => {
	let times = 0;
	const { client } = serverOf((message, request) =>
		(times += 1) === 1
			? { status: 503 }
			: afterBegin(({ id }) => ({ body: reply(id, {}) }))(message, request),
	);
	expect(await reasonOf(client.callTool('t', {}))).toMatchObject({ kind: 'http', status: 503 });
	expect(await client.callTool('t', {})).toEqual({});
});

test('an answer without end is not read to its end', async () => {
	const megabyte = Buffer.alloc(1024 * 1024, 'x');
	let read = 0;
	const endless = new McpClient(async (request) => {
		if (request.body?.method === 'initialize')
			return {
				statusCode: 200,
				headers: { 'content-type': 'application/json' },
				body: Object.assign(once(JSON.stringify(reply(request.body.id, INITIALIZED))), {
					destroy() {},
				}),
			};
		if (request.body?.id === undefined)
			return { statusCode: 202, headers: {}, body: Object.assign(once(''), { destroy() {} }) };
		async function* chunks() {
			for (; read < 200; read += 1) yield megabyte;
		}
		return {
			statusCode: 200,
			headers: { 'content-type': 'text/event-stream' },
			body: Object.assign(chunks(), { destroy() {} }),
		};
	}, 5000);
	expect(await reasonOf(endless.callTool('t', {}))).toEqual({ kind: 'tooLarge' });
	expect(read).toBeLessThan(60);
});

async function* once(text: string) {
	yield Buffer.from(text);
}

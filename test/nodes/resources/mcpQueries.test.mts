/** What the operations that ask NenAI have in common. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { withSandbox } from '../../sandbox/cases.mts';
import {
	currentTools,
	errorAnswer,
	olderTools,
	startSandbox,
	type Answer,
	type McpFault,
	type Sandbox,
} from '../../sandbox/index.mts';
import { mcpTestKit, CONTINUE, items, textResult } from '../mcpTestKit.mts';
import { executeInsideAgent } from '../engine.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const { credentials, ask, get, setRunState, calls, requests, asked, fail, failCalls } = mcpTestKit(
	() => sandbox,
);

test('the deployment goes along where the tool takes it, and not where it does not', async () => {
	setRunState('m-1');
	const withDeployment = { credentials: credentials({ deploymentId: ' d-1 ' }) };
	await ask('getLogs', { ...withDeployment, items: items('m-1') });
	await ask('getMany', withDeployment, 'workflow');
	await ask('get', { ...withDeployment, items: items('m-1') });
	expect(calls().map(({ arguments: given }) => given)).toEqual([
		{ messageId: 'm-1', deploymentId: 'd-1' },
		{ deploymentId: 'd-1' },
		{ messageId: 'm-1' },
	]);
});

describe('how the server may answer', () => {
	beforeEach(() => setRunState('m-1', 'completed'));
	const DONE = { status: 'completed', messageId: 'm-1', finished: true };

	test.each<[string, McpFault]>([
		['as JSON', { answerAs: 'json' }],
		['as an event stream', { answerAs: 'stream' }],
		[
			'in a stream, after other messages',
			{ answerAs: { first: ['notification', 'log', 'progress', 'ping', 'answer-to-another'] } },
		],
		['in a stream that stays open', { answerAs: { endsAfterMs: 60_000 } }],
		['in a stream of odd form', { answerAs: { oddForm: true } }],
	])('%s', async (_, fault) => {
		fail(fault);
		const begin = Date.now();
		const {
			items: [{ json }],
		} = await get({ items: items('m-1') });
		expect(json).toMatchObject(DONE);
		expect(Date.now() - begin).toBeLessThan(5000);
	});

	test.each([
		['structured content', { form: 'structured' }],
		['JSON in a text', { form: 'json-text' }],
	] as const)('%s', async (_, result) => {
		failCalls({ result });
		const {
			items: [{ json }],
		} = await get({ items: items('m-1') });
		expect(json).toMatchObject(DONE);
	});

	test.each([
		[
			'JSON in a text in structured content',
			{ whole: { content: [], structuredContent: { result: '{"status":"completed"}' } } },
		],
		[
			'empty structured content, and JSON in a text',
			{
				whole: {
					structuredContent: {},
					content: [{ type: 'text', text: '{"status":"completed"}' }],
				},
			},
		],
		['a remark, then JSON', textResult('Status of the run:', '{"status":"completed"}')],
	])('%s', async (_, result) => {
		failCalls({ result });
		const {
			items: [item],
			error,
		} = await get({ items: items('m-1') });
		expect(error).toBeUndefined();
		expect(item.json).toEqual(DONE);
	});

	test('a question of the server is answered', async () => {
		fail({ answerAs: { first: ['ping'], endsAfterMs: 300 } });
		await get({ items: items('m-1') });
		const state = await sandbox.until(({ mcpRequests }) =>
			mcpRequests.some(({ body }) => JSON.stringify(body).includes('"result":{}')),
		);
		expect(state.mcpRequests.length).toBeGreaterThan(4);
	});

	test('without sessions', async () => {
		sandbox.setDefaults({ mcpSessions: false });
		const {
			items: [{ json }],
		} = await get({ items: items('m-1') });
		expect(json).toMatchObject(DONE);
		expect(asked()).not.toContain('DELETE');
	});

	test('in another version of the protocol', async () => {
		sandbox.setDefaults({ mcpProtocolVersion: '2025-03-26' });
		const {
			items: [{ json }],
		} = await get({ items: items('m-1') });
		expect(json).toMatchObject(DONE);
	});

	test('with the older tools, and with the newer ones where both are there', async () => {
		sandbox.setDefaults({ mcpTools: [...olderTools] });
		await get({ items: items('m-1') });
		sandbox.setDefaults({ mcpTools: [...olderTools, ...currentTools] });
		await get({ items: items('m-1') });
		expect(calls().map(({ tool }) => tool)).toEqual(['get_run_status', 'nen_status']);
	});

	test('with its tools in pages', async () => {
		sandbox.setDefaults({ mcpToolsPerPage: 1 });
		const {
			items: [{ json }],
		} = await ask('getLogs', { items: items('m-1') });
		expect(json.messageId).toBe('m-1');
		expect(sandbox.state().counts.mcpToolLists).toBeGreaterThan(2);
	});

	test('a lost session is begun anew once, for all items together', async () => {
		const ids = Array.from({ length: 20 }, (_, n) => `m-${n}`);
		for (const id of ids) setRunState(id);
		sandbox.mcpFaults.add({ match: { method: 'tools/call' }, loseSession: true, times: 1 });
		const { items: found, error } = await get({ items: items(...ids) });
		expect(error).toBeUndefined();
		expect(found.map(({ json }) => json.messageId)).toEqual(ids);
		expect(sandbox.state().counts.mcpInitializes).toBe(2);
	});
});

describe('servers in the field', () => {
	beforeEach(() => setRunState('m-1', 'completed'));
	const LOST = 'Session not found';

	test.each([400, 404, 500, 503])(
		'one that refuses notifications/initialized with %d',
		async (status) => {
			sandbox.mcpFaults.add({
				match: { method: 'notifications/initialized' },
				refuse: errorAnswer(status, 'json'),
			});
			const {
				items: [item],
				error,
			} = await get({ items: items('m-1') });
			expect([item?.json.status, error]).toEqual(['completed', undefined]);
			expect(sandbox.state().counts.mcpInitializes).toBe(1);
		},
	);

	test.each<[string, Answer]>([
		['404', { status: 404, body: 'Not found' }],
		['503', { status: 503, body: { error: LOST } }],
		[
			'200 with an error -32001',
			{ status: 200, body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: LOST } } },
		],
		[
			'503 with -32001 and other words',
			{
				status: 503,
				body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Not found' } },
			},
		],
		[
			'400 with -32000: not initialized',
			{
				status: 400,
				body: {
					jsonrpc: '2.0',
					id: null,
					error: { code: -32000, message: 'Bad Request: Server not initialized' },
				},
			},
		],
		[
			'200 with -32002: not initialized',
			{
				status: 200,
				body: {
					jsonrpc: '2.0',
					id: null,
					error: { code: -32002, message: 'Server not initialized' },
				},
			},
		],
		[
			'the same in an event stream',
			{
				status: 200,
				contentType: 'text/event-stream',
				body: `data: {"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"${LOST}"}}\n\n`,
			},
		],
	])('one that says with %s that the session is lost', async (_, mcpLostSession) => {
		sandbox.setDefaults({ mcpLostSession });
		const ids = Array.from({ length: 5 }, (__, n) => `m-${n}`);
		for (const id of ids) setRunState(id);
		sandbox.mcpFaults.add({ match: { method: 'tools/call' }, loseSession: true, times: 1 });
		const { items: found, error } = await get({ items: items(...ids), options: { maxTries: 1 } });
		expect(error).toBeUndefined();
		expect(found.map(({ json }) => json.messageId)).toEqual(ids);
		expect(sandbox.state().counts.mcpInitializes).toBe(2);
	});

	test('one behind a load balancer that finds the session by a cookie', async () => {
		sandbox.setDefaults({ mcpStickyCookie: true });
		const { items: found, error } = await get({ items: items('m-1', 'm-1') });
		expect([found.length, error]).toEqual([2, undefined]);
		await sandbox.until(() => asked().at(-1) === 'DELETE');
		const [first, ...others] = requests().map(({ headers }) => headers.cookie);
		expect(first).toBeUndefined();
		for (const cookie of others) expect(cookie).toMatch(/^sticky=to-[\w-]+$/);
	});

	test('cookies go to no other host, and stand in no error', async () => {
		const other = await startSandbox();
		sandbox.setDefaults({ mcpStickyCookie: true });
		failCalls({ refuse: { status: 307, headers: { location: other.mcpUrl } } });
		const { error, run } = await get({ items: items('m-1') });
		expect(error?.message).toMatch(
			/^NenAI was not reached: the MCP URL of the credential answers with a redirect \(HTTP 307\)/,
		);
		expect(other.state().mcpRequests).toEqual([]);
		expect(error?.stored).not.toContain('sticky');
		expect(JSON.stringify(run)).not.toContain('sticky');
		await other.close();
	});

	test('sessions share no cookies', async () => {
		sandbox.setDefaults({ mcpStickyCookie: true });
		await get({ items: items('m-1') });
		await get({ items: items('m-1') });
		const begins = sandbox
			.state()
			.mcpRequests.filter(({ rpcMethod }) => rpcMethod === 'initialize');
		expect(begins.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
	});

	test.each(['', 'nowhere'])(
		'one that gives the cursor "%s" on the last page of its tools, and then refuses it',
		async (mcpLastCursor) => {
			sandbox.setDefaults({ mcpLastCursor });
			const {
				items: [item],
				error,
			} = await get({ items: items('m-1') });
			expect([item?.json.status, error]).toEqual(['completed', undefined]);
		},
	);

	test.each<[string, Answer]>([
		[
			'200',
			{
				status: 200,
				body: {
					jsonrpc: '2.0',
					id: 1,
					error: {
						code: -32022,
						message: 'Unsupported protocol version',
						data: { supported: ['2031-01-01'], requested: '2025-06-18' },
					},
				},
			},
		],
		[
			'400',
			{
				status: 400,
				body: {
					jsonrpc: '2.0',
					id: 1,
					error: {
						code: -32022,
						message: 'Unsupported protocol version',
						data: { supported: ['2031-01-01'], requested: '2025-06-18' },
					},
				},
			},
		],
	])('one that needs another version of the protocol (%s) is asked once', async (_, refuse) => {
		fail({ refuse });
		const { error } = await get({ items: items('m-1') });
		expect(error?.message).toMatch(
			/^NenAI's MCP server needs a version of the protocol that this node does not know \(2031-01-01\) \[item 0\]/,
		);
		expect(error?.description).toMatch(/newer version of this package/);
		expect(asked()).toEqual(['initialize']);
	});

	test.each(['application/json', 'text/event-stream'])(
		'one whose answer is not valid JSON (%s) is asked once',
		async (contentType) => {
			const json =
				'{"jsonrpc":"2.0","id":3,"result":{"content":[],"structuredContent":{"status":"completed","output":NaN}}}';
			failCalls({
				refuse: {
					status: 200,
					contentType,
					body: contentType === 'application/json' ? json : `data: ${json}\n\n`,
				},
			});
			const { error } = await get({ items: items('m-1') });
			expect(error?.message).toMatch(
				/^NenAI answered the request for the status of the run, but the response is not valid JSON: \{"jsonrpc".*NaN.* \[item 0\]/,
			);
			expect(calls()).toHaveLength(1);
		},
	);

	test('one whose answer is nested too deeply is asked once, and the error says so', async () => {
		const deep = `${'['.repeat(1500)}${']'.repeat(1500)}`;
		failCalls({
			refuse: {
				status: 200,
				contentType: 'application/json',
				body: `{"jsonrpc":"2.0","id":3,"result":{"structuredContent":{"status":"completed","output":${deep}}}}`,
			},
		});
		const { error } = await get({ items: items('m-1') });
		expect(error?.message).toBe(
			'NenAI answered the request for the status of the run, but the response is nested more than 1000 levels deep [item 0]',
		);
		expect(calls()).toHaveLength(1);
	});

	test('one that drops the connection of notifications/initialized', async () => {
		sandbox.mcpFaults.add({ match: { method: 'notifications/initialized' }, connection: 'drop' });
		const {
			items: [item],
			error,
		} = await get({ items: items('m-1'), options: { maxTries: 1 } });
		expect([item?.json.status, error]).toEqual(['completed', undefined]);
	});

	test('one that never answers notifications/initialized', async () => {
		sandbox.mcpFaults.add({ match: { method: 'notifications/initialized' }, connection: 'silent' });
		const {
			items: [item],
			error,
		} = await get({ items: items('m-1'), options: { maxTries: 1, timeout: 1 } });
		expect([item?.json.status, error]).toEqual(['completed', undefined]);
	});

	test.each<[string, Answer, RegExp, number]>([
		[
			'404',
			{ status: 404, body: { error: 'Run m-1 not found' } },
			/MCP server rejected the request for the status of the run, even in a new session \(HTTP 404\): Run m-1 not found \[item 0\]/,
			2,
		],
		[
			'404 in words',
			{ status: 404, body: 'Run m-1 not found' },
			/even in a new session \(HTTP 404\): Run m-1 not found \[item 0\]/,
			2,
		],
		[
			'400 that mentions sessions',
			{ status: 400, body: { error: 'There is no session for run m-1' } },
			/MCP server lost the session twice during the request for the status of the run \(HTTP 400\): There is no session for run m-1 \[item 0\]/,
			4,
		],
		[
			'400 with -32001',
			{
				status: 400,
				body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Run not found' } },
			},
			/rejected the request for the status of the run, even in a new session \(HTTP 400\): .*Run not found.* \[item 0\]/,
			2,
		],
		[
			'503 with -32001, which may pass',
			{
				status: 503,
				body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Run not found' } },
			},
			/rejected the request for the status of the run, even in a new session \(HTTP 503\): .*Run not found.* \[item 0\]/,
			4,
		],
		[
			'400: not initialized',
			{
				status: 400,
				body: {
					jsonrpc: '2.0',
					id: null,
					error: { code: -32000, message: 'Server not initialized' },
				},
			},
			/MCP server lost the session twice during the request for the status of the run \(HTTP 400\): .*Server not initialized.* \[item 0\]/,
			4,
		],
		[
			'404 without words',
			{ status: 404 },
			/MCP server lost the session twice during the request for the status of the run \(HTTP 404\) \[item 0\]/,
			4,
		],
		[
			'404 with a page',
			{ status: 404, contentType: 'text/html', body: '<html>Not found</html>' },
			/MCP server lost the session twice during the request for the status of the run \(HTTP 404\): Not found \[item 0\]/,
			4,
		],
	])(
		'one that answers an unknown run with %s: the error has its words',
		async (_, refuse, message, times) => {
			failCalls({ refuse });
			const { error } = await get({ items: items('m-1'), options: { maxTries: 2 } });
			expect(error?.message).toMatch(message);
			expect(error?.description).toMatch(/Check the message ID/);
			expect(calls()).toHaveLength(times);
		},
	);
});

describe('what may pass is asked again', () => {
	beforeEach(() => setRunState('m-1', 'completed'));

	test.each<[string, McpFault]>([
		['429', { refuse: { status: 429, retryAfter: { seconds: 0, as: 'seconds' } } }],
		['503', { refuse: errorAnswer(503, 'html') }],
		['502', { refuse: errorAnswer(502, 'html') }],
		['a stream without the answer', { answerAs: { withoutAnswer: true } }],
		[
			'an internal error of JSON-RPC',
			{ result: { rpcError: { code: -32603, message: 'try later' } } },
		],
	])('%s', async (_, fault) => {
		failCalls(fault, 1);
		const {
			items: [item],
			error,
		} = await get({ items: items('m-1') });
		expect(error).toBeUndefined();
		expect(item.json).toMatchObject({ status: 'completed' });
		expect(calls().length).toBe(2);
	});

	test('no answer in time', async () => {
		failCalls({ connection: 'silent' }, 1);
		const {
			items: [item],
		} = await get({ items: items('m-1'), options: { timeout: 1 } });
		expect(item.json).toMatchObject({ status: 'completed' });
	});

	test.each(['initialize', 'tools/list'])('a failure of %s', async (method) => {
		sandbox.mcpFaults.add({ match: { method }, refuse: errorAnswer(503, 'html'), times: 1 });
		const {
			items: [item],
		} = await get({ items: items('m-1') });
		expect(item.json).toMatchObject({ status: 'completed' });
	});

	test('up to Max Tries; then the error says what happened and what to do', async () => {
		failCalls({ refuse: errorAnswer(503, 'json') });
		const { error } = await get({ items: items('m-1'), options: { maxTries: 2 } });
		expect(error?.message).toMatch(
			/^NenAI was too busy to accept the request for the status of the run \(HTTP 503\).* \[item 0\]$/,
		);
		expect(error?.description).toMatch(/It was tried twice|It was tried 2 times/);
		expect(calls().length).toBe(2);
	});

	test.each([
		[
			500,
			'json',
			/^NenAI failed to answer the request for the status of the run \(HTTP 500\): /,
			/try again later/,
		],
		[
			502,
			'html',
			/A gateway in front of NenAI failed to answer .* \(HTTP 502\): /,
			/try again later/,
		],
		[429, 'json', /too busy to accept the request for the [a-z ]+ \(HTTP 429\)/, /Max Concurrency/],
	] as const)('%d says what it was', async (status, form, message, hint) => {
		failCalls({ refuse: errorAnswer(status, form) });
		const { error } = await get({ items: items('m-1'), options: { maxTries: 1 } });
		expect([error?.message, error?.description]).toEqual([
			expect.stringMatching(message),
			expect.stringMatching(hint),
		]);
	});

	test('a network that wants somebody to sign in is not asked again', async () => {
		failCalls({ refuse: errorAnswer(511, 'html') });
		const { error } = await get({ items: items('m-1') });
		expect(error?.message).toMatch(
			/^A proxy or a firewall between this n8n and NenAI rejected the request for/,
		);
		expect(calls().length).toBe(1);
	});

	test('after a failure, the others are not waited for', async () => {
		sandbox.mcpFaults.add({ match: { messageId: 'm-2' }, connection: 'silent' });
		const begin = Date.now();
		const { error } = await get({ items: items('m-2', 'm-2', 'nobody', 'm-2') });
		expect(error?.message).toMatch(/could not answer .*: .* \[item 2\]/);
		expect(Date.now() - begin).toBeLessThan(3000);
	});

	test('a time-out with a fraction', async () => {
		const { error } = await get({ items: items('m-1'), options: { timeout: 16.1 } });
		expect(error).toBeUndefined();
	});

	test('a pause of more than two minutes is not waited for', async () => {
		failCalls({ refuse: { status: 429, retryAfter: { seconds: 3600, as: 'seconds' } } });
		const { error } = await get({ items: items('m-1') });
		expect(error?.description).toMatch(/It asks you to try again at 20\d\d-/);
		expect(calls().length).toBe(1);
	});
});

describe('clear errors', () => {
	beforeEach(() => setRunState('m-1', 'completed'));

	test.each<[string, McpFault, RegExp, RegExp]>([
		[
			'a wrong key',
			{ refuse: errorAnswer(401, 'json') },
			/^NenAI did not accept the API key for the request for the status of the run \(HTTP 401\)/,
			/Check the API key of the credential/,
		],
		[
			'a key without rights',
			{ refuse: errorAnswer(403, 'json') },
			/^NenAI did not accept the API key for the request for the status of the run \(HTTP 403\)/,
			/API key/,
		],
		[
			'a firewall',
			{ refuse: errorAnswer(403, 'html') },
			/^A proxy or a firewall between this n8n and NenAI rejected the request for/,
			/network of this n8n/,
		],
		[
			'a proxy',
			{ refuse: errorAnswer(407, 'html') },
			/^A proxy or a firewall between this n8n and NenAI rejected/,
			/proxy settings/,
		],
		[
			'a redirect',
			{ refuse: { status: 302, headers: { location: 'https://other.example.com/secret' } } },
			/^NenAI was not reached: the MCP URL of the credential answers with a redirect \(HTTP 302\)/,
			/Check the MCP URL/,
		],
		[
			'no such page',
			{ refuse: errorAnswer(405, 'html') },
			/^There is no MCP server at 127\.0\.0\.1:\d+ \(HTTP 405\)/,
			/usually https:\/\/mcp\.getnen\.ai\/v1/,
		],
		[
			'a web page',
			{ refuse: { status: 200, contentType: 'text/html', body: '<html>Welcome</html>' } },
			/^There is no MCP server at .* \(HTTP 200\): Welcome/,
			/Check the MCP URL/,
		],
		[
			'a refusal',
			{
				refuse: {
					status: 400,
					contentType: 'application/json',
					body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request"},"id":null}',
				},
			},
			/NenAI rejected the request for the status of the run \(HTTP 400\): Bad Request/,
			/MCP URL/,
		],
	])('%s', async (_, fault, message, hint) => {
		fail(fault);
		const { error } = await get({ items: items('m-1') });
		expect(error?.message).toMatch(message);
		expect(error?.message).toMatch(/ \[item 0\]$/);
		expect(error?.description).toMatch(hint);
		expect(asked()).toEqual(['initialize']);
		expect(error?.stored).not.toContain(sandbox.apiKey);
	});

	test.each<[string, McpFault, RegExp, RegExp]>([
		[
			'isError',
			{ result: { isError: 'Something broke' } },
			/^NenAI could not answer the request for the status of the run: Something broke \[item 0\]/,
			/Check the message ID/,
		],
		[
			'success: false',
			{ result: { form: 'json-text', data: { success: false, error: 'Deployment is gone' } } },
			/could not answer .*: Deployment is gone/,
			/Check the message ID/,
		],
		[
			'success: false in structured content',
			{ result: { form: 'structured', data: { success: false, message: 'No' } } },
			/could not answer .*: No \[item 0\]/,
			/Check the message ID/,
		],
		[
			'success: "false"',
			{ result: textResult('{"success":"false","status":"none","error":"Run not found"}') },
			/could not answer .*: Run not found/,
			/Check the message ID/,
		],
		[
			'nothing but an error',
			{ result: textResult('{"error":"Run not found"}') },
			/could not answer .*: Run not found/,
			/Check the message ID/,
		],
		[
			'not found, by an error of JSON-RPC',
			{ result: { rpcError: { code: -32002, message: 'Run not found' } } },
			/answered the request for the status of the run with an error \(-32002\): .*Run not found/,
			/Check the message ID/,
		],
		[
			'success: false without words',
			{ result: { form: 'structured', data: { success: false, code: 7 } } },
			/could not answer .*: \{"success":false,"code":7\}/,
			/Check the message ID/,
		],
		[
			'an answer without a status',
			{ result: { form: 'json-text', data: { success: true } } },
			/an unexpected form \(it contains no status\): \{"success":true\}/,
			/newer version/,
		],
		[
			'an answer in words',
			{ result: { form: 'text', data: 'It runs.' } },
			/has an unexpected form \(it contains no status\): The answer is It runs/,
			/newer version/,
		],
		[
			'an error of JSON-RPC',
			{ result: { rpcError: { code: -32602, message: 'Invalid params' } } },
			/answered the request for the status of the run with an error \(-32602\): .*Invalid params/,
			/Check the message ID/,
		],
		[
			'a result of another form',
			{ result: { whole: { nonsense: true } } },
			/has an unexpected form/,
			/newer version/,
		],
	])('%s is not asked again', async (_, fault, message, hint) => {
		failCalls(fault);
		const { error } = await get({ items: items('m-1') });
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(hint);
		expect(calls().length).toBe(1);
	});

	test('an unknown run', async () => {
		const { error } = await get({ items: items('nobody') });
		expect(error?.message).toMatch(
			/^NenAI could not answer the request for the status of the run: .+ \[item 0\]/,
		);
		expect(error?.description).toMatch(/Check the message ID: Start returns it as messageId/);
	});

	test('a server without a fitting tool: the error names those that it has', async () => {
		sandbox.setDefaults({ mcpTools: ['nen_run', 'list_runs'] });
		const { error } = await get({ items: items('m-1') });
		expect(error?.message).toMatch(
			/no tool for the request for the status of the run\. It offers: nen_run, list_runs \[item 0\]/,
		);
		expect(error?.description).toMatch(/nen_status and get_run_status/);
		expect(calls()).toEqual([]);
	});

	test('a version of the protocol that nobody knows', async () => {
		sandbox.setDefaults({ mcpProtocolVersion: '2031-01-01' });
		const { error } = await get({ items: items('m-1') });
		expect(error?.message).toMatch(
			/a version of the protocol that this node does not know \(2031-01-01\)/,
		);
	});

	test('a list that is none', async () => {
		failCalls({ result: { form: 'text', data: 'three workflows' } });
		const { error } = await ask('getMany', {}, 'workflow');
		expect(error?.message).toMatch(
			/^NenAI answered the request for the list of workflows, but the response has an unexpected form \(it contains no list\): The answer is three workflows/,
		);
	});

	test.each([
		['', /MCP URL of the credential is empty/],
		['mcp.getnen.ai', /is not an http\(s\) URL/],
		['https://key@mcp.getnen.ai/v1', /has a user name or a password in it/],
		['https://mcp.getnen.ai/v1?key=1', /has a "\?" or a "#" in it/],
	])('the MCP URL "%s"', async (mcpUrl, message) => {
		const { error } = await get({ items: items('m-1'), credentials: credentials({ mcpUrl }) });
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(/usually https:\/\/mcp\.getnen\.ai\/v1/);
	});

	test('an address where nobody listens', async () => {
		const { error } = await get({
			items: items('m-1'),
			credentials: credentials({ mcpUrl: 'http://127.0.0.1:1/v1' }),
			options: { maxTries: 1 },
		});
		expect(error?.message).toMatch(
			/^NenAI could not be reached at 127\.0\.0\.1:1 for the r[a-z ]+: the connection was refused \(ECONNREFUSED\)/,
		);
		expect(error?.description).toMatch(/Check the MCP URL/);
	});

	test.each([
		[
			'an answer of another form',
			{
				form: 'json-text',
				data: {
					state: 'done',
					output: { file: 'https://files.example/a.pdf?X-Amz-Signature=abc' },
				},
			},
		],
		[
			'a failure without words',
			{
				form: 'json-text',
				data: { success: false, at: 'https:\\/\\/files.example\\/a.pdf?X-Amz-Signature=abc' },
			},
		],
		[
			'a failure in words',
			{
				form: 'json-text',
				data: { success: false, error: 'See https://files.example/a.pdf#X-Amz-Signature=abc' },
			},
		],
	] as const)('%s: a link is quoted without what makes it a secret', async (_, result) => {
		failCalls({ result });
		const { error } = await get({ items: items('m-1') });
		expect(error?.message).toMatch(/files\.example.*a\.pdf\?…/);
		expect(error?.stored).not.toContain('X-Amz-Signature');
	});

	test.each([
		['nothing', { messageId: '' }, /^Run ID \(Message ID, messageId\) is empty \[item 0\]/],
		['an item without one', {}, /^Run ID \(Message ID, messageId\) is empty/],
		[
			'an object',
			{ messageId: { a: 1 } },
			/^Run ID \(Message ID, messageId\) must be an ID \(text or a number\), but is an object/,
		],
		['a number that was rounded', { messageId: 8202522731445526000 }, /n8n could not keep exactly/],
	])('as message ID, %s is an error before anything is asked', async (_, item, message) => {
		const { error } = await get({ items: [item as IDataObject] });
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(/Nothing was sent/);
		expect(asked()).toEqual([]);
	});

	test('one of several items without a message ID: nothing is asked', async () => {
		const { error } = await get({ items: [{ messageId: 'm-1' }, {}] });
		expect(error?.message).toMatch(/\[item 1\]/);
		expect(asked()).toEqual([]);
	});
});

describe('what a builder can switch on around it', () => {
	beforeEach(() => setRunState('m-1', 'completed'));

	test('Continue: items carry their errors, the others their answers', async () => {
		const { items: found, error } = await get({
			settings: CONTINUE,
			items: [{ messageId: 'm-1' }, {}, { messageId: 'nobody' }, { messageId: 'm-1' }],
		});
		expect(error).toBeUndefined();
		expect(found.map(({ json, pairedItem }) => [json.status ?? json.error, pairedItem])).toEqual([
			['completed', { item: 0 }],
			[
				expect.stringMatching(/^Run ID \(Message ID, messageId\) is empty \[item 1\]\. Enter/),
				{ item: 1 },
			],
			[
				expect.stringMatching(/could not answer .*: .* \[item 2\]\. Check the message ID/),
				{ item: 2 },
			],
			['completed', { item: 3 }],
		]);
	});

	test('Continue, where the credential cannot be read: what has finished goes on unchanged, the others keep their message IDs', async () => {
		const given = [{ messageId: 'm-1', finished: true, output: { a: 1 } }, { messageId: 'm-2' }];
		const { items: found } = await get({
			items: given,
			options: { skipFinished: true },
			credentials: Object.assign(credentials(), { gone: true }),
			settings: CONTINUE,
		});
		expect(found.map(({ json }) => json)).toEqual([
			given[0],
			{ messageId: 'm-2', error: expect.stringMatching(/Credential with ID "1" does not exist/) },
		]);
	});

	test.each(['get', 'getLogs'])(
		'Continue: the item of %s says of which run its error is',
		async (operation) => {
			const { items: found } = await ask(operation, {
				settings: CONTINUE,
				items: [{ message_id: 'nobody' }, {}],
			});
			expect(found.map(({ json }) => json)).toEqual([
				{ messageId: 'nobody', error: expect.stringContaining('could not answer') },
				{ error: expect.stringContaining('is empty') },
			]);
		},
	);

	test('Retry On Fail asks again', async () => {
		failCalls({ result: { isError: 'not yet' } }, 1);
		const { items: found, error } = await get({
			settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
			items: items('m-1'),
		});
		expect([found[0]?.json.status, error]).toEqual(['completed', undefined]);
	});

	test('the execution is stopped: nothing more is asked', async () => {
		const ids = Array.from({ length: 30 }, (_, n) => `m-${n}`);
		for (const id of ids) setRunState(id);
		failCalls({ latencyMs: 100 });
		let stop = () => {};
		const running = get({
			items: items(...ids),
			options: { maxConcurrency: 2 },
			onStarted: (stopIt) => (stop = stopIt),
		});
		await sandbox.until(({ counts }) => counts.mcpToolCalls >= 2);
		stop();
		await running;
		const before = calls().length;
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(calls().length).toBe(before);
		expect(before).toBeLessThan(10);
	});

	test('as a tool of an older agent, it gives the answer, or the failure in words', async () => {
		const parameters = (messageId: string) => ({ resource: 'run', operation: 'get', messageId });
		const good = await executeInsideAgent(parameters('m-1'), credentials());
		expect(good?.[0][0].json).toMatchObject({ status: 'completed', finished: true });
		const bad = await executeInsideAgent(parameters('nobody'), credentials());
		expect(bad?.[0][0].json.error).toMatch(/could not answer.*Check the message ID/);
	});

	test.each([
		['a text', { maxConcurrency: '3', maxTries: '2', timeout: '5' }],
		['null', { maxConcurrency: null, maxTries: null, timeout: null }],
	])('options of another type: %s', async (_, options) => {
		const { items: found, error } = await get({
			items: items('m-1'),
			options: options as unknown as INodeParameters,
		});
		expect([found[0]?.json.status, error]).toEqual(['completed', undefined]);
	});

	test.each([
		[
			{ maxConcurrency: 0 },
			/^Max Concurrency \(maxConcurrency\) must be a whole number of at least 1, but is the number 0/,
		],
		[{ maxConcurrency: 2.5 }, /^Max Concurrency \(maxConcurrency\) .* 2\.5/],
		[
			{ maxTries: -1 },
			/^Max Tries \(maxTries\) must be a whole number of at least 1, but is the number -1/,
		],
		[{ maxTries: '0' }, /^Max Tries \(maxTries\) .* the text "0"/],
	])('a count that is none is an error that names the option: %j', async (options, message) => {
		const { error } = await get({ items: items('m-1'), options });
		expect(error?.message).toMatch(message);
		expect(asked()).toEqual([]);
	});

	test('a limit that is a word is an error that names it', async () => {
		const { error } = await ask('getMany', {
			parameters: { workflowId: 'w-1', limit: 'many' as never },
		});
		expect(error?.message).toMatch(/^Limit \(limit\) must be a number, but is the text "many"/);
	});
});

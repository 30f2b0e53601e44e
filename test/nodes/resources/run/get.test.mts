/** Run → Get. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import { errorAnswer, type Sandbox } from '../../../sandbox/index.mts';
import { mcpTestKit, CONTINUE, items, textResult, type AskOptions } from '../../mcpTestKit.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const { get, setRunState, calls, requests, asked, failCalls } = mcpTestKit(() => sandbox);

test.each([
	['queued', false],
	['running', false],
	['processing', false],
	['Running', false],
	[' QUEUED ', false],
	['Completed', true],
	['completed', true],
	['failed', true],
	['timeout', true],
	['something-new', true],
])('the state of a run that is %s, and whether it has finished: %s', async (status, finished) => {
	setRunState('m-1', status);
	const {
		items: [item],
		error,
	} = await get({ items: items('m-1') });
	expect(error).toBeUndefined();
	expect(item).toMatchObject({
		json: { success: true, status, messageId: 'm-1', finished },
		pairedItem: { item: 0 },
	});
});

test('the answer is unchanged, with every digit', async () => {
	setRunState('m-1');
	failCalls({
		result: {
			form: 'json-text',
			data: {
				status: 'completed',
				output: { claim: 'C', rows: [1, 'x', null] },
				messageId: 'own',
				liveViewUrl: 'https://app.example.com/runs/m-1',
			},
		},
	});
	const {
		items: [{ json }],
	} = await get({ items: items('m-1') });
	expect(json).toEqual({
		status: 'completed',
		output: { claim: 'C', rows: [1, 'x', null] },
		messageId: 'own',
		liveViewUrl: 'https://app.example.com/runs/m-1',
		finished: true,
	});
});

const COMPLETED = {
	success: true,
	messageId: 'm-1',
	workflowId: 'w-1',
	status: 'completed',
	createdAt: '2026-02-10T19:47:54.424Z',
	updatedAt: '2026-02-10T19:49:40.865470+00:00',
};
const FAILED = {
	...COMPLETED,
	status: 'failed',
	errorData: {
		error_message: 'Exit code: 1',
		updated_at: '2026-02-10T19:49:40Z',
		error_artifacts: {},
	},
};

test.each([
	['completed, as recorded', COMPLETED, COMPLETED],
	['failed, as recorded', FAILED, FAILED],
	['one level deeper, under data', { success: true, data: FAILED }, FAILED],
	[
		'with data of its own',
		{ ...COMPLETED, data: { status: 'own' } },
		{ ...COMPLETED, data: { status: 'own' } },
	],
	[
		'with an error of its own',
		{ ...FAILED, error: 'Exit code: 1' },
		{ ...FAILED, error: 'Exit code: 1' },
	],
	[
		'failed, with data that names an error',
		{ ...FAILED, data: { error: 'boom' } },
		{ ...FAILED, data: { error: 'boom' } },
	],
])('the state %s is unchanged', async (_, json, expected) => {
	for (const result of [
		textResult(JSON.stringify(json)),
		{ whole: { content: [], structuredContent: json } },
	]) {
		sandbox.mcpFaults.clear();
		failCalls({ result });
		const {
			items: [item],
			error,
		} = await get({ items: items('m-1') });
		expect(error).toBeUndefined();
		expect(item.json).toEqual({ ...expected, finished: true });
	}
});

test.each([
	[
		'success',
		{ status: 'success', data: { messageId: 'm-1', status: 'running' } },
		'running',
		false,
	],
	['ok', { status: 'OK', data: { messageId: 'm-1', status: 'queued' } }, 'queued', false],
	[
		'success, and the run has ended',
		{ status: 'success', data: { messageId: 'm-1', status: 'failed', errorData: {} } },
		'failed',
		true,
	],
	['success, without data', { status: 'success', messageId: 'm-1' }, 'success', true],
	[
		'success, with data that has no status',
		{ status: 'success', data: { claim: 'C' } },
		'success',
		true,
	],
])('of two states, that of the run counts: %s', async (_, json, status, finished) => {
	failCalls({ result: textResult(JSON.stringify(json)) });
	const {
		items: [item],
		error,
	} = await get({ items: items('m-1') });
	expect(error).toBeUndefined();
	expect(item.json).toMatchObject({ status, finished, messageId: 'm-1' });
});

test('a run whose state is an error, in an answer that says that it succeeded', async () => {
	failCalls({ result: textResult('{"success":true,"status":"error","error":"Exit code: 1"}') });
	const {
		items: [item],
	} = await get({ items: items('m-1') });
	expect(item.json).toMatchObject({ status: 'error', finished: true });
});

test('metadata as structured content, and the state in a text', async () => {
	failCalls({
		result: {
			whole: {
				content: [{ type: 'text', text: '{"status":"running"}' }],
				structuredContent: { success: true, messageId: 'm-1' },
			},
		},
	});
	const {
		items: [item],
	} = await get({ items: items('m-1') });
	expect(item.json).toMatchObject({ status: 'running', finished: false });
});

test.each(['""', 'null', '"  "', '{}', '[]', 'true'])(
	'where the answer has %s as its message ID, it is the one that was asked for',
	async (messageId) => {
		failCalls({
			result: textResult(`{"success":true,"status":"running","messageId":${messageId}}`),
		});
		const {
			items: [{ json }],
		} = await get({ items: items('m-1') });
		expect(json).toEqual({ success: true, status: 'running', messageId: 'm-1', finished: false });
	},
);

test.each([
	['"own"', 'own'],
	['7', 7],
])('where it has %s, that stays', async (messageId, expected) => {
	failCalls({ result: textResult(`{"success":true,"status":"running","messageId":${messageId}}`) });
	const {
		items: [{ json }],
	} = await get({ items: items('m-1') });
	expect(json.messageId).toBe(expected);
});

test.each([
	['no content', { whole: { content: [] } }, /\(it contains nothing\)/],
	['no field of the protocol', { whole: {} }, /it contains nothing/],
	[
		'a list as structured content',
		{ whole: { content: [], structuredContent: [COMPLETED] } },
		/it contains no status/,
	],
	[
		'a link',
		{ whole: { content: [{ type: 'resource_link', uri: 'run:1' }] } },
		/it contains a link, run:1,/,
	],
	[
		'a failure one level deeper',
		textResult('{"success":true,"data":{"success":false,"error":"Run not found"}}'),
		/could not answer .*: Run not found/,
	],
	[
		'an error as the status',
		textResult('{"status":"error","error":"Run not found"}'),
		/could not answer .*: Run not found/,
	],
	[
		'an error as the status, in capitals, with a message',
		textResult('{"status":"ERROR","message":"Run not found"}'),
		/could not answer .*: Run not found/,
	],
	[
		'an error as the status, beside the run',
		textResult('{"status":"error","messageId":"m-1","error":"Run not found"}'),
		/could not answer .*: Run not found/,
	],
	[
		'an unknown status and nothing but an error',
		textResult('{"status":"not_found","error":"Run not found"}'),
		/could not answer .*: Run not found/,
	],
	[
		'a number as the status, and an error',
		textResult('{"status":404,"error":"Run not found"}'),
		/could not answer .*: Run not found/,
	],
	[
		'a status of the answer, and an error one level deeper',
		textResult('{"status":"success","data":{"error":"Run not found"}}'),
		/could not answer .*: Run not found/,
	],
	[
		'an error one level deeper',
		textResult('{"success":true,"data":{"error":"Run not found"}}'),
		/could not answer .*: Run not found/,
	],
	[
		'JSON that is nested too deeply',
		textResult(`{"status":"completed","output":${'['.repeat(1500)}${']'.repeat(1500)}}`),
		/it is nested more than 1000 levels deep/,
	],
	['a status that is empty', textResult('{"success":true,"status":" "}'), /it contains no status/],
])('what names no state is an error: %s', async (_, result, message) => {
	failCalls({ result });
	const { items: found, error } = await get({ items: items('m-1') });
	expect(found).toEqual([]);
	expect(error?.message).toMatch(message);
});

test('numbers that JavaScript would change are texts with all digits', async () => {
	failCalls({
		result: {
			whole: {
				content: [
					{
						type: 'text',
						text: '{"status":"completed","claim":8202522731445525542,"amount":12.5}',
					},
				],
			},
		},
	});
	const {
		items: [{ json }],
	} = await get({ items: items('m-1') });
	expect(json).toMatchObject({ claim: '8202522731445525542', amount: 12.5 });
});

test.each([
	['behind Start', { messageId: 'm-1' }],
	['behind a callback', { message_id: 'm-1' }],
	['a number', { messageId: 77 }],
])('the message ID is that of the item: %s', async (_, item) => {
	setRunState(String(Object.values(item)[0]));
	const {
		items: [{ json }],
	} = await get({ items: [item] });
	expect(json).toMatchObject({ status: 'running' });
});

test('200 runs: several at a time, bounded, in order, paired, in one session', async () => {
	const ids = Array.from({ length: 200 }, (_, n) => `m-${n}`);
	for (const id of ids) setRunState(id, 'running', { more: { is: id } });
	failCalls({ latencyMs: 5 });
	const { items: found } = await get({ items: items(...ids), options: { maxConcurrency: 7 } });
	expect(found.map(({ json, pairedItem }) => [json.is, pairedItem])).toEqual(
		ids.map((id, item) => [id, { item }]),
	);
	const { counts } = sandbox.state();
	expect(counts).toMatchObject({
		mcpInitializes: 1,
		mcpToolLists: 1,
		mcpToolCalls: 200,
		maxConcurrentMcpToolCalls: 7,
	});
});

test('the session is ended, and every request after the first carries it and the version', async () => {
	setRunState('m-1');
	await get({ items: items('m-1') });
	await sandbox.until(() => asked().at(-1) === 'DELETE');
	expect(asked()).toEqual([
		'initialize',
		'notifications/initialized',
		'tools/list',
		'tools/call',
		'DELETE',
	]);
	const [first, ...others] = requests().map(({ headers }) => [
		headers['mcp-session-id'],
		headers['mcp-protocol-version'],
	]);
	expect(first).toEqual([undefined, undefined]);
	for (const [session, version] of others)
		expect([typeof session, version]).toEqual(['string', '2025-06-18']);
});

describe('Skip Finished', () => {
	const skipping = (given: IDataObject[], options: INodeParameters = {}, more: AskOptions = {}) =>
		get({ items: given, options: { skipFinished: true, ...options }, ...more });

	test('what has finished goes on unchanged, in its place, and NenAI is asked about the others alone', async () => {
		setRunState('m-2', 'completed');
		const done = { messageId: 'm-1', status: 'completed', finished: true, output: { own: 1 } };
		const notStarted = { error: 'The workflow is unknown', finished: true };
		const { items: found, error } = await skipping([
			done,
			{ messageId: 'm-2', finished: false },
			notStarted,
		]);
		expect(error).toBeUndefined();
		expect(found.map(({ json }) => json)).toEqual([
			done,
			expect.objectContaining({ messageId: 'm-2', status: 'completed', finished: true }),
			notStarted,
		]);
		expect(found.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
		expect(calls().map(({ arguments: given }) => given)).toEqual([{ messageId: 'm-2' }]);
	});

	test('nothing is asked where all have finished, not even for a session', async () => {
		await skipping([{ messageId: 'm-1', finished: true }]);
		expect(asked()).toEqual([]);
	});

	test.each<[string, IDataObject, INodeParameters]>([
		['the option is off', { finished: true }, { skipFinished: false }],
		['it is not said that it has finished', {}, {}],
		['it has not', { finished: false }, {}],
		['it says something else', { finished: 'perhaps' }, {}],
	])('it is asked where %s', async (_, more, options) => {
		setRunState('m-1', 'running');
		const {
			items: [{ json }],
		} = await skipping([{ messageId: 'm-1', ...more }], options);
		expect(json).toMatchObject({ status: 'running', finished: false });
	});

	test('an option that cannot be meant is an error, or goes on in its item', async () => {
		const bad = { skipFinished: '={{ "perhaps" }}' };
		expect((await skipping(items('m-1'), bad)).error?.message).toMatch(
			/^Skip Finished \(skipFinished\) .*\[item 0\]$/,
		);
		const {
			items: [{ json }],
		} = await skipping(items('m-1'), bad, { settings: CONTINUE });
		expect(json).toEqual({ error: expect.stringContaining('Skip Finished') });
	});

	test('rounds of a loop: what fails is asked again, since its item says which run it is of', async () => {
		setRunState('m-1', 'completed');
		failCalls({ refuse: errorAnswer(503, 'html') }, 1);
		const round = async (given: IDataObject[]) =>
			(await skipping(given, { maxTries: 1 }, { settings: CONTINUE })).items.map(
				({ json }) => json,
			);
		const first = await round(items('m-1'));
		expect(first).toEqual([{ messageId: 'm-1', error: expect.stringContaining('HTTP 503') }]);
		expect(await round(first)).toEqual([
			expect.objectContaining({ messageId: 'm-1', finished: true }),
		]);
	});
});

test('no item, no request', async () => {
	const { items: found } = await get({ items: [] });
	expect(found).toEqual([]);
	expect(asked()).toEqual([]);
});

test('starts nothing', async () => {
	setRunState('m-1');
	await get({ items: items('m-1') });
	expect(sandbox.state().counts.runsStarted).toBe(0);
	expect(calls().map(({ tool }) => tool)).toEqual(['nen_status']);
});

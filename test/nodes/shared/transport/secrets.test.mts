/** The API key and the webhook secrets stay out of everything that comes out, whoever repeats them and however. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { NenAiApi } from '../../../../credentials/NenAiApi.credentials';
import { testCredential } from '../../../../nodes/shared/transport/credentialTest';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Answer, Sandbox } from '../../../sandbox/index.mts';
import { SPELLINGS } from '../../../spellings.mts';
import { credentialsOf } from '../../credentialsOf.mts';
import { execute, loadList, type Credentials, type Execution } from '../../engine.mts';
import { stored } from '../../onDesktops.mts';

const KEY = 'test/key+"odd"<&>\'x\\1';
const WEBHOOK_SECRET = 'test-webhook-secret'.repeat(2);
const PREVIOUS_SECRET = 'test-previous-secret'.repeat(2);
let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), {
	retryDelaysMs: [],
	apiKey: KEY,
	desktopTimeScale: 0.01,
});

const SECRETS = { webhookSecret: WEBHOOK_SECRET, previousWebhookSecret: PREVIOUS_SECRET };
const credentials = (more: IDataObject = {}) => credentialsOf(sandbox, { ...SECRETS, ...more });
const use = async (
	resource: string,
	operation: string,
	parameters: INodeParameters = {},
	given = credentials(),
	items: IDataObject[] = [{}],
) =>
	await execute({ credentials: given, items, parameters: { resource, operation, ...parameters } });
const start = async (given?: Credentials) =>
	await use(
		'run',
		'start',
		{ workflowId: 'w', parametersMode: 'input', callback: 'none', options: { maxTries: 1 } },
		given,
	);
const state = async (given?: Credentials) =>
	await use('run', 'get', { messageId: 'm-1', options: { maxTries: 1 } }, given);
const desktop = async (given?: Credentials) =>
	await use('desktop', 'rename', { desktopId: 'd', name: 'x' }, given);

/** Whether a text has the key, or a long part of it, in any spelling. */
const reveals = (text: string) =>
	Object.values(SPELLINGS).some((write) =>
		[KEY, KEY.slice(0, 8), KEY.slice(8)].some((part) =>
			text.toLowerCase().includes(write(part).toLowerCase()),
		),
	);
const everything = (execution: Execution) =>
	`${stored(execution)} ${execution.error?.message} ${execution.error?.description} ${execution.error?.stored} ${execution.hints.join(' ')}`;

/** The others are tested without a server (test/unit/shared/failures/redact.test.mts). */
const SEEN = [
	'as it is',
	'in capitals',
	'as JSON with escaped slashes',
	'as JSON in JSON',
	'as JSON, all characters as \\u',
	'percent-encoded',
	'as HTML',
	'as HTML, all characters',
];

describe.each(SEEN)('an error that quotes the key %s', (name) => {
	const write = SPELLINGS[name];
	const body = (status: number): Answer => ({ status, body: `before ${write(KEY)} after` });
	const words = (status: number): Answer => ({
		status,
		body: { error: 'before', message: `${write(KEY)} after` },
	});
	const inJson = (status: number): Answer => ({
		status,
		body: `{"unknown":"before ${JSON.stringify(write(KEY)).slice(1, -1)} after"}`,
		contentType: 'application/json',
	});
	const shown = async (execution: Promise<Execution>) => {
		const done = await execution;
		expect(done.error?.message).toMatch(/before:? \*\*\* after/);
		expect(reveals(everything(done))).toBe(false);
	};

	test('starting a run', async () => {
		for (const refuse of [
			body(400),
			words(401),
			body(500),
			body(429),
			{ ...body(502), contentType: 'text/html' },
		]) {
			sandbox.faults.next({ refuse });
			await shown(start());
		}
		for (const acceptedAnswer of [body(202), inJson(202)]) {
			sandbox.faults.next({ acceptedAnswer });
			await shown(start());
		}
	});

	test('asking', async () => {
		for (const refuse of [body(400), words(401), inJson(500), body(200)]) {
			sandbox.mcpFaults.next({ refuse });
			await shown(state());
		}
		for (const result of [
			{ isError: `before ${write(KEY)} after` },
			{ rpcError: { code: -32602, message: `before ${write(KEY)} after` } },
			{ form: 'json-text', data: { success: false, error: `before ${write(KEY)} after` } },
			{ form: 'structured', data: { unknown: `before ${write(KEY)} after` } },
		] as const) {
			sandbox.mcpFaults.add({ match: { method: 'tools/call' }, times: 1, result });
			await shown(state());
		}
	});

	test('desktops and their files', async () => {
		for (const refuse of [body(400), words(401), body(500), inJson(400)]) {
			sandbox.desktopFaults.next({ refuse });
			if (refuse.contentType === undefined) await shown(desktop());
			else expect(reveals(everything(await desktop()))).toBe(false);
		}
		for (const fault of [
			{ wholeAnswer: body(200) },
			{ answer: { success: false, error: `before ${write(KEY)} after` } },
		]) {
			const desktopId = sandbox.desktops.add();
			sandbox.desktopFaults.next(fault);
			await shown(use('desktop', 'rename', { desktopId, name: 'x' }));
		}
		sandbox.desktopFaults.next({ refuse: body(400) });
		await shown(use('file', 'download', { desktopId: 'd', fileName: 'a.txt' }));
	});
});

test('a key that was entered with spaces and a line break around it', async () => {
	sandbox.faults.next({ refuse: { status: 400, body: `before ${KEY} after` } });
	const execution = await start(credentials({ apiKey: `\n ${KEY}\r\n` }));
	expect(execution.error?.message).toMatch(/before \*\*\* after/);
	expect(reveals(everything(execution))).toBe(false);
});

test('a redirect to a host that is named by the key', async () => {
	const apiKey = 'test-key-of-host';
	sandbox.setDefaults({ apiKey });
	const headers = { location: `https://${apiKey}.example.com/` };
	sandbox.faults.next({ refuse: { status: 302, headers } });
	sandbox.mcpFaults.next({ refuse: { status: 302, headers } });
	sandbox.desktopFaults.next({ refuse: { status: 302, headers } });
	for (const ask of [start, state, desktop])
		expect((await ask(credentials({ apiKey }))).error?.message).toContain('to ***.example.com');
});

describe('a success that repeats the key', () => {
	const echo = () => ({
		said: `a ${KEY} b`,
		list: [{ [`the ${KEY}`]: KEY }],
		inJson: JSON.stringify({ key: KEY }),
	});
	const CLEAN = { said: 'a *** b', list: [{ 'the ***': '***' }], inJson: '{"key":"***"}' };

	test('a run', async () => {
		sandbox.faults.add({ acceptedAnswer: { status: 202, body: { messageId: 'm-1', ...echo() } } });
		const execution = await start();
		expect(execution.items.map(({ json }) => json)).toEqual([{ messageId: 'm-1', ...CLEAN }]);
		expect(reveals(stored(execution))).toBe(false);
		const waiting = await use('run', 'startAndWait', { workflowId: 'w', parametersMode: 'input' });
		expect(reveals(stored(waiting))).toBe(false);
	});

	test.each(['json-text', 'structured'] as const)('the state of a run, as %s', async (form) => {
		sandbox.mcpFaults.add({
			match: { method: 'tools/call' },
			result: { form, data: { status: 'running', ...echo() } },
		});
		const execution = await state();
		expect(execution.items.map(({ json }) => json)).toEqual([
			{ status: 'running', messageId: 'm-1', finished: false, ...CLEAN },
		]);
		expect(reveals(stored(execution))).toBe(false);
	});

	test('lists of runs and workflows', async () => {
		sandbox.mcpFaults.add({
			match: { tool: 'nen_list_runs' },
			result: { data: { runs: [{ messageId: 'm-1', ...echo() }] } },
		});
		sandbox.mcpFaults.add({
			match: { tool: 'nen_list_workflows' },
			result: {
				data: { workflows: [{ workflowId: 'w-1', workflowName: `of ${KEY}`, ...echo() }] },
			},
		});
		expect(
			(await use('run', 'getMany', { workflowId: 'w' })).items.map(({ json }) => json),
		).toEqual([{ messageId: 'm-1', ...CLEAN }]);
		expect((await use('workflow', 'getMany')).items.map(({ json }) => json)).toEqual([
			{ workflowId: 'w-1', workflowName: 'of ***', ...CLEAN },
		]);
		expect(JSON.stringify(await loadList('searchWorkflows', credentials()))).toContain('of ***');
	});

	test.each(SEEN)('a log, with the key %s', async (name) => {
		const write = SPELLINGS[name];
		sandbox.runs.set('m-1', { status: 'completed', logs: `{"sent":"${write(KEY)}"}\nnext line\n` });
		for (const output of ['text', 'file']) {
			const execution = await use('run', 'getLogs', { messageId: 'm-1', output });
			const { json, binary } = execution.items[0];
			expect(
				output === 'text' ? json.logs : Buffer.from(binary?.data.data ?? '', 'base64').toString(),
			).toMatch(/^\{"sent":"\*\*\*"\}\nnext line\n$/);
			expect(reveals(stored(execution))).toBe(false);
		}
	});

	test('a desktop, its files and its tools', async () => {
		const desktopId = sandbox.desktops.add({ name: `of ${KEY}` });
		expect((await use('desktop', 'get', { desktopId })).items[0].json.name).toBe('of ***');
		expect((await use('desktop', 'getMany')).items[0].json.name).toBe('of ***');
		expect(JSON.stringify(await loadList('searchDesktops', credentials()))).toContain('of ***');
		sandbox.desktopFaults.next({
			answer: { files: [{ name: `a ${KEY}.txt`, size: 1, ...echo() }] },
		});
		expect((await use('file', 'getMany', { desktopId })).items.map(({ json }) => json)).toEqual([
			{ name: 'a ***.txt', size: 1, ...CLEAN },
		]);
		sandbox.desktopFaults.next({
			answer: { href: `https://sessions.invalid/?key=${encodeURIComponent(KEY)}`, active: true },
		});
		expect((await use('desktop', 'openSession', { desktopId })).items[0].json.href).toBe(
			'https://sessions.invalid/?key=***',
		);
		sandbox.desktopFaults.next({ answer: { status: 'ok', output: echo() } });
		expect((await use('computer', 'cursorPosition', { desktopId })).items[0].json).toEqual({
			status: 'ok',
			output: CLEAN,
		});
		sandbox.desktopFaults.next({ answer: [{ name: `tool ${KEY}` }] });
		expect(
			JSON.stringify(
				await loadList('searchTools', credentials(), undefined, {
					resource: 'computer',
					operation: 'custom',
					desktopId,
				}),
			),
		).toContain('tool ***');
	});
});

describe('a key with which nothing can be sent is refused before anything is sent', () => {
	const BAD: Array<[what: string, apiKey: string, message: RegExp]> = [
		[
			'a line break',
			'test-secret\npart-two',
			/^The API Key of the credential has a line break in it/,
		],
		[
			'a tab',
			'test-secret\tpart-two',
			/^The API Key of the credential has a control character in it/,
		],
		[
			'another alphabet',
			'test-secret-ключ-part-two',
			/^The API Key of the credential has a character in it that cannot be sent/,
		],
		[
			'Latin-1',
			'test-secret-é-part-two',
			/^The API Key of the credential has a character in it that cannot be sent/,
		],
		['few characters', 'part', /^The API Key of the credential is shorter than 8 characters/],
		['nothing', ' ', /^The API Key of the credential is empty/],
	];
	const OPERATIONS: Array<[string, string, INodeParameters]> = [
		['run', 'start', { workflowId: 'w', parametersMode: 'input', callback: 'none' }],
		['run', 'startAndWait', { workflowId: 'w', parametersMode: 'input' }],
		['run', 'get', { messageId: 'm' }],
		['run', 'getMany', { workflowId: 'w' }],
		['run', 'getLogs', { messageId: 'm' }],
		['workflow', 'getMany', {}],
		['desktop', 'create', {}],
		['desktop', 'get', { desktopId: 'd' }],
		['desktop', 'getMany', {}],
		['desktop', 'rename', { desktopId: 'd', name: 'x' }],
		['desktop', 'delete', { desktopId: 'd' }],
		['desktop', 'openSession', { desktopId: 'd' }],
		['desktop', 'getSession', { desktopId: 'd' }],
		['desktop', 'closeSession', { desktopId: 'd' }],
		['computer', 'click', { desktopId: 'd', x: 1, y: 1 }],
		['computer', 'screenshot', { desktopId: 'd' }],
		['computer', 'custom', { desktopId: 'd', tool: 'computer', action: 'key' }],
		['file', 'getMany', { desktopId: 'd' }],
		['file', 'download', { desktopId: 'd', fileName: 'a' }],
	];
	const requests = () => {
		const { requests: runs, mcpRequests, desktopRequests } = sandbox.state();
		return [...runs, ...mcpRequests, ...desktopRequests].length;
	};

	describe.each(BAD)('%s', (_, apiKey, message) => {
		test.each(OPERATIONS)('%s %s', async (resource, operation, parameters) => {
			const { error } = await use(resource, operation, parameters, credentials({ apiKey }));
			expect(error?.message).toMatch(message);
			expect(error?.description).toMatch(/Copy|Enter the key/);
			if (apiKey !== 'part') expect(error?.stored).not.toMatch(/test-secret|part-two/);
			expect(requests()).toBe(0);
		});

		test.each(['searchWorkflows', 'searchDesktops', 'searchTools'])(
			'the list %s',
			async (method) => {
				await expect(
					loadList(method, credentials({ apiKey }), undefined, {
						resource: 'computer',
						operation: 'custom',
						desktopId: 'd',
					}),
				).rejects.toThrow(message);
				expect(requests()).toBe(0);
			},
		);

		test('the test of the credential', async () => {
			const request = jest.fn();
			const result = await testCredential.call({ helpers: { request } } as never, {
				id: '1',
				name: 'NenAI',
				type: 'nenAiApi',
				data: { apiKey, baseUrl: sandbox.url },
			});
			expect(result).toEqual({ status: 'Error', message: expect.stringMatching(message) });
			if (apiKey !== 'part') expect(result.message).not.toMatch(/test-secret|part-two/);
			expect(request).not.toHaveBeenCalled();
		});

		test("n8n's HTTP Request node", async () => {
			const { authenticate } = new NenAiApi();
			if (typeof authenticate !== 'function') throw new Error('It is a function');
			await expect(authenticate({ apiKey }, { url: sandbox.url })).rejects.toThrow(message);
		});
	});
});

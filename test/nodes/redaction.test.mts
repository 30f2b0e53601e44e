/**
 * No secret is in what n8n stores or logs of an execution: neither the API key, nor a webhook secret, nor the link of a
 * desktop's session, nor a presigned link. It does not matter who says it, what fails, and where somebody has entered it.
 *
 * Exceptions are a callback's own body, and the link that Open Session and Get Session give.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import axios from 'axios';
import { BinaryDataService, CredentialTestContext } from 'n8n-core';
import type {
	IDataObject,
	INodeParameters,
	INodeProperties,
	IRunExecutionData,
} from 'n8n-workflow';
import { testCredential } from '../../nodes/shared/transport/credentialTest';
import { RETRY_PAUSES } from '../../nodes/shared/failures/policies';
import { NenAiPollingTrigger } from '../../nodes/NenAiPollingTrigger/NenAiPollingTrigger.node';
import { NenAiTrigger } from '../../nodes/NenAiTrigger/NenAiTrigger.node';
import { ACTION_NODES } from '../operations.mts';
import { withSandbox } from '../sandbox/cases.mts';
import type { Answer, Sandbox } from '../sandbox/index.mts';
import { SPELLINGS } from '../spellings.mts';
import { credentialsOf } from './credentialsOf.mts';
import { fileOf } from './desktopFiles.mts';
import {
	activatePolling,
	execute,
	loadList,
	senderOf,
	serveTrigger,
	serveWaiting,
	type ExecuteOptions,
	type Execution,
	type PollOptions,
} from './engine.mts';
import { named, pathsOf, RECIPES } from './recipes.mts';

const KEY = 'test/key+"odd"<&>\'x\\1';
/** Longer than what errors quote of a value. */
const WEBHOOK_SECRET = `test-webhook-secret-${'0123456789'.repeat(5)}`;
const PREVIOUS_SECRET = 'test-previous-secret'.repeat(2);
/** What makes a link work. */
const SIGNATURE = 'signature-of-the-link';
const LINK = `https://files.example/a.zip?X-Signature=${SIGNATURE}`;
const TOKEN = 'token-of-the-session';
const SESSION = `https://sessions.invalid/dsk?token=${TOKEN}`;
/** A link that is a secret as a whole. Only errors of operations on desktops leave out such links. */
const SESSION_PATH = `https://sessions.invalid/${TOKEN}`;
/** Another key than that of the credential. */
const OLD_KEY = 'old-key-that-is-no-host';
const COOKIE = 'cookie-of-the-mcp-session';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), {
	apiKey: KEY,
	webhookSecret: WEBHOOK_SECRET,
	retryDelaysMs: [],
	fault: { callbacks: [] },
	desktopTimeScale: 0.001,
});

/** What the nodes have logged. */
let logged: string[] = [];
const servers: Server[] = [];
const interceptors: number[] = [];

beforeEach(() => {
	logged = [];
	const log = (...said: unknown[]) => void logged.push(textsOf(said).join(' '));
	const { logger } = senderOf(credentials());
	for (const level of ['error', 'warn', 'info', 'debug'] as const) {
		jest.spyOn(logger, level).mockImplementation(log);
		jest.spyOn(console, level).mockImplementation(log);
	}
	jest.replaceProperty(RETRY_PAUSES, 'initialMs', 0);
});
afterEach(() => {
	jest.restoreAllMocks();
	for (const id of interceptors.splice(0)) axios.interceptors.request.eject(id);
	for (const server of servers.splice(0)) server.close().closeAllConnections();
});

const SECRETS = { webhookSecret: WEBHOOK_SECRET, previousWebhookSecret: PREVIOUS_SECRET };
const credentials = (more: IDataObject = {}) => credentialsOf(sandbox, { ...SECRETS, ...more });

/** All texts in a value, however deep: with names, and with properties of errors that JSON leaves out. */
function textsOf(value: unknown, seen = new Set<unknown>()): string[] {
	if (typeof value !== 'object' || value === null) return [String(value)];
	if (seen.has(value)) return [];
	seen.add(value);
	return Reflect.ownKeys(value).flatMap((name) => {
		const inner: unknown = Reflect.get(value, name);
		const bytes =
			name === 'data' && typeof inner === 'string' ? Buffer.from(inner, 'base64').toString() : '';
		return [String(name), bytes, ...textsOf(inner, seen)];
	});
}

interface Look {
	/** Whether the secret is in the input, which n8n stores as it is, and so do the results that the journal keeps. */
	isEntered?: boolean;
	/** What outputs may have. */
	mayComeOut?: string[];
}

/** What an execution leaves behind, and what of it comes out. */
function leftBehind({ run, error, items, failedItems, hints }: Execution, isEntered = false) {
	const { executionData, resultData, ...rest } = run.data;
	const { NenAI = [] } = resultData.runData;
	const { nodeExecutionStack, contextData, ...others } =
		executionData ?? ({} as NonNullable<IRunExecutionData['executionData']>);
	const inside = textsOf([
		rest,
		{ ...resultData, runData: {} },
		NenAI.map(({ data, ...more }) => more),
		others,
		isEntered ? withoutResults(contextData) : [contextData, nodeExecutionStack],
		[run.waitTill, error, hints, logged],
	]);
	return { inside, outputs: textsOf([NenAI.map(({ data }) => data), items, failedItems]) };
}

/** The journal without what items have given. */
function withoutResults(contextData: unknown): unknown {
	return JSON.parse(JSON.stringify(contextData ?? {}), (name, value: unknown) =>
		name === 'value' ? undefined : value,
	);
}

const PARTS_OF_KEY = [KEY, KEY.slice(0, 9), KEY.slice(9)];
const SPELLED = [
	...new Set(
		Object.values(SPELLINGS).flatMap((write) =>
			PARTS_OF_KEY.map((part) => write(part).toLowerCase()),
		),
	),
];

/** The secrets that a text has in it. */
function secretsIn(text: string): string[] {
	const lower = text.toLowerCase();
	return [
		...SPELLED.filter((part) => lower.includes(part)),
		...['test-webhook-secret', 'test-previous-secret', SIGNATURE, TOKEN, COOKIE, OLD_KEY].filter(
			(secret) => lower.includes(secret.toLowerCase()),
		),
	];
}

function expectNone(execution: Execution, { isEntered, mayComeOut = [] }: Look = {}) {
	const { inside, outputs } = leftBehind(execution, isEntered);
	// What n8n keeps of an execution that waits is its input.
	if (isEntered && execution.run.status === 'waiting') outputs.length = 0;
	const found = secretsIn(outputs.join('\n')).filter((secret) => !mayComeOut.includes(secret));
	expect([...secretsIn(inside.join('\n')), ...found]).toEqual([]);
}

const isOnDesktop = (path: string) => RECIPES[path].address === 'desktopUrl';
const isDownload = (path: string) => path === 'result/download';

/** An item with what every operation may ask for. */
function itemFor(more: IDataObject = {}): IDataObject {
	const desktop = sandbox.desktops.add({ name: 'a' });
	sandbox.desktops.openSession(desktop);
	sandbox.desktops.addFile(desktop, { name: 'there.txt', text: 'a' });
	sandbox.runs.set('r', { status: 'completed', workflowId: 'w', logs: 'a' });
	const link = sandbox.files.url(sandbox.files.add({ name: 'a.txt', text: 'a' }));
	return { name: 'a', workflow: 'w', run: 'r', desktop, link, ...more };
}

async function runRecipe(
	path: string,
	item: IDataObject,
	{ parameters, ...more }: Partial<ExecuteOptions> = {},
): Promise<Execution> {
	return await execute({
		credentials: credentials(),
		items: [item],
		binaries: [fileOf('x')],
		...more,
		parameters: { ...named(path), ...RECIPES[path].parameters, ...parameters },
	});
}

const CONTINUE = { onError: 'continueRegularOutput' } as const;

/** For what the sandbox does not serve. Gives the address. */
async function serve(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Every request of an operation gets this answer. Gives the item for it. */
async function answerAll(
	path: string,
	answer: Answer,
	isFromBeginning = false,
): Promise<IDataObject> {
	for (const faults of [sandbox.faults, sandbox.mcpFaults, sandbox.desktopFaults]) faults.clear();
	const accepted = answer.status >= 200 && answer.status < 300;
	sandbox.faults.add(accepted ? { acceptedAnswer: answer } : { refuse: answer });
	sandbox.mcpFaults.add({
		match: { method: isFromBeginning ? 'initialize' : 'tools/call' },
		refuse: answer,
	});
	sandbox.desktopFaults.add({ refuse: answer });
	if (!isDownload(path)) return itemFor();
	const { status, body, contentType, headers } = answer;
	const host = await serve(({ url }, response) => {
		const redirects = url?.startsWith('/again') ? { location: SESSION } : headers;
		response.writeHead(status, {
			'content-type': contentType ?? (typeof body === 'string' ? 'text/plain' : 'application/json'),
			'content-disposition': `attachment; filename="https://files.example/x?X-Signature=${SIGNATURE}"`,
			...redirects,
		});
		response.end(typeof body === 'string' ? body : JSON.stringify(body));
	});
	return itemFor({ link: `${host}/${SIGNATURE}/a.zip?X-Signature=${SIGNATURE}` });
}

/** The smallest GIF. */
const PICTURE = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const STATUSES = [200, 203, 302, 400, 401, 403, 404, 407, 410, 413, 422, 429, 500, 502, 503, 511];

/** What a server says that repeats all secrets. */
function sayings(path: string, write = (text: string) => text) {
	const secrets = [write(KEY), WEBHOOK_SECRET, PREVIOUS_SECRET].join(' ');
	const links = [
		LINK,
		SESSION,
		...(isOnDesktop(path) ? [SESSION_PATH] : []),
		...(isOfSession(path) ? [TOKEN] : []),
	]
		.flatMap((link) => [link, link.replaceAll('/', '\\/'), encodeURIComponent(link)])
		.join(' ');
	const ofSession = isOnDesktop(path)
		? {
				href: SESSION_PATH,
				session: {
					token: TOKEN,
					session: `/${TOKEN}`,
					list: [SESSION_PATH],
					state: `at ${SESSION}`,
				},
				active_session: [{ active: true, interactive: true, link: SESSION_PATH }],
				session_token: TOKEN,
				my_session_url: SESSION_PATH,
				deep: { within: [{ href: SESSION_PATH }] },
				view: { active: true, interactive: true, link: SESSION_PATH },
				output: { href: SESSION_PATH },
				// A key under a name that nothing tells of.
				...(isOfSession(path) && { code: TOKEN }),
			}
		: {};
	return { secrets, said: `${secrets} ${links}`, ofSession };
}

/** Answers that no operation can take for a success. */
function refusals(path: string, status: number, write?: (text: string) => string): Answer[] {
	const { said, ofSession } = sayings(path, write);
	const bodies: Array<Pick<Answer, 'body' | 'contentType'>> = [
		{ body: `before ${said} after` },
		{ body: { error: `before ${said}`, message: `${said} after` } },
		{ body: { success: false, error: { [`in ${said}`]: said, ...ofSession }, ...ofSession } },
		{ body: { unknown: { [`in ${said}`]: said, ...ofSession }, ...ofSession } },
		{ body: `<p title="${said}">before ${said}</p>`, contentType: 'text/html' },
	];
	const headers = { location: `${SESSION_PATH}?token=${TOKEN}`, 'set-cookie': `sticky=${COOKIE}` };
	return bodies
		.filter(({ body = '' }) => status >= 300 || typeof body === 'string' || !('unknown' in body))
		.map((body) => ({ status, headers, ...body }));
}

/** With which a success repeats secrets. */
const echoOf = (path: string, write?: (text: string) => string): IDataObject => {
	const { secrets, ofSession } = sayings(path, write);
	return {
		said: `a ${secrets} b`,
		list: [{ [`the ${secrets}`]: secrets }],
		inJson: JSON.stringify({ secrets }),
		...ofSession,
	};
};

/** What NenAI answers about a session. Errors quote none of it. */
const isOfSession = (path: string) => /^desktop\/(open|get|close)Session$/.test(path);

/** Anyone who asks for the link of a session gets it. */
const givesLink = (path: string) => /^desktop\/(open|get)Session$/.test(path);

/** The names of parameters, with options as `options.name`. */
const namesOf = (properties: INodeProperties[]) =>
	properties.flatMap(({ name, type, options = [] }) =>
		type === 'collection'
			? (options as INodeProperties[]).map((option) => `${name}.${option.name}`)
			: type === 'notice'
				? []
				: [name],
	);

/** The parameters of an operation. */
function parametersOf(path: string): string[] {
	const { resource, operation } = named(path);
	const properties = ACTION_NODES.flatMap((node) => node.properties);
	return namesOf(
		properties.filter(
			({ displayOptions: { show = {} } = {} }) =>
				show.resource?.includes(resource) && show.operation?.includes(operation),
		),
	);
}

const EXPRESSIONS = [
	'={{ $json.secret }}',
	'={{ [$json.secret] }}',
	'={{ { a: $json.secret, value: $json.secret } }}',
];

describe.each(Object.keys(RECIPES))('%s', (path) => {
	const look: Look = {
		isEntered: isDownload(path),
		mayComeOut: givesLink(path) ? [TOKEN, SIGNATURE] : [],
	};

	/** Whatever fails, in both ways to go on, and what a retry makes of it. */
	async function expectNoneOf(
		item: IDataObject,
		more: Partial<ExecuteOptions> = {},
		allSettings: Array<ExecuteOptions['settings']> = [{}, CONTINUE],
	) {
		for (const settings of allSettings) {
			const first = await runRecipe(path, item, { settings, ...more });
			expectNone(first, look);
			const { data: retryOf } = first.run;
			if (RECIPES[path].kind === 'mutation')
				expectNone(await runRecipe(path, item, { settings, ...more, retryOf }), look);
		}
	}

	test.each(STATUSES)('an answer with the status %s that repeats secrets', async (status) => {
		const answers = refusals(path, status);
		// Each form of an answer with two statuses, and one form, in one of the two settings, with each of the others.
		const isWhole = [200, 400].includes(status);
		const some = isWhole ? answers : [answers[status % answers.length]];
		const settings = isWhole ? undefined : [status % 2 === 0 ? {} : CONTINUE];
		for (const answer of some) {
			// What is in a file comes out as it is.
			if (status === 200 && path.endsWith('/download')) continue;
			await expectNoneOf(await answerAll(path, answer), {}, settings);
			if (RECIPES[path].address === 'mcpUrl')
				await expectNoneOf(await answerAll(path, answer, true), {}, settings);
		}
	});

	test('an answer that writes the key in other ways', async () => {
		for (const [index, write] of Object.values(SPELLINGS).entries()) {
			const answers = refusals(path, 400, write);
			expectNone(
				await runRecipe(path, await answerAll(path, answers[index % answers.length])),
				look,
			);
		}
	});

	test('an exception that repeats secrets', async () => {
		const wholeLinks = isDownload(path) ? [`https://files.example/${SIGNATURE}/a.zip`] : [];
		const secrets = [KEY, WEBHOOK_SECRET, PREVIOUS_SECRET, LINK, SESSION, ...wholeLinks];
		const message = `before ${secrets.join(' ')} after`;
		const exceptions = [
			new Error(message),
			Object.assign(new Error(message), { code: `E ${message}`, syscall: message }),
			Object.assign(new Error(message), { isAxiosError: true, code: 'ERR_BAD_OPTION' }),
			Object.assign(new Error(message, { cause: new Error(message) }), { description: message }),
			Object.defineProperty(new Error(message), 'errors', {
				get: () => {
					throw new Error(message);
				},
			}),
		];
		for (const exception of exceptions)
			for (const fromRequest of [1, 2]) {
				let requests = 0;
				interceptors.push(
					axios.interceptors.request.use((config) => {
						requests += 1;
						if (requests < fromRequest || String(config.data).includes('initialize')) return config;
						throw exception;
					}),
				);
				await expectNoneOf(itemFor());
				axios.interceptors.request.eject(interceptors.pop() ?? 0);
			}
	});

	test('a storage of n8n that repeats secrets', async () => {
		const error = new Error(
			`before ${[KEY, WEBHOOK_SECRET, PREVIOUS_SECRET, LINK, SESSION].join(' ')}`,
		);
		jest.spyOn(BinaryDataService.prototype, 'store').mockRejectedValue(error);
		const parameters = path === 'run/getLogs' ? { output: 'file' } : {};
		await expectNoneOf(itemFor(), { parameters });
	});

	test('a success that repeats secrets', async () => {
		const writeInAllWays = (text: string) =>
			Object.values(SPELLINGS)
				.map((write) => write(text))
				.join(' ');
		for (const write of [undefined, writeInAllWays]) {
			for (const faults of [sandbox.faults, sandbox.mcpFaults, sandbox.desktopFaults])
				faults.clear();
			const echo = echoOf(path, write);
			const desktop = { desktop_id: 'd', status: 'running', ...echo };
			sandbox.faults.add({ acceptedAnswer: { status: 202, body: { messageId: 'm-1', ...echo } } });
			const data: Record<string, unknown> = {
				'run/get': { status: 'running', ...echo },
				'run/getMany': { runs: [{ messageId: 'm-1', ...echo }] },
				'run/getLogs': { logs: JSON.stringify({ ...echo, inJson: '' }) },
				'workflow/getMany': { workflows: [{ workflowId: 'w-1', workflowName: KEY, ...echo }] },
			};
			const answers: Record<string, unknown> = {
				'desktop/getMany': [desktop],
				'desktop/getToolLogs': [desktop],
				'file/getMany': { files: [{ name: `a ${KEY}.txt`, size: 1, ...echo }] },
				'computer/screenshot': { ...desktop, base64_image: PICTURE },
			};
			if (path in data)
				for (const form of ['json-text', 'structured'] as const)
					sandbox.mcpFaults.add({
						match: { method: 'tools/call' },
						times: 1,
						result: { form, data: data[path] },
					});
			if (path !== 'file/download') sandbox.desktopFaults.add({ answer: answers[path] ?? desktop });
			for (let count = 0; count < 2; count += 1) {
				const item = itemFor();
				const first = await runRecipe(path, item);
				expect(first.error).toBeUndefined();
				expectNone(first, look);
				expectNone(await runRecipe(path, item, { retryOf: first.run.data }), look);
			}
		}
	});

	test('secrets in the fields of the credential', async () => {
		const fields = ['baseUrl', 'mcpUrl', 'desktopUrl', 'defaultCallbackUrl', 'deploymentId'];
		const secrets = [KEY, WEBHOOK_SECRET, PREVIOUS_SECRET, OLD_KEY];
		const forms = [
			(secret: string) => secret,
			(secret: string) => `https://${secret}`,
			(secret: string) => `http://user:${secret}@a.example/`,
		];
		// Each field with each secret, in one of the forms.
		for (const [n, field] of fields.entries())
			for (const [m, secret] of secrets.entries()) {
				const value = forms[(n + m) % forms.length](secret);
				const parameters =
					RECIPES[path].parameters.callback === 'none' ? { callback: 'default' } : {};
				const given = { parameters, credentials: credentials({ [field]: value }) };
				expectNone(await runRecipe(path, itemFor(), given), look);
			}
	});

	/** Secrets in the data, or pasted into the wrong field. */
	test.each([
		['the API key', KEY],
		['the webhook secret', WEBHOOK_SECRET],
		['the previous webhook secret', PREVIOUS_SECRET],
		['a presigned link', LINK],
		['the link of a session', isOnDesktop(path) ? SESSION_PATH : SESSION],
	])(
		'%s in each parameter',
		async (_, secret) => {
			// One of the expressions for each parameter and secret.
			for (const [n, parameter] of parametersOf(path).entries())
				for (const [index, expression] of EXPRESSIONS.entries()) {
					if (index !== (n + secret.length) % EXPRESSIONS.length) continue;
					const [group, member] = parameter.split('.');
					const given =
						member === undefined ? { [group]: expression } : { [group]: { [member]: expression } };
					const settings = index % 2 === 0 ? {} : CONTINUE;
					const parameters = {
						...(path === 'run/start' && { callbackUrl: 'https://n8n.example/' }),
						...given,
					};
					const item = itemFor({ secret });
					const execution = await runRecipe(path, item, { settings, parameters });
					// What NenAI answers is what it was given, and the field of a file has the name that somebody chose.
					const mayComeOut =
						parameter === 'binaryPropertyName'
							? secretsIn(secret)
							: isDownload(path)
								? []
								: [SIGNATURE, TOKEN];
					expectNone(execution, { isEntered: true, mayComeOut });
					const { error } = execution.items[0]?.json ?? {};
					if (error !== undefined) expect(secretsIn(String(error))).toEqual([]);
					if (index === 0) {
						sandbox.faults.next({ connection: 'drop-after-accept' });
						sandbox.desktopFaults.next({ connection: 'drop-after-acting' });
					} else {
						sandbox.faults.next({ refuse: { status: 400 } });
						sandbox.desktopFaults.next({ refuse: { status: 404 } });
					}
					expectNone(await runRecipe(path, item, { parameters }), { isEntered: true, mayComeOut });
					for (const faults of [sandbox.faults, sandbox.desktopFaults]) faults.clear();
				}
		},
		60_000,
	);
});

describe('what only some operations do', () => {
	test('an answer that ends in the middle of the key', async () => {
		for (const path of ['run/start', 'run/get', 'desktop/rename', 'file/download'])
			for (const size of [50_000, 64 * 1024, 100_000, 200_000])
				for (const before of [9, 20]) {
					const body = `said${' '.repeat(size - 4 - before)}${KEY}`;
					for (const part of [body, body.slice(0, size)])
						expectNone(await runRecipe(path, await answerAll(path, { status: 400, body: part })));
				}
	});

	test('a long text in which the key is where errors are shortened', async () => {
		for (const path of ['run/start', 'run/get', 'desktop/rename'])
			for (const length of [280, 290, 295]) {
				const body = { error: `${'x'.repeat(length)}${KEY}` };
				expectNone(await runRecipe(path, await answerAll(path, { status: 400, body })));
			}
		for (const part of ['resource_link', 'resource', 'other'])
			for (const length of [270, 280, 290]) {
				const text = `https://a.example/${'x'.repeat(length - 18)}${KEY}?X-Signature=${SIGNATURE}`;
				const content =
					part === 'resource_link'
						? { type: part, uri: text }
						: part === 'resource'
							? { type: part, resource: { uri: text } }
							: { type: text };
				sandbox.mcpFaults.clear();
				sandbox.mcpFaults.add({
					match: { method: 'tools/call' },
					result: { whole: { content: [content] } },
				});
				expectNone(await runRecipe('run/get', itemFor()));
			}
	});

	test.each(pathsOf(({ address }) => address === 'mcpUrl'))(
		'%s: failures that a server of MCP reports',
		async (path) => {
			const { said } = sayings(path);
			for (const result of [
				{ isError: `before ${said} after` },
				{ rpcError: { code: -32602, message: `before ${said} after` } },
				{ rpcError: { code: -32603, message: `before ${said} after` } },
				{ form: 'json-text', data: { success: false, error: `before ${said} after` } },
				{ form: 'json-text', data: { unknown: `before ${said} after` } },
				{ form: 'text', data: `before ${said} after` },
				{ whole: { content: [{ type: 'resource_link', uri: `${LINK} ${KEY}` }] } },
				{ whole: { content: [{ type: said }] } },
				{ whole: { content: [], structuredContent: { a: said } } },
			] as const) {
				sandbox.mcpFaults.clear();
				sandbox.mcpFaults.add({ match: { method: 'tools/call' }, result });
				const execution = await runRecipe(path, itemFor());
				// A log may be any text.
				expectNone(execution, { mayComeOut: path === 'run/getLogs' ? [SIGNATURE, TOKEN] : [] });
			}
		},
	);

	test('a server of MCP that is none, or another one', async () => {
		const { said: secrets } = sayings('run/get');
		const said = `${secrets} ${COOKIE}`;
		const answer = (result: object, more: object = {}) =>
			JSON.stringify({ jsonrpc: '2.0', id: 1, result, ...more });
		const begun = answer({ protocolVersion: '2025-06-18', capabilities: {}, serverInfo: {} });
		const tools = answer({ tools: [{ name: 'nen_status' }] });
		const bodies = [
			[`no JSON: ${said}`],
			[answer({ protocolVersion: secrets, capabilities: {} })],
			[begun, answer({ tools: [{ name: secrets }] })],
			[begun, tools, answer({ isError: true, content: [{ type: 'text', text: said }] })],
			[begun, tools, answer({}, { result: undefined, error: { code: -32602, message: said } })],
			[begun, tools, said],
			[begun, answer({}, { result: undefined, error: { code: -32000, message: said } })],
		];
		for (const answers of bodies)
			for (const status of [200, 404, 405, 500]) {
				let count = 0;
				const mcpUrl = await serve((request, response) => {
					const chunks: Buffer[] = [];
					request.on('data', (chunk: Buffer) => chunks.push(chunk));
					request.on('end', () => {
						const { id, method } = JSON.parse(
							Buffer.concat(chunks).toString() || '{}',
						) as IDataObject;
						if (String(method).startsWith('notifications/')) return response.writeHead(202).end();
						const body = answers[Math.min(count++, answers.length - 1)];
						response.writeHead(count < answers.length ? 200 : status, {
							'content-type': 'application/json',
							'set-cookie': `sticky=${COOKIE}`,
						});
						return response.end(body.replace('"id":1', `"id":${JSON.stringify(id ?? 1)}`));
					});
				});
				expectNone(await runRecipe('run/get', itemFor(), { credentials: credentials({ mcpUrl }) }));
			}
	});

	test('a key of digits, and a key with escapes of its own', async () => {
		for (const [apiKey, decoded] of [
			['1234567890', '1234567890'],
			['test-key-%41-of-percent', 'test-key-A-of-percent'],
			['test-key-&lt;-of-html', 'test-key-<-of-html'],
		]) {
			sandbox.setDefaults({ apiKey });
			for (const write of [...Object.values(SPELLINGS), () => decoded]) {
				sandbox.faults.clear();
				sandbox.faults.next({ refuse: { status: 400, body: `before ${write(apiKey)} after` } });
				sandbox.faults.next({
					acceptedAnswer: { status: 202, body: { messageId: 'm', n: 1_234_567_890 } },
				});
				const start = async () =>
					await runRecipe('run/start', itemFor(), { credentials: credentials({ apiKey }) });
				expect((await start()).error?.message).toContain('before *** after');
				const { n } = (await start()).items[0].json;
				if (apiKey === decoded) expect(n).toBe('***');
			}
		}
	});

	test('a header that becomes the type of a file', async () => {
		const apiKey = 'test-key-without-odd-characters';
		const desktopUrl = await serve((_, response) => {
			response.writeHead(200, { 'content-type': `text/${apiKey}` });
			response.end('x');
		});
		const { items } = await runRecipe('file/download', itemFor(), {
			credentials: credentials({ desktopUrl, apiKey }),
		});
		expect(items).toHaveLength(1);
		expect(textsOf(items).join(' ')).not.toContain(apiKey);
	});

	test.each(Object.keys(RECIPES))('%s: a credential that n8n cannot read', async (path) => {
		const message = `before ${LINK} ${isOnDesktop(path) ? SESSION_PATH : SESSION} after`;
		const unreadable = credentials();
		unreadable.getDecrypted = async () => {
			throw Object.assign(new Error(message), { description: message });
		};
		for (const settings of [{}, CONTINUE])
			expectNone(await runRecipe(path, itemFor(), { settings, credentials: unreadable }), {
				isEntered: isDownload(path),
			});
	});

	test('the links of a result', async () => {
		const host = await serve((_, response) => response.end('x'));
		const link = `${host}/a/b.zip?X-Signature=${SIGNATURE}`;
		const other = `${host}/other.zip?X-Signature=${SIGNATURE}`;
		const payload = { message_id: 'm', assets: [link, link], [`in ${LINK}`]: link, [LINK]: link };
		for (const options of [
			{},
			{ maxFileSize: 0.000_000_1 },
			{ allowedHosts: 'other.example' },
			{ fields: '={{ $json.field }}' },
		])
			for (const output of ['itemPerFile', 'singleItem'])
				for (const more of [{}, { expires_at: 1 }, { [`of ${KEY}`]: `see ${other} here` }])
					expectNone(
						await runRecipe(
							'result/download',
							itemFor({ field: LINK, payload: { ...payload, ...more } }),
							{
								parameters: { payload: '={{ $json.payload }}', output, options },
							},
						),
						{ isEntered: true },
					);
	});

	test('a relative link in an answer of another form, which an output would keep', async () => {
		const body = { list: [{ href: `/${TOKEN}` }] };
		for (const path of ['desktop/getMany', 'file/getMany'])
			expectNone(await runRecipe(path, await answerAll(path, { status: 200, body })));
	});

	test('an address of MCP that is no web address', async () => {
		const uri = `log:1?X-Signature=${SIGNATURE}`;
		for (const part of [
			{ type: 'resource_link', uri },
			{ type: 'resource', resource: { uri } },
		]) {
			sandbox.mcpFaults.clear();
			sandbox.mcpFaults.add({
				match: { method: 'tools/call' },
				result: { whole: { content: [part] } },
			});
			for (const path of ['run/get', 'run/getLogs']) expectNone(await runRecipe(path, itemFor()));
		}
	});

	test('a host of files that asks for a long pause', async () => {
		const host = await serve((_, response) =>
			response.writeHead(429, { 'retry-after': '500' }).end(LINK),
		);
		const assets = [1, 2].map(
			(n) => `${host}/${n}-${encodeURIComponent(KEY)}.zip?X-Signature=${SIGNATURE}`,
		);
		for (const settings of [{}, CONTINUE])
			expectNone(
				await runRecipe('result/download', itemFor({ payload: { [`of ${KEY}`]: assets } }), {
					settings,
					parameters: { payload: '={{ $json.payload }}', options: { maxConcurrency: 1 } },
				}),
				{ isEntered: true },
			);
	});

	test('a file for an upload that cannot be read', async () => {
		const error = new Error(`before ${KEY} ${WEBHOOK_SECRET} ${LINK} ${SESSION_PATH} after`);
		const run = async () => {
			for (const settings of [{}, CONTINUE])
				expectNone(
					await runRecipe('file/upload', itemFor(), {
						settings,
						binaries: [fileOf('', { id: 'filesystem-v2:1', data: 'filesystem-v2' })],
					}),
				);
		};
		const { prototype } = BinaryDataService;
		jest.spyOn(prototype, 'getMetadata').mockRejectedValue(error);
		await run();
		jest.spyOn(prototype, 'getMetadata').mockResolvedValue({ fileSize: 100 });
		jest.spyOn(prototype, 'getAsStream').mockRejectedValue(error);
		await run();
		jest.spyOn(prototype, 'getAsStream').mockImplementation(async () =>
			Readable.from(
				(async function* () {
					yield Buffer.from('begin');
					throw error;
				})(),
			),
		);
		await run();
	});

	test('a picture of the screen that cannot be taken after an action', async () => {
		const { said, ofSession } = sayings('computer/click');
		for (const refuse of refusals('computer/click', 400)) {
			sandbox.desktopFaults.clear();
			sandbox.desktopFaults.add({ match: { action: 'left_click' }, answer: { status: 'ok' } });
			sandbox.desktopFaults.add({ match: { action: 'screenshot' }, refuse });
			const execution = await runRecipe('computer/click', itemFor(), {
				parameters: { options: { screenshotAfter: true } },
			});
			expect(execution.hints.join()).toMatch(/no picture/);
			expectNone(execution);
		}
		sandbox.desktopFaults.clear();
		sandbox.desktopFaults.add({
			match: { action: 'left_click' },
			answer: { output: said, ...ofSession },
		});
	});

	test('parameters of a run that are personal data are not kept once more', async () => {
		const item = itemFor({ name: 'a-patient-name' });
		const { run } = await runRecipe('run/start', item);
		expect(JSON.stringify(run.data.executionData?.contextData)).not.toContain('a-patient-name');
	});
});

describe('lists of the editor', () => {
	const parameters = { resource: 'computer', operation: 'custom', desktopId: 'd' };
	const load = async (method: string, more: IDataObject = {}, desktopId = 'd') =>
		await loadList(method, credentials(more), undefined, { ...parameters, desktopId }).then(
			(list) => textsOf(list).join(' '),
			// The node itself, with its parameters, is known to whoever has opened the list.
			(error: Error) => textsOf({ ...error, node: '', stack: error.stack }).join(' '),
		);

	describe.each(['searchWorkflows', 'searchDesktops', 'searchTools'])('%s', (method) => {
		const path = method === 'searchWorkflows' ? 'workflow/getMany' : 'desktop/getMany';

		test.each(STATUSES)('an answer with the status %s that repeats secrets', async (status) => {
			for (const answer of refusals(path, status)) {
				await answerAll(path, answer);
				expect(secretsIn(await load(method))).toEqual([]);
			}
		});

		test('entries that repeat secrets', async () => {
			const { secrets: name } = sayings(path);
			sandbox.mcpFaults.add({
				match: { method: 'tools/call' },
				result: { data: { workflows: [{ workflowId: 'w-1', workflowName: name }] } },
			});
			sandbox.desktopFaults.add({
				answer:
					method === 'searchTools' ? [{ name }] : [{ desktop_id: 'd', name, status: 'running' }],
			});
			const list = await load(method, {}, sandbox.desktops.add());
			expect(list).toContain('***');
			expect(secretsIn(list)).toEqual([]);
		});

		test('secrets in the fields of the credential', async () => {
			for (const secret of [KEY, WEBHOOK_SECRET, OLD_KEY])
				for (const url of [
					secret,
					`https://${secret}`,
					`https://user:${secret}@a.example/${secret}`,
				])
					for (const field of ['mcpUrl', 'desktopUrl', 'deploymentId'])
						expect(secretsIn(await load(method, { [field]: url }))).toEqual([]);
		});
	});

	test('secrets in the place of a desktop', async () => {
		for (const desktopId of [KEY, WEBHOOK_SECRET, LINK, SESSION_PATH, `=${KEY}`])
			expect(secretsIn(await load('searchTools', {}, desktopId))).toEqual([]);
	});
});

describe('the test of the credential', () => {
	const press = async (data: IDataObject = {}) =>
		await testCredential.call(new CredentialTestContext(), {
			id: '1',
			name: 'NenAI',
			type: 'nenAiApi',
			data: {
				apiKey: KEY,
				baseUrl: sandbox.url,
				webhookSecret: WEBHOOK_SECRET,
				previousWebhookSecret: PREVIOUS_SECRET,
				...data,
			},
		});

	test.each(STATUSES)('an answer with the status %s that repeats secrets', async (status) => {
		for (const refuse of refusals('run/start', status)) {
			sandbox.faults.clear();
			sandbox.faults.add({ refuse });
			expect(secretsIn((await press()).message)).toEqual([]);
		}
	});

	test('secrets in the fields of the credential', async () => {
		for (const secret of [KEY, WEBHOOK_SECRET, OLD_KEY])
			for (const baseUrl of [
				secret,
				`https://${secret}`,
				`http://user:${secret}@a.example/${secret}`,
			])
				expect(secretsIn((await press({ baseUrl })).message)).toEqual([]);
	});
});

describe('callbacks', () => {
	const body = { assets: LINK, session: SESSION, said: [KEY, WEBHOOK_SECRET, PREVIOUS_SECRET] };

	test('the trigger keeps nothing of them but hashes', async () => {
		const trigger = await serveTrigger({ events: ['success', 'failed', 'other'] }, credentials());
		for (const secret of [KEY, WEBHOOK_SECRET, PREVIOUS_SECRET, LINK, SESSION])
			for (const callback of [
				{ messageId: secret, status: 'success' },
				{ messageId: 'm', status: secret },
				{ messageId: secret, status: 'success', signature: 'malformed' as const },
				{ messageId: secret, status: 'success', signature: 'wrong-secret' as const },
				{ rawBody: `{"message_id":"${secret}`, status: 'success' },
			])
				await sandbox.deliver({ url: trigger.url, workflowId: 'w', body, ...callback });
		await trigger.close();
		expect(trigger.started.length).toBeGreaterThan(5);
		expect(textsOf(trigger.staticData()).length).toBeGreaterThan(1);
		expect(secretsIn([...textsOf(trigger.staticData()), ...logged].join(' '))).toEqual([]);
	});

	test('secrets in the parameters of the trigger', async () => {
		const { properties } = new NenAiTrigger().description;
		for (const secret of [KEY, WEBHOOK_SECRET, PREVIOUS_SECRET, LINK])
			for (const parameter of namesOf(properties))
				for (const value of [secret, [secret], { a: secret }, { [secret]: secret }]) {
					const [group, member] = parameter.split('.');
					const parameters =
						member === undefined ? { [group]: value } : { [group]: { [member]: value } };
					const trigger = await serveTrigger({}, credentials(), {
						parameters: parameters as INodeParameters,
					});
					const delivered = await sandbox.deliver({
						url: trigger.url,
						workflowId: 'w',
						messageId: 'm',
						status: 'success',
					});
					const problem: unknown = await trigger.activate().catch((error: unknown) => error);
					await trigger.close();
					const { node, ...said } = { ...(problem as IDataObject | undefined) };
					const { message, stack } = (problem ?? {}) as Error;
					expect(
						secretsIn([...textsOf([said, message, stack, delivered.answer]), ...logged].join(' ')),
					).toEqual([]);
				}
	});

	test('a waiting execution', async () => {
		const parameters = { ...named('run/startAndWait'), ...RECIPES['run/startAndWait'].parameters };
		const waiting = await runRecipe('run/startAndWait', itemFor());
		expectNone(waiting);
		const messageId = String(sandbox.state().runs.at(-1)?.messageId);
		const server = await serveWaiting(waiting, parameters, credentials());
		for (const callback of [
			{ messageId: LINK, status: 'success' },
			{ messageId, status: 'success', signature: 'wrong-secret' as const },
			{ messageId, status: KEY },
			{ messageId, status: 'success' },
		])
			await sandbox.deliver({ url: server.url, workflowId: 'w', body, ...callback });
		await server.close();
		expect(server.started).toHaveLength(1);
		expect(secretsIn(logged.join(' '))).toEqual([]);
	});
});

describe('the polling trigger', () => {
	/** What polls leave behind: errors, what is saved, and in `outputs` what comes out. */
	async function pollAll(options: PollOptions = {}) {
		const polling = activatePolling({ workflowId: 'w-1' }, credentials(), options);
		const [inside, outputs] = [[] as string[], [] as string[]];
		for (let polls = 0; polls < 2; polls += 1)
			try {
				outputs.push(...textsOf(await polling.poll()));
			} catch (error) {
				const { node, ...said } = { ...(error as IDataObject) };
				const { message, stack } = error as Error;
				inside.push(...textsOf([said, message, stack]));
			}
		expect(secretsIn([...inside, ...outputs, ...logged].join(' '))).toEqual([]);
		expect(secretsIn(textsOf(polling.staticData()).join(' '))).toEqual([]);
		return { inside, outputs };
	}

	test.each(STATUSES)('an answer with the status %s that repeats secrets', async (status) => {
		for (const answer of refusals('run/getMany', status))
			for (const isFromBeginning of [false, true]) {
				await answerAll('run/getMany', answer, isFromBeginning);
				for (const options of [{}, { activation: 'init' }, { mode: 'manual' }] as PollOptions[])
					expect((await pollAll(options)).inside).not.toEqual([]);
			}
	});

	test('a success that repeats secrets', async () => {
		const echo = echoOf('run/getMany');
		const data = { runs: [{ messageId: `m ${KEY}`, status: 'completed', ...echo }] };
		for (const [form, given] of [
			['json-text', data],
			['structured', data],
			['json-text', { runs: [{ ...echo }] }],
		] as const) {
			sandbox.mcpFaults.clear();
			sandbox.mcpFaults.add({ match: { method: 'tools/call' }, result: { form, data: given } });
			await pollAll({
				staticData: { 'node:NenAI': { workflowId: 'w-1', newest: [], open: [], unanswered: {} } },
			});
		}
	});

	test('secrets in the parameters', async () => {
		for (const secret of [KEY, WEBHOOK_SECRET, PREVIOUS_SECRET, LINK])
			for (const parameter of namesOf(new NenAiPollingTrigger().description.properties))
				for (const value of [secret, [secret], { a: secret }, { [secret]: secret }])
					await pollAll({ parameters: { [parameter]: value } as INodeParameters, mode: 'manual' });
	});
});

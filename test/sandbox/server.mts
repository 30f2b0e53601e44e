import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { apiError, badRequest, sendAnswer } from './answers.mts';
import { Callbacks } from './callbacks.mts';
import { registerControl } from './control.mts';
import { desktopPath, isAuthorized } from './desktop/call.mts';
import { Desktops } from './desktop/desktops.mts';
import { DesktopFaults } from './desktop/faults.mts';
import { registerDesktop } from './desktop/route.mts';
import { Uploads } from './desktop/uploads.mts';
import { Faults } from './faults.mts';
import { Files, registerFiles } from './files.mts';
import { Listener } from './listener.mts';
import { McpFaults } from './mcp/faults.mts';
import { registerMcp } from './mcp/route.mts';
import { McpSessions } from './mcp/sessions.mts';
import { currentTools } from './mcp/shapes.mts';
import { McpTools } from './mcp/tools.mts';
import { RateLimit } from './rateLimit.mts';
import { mcpPath, Records, type DeliveryRecord, type State } from './records.mts';
import { registerRuns } from './runs.mts';
import { RunStates } from './runStates.mts';
import { someSettingsShape, type DeliverOptions, type Settings } from './shapes.mts';

/** Everything in `Settings` may be given; what is not has the value of `usualSettings`. */
export type SandboxOptions = Partial<Settings> & {
	/** Default 0: any free port. */
	port?: number;
};

/** A local NenAI on 127.0.0.1. */
export interface Sandbox {
	/** Its address, without a slash at the end: what a credential has as base URL. */
	readonly url: string;
	/** The address of its MCP server. */
	readonly mcpUrl: string;
	/** The address of its Desktop API. */
	readonly desktopUrl: string;
	readonly apiKey: string;
	readonly webhookSecret: string;
	/** Those of POST /runs. */
	readonly faults: Faults;
	/** Those of the MCP server. */
	readonly mcpFaults: McpFaults;
	/** Those of the Desktop API. */
	readonly desktopFaults: DesktopFaults;
	/** What the MCP server says of the runs. */
	readonly runs: RunStates;
	/** The desktops of the Desktop API, with what is on their drives. */
	readonly desktops: Desktops;
	readonly files: Files;
	/** Changes settings until the next reset. Throws when one is malformed. */
	setDefaults(settings: Partial<Settings>): void;
	state(): State;
	/** Resolves with the state as soon as the condition holds for it; throws after `timeoutMs` (default 5000). */
	until(condition: (state: State) => boolean, timeoutMs?: number): Promise<State>;
	/** Sends a callback now, once, and says how it was answered. Throws when it has no URL to go to. */
	deliver(options: DeliverOptions): Promise<DeliveryRecord>;
	/** Back to how it was started: no records, faults, files, run states, MCP sessions or desktops, nothing under way. */
	reset(): void;
	/** Stops listening and closes every connection. Callbacks still go out. */
	stop(): Promise<void>;
	/** Listens again, on the same port. */
	start(): Promise<void>;
	close(): Promise<void>;
}

const usualSettings: Settings = {
	apiKey: 'test-api-key-not-a-secret',
	webhookSecret: '7e57'.repeat(16),
	refusedKeyStatus: 401,
	workflows: null,
	workflowNames: {},
	rateLimit: null,
	fault: {},
	resultNote: 'Fertig – 完了',
	processingAfterMs: 100,
	finalAfterMs: 300,
	answerTimeoutMs: 5000,
	retryDelaysMs: [1000, 2000, 4000, 8000, 16_000],
	urlLifetimeSeconds: 3600,
	publicUrl: null,
	mcpFault: {},
	mcpTools: [...currentTools],
	mcpToolsPerPage: null,
	mcpSessions: true,
	mcpProtocolVersion: null,
	mcpLastCursor: null,
	mcpLostSession: null,
	mcpStickyCookie: false,
	desktopFault: {},
	desktopKeys: 'either',
	desktopTools: [],
	desktopAnswers: 'current',
	desktopScreen: { width: 1024, height: 768 },
	desktopTimeScale: 1,
	desktopMaxFileBytes: 100 * 1024 * 1024,
};

/** Throws when a setting is malformed or the port is in use. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const { port = 0, ...given } = options;
	const initial = { ...usualSettings, ...someSettingsShape.parse(given) };
	let settings = initial;
	const current = (): Settings => settings;
	let lifetime = new AbortController();
	const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal: lifetime.signal });
	const isKey = (key: unknown): boolean => key === settings.apiKey;
	// Each API says which headers count.
	const hasKey = ({ url, headers }: IncomingMessage): boolean =>
		url?.startsWith(`${desktopPath}/`)
			? isAuthorized(headers, settings)
			: isKey(headers['x-api-key']);

	const faults = new Faults();
	const mcpFaults = new McpFaults();
	const desktopFaults = new DesktopFaults();
	const rateLimit = new RateLimit();
	const records = new Records();
	const app = createApp(records);
	const listener = new Listener(port, (request, response) => {
		if (!request.url?.startsWith('/_sandbox/')) records.open(request, response, hasKey(request));
		app.routing(request, response);
	});
	const files = new Files(current, () => settings.publicUrl ?? listener.url);
	const runs = new RunStates(current, wait);
	const callbacks = new Callbacks(
		current,
		() => lifetime.signal,
		() => files.assetsUrl(),
		records,
		(messageId, callback) => runs.callback(messageId, callback),
	);
	const sessions = new McpSessions(current, new McpTools(current, runs));
	const uploads = new Uploads();
	const desktops = new Desktops(current, uploads, () => listener.url);
	let closed = false;

	const sandbox: Sandbox = {
		get url() {
			return listener.url;
		},
		get mcpUrl() {
			return listener.url + mcpPath;
		},
		get desktopUrl() {
			return listener.url + desktopPath;
		},
		get apiKey() {
			return settings.apiKey;
		},
		get webhookSecret() {
			return settings.webhookSecret;
		},
		faults,
		mcpFaults,
		desktopFaults,
		runs,
		desktops,
		files,
		setDefaults(changes) {
			settings = { ...settings, ...someSettingsShape.parse(changes) };
		},
		state: () => records.state(),
		until: (condition, timeoutMs) => records.until(condition, timeoutMs),
		deliver: (delivery) => callbacks.deliver(delivery),
		reset() {
			settings = initial;
			lifetime.abort();
			lifetime = new AbortController();
			faults.clear();
			mcpFaults.clear();
			desktopFaults.clear();
			files.clear();
			desktops.reset();
			runs.reset();
			sessions.reset();
			rateLimit.reset();
			records.reset();
		},
		stop: () => listener.close(),
		async start() {
			if (!closed) await listener.open();
		},
		async close() {
			closed = true;
			lifetime.abort();
			await callbacks.close();
			await listener.close();
			await app.close();
			uploads.clear();
		},
	};

	registerRuns(app, {
		settings: current,
		faults,
		rateLimit,
		records,
		callbacks,
		runStates: runs,
		isKey,
		wait,
	});
	registerMcp(app, { settings: current, faults: mcpFaults, sessions, isKey, wait });
	registerDesktop(app, {
		settings: current,
		faults: desktopFaults,
		desktops,
		uploads,
		records,
		wait,
	});
	registerFiles(app, files, wait);
	registerControl(app, sandbox, wait);
	await app.ready();
	await listener.open();
	return sandbox;
}

function createApp(records: Records): FastifyInstance {
	const app = fastify({
		bodyLimit: 10 * 1024 * 1024,
		exposeHeadRoutes: false,
		// The validator must not mend what it is given.
		ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
	});
	app.removeAllContentTypeParsers();
	app.addContentTypeParser(
		'application/json',
		{ parseAs: 'string' },
		async (request: FastifyRequest, text: string) => {
			const body = parseJson(text);
			records.body(request.raw, body, text);
			return body;
		},
	);
	app.setErrorHandler((error: FastifyError, _request, reply) => {
		const status = error instanceof ZodError ? 400 : (error.statusCode ?? 500);
		return sendAnswer(
			reply,
			apiError(status, status < 500 ? 'Invalid request' : 'Sandbox error', error.message),
		);
	});
	// With any key: only POST /runs can tell a good key from a bad one.
	app.setNotFoundHandler((_request, reply) =>
		sendAnswer(reply, { status: 404, body: { message: 'Not Found' } }),
	);
	return app;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw badRequest('The body is not valid JSON');
	}
}

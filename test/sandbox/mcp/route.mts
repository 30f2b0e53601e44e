import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { drop, refusedKey, sendAnswer, stayOpen } from '../answers.mts';
import { mcpPath } from '../records.mts';
import type { Settings } from '../shapes.mts';
import type { McpFaults } from './faults.mts';
import { readMessage, type McpMessage } from './message.mts';
import { sessionHeader, type McpSessions } from './sessions.mts';
import type { McpFault } from './shapes.mts';
import { answerStream } from './streams.mts';

interface Parts {
	settings: () => Settings;
	faults: McpFaults;
	sessions: McpSessions;
	isKey: (key: unknown) => boolean;
	/** Milliseconds. */
	wait: (ms: number) => Promise<void>;
}

export function registerMcp(app: FastifyInstance, parts: Parts): void {
	app.route({
		method: ['GET', 'POST', 'DELETE'],
		url: mcpPath,
		onRequest: async (request, reply) => {
			if (!parts.isKey(request.headers['x-api-key']))
				return sendAnswer(reply, refusedKey(parts.settings().refusedKeyStatus));
		},
		handler: async (request, reply) => answerMcp(request, reply, parts),
	});
}

async function answerMcp(
	request: FastifyRequest,
	reply: FastifyReply,
	parts: Parts,
): Promise<FastifyReply | void> {
	const incoming = toWebRequest(request);
	const message = readMessage(request.method, request.body);
	const session = incoming.headers.get(sessionHeader);
	const usual = message.id === null ? {} : parts.settings().mcpFault;
	const fault: McpFault = { ...usual, ...parts.faults.take(message, session !== null) };
	await parts.wait(fault.latencyMs ?? 0);
	if (fault.connection === 'drop') return drop(reply);
	if (fault.connection === 'silent') return stayOpen(reply);
	if (fault.refuse) return sendAnswer(reply, fault.refuse);
	if (fault.loseSession && session !== null) parts.sessions.forget(session);
	const { mcpLostSession, mcpStickyCookie } = parts.settings();
	if (mcpLostSession && session !== null && !parts.sessions.knows(session))
		return sendAnswer(reply, mcpLostSession);
	if (mcpStickyCookie && session !== null && !holdsCookie(request, session))
		return sendAnswer(reply, { status: 404, body: { error: 'Session not found' } });
	const response = await parts.sessions.answer({
		request: incoming,
		body: request.body,
		id: message.id,
		result: fault.result ?? {},
	});
	return sendResponse(reply, response, message, fault, parts);
}

/** What the SDK looks at; the body it is given apart. */
function toWebRequest({ method, url, headers }: FastifyRequest): Request {
	const known = ['accept', 'content-type', sessionHeader, 'mcp-protocol-version'];
	const given = known.flatMap((name) =>
		headers[name] === undefined ? [] : [[name, String(headers[name])]],
	);
	return new Request(new URL(url, 'http://sandbox'), {
		method,
		headers: Object.fromEntries(given),
	});
}

/** The cookie by which a load balancer knows where a session is. */
function cookieOf(session: string): string {
	return `sticky=to-${session}`;
}

function holdsCookie({ headers }: FastifyRequest, session: string): boolean {
	return (headers.cookie ?? '').split('; ').includes(cookieOf(session));
}

async function sendResponse(
	reply: FastifyReply,
	response: Response,
	message: McpMessage,
	{ answerAs = 'stream' }: McpFault,
	{ wait, settings }: Parts,
): Promise<FastifyReply | void> {
	const headers: Record<string, string> = {};
	response.headers.forEach((value, name) => {
		headers[name] = value;
	});
	const begun = response.headers.get(sessionHeader);
	if (settings().mcpStickyCookie && message.method === 'initialize' && begun !== null)
		headers['set-cookie'] = `${cookieOf(begun)}; Path=/; HttpOnly`;
	if (headers['content-type'] === 'text/event-stream')
		return sendStream(reply, headers, Readable.fromWeb(response.body as ReadableStream));
	const answer = await response.text();
	if (message.id === null || response.status !== 200 || answerAs === 'json')
		return reply.code(response.status).headers(headers).send(answer);
	const plan = answerAs === 'stream' ? {} : answerAs;
	return sendStream(
		reply,
		{ ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-cache' },
		Readable.from(answerStream(answer, message, plan, wait)),
	);
}

async function sendStream(
	reply: FastifyReply,
	headers: Record<string, string>,
	source: Readable,
): Promise<void> {
	reply.hijack();
	reply.raw.writeHead(200, headers).flushHeaders();
	try {
		await pipeline(source, reply.raw);
	} catch (error) {
		// The client may leave before the end; anything else is a mistake here.
		if (!reply.raw.destroyed) throw error;
	}
}

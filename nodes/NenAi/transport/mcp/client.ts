import type { IDataObject, IN8nHttpFullResponse } from 'n8n-workflow';

import { parseJson } from '../answer';
import { readEvents } from './eventStream';

/**
 * A client of the Model Context Protocol over streamable HTTP (modelcontextprotocol.io/specification/2025-06-18), as
 * far as tools need it. Knows nothing of who answers.
 */

/** The one that is asked for first. Later ones may end a stream before the answer and have it fetched. */
const PROTOCOL_VERSION = '2025-06-18';

/** Versions in which tools are listed and called in the same way. */
const KNOWN_VERSIONS = [PROTOCOL_VERSION, '2025-11-25', '2025-03-26', '2024-11-05'];

const CLIENT_INFO = { name: 'n8n-nodes-nenai', version: '1' };

/** Characters of an answer. Larger ones are not read to their end. */
const LARGEST_ANSWER = 50_000_000;

/** Characters of the body of an error that are read, and milliseconds that it may take: its status says most of it. */
const LARGEST_ERROR = 50_000;
const LONGEST_ERROR = 2000;

/** Milliseconds for the end of a session, for which nobody waits. */
const LONGEST_END = 5000;

/** Pages of a list of tools; a server that gives more goes round in a circle. */
const MOST_PAGES = 100;

/** JSON-RPC's code for a request whose method is not there. */
const METHOD_NOT_FOUND = -32601;

type Headers = IN8nHttpFullResponse['headers'];

/** A body as a stream of bytes, ended before its end with `destroy`. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
	destroy(): void;
}

export interface HttpRequest {
	method: 'POST' | 'DELETE';
	headers: Record<string, string>;
	body?: Message;
	/** Ends the request, whatever it is at. */
	signal: AbortSignal;
}

/** Sends a request and resolves with its answer, of any status, when its headers are there. Rejects where none comes. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpResponse {
	statusCode: number;
	headers: Headers;
	body: ByteStream;
}

export interface Tool {
	name: string;
	/** JSON Schema of its arguments, as far as the server gives one. */
	inputSchema?: IDataObject;
}

/** What a tool answers, in the protocol's form; every field may be missing. */
export interface ToolResult {
	content?: unknown;
	structuredContent?: unknown;
	isError?: unknown;
}

/** A message of JSON-RPC 2.0. */
interface Message {
	jsonrpc?: unknown;
	id?: unknown;
	method?: unknown;
	params?: unknown;
	result?: unknown;
	error?: unknown;
}

/** Why a question has no answer. */
export type NoResult =
	/** An HTTP answer with a status that is no success, or with none of the protocol's content. */
	| { kind: 'http'; status: number; headers: Headers; body: string }
	/** The request threw this. */
	| { kind: 'thrown'; error: unknown }
	| { kind: 'tooLate' }
	/** The server has forgotten the session, and that of a new beginning, too. */
	| { kind: 'lost' }
	/** The answer ended without what was asked for. */
	| { kind: 'cutOff' }
	| { kind: 'tooLarge' }
	/** An error of JSON-RPC, to a request of this method. */
	| { kind: 'rpc'; method: string; code: number; message: string }
	/** The server speaks this version of the protocol only. */
	| { kind: 'version'; version: string };

export class McpError extends Error {
	readonly reason: NoResult;

	constructor(reason: NoResult) {
		super(reason.kind);
		this.reason = reason;
	}
}

interface Session {
	/** Undefined where the server keeps no sessions. */
	id?: string;
	version: string;
}

/** All methods reject with McpError. One session serves all calls; one that is lost is begun anew once for each call. */
export class McpClient {
	private session?: Promise<Session>;

	private lastId = 0;

	private readonly send: Send;

	private readonly timeout: number;

	private readonly stopped?: AbortSignal;

	/**
	 * @param timeout milliseconds for one request, its answer included
	 * @param stopped ends all requests
	 */
	constructor(send: Send, timeout: number, stopped?: AbortSignal) {
		this.send = send;
		// A timer takes whole numbers only.
		this.timeout = Math.ceil(timeout);
		this.stopped = stopped;
	}

	/** All tools, from as many pages as there are. */
	async listTools(): Promise<Tool[]> {
		const tools: Tool[] = [];
		let cursor: unknown;
		for (let page = 0; page < MOST_PAGES; page += 1) {
			const result = (await this.call('tools/list', cursor === undefined ? {} : { cursor })) as { tools?: unknown; nextCursor?: unknown };
			if (Array.isArray(result.tools)) tools.push(...result.tools.filter(isTool));
			if (typeof result.nextCursor !== 'string' || result.nextCursor === cursor) break;
			cursor = result.nextCursor;
		}
		return tools;
	}

	async callTool(name: string, args: IDataObject): Promise<ToolResult> {
		return (await this.call('tools/call', { name, arguments: args })) as ToolResult;
	}

	/** Lets the server forget the session. Nobody waits for it, and it need not succeed. */
	async close(): Promise<void> {
		const session = await this.session?.catch(() => undefined);
		this.session = undefined;
		if (session?.id === undefined) return;
		const ended = new AbortController();
		try {
			const { body } = await this.send({ method: 'DELETE', headers: headersOf(session), signal: AbortSignal.any([ended.signal, AbortSignal.timeout(LONGEST_END)]) });
			body.destroy();
			ended.abort();
		} catch {
			// It ends by itself some time.
		}
	}

	private async call(method: string, params: IDataObject): Promise<object> {
		const opened = this.open();
		const session = await opened;
		return await this.ask(method, params, session).catch(async (error: unknown) => {
			if (!isLost(error)) return await Promise.reject(error);
			// Another call may have begun a new one already.
			if (this.session === opened) this.session = undefined;
			return await this.ask(method, params, await this.open());
		});
	}

	private open(): Promise<Session> {
		if (this.session === undefined) {
			const session = this.initialize();
			this.session = session;
			session.catch(() => {
				if (this.session === session) this.session = undefined;
			});
		}
		return this.session;
	}

	private async initialize(): Promise<Session> {
		const params = { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: CLIENT_INFO };
		const { result, headers } = await this.exchange('initialize', params);
		const version = String((result as { protocolVersion?: unknown }).protocolVersion);
		if (!KNOWN_VERSIONS.includes(version)) throw new McpError({ kind: 'version', version });
		const id = headers['mcp-session-id'];
		const session: Session = { version, ...(typeof id === 'string' && { id }) };
		await this.tell({ method: 'notifications/initialized' }, session);
		return session;
	}

	private async ask(method: string, params: IDataObject, session: Session): Promise<object> {
		return (await this.exchange(method, params, session)).result;
	}

	/** Sends a request, and reads until its answer is there. */
	private async exchange(method: string, params: IDataObject, session?: Session): Promise<{ result: object; headers: Headers }> {
		this.lastId += 1;
		const id = this.lastId;
		return await this.post({ id, method, params }, session, async ({ statusCode, headers, body }) => {
			for await (const message of messagesIn(statusCode, headers, body)) {
				if (isAnswerTo(id, message)) return { result: resultOf(message, method), headers };
				if (message.method !== undefined && message.id !== undefined) void this.reply(message, session);
			}
			throw new McpError({ kind: 'cutOff' });
		});
	}

	/** A server may ask back before it answers: whether anybody is there, or for what no client has to have. */
	private async reply({ id, method }: Message, session?: Session) {
		const answer = method === 'ping' ? { result: {} } : { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
		// Where it does not arrive, the answer that is waited for tells what is wrong.
		await this.tell({ id, ...answer }, session).catch(() => {});
	}

	/** Sends what nobody answers. */
	private async tell(message: Message, session?: Session): Promise<void> {
		await this.post(message, session, async () => {});
	}

	/** @param read what to do with the answer, where it is a success; the connection ends afterwards in any case */
	private async post<T>(message: Message, session: Session | undefined, read: (response: HttpResponse) => Promise<T>): Promise<T> {
		const deadline = AbortSignal.timeout(this.timeout);
		const ended = new AbortController();
		const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headersOf(session) };
		const signal = AbortSignal.any([deadline, ended.signal, ...(this.stopped ? [this.stopped] : [])]);
		let body: ByteStream | undefined;
		try {
			const response = await this.send({ method: 'POST', headers, body: { jsonrpc: '2.0', ...message }, signal });
			({ body } = response);
			if (response.statusCode >= 300) throw new McpError(await refusalIn(response, session));
			return await read(response);
		} catch (error) {
			throw asMcpError(error, deadline);
		} finally {
			body?.destroy();
			ended.abort();
		}
	}
}

function asMcpError(error: unknown, deadline: AbortSignal): McpError {
	if (error instanceof McpError) return error;
	return new McpError(deadline.aborted ? { kind: 'tooLate' } : { kind: 'thrown', error });
}

function headersOf(session?: Session): Record<string, string> {
	if (session === undefined) return {};
	return { 'mcp-protocol-version': session.version, ...(session.id !== undefined && { 'mcp-session-id': session.id }) };
}

/** The messages of an answer, in either of its two forms. */
async function* messagesIn(status: number, headers: Headers, body: ByteStream): AsyncGenerator<Message> {
	const type = String(headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
	if (type === 'text/event-stream') {
		for await (const data of readEvents(bounded(body))) yield* toMessages(parseJson(data));
		return;
	}
	const text = await readWhole(body);
	const json = parseJson(text);
	if (type === 'application/json' && typeof json === 'string' && text.trim() !== '') throw new McpError({ kind: 'cutOff' });
	const messages = toMessages(json);
	// A page, or any other answer that has nothing of the protocol.
	if (messages.length === 0) throw new McpError({ kind: 'http', status, headers, body: text });
	yield* messages;
}

/** A message, or several in a list, as versions before 2025-06-18 may have it. */
function toMessages(json: unknown): Message[] {
	const entries: unknown[] = Array.isArray(json) ? json : [json];
	return entries.filter((entry): entry is Message => typeof entry === 'object' && entry !== null && 'jsonrpc' in entry);
}

/** An error without an ID is the answer to what the server could not read. */
function isAnswerTo(id: number, message: Message): boolean {
	if (message.method !== undefined) return false;
	return String(message.id) === String(id) || (message.error !== undefined && (message.id ?? null) === null);
}

function resultOf({ result, error }: Message, method: string): object {
	if (typeof result === 'object' && result !== null) return result;
	const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
	throw new McpError({ kind: 'rpc', method, code: Number(code), message: typeof message === 'string' ? message : '' });
}

function isTool(entry: unknown): entry is Tool {
	return typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string';
}

/** What an answer that is no success says: to a session's ID, 404 means that the server has forgotten it; some answer 400. */
async function refusalIn({ statusCode: status, headers, body }: HttpResponse, session?: Session): Promise<NoResult> {
	const text = await readStart(body);
	const isForgotten = status === 404 || (status === 400 && /session/i.test(text));
	return session?.id !== undefined && isForgotten ? { kind: 'lost' } : { kind: 'http', status, headers, body: text };
}

function isLost(error: unknown): boolean {
	return error instanceof McpError && error.reason.kind === 'lost';
}

/** The beginning of a body, as far as it comes soon. */
async function readStart(body: ByteStream): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	const read = async () => {
		for await (const chunk of body) {
			text += decoder.decode(chunk, { stream: true });
			if (text.length > LARGEST_ERROR) return;
		}
	};
	const soon = new Promise((resolve) => AbortSignal.timeout(LONGEST_ERROR).addEventListener('abort', resolve));
	await Promise.race([read().catch(() => {}), soon]);
	return text;
}

async function readWhole(body: ByteStream): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of bounded(body)) text += decoder.decode(chunk, { stream: true });
	return text + decoder.decode();
}

/** The same chunks, as long as there are not too many. */
async function* bounded(body: ByteStream): AsyncGenerator<Uint8Array> {
	let size = 0;
	for await (const chunk of body) {
		size += chunk.length;
		if (size > LARGEST_ANSWER) throw new McpError({ kind: 'tooLarge' });
		yield chunk;
	}
}

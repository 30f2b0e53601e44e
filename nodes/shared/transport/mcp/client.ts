import type { IDataObject } from 'n8n-workflow';

import { Cookies } from './cookies';
import { Deadline } from './deadline';
import {
	isAnswerTo,
	messagesIn,
	resultOf,
	type Admit,
	type ByteStream,
	type HttpResponse,
	type Message,
} from './messages';
import { readStart } from '../http/readStart';
import { changeTexts, isLost, McpError, readRefusal, type Headers } from './noResult';
import { Turns, type Share } from './turns';

export type { ByteStream } from './messages';
export { McpError, saysUnknownSession, type NoResult } from './noResult';

/**
 * A client of the Model Context Protocol over streamable HTTP (modelcontextprotocol.io/specification/2025-06-18), with
 * the parts that tools need. It does not depend on what the server is.
 */

/**
 * The version that is requested first. In later versions, a server may end the stream before the response, which the
 * client must then fetch.
 */
const PROTOCOL_VERSION = '2025-06-18';

/** Versions in which tools are listed and called in the same way. */
const KNOWN_VERSIONS = [PROTOCOL_VERSION, '2025-11-25', '2025-03-26', '2024-11-05'];

const CLIENT_INFO = { name: 'n8n-nodes-nenai', version: '1' };

/** Milliseconds for the request that ends a session. Nothing waits for it. */
const MAX_CLOSE_MS = 5000;

/**
 * Milliseconds for the notification that the session has begun. Nothing depends on it, so a server that never answers
 * it does not delay the rest.
 */
const MAX_NOTE_MS = 3000;

/** Pages of a list of tools. A server that gives more repeats itself. */
const MAX_PAGES = 100;

/** JSON-RPC's codes for an unknown method and for parameters that are not accepted. */
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;

/** Values of cookies that failures must not contain. A shorter value could be an ordinary word. */
const SHORTEST_HIDDEN = 8;
const MOST_HIDDEN = 100;

export interface HttpRequest {
	method: 'POST' | 'DELETE';
	headers: Record<string, string>;
	body?: Message;
	/** Ends the request at any time. */
	signal: AbortSignal;
}

/**
 * Sends a request and resolves with its response, of any status, when the headers have arrived. Rejects if there is no
 * response.
 */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

export interface Tool {
	name: string;
	/** JSON Schema of its arguments, if the server gives one. */
	inputSchema?: IDataObject;
}

/** The result of a tool, in the form of the protocol. Every field may be missing. */
export interface ToolResult {
	content?: unknown;
	structuredContent?: unknown;
	isError?: unknown;
}

interface Session {
	/** Undefined if the server does not use sessions. */
	id?: string;
	/** Undefined until client and server have agreed on one. */
	version?: string;
	cookies: Cookies;
}

/** Handles the response to a request while its connection is open. */
type Read<T> = (response: HttpResponse, admit: (share: Share) => Admit) => Promise<T>;

/**
 * All methods reject with McpError. One session serves all calls. If the server has lost the session, each call starts
 * a new one, once.
 */
export class McpClient {
	private session?: Promise<Session>;

	private lastId = 0;

	private readonly turns = new Turns();

	private readonly hidden = new Set<string>();

	/**
	 * @param timeout milliseconds for one request and its response
	 * @param stopped ends all requests
	 */
	constructor(
		private readonly send: Send,
		private readonly timeout: number,
		private readonly stopped?: AbortSignal,
	) {}

	/** All tools, from all pages. */
	async listTools(): Promise<Tool[]> {
		const tools: Tool[] = [];
		let cursor: unknown;
		for (let page = 0; page < MAX_PAGES; page += 1) {
			const result = await this.listPage(cursor);
			// One by one: a long list as arguments of one call would overflow the stack.
			for (const tool of Array.isArray(result.tools) ? (result.tools as unknown[]) : [])
				if (isTool(tool)) tools.push(tool);
			// Some servers write an empty cursor if there are no more pages.
			if (
				typeof result.nextCursor !== 'string' ||
				result.nextCursor === '' ||
				result.nextCursor === cursor
			)
				break;
			cursor = result.nextCursor;
		}
		return tools;
	}

	/** Gives an empty page if the server refuses its own cursor: then the pages so far are the list. */
	private async listPage(cursor: unknown): Promise<{ tools?: unknown; nextCursor?: unknown }> {
		return await this.call(
			'tools/list',
			cursor === undefined ? {} : { cursor },
			(page: object) => page,
		).catch(async (error: unknown) => {
			const isCursorRefused =
				cursor !== undefined &&
				error instanceof McpError &&
				error.reason.kind === 'rpc' &&
				error.reason.code === INVALID_PARAMS;
			return isCursorRefused ? {} : await Promise.reject(error);
		});
	}

	async callTool(name: string, args: IDataObject): Promise<ToolResult>;
	/**
	 * @param use handles the result. Of large results, one at a time is held, until `use` ends. What `use` throws is
	 * thrown.
	 */
	async callTool<T>(
		name: string,
		args: IDataObject,
		use: (result: ToolResult) => T | Promise<T>,
	): Promise<T>;
	async callTool<T>(
		name: string,
		args: IDataObject,
		use: (result: ToolResult) => T | Promise<T> | ToolResult = (result) => result,
	): Promise<T | ToolResult> {
		return await this.call('tools/call', { name, arguments: args }, use);
	}

	/** Tells the server to forget the session. Nothing waits for it, and it may fail. */
	async close(): Promise<void> {
		const session = await this.session?.catch(() => undefined);
		this.session = undefined;
		if (session?.id === undefined) return;
		const ended = new AbortController();
		try {
			const { body } = await this.send({
				method: 'DELETE',
				headers: headersOf(session),
				signal: AbortSignal.any([ended.signal, AbortSignal.timeout(MAX_CLOSE_MS)]),
			});
			body.destroy();
			ended.abort();
		} catch {
			// The server ends the session by itself after some time.
		}
	}

	/** The text without the cookies of the sessions. */
	hide(text: string): string {
		return [...this.hidden].reduce((hidden, value) => hidden.split(value).join('***'), text);
	}

	private async call<T>(
		method: string,
		params: IDataObject,
		use: (result: object) => T | Promise<T>,
	): Promise<T> {
		const opened = this.open();
		const session = await opened;
		return await this.ask(method, params, session, use).catch(async (error: unknown) => {
			if (session.id === undefined || !isLost(error)) return await Promise.reject(error);
			// Another call may already have begun a new session.
			if (this.session === opened) this.session = undefined;
			return await this.ask(method, params, await this.open(), use);
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

	/** If the server refuses the usual version and names another known one, that one is used. */
	private async initialize(): Promise<Session> {
		return await this.begin(PROTOCOL_VERSION).catch(async (error: unknown) => {
			const other = otherVersion(error);
			return other === undefined ? await Promise.reject(error) : await this.begin(other);
		});
	}

	private async begin(protocolVersion: string): Promise<Session> {
		const params = { protocolVersion, capabilities: {}, clientInfo: CLIENT_INFO };
		const cookies = new Cookies();
		const share = this.turns.share();
		const { result, headers } = await this.exchange(
			'initialize',
			params,
			{ cookies },
			share,
		).finally(() => share.release());
		const version = String((result as { protocolVersion?: unknown }).protocolVersion);
		if (!KNOWN_VERSIONS.includes(version)) throw new McpError({ kind: 'version', version });
		const id = headers['mcp-session-id'];
		const session: Session = { version, cookies, ...(typeof id === 'string' && { id }) };
		await this.tell(
			{ method: 'notifications/initialized' },
			session,
			Math.min(this.timeout, MAX_NOTE_MS),
		).catch((error: unknown) => {
			// Some servers refuse, drop or never answer it. The next request shows whether the session works.
			if (this.stopped?.aborted) throw error;
		});
		return session;
	}

	private async ask<T>(
		method: string,
		params: IDataObject,
		session: Session,
		use: (result: object) => T | Promise<T>,
	): Promise<T> {
		const share = this.turns.share();
		try {
			const { result } = await this.exchange(method, params, session, share);
			return await use(result);
		} finally {
			share.release();
		}
	}

	/** Sends a request, and reads the response until the result is there. */
	private async exchange(
		method: string,
		params: IDataObject,
		session: Session,
		share: Share,
	): Promise<{ result: object; headers: Headers }> {
		this.lastId += 1;
		const id = this.lastId;
		return await this.post({ id, method, params }, session, async (response, admit) => {
			for await (const message of messagesIn(response, admit(share))) {
				if (isAnswerTo(id, message))
					return { result: resultOf(message, method), headers: response.headers };
				if (message.method !== undefined && message.id !== undefined)
					void this.reply(message, session);
			}
			throw new McpError({ kind: 'cutOff' });
		});
	}

	/**
	 * A server may send requests of its own before it responds: a ping, or something that this client does not support.
	 */
	private async reply({ id, method }: Message, session: Session) {
		const answer =
			method === 'ping'
				? { result: {} }
				: { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
		// If this does not arrive, the response to the client's own request shows what is wrong.
		await this.tell({ id, ...answer }, session).catch(() => {});
	}

	/** Sends a message that needs no response. */
	private async tell(message: Message, session: Session, timeout = this.timeout): Promise<void> {
		await this.post(message, session, async () => {}, timeout);
	}

	/** @param read handles a successful response. The connection ends afterwards in any case */
	private async post<T>(
		message: Message,
		session: Session,
		read: Read<T>,
		timeout = this.timeout,
	): Promise<T> {
		const deadline = new Deadline(timeout);
		const ended = new AbortController();
		const headers = {
			accept: 'application/json, text/event-stream',
			'content-type': 'application/json',
			...headersOf(session),
		};
		const signal = AbortSignal.any([
			deadline.signal,
			ended.signal,
			...(this.stopped ? [this.stopped] : []),
		]);
		let body: ByteStream | undefined;
		try {
			const response = await this.send({
				method: 'POST',
				headers,
				body: { jsonrpc: '2.0', ...message },
				signal,
			});
			({ body } = response);
			this.keepCookies(response, session);
			if (response.statusCode >= 300) throw await refusalOf(response, message, session);
			return await read(
				response,
				(share) => async (bytes) => await share.add(bytes, deadline, signal),
			);
		} catch (error) {
			throw this.toMcpError(error, deadline);
		} finally {
			body?.destroy();
			ended.abort();
		}
	}

	private toMcpError(error: unknown, deadline: Deadline): McpError {
		const { reason } = asMcpError(error, deadline);
		return new McpError(changeTexts(reason, (text) => this.hide(text)));
	}

	private keepCookies({ headers }: HttpResponse, { cookies }: Session) {
		for (const value of cookies.take(headers['set-cookie'])) {
			if (value.length >= SHORTEST_HIDDEN && this.hidden.size < MOST_HIDDEN) this.hidden.add(value);
		}
	}
}

async function refusalOf(
	{ statusCode, headers, body }: HttpResponse,
	{ method }: Message,
	{ id }: Session,
): Promise<McpError> {
	return new McpError(
		readRefusal(statusCode, headers, await readStart(body), String(method), id !== undefined),
	);
}

function asMcpError(error: unknown, deadline: Deadline): McpError {
	if (error instanceof McpError) return error;
	return new McpError(deadline.signal.aborted ? { kind: 'tooLate' } : { kind: 'thrown', error });
}

/** A version that the server names when it refuses ours, and that is also known here. */
function otherVersion(error: unknown): string | undefined {
	if (!(error instanceof McpError) || error.reason.kind !== 'version') return undefined;
	return error.reason.version
		.split(', ')
		.find((version) => version !== PROTOCOL_VERSION && KNOWN_VERSIONS.includes(version));
}

function headersOf({ id, version, cookies }: Session): Record<string, string> {
	const cookie = cookies.toHeader();
	return {
		...(version !== undefined && { 'mcp-protocol-version': version }),
		...(id !== undefined && { 'mcp-session-id': id }),
		...(cookie !== undefined && { cookie }),
	};
}

function isTool(entry: unknown): entry is Tool {
	return (
		typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string'
	);
}

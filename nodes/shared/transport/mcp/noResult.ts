import type { IN8nHttpFullResponse } from 'n8n-workflow';

import { parseJson } from '../exactJson';

export type Headers = IN8nHttpFullResponse['headers'];

/** Why a question has no answer. */
export type NoResult =
	/** An HTTP response with an error status, or without content of the protocol. */
	| { kind: 'http'; status: number; headers: Headers; body: string; method?: string }
	/** The request threw this. */
	| { kind: 'thrown'; error: unknown }
	| { kind: 'tooLate' }
	/**
	 * The server says that it does not know the session, and says the same about a new one. It may mean something else
	 * that it does not know.
	 */
	| { kind: 'lost'; status: number; body: string }
	/** The response ended without the result. */
	| { kind: 'cutOff' }
	/** The response is complete, but it is not JSON. */
	| { kind: 'notJson'; body: string }
	/** The response is JSON with too many levels. `problem` continues after "its answer". */
	| { kind: 'tooDeep'; problem: string }
	| { kind: 'tooLarge' }
	/** A JSON-RPC error, in response to a request with this method. */
	| { kind: 'rpc'; method: string; code: number; message: string }
	/** The server supports only other versions of the protocol. Its own words if it names no version. */
	| { kind: 'version'; version: string };

export class McpError extends Error {
	constructor(readonly reason: NoResult) {
		super(reason.kind);
	}
}

/** JSON-RPC's code with which a server says that it does not support the version of the protocol. */
const UNSUPPORTED_VERSION = -32022;
const UNSUPPORTED_VERSION_IN_WORDS = /unsupported protocol version/i;

/** The code with which some servers say that they do not know the session. Others say it in words. */
const UNKNOWN_SESSION = -32001;
const OF_A_SESSION = /session|not (?:yet )?initiali[sz]ed|before initiali[sz]ation/i;

/** Maximum versions of the protocol that an error quotes. */
const MOST_VERSIONS = 20;

/** Statuses that mean that the server does not know the session, whatever the body says. */
const FORGOTTEN = [404, 410];

/** Statuses that mean something else, even if the text is about sessions. */
const NOT_FORGOTTEN = [401, 403, 407, 429];

/** Reads a JSON-RPC error. */
export function readError(error: unknown, method: string): NoResult {
	const { code, message, data } = (error ?? {}) as {
		code?: unknown;
		message?: unknown;
		data?: unknown;
	};
	const text = typeof message === 'string' ? message : '';
	const isAboutVersion =
		Number(code) === UNSUPPORTED_VERSION || UNSUPPORTED_VERSION_IN_WORDS.test(text);
	if (!isAboutVersion) return { kind: 'rpc', method, code: Number(code), message: text };
	return { kind: 'version', version: supportedIn(data).join(', ') || text };
}

function supportedIn(data: unknown): string[] {
	const { supported } = (data ?? {}) as { supported?: unknown };
	return Array.isArray(supported)
		? supported.filter((version) => typeof version === 'string').slice(0, MOST_VERSIONS)
		: [];
}

/** Reads an HTTP response with an error status. */
export function readRefusal(
	status: number,
	headers: Headers,
	body: string,
	method: string,
	hasSession: boolean,
): NoResult {
	const error = errorIn(body, method);
	if (error?.kind === 'version') return error;
	const isAboutSession =
		saysUnknownSession(body) || (error !== undefined && isAboutUnknownSession(error));
	const isForgotten =
		FORGOTTEN.includes(status) ||
		(status >= 400 && !NOT_FORGOTTEN.includes(status) && isAboutSession);
	return hasSession && isForgotten
		? { kind: 'lost', status, body }
		: { kind: 'http', status, headers, body, method };
}

/** The JSON-RPC error in a body: in a message, in a list of messages, or in an event. */
function errorIn(body: string, method: string): NoResult | undefined {
	const json = parseJson(/^data:(.*)$/m.exec(body)?.[1] ?? body);
	const entries: unknown[] = Array.isArray(json) ? json : [json];
	const entry = entries.find(
		(each): each is { error: unknown } =>
			typeof each === 'object' && each !== null && 'error' in each,
	);
	return entry && readError(entry.error, method);
}

/** Whether a text says that the server does not know the session, or that no session was begun. */
export function saysUnknownSession(text: string): boolean {
	return OF_A_SESSION.test(text);
}

function isAboutUnknownSession(reason: NoResult): boolean {
	return (
		reason.kind === 'rpc' && (reason.code === UNKNOWN_SESSION || saysUnknownSession(reason.message))
	);
}

/** Whether the server has probably forgotten the session. Then a new session may help. */
export function isLost(error: unknown): boolean {
	if (!(error instanceof McpError)) return false;
	return error.reason.kind === 'lost' || isAboutUnknownSession(error.reason);
}

/** The same reason with its texts changed. */
export function changeTexts(reason: NoResult, change: (text: string) => string): NoResult {
	switch (reason.kind) {
		case 'http':
		case 'lost':
		case 'notJson':
			return { ...reason, body: change(reason.body) };
		case 'rpc':
			return { ...reason, message: change(reason.message) };
		case 'version':
			return { ...reason, version: change(reason.version) };
		default:
			return reason;
	}
}

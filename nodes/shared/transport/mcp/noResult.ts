import type { IN8nHttpFullResponse } from 'n8n-workflow';

import { parseJson } from '../exactJson';

export type Headers = IN8nHttpFullResponse['headers'];

/** Why a question has no answer. */
export type NoResult =
	/** An HTTP answer with a status that is not a success, or with none of the protocol's content. */
	| { kind: 'http'; status: number; headers: Headers; body: string; method?: string }
	/** The request threw this. */
	| { kind: 'thrown'; error: unknown }
	| { kind: 'tooLate' }
	/** The server says that it has forgotten the session, and a new one, too. Or it means something else that it does not know. */
	| { kind: 'lost'; status: number; body: string }
	/** The answer ended without what was asked for. */
	| { kind: 'cutOff' }
	/** The answer is complete, but it is not JSON. */
	| { kind: 'notJson'; body: string }
	/** The answer is JSON with more levels than can be worked with. The problem goes on after "its answer". */
	| { kind: 'tooDeep'; problem: string }
	| { kind: 'tooLarge' }
	/** An error of JSON-RPC, to a request of this method. */
	| { kind: 'rpc'; method: string; code: number; message: string }
	/** The server speaks other versions of the protocol only: these, or its own words where it names none. */
	| { kind: 'version'; version: string };

export class McpError extends Error {
	readonly reason: NoResult;

	constructor(reason: NoResult) {
		super(reason.kind);
		this.reason = reason;
	}
}

/** The code of JSON-RPC with which a server says that it does not support the version of the protocol. */
const UNSUPPORTED_VERSION = -32022;
const UNSUPPORTED_VERSION_IN_WORDS = /unsupported protocol version/i;

/** The code with which some servers say that they do not know the session, and how all others word it. */
const UNKNOWN_SESSION = -32001;
const OF_A_SESSION = /session|not (?:yet )?initiali[sz]ed|before initiali[sz]ation/i;

/** Versions of the protocol that are quoted at most. */
const MOST_VERSIONS = 20;

/** Statuses that mean that the server does not know the session, whatever it says. */
const FORGOTTEN = [404, 410];

/** Statuses that mean something else, even if the text is about sessions. */
const NOT_FORGOTTEN = [401, 403, 407, 429];

/** What an error of JSON-RPC says. */
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

/** What an HTTP answer says whose status is not a success. */
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

/** The error of JSON-RPC in a body: a message, a list of messages, or an event with one. */
function errorIn(body: string, method: string): NoResult | undefined {
	const json = parseJson(/^data:(.*)$/m.exec(body)?.[1] ?? body);
	const entries: unknown[] = Array.isArray(json) ? json : [json];
	const entry = entries.find(
		(each): each is { error: unknown } =>
			typeof each === 'object' && each !== null && 'error' in each,
	);
	return entry && readError(entry.error, method);
}

/** Whether a text says that the server does not know the session, or that none was begun. */
export function saysUnknownSession(text: string): boolean {
	return OF_A_SESSION.test(text);
}

function isAboutUnknownSession(reason: NoResult): boolean {
	return (
		reason.kind === 'rpc' && (reason.code === UNKNOWN_SESSION || saysUnknownSession(reason.message))
	);
}

/** Whether the server has probably forgotten the session, so that a new one is worth a try. */
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

import { say, type Text } from '../../failures/text';

/**
 * What an HTTP status says of a request, such as one that starts a run.
 *
 * - `accepted`: it was started (if the body has its message id)
 * - `refused`: it was not started, and sending the same again would not change that
 * - `unauthorized`: it was not started, the API key or its rights are the reason
 * - `redirected`: it was not started, the address is not the API's
 * - `busy`: it was not started, sending again later is safe
 * - `failed`: it may have been started
 */
export type StatusClass =
	| 'accepted'
	| 'refused'
	| 'unauthorized'
	| 'redirected'
	| 'busy'
	| 'failed';

/**
 * NenAI publishes no idempotency, so 500, 502 and 504 are `failed`: the response of a gateway says nothing about the server
 * that it forwards to. 408 and 499 can end a request that is still being processed.
 */
const EXCEPTIONS = new Map<number, StatusClass>([
	[401, 'unauthorized'],
	[403, 'unauthorized'],
	[408, 'failed'],
	[429, 'busy'],
	[499, 'failed'],
	[503, 'busy'],
]);

const BY_HUNDREDS: Record<number, StatusClass> = { 2: 'accepted', 3: 'redirected', 4: 'refused' };

export function classifyStatus(status: number): StatusClass {
	return EXCEPTIONS.get(status) ?? BY_HUNDREDS[Math.floor(status / 100)] ?? 'failed';
}

/** Statuses that no API sends: a proxy wants to know who is asking, or a network wants somebody to sign in first. */
const INTERMEDIARY_STATUSES = [407, 511];

/**
 * Whether an answer comes from something between this n8n and NenAI, such as a proxy or a firewall: by its status, or
 * since it refuses, or fails, with a page for people.
 *
 * @param contentType the header of that name
 */
export function isFromIntermediary(status: number, contentType: unknown): boolean {
	return (
		INTERMEDIARY_STATUSES.includes(status) ||
		(isHtml(contentType) && (status === 403 || status >= 500))
	);
}

/** Whether the header of that name says that an answer is a page for people, which no API sends. */
export function isHtml(contentType: unknown): boolean {
	return /^\s*(text\/html|application\/xhtml)/i.test(String(contentType ?? ''));
}

/** Error codes that say, in a call that connects: the connection was never made, so nothing was sent. */
const NEVER_CONNECTED: Record<string, string> = {
	ECONNREFUSED: 'the connection was refused',
	ENOTFOUND: 'its host name is not known',
	EAI_AGAIN: 'its host name could not be looked up',
	EHOSTUNREACH: 'there is no way to its host',
	ENETUNREACH: 'there is no way to its network',
	ENETDOWN: 'the network is down',
	ETIMEDOUT: 'the connection could not be made in time',
};

/** System calls before anything is sent. */
const CONNECTING = ['connect', 'getaddrinfo'];

/** What no other system call fails with. */
const ONLY_CONNECTING = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** Never connected either, but the same will happen again: retrying is useless. */
const NEVER_SENT: Record<string, string> = {
	CERT_HAS_EXPIRED: 'its TLS certificate has expired',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is self-signed',
	SELF_SIGNED_CERT_IN_CHAIN: 'its TLS certificate is not trusted here',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its TLS certificate is not trusted here',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its TLS certificate is not trusted here',
	ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host',
	ERR_INVALID_CHAR: 'the API key has characters that cannot be sent',
};

/** Error codes of Node.js for what cannot be made a request. Node.js throws them while it builds the request, before a connection exists. */
const NEVER_BUILT: Record<string, string> = {
	ERR_INVALID_URL: 'its address, or that of the proxy, is not a valid URL',
	ERR_UNESCAPED_CHARACTERS: 'its address has characters that cannot be sent',
	ERR_INVALID_PROTOCOL: 'its address does not begin with http:// or https://',
	ERR_SOCKET_BAD_PORT: 'its address has a port that does not exist',
	ERR_INVALID_HTTP_TOKEN: 'a header has a name that cannot be sent',
	ERR_HTTP_INVALID_HEADER_VALUE: 'a header has no value',
};

/**
 * Error codes of axios for what it does not make a request of. Axios also gives some of these to errors of an answer,
 * so they count only while there is no request.
 */
const NOT_TAKEN_BY_AXIOS = [
	'ERR_BAD_REQUEST',
	'ERR_BAD_OPTION',
	'ERR_BAD_OPTION_VALUE',
	'ERR_NOT_SUPPORT',
	'ERR_FORM_DATA_DEPTH_EXCEEDED',
];

/**
 * Functions of n8n, axios and Node.js that only build a request: what is thrown inside of them is thrown before a
 * connection exists. (Axios calls transformRequest for requests alone; a ClientRequest connects after it was built.)
 */
const BUILDERS =
	/^\s*at (?:new ClientRequest|(?:\S+\.)?(?:convertN8nRequestToAxios|transformRequest)) /m;

/** What OpenSSL says when the other side answers the TLS handshake in plain text; its code, EPROTO, says less. */
const NOT_HTTPS = /wrong version number/i;

/** Names of the errors with which n8n's own SSRF protection stops a request before it is made. */
const BLOCKED_BY_N8N = /^Ssrf/;

/** Why there is no response: `unreachable` if nothing was sent, `notSent` if nothing ever will be, else `noResponse`. */
export interface NetworkErrorClass {
	kind: 'unreachable' | 'notSent' | 'noResponse';
	/** Completes "NenAI could not be reached: …" or "NenAI did not answer: …". */
	reason: string;
	/** What to do, where the address and the network are not the cause. */
	hint?: Text;
}

/** Thrown in place of sending a request that cannot be built. */
export class NotSent extends Error {}

/**
 * Judges what a request threw. Looks through the chain of causes, since n8n wraps the HTTP client's error,
 * which wraps the system's.
 */
export function classifyNetworkError(error: unknown): NetworkErrorClass {
	const chain = causes(error);
	const codes = chain.map(({ code }) => code).filter((code) => typeof code === 'string');
	// The system call tells: a connection that was made can report EHOSTUNREACH and the like later on, too.
	const connecting = chain.find(
		({ code, syscall }) =>
			NEVER_CONNECTED[String(code)] &&
			(CONNECTING.includes(String(syscall)) || ONLY_CONNECTING.includes(String(code))),
	);
	if (connecting)
		return {
			kind: 'unreachable',
			reason: `${NEVER_CONNECTED[String(connecting.code)]} (${connecting.code})`,
		};
	const useless = codes.find((code) => NEVER_SENT[code]);
	if (useless !== undefined)
		return { kind: 'notSent', reason: `${NEVER_SENT[useless]} (${useless})` };
	if (chain.some(({ message }) => NOT_HTTPS.test(String(message)))) {
		return { kind: 'notSent', reason: 'it does not speak HTTPS' };
	}
	if (chain.some(({ name }) => BLOCKED_BY_N8N.test(String(name)))) {
		return {
			kind: 'notSent',
			reason: 'the SSRF protection of this n8n does not allow its address',
		};
	}
	const unbuilt = reasonNotBuilt(error, chain);
	if (unbuilt !== undefined) return { kind: 'notSent', ...unbuilt };
	if (codes.includes('ECONNABORTED') || codes.includes('ETIMEDOUT')) {
		return { kind: 'noResponse', reason: 'no response came in time' };
	}
	if (codes.includes('ERR_CANCELED'))
		return { kind: 'noResponse', reason: 'the execution was stopped before the response came' };
	return { kind: 'noResponse', reason: `the connection broke${codes[0] ? ` (${codes[0]})` : ''}` };
}

/** Why no request was built; undefined where one may have been, and so may have been sent. */
function reasonNotBuilt(
	error: unknown,
	chain: ErrorParts[],
): Omit<NetworkErrorClass, 'kind'> | undefined {
	const hint = say`Check the parameters of this node, and what their expressions give.`;
	if (error instanceof NotSent) return { reason: error.message, hint };
	// Axios adds the request to an error as soon as there is one, and the answer.
	if (chain.some(({ request, response }) => isThere(request) || isThere(response)))
		return undefined;
	const known = chain.find(({ code }) => NEVER_BUILT[String(code)]);
	if (known) return { reason: `${NEVER_BUILT[String(known.code)]} (${String(known.code)})` };
	const unbuilt = chain.find((part) => isRefusedByAxios(part) || BUILDERS.test(framesOf(part)));
	return (
		unbuilt && {
			reason: `the request could not be built (${String(unbuilt.message)})`,
			hint,
		}
	);
}

function isRefusedByAxios({ isAxiosError, code }: ErrorParts): boolean {
	return isAxiosError === true && NOT_TAKEN_BY_AXIOS.includes(String(code));
}

function isThere(value: unknown): boolean {
	return value !== undefined && value !== null;
}

/** Where an error was thrown, without its message, which may quote anything. Axios adds lines to the stacks of its own errors, so these do not count. */
function framesOf({ stack, message, isAxiosError }: ErrorParts): string {
	if (typeof stack !== 'string' || typeof message !== 'string' || isAxiosError === true) return '';
	const begin = stack.indexOf(message);
	return begin < 0 ? '' : stack.slice(begin + message.length);
}

interface ErrorParts {
	name?: unknown;
	code?: unknown;
	request?: unknown;
	response?: unknown;
	isAxiosError?: unknown;
	stack?: unknown;
	syscall?: unknown;
	message?: unknown;
}

/** The error, its causes, and the parts of an AggregateError, outermost first. */
function causes(error: unknown, seen = new Set<unknown>()): ErrorParts[] {
	if (typeof error !== 'object' || error === null || seen.has(error)) return [];
	seen.add(error);
	// n8n's own error has what it was made of as its cause, or as its errorResponse.
	const { cause, errors, errorResponse } = error as {
		cause?: unknown;
		errors?: unknown;
		errorResponse?: unknown;
	};
	const parts = Array.isArray(errors) ? errors : [];
	return [
		error,
		...rememberedByN8n(error),
		...[cause, errorResponse, ...parts].flatMap((inner) => causes(inner, seen)),
	];
}

/** What n8n's own error says of its cause. Before n8n 2 it keeps no more than the code and such texts: "connect ETIMEDOUT 10.0.0.1:443". */
function rememberedByN8n({
	httpCode,
	messages,
}: {
	httpCode?: unknown;
	messages?: unknown;
}): ErrorParts[] {
	const texts = Array.isArray(messages) ? messages : [];
	const [syscall] = texts.flatMap((text) =>
		CONNECTING.filter((call) => String(text).startsWith(`${call} E`)),
	);
	return typeof httpCode === 'string' ? [{ code: httpCode, syscall }] : [];
}

import { say, type Text } from '../../failures/text';

/**
 * The meaning of an HTTP status for a request, such as one that starts a run.
 *
 * - `accepted`: the run was started, if the body has its message ID
 * - `refused`: it was not started, and a repetition would not change that
 * - `unauthorized`: it was not started, because of the API key or its rights
 * - `redirected`: it was not started, because the address is not that of the API
 * - `busy`: it was not started, and a repetition is safe
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
 * NenAI publishes no idempotency keys (docs/internals/nenai-api.md#no-idempotency), so 500, 502 and 504 are `failed`:
 * the response of a gateway says nothing about the server that it forwards to. 408 and 499 can end a request that is
 * still being processed.
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

/** Statuses that only intermediaries send: a proxy or a network requires a sign-in. */
const INTERMEDIARY_STATUSES = [407, 511];

/**
 * Whether a response comes from an intermediary, such as a proxy or a firewall. Its status shows this, or it is an
 * error with an HTML page.
 *
 * @param contentType the header of that name
 */
export function isFromIntermediary(status: number, contentType: unknown): boolean {
	return (
		INTERMEDIARY_STATUSES.includes(status) ||
		(isHtml(contentType) && (status === 403 || status >= 500))
	);
}

/** Whether the header `Content-Type` says that a response is an HTML page. NenAI's API sends none. */
export function isHtml(contentType: unknown): boolean {
	return /^\s*(text\/html|application\/xhtml)/i.test(String(contentType ?? ''));
}

/** Error codes which mean, in a system call that connects, that there was never a connection. So nothing was sent. */
const NEVER_CONNECTED: Record<string, string> = {
	ECONNREFUSED: 'the connection was refused',
	ENOTFOUND: 'its host name is not known',
	EAI_AGAIN: 'its host name could not be looked up',
	EHOSTUNREACH: 'its host cannot be reached',
	ENETUNREACH: 'its network cannot be reached',
	ENETDOWN: 'the network is down',
	ETIMEDOUT: 'the connection could not be made in time',
};

/** System calls that happen before anything is sent. */
const CONNECTING = ['connect', 'getaddrinfo'];

/** Codes that only these system calls give. */
const ONLY_CONNECTING = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** There was no connection either, but a repetition would fail in the same way. */
const NEVER_SENT: Record<string, string> = {
	CERT_HAS_EXPIRED: 'its TLS certificate has expired',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is self-signed',
	SELF_SIGNED_CERT_IN_CHAIN: 'its TLS certificate is not trusted here',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its TLS certificate is not trusted here',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its TLS certificate is not trusted here',
	ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host',
	ERR_INVALID_CHAR: 'the API key has characters that cannot be sent',
};

/** Codes of errors that Node.js throws while it builds a request, before there is a connection. */
const NEVER_BUILT: Record<string, string> = {
	ERR_INVALID_URL: 'its address, or that of the proxy, is not a valid URL',
	ERR_UNESCAPED_CHARACTERS: 'its address has characters that cannot be sent',
	ERR_INVALID_PROTOCOL: 'its address does not begin with http:// or https://',
	ERR_SOCKET_BAD_PORT: 'its address has a port that does not exist',
	ERR_INVALID_HTTP_TOKEN: 'a header has a name that cannot be sent',
	ERR_HTTP_INVALID_HEADER_VALUE: 'a header has no value',
};

/**
 * Codes with which axios refuses to build a request. Axios also uses some of them for error responses, so they count
 * only if there is no request yet.
 */
const NOT_TAKEN_BY_AXIOS = [
	'ERR_BAD_REQUEST',
	'ERR_BAD_OPTION',
	'ERR_BAD_OPTION_VALUE',
	'ERR_NOT_SUPPORT',
	'ERR_FORM_DATA_DEPTH_EXCEEDED',
];

/**
 * Functions of n8n, axios and Node.js that only build a request. An error that is thrown inside them is thrown before
 * there is a connection. (Axios calls transformRequest only for requests. A ClientRequest connects after it was built.)
 */
const BUILDERS =
	/^\s*at (?:new ClientRequest|(?:\S+\.)?(?:convertN8nRequestToAxios|transformRequest)) /m;

/**
 * The message of OpenSSL if the other side answers the TLS handshake in plain text. Its code, EPROTO, is less specific.
 */
const NOT_HTTPS = /wrong version number/i;

/** Names of the errors with which n8n's SSRF protection stops a request before it is made. */
const BLOCKED_BY_N8N = /^Ssrf/;

/**
 * Why there is no response. `unreachable`: nothing was sent. `notSent`: nothing was sent, and a repetition will not
 * help. `noResponse`: it may have been sent.
 */
export interface NetworkErrorClass {
	kind: 'unreachable' | 'notSent' | 'noResponse';
	/** Completes "NenAI could not be reached: …" or "NenAI did not answer: …". */
	reason: string;
	/** The hint, if the cause is not the address or the network. */
	hint?: Text;
}

/** Thrown if a request cannot be built. */
export class NotSent extends Error {}

/**
 * Classifies the error that a request threw. Searches the chain of causes, because n8n wraps the error of the HTTP
 * client, which wraps that of the system: docs/internals/n8n-behaviour.md#errors-of-requests
 */
export function classifyNetworkError(error: unknown): NetworkErrorClass {
	const chain = causes(error);
	const codes = chain.map(({ code }) => code).filter((code) => typeof code === 'string');
	// The system call decides: an existing connection can report EHOSTUNREACH and similar codes, too.
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
		return { kind: 'notSent', reason: 'it does not support HTTPS' };
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

/** Why no request was built. Undefined if one may have been built, and so may have been sent. */
function reasonNotBuilt(
	error: unknown,
	chain: ErrorParts[],
): Omit<NetworkErrorClass, 'kind'> | undefined {
	const hint = say`Check the parameters of this node, and the values of their expressions.`;
	if (error instanceof NotSent) return { reason: error.message, hint };
	// Axios adds the request, and the response, to an error as soon as they exist.
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

/**
 * The stack of an error without its message, which may quote anything. Axios adds lines to the stacks of its own
 * errors, so these do not count.
 */
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
	// n8n's own error has the original error as `cause` or as `errorResponse`.
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

/**
 * The code and the texts that n8n's own error keeps of its cause. Before n8n 2, these are all that remains: "connect
 * ETIMEDOUT 10.0.0.1:443".
 */
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

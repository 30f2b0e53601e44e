import type { IN8nHttpFullResponse } from 'n8n-workflow';

import {
	classifyNetworkError,
	classifyStatus,
	isFromIntermediary,
	isHtml,
	type NetworkErrorClass,
	type StatusClass,
} from '../transport/http/classify';
import { readRetryAfter } from '../execution/retryAfter';
import type { Attempt } from '../execution/retry';
import type { Failure } from './failure';
import { MESSAGES } from './messages';
import { RETRY_POLICIES, type PolicyName } from './policies';
import type { Redactor } from './redact';
import type { Text } from './text';

/** Why a request did not succeed, for all services. */
export type FailureClass =
	| Exclude<StatusClass, 'accepted'>
	| NetworkErrorClass['kind']
	/** A proxy, a firewall or another intermediary did not let the request through. */
	| 'blocked';

/** How errors describe a request. */
export interface RequestInfo {
	policy: PolicyName;
	/** The server that responds, as in "NenAI refused the run". */
	server: 'NenAI' | 'the file host';
	/** The object of the request, as in "NenAI refused the upload of report.pdf". */
	label: Text;
	/**
	 * What the server may have done, as in "It is not known whether NenAI started the run". Set only for requests that
	 * do something.
	 */
	effect?: Text;
	/** How to find out whether it was done if the response was lost. Set only for requests that do something. */
	recoveryHint?: Text;
	/** Whether doing it twice does no harm, so that it is sent again if its response was lost. */
	idempotent?: boolean;
	/** Added to the error if it is certain that nothing was done. */
	notDone?: Text;
	/** The address of the request. */
	address: {
		/** As in "Ask … to allow requests to the base URL of the credential". */
		name: Text;
		url: string;
		/** What to do if nothing, or something other than NenAI, answers there. */
		check: Text;
	};
	/** Hints by the status of the response. */
	hints?: Readonly<Record<number, Text | undefined>>;
	/** The hint for a refusal with any other status. */
	refusedHint?: Text;
	/** Whether 401 and 403 do not concern the API key. */
	isNotAboutKey?: boolean;
	/** The hint if the API key is not accepted. */
	keyHint: Text;
	/** The hint if the server is too busy. It follows the number of tries. */
	busyHint: Text;
	/** Finds the server's reason in the body of a response. Default: `readErrorText`. */
	words?: (body: unknown, redactor: Redactor) => string;
	/** The hint if a later repetition may help. */
	againHint?: Text;
	/** Whether the response may hold a secret, so that no error quotes it. */
	hidesResponse?: boolean;
	/** Whether a busy gateway may have forwarded the request, unless it sends `Retry-After`. */
	mayPassGateway?: boolean;
	maxTries: number;
	/** Seconds. */
	timeout: number;
}

/** A response other than the expected one. */
export interface UnexpectedResponse {
	status: number;
	headers: IN8nHttpFullResponse['headers'];
	body: unknown;
}

/** What is known about a failed request. */
export interface Problem {
	request: RequestInfo;
	status?: number;
	headers?: IN8nHttpFullResponse['headers'];
	/** NenAI's words, or a body that contains them. */
	body?: unknown;
	fromIntermediary?: boolean;
	/** Milliseconds that the server asks to wait. */
	after?: number;
	/** Why there is no response, and what to do about it. */
	reason?: string;
	hint?: Text;
	/** Milliseconds since 1970. */
	now: number;
}

/** The attempt for a response with a status other than 2xx. */
export function explainResponse(
	request: RequestInfo,
	{ status, headers, body }: UnexpectedResponse,
): Attempt<never> {
	const now = Date.now();
	const fromIntermediary = isFromGateway(status, headers);
	const after = readRetryAfter(headers['retry-after'], now);
	const problem = { request, status, headers, body, fromIntermediary, after, now };
	return toAttempt(classifyResponse(request, { status, headers }), problem);
}

/** The attempt for a request that threw an error. */
export function explainException(request: RequestInfo, error: unknown): Attempt<never> {
	const { kind, reason, hint } = classifyNetworkError(error);
	return toAttempt(kind, { request, reason, hint, now: Date.now() });
}

/** The network requires a sign-in first (RFC 6585, 6). */
const NETWORK_AUTHENTICATION_REQUIRED = 511;

/** A proxy has changed the host's response (RFC 9110, 15.3.4). */
const NON_AUTHORITATIVE = 203;

/** The class of a response other than the expected one. */
export function classifyResponse(
	request: RequestInfo,
	{ status, headers }: Pick<UnexpectedResponse, 'status' | 'headers'>,
): FailureClass {
	const fromIntermediary = isFromGateway(status, headers);
	const saysWhen = readRetryAfter(headers['retry-after'], Date.now()) !== undefined;
	const found = classifyStatus(status);
	const isChanged = status === NON_AUTHORITATIVE && request.policy === 'download';
	// For a request that does something, the outcome stays unknown: an intermediary may have answered after NenAI.
	const needsSignIn = status === NETWORK_AUTHENTICATION_REQUIRED && request.effect === undefined;
	if (needsSignIn || isChanged) return 'blocked';
	if (fromIntermediary && found !== 'busy' && found !== 'failed') return 'blocked';
	if (found === 'accepted') return request.effect === undefined ? 'refused' : 'failed';
	if (found === 'unauthorized' && request.isNotAboutKey) return 'refused';
	return found === 'busy' && fromIntermediary && !saysWhen && request.mayPassGateway
		? 'failed'
		: found;
}

function isFromGateway(status: number, headers: UnexpectedResponse['headers']): boolean {
	return (
		isFromIntermediary(status, headers['content-type']) ||
		(status === 429 && isHtml(headers['content-type']))
	);
}

function toAttempt(kind: FailureClass, problem: Problem): Attempt<never> {
	const { request, after } = problem;
	const failure = MESSAGES[kind](problem);
	if (!isRetried(request, kind)) return { kind: 'failed', failure };
	return { kind: 'retry', failure, ...(after !== undefined && { after }), busy: kind === 'busy' };
}

/** Whether a request is sent again after such a failure. */
function isRetried(request: RequestInfo, kind: FailureClass): boolean {
	const policy = request.idempotent ? 'query' : request.policy;
	return (RETRY_POLICIES[policy].retriedOn as readonly FailureClass[]).includes(kind);
}

/** The failure of an attempt that did not succeed. */
export function failureIn(attempt: Attempt<never>): Failure {
	if (attempt.kind === 'done') throw new Error('A request that has failed is not done');
	return attempt.failure;
}

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

/** Why a request did not succeed, whatever service it was sent to. */
export type FailureClass =
	| Exclude<StatusClass, 'accepted'>
	| NetworkErrorClass['kind']
	/** A proxy, a firewall or the like did not let the request through. */
	| 'blocked';

/** A request as errors speak of it. */
export interface RequestInfo {
	policy: PolicyName;
	/** Who answers, as in "NenAI refused the run". */
	server: 'NenAI' | 'the file host';
	/** What is asked for, as in "NenAI refused the upload of report.pdf". */
	label: Text;
	/** What the server may have done, as in "It is not known whether NenAI started the run". Of what acts only. */
	effect?: Text;
	/** How to find out whether it was done, where the response was lost. Of what acts only. */
	recoveryHint?: Text;
	/** Whether it does no harm to do it twice, so that it is sent again where its response was lost. */
	idempotent?: boolean;
	/** Said where it is certain that nothing was done. */
	notDone?: Text;
	/** Where the request goes. */
	address: {
		/** As in "Ask … to allow requests to the base URL of the credential". */
		name: Text;
		url: string;
		/** What to do where nothing, or something else than NenAI, answers there. */
		check: Text;
	};
	/** What to do, by the status of the response. */
	hints?: Readonly<Record<number, Text | undefined>>;
	/** What to do about a refusal with any other status. */
	refusedHint?: Text;
	/** Whether 401 and 403 do not concern the API key. */
	isNotAboutKey?: boolean;
	/** What to do where the API key is not accepted. */
	keyHint: Text;
	/** What to do where the server is too busy, after the number of tries. */
	busyHint: Text;
	/** Finds the server's words in the body of a response. Default: `readErrorText`. */
	words?: (body: unknown, redactor: Redactor) => string;
	/** What to do where trying again later may help. */
	againHint?: Text;
	/** Whether the response may hold a secret, so that no error quotes it. */
	hidesResponse?: boolean;
	/** Whether a gateway that is too busy may have passed the request on, unless it says when to come back. */
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

/** What is known of a failed request. */
export interface Problem {
	request: RequestInfo;
	status?: number;
	headers?: IN8nHttpFullResponse['headers'];
	/** NenAI's words, or the body that holds them. */
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

/** What a response with a status other than 2xx means for a request. */
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

/** What it means for a request that it threw. */
export function explainException(request: RequestInfo, error: unknown): Attempt<never> {
	const { kind, reason, hint } = classifyNetworkError(error);
	return toAttempt(kind, { request, reason, hint, now: Date.now() });
}

/** The network wants somebody to sign in first (RFC 6585, 6). */
const NETWORK_AUTHENTICATION_REQUIRED = 511;

/** A proxy has changed what the host sent (RFC 9110, 15.3.4). */
const NON_AUTHORITATIVE = 203;

/** What a response that is not the expected one says of a request. */
export function classifyResponse(
	request: RequestInfo,
	{ status, headers }: Pick<UnexpectedResponse, 'status' | 'headers'>,
): FailureClass {
	const fromIntermediary = isFromGateway(status, headers);
	const saysWhen = readRetryAfter(headers['retry-after'], Date.now()) !== undefined;
	const found = classifyStatus(status);
	const isChanged = status === NON_AUTHORITATIVE && request.policy === 'download';
	// What may have been done stays unknown: something else may have answered after it.
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

/** The failure of a request that has failed. */
export function failureIn(attempt: Attempt<never>): Failure {
	if (attempt.kind === 'done') throw new Error('A request that has failed is not done');
	return attempt.failure;
}

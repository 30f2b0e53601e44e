import { comeBackAt } from '../execution/retryAfter';
import { excerptOf, said } from './excerpt';
import type { FailureClass, Problem, RequestInfo } from './explain';
import type { Failure } from './failure';
import { isTooLong } from './policies';
import { hostOf, redirectPhrase, seconds, tries } from './phrases';
import { join, own, say, type Text, type Writable } from './text';

/** The messages of errors, for all services: one for each class of failures. */
export const MESSAGES: Record<FailureClass, (problem: Problem) => Failure> = {
	refused: (problem) => ({
		message: say`${sentenceStart(problem.request)} rejected ${problem.request.label} ${statusOf(problem)}`,
		hint: join(hintFor(problem) ?? problem.request.refusedHint, problem.request.notDone),
		request: { httpCode: problem.status, cause: { cause: 'configuration-invalid' } },
	}),
	unauthorized: (problem) => ({
		message: say`NenAI did not accept the API key for ${problem.request.label} ${statusOf(problem)}`,
		hint: join(hintFor(problem) ?? problem.request.keyHint, problem.request.notDone),
		request: { httpCode: problem.status, cause: { cause: 'credential-invalid' } },
	}),
	redirected: ({ request, status, headers }) => ({
		message: say`${sentenceStart(request)} was not reached: ${request.address.name} answers with a redirect (HTTP ${status ?? ''})${redirectPhrase(headers?.location)}`,
		hint: join(
			request.address.check,
			say`The redirect was not followed, because that would send the API key to another address.`,
			request.notDone,
		),
		request: { httpCode: status, cause: { cause: 'configuration-invalid' } },
	}),
	blocked: (problem) => ({
		message: say`A proxy or a firewall between this n8n and ${problem.request.server} rejected ${problem.request.label} ${statusOf(problem)}`,
		hint: join(
			problem.status === PROXY_AUTHENTICATION_REQUIRED
				? say`The proxy needs a user name and a password: add them to the proxy settings of this n8n.`
				: say`Ask the person who runs the network of this n8n to allow requests to ${problem.request.address.name}.`,
			problem.request.notDone,
			hintFor(problem),
		),
		request: { httpCode: problem.status, cause: { cause: 'configuration-invalid' } },
	}),
	busy: (problem) => {
		const { request, status, after, now } = problem;
		const wait = isTooLong(after);
		return {
			message: say`${senderOf(problem)} was too busy to accept ${request.label} ${statusOf(problem)}`,
			hint: join(
				wait
					? say`It asks you to try again ${comeBackAt(after, now)}.`
					: join(triedTimes(request), request.busyHint),
				request.notDone,
			),
			request: {
				httpCode: status,
				cause: {
					cause: status === TOO_MANY_REQUESTS ? 'rate-limited' : 'temporarily-unavailable',
					...(after !== undefined && Number.isFinite(after) && { retryAfterMs: after }),
				},
			},
		};
	},
	failed: (problem) => {
		const { request, status } = problem;
		if (request.effect !== undefined)
			return unknownOutcome(
				request,
				say`${problem.fromIntermediary ? say`a gateway in front of NenAI` : say`it`} answered with HTTP ${status ?? ''}${quoteOf(problem)}`,
				status,
			);
		return {
			message: say`${senderOf(problem)} failed to answer ${request.label} ${statusOf(problem)}`,
			hint: isTooLong(problem.after)
				? say`It asks you to try again ${comeBackAt(problem.after, problem.now)}.`
				: join(triedTimes(request), hintFor(problem) ?? request.againHint ?? AGAIN),
			request: { httpCode: status, cause: { cause: 'temporarily-unavailable' } },
		};
	},
	unreachable: ({ request, reason = '', hint }) => ({
		message: say`${sentenceStart(request)} could not be reached at ${hostOf(request.address.url)} for ${request.label}: ${reason}`,
		hint: join(hint ?? checkNetwork(request), triedTimes(request), request.notDone),
		request: { cause: { cause: 'temporarily-unavailable' } },
	}),
	notSent: ({ request, reason = '', hint }) => ({
		message: say`${sentenceStart(request)} could not be reached at ${hostOf(request.address.url)} for ${request.label}: ${reason}`,
		hint: join(hint ?? checkNetwork(request), request.notDone),
		request: { cause: { cause: 'configuration-invalid' } },
	}),
	noResponse: ({ request, reason = '' }) =>
		request.effect === undefined
			? {
					message: say`${sentenceStart(request)} did not answer ${request.label}: ${reason}`,
					hint: join(triedTimes(request), request.againHint ?? AGAIN),
					request: { cause: { cause: 'temporarily-unavailable' } },
				}
			: unknownOutcome(
					request,
					say`${reason}`,
					undefined,
					say`The timeout for one request is ${seconds(request.timeout)}.`,
				),
};

const PROXY_AUTHENTICATION_REQUIRED = 407;
const TOO_MANY_REQUESTS = 429;

const AGAIN = say`This request does not change anything, so you can try again later.`;

/** The failure for a response with a success status that reports an error. */
export function reportedFailure(request: RequestInfo, body: unknown): Failure {
	const quoted = request.hidesResponse ? '' : said(body, excerptOf);
	const message = say`NenAI says that ${request.label} failed${quoted}`;
	return request.effect === undefined
		? { message, hint: request.refusedHint ?? AGAIN, request: {} }
		: { message, hint: request.recoveryHint ?? AGAIN, uncertain: true, request: {} };
}

/**
 * The failure for a response that cannot be used.
 *
 * @param problem as in "the response is not valid JSON"
 */
export function unusableResponse(
	request: RequestInfo,
	problem: Text,
	{ status, quote = '', hint }: { status?: number; quote?: Writable | string; hint?: Text } = {},
): Failure {
	const quoted = request.hidesResponse ? '' : quote;
	const code = status === undefined ? '' : ` (HTTP ${status})`;
	if (request.effect !== undefined)
		return unknownOutcome(
			request,
			say`${problem}${code}${quoted}`,
			status,
			join(say`If NenAI did not do it, the address may be wrong.`, request.address.check),
		);
	return {
		message: say`${sentenceStart(request)} answered ${request.label}, but ${problem}${code}${quoted}`,
		hint: hint ?? join(request.address.check, UPDATE),
		request: { httpCode: status },
	};
}

const UPDATE = say`If it is correct, look for a newer version of this package.`;

/**
 * The failure for a request that does something, if nobody knows whether it was done. It has no cause that suggests a
 * repetition.
 */
function unknownOutcome(
	{ server, effect, recoveryHint, idempotent, maxTries }: RequestInfo,
	problem: Text,
	httpCode?: number,
	more?: Text,
): Failure {
	return {
		message: say`It is not known whether ${server} ${effect ?? ''}: ${problem}`,
		hint: join(idempotent ? say`It was tried ${tries(maxTries)}.` : undefined, recoveryHint, more),
		uncertain: true,
		request: { httpCode },
	};
}

/** The status and the reason that the server gave. */
function statusOf({ request, status = 0, body }: Problem): Text {
	return say`(HTTP ${status})${quoteOf({ request, body })}`;
}

function quoteOf({ request, body }: Pick<Problem, 'request' | 'body'>): Writable | string {
	return request.hidesResponse ? '' : said(body, request.words);
}

function sentenceStart({ server }: RequestInfo): string {
	return server.charAt(0).toUpperCase() + server.slice(1);
}

function senderOf({ request, fromIntermediary }: Problem): Text {
	return fromIntermediary
		? say`A gateway in front of ${request.server}`
		: own(sentenceStart(request));
}

function hintFor({ request, status }: Problem): Text | undefined {
	return status === undefined ? undefined : request.hints?.[status];
}

function triedTimes({ maxTries }: RequestInfo): Text | undefined {
	return maxTries === 1 ? undefined : say`It was tried ${tries(maxTries)}.`;
}

function checkNetwork({ address: { check } }: RequestInfo): Text {
	return join(check, say`Also check that this n8n is allowed to connect to it.`);
}

import { addressOf } from '../credential';
import { parseJson } from '../exactJson';
import type { Connection } from '../http/connection';
import type { Attempt } from '../../execution/retry';
import { excerpt, excerptOf, readErrorText, said } from '../../failures/excerpt';
import { explainException, explainResponse, type RequestInfo } from '../../failures/explain';
import type { Failure } from '../../failures/failure';
import { MESSAGES, unusableResponse } from '../../failures/messages';
import { hostOf, seconds, tries } from '../../failures/phrases';
import type { Redactor } from '../../failures/redact';
import { join, say, type Text, type Writable } from '../../failures/text';
import { saysUnknownSession, type NoResult } from './noResult';
import { isObject } from '../isObject';
import { TOOLS, type Question, type Unanswered } from './results';
import type { Tool } from './client';

/** How errors name the request, as in "NenAI failed to answer the request for the status of the run". */
const LABELS: Record<Question, Text> = {
	state: say`the request for the status of the run`,
	runs: say`the request for the runs of the workflow`,
	log: say`the request for the log of the run`,
	workflows: say`the request for the list of workflows`,
};

/** What to do if NenAI refuses a request. */
const REFUSED_HINTS: Record<Question, Text> = {
	state: say`Check the message ID: Start returns it as messageId, and callbacks contain it as message_id. NenAI knows only runs of this API key.`,
	log: say`Check the message ID: Start returns it as messageId, and callbacks contain it as message_id. If your API key has several deployments, enter the Deployment ID in the credential.`,
	runs: say`Check the workflow ID, and that Limit is not too high. NenAI knows only workflows of this API key.`,
	workflows: say`If your API key has several deployments, enter the Deployment ID in the credential.`,
};

const ASK_AGAIN = say`This request does not change anything, so you can try again later.`;

const REPORT = say`Trying again will not help. Report this response to your NenAI contact.`;

/** How errors describe a request to NenAI's MCP server. */
export function requestInfo(
	question: Question,
	{ credential, maxTries, timeout }: Connection,
): RequestInfo {
	return {
		policy: 'query',
		server: 'NenAI',
		label: LABELS[question],
		address: addressOf(credential, 'mcpUrl'),
		refusedHint: REFUSED_HINTS[question],
		keyHint: say`Check the API key of the credential: copy the whole key again, or ask your NenAI contact whether it is allowed to read runs and workflows.`,
		busyHint: say`Send fewer requests at a time (option Max Concurrency), allow more tries (Max Tries), or try again later.`,
		maxTries,
		timeout,
	};
}

/** The failure for a response that reports an error, or that has an unknown form. */
export function unanswered(
	info: RequestInfo,
	question: Question,
	{ said: body, problem }: Unanswered,
	hide: (text: string) => string,
): Failure {
	const quote = said(body, (value, redactor) => hide(wordsOf(value, redactor)));
	if (problem === undefined)
		return {
			message: say`NenAI could not answer ${info.label}${quote}`,
			hint: REFUSED_HINTS[question],
			request: {},
		};
	return unusableResponse(info, say`the response has an unexpected form (${excerpt(problem)})`, {
		quote,
		hint: say`Look for a newer version of this package, or report this response to its maintainers.`,
	});
}

/** The failure if the MCP server has none of the tools for a question. */
export function missingTool(question: Question, offered: Tool[]): Failure {
	return {
		message: say`NenAI's MCP server has no tool for ${LABELS[question]}. It offers: ${excerpt(offered.map(({ name }) => name).join(', ') || 'nothing')}`,
		hint: say`This node knows ${TOOLS[question].join(' and ')}. Check the MCP URL of the credential, and look for a newer version of this package.`,
		request: { cause: { cause: 'configuration-invalid' } },
	};
}

/** JSON-RPC's code for something that the server does not have. A repetition does not help. */
const NOT_FOUND = -32002;

/** JSON-RPC errors that may be temporary: internal errors, the server's own errors, and errors of the session. */
function isTransient(code: number, message: string): boolean {
	return (
		code === -32603 ||
		(code <= -32000 && code >= -32099 && code !== NOT_FOUND) ||
		saysUnknownSession(message)
	);
}

/** Why a question has no answer. */
export function explainMcpError(
	info: RequestInfo,
	question: Question,
	reason: NoResult,
): Attempt<never> {
	const failed = (failure: Failure): Attempt<never> => ({ kind: 'failed', failure });
	const again = (failure: Failure): Attempt<never> => ({ kind: 'retry', failure });
	const unusable = (problem: Text, hint: Text, quote?: Writable) =>
		unusableResponse(info, problem, { hint, quote });
	switch (reason.kind) {
		case 'http':
			return explainHttp(info, reason);
		case 'thrown':
			return explainException(info, reason.error);
		case 'tooLate': {
			const { message, hint, request } = MESSAGES.noResponse({
				request: info,
				reason: `no response came within ${seconds(info.timeout)}`,
				now: Date.now(),
			});
			return again({
				message,
				hint: join(hint, say`Or allow more time (option Timeout).`),
				request,
			});
		}
		case 'lost':
			return explainLostSession(info, question, reason);
		case 'cutOff':
			return again(
				unusable(
					say`the response ended before it was complete`,
					join(say`It was tried ${tries(info.maxTries)}.`, ASK_AGAIN),
				),
			);
		case 'notJson':
			return failed(
				unusable(say`the response is not valid JSON`, REPORT, said(reason.body, excerptOf)),
			);
		case 'tooDeep':
			return failed(unusable(say`the response ${reason.problem}`, REPORT));
		case 'tooLarge':
			return failed(
				unusable(
					say`the response is larger than 50 MB`,
					say`It was not read completely. Request less data, or look at the run in NenAI's dashboard.`,
				),
			);
		case 'rpc': {
			const { code, message, method } = reason;
			const number = Number.isNaN(code) ? '' : ` (${code})`;
			const mayPass = isTransient(code, message);
			const failure: Failure = {
				message: say`NenAI's MCP server answered ${info.label} with an error${number}${said(message, excerptOf)}`,
				hint: mayPass
					? join(say`It was tried ${tries(info.maxTries)}.`, ASK_AGAIN)
					: method === 'tools/call'
						? REFUSED_HINTS[question]
						: info.address.check,
				request: {},
			};
			return mayPass ? again(failure) : failed(failure);
		}
		case 'version':
			return failed({
				message: say`NenAI's MCP server needs a version of the protocol that this node does not know (${excerpt(reason.version)})`,
				hint: say`Look for a newer version of this package.`,
				request: {},
			});
	}
}

/**
 * The server did not know the new session either. If its error is about something else, it does not know the object of
 * the question.
 */
function explainLostSession(
	info: RequestInfo,
	question: Question,
	{ status, body }: Extract<NoResult, { kind: 'lost' }>,
): Attempt<never> {
	const isAboutSession =
		saysUnknownSession(body) || body.trim() === '' || body.trimStart().startsWith('<');
	const quote = body.trim() === '' ? '' : said(body, wordsOf);
	const message = isAboutSession
		? say`NenAI's MCP server lost the session twice during ${info.label} (HTTP ${status})${quote}`
		: say`NenAI's MCP server rejected ${info.label}, even in a new session (HTTP ${status})${quote}`;
	const request = { httpCode: status };
	if (!isAboutSession && status < 500)
		return { kind: 'failed', failure: { message, hint: REFUSED_HINTS[question], request } };
	const hint = join(say`It was tried ${tries(info.maxTries)}.`, REFUSED_HINTS[question]);
	return { kind: 'retry', failure: { message, hint, request } };
}

function explainHttp(
	info: RequestInfo,
	{ status, headers, body, method }: Extract<NoResult, { kind: 'http' }>,
): Attempt<never> {
	// If a session has begun, the address is that of an MCP server.
	const isNoServer = status < 300 || ([404, 405].includes(status) && method !== 'tools/call');
	if (isNoServer && status >= 200)
		return {
			kind: 'failed',
			failure: {
				message: say`There is no MCP server at ${hostOf(info.address.url)} (HTTP ${status})${said(body, wordsOf)}`,
				hint: info.address.check,
				request: { httpCode: status, cause: { cause: 'configuration-invalid' } },
			},
		};
	const refusedHint = method === 'tools/call' ? info.refusedHint : info.address.check;
	return explainResponse({ ...info, refusedHint, words: wordsOf }, { status, headers, body });
}

/** NenAI's own words, or those of a JSON-RPC error. The whole text if it has no such words. */
function wordsOf(body: unknown, redactor: Redactor): string {
	const parsed = parseJson(body);
	const inner = isObject(parsed) && isObject(parsed.error) ? parsed.error : parsed;
	return (isObject(inner) && readErrorText(inner, redactor)) || excerptOf(parsed, redactor);
}

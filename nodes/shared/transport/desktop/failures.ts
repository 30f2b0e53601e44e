import type { IN8nHttpFullResponse } from 'n8n-workflow';

import {
	isFromIntermediary,
	isHtml,
	classifyStatus,
	classifyNetworkError,
	parseJson,
	excerptOf,
	readErrorText,
	type StatusClass,
} from '../http/classify';
import type { Connection } from '../http/connection';
import type { Failure } from '../../failures/failure';
import type { Attempt } from '../../execution/runJobs';
import { redact } from '../../failures/redact';
import { comeBackAt, MAX_RETRY_WAIT_MS, readRetryAfter } from '../../execution/retryAfter';
import { hostOf, withServerText, redirectPhrase, times, withoutEnd } from '../../failures/phrases';
import type { DesktopRequest } from './request';
import { clean, withoutLinks } from './session';

/** An answer that is none of those that a request hopes for. */
export interface UnexpectedResponse {
	status: number;
	headers: IN8nHttpFullResponse['headers'];
	/** As text. */
	body: unknown;
}

interface Case extends UnexpectedResponse {
	request: DesktopRequest;
	connection: Connection;
	/** What NenAI said, ready to be added to a sentence. */
	said: string;
	fromBetween: boolean;
}

/** What is sent again: what surely was not done, and what does nothing but look. */
const REPEATED: Record<'acts' | 'looks', StatusClass[]> = {
	acts: ['busy'],
	looks: ['busy', 'unknown'],
};

const TOO_MANY = 429;

/** A gateway that only says that it fails may have passed the request on; one that says when to come back has not. */
function verdictOf({ status, request, fromBetween }: Case, after?: number): StatusClass {
	const verdict = classifyStatus(status);
	return verdict === 'busy' && fromBetween && after === undefined && kindOf(request) === 'acts'
		? 'unknown'
		: verdict;
}

/** What a status that is not 2xx says of a request. */
export function explainStatus(
	request: DesktopRequest,
	answer: UnexpectedResponse,
	connection: Connection,
): Attempt<never> {
	const page = isHtml(answer.headers['content-type']);
	const fromBetween =
		isFromIntermediary(answer.status, answer.headers['content-type']) ||
		(page && answer.status === TOO_MANY);
	const said = quoteOf(request, () =>
		readErrorText(clean(parseJson(answer.body)), connection.credential.apiKey),
	);
	const given: Case = { ...answer, request, connection, said, fromBetween };
	const after = readRetryAfter(answer.headers['retry-after'], Date.now());
	const verdict = verdictOf(given, after);
	if (fromBetween && !MAY_HAVE_PASSED.includes(verdict))
		return { kind: 'failed', failure: stoppedOnItsWay(given) };
	if (verdict === 'unknown' && request.idempotent)
		return { kind: 'retry', after, failure: triedAgain(FAILURES.unknown(given), connection) };
	if (!REPEATED[kindOf(request)].includes(verdict))
		return { kind: 'failed', failure: FAILURES[verdict](given) };
	return { kind: 'retry', after, busy: true, failure: busy(given, after) };
}

/** What it says that a request was not answered. */
export function explainThrown(
	request: DesktopRequest,
	error: unknown,
	connection: Connection,
): Attempt<never> {
	const { credential, timeout, maxTries } = connection;
	const {
		kind,
		reason,
		hint: check = 'Check the desktop URL of the credential, and that this n8n may connect to it.',
	} = classifyNetworkError(error);
	const tried = `It was tried ${times(maxTries)}.`;
	if (kind !== 'unknown') {
		const hint = `${check}${kind === 'retry' ? ` ${tried}` : ''}${nothingDone(request)}`;
		const failure: Failure = {
			message: `NenAI could not be reached at ${hostOf(credential.desktopUrl, 'its desktop URL')} for ${request.label}: ${reason}`,
			hint,
		};
		return kind === 'retry' ? { kind, failure } : { kind: 'failed', failure };
	}
	if (request.recoveryHint === undefined)
		return {
			kind: 'retry',
			failure: {
				message: `NenAI was asked for ${request.label}, and the answer did not come: ${reason}`,
				hint: `${tried} Asking changes nothing: do it again later.`,
			},
		};
	const hint = `${request.recoveryHint} An answer may take ${timeout + (request.extraSeconds ?? 0)} seconds.`;
	const failure: Failure = { message: `${unsure(request)}: ${reason}`, hint, uncertain: true };
	return request.idempotent
		? { kind: 'retry', failure: triedAgain(failure, connection) }
		: { kind: 'failed', failure };
}

/** A failure of what may be done again, for when that has not helped. */
function triedAgain(failure: Failure, { maxTries }: Connection): Failure {
	return { ...failure, hint: `It was tried ${times(maxTries)}. ${failure.hint}` };
}

/** Whether NenAI says that the desktop is not there any more. A page comes from something in between. */
export function isGone({ status, headers, body }: UnexpectedResponse): boolean {
	if (isHtml(headers['content-type'])) return false;
	return (
		status === 404 ||
		status === 410 ||
		(classifyStatus(status) === 'refused' &&
			/\bdeleted\b/i.test(readErrorText(clean(parseJson(body)))))
	);
}

/** Of an answer that is not read to its end. */
export function explainTooLarge(request: DesktopRequest): Attempt<never> {
	const problem = 'its answer is larger than 50 MB';
	if (request.recoveryHint === undefined)
		return {
			kind: 'failed',
			failure: {
				message: `NenAI was asked for ${request.label}, and ${problem}`,
				hint: 'It was not read to its end. Ask for less, or ask NenAI about it.',
			},
		};
	return {
		kind: 'failed',
		failure: {
			message: `${unsure(request)}: ${problem}`,
			hint: `It was not read to its end. ${request.recoveryHint}`,
			uncertain: true,
		},
	};
}

/**
 * Of an answer that says yes, but not in a form that is known.
 *
 * @param wrong what is wrong with it, as in "its answer has no picture"
 */
export function explainForm(
	request: DesktopRequest,
	{ status, body }: UnexpectedResponse,
	{ credential }: Connection,
	wrong = 'has a form that this node does not know',
): Attempt<never> {
	const said = quoteOf(request, () => excerptOf(clean(parseJson(body)), credential.apiKey));
	const problem = `its answer ${wrong} (HTTP ${status})${said}`;
	if (request.recoveryHint === undefined) {
		return {
			kind: 'failed',
			failure: {
				message: `NenAI was asked for ${request.label}, and ${problem}`,
				hint: 'Check the desktop URL of the credential, and look for a newer version of this node.',
			},
		};
	}
	return {
		kind: 'failed',
		failure: {
			message: `${unsure(request)}: ${problem}`,
			hint: `${request.recoveryHint} If nothing was done, check the desktop URL of the credential.`,
			uncertain: true,
		},
	};
}

/** Of an answer in which NenAI says that it failed: what acts may have been done in part, so it is not done again. */
export function explainRefusal(
	request: DesktopRequest,
	reason: unknown,
	{ credential }: Connection,
): Attempt<never> {
	const said = quoteOf(request, () => excerptOf(clean(parseJson(reason)), credential.apiKey));
	const message = `NenAI says that ${request.label} failed${said}`;
	if (request.recoveryHint === undefined)
		return {
			kind: 'failed',
			failure: {
				message,
				hint: 'Check the parameters, and look at the desktop with Desktop → Get. Asking changes nothing: do it again later.',
			},
		};
	return { kind: 'failed', failure: { message, hint: request.recoveryHint, uncertain: true } };
}

/** What NenAI says, for an error. Nothing of what may hold a secret in a form that nobody knows. */
function quoteOf({ redactResponse }: DesktopRequest, words: () => string): string {
	return redactResponse === true ? '' : withServerText(withoutLinks(words()));
}

/**
 * A failure as anybody may see it: without a link, which may open a desktop for whoever has it, and without the API key,
 * wherever these have come from. Somebody may have entered either as the name of a file, or of a desktop.
 */
export function sanitizeFailure({ message, hint, ...more }: Failure, apiKey: string): Failure {
	const tidy = (text: string) => withoutLinks(redact(text, apiKey));
	// What is quoted may end with a full stop of its own, and what follows a message begins with one.
	return { message: withoutEnd(tidy(message), '.', ' ', '\n'), hint: tidy(hint), ...more };
}

/** The same for how something ended. */
export function sanitizeAttempt<T>(attempt: Attempt<T>, apiKey: string): Attempt<T> {
	return attempt.kind === 'done'
		? attempt
		: { ...attempt, failure: sanitizeFailure(attempt.failure, apiKey) };
}

function kindOf({ recoveryHint }: DesktopRequest): keyof typeof REPEATED {
	return recoveryHint === undefined ? 'looks' : 'acts';
}

function nothingDone(request: DesktopRequest): string {
	return kindOf(request) === 'acts' ? ' Nothing was done.' : '';
}

function unsure({ label }: DesktopRequest): string {
	return `It is not known whether NenAI did ${label}`;
}

/** Where what stands in between answers so, it may have passed the request on before. */
const MAY_HAVE_PASSED: StatusClass[] = ['unknown', 'busy'];

const stoppedOnItsWay = ({ status, said, request }: Case): Failure => ({
	message: `NenAI was not reached for ${request.label}: something in between, such as a proxy or a firewall, refused the request (HTTP ${status})${said}`,
	hint: `${status === 407 ? "The proxy wants a user name and a password: add them to this n8n's proxy settings." : 'Ask whoever runs the network of this n8n to let it through to the desktop URL of the credential.'}${nothingDone(request)}`,
});

/** `accepted` and `busy` have gone other ways by then; they are here so that none can be missing. */
const FAILURES: Record<StatusClass, (given: Case) => Failure> = {
	accepted: (given) => FAILURES.unknown(given),
	busy: (given) => busy(given),
	refused: ({ status, said, request }) => ({
		message: `${kindOf(request) === 'acts' ? `NenAI refused ${request.label}` : `NenAI was asked for ${request.label} and refused`} (HTTP ${status})${said}`,
		hint: `${request.hints?.[status] ?? HINTS[status] ?? 'Check the parameters.'}${nothingDone(request)}`,
	}),
	unauthorized: ({ status, said, request }) => ({
		message: `NenAI did not accept the API key for ${request.label} (HTTP ${status})${said}`,
		hint: `Check the API key of the credential, and that it may be used for desktops.${nothingDone(request)}`,
	}),
	redirected: ({ status, headers, request }) => ({
		message: `The desktop URL answers ${request.label} with a redirect (HTTP ${status})${redirectPhrase(headers.location)}`,
		hint: `Check the desktop URL of the credential. The redirect was not followed, since that would send the API key to another address.${nothingDone(request)}`,
	}),
	unknown: ({ status, said, request, fromBetween }) => ({
		message: `${unsure(request)}: ${fromBetween ? 'something in between, such as a gateway,' : 'it'} answered with HTTP ${status}${said}`,
		hint: request.recoveryHint ?? '',
		uncertain: true,
	}),
};

const HINTS: Record<number, string> = {
	400: 'Check the parameters: something is missing, has the wrong form, or lies outside of the screen.',
	404: 'Check the desktop ID, or choose the desktop from the list. If it is right, check the desktop URL of the credential.',
	410: 'The desktop is deleted, with all that was on it. Create another one (Desktop → Create), or choose one from the list.',
	413: 'NenAI takes files of at most 100 MiB. Make the file smaller, or split it.',
};

function busy({ status, said, request, fromBetween, connection }: Case, after?: number): Failure {
	const who = fromBetween ? 'Something in front of NenAI, such as a gateway,' : 'NenAI';
	const later =
		after !== undefined && after > MAX_RETRY_WAIT_MS
			? `It asks to come back ${comeBackAt(after, Date.now())}.`
			: `It was tried ${times(connection.maxTries)}. Do it again later.`;
	return {
		message: `${who} could not answer ${request.label} (HTTP ${status})${said}`,
		hint: `${later}${nothingDone(request)}`,
	};
}

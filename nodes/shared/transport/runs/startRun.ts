import type { IDataObject, IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import {
	isFromIntermediary,
	classifyStatus,
	classifyNetworkError,
	parseJson,
	excerptOf,
	readErrorText,
	type StatusClass,
} from '../http/classify';
import { request as send, type Connection } from '../http/connection';
import type { NenAiCredential } from '../credential';
import type { Failure } from '../../failures/failure';
import type { Attempt } from '../../execution/runJobs';
import { redactAttempt, redactJson } from '../../failures/redact';
import { comeBackAt, MAX_RETRY_WAIT_MS, readRetryAfter } from '../../execution/retryAfter';
import { hostOf, withServerText, redirectPhrase, times } from '../../failures/phrases';

/** The body of `POST /runs`. */
export interface RunRequest {
	workflow_id: string;
	workflow_params: IDataObject;
	webhook_callback?: string;
}

/** The body of the 202, as NenAI sent it. */
export type StartedRun = IDataObject & { messageId: string };

/**
 * Sends one `POST /runs`. Redirects are not followed: n8n would send the API key on to the other host.
 *
 * @returns `done` with the 202's body; `retry` where nothing was accepted; `failed` otherwise. Does not throw.
 */
export async function startRun(
	this: IExecuteFunctions,
	request: RunRequest,
	connection: Connection,
): Promise<Attempt<StartedRun>> {
	const { credential, timeout, maxTries } = connection;
	let response: IN8nHttpFullResponse;
	try {
		response = await send.call(
			this,
			{
				method: 'POST',
				url: `${credential.baseUrl}/runs`,
				body: { ...request },
				json: true,
				// Parsed here: n8n would round long numbers.
				encoding: 'text',
				timeout: timeout * 1000,
			},
			connection,
		);
	} catch (error) {
		return redactAttempt(readThrown(error, connection), credential.apiKey);
	}
	return redactAttempt(readAnswer(response, credential, maxTries), credential.apiKey);
}

interface RunResponse {
	status: number;
	/** NenAI's own words, or empty. */
	text: string;
	body: unknown;
	/** Whether a proxy or the like gave it. */
	fromBetween: boolean;
	headers: IN8nHttpFullResponse['headers'];
}

/** The body of a 202 has about 150 characters. A long text would keep n8n busy while it is searched for the API key. */
const MAX_BODY_CHARACTERS = 200_000;

function readAnswer(
	{ statusCode, body, headers }: IN8nHttpFullResponse,
	{ apiKey }: NenAiCredential,
	maxTries: number,
): Attempt<StartedRun> {
	const isTooLong = typeof body === 'string' && body.length > MAX_BODY_CHARACTERS;
	const answer: RunResponse = {
		status: statusCode,
		text: readErrorText(isTooLong ? body.slice(0, MAX_BODY_CHARACTERS) : body, apiKey),
		body: isTooLong ? undefined : redactJson(parseJson(body), apiKey),
		fromBetween: isFromIntermediary(statusCode, headers['content-type']),
		headers,
	};
	const verdict = classifyStatus(statusCode);
	if (verdict === 'accepted' && isStartedRun(answer.body))
		return { kind: 'done', value: answer.body };
	if (verdict === 'accepted')
		return {
			kind: 'failed',
			failure: withoutMessageId(
				statusCode,
				excerptOf(isTooLong ? body.slice(0, MAX_BODY_CHARACTERS) : body, apiKey),
			),
		};
	if (answer.fromBetween && !MAY_HAVE_ARRIVED.includes(verdict))
		return { kind: 'failed', failure: blockedByIntermediary(answer) };
	if (verdict !== 'busy') return { kind: 'failed', failure: FAILURES[verdict](answer) };
	const after = readRetryAfter(headers['retry-after'], Date.now());
	return { kind: 'retry', after, busy: true, failure: busy(answer, after, maxTries) };
}

function isStartedRun(body: unknown): body is StartedRun {
	const messageId = (body as { messageId?: unknown } | null)?.messageId;
	return typeof messageId === 'string' && messageId !== '';
}

const NOT_STARTED = 'No run was started for this item.';

/** Where what stands in between answers so, it may have passed the request on before, or will do so later. */
const MAY_HAVE_ARRIVED: StatusClass[] = ['unknown', 'busy'];

const blockedByIntermediary = ({ status, text }: RunResponse): Failure => ({
	message: `NenAI was not reached: something in between, such as a proxy or a firewall, refused the request (HTTP ${status})${withServerText(text)}`,
	hint: `${status === 407 ? "The proxy wants a user name and a password: add them to this n8n's proxy settings." : 'Ask whoever runs the network of this n8n to let it through to the base URL of the credential.'} ${NOT_STARTED}`,
});

/** With all that it did say: the ID may stand there under another name. */
const withoutMessageId = (status: number, body: string): Failure => ({
	message: `NenAI accepted the run (HTTP ${status}) but gave no message ID${withServerText(body)}`,
	hint: 'A run may have started, so it is not sent again. Check the base URL of the credential, and ask NenAI whether the run exists (the operation Run → Get Many lists the recent runs of a workflow) before you start it once more.',
	uncertain: true,
});

const FAILURES: Record<
	Exclude<StatusClass, 'accepted' | 'busy'>,
	(answer: RunResponse) => Failure
> = {
	refused: ({ status, text }) => ({
		message: `NenAI refused the run (HTTP ${status})${withServerText(text)}`,
		hint: `${HINTS[status] ?? 'Check the workflow ID and the parameters.'} ${NOT_STARTED}`,
	}),
	unauthorized: ({ status, text, body }) =>
		isSecureParametersError(body)
			? {
					message: `NenAI refused the run (HTTP ${status})${withServerText(text)}`,
					hint: `This workflow takes secure parameters. NenAI accepts those only in requests signed with HMAC, which an API key cannot do. Ask your NenAI contact how to run this workflow without them. ${NOT_STARTED}`,
				}
			: {
					message: `NenAI did not accept the API key (HTTP ${status})${withServerText(text)}`,
					hint: `Check the API key of the credential, and that it may run this workflow. ${NOT_STARTED}`,
				},
	redirected: ({ status, headers }) => ({
		message: `The base URL answers with a redirect (HTTP ${status})${redirectPhrase(headers.location)}`,
		hint: `Check the base URL of the credential. The redirect was not followed, since that would send the API key to another address. ${NOT_STARTED}`,
	}),
	unknown: ({ status, text, fromBetween }) => ({
		message: `It is not known whether NenAI started the run: ${fromBetween ? 'something in between, such as a gateway,' : 'it'} answered with HTTP ${status}${withServerText(text)}`,
		hint: ASK_BEFORE_STARTING_AGAIN,
		uncertain: true,
	}),
};

/** What to do where nobody knows whether a run was started. */
export const ASK_BEFORE_STARTING_AGAIN =
	'A run may have started, so it is not sent again: that could do the work twice. Look for its callback, or ask NenAI whether it ran (the operation Run → Get Many lists the recent runs of a workflow), before you start it once more.';

const HINTS: Record<number, string> = {
	400: 'Check the workflow ID and the parameters: something is missing or has the wrong form.',
	404: 'Check the workflow ID: NenAI does not know it. If it is right, check the base URL of the credential.',
	422: 'Check the parameters: their names are case sensitive, and their values need the types that the workflow declares.',
};

function busy(
	{ status, text, fromBetween }: RunResponse,
	after: number | undefined,
	maxTries: number,
): Failure {
	if (after !== undefined && after > MAX_RETRY_WAIT_MS) {
		return {
			message: `NenAI accepts no more runs for now (HTTP ${status})${withServerText(text)}`,
			hint: `It asks to come back ${comeBackAt(after, Date.now())}. ${NOT_STARTED} Start it again then.`,
		};
	}
	return {
		message: `${fromBetween ? 'Something in front of NenAI, such as a gateway,' : 'NenAI'} was too busy to accept the run (HTTP ${status})${withServerText(text)}`,
		hint: `It was tried ${times(maxTries)}. Start fewer runs at a time (the option Max Concurrency), allow more tries (Max Tries), or start it again later. ${NOT_STARTED}`,
	};
}

function readThrown(
	error: unknown,
	{ credential, timeout, maxTries }: Connection,
): Attempt<StartedRun> {
	const { kind, reason, hint } = classifyNetworkError(error);
	if (kind === 'unknown') {
		const failure: Failure = {
			message: `It is not known whether NenAI started the run: ${reason}`,
			hint: `${ASK_BEFORE_STARTING_AGAIN} One request may take ${timeout} seconds (the option Timeout).`,
			uncertain: true,
		};
		return { kind: 'failed', failure };
	}
	const tried = kind === 'retry' ? ` It was tried ${times(maxTries)}.` : '';
	const failure: Failure = {
		message: `NenAI could not be reached at ${hostOf(credential.baseUrl)}: ${reason}`,
		hint: `${hint ?? 'Check the base URL of the credential, and that this n8n may connect to it.'}${tried} ${NOT_STARTED}`,
	};
	return kind === 'retry' ? { kind, failure } : { kind: 'failed', failure };
}

function isSecureParametersError(body: unknown): boolean {
	return (body as { error?: unknown } | null)?.error === 'hmac_required_for_secure_params';
}

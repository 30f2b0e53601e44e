import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { judge, judgeThrown, parseJson, quoteBody, readText, type Verdict } from './answer';
import { CREDENTIAL_TYPE, readCredential, type NenAiCredential } from './credential';
import type { Failure } from './failure';
import type { Attempt } from './queue';
import { LONGEST_WAIT, readRetryAfter } from './retry';

/** The body of `POST /runs`. */
export interface RunRequest {
	workflow_id: string;
	workflow_params: IDataObject;
	webhook_callback?: string;
}

/** The body of the 202, as NenAI sent it. */
export type StartedRun = IDataObject & { messageId: string };

/** What a user may set for each request. */
export interface RunLimits {
	maxTries?: number;
	/** Seconds. */
	timeout?: number;
}

export interface Connection extends Required<RunLimits> {
	credential: NenAiCredential;
	/** Handed to n8n with each request, so that it does not decrypt the credential each time. */
	decrypted: NonNullable<Parameters<IExecuteFunctions['helpers']['httpRequestWithAuthentication']>[2]>;
}

const LONGEST_TIMEOUT = 3600;

/** Everything that the requests of one execution share. Limits that are no numbers get their defaults. */
export function connect(data: ICredentialDataDecryptedObject, { maxTries, timeout }: RunLimits): Connection {
	const seconds = Number(timeout ?? 30);
	return {
		credential: readCredential(data),
		decrypted: { credentialsDecrypted: { id: '', name: '', type: CREDENTIAL_TYPE, data } },
		timeout: seconds > 0 ? Math.min(seconds, LONGEST_TIMEOUT) : 30,
		maxTries: atLeastOne(maxTries, 5),
	};
}

/** A whole number of at least 1; the default where it is none. */
export function atLeastOne(value: unknown, byDefault: number): number {
	const whole = Math.floor(Number(value ?? byDefault));
	return Number.isFinite(whole) ? Math.max(1, whole) : byDefault;
}

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
	const { credential, decrypted, timeout, maxTries } = connection;
	const options: IHttpRequestOptions = {
		method: 'POST',
		url: `${credential.baseUrl}/runs`,
		body: request,
		json: true,
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
		timeout: timeout * 1000,
	};
	try {
		const response = (await this.helpers.httpRequestWithAuthentication.call(
			this,
			CREDENTIAL_TYPE,
			options,
			decrypted,
		)) as IN8nHttpFullResponse;
		return readAnswer(response, credential, maxTries);
	} catch (error) {
		return readThrown(error, connection);
	}
}

interface Answer {
	status: number;
	/** NenAI's own words, or empty. */
	text: string;
	body: unknown;
	headers: IN8nHttpFullResponse['headers'];
}

function readAnswer(
	{ statusCode, body, headers }: IN8nHttpFullResponse,
	{ apiKey }: NenAiCredential,
	maxTries: number,
): Attempt<StartedRun> {
	const answer: Answer = { status: statusCode, text: readText(body, apiKey), body: parseJson(body), headers };
	const verdict = judge(statusCode);
	if (verdict === 'accepted' && isStartedRun(answer.body)) return { kind: 'done', value: answer.body };
	if (verdict === 'accepted') return { kind: 'failed', failure: withoutMessageId(statusCode, quoteBody(body, apiKey)) };
	if (verdict !== 'busy') return { kind: 'failed', failure: FAILURES[verdict](answer) };
	const after = readRetryAfter(headers['retry-after'], Date.now());
	return { kind: 'retry', after, failure: busy(answer, after, maxTries) };
}

function isStartedRun(body: unknown): body is StartedRun {
	const messageId = (body as { messageId?: unknown } | null)?.messageId;
	return typeof messageId === 'string' && messageId !== '';
}

const NOT_STARTED = 'No run was started for this item.';

/** With all that it did say: the ID may stand there under another name. */
const withoutMessageId = (status: number, body: string): Failure => ({
	message: `NenAI accepted the run (HTTP ${status}) but gave no message ID${quote(body)}`,
	hint: 'A run may have started, so it is not sent again. Check the base URL of the credential, and ask NenAI whether the run exists before you start it once more.',
	uncertain: true,
});

const FAILURES: Record<Exclude<Verdict, 'accepted' | 'busy'>, (answer: Answer) => Failure> = {
	refused: ({ status, text }) => ({
		message: `NenAI refused the run (HTTP ${status})${quote(text)}`,
		hint: `${HINTS[status] ?? 'Check the workflow ID and the parameters.'} ${NOT_STARTED}`,
	}),
	unauthorized: ({ status, text, body }) =>
		isSecureParametersError(body)
			? {
					message: `NenAI refused the run (HTTP ${status})${quote(text)}`,
					hint: `This workflow takes secure parameters. NenAI accepts those only in requests signed with HMAC, which an API key cannot do. Ask your NenAI contact how to run this workflow without them. ${NOT_STARTED}`,
				}
			: {
					message: `NenAI did not accept the API key (HTTP ${status})${quote(text)}`,
					hint: `Check the API key of the credential, and that it may run this workflow. ${NOT_STARTED}`,
				},
	redirected: ({ status, headers }) => ({
		message: `The base URL answers with a redirect (HTTP ${status})${redirectTarget(headers.location)}`,
		hint: `Check the base URL of the credential. The redirect was not followed, since that would send the API key to another address. ${NOT_STARTED}`,
	}),
	unknown: ({ status, text }) => ({
		message: `It is not known whether NenAI started the run: it answered with HTTP ${status}${quote(text)}`,
		hint: ASK_BEFORE_STARTING_AGAIN,
		uncertain: true,
	}),
};

const ASK_BEFORE_STARTING_AGAIN =
	'A run may have started, so it is not sent again: that could do the work twice. Look for its callback, or ask NenAI whether it ran, before you start it once more.';

const HINTS: Record<number, string> = {
	400: 'Check the workflow ID and the parameters: something is missing or has the wrong form.',
	404: 'Check the workflow ID: NenAI does not know it. If it is right, check the base URL of the credential.',
	422: 'Check the parameters: their names are case sensitive, and their values need the types that the workflow declares.',
};

function busy({ status, text }: Answer, after: number | undefined, maxTries: number): Failure {
	if (after !== undefined && after > LONGEST_WAIT) {
		return {
			message: `NenAI accepts no more runs for now (HTTP ${status})${quote(text)}`,
			hint: `It asks to come back at ${new Date(Date.now() + after).toISOString()}. ${NOT_STARTED} Start it again then.`,
		};
	}
	return {
		message: `NenAI was too busy to accept the run (HTTP ${status})${quote(text)}`,
		hint: `It was tried ${times(maxTries)}. Start fewer runs at a time (the option Max Concurrency), allow more tries (Max Tries), or start it again later. ${NOT_STARTED}`,
	};
}

function readThrown(error: unknown, { credential, timeout, maxTries }: Connection): Attempt<StartedRun> {
	const { kind, reason } = judgeThrown(error);
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
		hint: `Check the base URL of the credential, and that this n8n may connect to it.${tried} ${NOT_STARTED}`,
	};
	return kind === 'retry' ? { kind, failure } : { kind: 'failed', failure };
}

function isSecureParametersError(body: unknown): boolean {
	return (body as { error?: unknown } | null)?.error === 'hmac_required_for_secure_params';
}

function quote(text: string): string {
	return text === '' ? '' : `: ${text}`;
}

function times(count: number): string {
	return count === 1 ? 'once' : `${count} times`;
}

/** Only the host of the target: its path could hold a token. */
function redirectTarget(location: unknown): string {
	return typeof location === 'string' && URL.canParse(location) ? ` to ${hostOf(location)}` : '';
}

function hostOf(url: string): string {
	return URL.canParse(url) ? new URL(url).host : 'its base URL';
}

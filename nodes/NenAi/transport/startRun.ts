import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { isFromBetween, judge, judgeThrown, parseJson, quoteBody, readText, type Verdict } from './answer';
import { CREDENTIAL_TYPE, readCredential, type NenAiCredential } from './credential';
import type { Failure } from './failure';
import type { Attempt } from './queue';
import { comeBackAt, LONGEST_WAIT, readRetryAfter } from './retry';

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
	/** Tries for an answer that is safe to retry, the first included. */
	maxTries: number;
	/** Seconds. */
	timeout: number;
}

export interface Connection extends RunLimits {
	credential: NenAiCredential;
	/** Handed to n8n with each request, so that it does not decrypt the credential each time. */
	decrypted: NonNullable<Parameters<IExecuteFunctions['helpers']['httpRequestWithAuthentication']>[2]>;
}

const LONGEST_TIMEOUT = 3600;

/** Everything that the requests of one execution share. */
export function connect(data: ICredentialDataDecryptedObject, { maxTries, timeout }: RunLimits): Connection {
	return {
		credential: readCredential(data),
		decrypted: { credentialsDecrypted: { id: '', name: '', type: CREDENTIAL_TYPE, data } },
		// 0 is what other nodes call no limit.
		timeout: timeout > 0 ? Math.min(timeout, LONGEST_TIMEOUT) : LONGEST_TIMEOUT,
		maxTries,
	};
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
		// Parsed here: n8n would round long numbers.
		encoding: 'text',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
		timeout: timeout * 1000,
	};
	let response: IN8nHttpFullResponse;
	try {
		response = (await this.helpers.httpRequestWithAuthentication.call(this, CREDENTIAL_TYPE, options, decrypted)) as IN8nHttpFullResponse;
	} catch (error) {
		return readThrown(error, connection);
	}
	return readAnswer(response, credential, maxTries);
}

interface Answer {
	status: number;
	/** NenAI's own words, or empty. */
	text: string;
	body: unknown;
	/** Whether a proxy or the like gave it. */
	fromBetween: boolean;
	headers: IN8nHttpFullResponse['headers'];
}

function readAnswer(
	{ statusCode, body, headers }: IN8nHttpFullResponse,
	{ apiKey }: NenAiCredential,
	maxTries: number,
): Attempt<StartedRun> {
	const answer: Answer = { status: statusCode, text: readText(body, apiKey), body: parseJson(body), fromBetween: isFromBetween(statusCode, headers['content-type']), headers };
	const verdict = judge(statusCode);
	if (verdict === 'accepted' && isStartedRun(answer.body)) return { kind: 'done', value: answer.body };
	if (verdict === 'accepted') return { kind: 'failed', failure: withoutMessageId(statusCode, quoteBody(body, apiKey)) };
	if (answer.fromBetween && !MAY_HAVE_PASSED.includes(verdict)) return { kind: 'failed', failure: stoppedOnItsWay(answer) };
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
const MAY_HAVE_PASSED: Verdict[] = ['unknown', 'busy'];

const stoppedOnItsWay = ({ status, text }: Answer): Failure => ({
	message: `NenAI was not reached: something in between, such as a proxy or a firewall, refused the request (HTTP ${status})${quote(text)}`,
	hint: `${status === 407 ? "The proxy wants a user name and a password: add them to this n8n's proxy settings." : 'Ask whoever runs the network of this n8n to let it through to the base URL of the credential.'} ${NOT_STARTED}`,
});

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
	unknown: ({ status, text, fromBetween }) => ({
		message: `It is not known whether NenAI started the run: ${fromBetween ? 'something in between, such as a gateway,' : 'it'} answered with HTTP ${status}${quote(text)}`,
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

function busy({ status, text, fromBetween }: Answer, after: number | undefined, maxTries: number): Failure {
	if (after !== undefined && after > LONGEST_WAIT) {
		return {
			message: `NenAI accepts no more runs for now (HTTP ${status})${quote(text)}`,
			hint: `It asks to come back ${comeBackAt(after, Date.now())}. ${NOT_STARTED} Start it again then.`,
		};
	}
	return {
		message: `${fromBetween ? 'Something in front of NenAI, such as a gateway,' : 'NenAI'} was too busy to accept the run (HTTP ${status})${quote(text)}`,
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

/** A host name that ends as they do, or an address. */
const PLAIN_HOST = /^(([a-z0-9-]+\.)+[a-z]{2,}|localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/;

/** Not what looks like no host: somebody may have pasted the key there, or behind it. */
function hostOf(url: string): string {
	const host = URL.canParse(url) ? new URL(url).host : '';
	return PLAIN_HOST.test(host) ? host : 'its base URL';
}

import type { IDataObject, IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import { addressOf, secretsOf } from '../credential';
import { parseJson } from '../exactJson';
import { classifyStatus } from '../http/classify';
import { request as send, type Connection } from '../http/connection';
import type { Attempt } from '../../execution/retry';
import { excerptOf, said } from '../../failures/excerpt';
import { explainException, explainResponse, type RequestInfo } from '../../failures/explain';
import { unusableResponse } from '../../failures/messages';
import { redactJson } from '../../failures/redact';
import { say } from '../../failures/text';

/** The body of `POST /runs`: docs/internals/nenai-api.md#starting-a-run */
export interface RunRequest {
	workflow_id: string;
	workflow_params: IDataObject;
	webhook_callback?: string;
}

/** The body of the 202, as NenAI sent it. */
export type StartedRun = IDataObject & { messageId: string };

/** What to do if nobody knows whether a run was started. */
export const ASK_BEFORE_STARTING_AGAIN = say`A run may have started, so the request is not sent again: that could do the work twice. Before you start the run again, look for its callback, or check with Run → Get Many whether it exists.`;

/** How errors describe a request that starts a run. */
const infoOf = ({ credential, maxTries, timeout }: Connection): RequestInfo => ({
	policy: 'start',
	server: 'NenAI',
	label: say`the run`,
	effect: say`started the run`,
	recoveryHint: ASK_BEFORE_STARTING_AGAIN,
	notDone: say`No run was started for this item.`,
	address: addressOf(credential, 'baseUrl'),
	hints: HINTS,
	refusedHint: say`Check the workflow ID and the parameters.`,
	keyHint: say`Check the API key of the credential: copy the whole key again, or ask your NenAI contact whether it is allowed to run this workflow.`,
	busyHint: say`Start fewer runs at a time (option Max Concurrency), allow more tries (Max Tries), or start the run again later.`,
	maxTries,
	timeout,
});

const HINTS: RequestInfo['hints'] = {
	400: say`Check the workflow ID and the parameters: something is missing or has the wrong form.`,
	404: say`Pick the workflow From List, or ask your NenAI contact for its ID: NenAI does not know this one. If it is right, check the base URL of the credential.`,
	422: say`Check the parameters. Ask your NenAI contact for the exact names and types. Names are case-sensitive.`,
};

const SECURE_PARAMETERS = say`This workflow takes secure parameters. NenAI accepts those only in requests signed with HMAC, which an API key cannot do. Ask your NenAI contact how to run this workflow without them.`;

/**
 * Sends one `POST /runs`. Redirects are not followed, because n8n would send the API key to the other host.
 *
 * @returns `done` with the body of the 202; `retry` if NenAI did not accept the request and a repetition may help; else
 * `failed`. Does not throw.
 */
export async function startRun(
	this: IExecuteFunctions,
	request: RunRequest,
	connection: Connection,
): Promise<Attempt<StartedRun>> {
	const { credential, timeout } = connection;
	let response: IN8nHttpFullResponse;
	try {
		response = await send.call(
			this,
			{
				method: 'POST',
				url: `${credential.baseUrl}/runs`,
				body: { ...request },
				json: true,
				// Parsed here, because n8n would round long numbers: docs/internals/n8n-behaviour.md#long-numbers
				encoding: 'text',
				timeout: timeout * 1000,
			},
			connection,
		);
	} catch (error) {
		return explainException(infoOf(connection), error);
	}
	return readResponse(response, connection);
}

/** The body of a 202 has about 150 characters. The search for the API key in a very long text would block n8n. */
const MAX_BODY_CHARACTERS = 200_000;

function readResponse(
	{ statusCode: status, body, headers }: IN8nHttpFullResponse,
	connection: Connection,
): Attempt<StartedRun> {
	const isTooLong = typeof body === 'string' && body.length > MAX_BODY_CHARACTERS;
	const text = isTooLong ? body.slice(0, MAX_BODY_CHARACTERS) : body;
	const parsed = isTooLong
		? undefined
		: redactJson(parseJson(body), secretsOf(connection.credential));
	const info = infoOf(connection);
	if (classifyStatus(status) === 'accepted')
		return isStartedRun(parsed)
			? { kind: 'done', value: parsed }
			: { kind: 'failed', failure: withoutMessageId(info, status, text) };
	const response = { status, headers, body: text };
	if (!isSecureParametersError(parsed)) return explainResponse(info, response);
	return explainResponse(
		{ ...info, isNotAboutKey: true, hints: { [status]: SECURE_PARAMETERS } },
		response,
	);
}

function isStartedRun(body: unknown): body is StartedRun {
	const messageId = (body as { messageId?: unknown } | null)?.messageId;
	return typeof messageId === 'string' && messageId !== '';
}

/** Quotes the whole response: the ID may have another name there. */
const withoutMessageId = (info: RequestInfo, status: number, body: unknown) =>
	unusableResponse(info, say`NenAI accepted the request but gave no message ID`, {
		status,
		quote: said(body, excerptOf),
	});

function isSecureParametersError(body: unknown): boolean {
	return (body as { error?: unknown } | null)?.error === 'hmac_required_for_secure_params';
}

import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/** What the sender of a callback is told. */
export interface CallbackResponse {
	status: 200 | 400 | 401 | 409 | 500 | 503;
	body: { received: true; ignored?: string } | { error: string };
}

export const ACCEPTED: CallbackResponse = { status: 200, body: { received: true } };

/** Genuine, but nobody waits for it here; the sender need not try again. */
export const ignored = (reason: string): CallbackResponse => ({
	status: 200,
	body: { received: true, ignored: reason },
});

export const refused = (status: 400 | 401 | 409 | 500 | 503, error: string): CallbackResponse => ({
	status,
	body: { error },
});

const UNSIGNED = {
	missing: refused(401, 'The header X-Hmac-Signature is missing'),
	malformed: refused(
		401,
		'The header X-Hmac-Signature is malformed: it must be sha256= and 64 lower case hex digits',
	),
	invalid: refused(
		401,
		'The signature is wrong: it was not made over this body with the secret known here',
	),
	unreadableBody: refused(
		401,
		'The body cannot be read as it was sent, so the signature cannot be verified',
	),
	noSecret: refused(
		401,
		'No webhook secret is set in the NenAI credential, so the signature cannot be verified',
	),
};

export const unsigned = (reason: keyof typeof UNSIGNED): CallbackResponse => UNSIGNED[reason];

/**
 * Answers the sender and starts nothing. An error status is written to the response here, since n8n would take
 * a thrown error as the end of a waiting execution.
 */
export function respond(
	this: IWebhookFunctions,
	{ status, body }: CallbackResponse,
): IWebhookResponseData {
	if (status === 200) return { webhookResponse: body };
	this.getResponseObject().status(status).json(body);
	return { noWebhookResponse: true };
}

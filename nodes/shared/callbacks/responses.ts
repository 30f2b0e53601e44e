import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/** The response to the sender of a callback. */
export interface CallbackResponse {
	status: 200 | 400 | 401 | 409 | 500 | 503;
	body: { received: true; ignored?: string } | { error: string };
}

export const ACCEPTED: CallbackResponse = { status: 200, body: { received: true } };

/** For a genuine callback that is ignored: the sender need not try again. */
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
		'The header X-Hmac-Signature is malformed: it must be sha256= followed by 64 lowercase hex digits',
	),
	invalid: refused(
		401,
		'The signature is wrong: the callback was signed with another secret, or its body was changed in transit',
	),
	unreadableBody: refused(
		401,
		'The original bytes of the body are not available, so the signature cannot be verified',
	),
	noSecret: refused(
		401,
		'No webhook secret is set in the NenAI credential, so the signature cannot be verified',
	),
};

export const unsigned = (reason: keyof typeof UNSIGNED): CallbackResponse => UNSIGNED[reason];

/**
 * Answers the sender without starting anything. An error status is written to the response here. If it were thrown, n8n
 * would end a waiting execution: docs/internals/n8n-behaviour.md#what-webhook-returns
 */
export function respond(
	this: IWebhookFunctions,
	{ status, body }: CallbackResponse,
): IWebhookResponseData {
	if (status === 200) return { webhookResponse: body };
	this.getResponseObject().status(status).json(body);
	return { noWebhookResponse: true };
}

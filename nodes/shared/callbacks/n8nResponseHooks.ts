import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/**
 * Two moments of a callback that n8n tells nobody about. Both hooks depend on how n8n handles what `webhook()` returns
 * (seen in 1.94.1, 1.123.81, 2.0.3 and 2.41.1).
 */

/** A response of n8n's web server. */
export type ServerResponse = ReturnType<IWebhookFunctions['getResponseObject']>;

/**
 * Calls `then` when n8n reads the response. n8n 2 reads it when the execution has started, right before it saves the
 * workflow's static data: what is changed earlier is lost, since starting an execution resets n8n's mark of a change.
 * n8n 1 reads it before it starts the execution.
 */
export function onResponseRead(
	{ workflowData, webhookResponse }: IWebhookResponseData,
	then: () => void,
): IWebhookResponseData {
	return {
		workflowData,
		get webhookResponse() {
			then();
			return webhookResponse as unknown;
		},
	};
}

/**
 * Calls `then` when n8n ends the response. No event tells that if the sender has already left, so this wraps `end`. With
 * an error status, n8n could not start the execution.
 */
export function onResponseEnded(response: ServerResponse, then: () => void) {
	const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
	response.end = (...args: unknown[]) => {
		then();
		return end(...args);
	};
}

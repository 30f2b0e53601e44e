import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/**
 * Two moments in the handling of a callback for which n8n has no event. Both hooks depend on how n8n handles what
 * `webhook()` returns (seen in n8n 1.94.1, 1.123.81, 2.0.3 and 2.41.1; see docs/internals/n8n-behaviour.md).
 */

/** A response of n8n's web server. */
export type ServerResponse = ReturnType<IWebhookFunctions['getResponseObject']>;

/**
 * Calls `then` when n8n reads the response. n8n 2 reads it when the execution has started, right before it saves the
 * workflow's static data. An earlier change is lost, because starting an execution resets n8n's flag for changed data.
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
 * Calls `then` when n8n ends the response. If the sender has disconnected, no event fires then, so this wraps `end`. An
 * error status means that n8n could not start the execution.
 */
export function onResponseEnded(response: ServerResponse, then: () => void) {
	const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
	response.end = (...args: unknown[]) => {
		then();
		return end(...args);
	};
}

import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

/**
 * Moments in the handling of a callback for which n8n has no event. The hooks depend on how n8n handles what
 * `webhook()` returns: docs/internals/n8n-behaviour.md#response-hooks
 */

/** A response of n8n's web server. */
export type ServerResponse = ReturnType<IWebhookFunctions['getResponseObject']>;

/**
 * Calls `then` when n8n reads the response, shortly before n8n saves the workflow's static data. n8n 2.41.1 reads the
 * response after it has started the execution. An earlier change of the static data is lost there, because the start
 * resets n8n's flag for changed data. 1.94.1, 1.123.81 and 2.0.3 read the response before they start the execution.
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
 * Calls `then` when n8n ends the response. No event fires for that if the sender has disconnected, so this wraps `end`.
 * An error status means that n8n could not start the execution.
 */
export function onResponseEnded(response: ServerResponse, then: () => void) {
	const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
	response.end = (...args: unknown[]) => {
		then();
		return end(...args);
	};
}

/**
 * For a response at the end of an execution: sends this body if the execution has succeeded. With `responseData` "noData",
 * n8n then sends none. If n8n sends a body with status 200, the execution may never have begun, so the sender gets 500:
 * docs/internals/n8n-behaviour.md#response-hooks
 */
export function onExecutionSucceeded(response: ServerResponse, body: object) {
	const json = response.json.bind(response);
	response.json = (sent?: unknown) => {
		if (sent === undefined) return json(body);
		if (response.statusCode < 400) response.status(500);
		return json(sent);
	};
}

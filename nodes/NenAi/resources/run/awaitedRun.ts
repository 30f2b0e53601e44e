import type { IDataObject, IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

/**
 * The run that an execution of Start and Wait waits for. Hours can pass between the two halves of that operation, and n8n
 * can be restarted, so the first half stores the run with the execution and the second reads it from there.
 */

/** NenAI has a status "timeout", too. This field says that n8n stopped waiting. */
const OWN_TIMEOUT = 'wait_limit_reached';

/** The output when the wait ends without a result. */
export function timedOutItem(workflowId: string, messageId: string): IDataObject {
	return { workflow_id: workflowId, message_id: messageId, status: 'timeout', [OWN_TIMEOUT]: true };
}

/**
 * First half: replaces the input that n8n stores with the waiting execution. When the wait's date passes, n8n gives that
 * input as the node's output (n8n 1.123 and 2.41).
 *
 * This is not the array of `getInputData()`, which is a copy with Execute Once. Nor may the output be the same array: with
 * On Error: Continue (using Error Output), n8n empties that.
 */
export function storeAwaitedRun(this: IExecuteFunctions, json: IDataObject) {
	const stored = this.getExecuteData().data;
	for (const inputs of Object.values(stored))
		inputs[0]?.splice(0, Infinity, { json, pairedItem: { item: 0 } });
}

/** Second half: the message ID of the run that was stored. In `webhook()`, n8n gives the stored input to expressions only. */
export function readAwaitedMessageId(this: IWebhookFunctions): unknown {
	return (this.evaluateExpression('{{ $json }}', 0) as IDataObject | null)?.message_id;
}

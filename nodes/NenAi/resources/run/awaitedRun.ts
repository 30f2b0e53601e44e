import type { IDataObject, IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

/**
 * The run for which an execution of Start and Wait waits. Hours can pass between the two halves of that operation, and
 * n8n can be restarted. So the first half stores the run with the execution, and the second half reads it from there.
 */

/** NenAI also has a status "timeout". This field says that n8n stopped waiting. */
const OWN_TIMEOUT = 'wait_limit_reached';

/** The output when the wait ends without a result. */
export function timedOutItem(workflowId: string, messageId: string): IDataObject {
	return { workflow_id: workflowId, message_id: messageId, status: 'timeout', [OWN_TIMEOUT]: true };
}

/**
 * First half: replaces the input that n8n stores with the waiting execution. When the wait ends, n8n gives that input
 * as the node's output: docs/internals/n8n-behaviour.md#resuming-a-waiting-execution
 *
 * The stored input is not the array of `getInputData()`, which is a copy with Execute Once. The output must be a
 * different array, because n8n empties the output array with On Error: Continue (using Error Output).
 */
export function storeAwaitedRun(this: IExecuteFunctions, json: IDataObject) {
	const stored = this.getExecuteData().data;
	for (const inputs of Object.values(stored))
		inputs[0]?.splice(0, Infinity, { json, pairedItem: { item: 0 } });
}

/**
 * Second half: the message ID of the stored run. In `webhook()`, only expressions can read the stored input:
 * docs/internals/n8n-behaviour.md#resuming-a-waiting-execution
 */
export function readAwaitedMessageId(this: IWebhookFunctions): unknown {
	return (this.evaluateExpression('{{ $json }}', 0) as IDataObject | null)?.message_id;
}

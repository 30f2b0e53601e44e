import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookFunctions,
} from 'n8n-workflow';

/**
 * The run for which an execution of Start and Wait waits. Hours can pass between the two halves of that operation, and
 * n8n can be restarted. So the first half stores the run with the execution, and the second half reads it from there.
 */
interface AwaitedRun {
	messageId: string;
	/** Whether the node has an output for each outcome. */
	byOutcome: boolean;
}

/** Its key in the node's context: docs/internals/n8n-behaviour.md#the-nodes-context */
const KEY = 'nenAiAwaitedRun';

/** NenAI also has a status "timeout". This field says that n8n stopped waiting. */
const OWN_TIMEOUT = 'wait_limit_reached';

/** The output when the wait ends without a result. */
export function timedOutItem(workflowId: string, messageId: string): IDataObject {
	return { workflow_id: workflowId, message_id: messageId, status: 'timeout', [OWN_TIMEOUT]: true };
}

/** First half. */
export function storeAwaitedRun(this: IExecuteFunctions, run: AwaitedRun) {
	this.getContext('node')[KEY] = run;
}

/**
 * First half: replaces the input that n8n stores with the waiting execution. When the wait ends, n8n gives that input
 * as the node's output: docs/internals/n8n-behaviour.md#resuming-a-waiting-execution
 *
 * The stored input is not the array of `getInputData()`, which is a copy with Execute Once. The output must be a
 * different array, because n8n empties the output array with On Error: Continue (using Error Output).
 */
export function storeOutput(this: IExecuteFunctions, json: IDataObject) {
	const stored = this.getExecuteData().data;
	for (const inputs of Object.values(stored))
		inputs[0]?.splice(0, Infinity, { json, pairedItem: { item: 0 } });
}

/**
 * The same for a node with several outputs: docs/internals/n8n-behaviour.md#several-outputs
 *
 * @param outputs the items of each output
 */
export function storeOutputs(this: IExecuteFunctions, outputs: INodeExecutionData[][]) {
	const executeData = this.getExecuteData();
	executeData.data.main = outputs.map((items) => items.map((item) => ({ ...item })));
	this.setMetadata({ forwardAllOutputs: true });
	// n8n takes the number of an output for that of an input when it links the item to the one before. So each has the
	// source of the first input.
	const { source } = executeData;
	if (source?.main !== undefined)
		executeData.source = { ...source, main: outputs.map(() => source.main[0]) };
}

/**
 * Second half. In `webhook()`, only expressions can read the stored data:
 * docs/internals/n8n-behaviour.md#resuming-a-waiting-execution. Undefined if nothing is stored.
 */
export function readAwaitedRun(this: IWebhookFunctions): AwaitedRun | undefined {
	// A brace in the name would end the expression.
	const name = JSON.stringify(this.getNode().name).replace(
		/[{}]/g,
		(brace) => `\\u00${brace.charCodeAt(0).toString(16)}`,
	);
	return this.evaluateExpression(`{{ $node[${name}].context["${KEY}"] }}`, 0) as unknown as
		| AwaitedRun
		| undefined;
}

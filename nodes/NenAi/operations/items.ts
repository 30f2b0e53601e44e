import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { toError, toText, type Failure } from '../transport/failure';
import type { Outcome } from '../transport/queue';
import { failureOf } from './badInput';

/** What to say of an item that was not tried, since the execution was stopped. */
const STOPPED: Failure = { message: 'The execution was stopped', hint: 'Nothing more was sent.' };

/** Whether an AI agent calls the node as its tool. n8n names such nodes so, whichever way the agent runs its tools. */
export function isTool(this: IExecuteFunctions): boolean {
	return this.getNode().type.endsWith('Tool') || isInsideAgent.call(this);
}

/** Whether the tool is run inside of the agent's node, as by agents before version 3: it can suspend nothing there. */
export function isInsideAgent(this: IExecuteFunctions): boolean {
	return 'getNextRunIndex' in this;
}

/** What an item that did not come to its end failed with. One that was not tried counts as stopped. */
export function failureIn<T>(outcome: Exclude<Outcome<T>, { kind: 'done' }>): Failure {
	return outcome.kind === 'failed' ? outcome.failure : STOPPED;
}

/** Which of the items to name in an error: the first that failed, else the first that was not tried. */
export function firstFailure<T>(outcomes: Array<Outcome<T>>): { index: number; failure: Failure } | undefined {
	for (const kind of ['failed', 'untried']) {
		const index = outcomes.findIndex((outcome) => outcome.kind === kind);
		const outcome = outcomes[index];
		if (outcome && outcome.kind !== 'done') return { index, failure: failureIn(outcome) };
	}
	return undefined;
}

/** An item that carries what it failed with ("Continue on fail", and the tools of agents). */
export function failedItem(failure: Failure, itemIndex: number): INodeExecutionData {
	return { json: { error: toText(failure, itemIndex) }, pairedItem: { item: itemIndex } };
}

/** The same for what was thrown. The call of a tool has no items that a model could tell apart. */
export function toFailedItem(this: IExecuteFunctions, error: Error, itemIndex: number): INodeExecutionData {
	const text = error instanceof NodeOperationError ? `${error.message}. ${error.description ?? ''}`.trim() : toText(failureOf(error), itemIndex);
	const named = isTool.call(this) ? text.replace(/ \[item \d+\]/g, '') : text;
	return { json: { error: named }, pairedItem: { item: itemIndex } };
}

/** What to throw for anything that was thrown before a request. What concerns all items is said of the first. */
export function asNodeError(this: IExecuteFunctions, error: unknown, itemIndex = 0): Error {
	return error instanceof NodeOperationError ? error : toError(this.getNode(), failureOf(error), itemIndex);
}

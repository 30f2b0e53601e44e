import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';

import {
	failureOfError,
	failureText,
	keepText,
	STOPPED,
	toNodeError,
	writeFailure,
	type WrittenFailure,
} from '../failures/failure';
import { NO_SECRETS } from '../failures/redact';
import { toFailure } from '../parameters/invalidParameter';
import type { Outcome } from './retry';

/** The outcome of an item, with texts without secrets. */
export type WrittenOutcome<T> = Outcome<T, WrittenFailure>;

/**
 * Whether an AI agent calls the node as its tool. n8n gives such nodes a type that ends in `Tool`:
 * docs/internals/n8n-behaviour.md#tools-of-ai-agents
 */
export function isTool(this: IExecuteFunctions): boolean {
	return this.getNode().type.endsWith('Tool') || isInsideAgent.call(this);
}

/**
 * Whether the tool runs inside the agent's node, as in agents before version 3. It cannot suspend the execution there.
 */
export function isInsideAgent(this: IExecuteFunctions): boolean {
	return 'getNextRunIndex' in this;
}

/** The failure of an item without a result. An item that was not tried counts as stopped. */
export function failureOfOutcome<T>(
	outcome: Exclude<WrittenOutcome<T>, { kind: 'done' }>,
): WrittenFailure {
	return outcome.kind === 'failed' ? outcome.failure : writeFailure(STOPPED, NO_SECRETS);
}

/** The item that an error names: the first that failed, else the first that was not tried. */
export function firstFailure<T>(
	outcomes: Array<WrittenOutcome<T>>,
): { index: number; failure: WrittenFailure } | undefined {
	for (const kind of ['failed', 'untried']) {
		const index = outcomes.findIndex((outcome) => outcome.kind === kind);
		const outcome = outcomes[index];
		if (outcome && outcome.kind !== 'done') return { index, failure: failureOfOutcome(outcome) };
	}
	return undefined;
}

/** Which other items NenAI may have done, for an error. Empty if there are none. */
export function describeUncertain<T>(
	outcomes: Array<WrittenOutcome<T>>,
	failedIndex: number,
): string[] {
	const uncertain = outcomes.flatMap((outcome, index) =>
		index !== failedIndex && outcome.kind === 'failed' && outcome.failure.uncertain
			? [`item ${index}`]
			: [],
	);
	return uncertain.length > 0
		? [`It is also not known whether these were done: ${uncertain.join(', ')}.`]
		: [];
}

/**
 * An item with its error ("Continue", the error output, and tools of agents): the text, whether NenAI may have done it
 * nevertheless, and the ID of the run if it is known.
 */
export function errorItem(
	this: IExecuteFunctions,
	failure: WrittenFailure,
	itemIndex: number,
	named: IDataObject = {},
): INodeExecutionData {
	return makeErrorItem.call(this, failureText(failure, itemIndex), failure, itemIndex, named);
}

/**
 * The same for a thrown error. For a tool, the text does not name the item, because a model cannot tell items apart.
 */
export function errorItemFrom(
	this: IExecuteFunctions,
	error: Error,
	itemIndex: number,
): INodeExecutionData {
	const text = isNodeError(error)
		? `${error.message}. ${error.description ?? ''}`.trim()
		: failureText(writeFailure(toFailure(error), NO_SECRETS), itemIndex);
	const named = isTool.call(this) ? text.replace(/ \[item \d+\]/g, '') : text;
	return makeErrorItem.call(this, named, failureOfError(error), itemIndex);
}

function makeErrorItem(
	this: IExecuteFunctions,
	text: string,
	failure: Partial<WrittenFailure> = {},
	itemIndex: number,
	named: IDataObject = {},
): INodeExecutionData {
	const { uncertain, messageId } = failure;
	const error = keepText(text);
	const item: INodeExecutionData = {
		json: {
			...named,
			...(messageId !== undefined && { messageId }),
			error,
			...(uncertain && { uncertain }),
		},
		pairedItem: { item: itemIndex },
	};
	if (this.getNode().onError === 'continueErrorOutput') markAsError(item, error);
	return item;
}

/**
 * Makes n8n send the item to the error output although its JSON has other fields than `error`. n8n also looks for
 * `error` next to the JSON, but would then replace the JSON with the error's message when it stores the item. A
 * property that is not enumerable is not copied, so it is gone by that time:
 * docs/internals/n8n-behaviour.md#continue-on-fail
 */
function markAsError(item: INodeExecutionData, message: string) {
	Object.defineProperty(item, 'error', {
		value: new Error(message),
		writable: true,
		enumerable: false,
	});
}

/** The error to throw for an error from before a request. If it concerns all items, it names the first. */
export function asNodeError(this: IExecuteFunctions, error: unknown, itemIndex = 0): Error {
	return isNodeError(error)
		? error
		: toNodeError(this.getNode(), writeFailure(toFailure(error), NO_SECRETS), itemIndex);
}

function isNodeError(error: unknown): error is NodeApiError | NodeOperationError {
	return error instanceof NodeApiError || error instanceof NodeOperationError;
}

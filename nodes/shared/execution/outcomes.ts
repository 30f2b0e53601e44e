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

/** How an item ended, in words without secrets. */
export type WrittenOutcome<T> = Outcome<T, WrittenFailure>;

/** Whether an AI agent calls the node as its tool. n8n names such nodes so, whichever way the agent runs its tools. */
export function isTool(this: IExecuteFunctions): boolean {
	return this.getNode().type.endsWith('Tool') || isInsideAgent.call(this);
}

/** Whether the tool is run inside of the agent's node, as by agents before version 3: it can suspend nothing there. */
export function isInsideAgent(this: IExecuteFunctions): boolean {
	return 'getNextRunIndex' in this;
}

/** What an item that did not come to its end failed with. One that was not tried counts as stopped. */
export function failureOfOutcome<T>(
	outcome: Exclude<WrittenOutcome<T>, { kind: 'done' }>,
): WrittenFailure {
	return outcome.kind === 'failed' ? outcome.failure : writeFailure(STOPPED, NO_SECRETS);
}

/** Which of the items to name in an error: the first that failed, else the first that was not tried. */
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

/** Which of the other items NenAI may have done, for an error; nothing where there are none. */
export function describeUncertain<T>(
	outcomes: Array<WrittenOutcome<T>>,
	failedIndex: number,
): string[] {
	const uncertain = outcomes.flatMap((outcome, index) =>
		index !== failedIndex && outcome.kind === 'failed' && outcome.failure.uncertain
			? [`item ${index}`]
			: [],
	);
	return uncertain.length > 0 ? [`Also not known: ${uncertain.join(', ')}.`] : [];
}

/**
 * An item that carries what it failed with ("Continue", the error output, and the tools of agents): the text, whether
 * NenAI may have done it all the same, and the ID of the run where it is known.
 */
export function errorItem(
	this: IExecuteFunctions,
	failure: WrittenFailure,
	itemIndex: number,
	named: IDataObject = {},
): INodeExecutionData {
	return makeErrorItem.call(this, failureText(failure, itemIndex), failure, itemIndex, named);
}

/** The same for what was thrown. The call of a tool has no items that a model could tell apart. */
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
 * Makes n8n send the item to the error output though its JSON has more fields than n8n expects of an error there. n8n
 * also looks for `error` beside the JSON, but would then replace the JSON with that error's message when it stores the
 * item. It copies the item in between, and a property that is not enumerable is not copied (n8n 1.123 and 2.41).
 */
function markAsError(item: INodeExecutionData, message: string) {
	Object.defineProperty(item, 'error', {
		value: new Error(message),
		writable: true,
		enumerable: false,
	});
}

/** What to throw for anything that was thrown before a request. What concerns all items is said of the first. */
export function asNodeError(this: IExecuteFunctions, error: unknown, itemIndex = 0): Error {
	return isNodeError(error)
		? error
		: toNodeError(this.getNode(), writeFailure(toFailure(error), NO_SECRETS), itemIndex);
}

function isNodeError(error: unknown): error is NodeApiError | NodeOperationError {
	return error instanceof NodeApiError || error instanceof NodeOperationError;
}

import { NodeApiError, NodeOperationError, type INode, type NodeError } from 'n8n-workflow';

import { withoutEnd } from './phrases';
import type { Redactor } from './redact';
import { lazily, say, type Text } from './text';

/**
 * n8n's machine-readable causes. n8n itself, error workflows and agents can read them:
 * docs/internals/n8n-behaviour.md#texts-of-errors
 */
type Cause = NonNullable<NodeError['failure']>;

interface FailureDetails {
	/** It is not known whether NenAI did it, so it must not be sent again. */
	uncertain?: boolean;
	/** NenAI has done it. Only its response is missing. */
	done?: boolean;
	/** The run that the failure is about, if its ID is known. */
	messageId?: string;
	/** Set if a request has failed. Without it, the person who builds the workflow must correct something. */
	request?: { httpCode?: number; cause?: Cause };
}

/** A failure, with words for the person who builds the workflow. */
export interface Failure extends FailureDetails {
	/** What happened: one sentence without its full stop. */
	message: Text;
	/** What to do now. */
	hint: Text;
}

/** An error that knows its failure. It is not an n8n error: the code that reports it adds the node and the item. */
export class FailureError extends Error {
	constructor(readonly failure: Failure) {
		super();
	}
}

/** A failure as texts without secrets. This comes out of a node, and n8n stores it. */
export interface WrittenFailure extends FailureDetails {
	message: string;
	hint: string;
}

/** The failure of an item that was not sent because the execution was stopped. */
export const STOPPED: Failure = {
	message: say`The execution was stopped`,
	hint: say`Nothing more was sent.`,
};

/** The one place where a failure becomes text, and where secrets are removed from it. */
export function writeFailure(failure: Failure, redactor: Redactor): WrittenFailure {
	return {
		...failure,
		message: writeMessage(failure.message, redactor),
		hint: failure.hint.write(redactor).trim(),
	};
}

/** A failure as one text, for a place that has no separate hint. */
export function inOneText({ message, hint }: Failure): Text {
	return say`${lazily((redactor) => writeMessage(message, redactor))}. ${hint}`;
}

/** Removes a full stop at the end: a quoted text may end with one, and the text after a message begins with one. */
function writeMessage(message: Text, redactor: Redactor): string {
	return withoutEnd(message.write(redactor), '.', ' ', '\n');
}

/** The property of an error that keeps its failure. It is not enumerable, so n8n does not store it. */
const FAILURE = Symbol('failure');

/**
 * The error that n8n shows: a NodeApiError if a request has failed, else a NodeOperationError. It names the item as
 * n8n's editor does, from 0. The message is set again after the construction, because n8n replaces the text of an error
 * in which it finds a code such as ECONNREFUSED: docs/internals/n8n-behaviour.md#texts-of-errors
 */
export function toNodeError(
	node: INode,
	failure: WrittenFailure,
	itemIndex?: number,
): NodeApiError | NodeOperationError {
	const message =
		itemIndex === undefined ? failure.message : `${failure.message} [item ${itemIndex}]`;
	const { hint: description, request } = failure;
	const error =
		request === undefined
			? new NodeOperationError(node, message, { description, itemIndex })
			: new NodeApiError(
					node,
					{},
					{
						message,
						description,
						itemIndex,
						httpCode: request.httpCode === undefined ? undefined : String(request.httpCode),
						failure: request.cause,
					},
				);
	error.message = message;
	error.description = description;
	Object.defineProperty(error, FAILURE, { value: failure });
	return error;
}

/** The failure from which `toNodeError` made this error; undefined for any other error. */
export function failureOfError(error: unknown): WrittenFailure | undefined {
	return (error as { [FAILURE]?: WrittenFailure } | undefined)?.[FAILURE];
}

/** A failure as one text, for an error item ("Continue On Fail"). */
export function failureText({ message, hint }: WrittenFailure, itemIndex: number): string {
	return `${message} [item ${itemIndex}]. ${hint}`;
}

/**
 * The first letter of each code for which n8n replaces the whole text of an error:
 * docs/internals/n8n-behaviour.md#texts-of-errors
 */
const FIRST_LETTER_OF_CODE =
	/(?=ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|ERRADDRINUSE|EADDRNOTAVAIL|ECONNABORTED|EHOSTUNREACH|EAI_AGAIN|ENOENT|EISDIR|ENOTDIR|EACCES|EEXIST|EPERM|GETADDRINFO)./gi;

/** A character without width. */
const WORD_JOINER = '\u2060';

/**
 * A text that looks the same, and that n8n does not replace if somebody throws it again, for example with Stop and
 * Error. Otherwise n8n's "You can retry the request immediately" would replace the advice not to retry.
 */
export function keepText(text: string): string {
	return text.replace(FIRST_LETTER_OF_CODE, `$&${WORD_JOINER}`);
}

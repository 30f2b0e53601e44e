import { NodeApiError, NodeOperationError, type INode, type NodeError } from 'n8n-workflow';

import { withoutEnd } from './phrases';
import type { Redactor } from './redact';
import { lazily, say, type Text } from './text';

/** n8n's machine-readable causes, which n8n itself, error workflows and agents can read. */
type Cause = NonNullable<NodeError['failure']>;

interface FailureDetails {
	/** It is not known whether something was started, so it must not be sent again. */
	uncertain?: boolean;
	/** NenAI has done it: only its answer is missing. */
	done?: boolean;
	/** The run that the failure is about, where its ID is known. */
	messageId?: string;
	/** Set where a request has failed. Without it, the person who builds the workflow must correct something. */
	request?: { httpCode?: number; cause?: Cause };
}

/** What went wrong, in words for the person who builds the workflow. */
export interface Failure extends FailureDetails {
	/** What happened, in one sentence without its full stop. */
	message: Text;
	/** What to do now. */
	hint: Text;
}

/** An error that knows its failure. It is not an n8n error: the code that reports it adds the node and the item. */
export class FailureError extends Error {
	readonly failure: Failure;

	constructor(failure: Failure) {
		super();
		this.failure = failure;
	}
}

/** A failure as texts without secrets: this is what comes out of a node, and what n8n stores. */
export interface WrittenFailure extends FailureDetails {
	message: string;
	hint: string;
}

/** Of what was not sent, since the execution was stopped. */
export const STOPPED: Failure = {
	message: say`The execution was stopped`,
	hint: say`Nothing more was sent.`,
};

/** The one place where a failure becomes text, and where secrets are taken out of it. */
export function writeFailure(failure: Failure, redactor: Redactor): WrittenFailure {
	return {
		...failure,
		message: writeMessage(failure.message, redactor),
		hint: failure.hint.write(redactor).trim(),
	};
}

/** A failure as one text, for what has no separate place for the hint. */
export function inOneText({ message, hint }: Failure): Text {
	return say`${lazily((redactor) => writeMessage(message, redactor))}. ${hint}`;
}

/** What is quoted may end with a full stop of its own, and what follows a message begins with one. */
function writeMessage(message: Text, redactor: Redactor): string {
	return withoutEnd(message.write(redactor), '.', ' ', '\n');
}

/** Where an error keeps the failure that it was made of. Not enumerable, so n8n does not store it. */
const FAILURE = Symbol('failure');

/**
 * The error that n8n shows: a NodeApiError where a request has failed, else a NodeOperationError. The item is named the
 * way n8n's editor names it (from 0), and the words stay as they are: n8n replaces the text of an error in which it finds
 * a code such as ECONNREFUSED, so the message is set again.
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

/** The failure of which `toNodeError` made this error; undefined for any other error. */
export function failureOfError(error: unknown): WrittenFailure | undefined {
	return (error as { [FAILURE]?: WrittenFailure } | undefined)?.[FAILURE];
}

/** A failure as one text, for an item that carries it ("Continue on fail"). */
export function failureText({ message, hint }: WrittenFailure, itemIndex: number): string {
	return `${message} [item ${itemIndex}]. ${hint}`;
}

/** The first letter of each code for which n8n replaces the whole text of an error (its class NodeError). */
const FIRST_LETTER_OF_CODE =
	/(?=ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|ERRADDRINUSE|EADDRNOTAVAIL|ECONNABORTED|EHOSTUNREACH|EAI_AGAIN|ENOENT|EISDIR|ENOTDIR|EACCES|EEXIST|EPERM|GETADDRINFO)./gi;

/** A character without a width. */
const WORD_JOINER = '\u2060';

/**
 * The same text for the reader, and one that n8n does not replace where a builder throws it again, as with its node Stop
 * and Error. "You can retry the request immediately" would take the place of the advice not to.
 */
export function keepText(text: string): string {
	return text.replace(FIRST_LETTER_OF_CODE, `$&${WORD_JOINER}`);
}

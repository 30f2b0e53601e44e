import { NodeOperationError, type INode } from 'n8n-workflow';

/** What went wrong, in words for the person who builds the workflow. Never holds the API key or a secret. */
export interface Failure {
	/** What happened, in one sentence without its full stop. */
	message: string;
	/** What to do now. */
	hint: string;
	/** It is not known whether something was started, so it must not be sent again. */
	uncertain?: boolean;
	/** NenAI has done it: only its answer is missing. */
	done?: boolean;
	/** The run that the failure is about, where its ID is known. */
	messageId?: string;
}

/** Where an error keeps the failure that it was made of. Not enumerable, so n8n does not store it. */
const FAILURE = Symbol('failure');

/**
 * The error that n8n shows. The item is named the way n8n's editor names it (from 0), and the words stay as they are:
 * n8n replaces the text of an error in which it finds a code such as ECONNREFUSED, so the message is set again.
 */
export function toError(node: INode, failure: Failure, itemIndex?: number): NodeOperationError {
	const message =
		itemIndex === undefined ? failure.message : `${failure.message} [item ${itemIndex}]`;
	const error = new NodeOperationError(node, message, { description: failure.hint, itemIndex });
	error.message = message;
	Object.defineProperty(error, FAILURE, { value: failure });
	return error;
}

/** The failure of which `toError` made this error; undefined for any other error. */
export function failureOfError(error: unknown): Failure | undefined {
	return (error as { [FAILURE]?: Failure } | undefined)?.[FAILURE];
}

/** A failure as one text, for an item that carries it ("Continue on fail"). */
export function failureText({ message, hint }: Failure, itemIndex: number): string {
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

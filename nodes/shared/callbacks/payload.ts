import type { IDataObject } from 'n8n-workflow';

import { isFinished, plainStatus } from '../runStatus';
import { parseExactly, TooDeep } from '../transport/exactJson';

/**
 * The body of a callback. NenAI sends more fields than these: docs/internals/nenai-api.md#callbacks. They are passed on
 * unchanged, except that a number which JavaScript would change becomes a text with its digits.
 */
export type Callback = IDataObject & { message_id: string; status: string };

/** Parses the body of a callback: the object, or an error message for the sender. */
export function readCallback(rawBody: Buffer): { callback: Callback } | { error: string } {
	const text = decode(rawBody);
	const body = parse(text);
	if (body instanceof TooDeep) return { error: `The body ${body.problem}` };
	if (typeof body !== 'object' || body === null || Array.isArray(body))
		return { error: 'The body is not a JSON object' };
	for (const field of ['message_id', 'status']) {
		const value = (body as IDataObject)[field];
		if (typeof value !== 'string' || value === '' || wasNumber(value, field, text))
			return { error: `The field ${field} is missing or not a text` };
	}
	return { callback: body as Callback };
}

/** Whether the field was sent as a number, and this text holds its digits. */
function wasNumber(value: string, field: string, text: string): boolean {
	return (
		/^-?\d[\d.eE+-]*$/.test(value) && typeof (JSON.parse(text) as IDataObject)[field] === 'number'
	);
}

/** Gives an empty text, which is not valid JSON, for bytes that are not valid UTF-8. */
function decode(rawBody: Buffer): string {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(rawBody);
	} catch {
		// Not UTF-8. An empty text is rejected as a body that is not JSON.
		return '';
	}
}

function parse(text: string): unknown {
	try {
		return parseExactly(text);
	} catch (error) {
		return error instanceof TooDeep ? error : undefined;
	}
}

/** Statuses with an event of their own. Every other status is the event `other`. */
const NAMED_EVENTS = ['processing', 'success', 'failed'];

/** The trigger's events, in the order of its outputs. */
export const EVENTS = [...NAMED_EVENTS, 'other'];

/** The trigger's event for a status, in any case of letters. NenAI may send undocumented statuses. */
export function eventOf(status: string): string {
	const event = plainStatus(status);
	return NAMED_EVENTS.includes(event) ? event : 'other';
}

/** Whether this status ends the run, so that no other callback follows. */
export function isFinal(status: string): boolean {
	return isFinished(status);
}

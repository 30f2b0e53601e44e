import type { IDataObject } from 'n8n-workflow';

import { isFinished, plainStatus } from '../runStatus';
import { parseExactly, TooDeep } from '../transport/exactJson';

/**
 * A callback's body. NenAI sends more fields than these; they pass through unchanged, save that a number which
 * JavaScript would change is a text with its digits.
 */
export type Callback = IDataObject & { message_id: string; status: string };

/** Reads a callback's body from its bytes: the object, or what is wrong with it in words for the sender. */
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

/** Whether this text of the field is the digits of a number that was sent. */
function wasNumber(value: string, field: string, text: string): boolean {
	return (
		/^-?\d[\d.eE+-]*$/.test(value) && typeof (JSON.parse(text) as IDataObject)[field] === 'number'
	);
}

/** Empty, which is no JSON, where the bytes are no UTF-8. */
function decode(rawBody: Buffer): string {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(rawBody);
	} catch {
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

/** Statuses that have an event of their own; every other one is the event `other`. */
const NAMED_EVENTS = ['processing', 'success', 'failed'];

/** The trigger's event for a status, in whatever capitals. NenAI may send statuses that are not documented. */
export function eventOf(status: string): string {
	const event = plainStatus(status);
	return NAMED_EVENTS.includes(event) ? event : 'other';
}

/** Whether no other callback of the run comes after one with this status. */
export function isFinal(status: string): boolean {
	return isFinished(status);
}

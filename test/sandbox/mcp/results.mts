import { McpError, type Result } from '@modelcontextprotocol/sdk/types.js';
import { isRecord } from '../property.mts';
import type { ResultForm, ToolResult } from './shapes.mts';

/** What a tool has to say. */
export interface ToolAnswer {
	data: Record<string, unknown>;
	/** The same for people, where that is the usual way to say it. */
	text?: string;
}

export function failure(error: string): ToolAnswer {
	return { data: { success: false, error } };
}

/** The result of a call. Throws the JSON-RPC error that was ordered in its place. */
export function toResult(answer: ToolAnswer, ordered: ToolResult): Result {
	if ('rpcError' in ordered) throw new OrderedError(ordered.rpcError);
	if ('whole' in ordered) return ordered.whole;
	if ('isError' in ordered) return errorResult(ordered.isError);
	const { form = 'usual', data } = ordered;
	return inForm(form, data === undefined ? answer : { data });
}

export function errorResult(text: string): Result {
	return { ...textResult(text), isError: true };
}

function inForm(form: ResultForm, { data, text }: { data: unknown; text?: string }): Result {
	switch (form) {
		case 'structured':
			// Not the data once more: only who reads structuredContent gets it.
			return { ...textResult('The answer is in structuredContent.'), structuredContent: data };
		case 'json-text':
			return textResult(JSON.stringify(data));
		case 'text':
			return textResult(text ?? sentences(data));
		case 'usual':
			return textResult(text ?? JSON.stringify(data));
	}
}

function textResult(text: string): Result {
	return { content: [{ type: 'text', text }] };
}

/** No JSON, as a whole or in a line. */
function sentences(data: unknown): string {
	return Object.entries(isRecord(data) ? data : { answer: data })
		.map(([name, value]) => `The ${name} is ${String(value)}.`)
		.join('\n');
}

/** McpError puts a prefix of its own before the message: the sandbox says what was ordered. */
class OrderedError extends McpError {
	constructor({ code, message }: { code: number; message: string }) {
		super(code, message);
		this.message = message;
	}
}

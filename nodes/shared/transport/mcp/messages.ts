import { parseExactly, TooDeep } from '../exactJson';
import { LONGEST_QUOTED } from '../http/readStart';
import { readEvents } from './eventStream';
import { McpError, readError, type Headers } from './noResult';

/** Maximum bytes of a response. A larger one is an error. */
const LARGEST_ANSWER = 50_000_000;

/** A body as a stream of bytes. `destroy` ends it early. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
	destroy(): void;
}

export interface HttpResponse {
	statusCode: number;
	headers: Headers;
	body: ByteStream;
}

/** A message of JSON-RPC 2.0. */
export interface Message {
	jsonrpc?: unknown;
	id?: unknown;
	method?: unknown;
	params?: unknown;
	result?: unknown;
	error?: unknown;
}

/** Resolves when the client may hold this many more bytes. Gives the number of bytes so far. */
export type Admit = (bytes: number) => Promise<number>;

/** The messages of a response, in either of its two forms. */
export async function* messagesIn(
	{ statusCode: status, headers, body }: HttpResponse,
	admit: Admit,
): AsyncGenerator<Message> {
	const type = String(headers['content-type'] ?? '')
		.split(';')[0]
		.trim()
		.toLowerCase();
	const bytes = bounded(body, admit);
	if (type === 'text/event-stream') {
		for await (const data of readEvents(bytes)) {
			const json = parseMessages(data);
			if (json === data && isBrokenAnswer(data)) throw notJson(data);
			yield* toMessages(json);
		}
		return;
	}
	const text = await readWhole(bytes);
	const json = parseMessages(text);
	const isMeantAsJson =
		OPENS_JSON.test(text) || (type === 'application/json' && text.trim() !== '');
	if (json === text && isMeantAsJson)
		throw isOpen(text) ? new McpError({ kind: 'cutOff' }) : notJson(text);
	const messages = toMessages(json);
	// An HTML page, or another response without messages of the protocol.
	if (messages.length === 0) throw new McpError({ kind: 'http', status, headers, body: text });
	yield* messages;
}

/**
 * The text as JSON, or unchanged if it is not JSON. A response that is nested too deeply is an error. Any other message
 * that is nested too deeply is left out.
 */
function parseMessages(text: string): unknown {
	try {
		return parseExactly(text);
	} catch (error) {
		return error instanceof TooDeep ? refuseDepth(toMessages(JSON.parse(text)), error) : text;
	}
}

function refuseDepth(messages: Message[], { problem }: TooDeep): never[] {
	if (messages.some(({ method }) => method === undefined))
		throw new McpError({ kind: 'tooDeep', problem });
	return [];
}

const OPENS_JSON = /^\s*[{[]/;

function notJson(text: string): McpError {
	return new McpError({ kind: 'notJson', body: text.slice(0, LONGEST_QUOTED) });
}

/** Whether an event that is not JSON was meant as the response: it has no method. */
function isBrokenAnswer(data: string): boolean {
	return OPENS_JSON.test(data) && !data.includes('"method"') && !isOpen(data);
}

/** Whether a text that is not JSON ends before all its brackets are closed. Then it was cut off. */
function isOpen(text: string): boolean {
	let depth = 0;
	let isInText = false;
	for (let at = 0; at < text.length; at += 1) {
		const character = text[at];
		if (isInText && character === '\\') at += 1;
		else if (character === '"') isInText = !isInText;
		else if (!isInText && (character === '{' || character === '[')) depth += 1;
		else if (!isInText && (character === '}' || character === ']')) depth -= 1;
	}
	return isInText || depth > 0;
}

/** One message, or a list of messages, as versions before 2025-06-18 allow. */
function toMessages(json: unknown): Message[] {
	const entries: unknown[] = Array.isArray(json) ? json : [json];
	return entries.filter(
		(entry): entry is Message => typeof entry === 'object' && entry !== null && 'jsonrpc' in entry,
	);
}

/** An error without an ID is the response to a request that the server could not read. */
export function isAnswerTo(id: number, message: Message): boolean {
	if (message.method !== undefined) return false;
	return (
		String(message.id) === String(id) ||
		(message.error !== undefined && (message.id ?? null) === null)
	);
}

export function resultOf({ result, error }: Message, method: string): object {
	if (typeof result === 'object' && result !== null) return result;
	throw new McpError(readError(error, method));
}

async function readWhole(bytes: AsyncIterable<Uint8Array>): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true });
	return text + decoder.decode();
}

/** The same chunks, up to the maximum size. */
async function* bounded(body: ByteStream, admit: Admit): AsyncGenerator<Uint8Array> {
	for await (const chunk of body) {
		if ((await admit(chunk.length)) > LARGEST_ANSWER) throw new McpError({ kind: 'tooLarge' });
		yield chunk;
	}
}

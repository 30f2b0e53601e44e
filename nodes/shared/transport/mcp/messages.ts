import { parseExactly, TooDeep } from '../exactJson';
import { readEvents } from './eventStream';
import { McpError, readError, type Headers } from './noResult';

/** Bytes of an answer. Larger ones are not read to their end. */
const LARGEST_ANSWER = 50_000_000;

/** Characters of a text that are kept to be quoted. */
const LONGEST_QUOTED = 50_000;

/** Milliseconds in which the body of an error must come: its status says most of it. */
const LONGEST_ERROR = 2000;

/** A body as a stream of bytes, ended before its end with `destroy`. */
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

/** Resolves when so many bytes more may be held. Gives how many bytes there are. */
export type Admit = (bytes: number) => Promise<number>;

/** The messages of an answer, in either of its two forms. */
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
	// A page, or any other answer that has nothing of the protocol.
	if (messages.length === 0) throw new McpError({ kind: 'http', status, headers, body: text });
	yield* messages;
}

/** The text as JSON where it is JSON; as it came where not. An answer that is nested too deeply is an error, any other such message is left out. */
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

/** Whether an event that is not JSON was meant as the answer: a message without a method. */
function isBrokenAnswer(data: string): boolean {
	return OPENS_JSON.test(data) && !data.includes('"method"') && !isOpen(data);
}

/** Whether a text that is not JSON ends before what it has opened is closed. So it was cut off. */
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

/** A message, or several in a list, as versions before 2025-06-18 may have it. */
function toMessages(json: unknown): Message[] {
	const entries: unknown[] = Array.isArray(json) ? json : [json];
	return entries.filter(
		(entry): entry is Message => typeof entry === 'object' && entry !== null && 'jsonrpc' in entry,
	);
}

/** An error without an ID is the answer to what the server could not read. */
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

/** The beginning of a body, as far as it comes soon. */
export async function readStart(body: ByteStream): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	const read = async () => {
		for await (const chunk of body) {
			text += decoder.decode(chunk, { stream: true });
			if (text.length > LONGEST_QUOTED) return;
		}
	};
	const soon = new Promise((resolve) =>
		AbortSignal.timeout(LONGEST_ERROR).addEventListener('abort', resolve),
	);
	await Promise.race([read().catch(() => {}), soon]);
	return text;
}

async function readWhole(bytes: AsyncIterable<Uint8Array>): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true });
	return text + decoder.decode();
}

/** The same chunks, as long as there are not too many. */
async function* bounded(body: ByteStream, admit: Admit): AsyncGenerator<Uint8Array> {
	for await (const chunk of body) {
		if ((await admit(chunk.length)) > LARGEST_ANSWER) throw new McpError({ kind: 'tooLarge' });
		yield chunk;
	}
}

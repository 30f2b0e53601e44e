import { parseJson } from '../transport/exactJson';
import type { Redactor } from './redact';
import { lazily, type Writable } from './text';

const MAX_EXCERPT_CHARACTERS = 300;

/** Characters of a body that are searched for words. The rest does not explain anything. */
const MAX_READ_CHARACTERS = 50_000;

/**
 * The reason in a response body: `error` and `message` of a JSON body, else the text without its tags. At most 300
 * characters, without secrets that a proxy or an echo may have added. Empty if the body gives no reason.
 */
export function readErrorText(body: unknown, redactor: Redactor): string {
	const parsed = parseJson(body);
	if (typeof parsed === 'object' && parsed !== null) {
		const { error, message } = parsed as { error?: unknown; message?: unknown };
		const words = [error, message].filter((part) => typeof part === 'string' && part.trim() !== '');
		return shorten(redactor.redact(words.join(': ')).slice(0, MAX_READ_CHARACTERS));
	}
	return shorten(stripTags(redactor.redactBeginning(String(parsed ?? ''))));
}

/** The beginning of a body of unknown form: at most 300 characters, without secrets. */
export function excerptOf(body: unknown, redactor: Redactor): string {
	// Redacted before it is shortened: half a secret is still a secret.
	const text = redactor.redactBeginning(
		typeof body === 'string' ? body : JSON.stringify(body ?? ''),
	);
	return shorten(stripTags(text));
}

/** The reason that a server gave, as the end of a sentence: `: Unknown workflow`. Empty if it gave none. */
export function said(body: unknown, read = readErrorText): Writable {
	return lazily((redactor) => {
		const words = body === undefined ? '' : read(body, redactor);
		return words === '' ? '' : `: ${words}`;
	});
}

/** An excerpt of a text from outside, such as the message of a thrown error. */
export function excerpt(text: unknown): Writable {
	return lazily((redactor) => excerptOf(text, redactor));
}

/**
 * Each expression stops at the next tag. One that looked for the end of a tag would take minutes for a page of
 * `<script`.
 */
function stripTags(text: string): string {
	const [outside, ...blocks] = text
		.slice(0, MAX_READ_CHARACTERS)
		.split(/<(?=\/?(?:script|style)\b)/i);
	const visible = blocks.filter((block) => block.startsWith('/')).map((block) => `<${block}`);
	return [outside, ...visible].join(' ').replace(/<[^<>]*>/g, ' ');
}

function shorten(text: string): string {
	const line = text.replace(/\s+/g, ' ').trim();
	return line.length > MAX_EXCERPT_CHARACTERS ? `${line.slice(0, MAX_EXCERPT_CHARACTERS)}…` : line;
}

/** The content of a tool's result, read. */
export interface Content {
	texts: string[];
	/** Parts that could not be read, as words that follow "it holds". */
	unread: string[];
}

/** Types of parts that add nothing to the answer if there is also a text. */
const MEDIA = ['image', 'audio'];

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

interface Part {
	type?: unknown;
	text?: unknown;
	uri?: unknown;
	resource?: unknown;
}

/** Reads the `content` of a result: texts, and resources with their text or bytes. Links are not followed. */
export function readContent(content: unknown): Content {
	const parts: Array<unknown> = Array.isArray(content) ? content : [];
	const read = parts.map((part) => ({ part: asPart(part), text: textOf(asPart(part)) }));
	const texts = read.flatMap(({ text }) => text ?? []);
	const others = read.filter(
		({ part, text }) =>
			text === undefined && !(texts.length > 0 && MEDIA.includes(String(part.type))),
	);
	return { texts, unread: others.map(({ part }) => describePart(part)) };
}

function asPart(part: unknown): Part {
	return typeof part === 'object' && part !== null ? part : { type: typeof part };
}

function textOf(part: Part): string | undefined {
	if (typeof part.resource !== 'object' || part.resource === null)
		return typeof part.text === 'string' ? part.text : undefined;
	const { text, blob } = part.resource as { text?: unknown; blob?: unknown };
	if (typeof text === 'string') return text;
	return typeof blob === 'string' ? decode(blob) : undefined;
}

/** The text whose bytes are given in base64. Undefined if it is not valid base64 or not a text. */
function decode(blob: string): string | undefined {
	const base64 = /\s/.test(blob) ? blob.replace(/\s+/g, '') : blob;
	if (!BASE64.test(base64) || base64.replace(/=+$/, '').length % 4 === 1) return undefined;
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
	} catch {
		// Not a text, but another kind of file.
		return undefined;
	}
}

function describePart(part: Part): string {
	if (part.type === 'resource_link')
		return `a link,${named(part.uri)} which this node does not follow`;
	if (part.type === 'resource')
		return `a resource,${named((part.resource as Part | undefined)?.uri)} that is empty or not text`;
	return `a part of the type ${String(part.type)}`;
}

/** The address without its query and other parts that can be a secret. */
function named(uri: unknown): string {
	return typeof uri === 'string' && uri !== '' ? ` ${uri.replace(/[?#].*/s, '?…')},` : '';
}

/** A picture of a screen. */
export interface Picture {
	bytes: Buffer;
	type: string;
	/** Of the name of a file. */
	extension: string;
}

/** How the bytes of a picture begin, each part at its place, by type. */
const TYPES = [
	{ type: 'image/png', extension: 'png', parts: [{ at: 0, text: '\x89PNG' }] },
	{ type: 'image/jpeg', extension: 'jpg', parts: [{ at: 0, text: '\xff\xd8\xff' }] },
	{ type: 'image/gif', extension: 'gif', parts: [{ at: 0, text: 'GIF8' }] },
	{ type: 'image/webp', extension: 'webp', parts: [{ at: 0, text: 'RIFF' }, { at: 8, text: 'WEBP' }] },
	{ type: 'image/bmp', extension: 'bmp', parts: [{ at: 0, text: 'BM' }, { at: 6, text: '\0\0\0\0' }] },
];

/** Base64 as a server may write it, also with line breaks, or with the type before it, as a browser has it. */
const DATA_URL = /^\s*data:([^,]{0,200}),/i;

/**
 * The picture that a field of an answer holds: base64 whose bytes are one, or that says that it is one. Undefined for
 * anything else, such as a note that there is none. Where NenAI does not say the type, the bytes do.
 */
export function toPicture(value: unknown): Picture | undefined {
	if (typeof value !== 'string') return undefined;
	const declared = /^image\/[a-z0-9.+-]+/i.exec(DATA_URL.exec(value)?.[1] ?? '')?.[0].toLowerCase();
	const text = value.replace(DATA_URL, '').replace(/\s+/g, '');
	if (!isBase64(text)) return undefined;
	const bytes = Buffer.from(text, 'base64');
	const known = TYPES.find(({ parts }) => parts.every((part) => bytes.toString('latin1', part.at, part.at + part.text.length) === part.text));
	if (known !== undefined) return { bytes, type: known.type, extension: known.extension };
	return declared === undefined ? undefined : { bytes, type: declared, extension: declared.replace(/^image\/(x-)?/, '').replace(/[^a-z0-9].*$/, '') || 'bin' };
}

/** By its alphabet and its length; with or without what fills up its end. */
function isBase64(text: string): boolean {
	const [, letters = '', fill = ''] = /^([A-Za-z0-9+/]+)(={0,2})$/.exec(text) ?? [];
	return letters.length % 4 === 1 || letters === '' ? false : fill === '' || (letters.length + fill.length) % 4 === 0;
}

/** A parameter of `Content-Disposition`: its name, and its value in quotes or up to the next semicolon. */
const PARAMETER = /(?:^|;)\s*([\w-]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/gi;

/** RFC 8187, 3.2.1: charset, language and percent-encoded text. Some servers put all of it in quotes. */
const EXTENDED = /^([^']*)'[^']*'(.*)$/s;

const MAX_NAME_CHARACTERS = 150;

/**
 * The name of a downloaded file: from `Content-Disposition` (RFC 6266), else the last part of the URL's path, else the field
 * of the URL. It is safe to use: no path, no control characters, not empty, not too long.
 */
export function nameFile(contentDisposition: unknown, url: string, field: string): string {
	const candidates = [
		() => fromHeader(contentDisposition),
		() => fromPath(url),
		() => field.split('.').join('_'),
	];
	for (const candidate of candidates) {
		const name = makeSafe(candidate());
		if (name !== '') return name;
	}
	return 'file';
}

/** The extended form takes precedence, wherever it is. If it cannot be read, the plain form is used. */
function fromHeader(header: unknown): string {
	if (typeof header !== 'string') return '';
	const plain: string[] = [];
	const extended: string[] = [];
	for (const [, name, quoted, bare] of withType(header).matchAll(PARAMETER)) {
		const value = quoted === undefined ? unquoted(bare.trim()) : quoted.replace(/\\(["\\])/g, '$1');
		if (name.toLowerCase() === 'filename*') extended.push(value);
		if (name.toLowerCase() === 'filename') plain.push(value);
	}
	const names = [...extended.map(fromExtended), ...plain.map(fromPlain)];
	return names.find((name) => makeSafe(name) !== '') ?? '';
}

/** Some servers omit the semicolon after `attachment`. */
function withType(header: string): string {
	return header.trim().replace(/^(?:attachment|inline)\s+(?=filename)/i, ';');
}

/** Removes unpaired quotes, and quotes that HTTP does not define. */
function unquoted(text: string): string {
	return trim(text.replace(/^'(.*)'$/s, '$1'), /"/);
}

function fromExtended(value: string): string {
	const [, charset, encoded] = EXTENDED.exec(value) ?? [];
	return encoded === undefined
		? fromPlain(value)
		: (decode(charset, bytesOf(unquoted(encoded))) ?? '');
}

/** Reads it as browsers do: percent-decoded if possible, although no standard says so. */
function fromPlain(value: string): string {
	const text = asUtf8(value);
	try {
		return decodeURIComponent(text);
	} catch {
		// Not percent-encoded.
		return text;
	}
}

/** Node.js gives each byte of a header as one character. */
function bytesOf(percentEncoded: string): Buffer {
	return Buffer.from(
		percentEncoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
			String.fromCharCode(parseInt(hex, 16)),
		),
		'latin1',
	);
}

/** undefined for an unknown charset. */
function decode(charset: string, bytes: Buffer): string | undefined {
	try {
		return new TextDecoder(charset === '' ? 'utf-8' : charset).decode(bytes);
	} catch {
		// A character set that is not known.
		return undefined;
	}
}

/** Node.js reads headers as Latin-1; many servers send UTF-8 there. */
function asUtf8(text: string): string {
	const utf8 = Buffer.from(text, 'latin1').toString('utf8');
	return utf8.includes('\ufffd') ? text : utf8;
}

function fromPath(url: string): string {
	const last = new URL(url).pathname.split('/').pop() ?? '';
	try {
		return decodeURIComponent(last);
	} catch {
		// Not percent-encoded.
		return last;
	}
}

function makeSafe(name: string): string {
	const base = name.split(/[/\\]/).pop() ?? '';
	// Control characters, and those that change the direction of text: "invoice-fdp.exe" must not look like a PDF.
	const clean = base.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').replace(/[<>:"|?*]/g, '_');
	return shorten(trim(clean, /[\s.]/));
}

/** Removes these characters at both ends. Character by character: a regular expression for the end would be slow for a long text. */
function trim(text: string, characters: RegExp): string {
	let [begin, end] = [0, text.length];
	while (begin < end && characters.test(text[begin])) begin += 1;
	while (end > begin && characters.test(text[end - 1])) end -= 1;
	return text.slice(begin, end);
}

/** Keeps the extension, by which other programs know the type. */
function shorten(name: string): string {
	// A character has at most two code units.
	const characters = [...name.slice(0, 2 * MAX_NAME_CHARACTERS)];
	if (characters.length <= MAX_NAME_CHARACTERS) return name;
	const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? '';
	return characters.slice(0, MAX_NAME_CHARACTERS - extension.length).join('') + extension;
}

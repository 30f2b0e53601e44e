/** A percent sign and two hex digits, or a character that may stand for itself (RFC 8187, 3.2.1). */
const EXTENDED = /filename\*\s*=\s*([\w!#$%&+\-^`{}~]+)'[^']*'([^\s;,]+)/i;
const QUOTED = /filename\s*=\s*"((?:[^"\\]|\\.)*)"/i;
const TOKEN = /filename\s*=\s*([^\s";,]+)/i;

const LONGEST_NAME = 150;

/**
 * The name of a downloaded file: what `Content-Disposition` says (RFC 6266), else the last part of the URL's path, else
 * the field that the URL stands in. Safe to use as a name: no path, no control characters, not empty, not too long.
 */
export function nameFile(contentDisposition: unknown, url: string, field: string): string {
	const candidates = [() => fromHeader(contentDisposition), () => fromPath(url), () => field.split('.').join('_')];
	for (const candidate of candidates) {
		const name = makeSafe(candidate());
		if (name !== '') return name;
	}
	return 'file';
}

function fromHeader(header: unknown): string {
	if (typeof header !== 'string') return '';
	const [, charset, encoded] = EXTENDED.exec(header) ?? [];
	if (encoded !== undefined) {
		const decoded = decode(charset, encoded);
		if (decoded !== '') return decoded;
	}
	const plain = QUOTED.exec(header)?.[1]?.replace(/\\(.)/g, '$1') ?? TOKEN.exec(header)?.[1] ?? '';
	return asUtf8(plain);
}

function decode(charset: string, encoded: string): string {
	const bytes = Buffer.from(encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1');
	return /^utf-?8$/i.test(charset) ? bytes.toString('utf8') : bytes.toString('latin1');
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
		return last;
	}
}

function makeSafe(name: string): string {
	const base = name.split(/[/\\]/).pop() ?? '';
	// Control characters, and those that turn the direction of a text: "invoice-fdp.exe" must not look like a PDF.
	const clean = base
		.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
		.replace(/[<>:"|?*]/g, '_')
		.replace(/^[\s.]+|[\s.]+$/g, '');
	return shorten(clean);
}

/** Keeps the extension, by which other programs know the type. */
function shorten(name: string): string {
	const characters = [...name];
	if (characters.length <= LONGEST_NAME) return name;
	const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? '';
	return characters.slice(0, LONGEST_NAME - extension.length).join('') + extension;
}

import { changeLeaves } from '../transport/changeLeaves';

/**
 * Keeps the API key out of errors and outputs. NenAI, or an intermediary, may repeat it in a response. It is found in
 * any case of letters, and also if it is escaped: as in JSON (once or several times), percent-encoded, or as in HTML.
 * The time grows only linearly with the length of the text.
 */

const REPLACEMENT = '***';

/** If a text that was cut off ends with this many characters of the key, they count as the key. */
const SHORTEST_PART = 6;

/**
 * Maximum backslashes and control characters that are skipped between two characters of the key. Without a limit, a
 * long row of them would be read again and again.
 */
const MOST_SKIPPED = 16;

/** A shorter secret would also match ordinary words. */
const MIN_SECRET_CHARACTERS = 8;

function isLongEnough(secret: string): boolean {
	return secret.length >= MIN_SECRET_CHARACTERS;
}

/** Removes secrets from the values in a message: those of a credential, and the parts of links that grant access. */
export class Redactor {
	private readonly secrets: readonly string[];

	/** @param links `hidden` if a link alone may grant access, such as that of a desktop's session */
	constructor(
		secrets: readonly string[],
		private readonly links: 'withoutQuery' | 'hidden' = 'withoutQuery',
	) {
		this.secrets = secrets.filter(isLongEnough);
	}

	/** The text without secrets. */
	redact(text: string): string {
		return this.withoutLinks(this.secrets.reduce(redact, text));
	}

	/** The same for a text that may be cut off. */
	redactBeginning(text: string): string {
		return this.withoutLinks(this.secrets.reduce(redactBeginning, text));
	}

	private withoutLinks(text: string): string {
		return this.links === 'hidden' ? withoutLinks(text) : withoutQueries(text);
	}
}

/** For texts that nobody sees, or that contain nothing from outside. */
export const NO_SECRETS = new Redactor([]);

/** The text without the key. */
export function redact(text: string, apiKey: string): string {
	return new KeyFinder(apiKey).redact(text);
}

/** The same for a text that may be cut off: also removes the beginning of the key at its end. */
export function redactBeginning(text: string, apiKey: string): string {
	return new KeyFinder(apiKey).redact(text, true);
}

/** Removes these secrets from a value that JSON.parse gave: from values and names, at any depth. Changes the given value. */
export function redactJson<T>(value: T, secrets: readonly string[]): T {
	const finders = secrets.filter(isLongEnough).map((secret) => new KeyFinder(secret));
	const redactText = (text: string) =>
		finders.reduce((redacted, finder) => finder.redact(redacted), text);
	const redactLeaf = (leaf: unknown) => {
		if (typeof leaf === 'number') return secrets.includes(String(leaf)) ? REPLACEMENT : leaf;
		return typeof leaf === 'string' ? redactText(leaf) : leaf;
	};
	return changeLeaves(value, redactLeaf, redactText) as T;
}

/**
 * A link, also with the escaped slashes of JSON (`https:\\/\\/`), or percent-encoded. The scheme is bounded, so that the
 * time grows linearly with the length of a text.
 */
const LINK = /[a-z][a-z0-9+.-]{0,30}(?::|%3a)(?:\\*\/|%2f){2}[^\s"'<>]*/gi;

/** The beginning of a link's query. If the query is already removed, `…` follows, and perhaps the end of a sentence. */
const QUERY = /(?:[?#]|%3f|%23)(?:…([.,;:)]*)$)?/i;

/** Removes the queries of links: anyone with a presigned URL can get the file. */
export function withoutQueries(text: string): string {
	return text.replace(LINK, (link) => {
		const query = QUERY.exec(link);
		return query === null ? link : `${link.slice(0, query.index)}?…${query[1] ?? ''}`;
	});
}

export function hasLink(text: string): boolean {
	return text.search(LINK) >= 0;
}

/** The text without links: anyone with the link of a session can use the desktop. */
export function withoutLinks(text: string): string {
	return text.replace(LINK, '(a link)');
}

/** How many characters of the key remain to be found after its escapes are decoded. */
export function lengthToFind(apiKey: string): number {
	return codesOf(apiKey).length;
}

class KeyFinder {
	/** The decoded key and, if it has escapes, also the key as it was entered. */
	private readonly forms: number[][];

	/** Finds where the key may begin. */
	private readonly begin?: RegExp;

	constructor(apiKey: string) {
		const [undone, asItIs] = [codesOf(apiKey), codesOf(apiKey, false)];
		this.forms = [undone, ...(asItIs.length > undone.length ? [asItIs] : [])].filter(
			({ length }) => length > 0,
		);
		if (this.forms.length > 0) this.begin = beginOf(this.forms);
	}

	/** @param isCutOff whether the text may end in the middle of the key */
	redact(text: string, isCutOff = false): string {
		const { begin } = this;
		if (begin === undefined) return text;
		const reader = new Reader(text);
		const parts: string[] = [];
		let copied = 0;
		begin.lastIndex = 0;
		for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
			const end = this.endOfKey(reader, match.index, isCutOff);
			if (end === undefined) continue;
			parts.push(text.slice(copied, match.index), REPLACEMENT);
			copied = end;
			begin.lastIndex = end;
		}
		return copied === 0 ? text : parts.join('') + text.slice(copied);
	}

	/** The index after the key that begins here; undefined if there is no key. */
	private endOfKey(reader: Reader, index: number, isCutOff: boolean): number | undefined {
		for (const form of this.forms) {
			reader.at = index;
			if (reader.reads(form, isCutOff)) return reader.at;
		}
		return undefined;
	}
}

/** Matches only places where the following characters can continue the key. */
function beginOf(forms: number[][]): RegExp {
	const begins = forms.map(([first, second = first]) =>
		[first, second].map((code) => `\\u${code.toString(16).padStart(4, '0')}`),
	);
	const plain = begins.map(([first, second]) => `${first}(?=[\\\\%&\\x00-\\x1f\\x7f]|${second})`);
	const escaped = `\\\\{1,${MOST_SKIPPED}}(?=[%&ux]|${begins.map(([first]) => first).join('|')})`;
	return new RegExp([...plain, escaped, '[%&]'].join('|'), 'gi');
}

/** @param undo whether escapes in the text are decoded */
function codesOf(text: string, undo = true): number[] {
	const reader = new Reader(text, undo);
	const codes: number[] = [];
	for (let code = reader.next(); code !== END; code = reader.next())
		if (code !== NONE) codes.push(code);
	return codes;
}

const END = -1;
const NONE = -2;
/** The mark `…` of a text that was shortened. */
const SHORTENED = 0x2026;
const [BACKSLASH, PERCENT, AMPERSAND, SMALL_U, SMALL_X, BIG_A, BIG_Z, DELETE] = [
	...'\\%&uxAZ\x7f',
].map((character) => character.charCodeAt(0));
const TO_SMALL = 32;

/** `%70`, and `%2570` if it was encoded twice. */
const PERCENT_ENCODED = /%(?:25){0,4}(?<hex>[\da-f]{2})/iy;

/** The escapes after a backslash. */
const ESCAPED = /u(?<hex>[\da-f]{4})|x(?<byte>[\da-f]{2})/iy;

const NAMED: Record<string, string> = {
	amp: '&',
	lt: '<',
	gt: '>',
	quot: '"',
	apos: "'",
	sol: '/',
	bsol: '\\',
	plus: '+',
	equals: '=',
	lowbar: '_',
	colon: ':',
	period: '.',
	comma: ',',
	num: '#',
	percnt: '%',
	dollar: '$',
	excl: '!',
	commat: '@',
};

/** `&#112;`, `&#x70;` and `&quot;`, and `&amp;quot;` if it was escaped twice. */
const ENTITY = new RegExp(
	`&(?:amp;){0,4}(?:#0{0,8}(?<decimal>\\d{1,4})(?!\\d)|#x0{0,8}(?<hex>[\\da-f]{1,4})(?![\\da-f])|(?<name>${Object.keys(NAMED).join('|')})(?![\\da-z]));?`,
	'iy',
);

/** Reads a text one character at a time. Decodes escapes, and skips backslashes and control characters. */
class Reader {
	at = 0;

	constructor(
		private readonly text: string,
		private readonly undoesEscapes = true,
	) {}

	/** Whether the text continues with these characters. If it may be cut off, it may end among them. */
	reads(wanted: number[], isCutOff: boolean): boolean {
		for (let count = 0; count < wanted.length; count += 1) {
			const found = this.next();
			if (found !== wanted[count])
				return count >= SHORTEST_PART && (found === SHORTENED || (found === END && isCutOff));
		}
		return true;
	}

	/** The code of the next character, in lower case. END at the end, NONE if too many characters had to be skipped. */
	next(): number {
		const begin = this.at;
		let isEscaped = false;
		while (this.at < this.text.length) {
			if (this.at - begin > MOST_SKIPPED) return NONE;
			const code = this.take(isEscaped);
			if (code === BACKSLASH) isEscaped = true;
			else if (code >= TO_SMALL && code !== DELETE)
				return code >= BIG_A && code <= BIG_Z ? code + TO_SMALL : code;
		}
		return END;
	}

	private take(isEscaped: boolean): number {
		const code = this.text.charCodeAt(this.at);
		if (code === PERCENT) return this.undo(PERCENT_ENCODED, code);
		if (code === AMPERSAND) return this.undo(ENTITY, code);
		if (isEscaped && (code === SMALL_U || code === SMALL_X)) return this.undo(ESCAPED, code);
		this.at += 1;
		return code;
	}

	/** The character that an escape stands for, or the character itself if no escape begins here. */
	private undo(escape: RegExp, code: number): number {
		escape.lastIndex = this.at;
		const match = this.undoesEscapes ? escape.exec(this.text) : null;
		this.at += match?.[0].length ?? 1;
		if (match?.groups === undefined) return code;
		const { hex, byte, decimal, name } = match.groups;
		if (name !== undefined) return NAMED[name.toLowerCase()].charCodeAt(0);
		return decimal === undefined ? parseInt(hex ?? byte, 16) : Number(decimal);
	}
}

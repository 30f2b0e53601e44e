import { changeLeaves } from '../transport/changeLeaves';

/**
 * Keeps the API key out of errors and outputs: what NenAI, or something in between, says may repeat it. It is found in
 * any case, and also where it is escaped: as JSON does it, once or several times, percent-encoded, or as HTML does it.
 * All of this takes time that grows with the length of the text only.
 */

const REPLACEMENT = '***';

/** Characters of the key with which a text that may be cut off ends, and which count as the key. */
const SHORTEST_PART = 6;

/** How much of backslashes and control characters is passed over between two characters of the key. With no limit, a long row of them would be read again and again. */
const MOST_SKIPPED = 16;

/** A shorter secret would be found in ordinary words, too. */
const MIN_SECRET_CHARACTERS = 8;

function isLongEnough(secret: string): boolean {
	return secret.length >= MIN_SECRET_CHARACTERS;
}

/** Takes secrets out of the values in a message: those of a credential, and what makes links work. */
export class Redactor {
	private readonly secrets: readonly string[];

	private readonly links: 'withoutQuery' | 'hidden';

	/** @param links `hidden` where a link alone may open something, such as the session of a desktop */
	constructor(secrets: readonly string[], links: 'withoutQuery' | 'hidden' = 'withoutQuery') {
		this.secrets = secrets.filter(isLongEnough);
		this.links = links;
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

/** For texts that are not shown to anybody, or hold nothing from outside. */
export const NO_SECRETS = new Redactor([]);

/** The text without the key. */
export function redact(text: string, apiKey: string): string {
	return new KeyFinder(apiKey).redact(text);
}

/** The same for a text that may be cut off: without the beginning of the key at its end, too. */
export function redactBeginning(text: string, apiKey: string): string {
	return new KeyFinder(apiKey).redact(text, true);
}

/** What JSON.parse gave, without these secrets: in values and in names, however deep. Changes what it is given. */
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

/** Also as JSON writes a link in some places, `https:\\/\\/`, and percent-encoded. The scheme is bounded, so that the time grows with the length of a text, not with its square. */
const LINK = /[a-z][a-z0-9+.-]{0,30}(?::|%3a)(?:\\*\/|%2f){2}[^\s"'<>]*/gi;

/** Where the query of a link begins. One that is removed already is followed by `…` and perhaps by the end of a sentence. */
const QUERY = /(?:[?#]|%3f|%23)(?:…([.,;:)]*)$)?/i;

/** The query of a link is what makes it a secret: anyone with a presigned URL can get the file. */
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

/** How many characters of the key are left to look for when its escapes are undone. */
export function lengthToFind(apiKey: string): number {
	return codesOf(apiKey).length;
}

class KeyFinder {
	/** The key with its escapes undone and, if it has escapes, also the key as it was entered. */
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

	/** Where the key that begins here is over; undefined where there is none. */
	private endOfKey(reader: Reader, index: number, isCutOff: boolean): number | undefined {
		for (const form of this.forms) {
			reader.at = index;
			if (reader.reads(form, isCutOff)) return reader.at;
		}
		return undefined;
	}
}

/** Only what can go on as the key does is worth a try. */
function beginOf(forms: number[][]): RegExp {
	const begins = forms.map(([first, second = first]) =>
		[first, second].map((code) => `\\u${code.toString(16).padStart(4, '0')}`),
	);
	const plain = begins.map(([first, second]) => `${first}(?=[\\\\%&\\x00-\\x1f\\x7f]|${second})`);
	const escaped = `\\\\{1,${MOST_SKIPPED}}(?=[%&ux]|${begins.map(([first]) => first).join('|')})`;
	return new RegExp([...plain, escaped, '[%&]'].join('|'), 'gi');
}

/** @param undo whether the escapes in the text are undone */
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

/** `%70`, and `%2570` where that was encoded again. */
const PERCENT_ENCODED = /%(?:25){0,4}(?<hex>[\da-f]{2})/iy;

/** Behind a backslash. */
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

/** `&#112;`, `&#x70;` and `&quot;`, and `&amp;quot;` where that was escaped again. */
const ENTITY = new RegExp(
	`&(?:amp;){0,4}(?:#0{0,8}(?<decimal>\\d{1,4})(?!\\d)|#x0{0,8}(?<hex>[\\da-f]{1,4})(?![\\da-f])|(?<name>${Object.keys(NAMED).join('|')})(?![\\da-z]));?`,
	'iy',
);

/** Reads a text one character at a time, with its escapes undone, and without backslashes and control characters. */
class Reader {
	at = 0;

	private readonly text: string;

	private readonly undoesEscapes: boolean;

	constructor(text: string, undoesEscapes = true) {
		this.text = text;
		this.undoesEscapes = undoesEscapes;
	}

	/** Whether the text goes on with these characters, or ends among them where it is cut off or was shortened. */
	reads(wanted: number[], isCutOff: boolean): boolean {
		for (let count = 0; count < wanted.length; count += 1) {
			const found = this.next();
			if (found !== wanted[count])
				return count >= SHORTEST_PART && (found === SHORTENED || (found === END && isCutOff));
		}
		return true;
	}

	/** The code of the next character, as a small letter; END where there is none, NONE where there is none soon. */
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

	/** What an escape stands for; the character itself where it begins none. */
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

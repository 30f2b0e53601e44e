import { randomUUID } from 'node:crypto';

import { changeLeaves } from './changeLeaves';

/** JSON whose numbers keep their digits. Users pass on claims, records and amounts. */

/**
 * Maximum levels of nested lists and objects. Deeper ones overflow the stack: n8n 2.41.1 cannot copy objects of about
 * 1,600 levels, or write lists of 4,500 levels as JSON.
 */
export const DEEPEST = 1000;

/** Valid JSON that neither this node nor n8n can work with. */
export class TooDeep extends Error {
	/** What is wrong with it, as words that follow "its answer". */
	readonly problem = `is nested more than ${DEEPEST} levels deep`;

	constructor() {
		super(`It is nested more than ${DEEPEST} levels deep`);
	}
}

/** Whether lists and objects are nested more than DEEPEST levels deep, or contain themselves. */
export function isTooDeep(value: unknown): boolean {
	const waiting: Array<[value: unknown, depth: number]> = [[value, 0]];
	for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
		const [inner, depth] = next;
		if (typeof inner !== 'object' || inner === null) continue;
		if (depth === DEEPEST) return true;
		for (const each of Array.isArray(inner) ? (inner as unknown[]) : Object.values(inner))
			if (typeof each === 'object' && each !== null) waiting.push([each, depth + 1]);
	}
	return false;
}

/** The beginning of a text or of a number in JSON. */
const QUOTE_OR_NUMBER = /["\d-]/g;

/** The characters of numbers in JSON. */
const OF_NUMBERS = '0123456789+-.eE';

/** Only a number with this many characters, or with an exponent, can be changed by JavaScript. */
const MAY_CHANGE = /[\d.]{16}|\d[eE]/;

/**
 * Parses JSON. A number that JavaScript would change (too many digits, too large, too small) becomes a text with the
 * sender's digits. All others stay numbers. Throws the errors of JSON.parse, and TooDeep.
 */
export function parseExactly(text: string): unknown {
	const parsed: unknown = JSON.parse(text);
	if (isTooDeep(parsed)) throw new TooDeep();
	if (!MAY_CHANGE.test(text)) return parsed;
	return JSON.parse(
		replaceNumbers(text, (literal) => (isKept(literal) ? literal : `"${literal}"`)),
	);
}

/** A number with exactly the digits that were entered. `writeExactly` sends them. */
export class ExactNumber {
	constructor(/** The number as JSON writes it. */ readonly digits: string) {}

	toString(): string {
		return this.digits;
	}

	/**
	 * Whether the digits are those that JavaScript writes for a rounded number. Then the original digits are not known.
	 */
	looksRounded(): boolean {
		return isWrittenSo(this.digits) && describeInexactNumber(Number(this.digits)) !== undefined;
	}
}

/**
 * Parses JSON that will be sent on. A number that JavaScript would write with other digits, or may have rounded,
 * becomes an ExactNumber. Throws the errors of JSON.parse.
 */
export function parseForSending(text: string): unknown {
	const parsed: unknown = JSON.parse(text);
	const mark = randomUUID();
	const marked = replaceNumbers(text, (literal) =>
		toExact(literal) instanceof ExactNumber ? `"${mark}${literal}"` : literal,
	);
	if (marked === text) return parsed;
	return changeLeaves(JSON.parse(marked), (leaf) =>
		typeof leaf === 'string' && leaf.startsWith(mark)
			? new ExactNumber(leaf.slice(mark.length))
			: leaf,
	);
}

/** A decimal number, also in forms that JSON does not allow: `+5`, `.5`, `5.`, `007`. */
const DECIMAL = /^([+-]?)0*([1-9]\d*)?(?:\.(\d*))?([eE][+-]?\d+)?$/;

/** Reads a text as a number with all its digits. Undefined for a text that is not a decimal number. */
export function readDecimal(text: string): number | ExactNumber | undefined {
	const match = DECIMAL.exec(text);
	if (match === null || !/^[+-]?\.?\d/.test(text)) return undefined;
	const [, sign, whole = '0', fraction = '', exponent = ''] = match;
	return toExact(
		`${sign === '-' ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}${exponent}`,
	);
}

/** JavaScript's number, if it is written with the same digits and is certainly exact. Else an ExactNumber. */
function toExact(literal: string): number | ExactNumber {
	const number = Number(literal);
	return isWrittenSo(literal) && describeInexactNumber(number) === undefined
		? number
		: new ExactNumber(literal);
}

function isWrittenSo(literal: string): boolean {
	return JSON.stringify(Number(literal)) === literal;
}

/** JSON.stringify that keeps the digits of each ExactNumber and BigInt, and the sign of minus zero. */
export function writeExactly(value: unknown): string {
	const mark = randomUUID();
	// Read from the holder: n8n gives BigInt a toJSON, so `inner` would be a text.
	const json = JSON.stringify(
		value,
		function (this: Record<string, unknown>, name, inner: unknown) {
			const digits = digitsOf(this[name]);
			return digits === undefined ? inner : `${mark}${digits}`;
		},
	);
	return json.replaceAll(new RegExp(`"${mark}([^"]*)"`, 'g'), '$1');
}

function digitsOf(value: unknown): string | undefined {
	if (value instanceof ExactNumber || typeof value === 'bigint') return String(value);
	return Object.is(value, -0) ? '-0' : undefined;
}

/**
 * Only for valid JSON. Finds the ends of texts and numbers without a regular expression, which would overflow the stack
 * for large ones.
 */
function replaceNumbers(json: string, replace: (literal: string) => string): string {
	const parts: string[] = [];
	let copied = 0;
	const pattern = new RegExp(QUOTE_OR_NUMBER);
	for (let match = pattern.exec(json); match !== null; match = pattern.exec(json)) {
		const { index } = match;
		if (json[index] === '"') {
			pattern.lastIndex = endOfText(json, index);
			continue;
		}
		pattern.lastIndex = endOfNumber(json, index);
		const literal = json.slice(index, pattern.lastIndex);
		const replaced = replace(literal);
		if (replaced === literal) continue;
		parts.push(json.slice(copied, index), replaced);
		copied = pattern.lastIndex;
	}
	return parts.join('') + json.slice(copied);
}

/** The index after the text that begins at this quote. */
function endOfText(json: string, begin: number): number {
	let quote = json.indexOf('"', begin + 1);
	while (isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
	return quote + 1;
}

/** The index after the number that begins here. */
function endOfNumber(json: string, begin: number): number {
	let end = begin;
	while (end < json.length && OF_NUMBERS.includes(json[end])) end += 1;
	return end;
}

/** A quote is escaped by an odd number of backslashes before it. */
function isEscaped(json: string, quote: number): boolean {
	let first = quote;
	while (json[first - 1] === '\\') first -= 1;
	return (quote - first) % 2 === 1;
}

/** Whether JavaScript's number for these digits has the same value when it is written. */
function isKept(literal: string): boolean {
	if (!MAY_CHANGE.test(literal)) return true;
	const number = Number(literal);
	return Number.isFinite(number) && decimalOf(literal) === decimalOf(String(number));
}

/** The value of a decimal number in a normal form: its digits without surrounding zeros, and the exponent. */
function decimalOf(literal: string): string {
	const sign = literal.startsWith('-') ? '-' : '';
	const [mantissa, exponent = '0'] = literal.slice(sign.length).split(/[eE]/);
	const [whole, fraction = ''] = mantissa.split('.');
	const digits = `${whole}${fraction}`;
	let [begin, end] = [0, digits.length];
	while (digits[begin] === '0') begin += 1;
	if (begin === end) return '0';
	while (digits[end - 1] === '0') end -= 1;
	return `${sign}${digits.slice(begin, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}

/** The number as it would be sent, if that may differ from the intended number; undefined if it is exact. */
export function describeInexactNumber(number: number): string | undefined {
	const inexact =
		!Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number));
	return inexact ? String(number) : undefined;
}

/** A body parsed as JSON with all digits of its numbers, or unchanged if it is not JSON. */
export function parseJson(body: unknown): unknown {
	if (typeof body !== 'string') return body;
	try {
		return parseExactly(body);
	} catch {
		// Not JSON, so it stays a text.
		return body;
	}
}

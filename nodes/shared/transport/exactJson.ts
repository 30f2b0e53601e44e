import { randomUUID } from 'node:crypto';

import { changeLeaves } from './changeLeaves';

/** JSON whose numbers are kept: what people hand on here are claims, records and amounts. */

/**
 * How many lists and objects may stand in each other. Walking through more runs out of stack: n8n 2.41.1 cannot copy
 * objects of about 1,600 levels, nor write lists of 4,500 as JSON.
 */
export const DEEPEST = 1000;

/** Valid JSON that neither this node nor n8n can work with. */
export class TooDeep extends Error {
	/** What is wrong with it, as in "its answer is nested …". */
	readonly problem = `is nested more than ${DEEPEST} levels deep`;

	constructor() {
		super(`It is nested more than ${DEEPEST} levels deep`);
	}
}

/** Whether lists and objects stand in each other more than DEEPEST levels deep, or hold themselves. */
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

/** Where a number in JSON begins, or a text. */
const QUOTE_OR_NUMBER = /["\d-]/g;

/** What numbers in JSON are made of. */
const OF_NUMBERS = '0123456789+-.eE';

/** Only a number of so many characters, or one with an exponent, can be one that JavaScript changes. */
const MAY_CHANGE = /[\d.]{16}|\d[eE]/;

/**
 * Parses JSON. A number that JavaScript would change (more digits than it keeps, too large, too small) becomes a text
 * with exactly the sender's digits; all others stay numbers. Throws what JSON.parse throws, and
 * TooDeep.
 */
export function parseExactly(text: string): unknown {
	const parsed: unknown = JSON.parse(text);
	if (isTooDeep(parsed)) throw new TooDeep();
	if (!MAY_CHANGE.test(text)) return parsed;
	return JSON.parse(
		replaceNumbers(text, (literal) => (isKept(literal) ? literal : `"${literal}"`)),
	);
}

/** A number with exactly the digits that somebody entered. `writeExactly` sends them. */
export class ExactNumber {
	/** As JSON writes a number. */
	readonly digits: string;

	constructor(digits: string) {
		this.digits = digits;
	}

	toString(): string {
		return this.digits;
	}

	/** Whether JavaScript writes a number so that it has rounded. Who entered these digits is not known then. */
	looksRounded(): boolean {
		return isWrittenSo(this.digits) && describeInexactNumber(Number(this.digits)) !== undefined;
	}
}

/**
 * Parses JSON that is sent on. A number that JavaScript would write with other digits, or may have rounded, becomes an
 * ExactNumber. Throws what JSON.parse throws.
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

/** A decimal number, also as people write one and JSON does not: `+5`, `.5`, `5.`, `007`. */
const DECIMAL = /^([+-]?)0*([1-9]\d*)?(?:\.(\d*))?([eE][+-]?\d+)?$/;

/** The number that a text is, with all its digits. Undefined for a text that is not a decimal number. */
export function readDecimal(text: string): number | ExactNumber | undefined {
	const match = DECIMAL.exec(text);
	if (match === null || !/^[+-]?\.?\d/.test(text)) return undefined;
	const [, sign, whole = '0', fraction = '', exponent = ''] = match;
	return toExact(
		`${sign === '-' ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}${exponent}`,
	);
}

/** JavaScript's number for a number of JSON, where it is written with the same digits and surely exact. */
function toExact(literal: string): number | ExactNumber {
	const number = Number(literal);
	return isWrittenSo(literal) && describeInexactNumber(number) === undefined
		? number
		: new ExactNumber(literal);
}

function isWrittenSo(literal: string): boolean {
	return JSON.stringify(Number(literal)) === literal;
}

/** JSON.stringify with the digits of each ExactNumber and BigInt, and with the sign of minus zero. */
export function writeExactly(value: unknown): string {
	const mark = randomUUID();
	// The holder has the value itself: n8n gives each BigInt a toJSON that makes it a text.
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

/** Only for valid JSON. The ends of texts and numbers are found by hand: a pattern for them runs out of stack where they are large. */
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

/** Where the text that begins at this quote is over. */
function endOfText(json: string, begin: number): number {
	let quote = json.indexOf('"', begin + 1);
	while (isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
	return quote + 1;
}

/** Where the number that begins here is over. */
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

/** Whether JavaScript's number for these digits has the same value when it is written again. */
function isKept(literal: string): boolean {
	if (!MAY_CHANGE.test(literal)) return true;
	const number = Number(literal);
	return Number.isFinite(number) && decimalOf(literal) === decimalOf(String(number));
}

/** The value of a decimal number in one form: its digits without zeros around them, and the place of the point. */
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

/** The number as it would be sent, where that is not the number that was meant; undefined where it is exact. */
export function describeInexactNumber(number: number): string | undefined {
	const inexact =
		!Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number));
	return inexact ? String(number) : undefined;
}

/** A body as JSON if it is JSON, with all digits of its numbers; else as it came. */
export function parseJson(body: unknown): unknown {
	if (typeof body !== 'string') return body;
	try {
		return parseExactly(body);
	} catch {
		return body;
	}
}

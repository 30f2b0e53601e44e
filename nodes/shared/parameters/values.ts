import type { IDataObject } from 'n8n-workflow';

import {
	DEEPEST,
	describeInexactNumber,
	ExactNumber,
	isTooDeep,
	parseExactly,
	parseForSending,
	TooDeep,
} from '../transport/exactJson';
import { InvalidParameterError } from './invalidParameter';
import { say } from '../failures/text';

/**
 * What a parameter's value plainly means. The form of the editor gives the right type; an expression, or a workflow
 * written by hand or by a model, may give any other. Each reader takes `null` and a missing value for the default,
 * and throws InvalidParameterError, naming the parameter, for what it cannot mean.
 */

/** The parameter as the form calls it, and as workflows written by hand do. */
export interface Name {
	label: string;
	name: string;
}

const MISSING: unknown[] = [undefined, null];

/** Texts come without spaces around them; a number is its digits. */
export function toText(value: unknown, name: Name, byDefault = ''): string {
	return MISSING.includes(value) ? byDefault : toExactText(value, name).trim();
}

/** A text with all its spaces and line breaks. */
export function toExactText(value: unknown, name: Name): string {
	if (MISSING.includes(value)) return '';
	if (typeof value === 'string') return value;
	if (typeof value === 'number') return digitsOf(value, name);
	if (typeof value === 'bigint') return String(value);
	throw wrongType(value, name, 'a text');
}

/** A number's digits as a text, where JavaScript has kept them. */
function digitsOf(value: number, name: Name): string {
	const inexact = describeInexactNumber(value);
	if (inexact === undefined) return String(value);
	throw new InvalidParameterError({
		message: say`${titleOf(name)} is a number that was not kept exactly (${inexact})`,
		hint: say`Its digits must be a text where they come from, with quotes around them in the data: making it a text here is too late.`,
	});
}

/** A text, a number, or what n8n's resource locator holds. Empty where there is none. */
export function toId(value: unknown, name: Name): string {
	const isLocator = isRecord(value) && 'value' in value && ('mode' in value || '__rl' in value);
	const id = isLocator ? value.value : value;
	if (!MISSING.includes(id) && !['string', 'number', 'bigint'].includes(typeof id))
		throw wrongType(id, name, 'an ID: a text or a number');
	return toText(id, name);
}

/** A number, or a text that is one. */
export function toNumber(value: unknown, name: Name, byDefault: number): number {
	if (MISSING.includes(value) || value === '') return byDefault;
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof number === 'number' && Number.isFinite(number)) return number;
	throw wrongType(value, name, 'a number');
}

/** A whole number of at least 1. */
export function toPositiveInteger(value: unknown, name: Name, byDefault: number): number {
	const number = toNumber(value, name, byDefault);
	if (Number.isSafeInteger(number) && number >= 1) return number;
	throw wrongType(value, name, 'a whole number of at least 1');
}

/** A whole number that is not negative. There is no default: what is missing is meant to be there. */
export function toNonNegativeInteger(value: unknown, name: Name): number {
	if (!MISSING.includes(value) && value !== '') {
		const number = toNumber(value, name, NaN);
		if (Number.isSafeInteger(number) && number >= 0) return number;
	}
	throw wrongType(value, name, 'a whole number that is not negative');
}

const PLAIN = new Map<unknown, boolean>([
	[true, true],
	['true', true],
	[false, false],
	['false', false],
]);

/** true, false, or one of these as a text. */
export function toBoolean(value: unknown, name: Name, byDefault: boolean): boolean {
	if (MISSING.includes(value) || value === '') return byDefault;
	const plain = PLAIN.get(typeof value === 'string' ? value.trim().toLowerCase() : value);
	if (plain !== undefined) return plain;
	throw wrongType(value, name, 'true or false');
}

/** For what lowers the guard: on only where it plainly says so, off for whatever else it is. */
export function isExplicitlyTrue(value: unknown): boolean {
	return PLAIN.get(typeof value === 'string' ? value.trim().toLowerCase() : value) === true;
}

/** A list of texts; a text with commas is one, too. Empty entries are left out. */
export function toList(value: unknown, name: Name, byDefault: string[] = []): string[] {
	if (MISSING.includes(value)) return byDefault;
	const entries =
		typeof value === 'string'
			? splitText(value, name)
			: typeof value === 'number'
				? [value]
				: value;
	if (!Array.isArray(entries))
		throw wrongType(value, name, 'a list of texts, or a text with commas');
	return entries.map((entry) => toText(entry, name)).filter((entry) => entry !== '');
}

/** A list as JSON text, or a text with commas. */
function splitText(text: string, name: Name): unknown {
	return text.trim().startsWith('[') ? parse(text, name) : text.split(',');
}

/** One of the values that a menu offers. */
export function toChoice<T extends string>(
	value: unknown,
	name: Name,
	choices: readonly T[],
	byDefault: T,
): T {
	if (MISSING.includes(value) || value === '') return byDefault;
	const choice = choices.find(
		(each) => each === (typeof value === 'string' ? value.trim() : value),
	);
	if (choice !== undefined) return choice;
	throw wrongType(value, name, `one of ${choices.join(', ')}`);
}

/** The same, whatever its capitals; the choices have none. */
export function toChoiceInAnyCase(
	value: unknown,
	name: Name,
	choices: readonly string[],
	byDefault: string,
): string {
	return toChoice(
		typeof value === 'string' ? value.toLowerCase() : value,
		name,
		choices,
		byDefault,
	);
}

/** What is made of a value that should be an object. */
interface ObjectOptions {
	/** For a value that is missing or empty. Without it, such a value is an error. */
	byDefault?: IDataObject;
	/** Of an object that fits. */
	example?: string;
}

/** A JSON object, or a text that is one. In a text, numbers that JavaScript would change become texts. */
export function toObject(value: unknown, name: Name, options?: ObjectOptions): IDataObject {
	return readObject(value, name, parseExactly, options);
}

/** The same for what is sent on: in a text, numbers that JavaScript would change become ExactNumbers. */
export function toObjectForSending(
	value: unknown,
	name: Name,
	options?: ObjectOptions,
): IDataObject {
	return readObject(value, name, parseForSending, options);
}

function readObject(
	value: unknown,
	name: Name,
	read: (text: string) => unknown,
	{ byDefault, example = '{ "PATIENT_NAME": "Jane Doe" }' }: ObjectOptions = {},
): IDataObject {
	if (
		byDefault !== undefined &&
		(MISSING.includes(value) || (typeof value === 'string' && value.trim() === ''))
	)
		return byDefault;
	const object = typeof value === 'string' ? parse(value, name, read) : value;
	if (isRecord(object)) return isTooDeep(object) ? refuseDepth(name) : object;
	throw new InvalidParameterError({
		message: say`${titleOf(name)} is not a JSON object: it is ${describe(object)}`,
		hint: say`Enter an object, such as ${example}.`,
	});
}

function parse(text: string, name: Name, read = parseExactly): unknown {
	if (text.trim() === '') return undefined;
	try {
		return read(text);
	} catch (error) {
		return error instanceof TooDeep ? refuseDepth(name) : refuseJson(name, error as Error);
	}
}

function refuseJson(name: Name, { message }: Error): never {
	throw new InvalidParameterError({
		message: say`${titleOf(name)} is not valid JSON: ${message}`,
		hint: say`Check quotes, commas and brackets. Names and texts stand in double quotes.`,
	});
}

function refuseDepth(name: Name): never {
	throw new InvalidParameterError({
		message: say`${titleOf(name)} is nested more than ${DEEPEST} levels deep, or holds itself`,
		hint: say`Look at the expression that gives it, and give less.`,
	});
}

export function isRecord(value: unknown): value is IDataObject {
	return (
		typeof value === 'object' &&
		value !== null &&
		!Array.isArray(value) &&
		!(value instanceof ExactNumber)
	);
}

function wrongType(value: unknown, name: Name, wanted: string): InvalidParameterError {
	return new InvalidParameterError({
		message: say`${titleOf(name)} must be ${wanted}, but is ${describe(value)}`,
		hint: say`Enter another value, or look at what its expression gives.`,
	});
}

export function titleOf({ label, name }: Name): string {
	return `${label} (${name})`;
}

const LONGEST_QUOTE = 60;

/** A value in words, for an error. */
export function describe(value: unknown): string {
	if (value === undefined) return 'missing';
	if (value === null) return 'null';
	if (value === '') return 'empty';
	if (typeof value === 'string') return `the text "${shorten(value)}"`;
	if (value instanceof ExactNumber) return `the number ${shorten(value.digits)}`;
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'object') return 'an object';
	return typeof value === 'number' ? `the number ${value}` : String(value);
}

function shorten(text: string): string {
	return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

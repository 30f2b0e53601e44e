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
 * Convert the value of a parameter. The form in the editor gives the right type, but an expression, or a workflow that
 * was written by hand or by an AI model, can give any type. Each function uses the default for `null` and for a missing
 * value. Each throws InvalidParameterError, which names the parameter, for an unsuitable value.
 */

/** The label of a parameter in the form, and its name in saved workflows. */
export interface Name {
	label: string;
	name: string;
}

const MISSING: unknown[] = [undefined, null];

/** A text without spaces at its ends. A number becomes a text with its digits. */
export function toText(value: unknown, name: Name, byDefault = ''): string {
	return MISSING.includes(value) ? byDefault : toExactText(value, name).trim();
}

/** A text, with the spaces and line breaks at its ends. */
export function toExactText(value: unknown, name: Name): string {
	if (MISSING.includes(value)) return '';
	if (typeof value === 'string') return value;
	if (typeof value === 'number') return digitsOf(value, name);
	if (typeof value === 'bigint') return String(value);
	throw wrongType(value, name, 'text');
}

/** The digits of a number as a text. Throws if JavaScript has rounded the number. */
function digitsOf(value: number, name: Name): string {
	const inexact = describeInexactNumber(value);
	if (inexact === undefined) return String(value);
	throw new InvalidParameterError({
		message: say`${titleOf(name)} is a number that n8n could not keep exactly (${inexact})`,
		hint: say`Some of its digits are already lost. Put the number in quotes in the source data, so that it is text. Converting it to text here does not help.`,
	});
}

/** A text, a number, or the value of n8n's resource locator. Empty if it is missing. */
export function toId(value: unknown, name: Name): string {
	const isLocator = isRecord(value) && 'value' in value && ('mode' in value || '__rl' in value);
	const id = isLocator ? value.value : value;
	if (!MISSING.includes(id) && !['string', 'number', 'bigint'].includes(typeof id))
		throw wrongType(id, name, 'an ID (text or a number)');
	return toText(id, name);
}

/** A number, or a text that contains one. */
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

/** A whole number that is not negative. It has no default: a missing value is an error. */
export function toNonNegativeInteger(value: unknown, name: Name): number {
	if (!MISSING.includes(value) && value !== '') {
		const number = toNumber(value, name, NaN);
		if (Number.isSafeInteger(number) && number >= 0) return number;
	}
	throw wrongType(value, name, 'a whole number that is not negative');
}

const BOOLEANS = new Map<unknown, boolean>([
	[true, true],
	['true', true],
	[false, false],
	['false', false],
]);

/** true, false, or one of these as a text. */
export function toBoolean(value: unknown, name: Name, byDefault: boolean): boolean {
	if (MISSING.includes(value) || value === '') return byDefault;
	const boolean = BOOLEANS.get(typeof value === 'string' ? value.trim().toLowerCase() : value);
	if (boolean !== undefined) return boolean;
	throw wrongType(value, name, 'true or false');
}

/** For an option that reduces security: on only for `true` or the text "true", off for anything else. */
export function isExplicitlyTrue(value: unknown): boolean {
	return BOOLEANS.get(typeof value === 'string' ? value.trim().toLowerCase() : value) === true;
}

/** A list of texts, or a text with commas. Empty entries are left out. */
export function toList(value: unknown, name: Name, byDefault: string[] = []): string[] {
	if (MISSING.includes(value)) return byDefault;
	const entries =
		typeof value === 'string'
			? splitText(value, name)
			: typeof value === 'number'
				? [value]
				: value;
	if (!Array.isArray(entries)) throw wrongType(value, name, 'a list of texts, or text with commas');
	// n8n 2.41.1 saves a line that was added and left empty as an empty list.
	const isFilled = (entry: unknown) => !(Array.isArray(entry) && entry.length === 0);
	return entries
		.filter(isFilled)
		.map((entry) => toText(entry, name))
		.filter((entry) => entry !== '');
}

/** A list as JSON text, or a text with commas. */
function splitText(text: string, name: Name): unknown {
	return text.trim().startsWith('[') ? parse(text, name) : text.split(',');
}

/** One of the values in a menu. */
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

/** The same, in any case of letters. The choices must be in lower case. */
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

/** How to read a value that should be an object. */
interface ObjectOptions {
	/** For a missing or empty value. Without it, such a value is an error. */
	byDefault?: IDataObject;
	/** An example of a suitable object, for errors. */
	example?: string;
}

/** A JSON object, or a text that contains one. In a text, numbers that JavaScript would change become texts. */
export function toObject(value: unknown, name: Name, options?: ObjectOptions): IDataObject {
	return readObject(value, name, parseExactly, options);
}

/**
 * The same for an object that is sent to NenAI. In a text, numbers that JavaScript would change become ExactNumbers.
 */
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
		message: say`${titleOf(name)} must be a JSON object, but is ${describe(object)}`,
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
		// Without the part of the text that the message quotes: part of a secret cannot be redacted.
		message: say`${titleOf(name)} is not valid JSON: ${message.replace(/, (?:\.{3})?".*/s, '')}`,
		hint: say`Check the quotes, commas and brackets. Put names and texts in double quotes.`,
	});
}

function refuseDepth(name: Name): never {
	throw new InvalidParameterError({
		message: say`${titleOf(name)} is nested more than ${DEEPEST} levels deep, or contains itself`,
		hint: say`Check the expression that returns it, and pass on less data.`,
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
		hint: say`Enter another value. If it is an expression, check its value for this item.`,
	});
}

/** How errors name a parameter, such as "Key (key)" or "Parameters (JSON, parametersJson)". */
export function titleOf({ label, name }: Name): string {
	return label.endsWith(')') ? `${label.slice(0, -1)}, ${name})` : `${label} (${name})`;
}

const MAX_QUOTED_CHARACTERS = 60;

/** Describes a value in an error. */
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
	return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text;
}

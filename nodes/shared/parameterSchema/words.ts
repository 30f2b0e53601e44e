import { ExactNumber, writeExactly } from '../transport/exactJson';
import { describe } from '../parameters/values';
import { lazily, say, type Text, type Writable } from '../failures/text';
import { formatOf } from './formats';
import type { Definition, Schema, SchemaObject } from './schema';

const MAX_QUOTED_CHARACTERS = 60;
const MAX_LISTED = 20;

const OF_TYPES: Record<string, string> = {
	string: 'text',
	integer: 'a whole number',
	number: 'a number',
	boolean: 'true or false',
	null: 'null',
	array: 'a list',
	object: 'an object',
};

/** Alternatives of alternatives are asked for again and again. */
const known = new WeakMap<object, string | undefined>();

/** What a value must be, such as "a whole number". `undefined` if the schema allows everything. */
export function wanted(schema: Schema, definition: Definition): string | undefined {
	if (typeof schema === 'boolean') return undefined;
	if (!known.has(schema)) known.set(schema, wordsOf(schema, definition));
	return known.get(schema);
}

function wordsOf(schema: SchemaObject, definition: Definition): string | undefined {
	if (schema.const !== undefined) return writeShort(schema.const);
	if (schema.enum !== undefined) return oneOf(schema.enum);
	if (schema.format !== undefined && (schema.type ?? 'string') === 'string') {
		const format = formatOf(schema.format);
		if (format !== undefined) return format.words;
	}
	if (schema.type !== undefined)
		return either([schema.type].flat().map((type) => OF_TYPES[type] ?? type));
	const [certain] = [
		...(schema.$ref === undefined ? [] : [definition.resolve(schema.$ref)]),
		...(schema.allOf ?? []),
	];
	if (certain !== undefined) return wanted(certain, definition);
	const choices = schema.anyOf ?? schema.oneOf;
	if (choices === undefined) return undefined;
	const words = choices.map((choice) => wanted(choice, definition));
	return words.includes(undefined) ? undefined : either(words as string[]);
}

function either(words: string[]): string {
	const unique = [...new Set(words)];
	return unique.length < 3
		? unique.join(' or ')
		: `${unique.slice(0, -1).join(', ')} or ${unique.at(-1)}`;
}

export function oneOf(values: unknown[]): string {
	const listed = values.slice(0, MAX_LISTED).map(writeShort).join(', ');
	const more = values.length > MAX_LISTED ? `, and ${values.length - MAX_LISTED} more` : '';
	return values.length === 1 ? listed : `one of ${listed}${more}`;
}

function writeShort(value: unknown): string {
	return shorten(writeExactly(value) ?? 'null');
}

function shorten(text: string): string {
	return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text;
}

/** What a value is, for an error. A text is shortened after secrets have been removed: half of a secret is a secret. */
export function found(value: unknown): Writable | string {
	if (typeof value !== 'string' || value === '')
		return describe(typeof value === 'bigint' ? new ExactNumber(String(value)) : value);
	return lazily((redactor) => `the text "${shorten(redactor.redact(value))}"`);
}

/** The name of a value, such as ADDRESS.ZIP. */
export function named(path: string): Writable {
	return lazily((redactor) => `"${shortenPath(redactor.redact(path))}"`);
}

function shortenPath(path: string): string {
	return path.length > 2 * MAX_QUOTED_CHARACTERS
		? `${path.slice(0, 2 * MAX_QUOTED_CHARACTERS)}…`
		: path;
}

export function count(number: number, singular: string, plural = `${singular}s`): string {
	return `${number} ${number === 1 ? singular : plural}`;
}

/** Sentences as one, with semicolons. */
export function inOneSentence([first, ...others]: Text[]): Text {
	return others.reduce((before, next) => say`${before}; ${next}`, first);
}

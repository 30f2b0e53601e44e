import { ExactNumber, writeExactly } from '../transport/exactJson';
import { invalidParameter } from '../parameters/invalidParameter';
import { describe, isRecord, titleOf, toObjectForSending, type Name } from '../parameters/values';
import { say, type Text } from '../failures/text';
import { toDecimal } from './decimal';
import { exampleSchema } from './example';
import { compilePattern } from './pattern';
import { ownValue, type Definition, type Parameter, type Schema } from './schema';

const PASTE = say`Paste what your NenAI contact gave you: the JSON Schema of the workflow's parameters, or an example, such as { "PATIENT_NAME": "Jane Doe" }.`;

/** A definition is read for each item, but it is usually the same. */
const known = new Map<string, Definition>();
const MAX_KNOWN = 20;

/**
 * Reads what defines the parameters of a workflow: a JSON Schema as Pydantic writes it, or an example object, from whose
 * values the types are taken. Throws InvalidParameterError, which names the place, for anything else.
 *
 * @param name the parameter of the node that contains the definition
 */
export function readDefinition(value: unknown, name: Name): Definition {
	const given = toObjectForSending(value, name, { byDefault: {} });
	if (Object.keys(given).length === 0)
		throw invalidParameter(say`${titleOf(name)} is empty`, PASTE);
	const text = writeExactly(given);
	const definition = known.get(text) ?? new DefinitionReader(given, name).read();
	known.delete(text);
	known.set(text, definition);
	for (const oldest of known.keys()) if (known.size > MAX_KNOWN) known.delete(oldest);
	return definition;
}

const TYPES = ['string', 'integer', 'number', 'boolean', 'null', 'array', 'object'];
const isType = (value: unknown) => typeof value === 'string' && TYPES.includes(value);

const isCount = (value: unknown) =>
	typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isNumber = (value: unknown): value is number | ExactNumber =>
	(typeof value === 'number' || value instanceof ExactNumber) && toDecimal(value) !== undefined;

const isText = (value: unknown) => typeof value === 'string';

/** By keyword: what its value must be. Keywords with schemas are below. */
const VALUES: Record<string, [is: (value: unknown) => boolean, words: string]> = {
	type: [
		(value) => isType(value) || (Array.isArray(value) && value.length > 0 && value.every(isType)),
		`one of ${TYPES.join(', ')}`,
	],
	enum: [Array.isArray, 'a list'],
	required: [(value) => Array.isArray(value) && value.every(isText), 'a list of names'],
	minimum: [isNumber, 'a number'],
	maximum: [isNumber, 'a number'],
	exclusiveMinimum: [isNumber, 'a number'],
	exclusiveMaximum: [isNumber, 'a number'],
	multipleOf: [
		(value) => isNumber(value) && (toDecimal(value)?.coefficient ?? 0) > 0,
		'a number greater than 0',
	],
	minLength: [isCount, 'a whole number that is not negative'],
	maxLength: [isCount, 'a whole number that is not negative'],
	minItems: [isCount, 'a whole number that is not negative'],
	maxItems: [isCount, 'a whole number that is not negative'],
	minProperties: [isCount, 'a whole number that is not negative'],
	maxProperties: [isCount, 'a whole number that is not negative'],
	uniqueItems: [(value) => typeof value === 'boolean', 'true or false'],
	pattern: [isText, 'text'],
	format: [isText, 'text'],
	title: [isText, 'text'],
	description: [isText, 'text'],
	discriminator: [isRecord, 'an object'],
	$ref: [isText, 'text'],
};

const WITH_SCHEMA = ['items', 'additionalProperties', 'propertyNames'];
const WITH_LIST = ['prefixItems', 'allOf', 'anyOf', 'oneOf'];
const WITH_NAMES = ['properties', 'patternProperties', '$defs', 'definitions'];

/** These apply other schemas to the same value. */
const OF_SAME_VALUE = ['allOf', 'anyOf', 'oneOf'];

/** More parts than any form can have. */
const MAX_PARTS = 20_000;
const MAX_DEPTH = 100;

/** Checks a schema once, so that the code that applies it can rely on its form. */
class DefinitionReader {
	private readonly root: Schema;
	private readonly refs = new Map<string, Schema>();
	private readonly patterns = new Map<string, (text: string) => boolean>();
	private readonly checked = new Set<unknown>();
	private readonly parameters = new Map<string, Parameter>();
	private readonly collected = { certain: new Set<Schema>(), possible: new Set<Schema>() };
	private isOpen = false;

	constructor(
		given: Record<string, unknown>,
		private readonly name: Name,
	) {
		if (isPropertiesOnly(given))
			throw invalidParameter(
				say`${titleOf(name)} has only a part of a JSON Schema: what belongs inside of its "properties"`,
				say`Paste the whole JSON Schema, which has "type": "object" and "properties", or an example, such as { "PATIENT_NAME": "Jane Doe" }.`,
			);
		this.root = isSchema(given) ? given : exampleSchema(given);
	}

	read(): Definition {
		this.check(this.root, '', 0);
		// In a loop: references may form a long chain.
		for (const [ref, part] of this.refs) this.check(part, ref, 0);
		const states = new Map<Schema, 'open' | 'done'>();
		for (const part of this.checked) this.refuseLoops(part as Schema, states, 0);
		this.collect(this.root, true);
		const isObject = typeof this.root === 'object' && this.root.type === 'object';
		if (!isObject && this.parameters.size === 0 && !this.isOpen)
			throw invalidParameter(
				say`${titleOf(this.name)} does not describe an object with parameters`,
				PASTE,
			);
		return {
			root: this.root,
			parameters: this.parameters,
			isOpen: this.isOpen,
			resolve: (ref) => this.refs.get(ref) ?? true,
			hasPattern: (text, pattern) => this.patterns.get(pattern)?.(text) ?? true,
		};
	}

	/** @param place where the part is, such as properties.AGE */
	private check(schema: unknown, place: string, depth: number): void {
		if (typeof schema === 'boolean' || this.checked.has(schema)) return;
		if (!isRecord(schema))
			throw this.mistake(place, say`must be a schema, but is ${describe(schema)}`);
		this.checked.add(schema);
		if (this.checked.size > MAX_PARTS) throw this.mistake('', say`has too many parts`);
		if (depth > MAX_DEPTH) throw this.mistake(place, say`is nested too deeply`);
		const inner = (part: unknown, name: string) => this.check(part, below(place, name), depth + 1);
		for (const [keyword, value] of Object.entries(schema)) {
			const at = below(place, keyword);
			const wanted = ownValue(VALUES, keyword);
			if (wanted !== undefined && !wanted[0](value))
				throw this.mistake(at, say`must be ${wanted[1]}, but is ${describe(value)}`);
			if (WITH_SCHEMA.includes(keyword)) inner(value, keyword);
			if (WITH_LIST.includes(keyword)) {
				if (!Array.isArray(value) || value.length === 0)
					throw this.mistake(at, say`must be a list of schemas, but is ${describe(value)}`);
				for (const [index, part] of value.entries()) inner(part, `${keyword}[${index}]`);
			}
			if (WITH_NAMES.includes(keyword)) {
				if (!isRecord(value))
					throw this.mistake(at, say`must be an object, but is ${describe(value)}`);
				for (const [name, part] of Object.entries(value)) inner(part, `${keyword}.${name}`);
			}
			if (keyword === 'pattern') this.addPattern(String(value), at);
			if (keyword === 'patternProperties')
				for (const pattern of Object.keys(value as object)) this.addPattern(pattern, at);
			if (keyword === '$ref') this.addRef(String(value), at);
			if (keyword === 'discriminator' && isRecord(value) && isRecord(value.mapping))
				for (const ref of Object.values(value.mapping)) this.addRef(String(ref), at);
		}
	}

	private addPattern(pattern: string, place: string) {
		if (this.patterns.has(pattern)) return;
		const compiled = compilePattern(pattern);
		if (compiled === undefined)
			throw this.mistake(place, say`is not a regular expression that n8n understands: ${pattern}`);
		this.patterns.set(pattern, compiled);
	}

	private addRef(ref: string, place: string) {
		const target = this.find(ref);
		if (target === undefined)
			throw this.mistake(place, say`refers to ${ref}, which the definition does not have`);
		if (!this.refs.has(ref)) this.refs.set(ref, target as Schema);
	}

	/** The part at a JSON pointer, such as #/$defs/Address. */
	private find(ref: string): unknown {
		if (ref !== '#' && !ref.startsWith('#/')) return undefined;
		let part: unknown = this.root;
		for (const step of ref.split('/').slice(1)) {
			const name = decode(step).replaceAll('~1', '/').replaceAll('~0', '~');
			if (Array.isArray(part)) part = part[Number(name)];
			else part = isRecord(part) ? ownValue(part as Record<string, unknown>, name) : undefined;
		}
		return part;
	}

	/** Throws for a schema that applies itself to the same value, without an end. */
	private refuseLoops(schema: Schema, states: Map<Schema, 'open' | 'done'>, depth: number): void {
		if (typeof schema === 'boolean' || states.get(schema) === 'done') return;
		if (states.get(schema) === 'open')
			throw this.mistake('$ref', say`leads back to itself without an end`);
		if (depth > 2 * MAX_DEPTH) throw this.mistake('$ref', say`leads through too many parts`);
		states.set(schema, 'open');
		for (const part of this.sameValue(schema)) this.refuseLoops(part, states, depth + 1);
		states.set(schema, 'done');
	}

	private sameValue(schema: Exclude<Schema, boolean>): Schema[] {
		const parts = OF_SAME_VALUE.flatMap(
			(keyword) => (schema as Record<string, Schema[]>)[keyword] ?? [],
		);
		return schema.$ref === undefined ? parts : [...parts, this.refs.get(schema.$ref) ?? true];
	}

	/** Finds the parameters. @param isCertain whether this part applies to all values */
	private collect(schema: Schema, isCertain: boolean): void {
		const collected = isCertain ? this.collected.certain : this.collected.possible;
		if (typeof schema === 'boolean' || collected.has(schema)) return;
		collected.add(schema);
		const { additionalProperties, patternProperties, properties = {}, required = [] } = schema;
		if (additionalProperties !== undefined && additionalProperties !== false) this.isOpen = true;
		if (Object.keys(patternProperties ?? {}).length > 0) this.isOpen = true;
		for (const [name, part] of Object.entries(properties)) {
			const isRequired = isCertain && required.includes(name);
			const before = this.parameters.get(name);
			if (before === undefined) this.parameters.set(name, { name, schema: part, isRequired });
			else before.isRequired ||= isRequired;
		}
		const certain = schema.$ref === undefined ? [] : [this.refs.get(schema.$ref) ?? true];
		for (const part of [...certain, ...(schema.allOf ?? [])]) this.collect(part, isCertain);
		for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
			this.collect(part, false);
	}

	private mistake(place: string, what: Text) {
		const at = place === '' ? '' : ` at ${place}`;
		return invalidParameter(
			say`${titleOf(this.name)} cannot be used as a JSON Schema${at}: it ${what}`,
			say`Ask your NenAI contact for the JSON Schema again, or correct this place. You can also paste an example, such as { "PATIENT_NAME": "Jane Doe" }.`,
		);
	}
}

function below(place: string, name: string): string {
	return place === '' ? name : `${place}.${name}`;
}

function decode(step: string): string {
	try {
		return decodeURIComponent(step);
	} catch {
		// Not percent-encoded.
		return step;
	}
}

function isSchema(
	given: Record<string, unknown>,
): given is Exclude<Schema, boolean> & Record<string, unknown> {
	const { properties } = given;
	return (
		typeof given.$schema === 'string' ||
		isRecord(given.$defs) ||
		given.type === 'object' ||
		(isRecord(properties) &&
			Object.keys(properties).length > 0 &&
			Object.values(properties).every(isRecord))
	);
}

/** Whether somebody copied only the inner part of a schema. */
function isPropertiesOnly(given: Record<string, unknown>): boolean {
	return (
		!isSchema(given) &&
		Object.values(given).every(
			(part) =>
				isRecord(part) && (isType(part.type) || isText(part.$ref) || Array.isArray(part.anyOf)),
		)
	);
}

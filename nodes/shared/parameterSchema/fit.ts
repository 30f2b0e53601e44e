import { ExactNumber, parseForSending, readDecimal, writeExactly } from '../transport/exactJson';
import { invalidParameter } from '../parameters/invalidParameter';
import { isRecord } from '../parameters/values';
import { say, type Text } from '../failures/text';
import { compare, isMultipleOf, normalForm, toDecimal, wholeDigits } from './decimal';
import { dateOfMidnight, formatOf } from './formats';
import { ownValue, type Definition, type Schema, type SchemaObject } from './schema';
import { count, found, named, oneOf, wanted } from './words';

/** Why a value does not fit, such as `"ADDRESS.ZIP" must be text, but is null`. */
export interface Problem {
	path: string;
	words: Text;
}

/** The value as it will be sent, and what is wrong with it. */
export interface Fitted {
	value: unknown;
	problems: Problem[];
}

/** More than any honest definition needs for a value. */
const MAX_STEPS = 500_000;

/** Levels of lists and objects inside a parameter. */
const MAX_DEPTH = 100;

/**
 * Whether a value fits a schema. Never changes the value that is given.
 *
 * @param path the name under which the value is sent; empty for all parameters
 * @param converts whether a text becomes a value of the type that the schema wants, if only one value can be meant:
 * "5" becomes 5, and 5 becomes "5" for a text. Without it, the value must have the right type
 */
export function fit(
	schema: Schema,
	value: unknown,
	path: string,
	definition: Definition,
	converts: boolean,
): Fitted {
	return new Fitter(definition, converts, { left: MAX_STEPS }).fit(schema, value, path, 0);
}

class Fitter {
	private readonly strict: Fitter;

	constructor(
		private readonly definition: Definition,
		private readonly converts: boolean,
		private readonly steps: { left: number },
	) {
		this.strict = converts ? new Fitter(definition, false, steps) : this;
	}

	fit(schema: Schema, given: unknown, path: string, depth: number): Fitted {
		this.steps.left -= 1;
		if (this.steps.left < 0) throw tooMuch();
		const value = plain(given);
		if (schema === true) return fits(value);
		if (schema === false) return misfit(value, path, say`is not allowed`);
		if (depth > MAX_DEPTH) return misfit(value, path, say`is nested too deeply`);
		return [this.ofParts, this.ofType, this.ofChoices, this.ofContent].reduce<Fitted>(
			(before, step) =>
				before.problems.length > 0 ? before : step.call(this, schema, before.value, path, depth),
			fits(value),
		);
	}

	/** Other schemas that apply to the same value. */
	private ofParts(schema: SchemaObject, value: unknown, path: string, depth: number): Fitted {
		const { $ref, allOf = [], anyOf, oneOf: exactlyOneOf } = schema;
		const all = $ref === undefined ? allOf : [this.definition.resolve($ref), ...allOf];
		let result = fits(value);
		for (const part of all) {
			const { value: next, problems } = this.fit(part, result.value, path, depth);
			result = { value: next, problems: [...result.problems, ...problems] };
		}
		for (const [choices, isExclusive] of [
			[anyOf, false],
			[exactlyOneOf, true],
		] as const) {
			if (choices === undefined || result.problems.length > 0) continue;
			result =
				this.byDiscriminator(schema, result.value, path, depth) ??
				this.union(choices, isExclusive, result.value, path, depth);
		}
		return result;
	}

	/** The result of the choice that a field of the value names, such as `"kind": "cat"`. */
	private byDiscriminator(
		{ discriminator }: SchemaObject,
		value: unknown,
		path: string,
		depth: number,
	): Fitted | undefined {
		const { propertyName, mapping } = discriminator ?? {};
		if (typeof propertyName !== 'string' || !isRecord(mapping) || !isRecord(value))
			return undefined;
		const tag = ownValue<unknown>(value, propertyName);
		const ref = ownValue<unknown>(mapping, String(tag));
		if (typeof ref === 'string') return this.fit(this.definition.resolve(ref), value, path, depth);
		return misfit(
			value,
			below(path, propertyName),
			say`must be ${oneOf(Object.keys(mapping))}, but is ${found(tag)}`,
		);
	}

	private union(
		choices: Schema[],
		isExclusive: boolean,
		value: unknown,
		path: string,
		depth: number,
	): Fitted {
		const asIs = choices.map((choice) => this.strict.fit(choice, value, path, depth));
		const exact = asIs.filter(isFit);
		if (exact.length > 1 && isExclusive)
			return misfit(
				value,
				path,
				say`fits several alternatives of the definition, but must fit one`,
			);
		if (exact.length > 0) return exact[0];
		if (!this.converts) return misfit(value, path, this.expected({ anyOf: choices }, value));
		// Entries and fields that have the right type in the JSON text are not converted to another one.
		const parsed = typeof value === 'string' ? parse(value) : undefined;
		if (parsed !== undefined) {
			const result = this.union(choices, isExclusive, parsed, path, depth);
			if (isFit(result)) return result;
		}
		const converted = choices.map((choice) => this.fit(choice, value, path, depth));
		const [first, ...others] = converted.filter(isFit);
		if (first === undefined)
			return (
				this.closest(choices, converted, path) ??
				misfit(value, path, this.expected({ anyOf: choices }, value))
			);
		const other = others.find((each) => canonical(each.value) !== canonical(first.value));
		return other === undefined
			? first
			: misfit(
					value,
					path,
					say`could mean ${writeExactly(first.value)} or ${writeExactly(other.value)}: use an expression that returns a value of the right type`,
				);
	}

	/** The problems of the choice that the value comes closest to: its type is right, and the least is wrong. */
	private closest(choices: Schema[], results: Fitted[], path: string): Fitted | undefined {
		const candidates = results.filter((_, index) => !this.isNull(choices[index]));
		if (candidates.length === 1) return candidates[0];
		return candidates
			.filter(({ problems }) => problems.every((problem) => problem.path !== path))
			.sort((a, b) => a.problems.length - b.problems.length)[0];
	}

	private isNull(schema: Schema): boolean {
		return wanted(schema, this.definition) === 'null';
	}

	private ofType(schema: SchemaObject, value: unknown, path: string): Fitted {
		if (schema.type === undefined) return fits(value);
		const types = [schema.type].flat();
		const own = types.find((type) => isOfType(type, value));
		if (own !== undefined) return fits(own === 'integer' ? toWhole(value) : value);
		const converted = this.converts ? types.map((type) => convert(type, value)) : [];
		const possible = converted.filter((each) => each !== undefined);
		const isClear = new Set(possible.map(canonical)).size === 1;
		if (isClear) return fits(possible[0]);
		return misfit(value, path, this.expected(schema, value));
	}

	private ofChoices(schema: SchemaObject, value: unknown, path: string): Fitted {
		const choices = schema.const === undefined ? schema.enum : [schema.const];
		if (choices === undefined || isAmong(choices, value))
			return choices !== undefined && schema.enum !== undefined && !isAmong(schema.enum, value)
				? misfit(value, path, this.expected(schema, value))
				: fits(value);
		const meant = this.converts ? choices.filter((choice) => isWrittenAs(choice, value)) : [];
		if (meant.length === 1 && schema.type === undefined) return fits(meant[0]);
		return misfit(value, path, this.expected(schema, value));
	}

	private ofContent(schema: SchemaObject, value: unknown, path: string, depth: number): Fitted {
		if (typeof value === 'string') return this.text(schema, value, path);
		if (isNumber(value)) return this.number(schema, value, path);
		if (Array.isArray(value)) return this.list(schema, value as unknown[], path, depth);
		if (isRecord(value)) return this.object(schema, value, path, depth);
		return fits(value);
	}

	private text(schema: SchemaObject, given: string, path: string): Fitted {
		const { minLength = 0, maxLength = Infinity, pattern, format: formatName } = schema;
		const format = formatOf(formatName);
		const value = this.converts && formatName === 'date' ? (dateOfMidnight(given) ?? given) : given;
		const problems: Problem[] = [];
		const length = minLength > 0 || maxLength < Infinity ? [...value].length : 0;
		const report = (words: Text) => problems.push(problem(path, words));
		if (length < minLength)
			report(say`must have at least ${count(minLength, 'character')}, but has ${length}`);
		if (length > maxLength)
			report(say`must have at most ${count(maxLength, 'character')}, but has ${length}`);
		if (format !== undefined && !format.accepts(value))
			report(say`must be ${format.words}, but is ${found(value)}`);
		if (pattern !== undefined && !this.definition.hasPattern(value, pattern))
			report(say`must match the pattern ${pattern}, but is ${found(value)}`);
		return { value, problems };
	}

	private number(schema: SchemaObject, value: number | ExactNumber, path: string): Fitted {
		const limits = [
			[schema.minimum, (order: number) => order >= 0, 'at least'],
			[schema.maximum, (order: number) => order <= 0, 'at most'],
			[schema.exclusiveMinimum, (order: number) => order > 0, 'greater than'],
			[schema.exclusiveMaximum, (order: number) => order < 0, 'less than'],
		] as const;
		const { multipleOf } = schema;
		if (multipleOf === undefined && limits.every(([limit]) => limit === undefined))
			return fits(value);
		const decimal = toDecimal(value);
		if (decimal === undefined) return misfit(value, path, say`has too many digits`);
		const problems: Problem[] = [];
		for (const [limit, isWithin, words] of limits) {
			const other = limit === undefined ? undefined : toDecimal(limit);
			if (other !== undefined && !isWithin(compare(decimal, other)))
				problems.push(
					problem(path, say`must be ${words} ${String(limit)}, but is ${found(value)}`),
				);
		}
		const step = multipleOf === undefined ? undefined : toDecimal(multipleOf);
		if (step !== undefined && !isMultipleOf(decimal, step))
			problems.push(
				problem(path, say`must be a multiple of ${String(multipleOf)}, but is ${found(value)}`),
			);
		return { value, problems };
	}

	private list(schema: SchemaObject, entries: unknown[], path: string, depth: number): Fitted {
		const { minItems = 0, maxItems = Infinity, prefixItems = [], items = true } = schema;
		const problems: Problem[] = [];
		const value = entries.map((entry, index) => {
			const part = prefixItems[index] ?? items;
			const result = this.fit(part, entry ?? null, `${path}[${index}]`, depth + 1);
			problems.push(...result.problems);
			return result.value;
		});
		if (value.length < minItems)
			problems.push(
				problem(
					path,
					say`must have at least ${count(minItems, 'entry', 'entries')}, but has ${value.length}`,
				),
			);
		if (value.length > maxItems)
			problems.push(
				problem(
					path,
					say`must have at most ${count(maxItems, 'entry', 'entries')}, but has ${value.length}`,
				),
			);
		const repeated = schema.uniqueItems === true ? indexOfRepeated(value) : undefined;
		if (repeated !== undefined)
			problems.push(
				problem(path, say`has the entry at [${repeated}] twice, but each must be different`),
			);
		return { value, problems };
	}

	private object(
		schema: SchemaObject,
		object: Record<string, unknown>,
		path: string,
		depth: number,
	): Fitted {
		const { required = [], minProperties = 0, maxProperties = Infinity, propertyNames } = schema;
		const problems: Problem[] = [];
		const entries: Array<[name: string, value: unknown]> = [];
		for (const [name, given] of Object.entries(object)) {
			if (given === undefined) continue;
			const at = below(path, name);
			let value: unknown = given;
			for (const part of this.partsFor(schema, name)) {
				const result =
					part === false
						? misfit(value, at, say`is not in the definition`)
						: this.fit(part, value, at, depth + 1);
				problems.push(...result.problems);
				({ value } = result);
			}
			entries.push([name, value]);
			if (
				propertyNames !== undefined &&
				!isFit(this.strict.fit(propertyNames, name, at, depth + 1))
			)
				problems.push(
					problem(at, say`is not a name that is allowed${this.andWanted(propertyNames)}`),
				);
		}
		for (const name of required)
			if (object[name] === undefined || !Object.hasOwn(object, name))
				problems.push(problem(below(path, name), say`is required, but has no value`));
		const size = entries.length;
		if (size < minProperties)
			problems.push(
				problem(path, say`must have at least ${count(minProperties, 'field')}, but has ${size}`),
			);
		if (size > maxProperties)
			problems.push(
				problem(path, say`must have at most ${count(maxProperties, 'field')}, but has ${size}`),
			);
		// This also keeps a field with the name __proto__. An assignment would not.
		return { value: Object.fromEntries(entries), problems };
	}

	private partsFor(schema: SchemaObject, name: string): Schema[] {
		const own = ownValue(schema.properties, name);
		const byPattern = Object.entries(schema.patternProperties ?? {})
			.filter(([pattern]) => this.definition.hasPattern(name, pattern))
			.map(([, part]) => part);
		const parts = own === undefined ? byPattern : [own, ...byPattern];
		return parts.length > 0 ? parts : [schema.additionalProperties ?? true];
	}

	private andWanted(schema: Schema): string {
		const words = wanted(schema, this.definition);
		return words === undefined || words === 'text' ? '' : `: it must be ${words}`;
	}

	private expected(schema: Schema, value: unknown): Text {
		const words = wanted(schema, this.definition);
		return words === undefined
			? say`does not fit the definition: it is ${found(value)}`
			: say`must be ${words}, but is ${found(value)}`;
	}
}

function fits(value: unknown): Fitted {
	return { value, problems: [] };
}

function isFit({ problems }: Fitted): boolean {
	return problems.length === 0;
}

/** @param words what follows the name of the value */
export function problem(path: string, words: Text): Problem {
	return { path, words: path === '' ? say`the whole ${words}` : say`${named(path)} ${words}` };
}

function misfit(value: unknown, path: string, words: Text): Fitted {
	return { value, problems: [problem(path, words)] };
}

function below(path: string, name: string): string {
	return path === '' ? name : `${path}.${name}`;
}

function tooMuch() {
	return invalidParameter(
		say`The definition is too complicated to check this value`,
		say`Set Parameters to JSON. NenAI checks the values.`,
	);
}

/** A value of an expression as JSON has it: a date is text. */
function plain(value: unknown): unknown {
	if (typeof value === 'bigint') return new ExactNumber(String(value));
	if (value instanceof ExactNumber || typeof value !== 'object' || value === null) return value;
	if (!('toJSON' in value) || typeof value.toJSON !== 'function') return value;
	return (value as { toJSON: () => unknown }).toJSON();
}

function isNumber(value: unknown): value is number | ExactNumber {
	return typeof value === 'number' || value instanceof ExactNumber;
}

function isOfType(type: string, value: unknown): boolean {
	if (type === 'null') return value === null;
	if (type === 'array') return Array.isArray(value);
	if (type === 'object') return isRecord(value);
	if (type === 'number') return isNumber(value);
	if (type === 'integer') return isNumber(value) && wholeOf(value) !== undefined;
	return typeof value === type;
}

function wholeOf(value: number | ExactNumber): string | undefined {
	const decimal = toDecimal(value);
	return decimal === undefined ? undefined : wholeDigits(decimal);
}

/** 5 for 5.0 and 5e0. Python reads those as numbers with a fraction, which cannot have many digits. */
function toWhole(value: unknown): unknown {
	if (!(value instanceof ExactNumber)) return value;
	return readDecimal(wholeOf(value) ?? value.digits);
}

/** Undefined if it is not certain which value of the type is meant. */
function convert(type: string, value: unknown): unknown {
	if (type === 'string') return isNumber(value) ? String(value) : undefined;
	if (typeof value !== 'string') return undefined;
	if (type === 'number') return readDecimal(value.trim());
	if (type === 'integer') {
		const number = readDecimal(value.trim());
		return isOfType(type, number) ? toWhole(number) : undefined;
	}
	if (type === 'boolean')
		return new Map([
			['true', true],
			['false', false],
		]).get(value.trim().toLowerCase());
	if (type !== 'array' && type !== 'object') return undefined;
	const parsed = parse(value);
	return isOfType(type, parsed) ? parsed : undefined;
}

function parse(text: string): unknown {
	if (!/^\s*[[{]/.test(text)) return undefined;
	try {
		return parseForSending(text);
	} catch {
		// Not JSON, so it is a text.
		return undefined;
	}
}

function isAmong(choices: unknown[], value: unknown): boolean {
	const wantedText = canonical(value);
	return choices.some((choice) => canonical(choice) === wantedText);
}

/** Whether a value of another type is written in the same way, such as "5" for 5. */
function isWrittenAs(choice: unknown, value: unknown): boolean {
	const [text, other] = typeof value === 'string' ? [value, choice] : [choice, value];
	if (typeof text !== 'string') return false;
	if (typeof other === 'boolean') return String(other) === text.trim().toLowerCase();
	const number = isNumber(other) ? readDecimal(text.trim()) : undefined;
	return number !== undefined && canonical(number) === canonical(other);
}

function indexOfRepeated(values: unknown[]): number | undefined {
	const seen = new Set<string>();
	for (const [index, value] of values.entries()) {
		const text = canonical(value);
		if (seen.has(text)) return index;
		seen.add(text);
	}
	return undefined;
}

/** Equal for values that JSON Schema considers equal: 1 and 1.0, and objects with the same fields in another order. */
export function canonical(value: unknown): string {
	if (isNumber(value)) return normalForm(value);
	if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
	if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
	const fields = Object.entries(value).map(
		([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`,
	);
	return `{${fields.sort().join(',')}}`;
}

import type { IDataObject } from 'n8n-workflow';

import { ExactNumber } from '../../../shared/transport/exactJson';
import { describe, isRecord } from '../../../shared/parameters/values';

/** The parts of a JSON Schema that are checked here. NenAI checks the rest. */
interface Schema {
	properties: Record<string, unknown>;
	required: string[];
	/** Whether other names are rejected. */
	closed: boolean;
}

const MAX_LISTED = 30;

/** The call has these fields besides the parameters of the action, so a schema may name them. They are always sent. */
const OF_THE_CALL = ['tool', 'action', 'params'];

/** With one of these keywords, a schema may allow names that are not in its `properties`. */
const OPENING = ['$ref', 'oneOf', 'anyOf', 'allOf', 'patternProperties'];

/**
 * What is wrong with the parameters of an action according to the tool's JSON Schema: missing and unknown names, types
 * and choices. The result is a list of sentences for an error. The action itself is not checked, because a tool may have
 * more actions than it lists. NenAI does not publish the meaning of the schema
 * (docs/internals/nenai-api.md#where-nothing-is-published). It may describe the action together with its parameters, or
 * the parameters in an object of their own. A schema that this function does not understand forbids nothing.
 */
export function problemsOf(schema: unknown, params: IDataObject): string[] {
	const whole = understand(schema);
	if (whole === undefined) return [];
	if (!Object.hasOwn(whole.properties, 'params')) return problemsIn(whole, params);
	const inner = understand(whole.properties.params);
	return inner === undefined ? [] : problemsIn(inner, params);
}

function understand(schema: unknown): Schema | undefined {
	if (!isRecord(schema)) return undefined;
	const { properties, required, additionalProperties } = schema;
	if (!isRecord(properties)) return undefined;
	const isOpen = OPENING.some((keyword) => keyword in schema);
	return {
		properties,
		required: Array.isArray(required)
			? required.filter(
					(name): name is string => typeof name === 'string' && !OF_THE_CALL.includes(name),
				)
			: [],
		closed: additionalProperties === false && !isOpen,
	};
}

function problemsIn({ properties, required, closed }: Schema, given: IDataObject): string[] {
	const missing = required
		.filter((name) => given[name] === undefined)
		.map((name) => `"${name}" is missing`);
	const unknown = closed
		? Object.keys(given).filter((name) => !Object.hasOwn(properties, name))
		: [];
	const known = Object.keys(properties)
		.filter((name) => !OF_THE_CALL.includes(name))
		.slice(0, MAX_LISTED)
		.join(', ');
	const wrong = Object.entries(given).flatMap(([name, value]) =>
		Object.hasOwn(properties, name) ? problemOf(name, value, properties[name]) : [],
	);
	return [
		...missing,
		...unknown.map((name) => `"${name}" is unknown (known names: ${known || 'none'})`),
		...wrong,
	];
}

interface Type {
	is: (value: unknown) => boolean;
	words: string;
}

/** The types of JSON Schema: how to check a value, and how errors name the type. */
const TYPES = new Map<unknown, Type>([
	['string', { is: (value) => typeof value === 'string', words: 'text' }],
	['number', { is: (value) => typeof asNumber(value) === 'number', words: 'a number' }],
	['integer', { is: (value) => Number.isInteger(asNumber(value)), words: 'a whole number' }],
	['boolean', { is: (value) => typeof value === 'boolean', words: 'true or false' }],
	['array', { is: Array.isArray, words: 'a list' }],
	['object', { is: isRecord, words: 'an object' }],
	['null', { is: (value) => value === null, words: 'null' }],
]);

/** A text that is a number counts as one: servers accept either. */
function asNumber(value: unknown): unknown {
	if (value instanceof ExactNumber || typeof value === 'bigint') return Number(value);
	return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
		? Number(value)
		: value;
}

function problemOf(name: string, value: unknown, schema: unknown): string[] {
	if (
		!isRecord(schema) ||
		OPENING.some((keyword) => keyword in schema) ||
		(value === null && schema.nullable === true)
	)
		return [];
	const names = [schema.type].flat();
	const types = names.map((type) => TYPES.get(type)).filter((type) => type !== undefined);
	if (types.length === names.length && !types.some(({ is }) => is(value)))
		return [
			`"${name}" must be ${types.map(({ words }) => words).join(' or ')}, but is ${describe(value)}`,
		];
	const { enum: choices } = schema;
	// NenAI checks choices that include lists or objects.
	if (
		!Array.isArray(choices) ||
		choices.some((choice) => typeof choice === 'object' && choice !== null) ||
		choices.some((choice) => choice === value || choice === asNumber(value))
	)
		return [];
	return [
		`"${name}" must be one of ${choices.slice(0, MAX_LISTED).map(String).join(', ')}, but is ${describe(value)}`,
	];
}

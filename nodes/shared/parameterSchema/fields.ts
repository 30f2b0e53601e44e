import type { FieldType, INodePropertyOptions, ResourceMapperField } from 'n8n-workflow';

import { ExactNumber, writeExactly } from '../transport/exactJson';
import { formatOf } from './formats';
import type { Definition, Parameter, Schema, SchemaObject } from './schema';
import { wanted } from './words';

/** The fields of the form: one for each parameter. n8n shows no description, so the label contains it. */
export function fieldsOf(definition: Definition): ResourceMapperField[] {
	const parameters = [...definition.parameters.values()].filter(({ name }) => !isExpression(name));
	const titles = parameters.map((parameter) => titleOf(parameter, definition));
	return parameters.map((parameter, index) => {
		// n8n gives fields with the same label the same value, if an AI model fills them.
		const isAmbiguous = titles.some((title, other) => other !== index && title === titles[index]);
		return toField(parameter, isAmbiguous ? parameter.name : titles[index], definition);
	});
}

const MAX_LABEL = 120;

function toField(parameter: Parameter, title: string, definition: Definition): ResourceMapperField {
	const schema = simplify(parameter.schema, definition);
	const { type, options, hint } = inputOf(schema, definition);
	const description = (schema.description ?? exampleIn(schema)).replace(/\s+/g, ' ').trim();
	const label = `${title}${description === '' ? '' : `: ${description}`}`;
	const room = MAX_LABEL - (hint === '' ? 0 : hint.length + 3);
	const short = label.length > room ? `${label.slice(0, room)}…` : label;
	return {
		id: parameter.name,
		displayName: hint === '' ? short : `${short} (${hint})`,
		required: parameter.isRequired,
		display: true,
		defaultMatch: false,
		canBeUsedToMatch: false,
		type,
		...(options && { options }),
		...defaultOf(schema, type),
	};
}

/** Pydantic makes titles from names, such as "Patient Name" from PATIENT_NAME. The exact name says more. */
function titleOf({ name, schema }: Parameter, definition: Definition): string {
	const own = typeof schema === 'object' ? schema.title : undefined;
	const title = (own ?? simplify(schema, definition).title ?? '').trim();
	const isMade = plain(title) === plain(name);
	return title === '' || isMade || isExpression(title) ? name : `${title} (${name})`;
}

function plain(name: string): string {
	return name.toLowerCase().replace(/[\s_-]/g, '');
}

function exampleIn({ examples }: SchemaObject): string {
	const [example] = Array.isArray(examples) ? (examples as unknown[]) : [];
	if (typeof example === 'string') return `for example ${example}`;
	return example instanceof ExactNumber || typeof example === 'number'
		? `for example ${example}`
		: '';
}

/**
 * The schema without references and without "or null", as far as one schema is left. What stands next to a reference
 * has priority.
 */
function simplify(schema: Schema, definition: Definition): SchemaObject {
	if (typeof schema === 'boolean') return {};
	const { $ref, allOf = [], anyOf, ...own } = schema;
	if ($ref !== undefined) return { ...simplify(definition.resolve($ref), definition), ...own };
	if (allOf.length === 1) return { ...simplify(allOf[0], definition), ...own };
	const choices = (anyOf ?? []).filter((choice) => wanted(choice, definition) !== 'null');
	if (anyOf === undefined || choices.length !== 1) return schema;
	return { ...simplify(choices[0], definition), ...own };
}

interface Input {
	type: FieldType;
	options?: INodePropertyOptions[];
	/** What to enter, if the field does not show it; may be empty. */
	hint: string;
}

function inputOf(schema: SchemaObject, definition: Definition): Input {
	const { type, format, default: byDefault } = schema;
	const choices = schema.const === undefined ? schema.enum : [schema.const];
	const options = choices && optionsOf(choices);
	if (options !== undefined) return { type: 'options', options, hint: '' };
	const hint = hintOf(schema, definition);
	if (type === 'boolean')
		return typeof byDefault === 'boolean'
			? { type: 'boolean', hint: '' }
			: { type: 'options', options: optionsOf([true, false]), hint: '' };
	// n8n's field for numbers would round such a default.
	if (type === 'integer' || type === 'number')
		return { type: byDefault instanceof ExactNumber ? 'string' : 'number', hint };
	if (type === 'array' || type === 'object') return { type, hint };
	if (format === 'date' || format === 'date-time') return { type: 'dateTime', hint: '' };
	const unions = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((choice) =>
		simplify(choice, definition),
	);
	if (unions.length > 0 && unions.every((choice) => choice.type === 'object' || choice.oneOf))
		return { type: 'object', hint: 'JSON object' };
	return { type: 'string', hint };
}

function hintOf(schema: SchemaObject, definition: Definition): string {
	const { type, format, minimum, maximum, items } = schema;
	if (type === 'object') return 'JSON object';
	if (type === 'array') {
		const entries = items === undefined ? undefined : wanted(items, definition);
		return entries === undefined ? 'JSON list' : `JSON list; each entry: ${entries}`;
	}
	if (type === 'string') return formatOf(format)?.words ?? '';
	const words = (wanted(schema, definition) ?? '').replace(/^an? /, '');
	const range = [
		minimum === undefined ? [] : [`at least ${String(minimum)}`],
		maximum === undefined ? [] : [`at most ${String(maximum)}`],
	].flat();
	return [words, ...range].filter((part) => part !== '').join(', ');
}

/** Undefined if n8n's menu cannot represent a choice. */
function optionsOf(choices: unknown[]): INodePropertyOptions[] | undefined {
	const options = choices.filter((choice) => choice !== null);
	const canBeShown = options.every(
		(choice) =>
			(typeof choice === 'string' && choice !== '' && !isExpression(choice)) ||
			typeof choice === 'number' ||
			typeof choice === 'boolean',
	);
	if (!canBeShown || options.length === 0) return undefined;
	return (options as Array<string | number | boolean>).map((value) => ({
		name: String(value),
		value,
	}));
}

function defaultOf(
	{ default: byDefault }: SchemaObject,
	type: FieldType,
): Pick<ResourceMapperField, 'defaultValue'> {
	if (byDefault === undefined || byDefault === null || byDefault === '') return {};
	if (typeof byDefault === 'string')
		return isExpression(byDefault) ? {} : { defaultValue: byDefault };
	if (typeof byDefault === 'number' || typeof byDefault === 'boolean')
		return { defaultValue: byDefault };
	if (byDefault instanceof ExactNumber) return { defaultValue: byDefault.digits };
	return type === 'array' || type === 'object' ? { defaultValue: writeExactly(byDefault) } : {};
}

/** n8n would evaluate it. */
function isExpression(text: string): boolean {
	return text.startsWith('=');
}

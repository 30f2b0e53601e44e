/** The fields that the editor shows for a definition. */
import { readDefinition } from '../../../../nodes/shared/parameterSchema/definition';
import { fieldsOf } from '../../../../nodes/shared/parameterSchema/fields';
import { modelWith } from './pydantic.mts';

const NAME = { label: 'Parameter Definition', name: 'parameterDefinition' };
const fields = (definition: unknown) => fieldsOf(readDefinition(definition, NAME));
const fieldFor = (schema: object, $defs?: object, required = false) =>
	fields(modelWith(schema, $defs, required))[0];

test('a field has all that n8n needs', () => {
	expect(fieldFor({ title: 'X', type: 'string' }, undefined, true)).toEqual({
		id: 'X',
		displayName: 'X',
		required: true,
		display: true,
		defaultMatch: false,
		canBeUsedToMatch: false,
		type: 'string',
	});
	expect(fieldFor({ type: 'string' }).required).toBe(false);
});

const choices = (...values: unknown[]) => values.map((value) => ({ name: String(value), value }));

test.each<[object, object]>([
	[
		{ type: 'string', description: 'Full\n name' },
		{ type: 'string', displayName: 'X: Full name' },
	],
	[{ type: 'string', title: 'Patient' }, { displayName: 'Patient (X)' }],
	[{ type: 'string', title: 'x' }, { displayName: 'X' }],
	[{ type: 'string', title: '=1', default: '=1' }, { displayName: 'X' }],
	[
		{ type: 'string', default: 'a' },
		{ type: 'string', defaultValue: 'a' },
	],
	[
		{ type: 'integer', default: 5 },
		{ type: 'number', defaultValue: 5, displayName: 'X (whole number)' },
	],
	[
		{ type: 'integer', minimum: 0, maximum: 9, description: 'Age' },
		{ type: 'number', displayName: 'X: Age (whole number, at least 0, at most 9)' },
	],
	[{ type: 'number' }, { type: 'number', displayName: 'X (number)' }],
	[
		{ type: 'boolean', default: true },
		{ type: 'boolean', defaultValue: true },
	],
	[{ type: 'boolean' }, { type: 'options', options: choices(true, false) }],
	[{ anyOf: [{ type: 'boolean' }, { type: 'null' }], default: null }, { type: 'options' }],
	[
		{ enum: ['a', 'b'], type: 'string', default: 'b' },
		{ type: 'options', options: choices('a', 'b'), defaultValue: 'b' },
	],
	[{ enum: [1, 2] }, { type: 'options', options: choices(1, 2) }],
	[{ const: 'a' }, { type: 'options', options: choices('a') }],
	[{ enum: ['a', '=b'] }, { type: 'string' }],
	[
		{ anyOf: [{ enum: ['a'], type: 'string' }, { type: 'null' }] },
		{ type: 'options', options: choices('a') },
	],
	[{ type: 'string', format: 'date' }, { type: 'dateTime' }],
	[{ type: 'string', format: 'date-time' }, { type: 'dateTime' }],
	[
		{ type: 'string', format: 'time' },
		{ type: 'string', displayName: 'X (a time, such as 09:30)' },
	],
	[
		{ type: 'array', items: { type: 'string' }, default: ['a'] },
		{ type: 'array', defaultValue: '["a"]', displayName: 'X (JSON list; each entry: text)' },
	],
	[
		{ type: 'object', default: { a: 1 } },
		{ type: 'object', defaultValue: '{"a":1}' },
	],
	[{ anyOf: [{ type: 'number' }, { type: 'string', pattern: '^\\d+$' }] }, { type: 'string' }],
	[{ oneOf: [{ type: 'object' }, { type: 'object' }] }, { type: 'object' }],
	[{}, { type: 'string', displayName: 'X' }],
])('%j', (schema, expected) => {
	expect(fieldFor(schema)).toMatchObject(expected);
	if (!('defaultValue' in expected)) expect(fieldFor(schema)).not.toHaveProperty('defaultValue');
});

test('a reference is followed, and what stands next to it has priority', () => {
	const $defs = {
		Color: { enum: ['red'], type: 'string', description: 'A color', title: 'Color' },
	};
	expect(fieldFor({ $ref: '#/$defs/Color', default: 'red' }, $defs)).toMatchObject({
		type: 'options',
		displayName: 'Color (X): A color',
		defaultValue: 'red',
	});
	expect(
		fieldFor({ allOf: [{ $ref: '#/$defs/Color' }], description: 'Mine' }, $defs),
	).toMatchObject({
		displayName: 'Color (X): Mine',
	});
});

test('a long default keeps its digits', () => {
	const text =
		'{"type":"object","properties":{"X":{"type":"integer","default":7615917337495251231}}}';
	expect(fields(text)[0]).toMatchObject({ type: 'string', defaultValue: '7615917337495251231' });
});

test('an example is shown, but not entered', () => {
	const [name, age, list] = fields({ NAME: 'Jane Doe', AGE: 5, LIST: ['a'] });
	expect(name).toMatchObject({
		type: 'string',
		displayName: 'NAME: for example Jane Doe',
		required: false,
	});
	expect(age).toMatchObject({ type: 'number', displayName: 'AGE: for example 5 (number)' });
	expect(list).toMatchObject({ type: 'array' });
	for (const field of [name, age, list]) expect(field).not.toHaveProperty('defaultValue');
});

test('long labels are shortened', () => {
	const { displayName } = fieldFor({ type: 'integer', description: 'a'.repeat(500) });
	expect(displayName.length).toBeLessThan(130);
	expect(displayName).toMatch(/^X: a+… \(whole number\)$/);
});

test('n8n does not evaluate anything of a definition', () => {
	const texts = JSON.stringify(
		fields({
			type: 'object',
			properties: {
				'=1': { type: 'string' },
				A: { type: 'string', default: '={{ 1 }}', title: '={{ 1 }}', enum: ['={{ 1 }}'] },
			},
		}),
	);
	expect(texts).not.toContain('"=');
});

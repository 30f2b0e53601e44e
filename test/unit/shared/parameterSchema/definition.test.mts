/** What a definition may be, and what an error says of any other. */
import { NO_SECRETS } from '../../../../nodes/shared/failures/redact';
import { InvalidParameterError } from '../../../../nodes/shared/parameters/invalidParameter';
import { readDefinition } from '../../../../nodes/shared/parameterSchema/definition';
import { cpuTime } from '../../../cpuTime.mts';
import { modelWith } from './pydantic.mts';

const NAME = { label: 'Parameter Definition', name: 'parameterDefinition' };
const TITLE = 'Parameter Definition (parameterDefinition)';

function errorOf(definition: unknown): string {
	try {
		readDefinition(definition, NAME);
	} catch (error) {
		const { message, hint } = (error as InvalidParameterError).failure;
		return `${message.write(NO_SECRETS)}. ${hint.write(NO_SECRETS)}`;
	}
	return 'no error';
}

const parametersOf = (definition: unknown) =>
	[...readDefinition(definition, NAME).parameters.values()].map(
		({ name, isRequired }) => `${name}${isRequired ? '!' : ''}`,
	);

describe('a definition', () => {
	test.each<[string, unknown, string[]]>([
		['a schema', modelWith({ type: 'string' }), ['X!']],
		['a schema as text', JSON.stringify(modelWith({ type: 'string' })), ['X!']],
		['a schema without a type', { properties: { X: { type: 'string' } } }, ['X']],
		['a model without parameters', { properties: {}, title: 'Params', type: 'object' }, []],
		[
			'a model that contains itself',
			{
				$defs: { P: modelWith({ anyOf: [{ $ref: '#/$defs/P' }, { type: 'null' }] }) },
				$ref: '#/$defs/P',
			},
			['X!'],
		],
		[
			'a model that inherits',
			{ type: 'object', allOf: [modelWith({ type: 'string' }), { properties: { Y: true } }] },
			['X!', 'Y'],
		],
		[
			'one of two models',
			{ anyOf: [modelWith({ type: 'string' }), { properties: { Y: true } }], $defs: {} },
			['X', 'Y'],
		],
		[
			'an example',
			{ PATIENT_NAME: 'Jane Doe', AGE: 5, LIST: [1], O: { a: 1 }, N: null },
			['PATIENT_NAME', 'AGE', 'LIST', 'O', 'N'],
		],
		['an example as text', '{ "PATIENT_NAME": "Jane Doe" }', ['PATIENT_NAME']],
		[
			'an example with a name that schemas have',
			{ title: 'Dr', properties: 'none' },
			['title', 'properties'],
		],
		[
			'names of JavaScript',
			'{"type":"object","properties":{"__proto__":{},"constructor":{}}}',
			['__proto__', 'constructor'],
		],
	])('%s', (_, definition, expected) => {
		expect(parametersOf(definition)).toEqual(expected);
	});

	test('is read once', () => {
		const text = JSON.stringify(modelWith({ type: 'string' }));
		expect(readDefinition(text, NAME)).toBe(readDefinition(JSON.parse(text), NAME));
	});
});

describe('what is no definition', () => {
	const PASTE = 'Paste what your NenAI contact gave you';
	test.each<[unknown, string, string]>([
		['', 'is empty', PASTE],
		[null, 'is empty', PASTE],
		['{}', 'is empty', PASTE],
		['class Params(BaseModel):', 'is not valid JSON', 'quotes'],
		['[1]', 'must be a JSON object, but is a list', 'Enter an object'],
		['"text"', 'must be a JSON object, but is the text "text"', 'Enter an object'],
		[5, 'must be a JSON object, but is the number 5', 'Enter an object'],
		[
			{ A: { type: 'string' }, B: { anyOf: [] } },
			'has only a part of a JSON Schema',
			'whole JSON Schema',
		],
		[{ $schema: 'x', type: 'string' }, 'does not describe an object with parameters', PASTE],
	])('%j', (definition, message, hint) => {
		expect(errorOf(definition)).toContain(`${TITLE} ${message}`);
		expect(errorOf(definition)).toContain(hint);
	});

	test.each<[string, object, string]>([
		['an unknown reference', { $ref: '#/$defs/A' }, 'properties.X.$ref: it refers to #/$defs/A'],
		[
			'a reference to elsewhere',
			{ $ref: 'https://example.com/a' },
			'properties.X.$ref: it refers to https://example.com/a',
		],
		[
			'a reference to a name of JavaScript',
			{ $ref: '#/constructor' },
			'properties.X.$ref: it refers to',
		],
		['an unknown type', { type: 'str' }, 'properties.X.type: it must be one of string, integer'],
		[
			'a limit that is text',
			{ minimum: '5' },
			'properties.X.minimum: it must be a number, but is the text "5"',
		],
		[
			'an old kind of limit',
			{ minimum: 5, exclusiveMinimum: true },
			'properties.X.exclusiveMinimum: it must be a number, but is true',
		],
		['a negative length', { minLength: -1 }, 'properties.X.minLength: it must be a whole number'],
		[
			'a multiple of nothing',
			{ multipleOf: 0 },
			'properties.X.multipleOf: it must be a number greater than 0',
		],
		[
			'a pattern that is none',
			{ pattern: '(' },
			'properties.X.pattern: it is not a regular expression that n8n understands: (',
		],
		[
			'a pattern of names that is none',
			{ patternProperties: { '(': {} } },
			'properties.X.patternProperties: it is not a regular expression',
		],
		['choices that are no list', { enum: 'a' }, 'properties.X.enum: it must be a list'],
		[
			'alternatives that are no list',
			{ anyOf: {} },
			'properties.X.anyOf: it must be a list of schemas',
		],
		['no alternatives', { oneOf: [] }, 'properties.X.oneOf: it must be a list of schemas'],
		[
			'a schema that is text',
			{ items: 'string' },
			'properties.X.items: it must be a schema, but is the text "string"',
		],
		[
			'a schema that is text, deep inside',
			{ anyOf: [{ properties: { a: 5 } }] },
			'properties.X.anyOf[0].properties.a: it must be a schema',
		],
		[
			'required names that are true',
			{ required: true },
			'properties.X.required: it must be a list of names',
		],
		[
			'a tag that leads nowhere',
			{ discriminator: { mapping: { a: '#/$defs/B' } } },
			'properties.X.discriminator: it refers to #/$defs/B',
		],
		['a loop', { $ref: '#/properties/X' }, 'it leads back to itself without an end'],
		[
			'a loop through alternatives',
			{ anyOf: [{ type: 'null' }, { $ref: '#/properties/X' }] },
			'it leads back to itself without an end',
		],
	])('%s', (_, schema, message) => {
		expect(errorOf(modelWith(schema))).toContain(`${TITLE} cannot be used as a JSON Schema`);
		expect(errorOf(modelWith(schema))).toContain(message);
	});

	test('too many parts, levels, and references', () => {
		const wide = Object.fromEntries(
			Array.from({ length: 30_000 }, (_, index) => [`A${index}`, {}]),
		);
		expect(errorOf({ type: 'object', properties: wide })).toContain('it has too many parts');
		let deep: object = {};
		for (let level = 0; level < 300; level += 1) deep = { items: deep };
		expect(errorOf(modelWith(deep))).toContain('it is nested too deeply');
		const $defs = Object.fromEntries(
			Array.from({ length: 15_000 }, (_, index) => [
				`A${index}`,
				{ $ref: `#/$defs/A${index + 1}` },
			]),
		);
		const chain = { ...modelWith({ $ref: '#/$defs/A0' }), $defs: { ...$defs, A15000: {} } };
		expect(errorOf(chain)).toContain('it leads through too many parts');
	});

	test('a definition of doubled alternatives is read at once', () => {
		const $defs = Object.fromEntries(
			Array.from({ length: 60 }, (_, index) => [
				`A${index}`,
				index === 59
					? modelWith({})
					: { allOf: [{ $ref: `#/$defs/A${index + 1}` }, { $ref: `#/$defs/A${index + 1}` }] },
			]),
		);
		expect(cpuTime(() => parametersOf({ $defs, $ref: '#/$defs/A0' }))).toBeLessThan(1000);
	});
});

/** What the JSON Schema of a tool says about the keys that it accepts. */
import { keysIn } from '../../../../nodes/NenAiDesktop/resources/computer/acceptedKeys';

const NAMES = ['enter', 'esc'];

test.each([
	['a list of the parameter', { properties: { text: { enum: NAMES } } }],
	['a list of its elements', { properties: { keys: { type: 'array', items: { enum: NAMES } } } }],
	[
		'parameters in an object of their own',
		{ properties: { params: { properties: { key: { enum: NAMES } } } } },
	],
	[
		'a form for each action',
		{ oneOf: [{ properties: {} }, { properties: { key: { enum: NAMES } } }] },
	],
])('%s', (_, schema) => {
	expect(keysIn(schema)).toEqual({ names: NAMES, words: undefined });
});

test('a sentence about keys is quoted, and no other', () => {
	const about = (description: string) => keysIn({ properties: { text: { description } } }).words;
	expect(about('The key, such as Return')).toBe('The key, such as Return');
	expect(about('What to type')).toBeUndefined();
});

test.each([
	undefined,
	null,
	'text',
	[],
	{ properties: [] },
	{ properties: { text: { enum: [1, 2] } } },
	{ properties: { text: { enum: [] } } },
	{ properties: { text: { enum: ['ctrl', 'shift'] } } },
	{ properties: { keys: { enum: ['left', 'right', 'middle'] } } },
	{ properties: { text: 'enter' } },
	{ properties: { button: { enum: NAMES } } },
])('nothing is known from %j', (schema) => {
	expect(keysIn(schema).names).toBeUndefined();
});

test('a schema that is nested without end is read only to a limit', () => {
	const schema: Record<string, unknown> = {};
	schema.self = schema;
	expect(keysIn(schema)).toEqual({ names: undefined, words: undefined });
});

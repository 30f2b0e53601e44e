import { thrownBy } from '../../../written.mts';
import type { INodeProperties } from 'n8n-workflow';
import { ParameterReader } from '../../../../nodes/shared/parameters/parameterReader';

const PROPERTIES: INodeProperties[] = [
	{ displayName: 'Text', name: 'text', type: 'string', default: 'byDefault' },
	{ displayName: 'ID', name: 'id', type: 'resourceLocator', default: '' },
	{ displayName: 'Number', name: 'number', type: 'number', default: 7 },
	{ displayName: 'Switch', name: 'boolean', type: 'boolean', default: true },
	{ displayName: 'List', name: 'list', type: 'string', default: [] },
	{
		displayName: 'Choice',
		name: 'choice',
		type: 'options',
		default: 'a',
		options: [
			{ name: 'A', value: 'a' },
			{ name: 'B', value: 'b' },
		],
	},
	{
		displayName: 'Choices',
		name: 'choices',
		type: 'multiOptions',
		default: ['a'],
		options: [
			{ name: 'A', value: 'a' },
			{ name: 'B', value: 'b' },
		],
	},
	{ displayName: 'Object', name: 'object', type: 'json', default: '{}' },
];
const OPTIONS: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	default: {},
	options: PROPERTIES,
};

const BAD = Symbol('an error that names the parameter');
const LARGE = 8202522731445525542;

type Reader =
	| 'text'
	| 'id'
	| 'number'
	| 'positiveInteger'
	| 'boolean'
	| 'isExplicitlyTrue'
	| 'list'
	| 'choice'
	| 'choices'
	| 'object';
/** What each reader makes of a value. */
const TABLE: Array<[value: unknown, read: Partial<Record<Reader, unknown>>]> = [
	[
		undefined,
		{
			text: 'byDefault',
			id: '',
			number: 7,
			positiveInteger: 7,
			boolean: true,
			isExplicitlyTrue: false,
			list: [],
			choice: 'a',
			choices: ['a'],
			object: BAD,
		},
	],
	[
		null,
		{
			text: 'byDefault',
			id: '',
			number: 7,
			positiveInteger: 7,
			boolean: true,
			isExplicitlyTrue: false,
			list: [],
			choice: 'a',
			choices: ['a'],
			object: BAD,
		},
	],
	[
		'',
		{
			text: '',
			id: '',
			number: 7,
			positiveInteger: 7,
			boolean: true,
			isExplicitlyTrue: false,
			list: [],
			choice: 'a',
			choices: [],
			object: BAD,
		},
	],
	[
		' b ',
		{
			text: 'b',
			id: 'b',
			number: BAD,
			positiveInteger: BAD,
			boolean: BAD,
			isExplicitlyTrue: false,
			list: ['b'],
			choice: 'b',
			choices: ['b'],
			object: BAD,
		},
	],
	[
		'a, b,',
		{
			text: 'a, b,',
			number: BAD,
			boolean: BAD,
			isExplicitlyTrue: false,
			list: ['a', 'b'],
			choice: BAD,
			choices: ['a', 'b'],
			object: BAD,
		},
	],
	['constructor', { choice: BAD, choices: BAD, boolean: BAD, isExplicitlyTrue: false }],
	[
		' 5 ',
		{
			text: '5',
			id: '5',
			number: 5,
			positiveInteger: 5,
			boolean: BAD,
			isExplicitlyTrue: false,
			list: ['5'],
			choice: BAD,
			choices: BAD,
			object: BAD,
		},
	],
	['true', { boolean: true, isExplicitlyTrue: true }],
	[' FALSE ', { boolean: false, isExplicitlyTrue: false }],
	['yes', { boolean: BAD, isExplicitlyTrue: false }],
	[
		5,
		{
			text: '5',
			id: '5',
			number: 5,
			positiveInteger: 5,
			boolean: BAD,
			isExplicitlyTrue: false,
			list: ['5'],
			choice: BAD,
			choices: BAD,
			object: BAD,
		},
	],
	[
		0,
		{
			text: '0',
			number: 0,
			positiveInteger: BAD,
			boolean: BAD,
			isExplicitlyTrue: false,
			list: ['0'],
		},
	],
	[1, { boolean: BAD, isExplicitlyTrue: false }],
	[1.5, { text: '1.5', number: 1.5, positiveInteger: BAD }],
	[-5, { number: -5, positiveInteger: BAD }],
	[0.5, { number: 0.5, positiveInteger: BAD }],
	['0', { number: 0, positiveInteger: BAD }],
	['-1', { number: -1, positiveInteger: BAD }],
	[' 2.0 ', { number: 2, positiveInteger: 2 }],
	['Infinity', { positiveInteger: BAD }],
	[LARGE, { text: BAD, id: BAD, positiveInteger: BAD, list: BAD }],
	[
		NaN,
		{
			text: BAD,
			id: BAD,
			number: BAD,
			positiveInteger: BAD,
			boolean: BAD,
			isExplicitlyTrue: false,
			list: BAD,
			choice: BAD,
			choices: BAD,
			object: BAD,
		},
	],
	[
		true,
		{
			text: BAD,
			id: BAD,
			number: BAD,
			positiveInteger: BAD,
			boolean: true,
			isExplicitlyTrue: true,
			list: BAD,
			choice: BAD,
			choices: BAD,
			object: BAD,
		},
	],
	[
		false,
		{
			text: BAD,
			id: BAD,
			number: BAD,
			positiveInteger: BAD,
			boolean: false,
			isExplicitlyTrue: false,
			list: BAD,
			choice: BAD,
			choices: BAD,
			object: BAD,
		},
	],
	[
		[],
		{
			text: BAD,
			id: BAD,
			number: BAD,
			positiveInteger: BAD,
			boolean: BAD,
			isExplicitlyTrue: false,
			list: [],
			choice: BAD,
			choices: [],
			object: BAD,
		},
	],
	[
		['a', ' b ', '', null],
		{ list: ['a', 'b'], choices: ['a', 'b'], choice: BAD, isExplicitlyTrue: false },
	],
	[[5, 'a'], { list: ['5', 'a'], choices: BAD }],
	[[true], { list: BAD, choices: BAD, isExplicitlyTrue: false }],
	[[['a']], { list: BAD, choices: BAD }],
	[
		{},
		{
			text: BAD,
			id: BAD,
			number: BAD,
			positiveInteger: BAD,
			boolean: BAD,
			isExplicitlyTrue: false,
			list: BAD,
			choice: BAD,
			choices: BAD,
			object: {},
		},
	],
	[
		{ __rl: true, mode: 'id', value: ' a ' },
		{ text: BAD, id: 'a' },
	],
	[{ __rl: true, mode: 'id', value: null }, { id: '' }],
	[{ value: 'a' }, { id: BAD }],
	['{"a":8202522731445525542}', { object: { a: '8202522731445525542' } }],
	['{"a":', { object: BAD }],
	['[]', { object: BAD }],
	['null', { object: BAD }],
];

const CASES = TABLE.flatMap(([value, read]) =>
	Object.entries(read).map(([reader, result]) => [reader as Reader, value, result] as const),
);
const PARAMETER: Partial<Record<Reader, string>> = {
	positiveInteger: 'number',
	isExplicitlyTrue: 'boolean',
};

describe.each(['', 'options.'])('%sparameter', (group) => {
	test.each(CASES)('%s of %j', (reader, value, result) => {
		const name = PARAMETER[reader] ?? reader;
		const parameters = new ParameterReader([...PROPERTIES, OPTIONS], (asked) =>
			asked === 'options' ? { [name]: value } : value,
		);
		const path = `${group}${name}`;
		if (result !== BAD) return expect(parameters[reader](path)).toEqual(result);
		const { label } = parameters.nameOf(path);
		expect(thrownBy(() => parameters[reader](path))).toEqual({
			message: expect.stringContaining(`${label} (${name})`),
			hint: expect.stringMatching(/./),
		});
	});
});

describe('a group of options', () => {
	const withOptions = (options: unknown) =>
		new ParameterReader([...PROPERTIES, OPTIONS], () => options);

	test.each([[null], [undefined], [''], [{}], ['{}']])('%j holds the defaults', (options) => {
		expect(withOptions(options).boolean('options.boolean')).toBe(true);
		expect(withOptions(options).list('options.list')).toEqual([]);
	});

	test('may be the text of an object', () => {
		expect(withOptions('{"boolean":"false"}').boolean('options.boolean')).toBe(false);
	});

	test.each([[[]], [5], [true], ['{'], ['a']])(
		'%j is an error that names the group, and lowers no guard',
		(options) => {
			expect(thrownBy(() => withOptions(options).boolean('options.boolean'))?.message).toMatch(
				/^Options \(options\) (is not|must be) /,
			);
			expect(withOptions(options).isExplicitlyTrue('options.boolean')).toBe(false);
		},
	);

	test('is evaluated once', () => {
		let asked = 0;
		const parameters = new ParameterReader([OPTIONS], () => ((asked += 1), {}));
		parameters.boolean('options.boolean');
		parameters.list('options.list');
		expect(asked).toBe(1);
	});
});

test('what n8n cannot evaluate is an error that names the parameter, and lowers no guard', () => {
	const parameters = new ParameterReader(PROPERTIES, () => {
		throw new Error('test');
	});
	expect(thrownBy(() => parameters.text('text'))?.message).toBe('Text (text) cannot be read: test');
	expect(parameters.isExplicitlyTrue('boolean')).toBe(false);
});

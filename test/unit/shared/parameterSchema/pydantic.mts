/** Schemas as Pydantic v2 writes them, with values that fit and values that do not. Long numbers are in numbers.test.mts of the nodes. */
interface Case {
	/** The field in Python. */
	field: string;
	schema: object;
	$defs?: object;
	valid: unknown[];
	invalid: unknown[];
}

const ADDRESS = {
	properties: {
		STREET: { title: 'Street', type: 'string' },
		ZIP: { pattern: '^\\d{5}$', title: 'Zip', type: 'string' },
	},
	required: ['STREET', 'ZIP'],
	title: 'Address',
	type: 'object',
};
const CAT = {
	properties: {
		kind: { const: 'cat', title: 'Kind', type: 'string' },
		lives: { title: 'Lives', type: 'integer' },
	},
	required: ['kind', 'lives'],
	title: 'Cat',
	type: 'object',
};
const DOG = {
	properties: {
		kind: { const: 'dog', title: 'Kind', type: 'string' },
		breed: { default: 'mixed', title: 'Breed', type: 'string' },
	},
	required: ['kind'],
	title: 'Dog',
	type: 'object',
};
const TREE = {
	properties: {
		name: { title: 'Name', type: 'string' },
		children: { default: [], items: { $ref: '#/$defs/Tree' }, title: 'Children', type: 'array' },
		parent: { anyOf: [{ $ref: '#/$defs/Tree' }, { type: 'null' }], default: null },
	},
	required: ['name'],
	title: 'Tree',
	type: 'object',
};

export const CASES: Case[] = [
	{
		field: 'str',
		schema: { title: 'X', type: 'string' },
		valid: ['', 'a', '5', 'é😀'],
		invalid: [5, true, null, ['a'], {}],
	},
	{
		field: 'int',
		schema: { title: 'X', type: 'integer' },
		valid: [0, -5, 5, 1e15],
		invalid: [5.5, '5', '', true, null, [5]],
	},
	{
		field: 'float',
		schema: { title: 'X', type: 'number' },
		valid: [0, 5, 5.5, -1e-7],
		invalid: ['5.5', '', false, null],
	},
	{
		field: 'bool',
		schema: { title: 'X', type: 'boolean' },
		valid: [true, false],
		invalid: ['true', 1, 0, null, ''],
	},
	{
		field: 'Optional[int] = None',
		schema: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null, title: 'X' },
		valid: [5, null],
		invalid: ['5', 5.5, '', []],
	},
	{
		field: 'list[str]',
		schema: { items: { type: 'string' }, title: 'X', type: 'array' },
		valid: [[], ['a', 'b']],
		invalid: [['a', 5], [null], 'a', { 0: 'a' }],
	},
	{
		field: 'list[Annotated[int, Field(ge=0)]] = Field(min_length=1, max_length=3)',
		schema: {
			items: { minimum: 0, type: 'integer' },
			maxItems: 3,
			minItems: 1,
			title: 'X',
			type: 'array',
		},
		valid: [[1], [1, 2, 3]],
		invalid: [[], [1, 2, 3, 4], [-1]],
	},
	{
		field: 'set[int]',
		schema: { items: { type: 'integer' }, title: 'X', type: 'array', uniqueItems: true },
		valid: [[1, 2], []],
		invalid: [[1, 2, 1], [1.5]],
	},
	{
		field: 'tuple[int, str]',
		schema: {
			maxItems: 2,
			minItems: 2,
			prefixItems: [{ type: 'integer' }, { type: 'string' }],
			title: 'X',
			type: 'array',
		},
		valid: [[1, 'a']],
		invalid: [[1], ['a', 1], [1, 'a', 2]],
	},
	{
		field: 'Address (a nested model)',
		schema: { $ref: '#/$defs/Address' },
		$defs: { Address: ADDRESS },
		valid: [
			{ STREET: 'a', ZIP: '12345' },
			{ STREET: 'a', ZIP: '12345', MORE: 1 },
		],
		invalid: [{ STREET: 'a' }, { STREET: 'a', ZIP: '1234' }, { STREET: 1, ZIP: '12345' }, 'a', []],
	},
	{
		field: 'Address with extra="forbid"',
		schema: { $ref: '#/$defs/Address', description: 'Where' },
		$defs: { Address: { ...ADDRESS, additionalProperties: false } },
		valid: [{ STREET: 'a', ZIP: '12345' }],
		invalid: [{ STREET: 'a', ZIP: '12345', MORE: 1 }],
	},
	{
		field: 'Address as older versions of Pydantic write it',
		schema: { allOf: [{ $ref: '#/$defs/Address' }], default: { STREET: 'a', ZIP: '12345' } },
		$defs: { Address: ADDRESS },
		valid: [{ STREET: 'a', ZIP: '12345' }],
		invalid: [{ STREET: 'a' }, null],
	},
	{
		field: 'list[Address] | None',
		schema: {
			anyOf: [{ items: { $ref: '#/$defs/Address' }, type: 'array' }, { type: 'null' }],
			default: null,
		},
		$defs: { Address: ADDRESS },
		valid: [null, [], [{ STREET: 'a', ZIP: '12345' }]],
		invalid: [[{ STREET: 'a' }], [null]],
	},
	{
		field: 'Enum of str',
		schema: { $ref: '#/$defs/Color' },
		$defs: { Color: { enum: ['red', 'green'], title: 'Color', type: 'string' } },
		valid: ['red', 'green'],
		invalid: ['RED', '', 1, null],
	},
	{
		field: 'Enum of int',
		schema: { enum: [1, 2], title: 'Level', type: 'integer' },
		valid: [1, 2],
		invalid: ['1', 3, 1.5, null],
	},
	{
		field: 'Literal["a", 1]',
		schema: { enum: ['a', 1], title: 'X' },
		valid: ['a', 1],
		invalid: ['1', 'b', true, null],
	},
	{
		field: 'Literal["a"]',
		schema: { const: 'a', title: 'X', type: 'string' },
		valid: ['a'],
		invalid: ['b', 1, null],
	},
	{
		field: 'date',
		schema: { format: 'date', title: 'X', type: 'string' },
		valid: ['2026-01-31', '2024-02-29', '2000-02-29'],
		invalid: ['2026-02-29', '1900-02-29', '31.01.2026', '2026-1-31', '', 20260131, '2026-13-01'],
	},
	{
		field: 'datetime',
		schema: { format: 'date-time', title: 'X', type: 'string' },
		valid: [
			'2026-01-31T09:30:00Z',
			'2026-01-31T09:30:00.123+01:00',
			'2026-01-31T09:30:00',
			'2026-01-31 09:30',
		],
		invalid: ['2026-01-31T25:00:00Z', '2026-02-30T09:30:00Z', 'now', '', 1700000000],
	},
	{
		field: 'time',
		schema: { format: 'time', title: 'X', type: 'string' },
		valid: ['09:30', '09:30:15', '23:59:59.5Z', '09:30:00+02:00'],
		invalid: ['24:00', '9:30', '09:60', ''],
	},
	{
		field: 'EmailStr',
		schema: { format: 'email', title: 'X', type: 'string' },
		valid: ['jane@example.com', 'a+b@mail.example.co'],
		invalid: ['jane', 'jane@', '@example.com', 'a b@example.com', 'a@b@example.com'],
	},
	{
		field: 'UUID',
		schema: { format: 'uuid', title: 'X', type: 'string' },
		valid: ['12345678-1234-1234-1234-123456789abc', '12345678-1234-1234-1234-123456789ABC'],
		invalid: ['12345678', '12345678-1234-1234-1234-123456789abg', ''],
	},
	{
		field: 'AnyUrl',
		schema: { format: 'uri', minLength: 1, title: 'X', type: 'string' },
		valid: ['https://example.com/a?b=c', 'ftp://example.com', 'mailto:a@b.c'],
		invalid: ['example.com', '', '/a', 'https://'],
	},
	{
		field: 'IPv4Address',
		schema: { format: 'ipv4', title: 'X', type: 'string' },
		valid: ['192.0.2.1', '0.0.0.0'],
		invalid: ['192.0.2', '192.0.2.256', '192.0.2.01', 'a.b.c.d'],
	},
	{
		field: 'timedelta, whose format is not checked here',
		schema: { format: 'duration', title: 'X', type: 'string' },
		valid: ['P1D', 'PT5M'],
		invalid: [5],
	},
	{
		field: 'Decimal',
		schema: {
			anyOf: [{ type: 'number' }, { pattern: '^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$', type: 'string' }],
			title: 'X',
		},
		valid: [12.5, '12.50', '-0.1'],
		invalid: ['abc', '', true, null, '1,5'],
	},
	{
		field: 'dict[str, int]',
		schema: { additionalProperties: { type: 'integer' }, title: 'X', type: 'object' },
		valid: [{}, { a: 1, b: 2 }],
		invalid: [{ a: 'x' }, { a: 1, b: null }, []],
	},
	{
		field: 'dict[Color, int] = Field(min_length=1, max_length=2)',
		schema: {
			additionalProperties: { type: 'integer' },
			propertyNames: { $ref: '#/$defs/Color' },
			minProperties: 1,
			maxProperties: 2,
			type: 'object',
		},
		$defs: { Color: { enum: ['red', 'green', 'blue'], type: 'string' } },
		valid: [{ red: 1 }],
		invalid: [{ pink: 1 }, { red: 'a' }, {}, { red: 1, green: 1, blue: 1 }],
	},
	{
		field: 'dict[Annotated[str, Field(pattern="^[A-Z]+$")], int]',
		schema: {
			patternProperties: { '^[A-Z]+$': { type: 'integer' } },
			additionalProperties: false,
			type: 'object',
		},
		valid: [{ A: 1 }, {}],
		invalid: [{ a: 1 }, { A: '1' }],
	},
	{
		field: 'Union[int, str, list[str]]',
		schema: {
			anyOf: [
				{ type: 'integer' },
				{ type: 'string' },
				{ items: { type: 'string' }, type: 'array' },
			],
			title: 'X',
		},
		valid: [5, 'a', ['a'], []],
		invalid: [5.5, null, [5], {}],
	},
	{
		field: 'Union[Cat, Dog] = Field(discriminator="kind")',
		schema: {
			discriminator: {
				mapping: { cat: '#/$defs/Cat', dog: '#/$defs/Dog' },
				propertyName: 'kind',
			},
			oneOf: [{ $ref: '#/$defs/Cat' }, { $ref: '#/$defs/Dog' }],
			title: 'X',
		},
		$defs: { Cat: CAT, Dog: DOG },
		valid: [{ kind: 'cat', lives: 9 }, { kind: 'dog' }],
		invalid: [{ kind: 'cat' }, { kind: 'bird' }, {}, { kind: 'dog', breed: 1 }, 'cat', null],
	},
	{
		field: 'a model that contains itself',
		schema: { $ref: '#/$defs/Tree' },
		$defs: { Tree: TREE },
		valid: [
			{ name: 'a' },
			{ name: 'a', parent: null, children: [{ name: 'b', children: [{ name: 'c' }] }] },
		],
		invalid: [
			{ name: 'a', children: [{ name: 'b', children: [{}] }] },
			{ name: 'a', parent: 1 },
		],
	},
	{
		field: 'int = Field(ge=18, le=99)',
		schema: { maximum: 99, minimum: 18, title: 'X', type: 'integer' },
		valid: [18, 99],
		invalid: [17, 100, -18],
	},
	{
		field: 'float = Field(gt=0, lt=1)',
		schema: { exclusiveMaximum: 1, exclusiveMinimum: 0, title: 'X', type: 'number' },
		valid: [0.5, 1e-9],
		invalid: [0, 1, -0.5],
	},
	{
		field: 'int = Field(multiple_of=5)',
		schema: { multipleOf: 5, title: 'X', type: 'integer' },
		valid: [0, 5, -10],
		invalid: [3, 7.5],
	},
	{
		field: 'str = Field(min_length=2, max_length=4, pattern=r"^[a-z😀]+$")',
		schema: { maxLength: 4, minLength: 2, pattern: '^[a-z😀]+$', title: 'X', type: 'string' },
		valid: ['ab', 'abcd', '😀😀', '😀😀😀😀'],
		invalid: ['a', 'abcde', 'AB', '', '😀', '😀😀😀😀😀'],
	},
	{
		field: 'str = Field(pattern="b")',
		schema: { pattern: 'b', title: 'X', type: 'string' },
		valid: ['b', 'abc'],
		invalid: ['a', ''],
	},
	{
		field: 'a number, a text or nothing, by a list of types',
		schema: { type: ['number', 'string', 'null'] },
		valid: [5, 'a', null],
		invalid: [true, []],
	},
	{ field: 'Any', schema: { title: 'X' }, valid: [1, 'a', null, [], {}], invalid: [] },
];

/** The schema of a model with this field. */
export function modelWith(schema: object, $defs?: object, required = true): object {
	return {
		...($defs && { $defs }),
		properties: { X: schema },
		...(required && { required: ['X'] }),
		title: 'Params',
		type: 'object',
	};
}

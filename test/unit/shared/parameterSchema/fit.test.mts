/** Which values fit a definition, and what they become. Another validator must agree about values of the right types. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readDefinition } from '../../../../nodes/shared/parameterSchema/definition';
import { InvalidParameterError } from '../../../../nodes/shared/parameters/invalidParameter';
import { fit } from '../../../../nodes/shared/parameterSchema/fit';
import { NO_SECRETS } from '../../../../nodes/shared/failures/redact';
import {
	ExactNumber,
	parseForSending,
	writeExactly,
} from '../../../../nodes/shared/transport/exactJson';
import { cpuTime } from '../../../cpuTime.mts';
import { CASES, modelWith } from './pydantic.mts';

const NAME = { label: 'Parameter Definition', name: 'parameterDefinition' };

function fitX(schema: object, value: unknown, { converts = true, $defs = {} as object } = {}) {
	const definition = readDefinition(modelWith(schema, $defs), NAME);
	const { value: object, problems } = fit(definition.root, { X: value }, '', definition, converts);
	return {
		sent: writeExactly((object as { X: unknown }).X),
		problems: problems.map(({ words }) => words.write(NO_SECRETS)),
	};
}
const problemsOf = (schema: object, value: unknown, $defs?: object) =>
	fitX(schema, value, { $defs }).problems;

describe('another validator agrees', () => {
	const ajv = new Ajv2020({ strict: false, discriminator: false });
	const isDate = (text: string) =>
		/^\d{4}-\d\d-\d\d$/.test(text) &&
		!Number.isNaN(Date.parse(text)) &&
		new Date(text).toISOString().startsWith(text);
	const isTime = (text: string) =>
		/^\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.test(text) &&
		Number(text.slice(0, 2)) < 24 &&
		Number(text.slice(3, 5)) < 60;
	ajv.addFormat('date', isDate);
	ajv.addFormat('time', isTime);
	ajv.addFormat(
		'date-time',
		(text: string) =>
			isDate(text.slice(0, 10)) && 'T '.includes(text[10]) && isTime(text.slice(11)),
	);
	ajv.addFormat('email', /^[^@\s]+@[^@\s]+\.[^@\s]+$/);
	ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
	ajv.addFormat('uri', (text: string) => URL.canParse(text));
	ajv.addFormat('ipv4', /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/);
	ajv.addFormat('duration', true);

	test.each(CASES)('$field', ({ schema, $defs, valid, invalid }) => {
		const validate = ajv.compile(modelWith(schema, $defs));
		for (const [values, expected] of [
			[valid, true],
			[invalid, false],
		] as const) {
			for (const value of values) {
				const ours = fitX(schema, value, { converts: false, $defs }).problems;
				expect([value, ours.length === 0, validate({ X: value })]).toEqual([
					value,
					expected,
					expected,
				]);
			}
		}
	});

	test.each(CASES)('a value that fits stays as it is: $field', ({ schema, $defs, valid }) => {
		for (const value of valid)
			expect(fitX(schema, value, { $defs }).sent).toBe(writeExactly(value));
	});
});

const DECIMAL = {
	anyOf: [{ type: 'number' }, { pattern: '^[+-]?\\d+(\\.\\d+)?$', type: 'string' }],
};
const optional = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });

describe('conversions', () => {
	test.each([
		['5', { type: 'integer' }, '5'],
		[' -05 ', { type: 'integer' }, '-5'],
		['5.0', { type: 'integer' }, '5'],
		['5e0', { type: 'integer' }, '5'],
		['-0.0', { type: 'integer' }, '0'],
		['1.5e3', { type: 'integer' }, '1500'],
		['7615917337495251231', { type: 'integer' }, '7615917337495251231'],
		['7615917337495251231.0', { type: 'integer' }, '7615917337495251231'],
		[BigInt('7615917337495251231'), { type: 'integer' }, '7615917337495251231'],
		[new ExactNumber('5.0'), { type: 'integer' }, '5'],
		[new ExactNumber('12.50'), { type: 'number' }, '12.50'],
		['12.50', { type: 'number' }, '12.50'],
		['0.1234567890123456789', { type: 'number' }, '0.1234567890123456789'],
		['1e400', { type: 'number' }, '1e400'],
		['true', { type: 'boolean' }, 'true'],
		[' FALSE ', { type: 'boolean' }, 'false'],
		[12345, { type: 'string' }, '"12345"'],
		[new ExactNumber('12.50'), { type: 'string' }, '"12.50"'],
		['[1,"a"]', { type: 'array' }, '[1,"a"]'],
		['["5", 6]', { type: 'array', items: { type: 'integer' } }, '[5,6]'],
		['[7615917337495251231]', { type: 'array' }, '[7615917337495251231]'],
		['{"a":1.50}', { type: 'object' }, '{"a":1.50}'],
		['5', { enum: [1, 5] }, '5'],
		['5', { enum: [1, 5], type: 'integer' }, '5'],
		[5, { enum: ['5'], type: 'string' }, '"5"'],
		['true', { enum: [true, 5] }, 'true'],
		['5', optional({ type: 'integer' }), '5'],
		['true', { anyOf: [{ type: 'integer' }, { type: 'boolean' }] }, 'true'],
		['5', { anyOf: [{ type: 'integer' }, { type: 'boolean' }] }, '5'],
		['5', { anyOf: [{ type: 'integer' }, { type: 'number' }] }, '5'],
		['5', { anyOf: [{ type: 'integer' }, { type: 'string' }] }, '"5"'],
		['12.50', DECIMAL, '"12.50"'],
		[new ExactNumber('12.50'), DECIMAL, '12.50'],
		['2026-01-31T00:00:00', { type: 'string', format: 'date' }, '"2026-01-31"'],
		['2026-01-31T00:00:00.000+01:00', { type: 'string', format: 'date' }, '"2026-01-31"'],
		[new Date('2026-01-31T00:00:00Z'), { type: 'string', format: 'date' }, '"2026-01-31"'],
		[{ X: '5', __proto__: null }, { properties: { X: { type: 'integer' } } }, '{"X":5}'],
		[null, optional({ type: 'integer' }), 'null'],
	])('%j for %j becomes %s', (value, schema, expected) => {
		expect(fitX(schema, value)).toEqual({ sent: expected, problems: [] });
	});

	test.each([
		['', { type: 'integer' }, '"X" must be a whole number, but is empty'],
		['', { type: 'boolean' }, '"X" must be true or false, but is empty'],
		['5.5', { type: 'integer' }, '"X" must be a whole number, but is the text "5.5"'],
		['1,5', { type: 'number' }, '"X" must be a number, but is the text "1,5"'],
		['0x1F', { type: 'integer' }, '"X" must be a whole number, but is the text "0x1F"'],
		['Infinity', { type: 'number' }, '"X" must be a number, but is the text "Infinity"'],
		['1', { type: 'boolean' }, '"X" must be true or false, but is the text "1"'],
		[1, { type: 'boolean' }, '"X" must be true or false, but is the number 1'],
		[true, { type: 'string' }, '"X" must be text, but is true'],
		[true, { type: 'integer' }, '"X" must be a whole number, but is true'],
		[{}, { type: 'string' }, '"X" must be text, but is an object'],
		['a,b', { type: 'array' }, '"X" must be a list, but is the text "a,b"'],
		['[1', { type: 'array' }, '"X" must be a list, but is the text "[1"'],
		['{}', { type: 'array' }, '"X" must be a list, but is the text "{}"'],
		['null', optional({ type: 'integer' }), '"X" must be a whole number, but is the text "null"'],
		[
			'2026-01-31T10:00:00',
			{ type: 'string', format: 'date' },
			'"X" must be a date, such as 2026-01-31, but is the text "2026-01-31T10:00:00"',
		],
		['5.0', { anyOf: [{ type: 'integer' }, { const: true }] }, undefined],
		[
			'1e999999999',
			{ type: 'integer' },
			'"X" must be a whole number, but is the text "1e999999999"',
		],
	])('%j for %j is not converted to something else', (value, schema, expected) => {
		expect(problemsOf(schema, value)).toEqual(expected === undefined ? [] : [expected]);
	});

	const listOf = (items: object) => ({ type: 'array', items });
	const either = {
		anyOf: [listOf({ type: 'integer' }), listOf({ type: 'string', maxLength: 2 })],
	};
	test.each([
		['[5]', '[5]'],
		['["5"]', '["5"]'],
		['["a"]', '["a"]'],
	])('an entry of JSON text that has a right type keeps it: %s', (value, expected) => {
		expect(fitX(either, value)).toEqual({ sent: expected, problems: [] });
	});

	test('a value that could mean two is not guessed', () => {
		expect(problemsOf({ anyOf: [{ enum: [1] }, { type: 'boolean' }, DECIMAL] }, 'x')).toHaveLength(
			1,
		);
		expect(problemsOf(either, ['5', 6])).toEqual([
			'"X" could mean [5,6] or ["5","6"]: use an expression that returns a value of the right type',
		]);
	});
});

describe('what an error says', () => {
	const ADDRESS = {
		type: 'object',
		properties: { ZIP: { type: 'string', pattern: '^\\d{5}$' }, CITY: { type: 'string' } },
		required: ['ZIP', 'CITY'],
		additionalProperties: false,
	};
	test.each<[unknown, object, string[]]>([
		[17, { type: 'integer', minimum: 18 }, ['"X" must be at least 18, but is the number 17']],
		[100, { type: 'integer', maximum: 99 }, ['"X" must be at most 99, but is the number 100']],
		[0, { exclusiveMinimum: 0 }, ['"X" must be greater than 0, but is the number 0']],
		[1, { exclusiveMaximum: 1 }, ['"X" must be less than 1, but is the number 1']],
		[7, { multipleOf: 5 }, ['"X" must be a multiple of 5, but is the number 7']],
		['a', { minLength: 2 }, ['"X" must have at least 2 characters, but has 1']],
		['ab', { maxLength: 1 }, ['"X" must have at most 1 character, but has 2']],
		['a', { pattern: '^\\d+$' }, ['"X" must match the pattern ^\\d+$, but is the text "a"']],
		['x', { enum: ['a', 'b'] }, ['"X" must be one of "a", "b", but is the text "x"']],
		['x', { const: 'a' }, ['"X" must be "a", but is the text "x"']],
		[
			'x',
			{ type: 'string', format: 'email' },
			['"X" must be an email address, but is the text "x"'],
		],
		[[], { minItems: 1 }, ['"X" must have at least 1 entry, but has 0']],
		[[1, 2], { maxItems: 1 }, ['"X" must have at most 1 entry, but has 2']],
		[
			[1, 2, 1],
			{ uniqueItems: true },
			['"X" has the entry at [2] twice, but each must be different'],
		],
		[
			['a', 'b', 'x'],
			{ items: { type: 'integer' } },
			[0, 1, 2].map((i) => `"X[${i}]" must be a whole number, but is the text "${'abx'[i]}"`),
		],
		[
			{ ZIP: '123', STREET: 'a' },
			ADDRESS,
			[
				'"X.ZIP" must match the pattern ^\\d{5}$, but is the text "123"',
				'"X.STREET" is not in the definition',
				'"X.CITY" is required, but has no value',
			],
		],
		[{}, { minProperties: 1 }, ['"X" must have at least 1 field, but has 0']],
		[
			{ pink: 1 },
			{ propertyNames: { enum: ['red'] } },
			['"X.pink" is not a name that is allowed: it must be "red"'],
		],
		[
			{},
			{ anyOf: [{ type: 'integer' }, { type: 'string' }, { type: 'null' }] },
			['"X" must be a whole number, text or null, but is an object'],
		],
		[{ ZIP: '12345' }, optional(ADDRESS), ['"X.CITY" is required, but has no value']],
		[
			{ ZIP: '12345' },
			{ anyOf: [{ type: 'string' }, ADDRESS] },
			['"X.CITY" is required, but has no value'],
		],
		[
			'a'.repeat(100),
			{ maxLength: 5, format: 'email' },
			[
				'"X" must have at most 5 characters, but has 100',
				`"X" must be an email address, but is the text "${'a'.repeat(60)}…"`,
			],
		],
		[
			5,
			{ oneOf: [{ type: 'integer' }, { type: 'number' }] },
			['"X" fits several alternatives of the definition, but must fit one'],
		],
		[{ a: 1 }, { properties: { a: false } }, ['"X.a" is not in the definition']],
		[[1, 2], { prefixItems: [true], items: false }, ['"X[1]" is not allowed']],
	])('%j for %j', (value, schema, expected) => {
		expect(problemsOf(schema, value)).toEqual(expected);
	});

	test('the tag of a union decides which fields are checked', () => {
		const { schema, $defs } =
			CASES.find(({ field }) => field.includes('discriminator')) ?? CASES[0];
		expect(problemsOf(schema, { kind: 'bird' }, $defs)).toEqual([
			'"X.kind" must be one of "cat", "dog", but is the text "bird"',
		]);
		expect(problemsOf(schema, {}, $defs)).toEqual([
			'"X.kind" must be one of "cat", "dog", but is missing',
		]);
		expect(problemsOf(schema, { kind: 'cat', lives: 'x' }, $defs)).toEqual([
			'"X.lives" must be a whole number, but is the text "x"',
		]);
		expect(fitX(schema, '{"kind":"cat","lives":"9"}', { $defs }).sent).toBe(
			'{"kind":"cat","lives":9}',
		);
	});
});

describe('numbers are compared with all their digits', () => {
	test.each([
		['9007199254740993', { maximum: parseForSending('9007199254740992') }, false],
		['9007199254740992', { maximum: parseForSending('9007199254740992') }, true],
		['0.30000000000000000001', { maximum: 0.3 }, false],
		['0.3', { multipleOf: 0.1 }, true],
		['19.99', { multipleOf: 0.01 }, true],
		['19.995', { multipleOf: 0.01 }, false],
		['1e300', { multipleOf: 10 }, true],
		['-1e-300', { minimum: 0 }, false],
		['1.0', { enum: [1] }, true],
		['1e9999999', { maximum: 5 }, false],
	])('%s for %j', (digits, schema, expected) => {
		const value = parseForSending(digits);
		expect(problemsOf(schema, value)).toHaveLength(expected ? 0 : 1);
	});
});

describe('names of JavaScript', () => {
	const value = JSON.parse('{"__proto__":{"a":1},"constructor":1,"toString":"x"}') as object;

	test('are names like any other', () => {
		expect(fitX({ type: 'object' }, value).sent).toBe(JSON.stringify(value));
		expect(problemsOf({ type: 'object', additionalProperties: false }, value)).toHaveLength(3);
		expect(problemsOf({ type: 'object', required: ['valueOf'] }, {})).toHaveLength(1);
	});

	test('are no tags', () => {
		const schema = {
			oneOf: [{ type: 'object' }],
			discriminator: { propertyName: 'kind', mapping: { a: '#' } },
		};
		expect(problemsOf(schema, { kind: 'constructor' })).toHaveLength(1);
	});
});

describe('what takes long', () => {
	test.each([
		['^(a+)+$', `${'a'.repeat(40)}!`],
		['^(a|a)*$', `${'a'.repeat(40)}!`],
		['^(a{1,30}){1,30}$', `${'a'.repeat(60)}!`],
		['a*a*a*a*a*a*b', 'a'.repeat(2000)],
		[`${'a?'.repeat(40)}${'a'.repeat(40)}$`, `${'a'.repeat(39)}!`],
		['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(60)],
	])('the pattern %s is left to NenAI', (pattern, text) => {
		expect(cpuTime(() => void problemsOf({ type: 'string', pattern }, text))).toBeLessThan(1000);
	});

	test.each([
		['^\\d{3}-\\d{2}-\\d{4}$', '123-45-678'],
		['^(\\d{1,3}\\.){3}\\d{1,3}$', '1.2.3'],
		['^[A-Z]{2}\\d+$', 'AB'],
		['^(?:foo|bar)$', 'baz'],
		['^\\d{3}\\-\\d{2}$', '123'],
		['^\\A?x\\Z', 'y'],
		['(?i)^yes$', 'no'],
		['(?P<a>x)(?P<b>y)', 'x'],
		['^[^()*]+\\)$', 'a('],
	])('the pattern %s is checked', (pattern, text) => {
		expect(problemsOf({ type: 'string', pattern }, text)).toHaveLength(1);
	});

	test('values that are nested deeply', () => {
		const { schema, $defs } = CASES.find(({ field }) => field.includes('itself')) ?? CASES[0];
		const nested = (depth: number): unknown =>
			depth === 0 ? { name: 'x' } : { name: 'x', children: [nested(depth - 1)] };
		expect(problemsOf(schema, nested(40), $defs)).toEqual([]);
		expect(problemsOf(schema, nested(400), $defs)).toEqual([
			expect.stringMatching(/is nested too deeply$/),
		]);
	});

	test('alternatives of alternatives', () => {
		const $defs = Object.fromEntries(
			Array.from({ length: 40 }, (_, index) => [
				`A${index}`,
				index === 39
					? { type: 'integer' }
					: { anyOf: [{ $ref: `#/$defs/A${index + 1}` }, { $ref: `#/$defs/A${index + 1}` }] },
			]),
		);
		const run = () => problemsOf({ $ref: '#/$defs/A0' }, 'x', $defs);
		expect(cpuTime(() => expect(run).toThrow(InvalidParameterError))).toBeLessThan(5000);
	});
});

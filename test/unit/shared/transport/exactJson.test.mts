import {
	describeInexactNumber,
	ExactNumber,
	parseExactly,
	parseForSending,
	readDecimal,
	writeExactly,
} from '../../../../nodes/shared/transport/exactJson';
import { readCallback } from '../../../../nodes/shared/callbacks/payload';
import { cpuTime } from '../../../cpuTime.mts';

const CHANGED = [
	'8202522731445525542',
	'-8202522731445525542',
	'9007199254740993',
	'0.1234567890123456789',
	'1e400',
	'-1e400',
	'1E-400',
	'1.00000000000000000001',
	'123456789012345678901234567890e-10',
	'1.7976931348623157e309',
];
const KEPT = [
	'0',
	'-0',
	'0.0',
	'-0.0e5',
	'1.0',
	'1.50',
	'9007199254740991',
	'9007199254740992',
	'100000000000000000000',
	'1e21',
	'1E+21',
	'1.5e-7',
	'0.0000001',
	'5e-324',
	'0.1',
	'1e0000000000000000005',
	'0e999999999999',
	'0.30000000000000004',
	'1.2000000000000000000',
];

describe('a number that JavaScript would change becomes a text with its digits', () => {
	test.each(CHANGED)('%s', (digits) => {
		expect(parseExactly(digits)).toBe(digits);
		expect(parseExactly(`{"claim": ${digits},"deep":[[{"a":[1,${digits}\n]}]]}`)).toEqual({
			claim: digits,
			deep: [[{ a: [1, digits] }]],
		});
	});
});

test.each(KEPT)('%s stays a number', (digits) => {
	expect(parseExactly(`[${digits}, 8202522731445525542]`)).toEqual([
		JSON.parse(digits),
		'8202522731445525542',
	]);
});

describe('digits inside of texts are left alone', () => {
	const INSIDE = [
		'8202522731445525542',
		'"8202522731445525542"',
		'\\8202522731445525542',
		'\\\\',
		'\\"',
		'a "1e400" b',
		'\n1e400\t',
		'\u2028 1e400',
		'12345678-1234-1234-1234-123456789abc',
		'[1e400]',
		'',
	];
	test.each(INSIDE)('%j', (inside) => {
		expect(
			parseExactly(JSON.stringify({ [inside]: inside, n: 1, list: [inside, inside] })),
		).toEqual({ [inside]: inside, n: 1, list: [inside, inside] });
		const text = `[${JSON.stringify(inside)},1e400,${JSON.stringify(inside)}]`;
		expect(parseExactly(text)).toEqual([inside, '1e400', inside]);
	});
});

test.each([
	'',
	'{',
	'[1e400',
	'{"a":01}',
	'[.5]',
	'[+1]',
	'[1e]',
	'"',
	'[NaN]',
	'["\\x"]',
	'8202522731445525542 1',
])('%j is no JSON, and JSON.parse says why', (text) => {
	let says: unknown;
	try {
		JSON.parse(text);
	} catch (error) {
		says = error;
	}
	expect(says).toBeInstanceOf(SyntaxError);
	expect(() => parseExactly(text)).toThrow(says as SyntaxError);
});

test('a key called __proto__ is a key, and of two keys of one name the last one holds', () => {
	expect(Object.keys(parseExactly('{"__proto__":1e400}') as object)).toEqual(['__proto__']);
	expect(parseExactly('{"a":1,"a":1e400}')).toEqual({ a: '1e400' });
});

describe('what is large or made to be slow takes less than a second', () => {
	const MEGABYTES_5 = 5 * 1024 * 1024;
	const SLOW: Array<[what: string, json: string, parsed: unknown]> = [
		['a text of escaped quotes', `"${'\\"'.repeat(MEGABYTES_5 / 2)}"`, '"'.repeat(MEGABYTES_5 / 2)],
		['a text of backslashes', `"${'\\\\'.repeat(MEGABYTES_5 / 2)}"`, '\\'.repeat(MEGABYTES_5 / 2)],
		[
			'a text of other escapes',
			`"${'\\n1'.repeat(MEGABYTES_5 / 3)}"`,
			'\n1'.repeat(MEGABYTES_5 / 3),
		],
		['a text without escapes', `"${'1'.repeat(MEGABYTES_5)}"`, '1'.repeat(MEGABYTES_5)],
		['zeros between two digits', `1.${'0'.repeat(MEGABYTES_5)}1`, `1.${'0'.repeat(MEGABYTES_5)}1`],
		['zeros at the end', `0.5${'0'.repeat(MEGABYTES_5)}`, 0.5],
		[
			'an exponent of many digits',
			`1e-${'9'.repeat(MEGABYTES_5)}`,
			`1e-${'9'.repeat(MEGABYTES_5)}`,
		],
		['nothing, with an exponent of many digits', `0e${'9'.repeat(MEGABYTES_5)}`, 0],
	];
	test.each(SLOW)('%s', (_, json, parsed) => {
		let parts: unknown[] = [];
		expect(cpuTime(() => (parts = parseExactly(`["",${json},1e400]`) as unknown[]))).toBeLessThan(
			1000,
		);
		const [, value, large] = parts;
		expect(value === parsed).toBe(true);
		expect(large).toBe('1e400');
	});

	test('a megabyte of small texts and numbers', () => {
		let list: unknown[] = [];
		expect(
			cpuTime(
				() =>
					(list = parseExactly(`[${'"a\\"1",1.5,'.repeat(MEGABYTES_5 / 60)}1e400]`) as unknown[]),
			),
		).toBeLessThan(1000);
		expect(list.slice(-3)).toEqual(['a"1', 1.5, '1e400']);
	});
});

test.each<[number, string | undefined]>([
	[1, undefined],
	[0.1, undefined],
	[-0, undefined],
	[Number.MAX_SAFE_INTEGER, undefined],
	[8202522731445526000, '8202522731445526000'],
	[Infinity, 'Infinity'],
	[NaN, 'NaN'],
])('a number at hand: %s', (number, described) => {
	expect(describeInexactNumber(number)).toBe(described);
});

describe('what is sent on has exactly the digits that it had', () => {
	const LITERALS = [...CHANGED, ...KEPT];

	test.each(LITERALS)('%s', (digits) => {
		const json = `{"n":${digits},"deep":[[{"a":[1,${digits}]}]],"n${digits}":"${digits}","__proto__":${digits}}`;
		expect(writeExactly(parseForSending(json))).toBe(json);
		expect(writeExactly(parseForSending(digits))).toBe(digits);
	});

	test('an ordinary number stays one', () => {
		expect(parseForSending('[5, -7, 0.1, 1.5, 0, 9007199254740991]')).toEqual([
			5, -7, 0.1, 1.5, 0, 9007199254740991,
		]);
	});

	test.each([
		[BigInt('7615917337495251231'), '7615917337495251231'],
		[-0, '-0'],
		[new ExactNumber('1.0'), '1.0'],
		[new Date(0), '"1970-01-01T00:00:00.000Z"'],
		[null, 'null'],
		['a"b', '"a\\"b"'],
	])('%p', (value, json) => {
		expect(writeExactly(value)).toBe(json);
		expect(writeExactly({ a: [value], b: value })).toBe(`{"a":[${json}],"b":${json}}`);
	});

	test('what JSON leaves out is left out', () => {
		expect(
			writeExactly({
				a: undefined,
				b: [undefined, () => 1],
				c: { toJSON: () => new ExactNumber('2') },
			}),
		).toBe(JSON.stringify({ b: [null, null], c: { digits: '2' } }));
	});

	test.each(['', '{', '[1e400', '{"a":01}', '[+1]'])(
		'%j is not JSON, and JSON.parse says why',
		(text) => {
			expect(() => parseForSending(text)).toThrow(SyntaxError);
		},
	);

	test('also where it is nested very deeply', () => {
		expect(() => parseForSending(`${'['.repeat(100_000)}1.0${']'.repeat(100_000)}`)).not.toThrow();
	});
});

test.each<[string, string | undefined]>([
	['5', '5'],
	['+5', '5'],
	['-.5', '-0.5'],
	['5.', '5'],
	['007', '7'],
	['-0', '-0'],
	['00', '0'],
	['+12345678.123456789123', '12345678.123456789123'],
	['1.E5', '1E5'],
	['', undefined],
	['.', undefined],
	['-', undefined],
	['.e5', undefined],
	['1e', undefined],
	['0x10', undefined],
	['Infinity', undefined],
	['1 2', undefined],
])('the decimal number %j', (text, digits) => {
	const number = readDecimal(text);
	expect(number === undefined ? undefined : writeExactly(number)).toBe(digits);
});

describe('reading a decimal number takes time that grows with its length only', () => {
	/** The best of three. */
	const timeOf = (text: string) =>
		Math.min(...[1, 2, 3].map(() => cpuTime(() => readDecimal(text))));

	test.each([
		['zeros', (n: number) => `${'0'.repeat(n)}x`],
		['digits', (n: number) => `${'1'.repeat(n)}x`],
		['a fraction', (n: number) => `1.${'0'.repeat(n)}x`],
		['an exponent', (n: number) => `1e${'9'.repeat(n)}x`],
	])('%s', (_, make) => {
		expect(timeOf(make(400_000))).toBeLessThan(40 * Math.max(timeOf(make(40_000)), 0.5));
	});
});

describe('callbacks', () => {
	const read = (text: string) => readCallback(Buffer.from(text));

	test('come with the digits that were sent', () => {
		const rest =
			'"claim": 8202522731445525542, "share": [0.1234567890123456789, {"n": 1e400}], "small": 1E-400, "zero": -0, "one": 1.0, "said": "no 8202522731445525542 \\" 1e400"';
		expect(read(`{"message_id":"m","status":"success", ${rest}}`)).toEqual({
			callback: {
				message_id: 'm',
				status: 'success',
				claim: '8202522731445525542',
				share: ['0.1234567890123456789', { n: '1e400' }],
				small: '1E-400',
				zero: -0,
				one: 1,
				said: 'no 8202522731445525542 " 1e400',
			},
		});
	});

	test.each(['5', '8202522731445525542', '1e400', 'null', 'true', '["m"]'])(
		'a message ID that was sent as %s is still none',
		(value) => {
			expect(read(`{"message_id":${value},"status":"success"}`)).toEqual({
				error: 'The field message_id is missing or not a text',
			});
			expect(read(`{"message_id":"m","status":${value}}`)).toEqual({
				error: 'The field status is missing or not a text',
			});
		},
	);

	test.each(['8202522731445525542', '1e400', '-5', '12345678-1234-1234-1234-123456789abc'])(
		'a message ID that was sent as the text "%s" is one',
		(value) => {
			expect(read(`{"message_id":"${value}","status":"${value}"}`)).toEqual({
				callback: { message_id: value, status: value },
			});
		},
	);
});

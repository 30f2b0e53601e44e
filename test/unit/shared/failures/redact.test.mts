import { written } from '../../../written.mts';
import { excerptOf, readErrorText, said } from '../../../../nodes/shared/failures/excerpt';
import { writeFailure } from '../../../../nodes/shared/failures/failure';
import { join, own, say } from '../../../../nodes/shared/failures/text';
import { apiKeyProblem } from '../../../../nodes/shared/transport/credential';
import {
	redact,
	redactBeginning,
	redactJson,
	Redactor,
} from '../../../../nodes/shared/failures/redact';
import { SPELLINGS } from '../../../spellings.mts';
import { cpuTime } from '../../../cpuTime.mts';

const KEYS = [
	'test-key',
	'test/key+"odd"<&>\\key%41\'x',
	'test%41-key',
	'nnrtbu/key-test',
	'"test-key-1"',
	'aaaaaaaaaab',
	'ab12cdef',
];

describe.each(Object.entries(SPELLINGS))('the key %s', (_, write) => {
	test.each(KEYS)('%s', (key) => {
		const spelled = write(key);
		for (const [before, after] of [
			['', ''],
			['before ', ' after'],
			['"', '"'],
			['%', '%'],
			['&', ';'],
			['aaaaaaa', 'aaa'],
			['\n', '\n'],
			[spelled, spelled],
		]) {
			const text = redact(`${before}${spelled}${after}`, key);
			expect(text).toContain('***');
			expect(text.replaceAll('***', '').length).toBeLessThanOrEqual(
				before === spelled ? 6 : before.length + after.length + 2,
			);
		}
	});
});

test.each(['as JSON', 'as JSON with escaped slashes', 'as JSON, all characters as \\u'])(
	'JSON with the key %s stays JSON',
	(name) => {
		for (const key of KEYS) {
			const spelled = SPELLINGS[name](key);
			const text = redact(
				`{"a":"x${spelled}","b":"C:\\\\${spelled}\\\\","${spelled}":"\\"${spelled}\\""}`,
				key,
			);
			expect(Object.keys(JSON.parse(text) as object)).toEqual(['a', 'b', '***']);
		}
	},
);

test('a key is found when it was entered with a line break, in both forms', () => {
	expect(redact('a test-\nkey b test-key c', 'test-\nkey')).toBe('a *** b *** c');
});

test.each([
	'',
	'nothing of the kind',
	'test-kex',
	'test-ke',
	'est-key',
	'\\\\\\',
	'%%%%4',
	'&&&amp;#',
	'\\u00',
	'\\ud83d\ude00',
	'é\u2028',
])('%j stays as it is', (text) => {
	expect(redact(text, 'test-key')).toBe(text);
});

test('without a key there is nothing to find', () => {
	expect(redact('a text', '')).toBe('a text');
	expect(redactJson({ a: 'a text' }, [''])).toEqual({ a: 'a text' });
});

test('where a text is cut off, the beginning of the key is taken out, too', () => {
	for (const part of ['test-api-key-not-a-secre', 'test-a'])
		expect(redactBeginning(`key ${part}`, 'test-api-key-not-a-secret')).toBe('key ***');
	expect(redactBeginning('key test-a is bad', 'test-api-key-not-a-secret')).toBe(
		'key test-a is bad',
	);
	expect(redactBeginning('a test', 'test-api-key-not-a-secret')).toBe('a test');
	expect(readErrorText('bad key test-api-', new Redactor(['test-api-key']))).toBe('bad key ***');
	expect(excerptOf('{"message":"bad key test-api-', new Redactor(['test-api-key']))).toBe(
		'{"message":"bad key ***',
	);
});

describe('what was parsed', () => {
	test('has the key neither in values nor in names, however deep', () => {
		const given = JSON.parse(
			'{"a":["x test-key y",{"test-key":1,"b":"TEST-KEY"}],"__proto__":{"my test-key":"test-key"},"n":5,"t":true,"o":null}',
		) as object;
		expect(JSON.stringify(redactJson(given, ['test-key']))).toBe(
			'{"a":["x *** y",{"***":1,"b":"***"}],"__proto__":{"my ***":"***"},"n":5,"t":true,"o":null}',
		);
	});

	test('names that become the same keep their values', () => {
		expect(redactJson({ 'test-key': 1, 'Test-Key': 2, x: 3 }, ['test-key'])).toEqual({
			'***': 1,
			'***2': 2,
			x: 3,
		});
	});

	test('may be a text, a number, or nothing', () => {
		expect([
			redactJson('test-key', ['test-key']),
			redactJson(1234567890, ['1234567890']),
			redactJson(12345678901, ['1234567890']),
			redactJson(undefined, ['test-key']),
		]).toEqual(['***', '***', 12345678901, undefined]);
	});

	test('may be nested very deeply', () => {
		const deep = JSON.parse(
			`${'[{"a":'.repeat(50_000)}"test-key"${'}]'.repeat(50_000)}`,
		) as unknown;
		let inner = redactJson(deep, ['test-key']);
		while (typeof inner === 'object') inner = (inner as Array<{ a: unknown }>)[0].a;
		expect(inner).toBe('***');
	});
});

describe('a failure is written without secrets', () => {
	const KEY = 'test-key-of-nenai';
	const redactor = new Redactor([KEY, 'short']);

	test('in its values, and with all else that it says', () => {
		const failure = {
			message: say`redirect to ${`${KEY}.example`}`,
			hint: say`Look at ${KEY.toUpperCase()}`,
			uncertain: true,
		};
		expect(writeFailure(failure, redactor)).toEqual({
			message: 'redirect to ***.example',
			hint: 'Look at ***',
			uncertain: true,
		});
	});

	test('in values of values, and in what a server said', () => {
		const inner = say`(${KEY})`;
		const body = JSON.stringify({ error: 'Bad', message: `${KEY} at https://h.example/?a=test` });
		const failure = { message: say`No ${inner}${said(body)}`, hint: join(inner, undefined, inner) };
		expect(writeFailure(failure, redactor)).toEqual({
			message: 'No (***): Bad: *** at https://h.example/?…',
			hint: '(***) (***)',
		});
	});

	test('our own words stay, whatever they contain', () => {
		expect(say`test-key-of-nenai ${own(KEY)} short`.write(redactor)).toBe(`${KEY} ${KEY} short`);
	});

	test('a short secret is not looked for: it would be found in ordinary words', () => {
		expect(say`${'in short'}`.write(redactor)).toBe('in short');
	});

	test('a message has no full stop at its end, as one follows', () => {
		expect(writeFailure({ message: say`It said: ${'No.'}`, hint: say`Wait. ` }, redactor)).toEqual({
			message: 'It said: No',
			hint: 'Wait.',
		});
	});
});

test('the query of a link is taken out, and the sentence around the value stays', () => {
	const redactor = new Redactor([]);
	const link = say`Look at ${'https://h.example/a?signature=test'}, then go on`.write(redactor);
	expect(link).toBe('Look at https://h.example/a?…, then go on');
	expect(say`${link}`.write(redactor)).toBe(link);
	expect(
		say`Or at ${'https://h.example/b?signature=test'}.`.write(new Redactor([], 'hidden')),
	).toBe('Or at (a link).');
});

test('many names that become equal take no more time each', () => {
	const make = (count: number) =>
		Object.fromEntries(
			Array.from({ length: count }, (_, n) => [
				[...'test-key']
					.map((letter, bit) => ((n >> bit) & 1 ? letter.toUpperCase() : letter))
					.join('') + '\\'.repeat(n >> 8),
				n,
			]),
		);
	const time = (count: number) =>
		Math.min(...[1, 2, 3].map(() => cpuTime(() => redactJson(make(count), ['test-key']))));
	const equal = (count: number) =>
		Math.min(
			...[1, 2, 3].map(() =>
				cpuTime(() =>
					redactJson(
						Object.fromEntries(
							Array.from({ length: count }, (_, n) => [
								`test-key${' '.repeat(0)}`.replace('t', n % 2 ? 't' : 'T') +
									String.fromCharCode(0x4e00 + (n % 20_000)),
								n,
							]),
						),
						['test-key'],
					),
				),
			),
		);
	expect(
		Object.keys(redactJson({ 'test-key': 1, 'TEST-KEY': 2, 'Test-Key': 3 }, ['test-key'])),
	).toEqual(['***', '***2', '***3']);
	expect(time(4096)).toBeLessThan(40 * Math.max(time(512), 1));
	expect(equal(16_000)).toBeLessThan(40 * Math.max(equal(2000), 1));
});

describe('the time grows with the length of the text only', () => {
	const KEY = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab';
	/** The best of three. */
	const timeOf = (text: string, key: string) =>
		Math.min(...[1, 2, 3].map(() => cpuTime(() => redactBeginning(text, key))));

	test.each([
		['backslashes', '\\', KEY],
		['percent signs', '%', KEY],
		['ampersands', '&', KEY],
		['almost the key', 'a', KEY],
		['almost the key, escaped', '\\\\a', KEY],
		['almost the key, each with many backslashes', `a${'\\'.repeat(1000)}`, KEY],
		['almost the key, between control characters', `a${'\n'.repeat(1000)}`, KEY],
		['percent signs that were encoded', '%2525', KEY],
		['ampersands that were escaped', '&amp;amp;', KEY],
		['numbers of HTML', '&#0000', KEY],
		['the key', KEY, KEY],
		['backslashes, and a key of them', '\\', `${'\\'.repeat(30)}abcdefghi`],
		['percent signs, and a key of them', '%25', '%25'.repeat(30)],
		['ampersands, and a key of them', '&amp;', '&amp;'.repeat(30)],
		[
			'JSON Lines',
			'{"timestamp":"2026-02-10T19:47:54.424Z","message":"Typed \\"a\\" at https:\\/\\/a.example/%20x?a=b&c=d"}\n',
			'test-api-key-not-a-secret',
		],
	])('%s', (_, part, key) => {
		const make = (length: number) => part.repeat(Math.ceil(length / part.length));
		expect(timeOf(make(500_000), key)).toBeLessThan(50 * Math.max(timeOf(make(50_000), key), 1));
	});
});

describe('a key with which nothing can be sent', () => {
	test.each([
		['', /is empty/],
		['test\nkey-1', /has a line break/],
		['test\rkey-1', /has a line break/],
		['test\tkey-1', /has a control character/],
		['test\0key-1', /has a control character/],
		['test\x7fkey-1', /has a control character/],
		['test\x85key-1', /has a control character/],
		['test-kéy-1', /has a character in it that cannot be sent/],
		['test-key-\u200b1', /has a character in it that cannot be sent/],
		['тест-key-1', /has a character in it that cannot be sent/],
		['test-key-😀', /has a character in it that cannot be sent/],
		['test', /is shorter than 8 characters/],
		['test-ke', /is shorter than 8 characters/],
		['%41%41%41', /is shorter than 8 characters/],
	])('%j', (key, message) => {
		const problem = written(apiKeyProblem(key));
		expect(problem?.message).toMatch(message);
		expect(problem?.message).toMatch(/^The API Key of the credential /);
		if (key !== '') expect(JSON.stringify(problem)).not.toMatch(/test|key-1|тест/);
	});

	test.each(['test-key', 'test key 1', ...KEYS, '~!@#$%^&*()_+'])('%j is none of them', (key) => {
		expect(apiKeyProblem(key)).toBeUndefined();
	});
});

import { problemInBase64 } from '../../../../nodes/NenAiDesktop/resources/file/base64';
import { cpuTime } from '../../../cpuTime.mts';

const BYTES = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
const inLines = (text: string, length: number, end: string) =>
	(text.match(new RegExp(`.{1,${length}}`, 'g')) ?? []).join(end);

describe('valid', () => {
	test.each(Array.from({ length: 9 }, (_, size) => size))('%i bytes, in each form', (size) => {
		const bytes = BYTES.subarray(250 - size, 250);
		for (const form of ['base64', 'base64url'] as const)
			expect(problemInBase64(bytes.toString(form))).toBeUndefined();
		expect(problemInBase64(bytes.toString('base64').replace(/=/g, ''))).toBeUndefined();
		expect(
			problemInBase64(bytes.toString('base64').replace(/\+/g, '-').replace(/\//g, '_')),
		).toBeUndefined();
	});

	test.each([
		['as mail has it', inLines(BYTES.toString('base64'), 76, '\r\n')],
		['as PEM has it', `${inLines(BYTES.toString('base64'), 64, '\n')}\n`],
		['with white space around it', ` ${BYTES.toString('base64')} \n`],
		['all characters', BYTES.toString('base64')],
	])('%s', (_, text) => {
		expect(problemInBase64(text)).toBeUndefined();
		expect(Buffer.from(text, 'base64')).toEqual(BYTES);
	});
});

test.each([
	['Hello, World!', 'it contains ","'],
	['hello world', 'it contains a space'],
	['SGVs bG8=', 'it contains a space'],
	['SGVs\tbG8=', 'it contains "\\t"'],
	['{"a":1}', 'it contains "{"'],
	['%PDF-1.7', 'it contains "%"'],
	['[object Object]', 'it contains "["'],
	['SGVsbG8\u00e4', 'it contains "ä"'],
	['SGVsbG8\ud83d\ude00', 'it contains "\\ud83d"'],
	['data:text/plain;base64,SGVsbG8=', 'it is a data URL: only the part after its comma is base64'],
	['SGVsbG8=SGVsbG8=', 'it contains an equals sign'],
	['SGVsbG8===', 'it contains an equals sign'],
	['=', 'its length is wrong, so part of it is missing'],
	['==', 'its length is wrong, so part of it is missing'],
	['SGVsbG8==', 'its length is wrong, so part of it is missing'],
	['SGVs=', 'its length is wrong, so part of it is missing'],
	['hello', 'its length is wrong, so part of it is missing'],
	['claims', 'its last character is wrong, so part of it is missing'],
	['see-claims', 'its last character is wrong, so part of it is missing'],
	['hello\nworld', 'its last character is wrong, so part of it is missing'],
	['SGVsbG9=', 'its last character is wrong, so part of it is missing'],
	['-_+/', 'it mixes + and / with - and _'],
	['undefined', 'its length is wrong, so part of it is missing'],
	['filesystem-v2', 'its length is wrong, so part of it is missing'],
])('%j is not: %s', (text, problem) => {
	expect(problemInBase64(text)).toBe(problem);
});

/** By a ratio, since machines differ: 32 times the text may take about 32 times as long, and not 1024 times. */
test.each([
	['valid', 'A', ''],
	['all padding', '=', ''],
	['with a wrong end', 'A', '!'],
	['line breaks', '\n', ''],
	['of a mix', '-+', ''],
	['spaces', ' ', '!'],
])('a long text takes no longer than its length asks for: %s', (_, part, end) => {
	const time = (length: number) => {
		const text = Buffer.alloc(length, part).toString() + end;
		return cpuTime(() => problemInBase64(text));
	};
	const best = (length: number) => Math.min(...Array.from({ length: 3 }, () => time(length)));
	expect(best(16_000_000)).toBeLessThan(250 * Math.max(best(500_000), 1));
});

/** Which links of a callback are meant. */
import { collectUrls, linksIn, selectUrls } from '../../../../nodes/NenAi/resources/result/urls';
import { cpuTime } from '../../../cpuTime.mts';

const A = 'https://h.example/a.pdf?sig=1';
const B = 'https://h.example/b.pdf?sig=2';
const C = 'https://h.example/c.pdf?sig=3';

test.each([
	['lines', `${A}\n${B}\n`],
	['lines of Windows', `${A}\r\n${B}`],
	['lines with others between them', `\n${A}\n\n\n${B}\n`],
	['spaces', `${A} ${B}`],
	['tabs', `${A}\t${B}`],
	['commas', `${A}, ${B}`],
	['commas without spaces', `${A},${B}`],
	['semicolons', `${A}; ${B};`],
	['bars', `${A} | ${B}`],
	['bullets', `- ${A}\n- ${B}`],
	['stars', `* ${A}\n* ${B}`],
	['round bullets', `\u2022 ${A}\n\u2022${B}`],
	['numbers', `1. ${A}\n2. ${B}`],
	['numbers with brackets', `1) ${A}\n 2) ${B}`],
	['double quotes', `"${A}", "${B}"`],
	['single quotes', `'${A}','${B}'`],
	['backticks', `\`${A}\` \`${B}\``],
	['angle brackets', `<${A}>\n<${B}>`],
	['round brackets', `(${A}) (${B})`],
	['JSON', JSON.stringify([A, B])],
	['JSON on several lines', JSON.stringify([A, B], null, 2)],
	['other capitals', `${A.replace('https', 'HTTPS')} ${B}`],
])('a list with %s', (_, text) => {
	expect(linksIn(text)).toEqual({ links: [A, B], unclear: [] });
	expect(linksIn(text, true)).toEqual({ links: [A, B], unclear: [] });
});

test.each([
	['brackets of their own', ['https://h.example/a_(1)', 'https://h.example/b[2].pdf']],
	['spaces in a name', ['https://h.example/My%20Report.pdf', 'https://h.example/b.pdf']],
	[
		'links in their queries',
		[`https://h.example/?next=https://b.example/`, 'https://h.example/#https://c.example'],
	],
])('links of a list keep %s', (_, links) => {
	expect(linksIn(links.map((link) => link.replace('%20', ' ')).join('\n')).links).toEqual(
		links.map((link) => new URL(link).href),
	);
});

test.each([
	['a bullet', `- ${A}`],
	['quotes', `"${A}"`],
	['angle brackets', `<${A}>`],
])('one link with %s', (_, text) => {
	expect(collectUrls({ a: text })).toEqual([{ field: 'a', url: A }]);
});

test.each([
	['prose', `See ${A} and ${B}.`],
	['prose that begins with a link', `${A} and ${B}`],
	['a sentence with a bracket', `The report (${A}), the sheet (${B}).`],
	['names before links', `Report: ${A}\nSheet: ${B}`],
	['names between links', `${A}\nSheet: ${B}`],
	['headings between links', `${A}\nSheet\n${B}`],
	['names behind links', `${A} Report\n${B} Sheet`],
	['Markdown', `[Report](${A}) and ![Sheet](${B})`],
	['Markdown in a list', `- [Report](${A})\n- [Sheet](${B})`],
	['emphasis', `The report is at **${A}**, the sheet at **${B}**`],
	['signs before links', `report=${A} sheet=${B}`],
	['a colon before links', `Report:${A}\nSheet:${B}`],
	['HTML', `<ul><li><a href="${A}">Report</a></li><li><a href='${B}'>Sheet</a></li></ul>`],
	['HTML with an ampersand', `<a href="${A.replace('?', '?x=1&amp;')}">Report</a>`],
	['JSON with names', JSON.stringify({ report: A, sheet: B })],
])('links among other text are unclear, and meant where the field is named: %s', (what, text) => {
	const links = what.startsWith('HTML with') ? [A.replace('?', '?x=1&')] : [A, B];
	expect(linksIn(text)).toEqual({ links: [], unclear: links });
	expect(linksIn(text, true)).toEqual({ links, unclear: [] });
});

test.each([
	'',
	'no link',
	'https://',
	'see https:// and http://',
	'ftp://h.example/a',
	'xhttps://h.example/a',
	'1. 2. 3.',
	'[]',
])('%j contains no link', (text) => {
	expect(linksIn(text)).toEqual({ links: [], unclear: [] });
	expect(linksIn(text, true)).toEqual({ links: [], unclear: [] });
});

describe('the fields of a callback', () => {
	const payload = { links: `${A}\n${B}`, notes: `See ${C}`, result: { more: [`Report: ${A}`] } };

	test('each link of a list has a field of its own', () => {
		expect(selectUrls(payload, [])).toEqual({
			urls: [
				{ field: 'links.0', url: A },
				{ field: 'links.1', url: B },
			],
			missing: [],
			known: ['links.0', 'links.1'],
			unclear: ['notes'],
		});
	});

	test.each([
		[['links'], ['links.0', 'links.1'], []],
		[['links.1'], ['links.1'], []],
		[['links[1]'], ['links.1'], []],
		[['links.2'], [], ['links.2']],
		[['notes'], ['notes'], []],
		[['result.more[0]', 'links'], ['links.0', 'links.1', 'result.more.0'], []],
		[['link'], [], ['link']],
	])('the fields %j are %j, without %j', (fields, found, missing) => {
		const selection = selectUrls(payload, fields);
		expect([selection.urls.map(({ field }) => field), selection.missing]).toEqual([found, missing]);
	});

	test('what n8n says of the files of an item is no result', () => {
		const _files = {
			data: { mimeType: 'text/plain', id: 'filesystem-v2:x', data: '', directory: A },
			other: B,
		};
		expect(collectUrls({ _files })).toEqual([{ field: '_files.other', url: B }]);
	});
});

/** By a ratio, since machines differ: 32 times the text may take about 32 times as long, and not 1024 times. */
test.each([
	['white space behind a link', (length: number) => `https://h.example/a${' '.repeat(length)}x`],
	['line breaks behind a link', (length: number) => `https://h.example/a${'\n'.repeat(length)}b c`],
	['white space before a link', (length: number) => `${' '.repeat(length)}https://h.example/a b`],
	['many links', (length: number) => 'https://h.example/a\n'.repeat(length / 20)],
	['many links in prose', (length: number) => 'x https://h.example/a '.repeat(length / 20)],
	['many beginnings of links', (length: number) => ' https://'.repeat(length / 9)],
	[
		'brackets',
		(length: number) =>
			`x https://h.example/a${')'.repeat(length)} https://h.example/b${'('.repeat(length)}`,
	],
	[
		'brackets that pair',
		(length: number) => `- https://h.example/${'('.repeat(length / 2)}${')'.repeat(length / 2)}`,
	],
	['quotes', (length: number) => `https://h.example/a${'"'.repeat(length)} https://h.example/b`],
	['beginnings of tags', (length: number) => `x https://h.example/a ${'<a'.repeat(length / 2)}`],
	['numbers', (length: number) => '1. '.repeat(length / 3)],
	['control characters', (length: number) => `https://h.example/a${'\u0000'.repeat(length)}x`],
	['no link', (length: number) => 'x '.repeat(length / 2)],
])('a long text takes no longer than its length asks for: %s', (_, make) => {
	const time = (length: number) => {
		const text = Buffer.from(make(length)).toString();
		return cpuTime(() => [linksIn(text), linksIn(text, true)]);
	};
	const best = (length: number) => Math.min(time(length), time(length), time(length));
	const short = best(10_000);
	expect(time(320_000)).toBeLessThan(250 * Math.max(short, 1));
});

test('200,000 links in one text', () => {
	const links = Array.from({ length: 200_000 }, (_, n) => `https://f.example/${n}`).join('\n');
	expect(selectUrls({ files: links }, []).urls).toHaveLength(200_000);
});

test('200,000 links among other text', () => {
	const links = Array.from({ length: 200_000 }, (_, n) => `see https://f.example/${n} and`).join(
		'\n',
	);
	expect(selectUrls({ files: links }, []).unclear).toEqual(['files']);
});

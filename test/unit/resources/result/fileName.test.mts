import { nameFile } from '../../../../nodes/NenAi/resources/result/fileName';
import { giveType, typeOf } from '../../../../nodes/shared/transport/download/fileType';
import {
	collectUrls,
	expiryOf,
	isHostAllowed,
	selectUrls,
	toLink,
} from '../../../../nodes/NenAi/resources/result/urls';

const URL_ = 'https://files.example/a/report.pdf?signature=test';

test.each([
	['attachment; filename=a.pdf', 'a.pdf'],
	['attachment; filename="a b.pdf"', 'a b.pdf'],
	['attachment; filename="a\\"b.pdf"', 'a_b.pdf'],
	["attachment; filename*=UTF-8''na%C3%AFve.pdf; filename=x.pdf", 'naïve.pdf'],
	["attachment; filename*=utf-8'en'a%20b.pdf", 'a b.pdf'],
	["attachment; filename*=ISO-8859-1''%E9.pdf", 'é.pdf'],
	[Buffer.from('attachment; filename="é.pdf"').toString('latin1'), 'é.pdf'],
	['attachment; filename="..\\\\..\\\\evil.exe"', 'evil.exe'],
	['attachment; filename="/etc/passwd"', 'passwd'],
	['attachment; filename="a\u0000b\n.pdf"', 'ab.pdf'],
	["attachment; filename*=UTF-8''invoice%E2%80%AEfdp.exe", 'invoicefdp.exe'],
	['attachment; filename=".."', 'report.pdf'],
	['attachment; filename=""', 'report.pdf'],
	['attachment', 'report.pdf'],
	[undefined, 'report.pdf'],
])('%j is named %s', (header, name) => {
	expect(nameFile(header, URL_, 'assets')).toBe(name);
});

test.each([
	['https://files.example/', 'result_assets'],
	['https://files.example/%E0%A4%A.pdf', '%E0%A4%A.pdf'],
	['https://files.example/a%2F..%2Fb.pdf', 'b.pdf'],
])('without a header, %s is named %s', (url, name) => {
	expect(nameFile(undefined, url, 'result.assets')).toBe(name);
});

test('a long name keeps its extension', () => {
	const name = nameFile(`attachment; filename="${'x'.repeat(500)}.pdf"`, URL_, 'a');
	expect(name).toHaveLength(150);
	expect(name).toMatch(/x\.pdf$/);
});

test('only whole http(s) URLs count', () => {
	const payload = {
		a: 'HTTPS://a.example/x',
		b: 'see https://b.example',
		c: 'ftp://c.example',
		d: '/d',
		e: null,
		f: ['http://f.example'],
		g: 1,
		h: 'https://',
	};
	expect(collectUrls(payload)).toEqual([
		{ field: 'a', url: 'https://a.example/x' },
		{ field: 'f.0', url: 'http://f.example/' },
	]);
});

test.each([
	[1767225600, Date.parse('2026-01-01T00:00:00Z')],
	['1767225600', Date.parse('2026-01-01T00:00:00Z')],
	[undefined, undefined],
	['soon', undefined],
	[null, undefined],
	[0, undefined],
])('expires_at %j', (expires_at, expected) => {
	expect(expiryOf({ expires_at })).toBe(expected);
});

test.each([
	['', true],
	[' , ', true],
	['files.example', true],
	['FILES.example', true],
	['*.example', true],
	['example', false],
	['*.files.example', false],
	['evilfiles.example', false],
	['files.example:8443', false],
	['files.example:443', true],
	['files.example:80', false],
	['https://files.example/', true],
	['https://', false],
	['/', false],
	['*', false],
	['not a host', false],
	['user@files.example', true],
	['bücher.example,files.example', true],
])('allowed hosts "%s": %s', (allowed, expected) => {
	expect(isHostAllowed('https://files.example/x', allowed.split(','))).toBe(expected);
});

/** What servers send, after https://github.com/jshttp/content-disposition's and browsers' own cases. */
test.each([
	['S3, as the signer wrote it', 'attachment; filename="report 2026.pdf"', 'report 2026.pdf'],
	['S3, percent-encoded', 'attachment; filename=report%202026.pdf', 'report 2026.pdf'],
	['GCS', "attachment; filename*=UTF-8''report%20%282026%29.pdf", 'report (2026).pdf'],
	[
		'GCS, in quotes',
		'attachment; filename*="UTF-8\'\'na%C3%AFve%20report.pdf"',
		'naïve report.pdf',
	],
	['Azure', 'attachment; filename="na_ve.pdf"; filename*=UTF-8\'\'na%C3%AFve.pdf', 'naïve.pdf'],
	['nginx, by hand', 'attachment; filename=Le robot.docx', 'Le robot.docx'],
	['nginx, with a semicolon at the end', 'attachment; filename=report.pdf;', 'report.pdf'],
	['IIS, a path', 'attachment; filename="C:\\reports\\new.pdf"', 'new.pdf'],
	[
		'IIS, UTF-8 in the plain form',
		Buffer.from('attachment; filename=Überblick März.xlsx').toString('latin1'),
		'Überblick März.xlsx',
	],
	[
		'Google Drive',
		'attachment;filename="R_sum_.pdf";filename*=UTF-8\'\'R%C3%A9sum%C3%A9.pdf',
		'Résumé.pdf',
	],
	['Dropbox', 'attachment; filename="r.pdf"; filename*=UTF-8\'\'r%20%26%20d.pdf', 'r & d.pdf'],
	['Django', "inline; filename*=utf-8''%E2%82%AC%20rates.csv", '€ rates.csv'],
	['another charset', "attachment; filename*=windows-1252''%80.pdf", '€.pdf'],
	['a charset of Japan', "attachment; filename*=Shift_JIS''%93%FA%96%7B.pdf", '日本.pdf'],
	['an unknown charset', "attachment; filename*=x-none''a.pdf; filename=b.pdf", 'b.pdf'],
	['extended without a charset', 'attachment; filename*=report.pdf', 'report.pdf'],
	[
		'raw UTF-8 in the extended form',
		Buffer.from("attachment; filename*=UTF-8''naïve report.pdf").toString('latin1'),
		'naïve report.pdf',
	],
	['no type', 'filename="report.pdf"', 'report.pdf'],
	['no semicolon', 'attachment filename=report.pdf', 'report.pdf'],
	['capitals and spaces', 'ATTACHMENT ; FileName = "Report.PDF" ', 'Report.PDF'],
	['commas', 'attachment; filename=a,b.pdf', 'a,b.pdf'],
	['a semicolon in quotes', 'attachment; filename="a;b.pdf"; size=1', 'a;b.pdf'],
	[
		'a name in another parameter',
		'attachment; name="x; filename=evil.exe"; filename="b.pdf"',
		'b.pdf',
	],
	['one quote only', 'attachment; filename="report.pdf', 'report.pdf'],
	['single quotes', "attachment; filename='report.pdf'", 'report.pdf'],
	['a percent sign that is one', 'attachment; filename="100%.pdf"', '100%.pdf'],
	['an encoded path', "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", 'passwd'],
])('Content-Disposition of %s', (_, header, name) => {
	expect(nameFile(header, URL_, 'assets')).toBe(name);
});

test.each([
	['  https://h.example/a.pdf\n', 'https://h.example/a.pdf'],
	['\u00a0https://h.example/a.pdf\ufeff', 'https://h.example/a.pdf'],
	['https://h.example/My Report 2026.pdf?sig=1', 'https://h.example/My%20Report%202026.pdf?sig=1'],
	['https://h.example/My Report.pdf', 'https://h.example/My%20Report.pdf'],
	['https://h.example/a?name=My File&sig=a/b', 'https://h.example/a?name=My%20File&sig=a/b'],
	['https://h.example/a.pdf?sig=abc\ndef', 'https://h.example/a.pdf?sig=abcdef'],
	['https://h.example/a\t.pdf\r\n', 'https://h.example/a.pdf'],
	['https://h.example/na\u00efve.pdf', 'https://h.example/na%C3%AFve.pdf'],
	['https://h.example/a%20b.pdf?s=%2B+', 'https://h.example/a%20b.pdf?s=%2B+'],
	['https://h.example/a?next=https://b.example/', 'https://h.example/a?next=https://b.example/'],
	['https://status.example is down', undefined],
	['https://h.example/help for more help', undefined],
	['https://h.example/help for more help.', undefined],
	['https://h.example/a.pdf and https://h.example/b.pdf', undefined],
	['https://h.example/a.pdf\nhttps://h.example/b.pdf', undefined],
	['https://h.example/a.pdf\nSee also report.pdf', undefined],
	['https://', undefined],
	['https:///a.pdf', undefined],
	['https:h.example', undefined],
	['httpsomething', undefined],
	['', undefined],
])('%j as a link', (text, link) => {
	expect(toLink(text)).toBe(link);
});

test('a field that is named holds a link if it can be one', () => {
	const payload = { a: 'https://h.example/My Report', b: 'no link' };
	expect(collectUrls(payload)).toEqual([]);
	expect(selectUrls(payload, ['a', 'b'])).toMatchObject({
		urls: [{ field: 'a', url: 'https://h.example/My%20Report' }],
		missing: ['b'],
	});
});

test.each([
	[['a'], ['a'], []],
	[['deep'], ['deep.list.0'], []],
	[['deep.list[0]'], ['deep.list.0'], []],
	[['deep["list"]'], ['deep.list.0'], []],
	[['dee'], [], ['dee']],
	[['a', 'none'], ['a'], ['none']],
	[[], ['a', 'deep.list.0'], []],
])('the fields %j are %j, without %j', (fields, found, missing) => {
	const selection = selectUrls(
		{ a: 'https://h.example/a', deep: { list: ['https://h.example/b'] } },
		fields,
	);
	expect([selection.urls.map(({ field }) => field), selection.missing]).toEqual([found, missing]);
	expect(selection.known).toEqual(['a', 'deep.list.0']);
});

test('a name that is a link itself comes out without what makes it a secret', () => {
	expect(collectUrls({ 'https://h.example/a?sig=1': 'https://h.example/a?sig=1' })[0].field).toBe(
		'https://h.example/a',
	);
});

test.each([
	['text/csv; charset=utf-8', 'a.pdf', 'text/csv'],
	['application/PDF', 'a', 'application/pdf'],
	['binary/octet-stream', 'a.pdf', undefined],
	['application/octet-stream', 'a.pdf', undefined],
	['application/x-download', 'a.pdf', undefined],
	['application/force-download;charset=utf-8', 'a.pdf', undefined],
	['binary/octet-stream', 'a', 'application/octet-stream'],
	[undefined, 'a', 'application/octet-stream'],
	[undefined, 'a.pdf', undefined],
	['', 'a.pdf', undefined],
])('the type %j of %s is %s', (header, name, type) => {
	expect(typeOf(header, name)).toBe(type);
});

test.each([
	[undefined, 'a.unknown', 'text/plain', 'application/octet-stream'],
	[undefined, 'a.txt', 'text/plain', 'text/plain'],
	[undefined, 'a.pdf', 'application/pdf', 'application/pdf'],
	['text/plain', 'a.unknown', 'text/plain', 'text/plain'],
])('asked for as %j, %s is called %s by n8n, and is given as %s', (asked, name, byN8n, given) => {
	expect(giveType({ mimeType: byN8n, data: '' }, asked, name).mimeType).toBe(given);
});

test.each([
	['https://b\u00fccher.example/a', 'b\u00fccher.example', true],
	['https://xn--bcher-kva.example/a', 'b\u00fccher.example', true],
	['https://a.b\u00fccher.example/a', '*.b\u00fccher.example', true],
	['http://[::1]:8080/a', '[::1]', true],
	['http://127.0.0.1:8080/a', '127.0.0.1:8080', true],
	['http://127.0.0.1:8080/a', '127.0.0.1:80', false],
	['http://2130706433/a', '127.0.0.1', true],
	['https://files.example@evil.example/a', 'files.example', false],
	['https://evil.example/files.example', 'files.example', false],
])('%s with the allowed host %s: %s', (url, allowed, expected) => {
	expect(isHostAllowed(url, [allowed])).toBe(expected);
});

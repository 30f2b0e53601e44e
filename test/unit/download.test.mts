import { nameFile } from '../../nodes/NenAi/operations/result/fileName';
import { collectUrls, expiryOf, isHostAllowed } from '../../nodes/NenAi/operations/result/urls';

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
	const payload = { a: 'HTTPS://a.example/x', b: 'see https://b.example', c: 'ftp://c.example', d: '/d', e: null, f: ['http://f.example'], g: 1, h: 'https://' };
	expect(collectUrls(payload)).toEqual([{ field: 'a', url: 'HTTPS://a.example/x' }, { field: 'f.0', url: 'http://f.example' }]);
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
])('allowed hosts "%s": %s', (allowed, expected) => {
	expect(isHostAllowed('https://files.example/x', allowed)).toBe(expected);
});

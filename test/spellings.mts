/** The ways in which a server may write a text that it repeats. */
const all = (write: (code: number) => string) => (text: string) =>
	[...text].map((character) => write(character.charCodeAt(0))).join('');
const hex = (code: number, length: number) => code.toString(16).padStart(length, '0');
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const html = (text: string) =>
	text.replace(
		/[&<>"']/g,
		(character) =>
			({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? '&#39;',
	);

export const SPELLINGS: Record<string, (text: string) => string> = {
	'as it is': (text) => text,
	'in capitals': (text) => text.toUpperCase(),
	'as JSON': json,
	'as JSON with escaped slashes': (text) => json(text).replaceAll('/', '\\/'),
	'as JSON in JSON': (text) => json(json(text).replaceAll('/', '\\/')),
	'as JSON in JSON in JSON': (text) => json(json(json(text))),
	'as JSON, some characters as \\u': (text) =>
		json(text).replace(/[ty<>&']/g, (character) => `\\u${hex(character.charCodeAt(0), 4)}`),
	'as JSON, all characters as \\u': all((code) => `\\u${hex(code, 4)}`),
	'as JSON, in capital digits': all((code) => `\\u${hex(code, 4).toUpperCase()}`),
	'as JSON in JSON, all characters as \\u': all((code) => `\\\\u${hex(code, 4)}`),
	'as JavaScript': all((code) => `\\x${hex(code, 2)}`),
	'percent-encoded': encodeURIComponent,
	'percent-encoded, all characters': all((code) => `%${hex(code, 2)}`),
	'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
	'as JSON, percent-encoded': (text) => encodeURIComponent(json(text).replaceAll('/', '\\/')),
	'as HTML': html,
	'as HTML twice': (text) => html(html(text)),
	'as HTML, all characters': all((code) => `&#${code};`),
	'as HTML, all characters in hexadecimal digits': all((code) => `&#x${hex(code, 2)};`),
	'as HTML in JSON': (text) => json(html(text)),
};

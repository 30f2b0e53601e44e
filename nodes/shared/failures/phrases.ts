import { say, type Text } from './text';

/** Parts of sentences that errors have in common. */

/** The URL that a text is. Node.js says of some texts of 32 kB that they can be one, and then throws. */
export function toUrl(text: string, base?: string): URL | undefined {
	try {
		return new URL(text, base);
	} catch {
		return undefined;
	}
}

/** A text without these characters at its end. By hand: a pattern for it tries each place of a long text. */
export function withoutEnd(text: string, ...characters: string[]): string {
	let end = text.length;
	while (end > 0 && characters.includes(text[end - 1])) end -= 1;
	return text.slice(0, end);
}

export function seconds(count: number): string {
	return count === 1 ? '1 second' : `${count} seconds`;
}

/** As in "It was tried 3 times". */
export function tries(count: number): string {
	return count === 1 ? 'once' : `${count} times`;
}

/** Only the host of the target: its path could hold a token. */
export function redirectPhrase(location: unknown): Text {
	return typeof location === 'string' && toUrl(location) !== undefined
		? say` to ${hostOf(location)}`
		: say``;
}

/** A host name that ends as they do, or an address. */
const PLAIN_HOST = /^(([a-z0-9-]+\.)+[a-z]{2,}|localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/;

/** The host of a URL, if it looks like one: somebody may have pasted the key there, or after it. */
export function hostOf(url: string, otherwise = 'its address'): string {
	const host = toUrl(url)?.host ?? '';
	return PLAIN_HOST.test(host) ? host : otherwise;
}

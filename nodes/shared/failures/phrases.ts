import { say, type Text } from './text';

/** Parts of sentences that errors have in common. */

/**
 * Parses a URL; undefined if the text is not a URL. `URL.canParse` accepts some texts of 32 kB that `new URL` rejects, so
 * this tries.
 */
export function toUrl(text: string, base?: string): URL | undefined {
	try {
		return new URL(text, base);
	} catch {
		// Not a URL.
		return undefined;
	}
}

/**
 * Removes these characters from the end of a text. Without a regular expression, which would try each place of a long
 * text.
 */
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

/** Names only the host of the target: its path could contain a token. */
export function redirectPhrase(location: unknown): Text {
	return typeof location === 'string' && toUrl(location) !== undefined
		? say` to ${hostOf(location)}`
		: say``;
}

/** A host name with a usual ending, or an IP address. */
const PLAIN_HOST = /^(([a-z0-9-]+\.)+[a-z]{2,}|localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/;

/**
 * The host of a URL, if it looks like a host: somebody may have pasted the key into the field, or after the address.
 */
export function hostOf(url: string, otherwise = 'its address'): string {
	const host = toUrl(url)?.host ?? '';
	return PLAIN_HOST.test(host) ? host : otherwise;
}

/** Parts of sentences that errors have in common. */

/** What NenAI said, behind what happened; empty where it said nothing. */
export function quote(text: string): string {
	return text === '' ? '' : `: ${text}`;
}

export function times(count: number): string {
	return count === 1 ? 'once' : `${count} times`;
}

/** Only the host of the target: its path could hold a token. */
export function redirectTarget(location: unknown): string {
	return typeof location === 'string' && URL.canParse(location) ? ` to ${hostOf(location)}` : '';
}

/** A host name that ends as they do, or an address. */
const PLAIN_HOST = /^(([a-z0-9-]+\.)+[a-z]{2,}|localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/;

/** Not what looks like no host: somebody may have pasted the key there, or behind it. */
export function hostOf(url: string, otherwise = 'its base URL'): string {
	const host = URL.canParse(url) ? new URL(url).host : '';
	return PLAIN_HOST.test(host) ? host : otherwise;
}

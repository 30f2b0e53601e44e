/** Maximum characters of a cookie, and maximum cookies of a session. */
const LONGEST = 4096;
const MOST = 50;

/** A name and a value that can be sent back unchanged. */
const PAIR = /^([^\s=;,]+)=([\x20-\x7e]*)$/;

interface Cookie {
	value: string;
	/** Milliseconds since 1970. */
	ends: number;
}

/**
 * The cookies of one session, in memory only. Load balancers use them to find the server that has the session. Paths
 * and domains do not matter, because every request of a session goes to the same address.
 */
export class Cookies {
	private readonly cookies = new Map<string, Cookie>();

	/** Stores the cookies of a response's header `set-cookie`. Gives the values that are new. */
	take(header: unknown): string[] {
		return [header]
			.flat()
			.flatMap((line) =>
				typeof line === 'string' && line.length <= LONGEST ? this.set(line) : [],
			);
	}

	/** The header of a request; undefined if there are no cookies. */
	toHeader(): string | undefined {
		const current = [...this.cookies].filter(([, { ends }]) => ends > Date.now());
		return current.length === 0
			? undefined
			: current.map(([name, { value }]) => `${name}=${value}`).join('; ');
	}

	private set(line: string): string[] {
		const [pair, ...attributes] = line.split(';').map((part) => part.trim());
		const [, name, value] = PAIR.exec(pair) ?? [];
		if (name === undefined) return [];
		const ends = endIn(attributes);
		this.cookies.delete(name);
		if (ends <= Date.now() || this.cookies.size >= MOST) return [];
		this.cookies.set(name, { value, ends });
		return [value];
	}
}

/** Max-Age takes precedence over Expires. A value that cannot be read counts as missing. */
function endIn(attributes: string[]): number {
	const valueOf = (wanted: string) =>
		attributes
			.find((attribute) => attribute.toLowerCase().startsWith(`${wanted}=`))
			?.slice(wanted.length + 1);
	const seconds = Number(valueOf('max-age') ?? NaN);
	if (!Number.isNaN(seconds)) return Date.now() + seconds * 1000;
	const date = Date.parse(valueOf('expires') ?? '');
	return Number.isNaN(date) ? Infinity : date;
}

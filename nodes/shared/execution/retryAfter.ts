import { RETRY_PAUSES } from '../failures/policies';

/** A time that is further away than this, in milliseconds, is not named: a year. */
const MAX_NAMED_WAIT_MS = 365 * 24 * 3_600_000;

/**
 * Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds or an HTTP date.
 *
 * @param now milliseconds since 1970
 * @returns milliseconds to wait, never negative, perhaps Infinity; undefined if there is no header or it cannot be read
 */
export function readRetryAfter(header: unknown, now: number): number | undefined {
	if (typeof header !== 'string') return undefined;
	const text = header.trim();
	if (/^\d+$/.test(text)) return Number(text) * 1000;
	const date = /[a-z]/i.test(text) ? Date.parse(text) : NaN;
	return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Exponential back-off with jitter, used if NenAI does not say how long to wait.
 *
 * @param tries the number of tries so far, from 1
 * @param random a number from 0 to 1
 * @returns milliseconds: half to all of 0.5 s, 1 s, 2 s, … 30 s
 */
export function backoff(tries: number, random: number): number {
	const full = Math.min(RETRY_PAUSES.maxMs, RETRY_PAUSES.initialMs * 2 ** (tries - 1));
	return full * (0.5 + random / 2);
}

/**
 * The time at which to come back, as words that follow "It asks to come back".
 *
 * @param after milliseconds from `now`; may be Infinity
 */
export function comeBackAt(after: number, now: number): string {
	return after > MAX_NAMED_WAIT_MS
		? 'in more than a year'
		: `at ${new Date(now + after).toISOString()}`;
}

/** Waiting for something to become true, with a message when it does not. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
	/** Milliseconds until giving up. */
	timeoutMs: number;
	/** Milliseconds between two tries. */
	intervalMs?: number;
	/** Added to the message on giving up, e.g. what was seen last. */
	lastSeen?: () => string;
}

/**
 * Calls `probe` until it gives something other than undefined, and returns that.
 *
 * @param what names the awaited thing: "Gave up waiting for <what> after 5 s"
 * @throws Error after `timeoutMs`, and whatever `probe` throws, at once
 */
export async function waitFor<T>(
	what: string,
	probe: () => Promise<T | undefined> | T | undefined,
	{ timeoutMs, intervalMs = 100, lastSeen }: PollOptions,
): Promise<T> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const found = await probe();
		if (found !== undefined) return found;
		if (Date.now() >= deadline) {
			const seen = lastSeen ? `; last seen: ${lastSeen()}` : '';
			throw new Error(`Gave up waiting for ${what} after ${timeoutMs / 1000} s${seen}`);
		}
		await sleep(intervalMs);
	}
}

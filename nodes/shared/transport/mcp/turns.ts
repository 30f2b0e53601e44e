import type { Deadline } from './deadline';

/** Bytes of each response that are read without waiting. */
const SMALL = 1_000_000;

/**
 * Limits the memory that many responses take at the same time. The first megabyte of each is read without waiting. Of
 * larger responses, one at a time is read and handled; the others wait.
 */
export class Turns {
	private last: Promise<void> = Promise.resolve();

	/** The share of one response. */
	share(): Share {
		return new Share(async (signal) => await this.take(signal));
	}

	/** Gives the function that ends the turn. Rejects if the signal aborts while it waits. */
	private async take(signal: AbortSignal): Promise<() => void> {
		let end = () => {};
		const before = this.last;
		const own = new Promise<void>((resolve) => (end = resolve));
		this.last = before.then(async () => await own);
		return await Promise.race([before, abortOf(signal)]).then(
			() => end,
			async (error: unknown) => {
				end();
				return await Promise.reject(error);
			},
		);
	}
}

export class Share {
	private size = 0;

	private end?: () => void;

	constructor(private readonly take: (signal: AbortSignal) => Promise<() => void>) {}

	/**
	 * Resolves when the client may hold this many more bytes. The deadline pauses until then. Gives the number of bytes
	 * so far.
	 */
	async add(bytes: number, deadline: Deadline, signal: AbortSignal): Promise<number> {
		this.size += bytes;
		if (this.size <= SMALL || this.end !== undefined) return this.size;
		deadline.pause();
		this.end = await this.take(signal);
		deadline.go();
		return this.size;
	}

	/** Call this when no part of the response is needed any more. */
	release() {
		this.end?.();
		this.end = undefined;
		this.size = 0;
	}
}

async function abortOf(signal: AbortSignal): Promise<never> {
	return await new Promise((_, reject) => {
		if (signal.aborted) reject(signal.reason);
		else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});
}

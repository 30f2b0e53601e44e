import type { Deadline } from './deadline';

/** Bytes of an answer that are read at any time. */
const SMALL = 1_000_000;

/**
 * Bounds the memory that many answers take at once. The first megabyte of each is read at any time. Of what is larger,
 * one answer at a time is read and made use of, and the others wait for their turn.
 */
export class Turns {
	private last: Promise<void> = Promise.resolve();

	/** For one answer. */
	share(): Share {
		return new Share(async (signal) => await this.take(signal));
	}

	/** Gives the function that ends the turn. Rejects where the signal ends the waiting. */
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

	private readonly take: (signal: AbortSignal) => Promise<() => void>;

	constructor(take: (signal: AbortSignal) => Promise<() => void>) {
		this.take = take;
	}

	/** Resolves when so many bytes more may be held. The deadline stands still until then. Gives how many bytes there are. */
	async add(bytes: number, deadline: Deadline, signal: AbortSignal): Promise<number> {
		this.size += bytes;
		if (this.size <= SMALL || this.end !== undefined) return this.size;
		deadline.pause();
		this.end = await this.take(signal);
		deadline.go();
		return this.size;
	}

	/** Call when nothing of the answer is needed any more. */
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

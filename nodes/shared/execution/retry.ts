import { sleep } from 'n8n-workflow';

import type { Failure } from '../failures/failure';
import { AdaptiveConcurrency } from './adaptiveConcurrency';

/** How one try ended. `retry`: it is safe to send it again; `failure` is reported if it is not sent again. */
export type Attempt<T, F = Failure> =
	| { kind: 'done'; value: T }
	| { kind: 'failed'; failure: F }
	| {
			kind: 'retry';
			/** Milliseconds that the server asks to wait. */
			after?: number;
			/** Whether the server said that there are too many requests. */
			busy?: boolean;
			failure: F;
	  };

/** How a request ended. `untried`: the queue was stopped before its turn, or while it waited for a further try. */
export type Outcome<T, F = Failure> =
	| { kind: 'done'; value: T }
	| { kind: 'failed'; failure: F }
	| { kind: 'untried' };

/** Decides when each try of a request is sent. */
export interface Turns<F> {
	/** Resolves when the next try may be sent, or with the outcome if there is none. */
	next(): Promise<{ kind: 'go' } | { kind: 'failed'; failure: F } | { kind: 'untried' }>;
	/**
	 * Call after each try.
	 *
	 * @param isLast whether the request has no tries left
	 * @returns how the request ended; undefined if it is to be tried again
	 */
	end<T>(result: Attempt<T, F>, isLast: boolean): Outcome<T, F> | undefined;
	/** Call this instead of `end` if a try has thrown. */
	abort(): void;
}

interface RetryOptions<F> {
	/** Tries, the first included. */
	maxTries: number;
	/** Ends the pause before a further try. */
	signal?: AbortSignal;
	/** Default: pauses of this request alone, with exponential back-off. */
	turns?: Turns<F>;
}

/**
 * The part of a failure that is needed here: its hint is replaced if the server asks for a longer pause than the
 * longest allowed one.
 */
export type Hinted = { hint: unknown };

/**
 * Tries until one succeeds, one fails without a chance of success, or no tries are left. Throws the errors of
 * `attempt`.
 */
export async function retry<T, F extends Hinted>(
	attempt: () => Promise<Attempt<T, F>>,
	{ maxTries, signal, turns = new OwnPauses<F>(signal) }: RetryOptions<F>,
): Promise<Outcome<T, F>> {
	for (let tries = 1; ; tries += 1) {
		const turn = await turns.next();
		if (turn.kind !== 'go') return turn;
		const result = await attempt().catch(async (error: unknown) => {
			turns.abort();
			return await Promise.reject(error);
		});
		const outcome = turns.end(result, tries >= maxTries);
		if (outcome !== undefined) return outcome;
	}
}

/** The longest sleep at a time, in milliseconds, so that no long timer outlives a stopped execution. */
export const MAX_SLEEP_MS = 1000;

/** The turns of a single request. */
class OwnPauses<F extends Hinted> implements Turns<F> {
	private readonly pace = new AdaptiveConcurrency<F>(1);

	constructor(private readonly signal?: AbortSignal) {}

	async next() {
		while (!this.signal?.aborted) {
			const pause = this.pace.msUntilFree(Date.now());
			if (pause <= 0) return { kind: 'go' } as const;
			await sleep(Math.min(MAX_SLEEP_MS, pause));
		}
		return { kind: 'untried' } as const;
	}

	end<T>(result: Attempt<T, F>, isLast: boolean): Outcome<T, F> | undefined {
		return this.pace.report(result, isLast);
	}

	abort() {}
}

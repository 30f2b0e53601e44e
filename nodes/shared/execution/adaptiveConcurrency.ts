import { isTooLong, RETRY_PAUSES } from '../failures/policies';
import type { Attempt, Hinted, Outcome } from './retry';
import { backoff } from './retryAfter';

/** How much the window grows with a success above the slow-start threshold. */
const SLOW_GROWTH = 0.25;

/**
 * How many requests a server gets at a time, and when. It works like the congestion control of TCP (RFC 5681): after a
 * rejection, the window is one request. It grows by one with each success up to half of its former size, then slowly.
 * If all requests were sent at once after a pause, most would be rejected again and use up their tries.
 */
export class AdaptiveConcurrency<F extends Hinted> {
	/** Requests in progress. The sender updates it. */
	running = 0;

	/** Why nothing more is sent: the server asked for a longer pause than the longest allowed one. */
	abandoned?: F;

	private until = 0;

	private window: number;

	private slowStartThreshold = Infinity;

	/**
	 * The number of recent rejections. Each success lowers it by one, so that the usual pause stays close to the last
	 * sufficient one.
	 */
	private rejections = 0;

	/** @param maxConcurrency requests at a time, before the first rejection */
	constructor(private readonly maxConcurrency: number) {
		this.window = maxConcurrency;
	}

	/** Whether one more request may be sent at this time, in milliseconds since 1970. */
	isFree(now: number): boolean {
		return this.msUntilFree(now) <= 0 && this.running < Math.floor(this.window);
	}

	/** Milliseconds until sending is allowed. Zero or less if it is allowed now. */
	msUntilFree(now: number): number {
		return this.until - now;
	}

	/**
	 * Records how a try ended.
	 *
	 * @param isLast whether the request has no tries left
	 * @returns how the request ended; undefined if it is to be tried again
	 */
	report<T>(result: Attempt<T, F>, isLast: boolean): Outcome<T, F> | undefined {
		if (result.kind !== 'retry') {
			this.onSuccess();
			return result;
		}
		this.onRejected(result);
		if (!isLast && this.abandoned === undefined) return undefined;
		this.reset();
		const hint = this.abandoned?.hint ?? result.failure.hint;
		return { kind: 'failed', failure: { ...result.failure, hint } };
	}

	private onSuccess() {
		const growth = this.window < this.slowStartThreshold ? 1 : SLOW_GROWTH / this.window;
		this.window = Math.min(this.maxConcurrency, this.window + growth);
		this.rejections = Math.max(0, this.rejections - 1);
	}

	/**
	 * Never waits less than the usual back-off. Otherwise "0 seconds", or a date in the past of n8n's clock, would use
	 * up all tries at once. Requests that were sent together are rejected together, and count once.
	 */
	private onRejected({
		after,
		busy = false,
		failure,
	}: Extract<Attempt<never, F>, { kind: 'retry' }>) {
		if (isTooLong(after)) this.abandoned ??= failure;
		if (this.msUntilFree(Date.now()) <= 0) this.rejections += 1;
		if (busy) this.shrink();
		const wait = Math.max(after ?? 0, backoff(this.rejections, Math.random()));
		this.until = Math.max(this.until, Date.now() + Math.min(wait, RETRY_PAUSES.maxRequestedMs));
	}

	private shrink() {
		if (this.window > 1) this.slowStartThreshold = Math.max(1, Math.floor(this.window / 2));
		this.window = 1;
	}

	/**
	 * Called when a request has used its last try. Otherwise each remaining request would wait through the whole
	 * back-off sequence in turn.
	 */
	private reset() {
		this.window = this.maxConcurrency;
		this.rejections = 0;
	}
}

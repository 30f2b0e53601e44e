import { isTooLong, RETRY_PAUSES } from '../failures/policies';
import type { Attempt, Hinted, Outcome } from './retry';
import { backoff } from './retryAfter';

/** How much the allowance grows with an acceptance, once it is about where it was too much. */
const SLOW_GROWTH = 0.25;

/**
 * How many requests a server may be sent at a time, and when. Like the congestion control of TCP (RFC 5681): being sent
 * too much brings the allowance down to one; it grows by one with each acceptance up to half of what was too much, then slowly.
 * All at once after each pause, most would be refused again and use up their tries.
 */
export class AdaptiveConcurrency<F extends Hinted> {
	/** Requests under way. The sender updates it. */
	running = 0;

	/** Why nothing is sent any more: set when the server asked for a wait that is not sat out. */
	abandoned?: F;

	private until = 0;

	private window: number;

	private slowStartThreshold = Infinity;

	/** How often it was refused: one less with each acceptance, so that the usual wait stays near what was long enough. */
	private rejections = 0;

	private readonly maxConcurrency: number;

	/** @param maxConcurrency requests at a time, before the server has refused one */
	constructor(maxConcurrency: number) {
		this.maxConcurrency = maxConcurrency;
		this.window = maxConcurrency;
	}

	/** Whether one more may be sent at this moment, in milliseconds since 1970. */
	isFree(now: number): boolean {
		return this.msUntilFree(now) <= 0 && this.running < Math.floor(this.window);
	}

	/** Milliseconds until sending is allowed again; not positive if it is. */
	msUntilFree(now: number): number {
		return this.until - now;
	}

	/**
	 * Takes note of how a try ended.
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
	 * Never waits less than the usual back-off: "0 seconds", or a date that is past by n8n's clock, would use up all
	 * tries at once. What was sent together is refused together, and counts once.
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
	 * Called when a request has used its last try. Otherwise each of the others would wait through the whole back-off
	 * sequence in turn.
	 */
	private reset() {
		this.window = this.maxConcurrency;
		this.rejections = 0;
	}
}

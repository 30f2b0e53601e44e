import type { Failure } from '../failures/failure';
import { backoff, MAX_RETRY_WAIT_MS } from './retryAfter';

/** How much the allowance grows with an acceptance, once it is about where it was too much. */
const SLOW_GROWTH = 0.25;

/**
 * How many requests a server may be sent at a time, and when. Like the congestion control of TCP (RFC 5681): being sent
 * too much brings the allowance down to one; it grows by one with each acceptance up to half of what was too much, then slowly.
 * All at once after each pause, most would be refused again and use up their tries.
 */
export class AdaptiveConcurrency {
	/** Requests under way. Kept by whoever sends them. */
	running = 0;

	/** Why nothing is sent any more: set when the server asked for a wait that is not sat out. */
	abandoned?: Failure;

	private until = 0;

	private window: number;

	private slowStartThreshold = Infinity;

	/** How often it was refused: one less with each acceptance, so that the usual wait stays near what was long enough. */
	private rejections = 0;

	private readonly maxConcurrency: number;

	/** @param most requests at a time, before the server has refused one */
	constructor(most: number) {
		this.maxConcurrency = most;
		this.window = most;
	}

	/** Whether one more may be sent at this moment, in milliseconds since 1970. */
	isFree(now: number): boolean {
		return this.msUntilFree(now) <= 0 && this.running < Math.floor(this.window);
	}

	/** Milliseconds until sending is allowed again; not positive if it is. */
	msUntilFree(now: number): number {
		return this.until - now;
	}

	onSuccess() {
		const growth = this.window < this.slowStartThreshold ? 1 : SLOW_GROWTH / this.window;
		this.window = Math.min(this.maxConcurrency, this.window + growth);
		this.rejections = Math.max(0, this.rejections - 1);
	}

	/**
	 * Never waits less than the usual back-off: "0 seconds", or a date that is past by n8n's clock, would use up all
	 * tries at once. What was sent together is refused together, and counts once.
	 */
	onRejected({
		after,
		busy = false,
		failure,
	}: {
		after?: number;
		busy?: boolean;
		failure: Failure;
	}) {
		if (after !== undefined && after > MAX_RETRY_WAIT_MS) this.abandoned ??= failure;
		if (this.msUntilFree(Date.now()) <= 0) this.rejections += 1;
		if (busy) this.shrink();
		const wait = Math.max(after ?? 0, backoff(this.rejections, Math.random()));
		this.until = Math.max(this.until, Date.now() + Math.min(wait, MAX_RETRY_WAIT_MS));
	}

	private shrink() {
		if (this.window > 1) this.slowStartThreshold = Math.max(1, Math.floor(this.window / 2));
		this.window = 1;
	}

	/** One has used up its tries: the others are not to do so one by one, with waits that grow and grow. */
	reset() {
		this.window = this.maxConcurrency;
		this.rejections = 0;
	}
}

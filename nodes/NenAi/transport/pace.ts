import type { Failure } from './failure';
import { backoff, LONGEST_WAIT } from './retry';

/** How much the allowance grows with an acceptance, once it is about where it was too much. */
const SLOW_GROWTH = 0.25;

/**
 * How many requests a server may be sent at a time, and when. Like the congestion control of TCP (RFC 5681): being sent
 * too much brings the allowance down to one; it grows by one with each acceptance up to half of what was too much, then slowly.
 * All at once after each pause, most would be refused again and use up their tries.
 */
export class Pace {
	/** Requests under way. Kept by whoever sends them. */
	running = 0;

	/** Why nothing is sent any more: set when the server asked for a wait that is not sat out. */
	tooLong?: Failure;

	private until = 0;

	private allowed: number;

	private slowFrom = Infinity;

	/** How often it was refused: one less with each acceptance, so that the usual wait stays near what was long enough. */
	private refusals = 0;

	private readonly most: number;

	/** @param most requests at a time, before the server has refused one */
	constructor(most: number) {
		this.most = most;
		this.allowed = most;
	}

	/** Whether one more may be sent at this moment, in milliseconds since 1970. */
	isFree(now: number): boolean {
		return this.left(now) <= 0 && this.running < Math.floor(this.allowed);
	}

	/** Milliseconds until sending is allowed again; not positive if it is. */
	left(now: number): number {
		return this.until - now;
	}

	accepted() {
		const growth = this.allowed < this.slowFrom ? 1 : SLOW_GROWTH / this.allowed;
		this.allowed = Math.min(this.most, this.allowed + growth);
		this.refusals = Math.max(0, this.refusals - 1);
	}

	/**
	 * Never waits less than the usual back-off: "0 seconds", or a date that is past by n8n's clock, would use up all
	 * tries at once. What was sent together is refused together, and counts once.
	 */
	refused({ after, busy = false, failure }: { after?: number; busy?: boolean; failure: Failure }) {
		if (after !== undefined && after > LONGEST_WAIT) this.tooLong ??= failure;
		if (this.left(Date.now()) <= 0) this.refusals += 1;
		if (busy) this.begin();
		const wait = Math.max(after ?? 0, backoff(this.refusals, Math.random()));
		this.until = Math.max(this.until, Date.now() + Math.min(wait, LONGEST_WAIT));
	}

	private begin() {
		if (this.allowed > 1) this.slowFrom = Math.max(1, Math.floor(this.allowed / 2));
		this.allowed = 1;
	}

	/** One has used up its tries: the others are not to do so one by one, with waits that grow and grow. */
	giveUp() {
		this.allowed = this.most;
		this.refusals = 0;
	}
}

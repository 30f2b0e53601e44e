/** Lets a number of runs through in any stretch of time; what it refused does not count. */
export class RateLimit {
	#passed: number[] = [];

	/** 0 lets this one through; otherwise the milliseconds until one may pass. `now` in milliseconds. */
	take(limit: { runs: number; perMs: number }, now: number): number {
		this.#passed = this.#passed.filter((at) => at > now - limit.perMs);
		if (this.#passed.length >= limit.runs)
			return this.#passed[this.#passed.length - limit.runs] + limit.perMs - now;
		this.#passed.push(now);
		return 0;
	}

	reset(): void {
		this.#passed = [];
	}
}

/** A timeout that pauses while something else must be waited for. */
export class Deadline {
	private readonly passed = new AbortController();

	private since = 0;

	/** Counts the timers. A timer that was paused then does nothing. */
	private current = 0;

	/** @param left milliseconds */
	constructor(private left: number) {
		this.go();
	}

	get signal(): AbortSignal {
		return this.passed.signal;
	}

	pause() {
		this.current += 1;
		this.left = Math.max(1, this.left - (performance.now() - this.since));
	}

	go() {
		this.current += 1;
		this.since = performance.now();
		const timer = this.current;
		// Timers take whole numbers only.
		AbortSignal.timeout(Math.ceil(this.left)).addEventListener('abort', () => {
			if (timer === this.current) this.passed.abort();
		});
	}
}

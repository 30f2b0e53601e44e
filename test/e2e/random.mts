/** SeededRandom that can be repeated: the same seed gives the same numbers. */

export interface SeededRandom {
	readonly seed: number;
	/** From 0 to below 1. */
	next(): number;
	/** The same elements in another order. */
	shuffled<T>(elements: readonly T[]): T[];
}

/** Of `NENAI_TEST_SEED`, where that is set, to repeat what a failed test has done. */
export function seededRandom(
	seed = Number(process.env.NENAI_TEST_SEED ?? Date.now() % 1_000_000),
): SeededRandom {
	let state = seed >>> 0;
	// Mulberry32.
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	const shuffled = <T,>(elements: readonly T[]) =>
		elements
			.map((element) => ({ element, place: next() }))
			.sort((a, b) => a.place - b.place)
			.map(({ element }) => element);
	return { seed, next, shuffled };
}

import type { Failure } from '../transport/failure';

/**
 * Thrown while reading the parameters of an item, before anything is sent.
 * Not an n8n error: the operation adds the item to it.
 */
export class BadInput extends Error {
	readonly failure: Failure;

	constructor(failure: Failure) {
		super(failure.message);
		this.failure = failure;
	}
}

/** @param hint what to do; that nothing was sent is added */
export function badInput(message: string, hint: string): BadInput {
	return new BadInput({ message, hint: `${hint} Nothing was sent.` });
}

/** What to say of anything that was thrown before a request. */
export function failureOf(error: unknown): Failure {
	if (error instanceof BadInput) return error.failure;
	return { message: (error as Error).message, hint: 'Check the parameters of this node and its credential. Nothing was sent.' };
}

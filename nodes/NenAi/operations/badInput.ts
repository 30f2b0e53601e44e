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

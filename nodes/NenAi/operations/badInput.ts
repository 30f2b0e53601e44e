import { failureInError, type Failure } from '../transport/failure';

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

/** @param hint what to do; whoever reports it adds whether anything was sent */
export function badInput(message: string, hint: string): BadInput {
	return new BadInput({ message, hint });
}

/** What to report for anything that was thrown. It does not say whether anything was sent. */
export function failureOf(error: unknown): Failure {
	if (error instanceof BadInput) return error.failure;
	const { message, description } = error as Error & { description?: unknown };
	return failureInError(error) ?? { message, hint: typeof description === 'string' && description !== '' ? description : 'Check the parameters of this node and its credential.' };
}

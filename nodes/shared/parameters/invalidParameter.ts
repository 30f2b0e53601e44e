import { failureOfError, type Failure } from '../failures/failure';

/**
 * Thrown while reading the parameters of an item, before anything is sent.
 * Not an n8n error: the operation adds the item to it.
 */
export class InvalidParameterError extends Error {
	readonly failure: Failure;

	constructor(failure: Failure) {
		super(failure.message);
		this.failure = failure;
	}
}

/** @param hint what to do. The code that reports the error adds whether anything was sent */
export function invalidParameter(message: string, hint: string): InvalidParameterError {
	return new InvalidParameterError({ message, hint });
}

/** The failure to report for any error. It does not say whether anything was sent. */
export function toFailure(error: unknown): Failure {
	if (error instanceof InvalidParameterError) return error.failure;
	const { message, description } = error as Error & { description?: unknown };
	return (
		failureOfError(error) ?? {
			message,
			hint:
				typeof description === 'string' && description !== ''
					? description
					: 'Check the parameters of this node and its credential.',
		}
	);
}

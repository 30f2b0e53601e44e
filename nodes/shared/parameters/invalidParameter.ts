import { FailureError, failureOfError, type Failure } from '../failures/failure';
import { excerpt } from '../failures/excerpt';
import { own, say, type Text } from '../failures/text';

/** Thrown while reading the parameters of an item, before anything is sent. */
export class InvalidParameterError extends FailureError {}

/** @param hint what to do; the code that reports it adds whether anything was sent */
export function invalidParameter(message: Text, hint: Text): InvalidParameterError {
	return new InvalidParameterError({ message, hint });
}

/** The failure to report for any error. It does not say whether anything was sent. */
export function toFailure(error: unknown): Failure {
	if (error instanceof FailureError) return error.failure;
	const known = failureOfError(error);
	if (known !== undefined) return { ...known, message: own(known.message), hint: own(known.hint) };
	const { message, description } = error as Error & { description?: unknown };
	return {
		message: say`${excerpt(message)}`,
		hint:
			typeof description === 'string' && description !== ''
				? say`${excerpt(description)}`
				: say`Check the parameters of this node and its credential.`,
	};
}

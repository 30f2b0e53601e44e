/** Failures as the texts that people read. */
import { FailureError, writeFailure, type Failure } from '../nodes/shared/failures/failure';
import { NO_SECRETS } from '../nodes/shared/failures/redact';

/** A failure as texts; undefined where there is none. */
export const written = (failure: Failure | undefined) =>
	failure && writeFailure(failure, NO_SECRETS);

/** The failure of the error that this throws, as texts. */
export function thrownBy(act: () => unknown) {
	try {
		act();
	} catch (error) {
		if (error instanceof FailureError) return written(error.failure);
		throw error;
	}
	throw new Error('Nothing was thrown');
}

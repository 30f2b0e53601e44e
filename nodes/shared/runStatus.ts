/** The one rule for the status of a run, wherever NenAI gives it: in callbacks, in answers about runs, and in lists. */

/** The statuses of a run that has not ended. Any other status means that it has ended, also an unknown one. */
const NOT_FINISHED = ['queued', 'running', 'processing'];

/** The status in the form in which statuses are compared: in lower case, without spaces at its ends. */
export function plainStatus(status: string): string {
	return status.trim().toLowerCase();
}

/** Whether a run with this status has ended. */
export function isFinished(status: string): boolean {
	return !NOT_FINISHED.includes(plainStatus(status));
}

/** The statuses of a run that succeeded: in callbacks, and in answers about runs. */
const SUCCEEDED = ['success', 'completed'];

/** Whether a run with this final status has succeeded. */
export function isSuccess(status: string): boolean {
	return SUCCEEDED.includes(plainStatus(status));
}

/** The ways in which a run can end, as a person distinguishes them. */
export const OUTCOMES = ['success', 'failed', 'other'];

/** The way in which a run with this final status has ended. */
export function outcomeOf(status: string): string {
	if (isSuccess(status)) return 'success';
	return plainStatus(status) === 'failed' ? 'failed' : 'other';
}

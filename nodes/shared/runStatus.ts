/** The one rule for statuses of runs, wherever NenAI names them: in callbacks, in states and in lists. */

/** Statuses of a run that goes on. Any other status is its end, an unknown one too. */
const NOT_FINISHED = ['queued', 'running', 'processing'];

/** The status as it is compared: in small letters, without spaces around it. */
export function plainStatus(status: string): string {
	return status.trim().toLowerCase();
}

/** Whether a run with this status has ended. */
export function isFinished(status: string): boolean {
	return !NOT_FINISHED.includes(plainStatus(status));
}

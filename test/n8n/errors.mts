/** Reading caught values. Without `instanceof Error`: inside jest, errors of Node's own modules are not. */

/** Whether this is an error with the given code, e.g. `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
	return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** The message of an error, or the value itself as text. */
export function messageOf(error: unknown): string {
	const hasMessage = typeof error === 'object' && error !== null && 'message' in error;
	return String(hasMessage ? error.message : error);
}

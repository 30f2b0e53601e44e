import type { FailureClass } from './explain';

/** How one kind of request is sent, and when it is sent again. */
export interface RetryPolicy {
	/** Tries for one request, the first included, unless the user sets another number. */
	maxTries: number;
	/** Seconds to wait for the response to one request, unless the user sets another time. */
	timeoutSeconds: number;
	/** Requests at the same time, unless the user sets another number. */
	maxConcurrency: number;
	/** Failures after which the request is sent again. */
	retriedOn: readonly FailureClass[];
}

/** NenAI certainly did not accept the request. */
const NOT_ACCEPTED = ['busy', 'unreachable'] as const;

/** Repeating the request does no harm. */
const MAY_PASS = [...NOT_ACCEPTED, 'failed', 'noResponse'] as const;

/**
 * Which requests are sent again. NenAI publishes no idempotency keys (docs/internals/nenai-api.md#no-idempotency), so a
 * request that does something is repeated only if NenAI certainly did not accept it.
 *
 * - `start`: starts a run
 * - `query`: only reads
 * - `mutation`: does something on a desktop. Its timeout is that of NenAI's own SDKs
 * - `download`: fetches a file. Its timeout is the time without data
 */
export const RETRY_POLICIES = {
	start: { maxTries: 5, timeoutSeconds: 30, maxConcurrency: 10, retriedOn: NOT_ACCEPTED },
	query: { maxTries: 5, timeoutSeconds: 30, maxConcurrency: 10, retriedOn: MAY_PASS },
	mutation: { maxTries: 5, timeoutSeconds: 120, maxConcurrency: 1, retriedOn: NOT_ACCEPTED },
	download: { maxTries: 3, timeoutSeconds: 30, maxConcurrency: 4, retriedOn: MAY_PASS },
} satisfies Record<string, RetryPolicy>;

export type PolicyName = keyof typeof RETRY_POLICIES;

/** Pauses before a request is sent again. */
export const RETRY_PAUSES = {
	/** The pause before the second try, in milliseconds. It doubles with each further try. */
	initialMs: 500,
	maxMs: 30_000,
	/** The longest pause that a server may ask for. If it asks for more, the error says when to come back. */
	maxRequestedMs: 120_000,
};

/** Whether a server asks for a longer pause than `maxRequestedMs`. */
export function isTooLong(after: number | undefined): after is number {
	return after !== undefined && after > RETRY_PAUSES.maxRequestedMs;
}

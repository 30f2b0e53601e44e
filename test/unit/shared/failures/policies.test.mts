/** What is sent again, as a table: the journal would hide a policy that became too generous. */
import { RETRY_PAUSES, RETRY_POLICIES } from '../../../../nodes/shared/failures/policies';

/** NenAI certainly did not accept the request. */
const NOT_ACCEPTED = ['busy', 'unreachable'];

test.each([
	['start', 5, 30, 10, NOT_ACCEPTED],
	['mutation', 5, 120, 1, NOT_ACCEPTED],
	['query', 5, 30, 10, [...NOT_ACCEPTED, 'failed', 'noResponse']],
	['download', 3, 30, 4, [...NOT_ACCEPTED, 'failed', 'noResponse']],
] as const)('%s', (name, maxTries, timeoutSeconds, maxConcurrency, retriedOn) => {
	expect(RETRY_POLICIES[name]).toEqual({ maxTries, timeoutSeconds, maxConcurrency, retriedOn });
});

test('there is no other policy', () => {
	expect(Object.keys(RETRY_POLICIES).sort()).toEqual(['download', 'mutation', 'query', 'start']);
});

test('pauses', () => {
	expect(RETRY_PAUSES).toEqual({ initialMs: 500, maxMs: 30_000, maxRequestedMs: 120_000 });
});

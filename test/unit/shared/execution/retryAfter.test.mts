import { backoff, readRetryAfter } from '../../../../nodes/shared/execution/retryAfter';

const NOW = Date.parse('2026-01-01T00:00:00Z');

test.each([
	['7', 7000],
	[' 0 ', 0],
	['Thu, 01 Jan 2026 00:00:09 GMT', 9000],
	['Wed, 31 Dec 2025 23:59:00 GMT', 0],
	['soon', undefined],
	['-5', undefined],
	['1.5', undefined],
	['', undefined],
	[undefined, undefined],
	[['1', '2'], undefined],
])('Retry-After: %s is %s ms', (header, wait) => {
	expect(readRetryAfter(header, NOW)).toBe(wait);
});

test.each([
	[1, 0, 250],
	[1, 1, 500],
	[2, 1, 1000],
	[5, 0, 4000],
	[50, 1, 30_000],
])('after %s tries, with %s of the jitter, the back-off is %s ms', (tries, random, wait) => {
	expect(backoff(tries, random)).toBe(wait);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, putBetweenMarkers, summarize, table, type Comparison } from './results.mts';

const comparison = (changes: Partial<Comparison>): Comparison => ({
	row: '1',
	work: 'work',
	peer: 'peer',
	unit: 's',
	better: 'less',
	ours: [1, 2, 4],
	peers: [8, 8, 8],
	facts: [],
	...changes,
});

test.each([
	[[3, 1, 2], 2],
	[[4, 1, 3, 2], 2.5],
	[[7], 7],
])('the median of %j is %d', (values, expected) => {
	expect(median(values)).toBe(expected);
});

test('a ratio above 1 says that ours is better, whichever way is better', () => {
	expect(summarize(comparison({})).ratio).toEqual({ median: 4, lowest: 2, highest: 8 });
	expect(summarize(comparison({ better: 'more' })).ratio).toEqual({
		median: 0.25,
		lowest: 0.125,
		highest: 0.5,
	});
});

test('ratios are of the two numbers of one round', () => {
	expect(summarize(comparison({ ours: [1, 10, 2], peers: [2, 20, 4] })).ratio).toEqual({
		median: 2,
		lowest: 2,
		highest: 2,
	});
});

test.each<[string, Partial<Comparison>, string]>([
	['the mark is met exactly', { mark: 4 }, 'reached'],
	['the mark is not met', { mark: 4.1 }, 'not reached'],
	[
		'what else is asked for does not hold',
		{
			mark: 4,
			facts: [
				{ text: 'a', holds: true },
				{ text: 'b', holds: false },
			],
		},
		'not reached',
	],
	['only something else is asked for', { facts: [{ text: 'a', holds: true }] }, 'reached'],
	['nothing is asked for', { facts: [{ text: 'a' }] }, 'reported'],
])('when %s', (_, changes, verdict) => {
	expect(summarize(comparison(changes)).verdict).toBe(verdict);
});

test('the table has three digits, the spread, and what was found', () => {
	const row = comparison({
		ours: [0.01234, 0.01234],
		peers: [152.4, 152.4],
		mark: 5,
		facts: [
			{ text: 'fine', holds: true },
			{ text: 'all there', holds: false },
		],
	});
	expect(table([summarize(row)]).split('\n')[2]).toBe(
		'| 1 | work | 0.012 s | peer | 152 s | **12350** (12350 to 12350) | 5 | not reached; fine; NOT: all there |',
	);
});

test('the table goes between the markers, in place of the one before', () => {
	const before = 'a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb';
	expect(putBetweenMarkers(before, 'new')).toBe(
		'a\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\nb',
	);
	expect(putBetweenMarkers(putBetweenMarkers(before, 'x'), 'new')).toBe(
		putBetweenMarkers(before, 'new'),
	);
});

test.each(['no markers', '<!-- bench:end --> <!-- bench:begin -->', '<!-- bench:begin -->'])(
	'a document without a place for it is an error: %s',
	(document) => {
		expect(() => putBetweenMarkers(document, 'new')).toThrow(/no place for the table/);
	},
);

test('docs/internals/speed.md has a place for the table', () => {
	const page = readFileSync(join(__dirname, '../../docs/internals/speed.md'), 'utf8');
	expect(putBetweenMarkers(page, 'new')).toContain('\n\nnew\n\n');
});

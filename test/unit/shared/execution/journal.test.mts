import { Journal } from '../../../../nodes/shared/execution/journal';

const REQUEST = ['https://api.example', { workflow_id: 'w', workflow_params: {} }];
const FAILURE = { message: 'No answer', hint: 'Look.', uncertain: true };
const SENT_BEFORE = { message: 'Not known', hint: 'Look.', uncertain: true };
const RUN = { messageId: 'm' };

const open = (context: Record<string, unknown>, runIndex: number) =>
	new Journal<typeof RUN>(context, 'run/start', runIndex, SENT_BEFORE);

test('each pass of a loop has a journal of its own, and the one before is not kept', () => {
	const context: Record<string, unknown> = {};
	const first = open(context, 0);
	first.markSent(0, REQUEST);
	first.record(0, { kind: 'done', value: RUN });
	expect(open(context, 0).previous(0)).toEqual({ kind: 'done', value: RUN });
	expect(open(context, 1).previous(0)).toBeUndefined();
	expect(JSON.stringify(context)).not.toContain('"m"');
});

test.each([
	['done', { kind: 'done', value: RUN } as const, { kind: 'done', value: RUN }],
	[
		'perhaps done',
		{ kind: 'failed', failure: FAILURE } as const,
		{ kind: 'failed', failure: FAILURE },
	],
	['under way when the execution was stopped', undefined, { kind: 'failed', failure: SENT_BEFORE }],
	['rejected', { kind: 'failed', failure: { ...FAILURE, uncertain: false } } as const, undefined],
	[
		'to be tried again',
		{ kind: 'retry', failure: { ...FAILURE, uncertain: false } } as const,
		undefined,
	],
])('the next try knows what was %s, after n8n has stored it', (_, attempt, expected) => {
	const context: Record<string, unknown> = {};
	const first = open(context, 3);
	first.markSent(2, REQUEST);
	if (attempt) first.record(2, attempt);
	const again = open(structuredClone(context), 3);
	expect(again.previous(2)).toEqual(expected);
	expect(again.previous(0)).toBeUndefined();
	expect(again.isEmpty).toBe(false);
});

test('a journal without an entry is empty', () => {
	expect(open({}, 0).isEmpty).toBe(true);
});

test('tells whether an item asks for something else now', () => {
	const journal = open({}, 0);
	journal.markSent(0, REQUEST);
	journal.record(0, { kind: 'done', value: RUN });
	expect(journal.hasChanged(0, REQUEST)).toBe(false);
	expect(journal.hasChanged(0, [REQUEST[0], { workflow_id: 'x', workflow_params: {} }])).toBe(true);
	expect(journal.hasChanged(0, ['https://other.example', REQUEST[1]])).toBe(true);
});

test('simultaneous calls of a tool do not disturb each other', () => {
	const context: Record<string, unknown> = {};
	const first = open(context, 0);
	first.markSent(0, REQUEST);
	const second = open(context, 1);
	expect(second.previous(0)).toBeUndefined();
	first.record(0, { kind: 'failed', failure: FAILURE });
	expect(second.previous(0)).toBeUndefined();
	expect(first.previous(0)).toEqual({ kind: 'failed', failure: FAILURE });
});

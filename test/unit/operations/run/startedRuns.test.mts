import { StartedRuns } from '../../../../nodes/NenAi/operations/run/startedRuns';

const REQUEST = { workflow_id: 'w', workflow_params: {} };
const FAILURE = { message: 'No answer', hint: 'Look.', uncertain: true };
const RUN = { messageId: 'm' };
const URL_ = 'https://api.example';

test('a next round of a loop is another start, and what was started before is not kept', () => {
	const context: Record<string, unknown> = {};
	const first = new StartedRuns(context, 0);
	first.sent(0, URL_, REQUEST);
	first.settle(0, { kind: 'done', value: RUN });
	expect(new StartedRuns(context, 0).recall(0)).toEqual({ kind: 'done', value: RUN });
	expect(new StartedRuns(context, 1).recall(0)).toBeUndefined();
	expect(JSON.stringify(context)).not.toContain('"m"');
});

test.each([
	['started', { kind: 'done', value: RUN } as const, { kind: 'done', value: RUN }],
	['perhaps started', { kind: 'failed', failure: FAILURE } as const, { kind: 'failed', failure: FAILURE }],
	['under way when the execution was stopped', undefined, { kind: 'failed', failure: expect.objectContaining({ uncertain: true }) }],
	['refused', { kind: 'failed', failure: { ...FAILURE, uncertain: false } } as const, undefined],
	['to be tried again', { kind: 'retry', failure: { ...FAILURE, uncertain: false } } as const, undefined],
])('what was %s is known as such in a next try, after n8n has stored it', (_, attempt, expected) => {
	const context: Record<string, unknown> = {};
	const first = new StartedRuns(context, 3);
	first.sent(2, URL_, REQUEST);
	if (attempt) first.settle(2, attempt);
	const again = new StartedRuns(structuredClone(context), 3);
	expect(again.recall(2)).toEqual(expected);
	expect(again.recall(0)).toBeUndefined();
});

test('tells whether an item asks for something else by now', () => {
	const memory = new StartedRuns({}, 0);
	memory.sent(0, URL_, REQUEST);
	memory.settle(0, { kind: 'done', value: RUN });
	expect(memory.hasChanged(0, URL_, REQUEST)).toBe(false);
	expect(memory.hasChanged(0, URL_, { ...REQUEST, workflow_id: 'x' })).toBe(true);
	expect(memory.hasChanged(0, 'https://other.example', REQUEST)).toBe(true);
	expect(memory.hasChanged(0, URL_, undefined)).toBe(true);
});

test('calls of a tool at the same time do not disturb each other', () => {
	const context: Record<string, unknown> = {};
	const first = new StartedRuns(context, 0);
	first.sent(0, URL_, REQUEST);
	const second = new StartedRuns(context, 1);
	expect(second.recall(0)).toBeUndefined();
	first.settle(0, { kind: 'failed', failure: FAILURE });
	expect(second.recall(0)).toBeUndefined();
	expect(first.recall(0)).toEqual({ kind: 'failed', failure: FAILURE });
});

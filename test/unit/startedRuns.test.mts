import { StartedRuns } from '../../nodes/NenAi/operations/run/startedRuns';

const REQUEST = { workflow_id: 'w', workflow_params: {} };
const FAILURE = { message: 'No answer', hint: 'Look.', uncertain: true };
const RUN = { messageId: 'm' };
const URL_ = 'https://api.example';

test('a next round of a loop may start the same request again, and what was started is not kept', () => {
	const context: Record<string, unknown> = {};
	const first = new StartedRuns(context, 0);
	first.sent(0, URL_, REQUEST);
	first.settle(0, URL_, REQUEST, { kind: 'done', value: RUN });
	expect(first.recall(0, URL_, REQUEST)).toEqual({ run: RUN });
	expect(new StartedRuns(context, 1).recall(0, URL_, REQUEST)).toBeUndefined();
	expect(JSON.stringify(context)).not.toContain('"m"');
});

test.each([
	['may have been started', true],
	['was under way when the execution was stopped', false],
])('what %s is not sent again in any later run: each try of an AI tool counts as one', (_, settled) => {
	const context: Record<string, unknown> = {};
	const first = new StartedRuns(context, 0);
	first.sent(0, URL_, REQUEST);
	if (settled) first.settle(0, URL_, REQUEST, { kind: 'failed', failure: FAILURE });
	// As n8n stored it.
	const stored = structuredClone(context);
	for (const runIndex of [1, 2, 3]) {
		const later = new StartedRuns(stored, runIndex);
		expect(later.recall(0, URL_, REQUEST)).toEqual({ failure: settled ? FAILURE : expect.objectContaining({ uncertain: true }) });
		expect(later.recall(0, URL_, { ...REQUEST, workflow_id: 'other' })).toBeUndefined();
		expect(later.recall(0, 'https://other.example', REQUEST)).toBeUndefined();
	}
});

test('the same request at the same time in another run is another run: an agent may call its tool twice at once', () => {
	const context: Record<string, unknown> = {};
	const first = new StartedRuns(context, 0);
	first.sent(0, URL_, REQUEST);
	const second = new StartedRuns(context, 1);
	expect(second.recall(0, URL_, REQUEST)).toBeUndefined();
	first.settle(0, URL_, REQUEST, { kind: 'failed', failure: FAILURE });
	expect(second.recall(0, URL_, REQUEST)).toEqual({ failure: FAILURE });
});

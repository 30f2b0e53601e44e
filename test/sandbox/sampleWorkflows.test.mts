import { withSandbox } from './cases.mts';
import {
	offerSampleWorkflows,
	SAMPLE_PARAMETER,
	sampleParameters,
	SAMPLE_WORKFLOWS,
	type Sandbox,
} from './index.mts';
import { callTool, connectClient, jsonOf } from './mcp/support.mts';
import { postRun, startFastSandbox, startReceiver, type Receiver } from './support.mts';

let sandbox: Sandbox;
let receiver: Receiver;
withSandbox(
	(given) => (sandbox = given),
	() => startFastSandbox({ workflows: sampleParameters }),
);
beforeEach(async () => {
	receiver = await startReceiver();
	offerSampleWorkflows(sandbox);
});
afterEach(() => receiver.close());

async function start({ id }: { id: string }): Promise<string> {
	const { status, body } = await postRun(sandbox, {
		workflow_id: id,
		workflow_params: { [SAMPLE_PARAMETER]: 'Jane Doe' },
		webhook_callback: receiver.url,
	});
	expect(status).toBe(202);
	return JSON.parse(body).messageId;
}

const until = (messageId: string, status: string) =>
	sandbox.until(() => sandbox.runs.get(messageId)?.status === status);
const statuses = () => receiver.callbacks.map(({ body }) => JSON.parse(body).status);

test('the list names how each ends, and its parameter', async () => {
	const client = await connectClient(sandbox);
	const { workflows } = jsonOf(await callTool(client, 'nen_list_workflows'));
	await client.close();
	expect(workflows).toEqual(
		['succeeds', 'always fails', 'takes 3 minutes', 'never answers'].map((outcome) => ({
			workflowId: expect.any(String),
			name: `Read a record (${outcome}), needs PATIENT_NAME`,
		})),
	);
});

test.each([
	['succeeds', 'success', 'completed'],
	['fails', 'failed', 'failed'],
] as const)('one %s', async (workflow, callback, status) => {
	await until(await start(SAMPLE_WORKFLOWS[workflow]), status);
	await sandbox.until(({ counts }) => counts.deliveries === 2 && counts.pendingCallbacks === 0);
	expect(statuses()).toEqual(['processing', callback]);
});

test('one takes three minutes', async () => {
	await until(await start(SAMPLE_WORKFLOWS.takesThreeMinutes), 'running');
	await sandbox.until(({ counts }) => counts.deliveries === 1 && counts.pendingCallbacks === 1);
	expect(statuses()).toEqual(['processing']);
	expect(SAMPLE_WORKFLOWS.takesThreeMinutes.callbacks?.at(-1)).toEqual({
		status: 'success',
		afterMs: 3 * 60 * 1000,
	});
});

test('one never answers, and is running when NenAI is asked', async () => {
	await until(await start(SAMPLE_WORKFLOWS.neverAnswers), 'running');
	const succeeding = await start(SAMPLE_WORKFLOWS.succeeds);
	await until(succeeding, 'completed');
	await sandbox.until(({ counts }) => counts.deliveries === 2);
	expect(sandbox.state().deliveries.map(({ messageId }) => messageId)).toEqual([
		succeeding,
		succeeding,
	]);
	expect(sandbox.state().counts.pendingCallbacks).toBe(1);
});

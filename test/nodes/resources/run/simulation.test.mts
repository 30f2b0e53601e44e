/** Executions from the editor that start nothing. */
import type { IDataObject, INodeParameters, WorkflowExecuteMode } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { Credentials, execute, type ExecuteOptions } from '../../engine.mts';

const WORKFLOW = '12345678-1234-1234-1234-123456789abc';
const ID = /^simulated-[0-9a-f]{8}-[0-9a-f-]{27}$/;
const HINT = /was simulated: nothing was sent to NenAI, and no run was started/;
let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { fault: { callbacks: [] } });

type Options = Partial<Omit<ExecuteOptions, 'parameters'>> & { parameters?: INodeParameters };

const simulate = (operation: string, { parameters, ...rest }: Options = {}) =>
	execute({
		credentials: new Credentials({
			apiKey: sandbox.apiKey,
			baseUrl: sandbox.url,
			webhookSecret: sandbox.webhookSecret,
		}),
		mode: 'manual',
		items: [{ NAME: 'A' }],
		...rest,
		parameters: {
			resource: 'run',
			operation,
			workflowId: WORKFLOW,
			parametersMode: 'input',
			testExecutions: 'simulate',
			...(operation === 'start' && { callback: 'none' }),
			...parameters,
		},
	});

const requests = () => sandbox.state().counts.requests;

describe.each(['start', 'startAndWait'])('%s', (operation) => {
	test.each<[mode: WorkflowExecuteMode, root: WorkflowExecuteMode | undefined, sent: number]>([
		['manual', undefined, 0],
		['evaluation', undefined, 0],
		['integrated', 'manual', 0],
		['integrated', 'evaluation', 0],
		['integrated', 'webhook', 1],
		['integrated', undefined, 1],
		['trigger', undefined, 1],
		['webhook', undefined, 1],
		['retry', undefined, 1],
		['error', undefined, 1],
		['cli', undefined, 1],
		['internal', undefined, 1],
		['chat', undefined, 1],
		['agent', undefined, 1],
	])('in the mode %s, called from %s, sends %d requests', async (mode, rootExecutionMode, sent) => {
		const { error, hints, run } = await simulate(operation, { mode, rootExecutionMode });
		expect(error).toBeUndefined();
		expect(requests()).toBe(sent);
		expect(hints.some((hint) => HINT.test(hint))).toBe(sent === 0);
		expect(run.status).toBe(sent === 1 && operation === 'startAndWait' ? 'waiting' : 'success');
	});

	test.each<[WorkflowExecuteMode, number]>([
		['manual', 0],
		['trigger', 1],
	])('Retry of an execution in the mode %s sends %d requests', async (mode, sent) => {
		const first = await simulate(operation, { mode, parameters: { workflowId: ' ' } });
		expect(first.error?.message).toMatch(/is empty/);
		await simulate(operation, { mode: 'retry', retryOf: first.run.data });
		expect(requests()).toBe(sent);
	});

	test('does the same in Retry where n8n does not tell how the first was executed', async () => {
		const first = await simulate(operation);
		Object.assign(first.run.data.executionData ?? {}, { runtimeData: undefined });
		await simulate(operation, { mode: 'retry', retryOf: first.run.data });
		expect(requests()).toBe(0);
	});

	test('Retry simulates again, and reports what is invalid by then', async () => {
		const first = await simulate(operation);
		const again = await simulate(operation, { mode: 'retry', retryOf: first.run.data });
		expect(again.error).toBeUndefined();
		expect(again.items).toHaveLength(1);
		const invalid = await simulate(operation, {
			mode: 'retry',
			retryOf: first.run.data,
			parameters: { workflowId: ' ' },
		});
		expect(invalid.error?.message).toMatch(/is empty/);
		expect(requests()).toBe(0);
	});

	test('sends real runs unless it is told to simulate', async () => {
		await simulate(operation, { parameters: { testExecutions: 'start' } });
		expect(requests()).toBe(1);
	});

	test.each([{ workflowId: ' ' }, { parametersMode: 'json', parametersJson: '[]' }])(
		'reports what is invalid: %j',
		async (parameters) => {
			const { error } = await simulate(operation, { parameters });
			expect(error?.message).toMatch(/\[item 0\]$/);
			expect(requests()).toBe(0);
		},
	);

	test('does neither if the value is not one of the two', async () => {
		const { error } = await simulate(operation, { parameters: { testExecutions: 'perhaps' } });
		expect(error?.message).toMatch(
			/^Test Executions \(testExecutions\) must be one of start, simulate/,
		);
		expect(requests()).toBe(0);
	});
});

test('Start gives the fields of a 202 for each item, and one hint', async () => {
	const { items, hints } = await simulate('start', { items: [{ NAME: 'A' }, { NAME: 'B' }] });
	expect(items.map(({ json }) => json)).toEqual(
		['A', 'B'].map(() => ({
			message: 'Simulated: no run was started.',
			messageId: expect.stringMatching(ID),
			workflowId: WORKFLOW,
		})),
	);
	expect(new Set(items.map(({ json }) => json.messageId)).size).toBe(2);
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	expect(hints).toHaveLength(1);
});

describe('the result of Start and Wait', () => {
	const CASES: Array<[string, number[], IDataObject]> = [
		['success', [1, 0, 0], { status: 'success' }],
		['failed', [0, 1, 0], { status: 'failed' }],
		['timedOut', [0, 0, 1], { status: 'timeout', wait_limit_reached: true }],
	];

	test.each(CASES)('%s leaves through its output', async (simulatedOutcome, counts, body) => {
		for (const alwaysOutputData of [false, true]) {
			const given = await simulate('startAndWait', {
				parameters: { simulatedOutcome },
				settings: { alwaysOutputData },
			});
			expect(given.counts).toEqual(counts);
			expect(given.items.map(({ json }) => json)).toEqual([
				{ workflow_id: WORKFLOW, message_id: expect.stringMatching(ID), ...body },
			]);
			expect(given.hints).toHaveLength(1);
		}
		const single = await simulate('startAndWait', {
			parameters: { simulatedOutcome, outputs: 'single' },
		});
		expect(single.counts).toEqual([1]);
	});

	test('has the fields that were entered, with all digits, but an ID of its own', async () => {
		const { items } = await simulate('startAndWait', {
			parameters: {
				simulatedResult:
					'{ "message_id": "real", "workflow_id": "other", "status": "completed", "result": { "id": 12345678901234567890 } }',
			},
		});
		expect(items[0].json).toEqual({
			workflow_id: WORKFLOW,
			message_id: expect.stringMatching(ID),
			status: 'completed',
			result: { id: '12345678901234567890' },
		});
	});

	test.each(['', ' ', null])('%j adds no fields', async (simulatedResult) => {
		const { items } = await simulate('startAndWait', {
			parameters: { simulatedResult: `={{ ${JSON.stringify(simulatedResult)} }}` },
		});
		expect(items[0].json).toMatchObject({ status: 'success' });
	});

	test.each([
		['success', '{ "status": "failed" }'],
		['failed', '{ "status": "success" }'],
		['failed', '{ "status": "running" }'],
		['success', '{ "status": 5 }'],
	])('"%s" with %s is an error', async (simulatedOutcome, simulatedResult) => {
		const { error } = await simulate('startAndWait', {
			parameters: { simulatedOutcome, simulatedResult },
		});
		expect(error?.message).toMatch(/^The status in Simulated Result .* does not fit/);
	});

	test('an error in the result does not make Retry On Fail repeat it with another ID', async () => {
		const { items } = await simulate('startAndWait', {
			parameters: { simulatedOutcome: 'failed', simulatedResult: '{ "error": "Not found" }' },
			settings: { retryOnFail: true, waitBetweenTries: 1 },
		});
		expect(items).toHaveLength(1);
		expect(items[0].json).toMatchObject({ status: 'failed', error: 'Not found' });
	});

	test('needs no webhook secret and no public address', async () => {
		const { error, items } = await simulate('startAndWait', {
			credentials: new Credentials({ apiKey: 'test-key-1234', baseUrl: 'https://nenai.invalid' }),
		});
		expect(error).toBeUndefined();
		expect(items).toHaveLength(1);
	});

	test('takes one item, as it does otherwise', async () => {
		const { error } = await simulate('startAndWait', { items: [{}, {}] });
		expect(error?.message).toMatch(/its input has 2 items/);
	});
});

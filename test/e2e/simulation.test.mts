/** Test Executions set to "simulate": what starts nothing, and what starts real runs, in each way in which n8n executes a workflow. */
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { chain, node } from '../n8n/build-workflow.mts';
import type { WorkflowJson } from '../n8n/client.mts';
import { hasSeveralOutputs, N8N_VERSIONS } from '../n8n/install.mts';
import { answersToCalls, chatting, TOOL } from './agent.mts';
import { withEnvironment } from './cases.mts';
import { hasRun, jsonOf, startEnvironment, withParameters } from './environment.mts';
import {
	activate,
	call,
	outputsIn,
	runAndWait,
	start,
	webhook,
	webhookUrl,
	type CredentialRef,
} from './workflows.mts';

const root = join(__dirname, '../..');
const SIMULATED = /^simulated-[0-9a-f-]{36}$/;
const BY_HAND = node('By hand', 'manualTrigger', 1, {});

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startEnvironment({ root, version }));

	/** Start, and then Start and Wait. Both simulate. */
	const simulating = (credential: CredentialRef): INode[] => {
		const parameters = { testExecutions: 'simulate', simulatedOutcome: 'success' };
		return [
			start(credential, '={{ { NAME: "A" } }}', parameters),
			runAndWait(credential, '={{ { NAME: "B" } }}', { ...parameters, ...outputsIn(version) }),
		];
	};

	it('manual: nothing is sent, both nodes continue at once, and a hint says so', async ({
		client,
		sandbox,
		credential,
	}) => {
		const { id } = await client.createWorkflow(
			chain('by hand', [BY_HAND, ...simulating(credential)]),
		);
		const { executionId = '' } = await client.runWorkflowManually(id);
		const execution = await client.waitForExecution(executionId);
		expect(execution.status).toBe('success');
		expect(jsonOf(execution, 'Start')).toEqual([
			expect.objectContaining({ messageId: expect.stringMatching(SIMULATED) }),
		]);
		expect(jsonOf(execution, 'Run and wait')).toEqual([
			expect.objectContaining({ message_id: expect.stringMatching(SIMULATED), status: 'success' }),
		]);
		for (const name of ['Start', 'Run and wait'])
			expect(execution.data.resultData.runData[name][0].hints).toEqual([
				expect.objectContaining({ message: expect.stringMatching(/^This result was simulated/) }),
			]);
		expect(sandbox.state().requests).toEqual([]);
	});

	it('a webhook and a schedule of a published workflow start real runs', async ({
		client,
		n8n,
		sandbox,
		credential,
	}) => {
		const called = await activate(
			client,
			chain('called', [webhook('simulating'), ...simulating(credential)]),
		);
		expect(await call(webhookUrl(n8n, 'simulating'), {})).toBe(200);
		const [execution] = await client.endedExecutions(called, 1, 60_000);
		expect(execution.status).toBe('success');
		expect(jsonOf(execution, 'Start')[0].messageId).not.toMatch(SIMULATED);
		expect(sandbox.state().counts.runsStarted).toBe(2);

		const everySecond = node('Schedule', 'scheduleTrigger', 1.2, {
			rule: { interval: [{ field: 'seconds', secondsInterval: 1 }] },
		});
		const scheduled = await activate(
			client,
			chain('scheduled', [everySecond, simulating(credential)[0]]),
		);
		await sandbox.until(({ counts }) => counts.runsStarted > 2, 30_000);
		await client.deactivate(scheduled);
	});

	it('Retry of an execution from the editor starts nothing; Retry of a published one does', async ({
		client,
		n8n,
		sandbox,
		credential,
	}) => {
		// The node before fails, so that the first try does not reach Start.
		const failing = node('Fails once', 'set', 3.4, {
			assignments: {
				assignments: [{ id: 'a', name: 'a', type: 'number', value: '={{ "no number" }}' }],
			},
			options: {},
		});
		const nodes = [webhook('retried'), failing, ...simulating(credential)];
		const id = await activate(client, chain('retried', nodes));
		expect(await call(webhookUrl(n8n, 'retried'), {})).toBe(200);
		const [published] = await client.endedExecutions(id, 1, 60_000);
		const byHand = await client.createWorkflow(
			chain('retried by hand', [BY_HAND, failing, ...simulating(credential)]),
		);
		const { executionId = '' } = await client.runWorkflowManually(byHand.id);
		const manual = await client.waitForExecution(executionId);
		expect([published.status, manual.status]).toEqual(['error', 'error']);
		const mended = { ...failing, parameters: { options: {} } };
		for (const [workflow, first] of [
			[id, nodes[0]],
			[byHand.id, BY_HAND],
		] as const)
			await client.updateWorkflow(
				workflow,
				chain('retried', [first, mended, ...simulating(credential)]),
			);
		await client.activate(id);

		const again = await client.retryExecution(manual.id, { loadWorkflow: true });
		const done = await client.waitForExecution(again);
		expect(done.status).toBe('success');
		expect(sandbox.state().counts.runsStarted).toBe(0);
		const real = await client.retryExecution(published.id, { loadWorkflow: true });
		await client.waitForExecution(real);
		expect(sandbox.state().counts.runsStarted).toBe(2);
	});

	it('a sub-workflow that an execution from the editor calls starts nothing (before n8n 2, it starts real runs)', async ({
		client,
		n8n,
		sandbox,
		credential,
	}) => {
		const called = node('Called', 'executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' });
		const child = await activate(client, chain('child', [called, ...simulating(credential)]));
		const callChild = node('Call', 'executeWorkflow', 1.2, {
			workflowId: { __rl: true, mode: 'id', value: child },
			options: { waitForSubWorkflow: true },
		});
		const byHand = await client.createWorkflow(chain('parent by hand', [BY_HAND, callChild]));
		const { executionId = '' } = await client.runWorkflowManually(byHand.id);
		const execution = await client.waitForExecution(executionId, undefined, 60_000);
		expect(execution.status).toBe('success');
		const manual = sandbox.state().counts.runsStarted;
		expect(manual).toBe(hasSeveralOutputs(version) ? 0 : 2);

		const parent = await activate(client, chain('parent', [webhook('parent'), callChild]));
		await call(webhookUrl(n8n, 'parent'), {});
		await client.endedExecutions(parent, 1, 60_000);
		expect(sandbox.state().counts.runsStarted).toBe(manual + 2);
	});

	it('an agent in an execution from the editor gets a simulated ID', async (environment) => {
		const { client, sandbox, model } = environment;
		const parameters = { PATIENT_NAME: 'Jane Doe' };
		model.play({ calls: [{ workflow_id: 'any', parameters }] }, { text: 'Started.' });
		const simulated = (workflow: WorkflowJson) =>
			withParameters(chatting(workflow, 'Book an appointment'), TOOL, {
				testExecutions: 'simulate',
			});
		const id = await environment.importExample('ai-agent', simulated);
		const { executionId = '' } = await client.runWorkflowManually(id);
		const execution = await client.waitForExecution(executionId, undefined, 60_000);
		expect(execution.status).toBe('success');
		expect(answersToCalls(model).join()).toMatch(/simulated-/);
		expect(sandbox.state().requests).toEqual([]);
	});

	if (!hasSeveralOutputs(version)) return;

	it('an evaluation starts nothing', async ({ client, sandbox, credential }) => {
		const table = await client.tables.create('evaluated', 'name', ['A', 'B']);
		const rows = node('Rows', 'evaluationTrigger', 4.7, {
			source: 'dataTable',
			dataTableId: { __rl: true, mode: 'id', value: table },
		});
		// Without one, n8n evaluates nothing.
		const metric = node('Metric', 'evaluation', 4.7, {
			operation: 'setMetrics',
			metric: 'customMetrics',
			metrics: { assignments: [{ id: 'one', name: 'one', type: 'number', value: 1 }] },
		});
		const { id } = await client.createWorkflow(
			chain('evaluated', [rows, ...simulating(credential), metric]),
		);
		await client.evaluate(id);
		const all = await client.waitForExecutions(
			id,
			(executions) => executions.filter(({ status }) => status === 'success').length >= 2,
			60_000,
		);
		const executions = await Promise.all(all.map((one) => client.waitForExecution(one.id)));
		const simulated = executions.filter((execution) => hasRun(execution, 'Run and wait'));
		expect(simulated.length).toBeGreaterThanOrEqual(2);
		expect(sandbox.state().requests).toEqual([]);
	});
});

/** What a builder does first, in a real n8n of each other version: it shows whether the package works there at all. */
import { join } from 'node:path';
import { chain, node } from '../n8n/build-workflow.mts';
import { hasSeveralOutputs, OTHER_VERSIONS } from '../n8n/install.mts';
import { withEnvironment } from './cases.mts';
import { hasRun, jsonOf, startOwnEnvironment } from './environment.mts';
import { RunMany } from './runMany.mts';
import {
	activate,
	ANY_WORKFLOW,
	call,
	download,
	nenAi,
	outputsIn,
	runAndWait,
	split,
	start,
	trigger,
	triggerUrl,
	webhook,
	webhookUrl,
	withBranches,
} from './workflows.mts';

const root = join(__dirname, '../..');

describe.each(OTHER_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startOwnEnvironment({ root, version }));

	it('tests the credential, starts runs, takes their callbacks, and refuses forged ones', async ({
		client,
		n8n,
		sandbox,
		credential,
	}) => {
		const tested = await client.testCredential(credential.id, {
			name: credential.name,
			type: 'nenAiApi',
			data: { apiKey: sandbox.apiKey, baseUrl: sandbox.url },
		});
		expect(tested).toEqual({
			status: 'OK',
			message: 'NenAI accepted this API key. Nothing was started.',
		});

		const handler = await activate(client, chain('callbacks', [trigger('callbacks', credential)]));
		const parameters = { callback: 'url', callbackUrl: triggerUrl(n8n, 'callbacks') };
		const starter = await activate(
			client,
			chain('start', [
				webhook('start'),
				split('body.names'),
				start(credential, '={{ { NAME: $json["body.names"] } }}', parameters),
			]),
		);
		expect(await call(webhookUrl(n8n, 'start'), { names: ['A', 'B'] })).toBe(200);
		const [started] = await client.endedExecutions(starter, 1);
		const ids = jsonOf(started, 'Start').map(({ messageId }) => messageId);
		const handled = await client.endedExecutions(handler, 2);
		expect(
			handled.map((execution) => jsonOf(execution, 'NenAI Trigger')[0].message_id).sort(),
		).toEqual(ids.sort());
		const forged = await sandbox.deliver({
			url: triggerUrl(n8n, 'callbacks'),
			status: 'success',
			signature: 'wrong-secret',
		});
		expect(forged.answer?.status).toBe(401);
	});

	it('waits for a result, and fetches its file', async ({ client, n8n, sandbox, credential }) => {
		const file = sandbox.files.add({
			name: 'report.pdf',
			size: 50_000,
			contentType: 'application/pdf',
		});
		sandbox.faults.next({
			callbacks: [
				{ status: 'processing' },
				{ status: 'success', body: { assets: sandbox.files.url(file) } },
			],
		});
		const id = await activate(
			client,
			chain('wait', [
				webhook('wait'),
				runAndWait(credential, undefined, outputsIn(version)),
				download(credential, '={{ $json }}'),
			]),
		);
		expect(await call(webhookUrl(n8n, 'wait'), { NAME: 'A' })).toBe(200);
		const [execution] = await client.endedExecutions(id, 1);
		expect(execution.status).toBe('success');
		expect(jsonOf(execution, 'Download')).toEqual([
			expect.objectContaining({ field: 'assets', fileName: 'report.pdf', fileSize: 50_000 }),
		]);
	});

	it('asks NenAI, and offers its workflows by name', async ({ client, sandbox, credential }) => {
		sandbox.setDefaults({ workflowNames: { [ANY_WORKFLOW]: 'Book an appointment' } });
		sandbox.runs.set('m-1', { status: 'running', workflowId: ANY_WORKFLOW });
		const { id } = await client.createWorkflow(
			chain('ask', [
				node('By hand', 'manualTrigger', 1, {}),
				nenAi('Ask', credential, { resource: 'run', operation: 'get', messageId: 'm-1' }),
			]),
		);
		const { executionId = '' } = await client.runWorkflowManually(id);
		const execution = await client.waitForExecution(executionId);
		expect(jsonOf(execution, 'Ask')).toEqual([
			expect.objectContaining({ status: 'running', finished: false }),
		]);
		const offered = await client.searchList(
			start(credential, '{}'),
			'workflowId',
			'searchWorkflows',
			'book',
		);
		expect(offered.map(({ value }) => value)).toEqual([ANY_WORKFLOW]);
	});

	it('Start and Wait has an output for each outcome, or says that this n8n is too old', async ({
		client,
		n8n,
		sandbox,
		credential,
	}) => {
		const branches = ['Success', 'Failed', 'Timed Out'];
		const waiting = runAndWait(credential, undefined, {
			resumeAmount: '={{ $json.body.minutes }}',
			resumeUnit: 'minutes',
		});
		const id = await activate(
			client,
			withBranches(chain('outputs', [webhook('outputs'), waiting]), branches),
		);
		sandbox.setDefaults({ fault: { callbacks: [] } });
		for (const minutes of hasSeveralOutputs(version) ? [30, 0.02] : [30])
			expect(await call(webhookUrl(n8n, 'outputs'), { minutes })).toBe(200);
		if (!hasSeveralOutputs(version)) {
			const [{ data }] = await client.endedExecutions(id, 1, 60_000);
			expect(data.resultData.error?.message).toMatch(
				/^This n8n cannot send .* older than version 2\.39/,
			);
			expect(sandbox.state().requests).toEqual([]);
			return;
		}
		await sandbox.until(({ counts }) => counts.runsStarted === 2, 30_000);
		const failing = sandbox.state().runs.find(({ params }) => params.minutes === 30);
		await client.waitForExecutions(
			id,
			(all) =>
				all.length === 2 && all.every(({ status }) => status !== 'running' && status !== 'new'),
		);
		const { answer } = await sandbox.deliver({
			url: failing?.callbackUrl ?? '',
			messageId: failing?.messageId,
			status: 'failed',
		});
		expect(answer?.status).toBe(200);
		const executions = await client.endedExecutions(id, 2, 120_000);
		const taken = executions.map((execution) =>
			branches.filter((branch) => hasRun(execution, branch)).join(),
		);
		expect(taken.sort()).toEqual(['Failed', 'Timed Out']);
	});

	if (version.startsWith('2.'))
		it('the example that runs many gives the caller its results, or fails before anything is started', async (environment) => {
			const patients = ['Jane Doe', 'John Roe', 'Mary Major'];
			await RunMany.during(root, environment, async (runMany) => {
				const execution = await runMany.begin(patients);
				if (hasSeveralOutputs(version)) {
					await runMany.deliverAll(patients);
					runMany.expectAll(await runMany.results(execution), patients);
					return;
				}
				const { data } = await environment.client.waitForExecution(execution);
				expect(data.resultData.error).toBeDefined();
				expect(environment.sandbox.state().requests).toEqual([]);
			});
		});
});

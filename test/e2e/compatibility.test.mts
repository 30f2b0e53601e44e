/** What a builder does first, in a real n8n of each other version: it shows whether the package works there at all. */
import { join } from 'node:path';
import { chain, node } from '../n8n/build-workflow.mts';
import { OTHER_VERSIONS } from '../n8n/install.mts';
import { withEnvironment } from './cases.mts';
import { jsonOf, startOwnEnvironment } from './environment.mts';
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
});

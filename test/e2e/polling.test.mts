/** The NenAI Polling Trigger in a real n8n, which is killed, and whose NenAI goes away: each run starts the workflow once. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chain, node } from '../n8n/build-workflow.mts';
import { N8N_VERSIONS, NEWEST_N8N } from '../n8n/install.mts';
import { waitFor } from '../n8n/poll.mts';
import { withEnvironment } from './cases.mts';
import {
	EXAMPLE_WORKFLOW,
	jsonOf,
	readExample,
	startOwnEnvironment,
	withParameters,
} from './environment.mts';
import { EVERY_THREE_SECONDS, polling, ranges, watch } from './polledRuns.mts';
import { activate, triggerUrl } from './workflows.mts';

const root = join(__dirname, '../..');

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startOwnEnvironment({ root, version }));

	it('each run that ended comes out once: n8n is killed, NenAI is down, the trigger is renamed', async (environment) => {
		const { n8n, client, sandbox, credential } = environment;
		sandbox.runs.set('m-0', { status: 'running', workflowId: 'w-1' });
		sandbox.runs.set('old', { status: 'completed', workflowId: 'w-1' });
		const id = await activate(
			client,
			chain('polling', [polling(credential), node('Done', 'noOp', 1, {})]),
		);
		const { started, failed, end, untilStarted, untilAsked } = watch(environment, id);
		await waitFor(
			'the first poll',
			() => (sandbox.state().counts.mcpToolCalls > 0 ? true : undefined),
			{ timeoutMs: 30_000 },
		);
		await sleep(1000);

		end(ranges(0, 5));
		await untilStarted(5);
		await untilAsked(2);

		await n8n.kill();
		end(ranges(5, 75));
		await n8n.start();
		await untilStarted(75);

		sandbox.mcpFaults.add({ connection: 'drop' });
		end(ranges(75, 80), 'failed');
		await waitFor('a failed poll', async () => (await failed())[0], { timeoutMs: 60_000 });
		sandbox.mcpFaults.clear();
		await untilStarted(80);

		// n8n starts while NenAI is down: it goes on polling.
		sandbox.mcpFaults.add({ connection: 'drop' });
		await n8n.kill();
		end(ranges(80, 90));
		await n8n.start();
		await sleep(2000);
		sandbox.mcpFaults.clear();
		await untilStarted(90);

		// In use by n8n under another name, without a restart.
		end(ranges(90, 95));
		const renamed = chain('polling', [polling(credential, 'Other'), node('Done', 'noOp', 1, {})]);
		await client.updateWorkflow(id, renamed);
		await client.activate(id);
		await untilStarted(95);

		await client.deactivate(id);
		end(ranges(95, 100));
		await client.activate(id);
		await untilStarted(100);

		// Polls begin while others are running.
		sandbox.mcpFaults.add({ match: { method: 'tools/call' }, latencyMs: 5000 });
		end(ranges(100, 110));
		await untilStarted(110);
		await untilAsked(2);
		sandbox.mcpFaults.clear();

		await untilAsked(3);
		expect([...(await started())].sort()).toEqual(ranges(0, 110).sort());
		const [error] = await failed();
		expect(JSON.stringify(error.data.resultData.error)).toContain('NenAI');
		expect(JSON.stringify(error.data)).not.toContain(sandbox.apiKey);
	});

	it('a test in the editor gives the run that ended last', async (environment) => {
		const { client, credential } = environment;
		const { id } = await client.createWorkflow(
			chain('testing', [polling(credential), node('Done', 'noOp', 1, {})]),
		);
		const { end } = watch(environment, id);
		end(['m-1', 'm-2']);
		const { executionId } = await client.runWorkflowManually(id);
		const execution = await client.waitForExecution(String(executionId));
		expect(jsonOf(execution, 'Done')).toEqual([
			expect.objectContaining({ messageId: 'm-2', finished: true }),
		]);
	});

	if (version !== NEWEST_N8N) return;

	it('the example lost-callbacks reports each run without a callback, once', async (environment) => {
		const { client, sandbox, importExample, n8n } = environment;
		const id = await importExample('lost-callbacks', (example) =>
			withParameters(
				withParameters(example, 'NenAI Polling Trigger', { pollTimes: EVERY_THREE_SECONDS }),
				'Wait for the callback',
				{ amount: 2, unit: 'seconds' },
			),
		);
		const { executionId } = await client.runWorkflowManually(id, { trigger: 'Run by hand' });
		await client.waitForExecution(String(executionId));
		await client.activate(id);
		await waitFor(
			'the first poll',
			() => (sandbox.state().counts.mcpToolCalls > 0 ? true : undefined),
			{ timeoutMs: 30_000 },
		);
		await sleep(1000);
		const trigger = readExample(root, 'lost-callbacks').nodes.find(({ type }) =>
			type.endsWith('.nenAiTrigger'),
		);
		const statuses = ['success', 'failed', 'success', 'failed'];
		for (const [n, status] of statuses.entries()) {
			const messageId = `m-${n}`;
			if (n < 2)
				await sandbox.deliver({
					url: triggerUrl(n8n, String(trigger?.webhookId)),
					workflowId: EXAMPLE_WORKFLOW,
					messageId,
					status,
				});
			sandbox.runs.set(messageId, { status, workflowId: EXAMPLE_WORKFLOW });
		}
		const nodes = async (name: string) => {
			const settled = (await client.executions(id)).filter(({ status }) => status === 'success');
			const all = await Promise.all(settled.map((each) => client.waitForExecution(each.id)));
			return all.flatMap((execution) => jsonOf(execution, name));
		};
		await waitFor(
			'two reports',
			async () => ((await nodes('Needs a person')).length >= 2 ? true : undefined),
			{ timeoutMs: 60_000 },
		);
		await sleep(8000);
		expect((await nodes('Needs a person')).map(({ messageId }) => messageId).sort()).toEqual([
			'm-2',
			'm-3',
		]);
		expect(await nodes('Your steps go here')).toHaveLength(2);
		expect(await client.tables.rows('NenAI callbacks')).toHaveLength(2);
	});
});

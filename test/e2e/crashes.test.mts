/** n8n, or NenAI, goes away in the middle and comes back: nothing is doubled, nothing is lost. One n8n process on SQLite. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chain } from '../n8n/build-workflow.mts';
import { N8N_VERSIONS } from '../n8n/install.mts';
import type { DeliverOptions, RunRecord } from '../sandbox/index.mts';
import { withEnvironment } from './cases.mts';
import { jsonOf, startOwnEnvironment } from './environment.mts';
import {
	activate,
	ANY_WORKFLOW,
	call,
	outputsIn,
	runAndWait,
	split,
	start,
	trigger,
	triggerUrl,
	untilWaiting,
	webhook,
	webhookUrl,
} from './workflows.mts';

const root = join(__dirname, '../..');

const numbers = (count: number) => Array.from({ length: count }, (_, N) => N);

/** The numbers with which runs were started, smallest first. */
const started = (runs: readonly RunRecord[]) =>
	runs.map(({ params }) => Number(params.N)).sort((a, b) => a - b);

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startOwnEnvironment({ root, version }));

	it('killed while executions wait: after the restart each goes on with its own signed result, and with nothing else', async ({
		n8n,
		client,
		sandbox,
		credential,
	}) => {
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const id = await activate(
			client,
			chain('waiting', [webhook('waiting'), runAndWait(credential, undefined, outputsIn(version))]),
		);
		for (const N of numbers(5)) expect(await call(webhookUrl(n8n, 'waiting'), { N })).toBe(200);
		await untilWaiting(client, id, 5);
		const { runs } = sandbox.state();
		// Anyone can guess these addresses of 1.123: there the signature alone protects an execution.
		if (version === '1.123.81')
			for (const { callbackUrl } of runs) expect(callbackUrl).toMatch(/\/webhook-waiting\/\d+$/);
		await n8n.kill();
		await n8n.start();

		const deliver = async (
			{ messageId, callbackUrl, params }: RunRecord,
			what: Partial<DeliverOptions> = {},
		) =>
			(
				await sandbox.deliver({
					url: callbackUrl ?? '',
					messageId,
					workflowId: ANY_WORKFLOW,
					status: 'success',
					body: { own: params.N },
					...what,
				})
			).answer?.status;
		expect(await deliver(runs[0], { signature: 'wrong-secret' })).toBe(401);
		expect(await deliver(runs[0], { signature: 'missing' })).toBe(401);
		expect(await deliver(runs[0], { signature: 'malformed' })).toBe(401);
		expect(await deliver(runs[0], { messageId: runs[1].messageId })).toBe(409);
		expect(await deliver(runs[0], { status: 'processing' })).toBe(200);
		const form = await fetch(runs[0].callbackUrl ?? '', {
			method: 'POST',
			body: new FormData(),
			headers: { 'x-hmac-signature': `sha256=${'0'.repeat(64)}` },
		});
		expect(form.status).toBe(401);
		await untilWaiting(client, id, 5);

		for (const run of runs) expect(await deliver(run)).toBe(200);
		const executions = await client.endedExecutions(id, 5);
		const pairs = executions.map((execution) => [
			(jsonOf(execution, 'Webhook')[0].body as { N: number }).N,
			jsonOf(execution, 'Run and wait')[0].own,
		]);
		expect(pairs.sort()).toEqual(numbers(5).map((N) => [N, N]));
	});

	it('killed while 50 runs are being started: none is started twice, and the execution says that it crashed', async ({
		n8n,
		client,
		sandbox,
		credential,
	}) => {
		sandbox.setDefaults({ fault: { latencyMs: 200 } });
		const nodes = [
			webhook('batch'),
			split('body.numbers'),
			start(credential, '={{ { N: $json["body.numbers"] } }}'),
		];
		const id = await activate(client, chain('batch', nodes));
		expect(await call(webhookUrl(n8n, 'batch'), { numbers: numbers(50) })).toBe(200);
		await sandbox.until(({ counts }) => counts.runsStarted >= 15, 30_000);
		await n8n.kill();
		// What was sent before the end is still decided.
		await sleep(500);
		const before = started(sandbox.state().runs);
		expect(before.length).toBeLessThan(50);
		expect(new Set(before).size).toBe(before.length);

		await n8n.start();
		const [{ id: execution }] = await client.waitForExecutions(id);
		const { status, data } = await client.execution(execution);
		process.stderr.write(
			`n8n ${version} killed after ${before.length} of 50 runs: status ${status}, "${data.resultData.error?.message}"\n`,
		);
		expect(status).toBe('crashed');
		expect(started(sandbox.state().runs)).toEqual(before);
	});

	it('not there when callbacks come: they arrive by the retries of NenAI, and are handled once', async ({
		n8n,
		client,
		sandbox,
		credential,
	}) => {
		sandbox.setDefaults({ retryDelaysMs: Array.from({ length: 60 }, () => 1000) });
		const id = await activate(client, chain('missed', [trigger('missed', credential)]));
		const starter = await activate(
			client,
			chain('starter', [
				webhook('starter'),
				split('body.numbers'),
				start(credential, '={{ { N: $json["body.numbers"] } }}', {
					callback: 'url',
					callbackUrl: triggerUrl(n8n, 'missed'),
				}),
			]),
		);
		sandbox.setDefaults({ processingAfterMs: 4000, finalAfterMs: 4000 });
		expect(await call(webhookUrl(n8n, 'starter'), { numbers: numbers(5) })).toBe(200);
		await client.waitForExecutions(starter);
		await n8n.kill();
		await sandbox.until(
			({ deliveries }) => deliveries.filter(({ answer }) => answer === null).length >= 10,
			30_000,
		);
		await n8n.start();
		await sandbox.until(({ counts }) => counts.pendingCallbacks === 0, 90_000);
		// Until its database is migrated, n8n answers every request with 200 by itself, so nobody sends these again.
		const swallowed = sandbox
			.state()
			.deliveries.filter(
				({ answer }) => answer?.status === 200 && answer.body.startsWith('n8n is starting up'),
			);
		process.stderr.write(
			`n8n ${version}: ${swallowed.length} callbacks were taken by n8n itself while it was starting\n`,
		);
		for (const { messageId, status } of swallowed)
			expect((await sandbox.deliver({ messageId, status })).answer?.status).toBe(200);
		const executions = await client.endedExecutions(id, 5);
		const handled = executions
			.flatMap((execution) => jsonOf(execution, 'NenAI Trigger'))
			.map(({ message_id }) => message_id);
		expect(handled.sort()).toEqual(
			sandbox
				.state()
				.runs.map(({ messageId }) => messageId)
				.sort(),
		);
	});

	it('a callback that came before a restart of n8n is known after it', async ({
		n8n,
		client,
		sandbox,
		credential,
	}) => {
		const id = await activate(client, chain('known', [trigger('known', credential)]));
		const deliver = async () =>
			(
				await sandbox.deliver({
					url: triggerUrl(n8n, 'known'),
					messageId: 'm-1',
					status: 'success',
				})
			).answer;
		expect(await deliver()).toEqual({ status: 200, body: '{"received":true}' });
		await client.waitForExecutions(id);
		await n8n.restart();
		expect(await deliver()).toEqual({
			status: 200,
			body: '{"received":true,"ignored":"duplicate"}',
		});
		expect(await client.executions(id)).toHaveLength(1);
	});

	it('NenAI cannot be reached for a while: Start tries until it is back, and starts each run once', async ({
		n8n,
		client,
		sandbox,
		credential,
	}) => {
		const id = await activate(
			client,
			chain('away', [
				webhook('away'),
				split('body.numbers'),
				start(credential, '={{ { N: $json["body.numbers"] } }}', { options: { maxTries: 20 } }),
			]),
		);
		await sandbox.stop();
		try {
			expect(await call(webhookUrl(n8n, 'away'), { numbers: numbers(5) })).toBe(200);
			await sleep(2000);
		} finally {
			await sandbox.start();
		}
		const [{ id: execution }] = await client.waitForExecutions(id, undefined, 90_000);
		expect((await client.execution(execution)).status).toBe('success');
		expect(started(sandbox.state().runs)).toEqual(numbers(5));
	});
});

/** Queue mode: a main process, two workers and a webhook processor on Redis and PostgreSQL. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INode } from 'n8n-workflow';
import { chain, node } from '../n8n/build-workflow.mts';
import { isSettled, type ExecutionSummary } from '../n8n/client.mts';
import { unflatten } from '../n8n/execution-data.mts';
import type { DeliverOptions, RunRecord } from '../sandbox/index.mts';
import { withEnvironment } from './cases.mts';
import { openCluster, type Cluster } from './queue/cluster.mts';
import { queryColumn } from './queue/postgres.mts';
import { polling, ranges, watch } from './polledRuns.mts';
import { seededRandom } from './random.mts';
import { RunMany, successOf } from './runMany.mts';
import { itemsOf, jsonOf } from './environment.mts';
import {
	activate,
	ANY_WORKFLOW,
	call,
	download,
	nenAi,
	runAndWait,
	split,
	start,
	trigger,
	triggerUrl,
	untilWaiting,
	webhook,
	webhookUrl,
} from './workflows.mts';

/** Starts of n8n are slow, and here are four of them. */
jest.setTimeout(300_000);

const it = withEnvironment(openCluster);

/** How many callbacks come at the same time while servers are restarted. */
const SENDERS = 5;

const numbers = (count: number) => Array.from({ length: count }, (_, N) => N);

/** Sends callbacks, several at a time, and gives the status of each answer. */
async function deliverAll(
	{ sandbox }: Cluster,
	callbacks: DeliverOptions[],
	atATime = 10,
): Promise<Array<number | undefined>> {
	const statuses: Array<number | undefined> = [];
	for (let from = 0; from < callbacks.length; from += atATime) {
		const some = await Promise.all(
			callbacks.slice(from, from + atATime).map((callback) => sandbox.deliver(callback)),
		);
		statuses.push(...some.map(({ answer }) => answer?.status));
	}
	return statuses;
}

it('Start: a worker starts one run for each item', async (cluster) => {
	const { client, webhooks, sandbox, credential } = cluster;
	const id = await activate(
		client,
		chain('start', [
			webhook('start'),
			split('body.numbers'),
			start(credential, '={{ { N: $json["body.numbers"] } }}'),
		]),
	);
	expect(await call(webhookUrl(webhooks, 'start'), { numbers: numbers(30) })).toBe(200);
	const [execution] = await client.endedExecutions(id, 1, 120_000);
	expect(
		sandbox
			.state()
			.runs.map(({ params }) => params.N)
			.sort((a, b) => Number(a) - Number(b)),
	).toEqual(numbers(30));
	const idOf = (N: number) => sandbox.state().runs.find(({ params }) => params.N === N)?.messageId;
	expect(jsonOf(execution, 'Start').map(({ messageId }) => messageId)).toEqual(
		numbers(30).map(idOf),
	);
});

it('trigger: each of 200 callbacks starts exactly one execution, on both workers', async (cluster) => {
	const { client, webhooks, credential } = cluster;
	const id = await activate(client, chain('trigger', [trigger('trigger', credential)]));
	const url = triggerUrl(webhooks, 'trigger');
	// How long an answer takes is for the benchmark: here no callback may be sent twice.
	cluster.sandbox.setDefaults({ answerTimeoutMs: 60_000 });
	const callbacks = numbers(200).map((N) => ({
		url,
		messageId: `m-${N}`,
		status: 'success',
		body: { N },
	}));
	expect(await deliverAll(cluster, callbacks)).toEqual(numbers(200).map(() => 200));
	expect(
		await deliverAll(cluster, [
			{ ...callbacks[199] },
			{ ...callbacks[0], signature: 'wrong-secret' },
		]),
	).toEqual([200, 401]);
	const executions = await client.endedExecutions(id, 200, 120_000);
	const seen = executions
		.flatMap((execution) => jsonOf(execution, 'NenAI Trigger'))
		.map(({ message_id }) => message_id);
	expect(seen.sort()).toEqual(callbacks.map(({ messageId }) => messageId).sort());
	for (const worker of cluster.workers) expect(worker.log()).toMatch(/Worker finished execution/);
});

it('Download: the file is there for all processes', async (cluster) => {
	const { client, webhooks, sandbox, credential } = cluster;
	const id = await activate(client, chain('download', [webhook('download'), download(credential)]));
	const file = sandbox.files.add({ name: 'report.pdf', size: 500_000 });
	expect(await call(webhookUrl(webhooks, 'download'), { assets: sandbox.files.url(file) })).toBe(
		200,
	);
	const [execution] = await client.endedExecutions(id, 1, 120_000);
	const [item] = itemsOf(execution, 'Download');
	const bytes = await client.downloadBinary(String(item.binary?.data.id));
	expect(createHash('sha256').update(bytes).digest('hex')).toBe(sandbox.files.sha256(file));
});

it('a desktop is deleted at the end: after a success, after Stop, and after a wait', async (cluster) => {
	const { client, webhooks, sandbox, credential } = cluster;
	sandbox.setDefaults({ fault: { callbacks: [] } });
	const create = nenAi('Create', credential, {
		resource: 'desktop',
		operation: 'create',
		options: { deleteAtEnd: true },
	});
	const wait = (name: string, duration: number) =>
		nenAi(name, credential, {
			resource: 'computer',
			operation: 'wait',
			desktopId: "={{ $('Create').first().json.desktop_id }}",
			duration,
		});
	const begin = async (path: string, nodes: INode[]) => {
		const id = await activate(client, chain(path, [webhook(path), create, ...nodes]));
		expect(await call(webhookUrl(webhooks, path), {})).toBe(200);
		return id;
	};
	const untilDeleted = async (count: number) =>
		await sandbox.until(
			() => sandbox.desktops.all().filter(({ status }) => status === 'deleted').length === count,
			60_000,
		);
	await begin('delete-success', [wait('Short', 0)]);
	await untilDeleted(1);
	// n8n 2.41.1 does not stop what a webhook processor has enqueued: the worker finishes the execution.
	const stopped = await begin('delete-stop', [wait('Long', 5)]);
	await sandbox.until(({ desktopActions }) => desktopActions.length === 2, 60_000);
	const [{ id }] = await client.executions(stopped);
	await client.stopExecution(id);
	await untilDeleted(2);
	const waiting = await begin('delete-wait', [
		runAndWait(credential, '={{ {} }}', { outputs: 'single' }),
		wait('Short', 0),
	]);
	await untilWaiting(client, waiting, 1);
	const [{ messageId, workflowId, callbackUrl }] = sandbox.state().runs;
	expect(sandbox.desktops.all()[2].status).toBe('running');
	await sandbox.deliver({ url: callbackUrl ?? '', messageId, workflowId, status: 'success' });
	await untilDeleted(3);
});

it('a worker is killed while it starts 50 runs: none is started twice, by no worker', async (cluster) => {
	const { client, webhooks, sandbox, credential, workers } = cluster;
	sandbox.setDefaults({ fault: { latencyMs: 200 } });
	const id = await activate(
		client,
		chain('batch', [
			webhook('batch'),
			split('body.numbers'),
			start(credential, '={{ { N: $json["body.numbers"] } }}'),
		]),
	);
	// So that it is known which one gets the batch.
	await workers[1].stop();
	expect(await call(webhookUrl(webhooks, 'batch'), { numbers: numbers(50) })).toBe(200);
	await sandbox.until(({ counts }) => counts.runsStarted >= 15, 30_000);
	await workers[0].kill();
	await sleep(500);
	const before = sandbox.state().runs.map(({ params }) => params.N);
	for (const worker of workers) await worker.start();
	// The queue notices that the batch has lost its worker, and n8n gives it up.
	const [{ id: execution }] = await client.waitForExecutions(id, undefined, 60_000);
	const { status, data } = await client.execution(execution);
	process.stderr.write(
		`A worker was killed after ${before.length} of 50 runs: status ${status}, "${data.resultData.error?.message}"\n`,
	);
	expect(status).not.toBe('success');
	expect(before.length).toBeLessThan(50);
	expect(new Set(before).size).toBe(before.length);
	expect(sandbox.state().runs.map(({ params }) => params.N)).toEqual(before);
});

it('Redis and PostgreSQL are restarted while callbacks come: each that was answered 200 has its execution', async (cluster) => {
	const { client, webhooks, sandbox, credential, redis, postgres } = cluster;
	const id = await activate(client, chain('restarts', [trigger('restarts', credential)]));
	const ids = numbers(150).map((N) => `m-${N}`);
	const toSend = [...ids];
	const tries = new Map<string, number>();
	/** Sends as NenAI does: again, until it is answered 200. */
	const sender = async () => {
		for (let messageId = toSend.shift(); messageId !== undefined; messageId = toSend.shift()) {
			for (let tried = 1, status = 0; status !== 200 && tried <= 60; tried += 1) {
				const { answer } = await sandbox.deliver({
					url: triggerUrl(webhooks, 'restarts'),
					messageId,
					status: 'success',
				});
				status = answer?.status ?? 0;
				tries.set(messageId, tried);
				if (status !== 200) await sleep(500);
				else answered.add(messageId);
			}
		}
	};
	const answered = new Set<string>();
	const until = async (count: number) => {
		while (answered.size < count && toSend.length > 0) await sleep(20);
	};
	const restarts = async () => {
		await until(40);
		await redis.restart();
		await until(80);
		await postgres.restart();
	};
	await Promise.all([...numbers(SENDERS).map(sender), restarts()]);
	expect([...answered].sort()).toEqual([...ids].sort());

	// n8n may fail to store the end of what was running at either restart: that stays "running" in its list.
	const isOver = (all: ExecutionSummary[]) =>
		all.length >= ids.length && all.filter(isSettled).length >= ids.length - 2 * SENDERS;
	const list = await client.waitForExecutions(id, isOver, 120_000);
	const stored = await storedExecutions(cluster, id);
	const started = stored.flatMap(({ messageId }) => messageId ?? []);
	const again = [...tries.values()].filter((tried) => tried > 1).length;
	const unsettled = list.filter((execution) => !isSettled(execution)).length;
	process.stderr.write(
		`Restarts of Redis and PostgreSQL: of ${ids.length} callbacks ${again} were sent more than once; ${stored.length} executions, ${unsettled} of them without an end yet, ${stored.length - started.length} failed by n8n\n`,
	);
	// One for which the database does not answer between storing and queueing it, n8n fails and empties, and confirms the callback.
	const failed = stored.filter(
		({ messageId, error }) =>
			messageId === undefined &&
			/timeout exceeded when trying to connect|[Cc]onnection terminated|terminating connection|database system is/.test(
				error ?? '',
			),
	);
	const missing = ids.filter((messageId) => !started.includes(messageId));
	process.stderr.write(
		missing
			.map(
				(messageId) =>
					`Failed by n8n with the database's error: ${messageId}, sent ${tries.get(messageId)} times\n`,
			)
			.join(''),
	);
	expect(missing.length).toBeLessThanOrEqual(failed.length);
	expect(failed.length).toBeLessThanOrEqual(SENDERS);
	expect([...new Set(started), ...missing].sort()).toEqual([...ids].sort());
});

/**
 * The message ID with which each execution of a workflow was started, whether it has come to its end or not, and its error.
 *
 * From the database: n8n hides the data of an execution from everybody when, at its start, the database did not tell it
 * whether its credentials are somebody's private ones.
 */
async function storedExecutions(
	{ postgres }: Cluster,
	workflowId: string,
): Promise<Array<{ messageId?: string; error?: string }>> {
	const texts = await queryColumn(
		postgres,
		`SELECT data FROM execution_data JOIN execution_entity ON id = "executionId" WHERE execution_entity."workflowId" = '${workflowId}'`,
	);
	return texts.map((text) => {
		const { resultData, executionData } = unflatten(text);
		const [run] = resultData.runData['NenAI Trigger'] ?? [];
		const [first] = executionData?.nodeExecutionStack ?? [];
		const messageId = (run?.data?.main ?? first?.data.main)?.[0]?.[0]?.json.message_id as
			| string
			| undefined;
		return { messageId, error: resultData.error?.message };
	});
}

describe('the example that runs many and waits for all', () => {
	const root = join(__dirname, '../..');
	const patients = numbers(50).map((n) => `patient ${n}`);

	/** Calls the example while something happens to n8n, and expects each row to get its own result. */
	async function expectResults(
		cluster: Cluster,
		{ waiting, middle }: { waiting?: () => Promise<void>; middle?: () => Promise<void> } = {},
	): Promise<void> {
		const use = async (runMany: RunMany) => {
			const execution = await runMany.begin(patients);
			if (waiting !== undefined) {
				await runMany.untilWaiting(execution);
				await waiting();
			}
			const runs = await runMany.runsOf(patients);
			const { never } = await runMany.deliverRandomly(runs, seededRandom(), middle);
			await Promise.all(never.map(async (run) => await runMany.send(successOf(run))));
			runMany.expectAll(await runMany.results(execution), patients);
			expect(cluster.sandbox.state().counts.runsStarted).toBe(patients.length);
		};
		// NenAI is not asked, so that each row can only have its callback.
		await RunMany.during(root, cluster, use, { overdueSeconds: 600 });
	}

	it('50 rows: the caller goes on once, whichever worker has the last callback', async (cluster) => {
		await expectResults(cluster);
	});

	it('the same, with a worker killed in the middle of the callbacks', async (cluster) => {
		await expectResults(cluster, {
			middle: async () => {
				await cluster.workers[0].kill();
				await sleep(1000);
				await cluster.workers[0].start();
			},
		});
	});

	it('the same, with the main process, the webhook processor and a worker killed while it waits', async (cluster) => {
		const { main, webhooks, workers } = cluster;
		await expectResults(cluster, {
			waiting: async () => {
				for (const one of [main, webhooks, workers[1]]) await one.kill();
				await sleep(1000);
				for (const one of [main, webhooks, workers[1]]) await one.start();
			},
		});
	});
});

it('polling trigger: each run that ended starts one execution, with the main process and a worker killed', async (cluster) => {
	const { client, sandbox, credential, main, workers } = cluster;
	sandbox.runs.set('m-0', { status: 'running', workflowId: 'w-1' });
	const id = await activate(
		client,
		chain('polling', [polling(credential), node('Done', 'noOp', 1, {})]),
	);
	const { started, end, untilStarted, untilAsked } = watch(cluster, id);
	await untilAsked();
	await sleep(1000);
	end(ranges(0, 10));
	await untilStarted(10);
	await untilAsked(2);
	for (const one of [main, workers[0]]) await one.kill();
	end(ranges(10, 30));
	for (const one of [main, workers[0]]) await one.start();
	await untilStarted(30);
	await untilAsked(2);
	expect((await started()).sort()).toEqual(ranges(0, 30).sort());
	await client.deactivate(id);
});

describe('Start and Wait', () => {
	/** Executions that wait for a result each: their workflow's id and their runs. */
	async function waiting(
		{ client, webhooks, sandbox, credential }: Cluster,
		path: string,
		count: number,
	): Promise<{ id: string; runs: RunRecord[] }> {
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const id = await activate(client, chain(path, [webhook(path), runAndWait(credential)]));
		for (const N of numbers(count)) expect(await call(webhookUrl(webhooks, path), { N })).toBe(200);
		await untilWaiting(client, id, count);
		return { id, runs: [...sandbox.state().runs] };
	}

	const resultOf = ({ messageId, callbackUrl, params }: RunRecord): DeliverOptions => ({
		messageId,
		url: callbackUrl ?? '',
		workflowId: ANY_WORKFLOW,
		status: statusOf(Number(params.N)),
		body: { own: params.N },
	});

	/** Every other run fails. */
	const statusOf = (N: number) => (N % 2 === 0 ? 'success' : 'failed');

	/** Sends each run its result, and expects each execution to go on with its own. */
	async function expectOwnResults(
		cluster: Cluster,
		{ id, runs }: { id: string; runs: RunRecord[] },
	): Promise<void> {
		expect(await deliverAll(cluster, runs.map(resultOf), 3)).toEqual(runs.map(() => 200));
		const executions = await cluster.client.endedExecutions(id, runs.length, 120_000);
		expect(executions.map(({ status }) => status)).toEqual(runs.map(() => 'success'));
		const pairs = executions.map((execution) => ({
			sent: (jsonOf(execution, 'Webhook')[0].body as { N: number }).N,
			got: [0, 1, 2].flatMap((output) =>
				jsonOf(execution, 'Run and wait', output).map(({ own }) => [output, own]),
			),
		}));
		expect(pairs.map(({ sent }) => sent).sort((a, b) => a - b)).toEqual(numbers(runs.length));
		for (const { sent, got } of pairs)
			expect(got).toEqual([[statusOf(sent) === 'success' ? 0 : 1, sent]]);
	}

	it('each execution goes on with its own result, through the right output; forged ones and those of others change nothing', async (cluster) => {
		const waits = await waiting(cluster, 'wait', 10);
		const [first, second] = waits.runs;
		const bad = [
			{ ...resultOf(first), signature: 'wrong-secret' as const },
			{ ...resultOf(first), signature: 'missing' as const },
			{ ...resultOf(first), messageId: second.messageId },
			{ ...resultOf(first), status: 'processing' },
		];
		expect(await deliverAll(cluster, bad, 1)).toEqual([401, 401, 409, 200]);
		await untilWaiting(cluster.client, waits.id, 10);
		await expectOwnResults(cluster, waits);
	});

	it('a worker, the webhook processor and the main process are killed while executions wait: each goes on with its own result', async (cluster) => {
		const waits = await waiting(cluster, 'kill', 10);
		for (const one of [cluster.workers[0], cluster.webhooks, cluster.main]) await one.kill();
		for (const one of [cluster.main, cluster.webhooks, cluster.workers[0]]) await one.start();
		await expectOwnResults(cluster, waits);
	});

	it('an execution from the editor can simulate: nothing is sent', async ({
		client,
		sandbox,
		credential,
	}) => {
		const parameters = { testExecutions: 'simulate', simulatedOutcome: 'failed' };
		const { id } = await client.createWorkflow(
			chain('simulated', [
				node('By hand', 'manualTrigger', 1, {}),
				runAndWait(credential, '{ "N": 1 }', parameters),
			]),
		);
		const { executionId = '' } = await client.runWorkflowManually(id);
		const execution = await client.waitForExecution(executionId);
		expect(jsonOf(execution, 'Run and wait', 1)).toEqual([
			expect.objectContaining({ message_id: expect.stringMatching(/^simulated-/) }),
		]);
		expect(sandbox.state().requests).toEqual([]);
	});
});

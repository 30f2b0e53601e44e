/** Executions that wait: many at once, after a crash, and on an n8n whose resume URLs can be guessed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { isSettled, type WorkflowJson } from '../n8n/client.mts';
import { N8N_VERSIONS } from '../n8n/install.mts';
import { packBuilt } from '../n8n/pack.mts';
import { hasRun, itemsOf, openStage, type Stage } from './stage.mts';

const ROOT = join(__dirname, '../..');
const WORKFLOW = 'any-workflow';

const node = (name: string, type: string, typeVersion: number, parameters: INode['parameters'], more: Partial<INode> = {}): INode => ({
	id: name,
	name,
	type,
	typeVersion,
	position: [0, 0],
	parameters,
	...more,
});

/** Nodes one behind the other. */
const chain = (name: string, nodes: INode[]): WorkflowJson => ({
	name,
	nodes,
	connections: Object.fromEntries(
		nodes.slice(1).map((next, index) => [nodes[index].name, { main: [[{ node: next.name, type: 'main', index: 0 }]] }]),
	),
	settings: { executionOrder: 'v1' },
});

const webhook = (path: string) =>
	node('Webhook', 'n8n-nodes-base.webhook', 2, { httpMethod: 'POST', path, responseMode: 'onReceived', options: {} }, { webhookId: `e2e-${path}` });

let tarball: string;
let failed = false;

beforeAll(async () => {
	tarball = await packBuilt(ROOT);
});

/** Keeps the files of the stage when a test fails. */
function testOn(stage: () => Stage) {
	return (name: string, work: (stage: Stage) => Promise<void>) =>
		test(name, async () => {
			stage().sandbox.reset();
			stage().sandbox.setDefaults({ workflows: null });
			try {
				await work(stage());
			} catch (error) {
				failed = true;
				throw error;
			}
		});
}

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	let stage: Stage;
	let credential: { id: string; name: string };
	const on = testOn(() => stage);

	beforeAll(async () => {
		stage = await openStage({ root: ROOT, version, tarball });
		const { apiKey, url: baseUrl, webhookSecret } = stage.sandbox;
		const name = 'NenAI';
		credential = { name, id: await stage.client.createCredential({ name, type: 'nenAiApi', data: { apiKey, baseUrl, webhookSecret } }) };
	});
	afterAll(() => stage?.close({ keepFiles: failed }));

	const runAndWait = (parametersJson: string) =>
		node('Run and wait', 'n8n-nodes-nenai.nenAi', 1, {
			resource: 'run',
			operation: 'startAndWait',
			workflowId: WORKFLOW,
			parametersMode: 'json',
			parametersJson,
			options: {},
		}, { credentials: { nenAiApi: credential } });

	/** A webhook that starts a run with its body as parameters, and waits. */
	async function waitingWorkflow(path: string, after: INode[] = []): Promise<string> {
		const wait = runAndWait('={{ $json.body }}');
		const { id } = await stage.client.createWorkflow(chain(path, [webhook(path), wait, ...after]));
		await stage.client.activate(id);
		return id;
	}

	const call = async (path: string, body: object) => {
		const { status } = await fetch(`${stage.n8n.webhookUrl}/webhook/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		expect(status).toBe(200);
	};

	/** Waits until n8n has stored so many executions as waiting. */
	const untilWaiting = async (id: string, count: number) =>
		await stage.client.waitForExecutions(id, (all) => all.filter(({ status }) => status === 'waiting').length === count, 120_000);

	on('a waiting execution survives SIGKILL, and only its own signed callback resumes it', async ({ n8n, client, sandbox }) => {
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const id = await waitingWorkflow(`kill-${version}`);
		await call(`kill-${version}`, { N: 1 });
		await untilWaiting(id, 1);
		const [{ messageId, callbackUrl }] = sandbox.state().runs;
		if (version === '1.123.81') expect(callbackUrl).toMatch(/\/webhook-waiting\/\d+$/);
		await n8n.kill();
		await n8n.start();

		const deliver = async (what: object) =>
			(await sandbox.deliver({ url: callbackUrl ?? '', messageId, workflowId: WORKFLOW, status: 'success', ...what })).answer?.status;
		expect(await deliver({ signature: 'wrong-secret' })).toBe(401);
		expect(await deliver({ signature: 'missing' })).toBe(401);
		expect(await deliver({ signature: 'malformed' })).toBe(401);
		expect(await deliver({ messageId: 'of-another-run' })).toBe(409);
		expect(await deliver({ status: 'processing' })).toBe(200);
		const form = await fetch(callbackUrl ?? '', { method: 'POST', body: new FormData(), headers: { 'x-hmac-signature': `sha256=${'0'.repeat(64)}` } });
		expect(form.status).toBe(401);
		expect((await client.executions(id)).map(({ status }) => status)).toEqual(['waiting']);

		expect(await deliver({ body: { value: 'mine' } })).toBe(200);
		const [{ id: execution }] = await client.waitForExecutions(id);
		expect(itemsOf(await client.execution(execution), 'Run and wait').map(({ json }) => json.value)).toEqual(['mine']);
	});

	if (version === '2.41.1') {
		on('100 wait; of 140 callbacks in random order exactly 100 resume, each with its own result', async ({ client, sandbox }) => {
			sandbox.setDefaults({ fault: { callbacks: [] } });
			const id = await waitingWorkflow('hundred');
			const numbers = Array.from({ length: 100 }, (_, N) => N);
			for (let i = 0; i < 100; i += 10) await Promise.all(numbers.slice(i, i + 10).map((N) => call('hundred', { N })));
			await untilWaiting(id, 100);
			const { runs } = sandbox.state();
			expect(runs).toHaveLength(100);

			const genuine = (run: (typeof runs)[number]) => ({ url: run.callbackUrl ?? '', messageId: run.messageId, workflowId: WORKFLOW, status: 'success', body: { own: run.params.N } });
			const callbacks = [
				...runs.map(genuine),
				...runs.slice(0, 20).map((run) => ({ ...genuine(run), body: { own: 'forged' }, signature: 'wrong-secret' as const })),
				...runs.slice(40, 60).map(genuine),
			].sort(() => Math.random() - 0.5);
			const answers: Array<{ forged: boolean; status: number }> = [];
			for (let i = 0; i < callbacks.length; i += 5) {
				const deliveries = await Promise.all(callbacks.slice(i, i + 5).map((callback) => sandbox.deliver(callback)));
				answers.push(...deliveries.map(({ answer, body }) => ({ forged: body.includes('forged'), status: answer?.status ?? 0 })));
			}
			const ended = await client.waitForExecutions(id, (all) => all.length === 100 && all.every(isSettled), 120_000);
			const executions = await Promise.all(ended.map(({ id: execution }) => client.execution(execution)));
			const results = executions.map((execution) => {
				const [{ json: sent }] = itemsOf(execution, 'Webhook');
				const [{ json: result }] = itemsOf(execution, 'Run and wait');
				return { sent: (sent.body as { N: number }).N, got: result.own };
			});
			expect(results.filter(({ sent, got }) => sent === got)).toHaveLength(100);
			expect(new Set(results.map(({ got }) => got)).size).toBe(100);
			// A forged one is never accepted: 401, or n8n's own answer where the execution had already gone on.
			expect(answers.filter(({ forged }) => forged)).toHaveLength(20);
			expect(answers.filter(({ forged, status }) => forged && status < 400)).toEqual([]);
			expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100);
			expect(executions.every(({ status }) => status === 'success')).toBe(true);
		});

		on('a file of 1 GB goes to disk: the peak of memory rises by less than 100 MB', async ({ n8n, client, sandbox }) => {
			const size = 1024 ** 3;
			const url = sandbox.files.url(sandbox.files.add({ name: 'large.bin', size }));
			const download = node('Download', 'n8n-nodes-nenai.nenAi', 1, { resource: 'result', operation: 'download', payload: '={{ $json.body }}', options: {} }, { credentials: { nenAiApi: credential } });
			const { id } = await client.createWorkflow(chain('large', [webhook('large'), download]));
			await client.activate(id);
			await call('large', { url: sandbox.files.url(sandbox.files.add({ name: 'small.bin', size: 1000 })) });
			await client.waitForExecutions(id, (all) => all.length === 1 && all.every(isSettled));

			const before = memoryOf(n8n.pid, 'VmRSS');
			let peak = before;
			const watch = setInterval(() => (peak = Math.max(peak, memoryOf(n8n.pid, 'VmRSS'))), 20);
			await call('large', { url });
			const [last] = await client.waitForExecutions(id, (all) => all.length === 2 && all.every(isSettled), 120_000);
			clearInterval(watch);
			const [item] = itemsOf(await client.execution(last.id), 'Download');
			process.stderr.write(`1 GB downloaded: idle ${before} MB, peak ${peak} MB, ${peak - before} MB more\n`);
			expect(item?.json).toMatchObject({ fileSize: size, fileName: 'large.bin' });
			expect(item?.binary?.data.id).toMatch(/^filesystem/);
			expect(peak - before).toBeLessThan(100);
		});

		on('works in a loop with batch size 1', async ({ client, sandbox }) => {
			sandbox.setDefaults({ processingAfterMs: 50, finalAfterMs: 300, retryDelaysMs: [300, 300, 300] });
			const id = await loopWorkflow();
			await call('loop', { names: ['A', 'B', 'C'] });
			const [{ id: execution }] = await client.waitForExecutions(id, undefined, 60_000);
			const done = await client.execution(execution);
			expect(sandbox.state().runs.map(({ params }) => params.NAME)).toEqual(['A', 'B', 'C']);
			expect(itemsOf(done, 'Loop').map(({ json }) => json.message_id)).toEqual(sandbox.state().runs.map(({ messageId }) => messageId));
			expect(hasRun(done, 'Run and wait')).toBe(true);
		});
	}

	on('works in a sub-workflow that is called once for each item', async ({ client, sandbox }) => {
		sandbox.setDefaults({ processingAfterMs: 50, finalAfterMs: 500, retryDelaysMs: [300, 300, 300] });
		const child = await subWorkflow();
		const path = `parent-${version}`;
		const names = node('Names', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.names', options: {} });
		const callChild = node('Call', 'n8n-nodes-base.executeWorkflow', 1.2, {
			workflowId: { __rl: true, mode: 'id', value: child },
			mode: 'each',
			options: { waitForSubWorkflow: true },
		});
		const { id } = await client.createWorkflow(chain(path, [webhook(path), names, callChild]));
		await client.activate(id);
		await call(path, { names: ['A', 'B', 'C'] });
		const children = await client.waitForExecutions(child, (all) => all.length === 3 && all.every(isSettled), 60_000);
		const done = await Promise.all(children.map(({ id: execution }) => client.execution(execution)));
		const results = done.map((execution) => itemsOf(execution, 'Run and wait')[0].json.message_id);
		expect(done.map(({ status }) => status)).toEqual(['success', 'success', 'success']);
		expect(results.sort()).toEqual(sandbox.state().runs.map(({ messageId }) => messageId).sort());
		// What the parent gets is n8n's: 2.41 hands on the first result alone, 1.123 the input items.
		const [parent] = await client.waitForExecutions(id, undefined, 60_000);
		expect(parent.status).toBe('success');
	});

	async function subWorkflow(): Promise<string> {
		const trigger = node('Called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' });
		const wait = runAndWait('={{ { NAME: $json["body.names"] } }}');
		const { id } = await stage.client.createWorkflow(chain(`child-${version}`, [trigger, wait]));
		await stage.client.activate(id);
		return id;
	}

	async function loopWorkflow(): Promise<string> {
		const names = node('Names', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.names', options: {} });
		const loop = node('Loop', 'n8n-nodes-base.splitInBatches', 3, { batchSize: 1, options: {} });
		const wait = runAndWait('={{ { NAME: $json["body.names"] } }}');
		const workflow = chain('loop', [webhook('loop'), names, loop]);
		const { id } = await stage.client.createWorkflow({
			...workflow,
			nodes: [...workflow.nodes, wait],
			connections: {
				...workflow.connections,
				Loop: { main: [[], [{ node: 'Run and wait', type: 'main', index: 0 }]] },
				'Run and wait': { main: [[{ node: 'Loop', type: 'main', index: 0 }]] },
			},
		});
		await stage.client.activate(id);
		return id;
	}
});

/** Of a process, in MB, as Linux counts it. */
function memoryOf(pid: number | undefined, what: 'VmRSS'): number {
	const [, kilobytes] = new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
	return Math.round(Number(kilobytes) / 1024);
}

/** Executions that wait: many at once, in loops and in sub-workflows; and files that are larger than memory should be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chain, node } from '../n8n/build-workflow.mts';
import { N8N_VERSIONS, NEWEST_N8N } from '../n8n/install.mts';
import { withEnvironment } from './cases.mts';
import { seededRandom } from './random.mts';
import { itemsOf, jsonOf, startEnvironment, type E2eEnvironment } from './environment.mts';
import {
	activate,
	ANY_WORKFLOW,
	call,
	download,
	outputsIn,
	runAndWait,
	split,
	untilWaiting,
	webhook,
	webhookUrl,
} from './workflows.mts';

const root = join(__dirname, '../..');

/** One run for each name, with the name as its parameter. */
const PARAMETERS = '={{ { NAME: $json["body.names"] } }}';

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startEnvironment({ root, version }));

	if (version === NEWEST_N8N) {
		it('100 wait; of 140 callbacks in random order exactly 100 resume, each with its own result', async ({
			n8n,
			client,
			sandbox,
			credential,
		}) => {
			sandbox.setDefaults({ fault: { callbacks: [] } });
			const id = await activate(
				client,
				chain('hundred', [webhook('hundred'), runAndWait(credential)]),
			);
			const url = webhookUrl(n8n, 'hundred');
			const numbers = Array.from({ length: 100 }, (_, N) => N);
			for (let i = 0; i < 100; i += 10)
				await Promise.all(numbers.slice(i, i + 10).map((N) => call(url, { N })));
			await untilWaiting(client, id, 100);
			const { runs } = sandbox.state();
			expect(runs).toHaveLength(100);

			const genuine = (run: (typeof runs)[number]) => ({
				url: run.callbackUrl ?? '',
				messageId: run.messageId,
				workflowId: ANY_WORKFLOW,
				status: 'success',
				body: { own: run.params.N },
			});
			const { seed, shuffled } = seededRandom();
			process.stderr.write(`Random numbers of this test: NENAI_TEST_SEED=${seed}\n`);
			const callbacks = shuffled([
				...runs.map(genuine),
				...runs.slice(0, 20).map((run) => ({
					...genuine(run),
					body: { own: 'forged' },
					signature: 'wrong-secret' as const,
				})),
				...runs.slice(40, 60).map(genuine),
			]);
			const answers: Array<{ forged: boolean; status: number }> = [];
			for (let i = 0; i < callbacks.length; i += 5) {
				const deliveries = await Promise.all(
					callbacks.slice(i, i + 5).map((callback) => sandbox.deliver(callback)),
				);
				answers.push(
					...deliveries.map(({ answer, body }) => ({
						forged: body.includes('forged'),
						status: answer?.status ?? 0,
					})),
				);
			}
			const executions = await client.endedExecutions(id, 100, 120_000);
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

		it('a file of 1 GB goes to disk: the peak of memory rises by less than 100 MB', async ({
			n8n,
			client,
			sandbox,
			credential,
		}) => {
			const size = 1024 ** 3;
			const url = sandbox.files.url(sandbox.files.add({ name: 'large.bin', size }));
			const id = await activate(client, chain('large', [webhook('large'), download(credential)]));
			const address = webhookUrl(n8n, 'large');
			await call(address, {
				url: sandbox.files.url(sandbox.files.add({ name: 'small.bin', size: 1000 })),
			});
			await client.endedExecutions(id, 1);

			const before = memoryOf(n8n.pid, 'VmRSS');
			let peak = before;
			const watch = setInterval(() => (peak = Math.max(peak, memoryOf(n8n.pid, 'VmRSS'))), 20);
			await call(address, { url });
			const [last] = await client.endedExecutions(id, 2, 120_000);
			clearInterval(watch);
			const [item] = itemsOf(last, 'Download');
			process.stderr.write(
				`1 GB downloaded: idle ${before} MB, peak ${peak} MB, ${peak - before} MB more\n`,
			);
			expect(item?.json).toMatchObject({ fileSize: size, fileName: 'large.bin' });
			expect(item?.binary?.data.id).toMatch(/^filesystem/);
			expect(peak - before).toBeLessThan(100);
		});

		it('works in a loop with batch size 1, to which each output leads back', async (environment) => {
			const { n8n, client, sandbox } = environment;
			sandbox.faults.add({
				match: { param: 'NAME', equals: 'B' },
				callbacks: [{ status: 'failed' }],
			});
			sandbox.setDefaults({
				processingAfterMs: 50,
				finalAfterMs: 300,
				retryDelaysMs: [300, 300, 300],
			});
			const id = await loopWorkflow(environment);
			await call(webhookUrl(n8n, 'loop'), { names: ['A', 'B', 'C'] });
			const [{ id: execution }] = await client.waitForExecutions(id, undefined, 60_000);
			const done = await client.waitForExecution(execution);
			expect(sandbox.state().runs.map(({ params }) => params.NAME)).toEqual(['A', 'B', 'C']);
			expect(itemsOf(done, 'Loop').map(({ json }) => json.message_id)).toEqual(
				sandbox.state().runs.map(({ messageId }) => messageId),
			);
			expect(jsonOf(done, 'Run and wait', 0).map(({ status }) => status)).toEqual([
				'success',
				'success',
			]);
			expect(jsonOf(done, 'Run and wait', 1).map(({ status }) => status)).toEqual(['failed']);
		});
	}

	it('works in a sub-workflow that is called once for each item', async (environment) => {
		const { n8n, client, sandbox } = environment;
		// Late enough for n8n to have called it for every item: n8n 1.123 calls it again when a result comes before that.
		sandbox.setDefaults({
			processingAfterMs: 50,
			finalAfterMs: 5000,
			retryDelaysMs: [300, 300, 300],
		});
		const child = await subWorkflow(environment);
		const path = `parent-${version}`;
		const callChild = node('Call', 'executeWorkflow', 1.2, {
			workflowId: { __rl: true, mode: 'id', value: child },
			mode: 'each',
			options: { waitForSubWorkflow: true },
		});
		const id = await activate(client, chain(path, [webhook(path), split('body.names'), callChild]));
		await call(webhookUrl(n8n, path), { names: ['A', 'B', 'C'] });
		const done = await client.endedExecutions(child, 3, 60_000);
		const results = done.map((execution) => itemsOf(execution, 'Run and wait')[0].json.message_id);
		expect(done.map(({ status }) => status)).toEqual(['success', 'success', 'success']);
		expect(results.sort()).toEqual(
			sandbox
				.state()
				.runs.map(({ messageId }) => messageId)
				.sort(),
		);
		// What the parent gets is n8n's: 2.41 hands on the first result alone, 1.123 the input items.
		const [parent] = await client.waitForExecutions(id, undefined, 60_000);
		expect(parent.status).toBe('success');
	});

	async function subWorkflow({ client, credential }: E2eEnvironment): Promise<string> {
		const trigger = node('Called', 'executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' });
		return await activate(
			client,
			chain(`child-${version}`, [trigger, runAndWait(credential, PARAMETERS, outputsIn(version))]),
		);
	}

	async function loopWorkflow({ client, credential }: E2eEnvironment): Promise<string> {
		const loop = node('Loop', 'splitInBatches', 3, { batchSize: 1, options: {} });
		const workflow = chain('loop', [webhook('loop'), split('body.names'), loop]);
		return await activate(client, {
			...workflow,
			nodes: [...workflow.nodes, runAndWait(credential, PARAMETERS)],
			connections: {
				...workflow.connections,
				Loop: { main: [[], [{ node: 'Run and wait', type: 'main', index: 0 }]] },
				'Run and wait': {
					main: [0, 1, 2].map(() => [{ node: 'Loop', type: 'main' as const, index: 0 }]),
				},
			},
		});
	}
});

/** Of a process, in MB, as Linux counts it. */
function memoryOf(pid: number | undefined, what: 'VmRSS'): number {
	const [, kilobytes] =
		new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
	return Math.round(Number(kilobytes) / 1024);
}

/** What n8n 3 will change, tried in 2.41.1: n8n's own rules on the examples, and the stricter defaults. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { chain, node } from '../n8n/build-workflow.mts';
import { freePort } from '../n8n/free-port.mts';
import { isSettled, N8nApiError } from '../n8n/client.mts';
import { removeFolder } from '../n8n/paths.mts';
import { withEnvironment } from './cases.mts';
import { itemsOf, jsonOf, startOwnEnvironment } from './environment.mts';
import { DATABASE, DATABASE_USER, startPostgres } from './queue/postgres.mts';
import {
	activate,
	call,
	download,
	nenAi,
	run,
	runAndWait,
	start,
	webhook,
	webhookUrl,
} from './workflows.mts';

const root = join(__dirname, '../..');

/** The defaults of n8n 3. The sandbox is on this machine, so its address has to be allowed. */
const STRICTER = {
	N8N_SSRF_PROTECTION_ENABLED: 'true',
	N8N_SSRF_ALLOWED_IP_RANGES: '127.0.0.1/32',
	N8N_RESTRICT_FILE_ACCESS_TO: '/nowhere',
	N8N_BLOCK_FILE_ACCESS_TO_N8N_FILES: 'true',
	N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
	N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
	N8N_RUNNERS_TASK_TIMEOUT: '60',
};

describe('with the defaults of n8n 3', () => {
	const it = withEnvironment(() => startOwnEnvironment({ root, version: '2.41.1', env: STRICTER }));

	it("n8n's own rules find nothing in the examples", async ({ client, importExample }) => {
		for (const file of readdirSync(join(root, 'examples'))) {
			const id = await importExample(file.replace('.json', ''));
			await client.activate(id).catch((error: unknown) => {
				// What a person has to enter is missing, or nothing can start it by itself.
				if (!(error instanceof N8nApiError && error.status === 400)) throw error;
			});
		}
		expect((await client.breakingChanges('v3')).workflows).toEqual([]);
		// So that a report that finds nothing at all is noticed.
		await activate(
			client,
			chain('old', [
				node('Trigger', 'manualTrigger', 1, {}),
				node('Call', 'executeWorkflow', 1.2, {
					mode: 'each',
					workflowId: { __rl: true, mode: 'id', value: 'x' },
					options: {},
				}),
			]),
		).catch(() => undefined);
		expect((await client.breakingChanges('v3')).workflows).toEqual([
			'execute-workflow-each-mode-v3',
		]);
		await client.deactivateAll();
	});

	it('starts runs, waits for a result, downloads its file, and uses a desktop', async (environment) => {
		const { credential, sandbox } = environment;
		const file = sandbox.files.add({ name: 'report.pdf', size: 100_000 });
		sandbox.setDefaults({
			fault: { callbacks: [{ status: 'success', body: { assets: sandbox.files.url(file) } }] },
		});
		const execution = await run(
			environment,
			'stricter',
			[
				start(credential, '={{ { N: 1 } }}'),
				runAndWait(credential, '={{ { N: 2 } }}', { outputs: 'single' }),
				download(credential, '={{ $json }}'),
				nenAi('Create', credential, {
					resource: 'desktop',
					operation: 'create',
					options: { deleteAtEnd: true },
				}),
			],
			{},
		);
		expect(execution.data.resultData.error).toBeUndefined();
		expect(itemsOf(execution, 'Download')[0].json).toMatchObject({ fileSize: 100_000 });
		expect(jsonOf(execution, 'Create')[0]).toMatchObject({ status: 'running' });
		await sandbox.until(() => sandbox.desktops.all().every(({ status }) => status === 'deleted'));
	});
});

describe("with n8n's Engine 2.0", () => {
	const it = withEnvironment(async () => {
		const folder = mkdtempSync(join(tmpdir(), 'nenai-engine2-'));
		const postgres = await startPostgres(folder);
		const environment = await startOwnEnvironment({
			root,
			version: '2.41.1',
			env: {
				N8N_ENABLED_MODULES: 'engine-v2',
				N8N_ENGINE_PORT: String(await freePort()),
				N8N_ENGINE_CONTROL_PLANE_PORT: String(await freePort()),
				N8N_ENGINE_DATABASE_URL: `postgres://${DATABASE_USER}@127.0.0.1:${postgres.port}/${DATABASE}`,
			},
		});
		return {
			...environment,
			close: async (options: { keepFiles: boolean }) => {
				await environment.close(options);
				await postgres.stop();
				if (!options.keepFiles) removeFolder(folder);
			},
		};
	});

	it('Start works; what cannot work says so, and nothing is sent', async (environment) => {
		const { credential, sandbox } = environment;
		const { client, n8n } = environment;
		/** Engine 2.0 stores less of an execution than the other engine, so it cannot be waited for in the same way. */
		const on2 = async (path: string, nodes: INode[]) => {
			const workflow = chain(path, [webhook(path), ...nodes]);
			const id = await activate(client, {
				...workflow,
				settings: { ...workflow.settings, engineType: 'v2' },
			});
			expect(await call(webhookUrl(n8n, path), {})).toBe(200);
			const [execution] = await client.waitForExecutions(id);
			return await client.waitForExecution(execution.id, isSettled);
		};
		const started = await on2('engine2-start', [start(credential, '={{ { N: 1 } }}')]);
		expect(jsonOf(started, 'Start')[0].messageId).toBe(sandbox.state().runs[0].messageId);
		for (const [path, one, what] of [
			[
				'engine2-wait',
				runAndWait(credential, '={{ {} }}', { outputs: 'single' }),
				'Start and Wait cannot wait',
			],
			[
				'engine2-create',
				nenAi('Create', credential, {
					resource: 'desktop',
					operation: 'create',
					options: { deleteAtEnd: true },
				}),
				'Delete When the Execution Ends',
			],
		] as const) {
			const execution = await on2(path, [one]);
			expect(execution.data.resultData.error?.message).toContain(what);
			expect(execution.data.resultData.error?.message).toContain("n8n's Engine 2.0");
		}
		expect(sandbox.state().counts.runsStarted).toBe(1);
		expect(sandbox.desktops.all()).toEqual([]);
	});
});

describe('where packages that n8n has not verified are off', () => {
	const it = withEnvironment(() =>
		startOwnEnvironment({
			root,
			version: '2.41.1',
			env: { N8N_UNVERIFIED_PACKAGES_ENABLED: 'false' },
		}),
	);

	it('n8n 2.41.1 still loads one that is installed; n8n 3 will not', async ({ client }) => {
		expect(await client.nodeTypes()).toContain('n8n-nodes-nenai.nenAi');
	});
});

/** What n8n 3 will change, tried in 2.41.1: n8n's own rules on the examples, and the stricter defaults. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chain, node } from '../n8n/build-workflow.mts';
import { N8nApiError } from '../n8n/client.mts';
import { withEnvironment } from './cases.mts';
import { itemsOf, jsonOf, startOwnEnvironment } from './environment.mts';
import { activate, download, nenAi, run, runAndWait, start } from './workflows.mts';

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

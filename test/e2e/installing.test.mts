/** n8n's own installer, from a registry on loopback: install, update from the version before, uninstall. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chain } from '../n8n/build-workflow.mts';
import { N8nClient } from '../n8n/client.mts';
import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { N8N_VERSIONS, type N8nVersion } from '../n8n/install.mts';
import { removeFolder } from '../n8n/paths.mts';
import { Registry } from '../n8n/registry.mts';
import { errorAnswer, startSandbox, type RunRecord } from '../sandbox/index.mts';
import { withEnvironment, type Closable } from './cases.mts';
import { jsonOf, storeNenAiCredential } from './environment.mts';
import { tarball } from './tarball.mts';
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

const NAME = 'n8n-nodes-nenai';
/** This package under an earlier version number: what it stores must be understood after an update. */
const VERSION_BEFORE = join(__dirname, '../fixtures/n8n-nodes-nenai-0.0.1.tgz');
/** n8n asks a list of its own whether a package is banned, and npm's registry whether it exists: both are away. */
const OFFLINE = { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' };

interface Shop extends Closable {
	registry: Registry;
	version: N8nVersion;
	n8n: N8nInstance;
	client: N8nClient;
}

/** An n8n without the package, which installs from a registry of its own. */
async function openShop(version: N8nVersion): Promise<Shop> {
	const folder = mkdtempSync(join(tmpdir(), `nenai-e2e-installing-${version}-`));
	const npm = join(folder, 'bin');
	mkdirSync(npm);
	const registry = await Registry.start();
	const sandbox = await startSandbox();
	let n8n: N8nInstance | undefined;
	const close = async ({ keepFiles }: { keepFiles: boolean }) => {
		await n8n?.stop();
		await sandbox.close();
		await registry.close();
		if (keepFiles)
			process.stderr.write(`\nThe log of n8n ${version} and its database are in ${folder}\n`);
		else removeFolder(folder);
	};
	try {
		n8n = await startN8n({
			version,
			userFolder: folder,
			env: { ...registry.npmIn(npm), ...OFFLINE },
		});
		const client = new N8nClient(n8n.url);
		await client.setupOwner();
		return { version, registry, sandbox, n8n, client, close };
	} catch (error) {
		await close({ keepFiles: true });
		throw error;
	}
}

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => openShop(version));

	it('installs the package, updates it from the version before while executions wait, uninstalls it, and takes it back', async (shop) => {
		const { registry, client, n8n } = shop;
		const before = await registry.publish(VERSION_BEFORE);
		expect(await client.packages.install(NAME, before.version)).toMatchObject({
			packageName: NAME,
			installedVersion: before.version,
		});
		const saved = await SavedBefore.make(shop);

		const { version: newest } = await registry.publish(tarball());
		expect(await client.packages.list()).toEqual([
			expect.objectContaining({ packageName: NAME, updateAvailable: newest }),
		]);
		expect(await client.packages.update(NAME, newest)).toMatchObject({
			installedVersion: newest,
		});
		await saved.goesOn('first');
		// The same by the code that a restart loads, not by that which was put in its place.
		await n8n.restart();
		await saved.goesOn('second');

		await client.packages.uninstall(NAME);
		expect(await client.packages.list()).toEqual([]);
		expect((await client.nodeTypes()).filter((type) => type.startsWith(NAME))).toEqual([]);
		expect(await client.packages.install(NAME, newest)).toMatchObject({
			installedVersion: newest,
		});
		await saved.goesOn('third');
	});
});

const ROUNDS = ['first', 'second', 'third'] as const;
type Round = (typeof ROUNDS)[number];

/** What was saved and run with the version before, once for each round: an execution that waits, a batch that failed half-way; and a trigger. */
class SavedBefore {
	readonly #shop: Shop;
	#ids = { callbacks: '', waiting: '', batch: '' };
	readonly #failed = new Map<Round, string>();
	readonly #waitedFor = new Map<Round, RunRecord>();

	private constructor(shop: Shop) {
		this.#shop = shop;
	}

	static async make(shop: Shop): Promise<SavedBefore> {
		const saved = new SavedBefore(shop);
		const { version, client, sandbox, n8n } = shop;
		const credential = await storeNenAiCredential(client, sandbox);
		saved.#ids = {
			callbacks: await activate(client, chain('callbacks', [trigger('callbacks', credential)])),
			waiting: await activate(
				client,
				chain('waiting', [
					webhook('waiting'),
					runAndWait(credential, undefined, outputsIn(version)),
				]),
			),
			batch: await activate(
				client,
				chain('batch', [
					webhook('batch'),
					split('body.names'),
					start(credential, '={{ { NAME: $json["body.names"] } }}'),
				]),
			),
		};
		sandbox.setDefaults({ fault: { callbacks: [] } });
		for (const round of ROUNDS) expect(await call(webhookUrl(n8n, 'waiting'), { round })).toBe(200);
		await untilWaiting(client, saved.#ids.waiting, ROUNDS.length);
		for (const run of sandbox.state().runs) saved.#waitedFor.set(run.params.round as Round, run);
		for (const round of ROUNDS) saved.#failed.set(round, await saved.#failHalfway(round));
		return saved;
	}

	/** That round's execution goes on with its own result, its batch starts what is missing, and the trigger takes a callback; forged ones are refused. */
	async goesOn(round: Round): Promise<void> {
		const { client, n8n } = this.#shop;
		const { callbackUrl, messageId = '' } = this.#waitedFor.get(round) ?? {};
		await this.#takesGenuineOnly(callbackUrl ?? '', messageId);
		const resumed = await client.waitForExecutions(
			this.#ids.waiting,
			(all) => all.filter(isSuccess).length === ROUNDS.indexOf(round) + 1,
			60_000,
		);
		const results = await Promise.all(
			resumed.filter(isSuccess).map(({ id }) => client.waitForExecution(id)),
		);
		expect(results.map((execution) => jsonOf(execution, 'Run and wait')[0].message_id)).toContain(
			messageId,
		);

		const retried = await client.execution(
			await client.retryExecution(this.#failed.get(round) ?? ''),
		);
		expect(jsonOf(retried, 'Start').map(({ messageId: id }) => id)).toEqual(this.#startedIn(round));
		expect(this.#startedIn(round)).toHaveLength(NAMES.length);

		await this.#takesGenuineOnly(triggerUrl(n8n, 'callbacks'), `callback-${round}`);
		await client.endedExecutions(this.#ids.callbacks, ROUNDS.indexOf(round) + 1, 60_000);
	}

	async #takesGenuineOnly(url: string, messageId: string): Promise<void> {
		const callback = { url, messageId, workflowId: ANY_WORKFLOW, status: 'success' };
		expect(
			(await this.#shop.sandbox.deliver({ ...callback, signature: 'wrong-secret' })).answer?.status,
		).toBe(401);
		expect((await this.#shop.sandbox.deliver(callback)).answer?.status).toBe(200);
	}

	/** Starts a run for each name, of which NenAI refuses the last. Gives the execution. */
	async #failHalfway(round: Round): Promise<string> {
		const { client, sandbox, n8n } = this.#shop;
		const names = NAMES.map((name) => `${round} ${name}`);
		sandbox.faults.add({
			match: { param: 'NAME', equals: names.at(-1) },
			times: 1,
			refuse: errorAnswer(422, 'json'),
		});
		expect(await call(webhookUrl(n8n, 'batch'), { names })).toBe(200);
		const [{ id, status }] = await client.endedExecutions(
			this.#ids.batch,
			ROUNDS.indexOf(round) + 1,
			60_000,
		);
		expect(status).toBe('error');
		return id;
	}

	/** The message IDs of a batch, in its order. */
	#startedIn(round: Round): string[] {
		const runs = this.#shop.sandbox
			.state()
			.runs.filter(({ params }) => String(params.NAME).startsWith(`${round} `));
		return runs
			.map(({ params, messageId }) => ({ name: String(params.NAME), messageId }))
			.sort((a, b) => (a.name < b.name ? -1 : 1))
			.map(({ messageId }) => messageId);
	}
}

const NAMES = ['A', 'B', 'C'];

const isSuccess = ({ status }: { status: string }) => status === 'success';

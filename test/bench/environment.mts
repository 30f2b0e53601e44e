/** A real n8n with the packed package and the bench's own nodes, beside a local NenAI. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { N8nClient, type WorkflowJson } from '../n8n/client.mts';
import type { TestEnvironment } from '../n8n/environment.mts';
import { NEWEST_N8N } from '../n8n/install.mts';
import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { removeFolder } from '../n8n/paths.mts';
import { waitForWebhook } from '../n8n/webhook.mts';
import { startSandbox, type Sandbox } from '../sandbox/index.mts';
import { writePeers } from './peers/package.mts';

/**
 * How n8n evaluates expressions. `vm`, the default of n8n 2: in a sandbox that is built for each webhook and for each
 * execution. `lazy`: in the same one, which is built when the first expression needs it. `legacy`: in none.
 */
export type Engine = 'vm' | 'lazy' | 'legacy';

const SETTINGS: Record<Engine, Readonly<Record<string, string>>> = {
	vm: { N8N_EXPRESSION_ENGINE: 'vm' },
	lazy: { N8N_EXPRESSION_ENGINE: 'vm', N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
	legacy: { N8N_EXPRESSION_ENGINE: 'legacy' },
};

/** Each engine as the table calls it. */
export const CALLED: Record<Engine, string> = {
	vm: "n8n's default expression engine",
	lazy: 'N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true',
	legacy: 'N8N_EXPRESSION_ENGINE=legacy',
};

export interface BenchEnvironment extends TestEnvironment {
	/** As nodes name them. */
	credentials: Record<'nenAiApi' | 'crypto' | 'httpHeaderAuth', { id: string; name: string }>;
	/** Saves and activates a workflow whose trigger listens at this path; gives its id and its URL. */
	publish(workflow: WorkflowJson, path: string): Promise<{ id: string; url: string }>;
	close(): Promise<void>;
}

export interface EnvironmentOptions {
	tarball: string;
	engine: Engine;
	env?: Readonly<Record<string, string>>;
}

/** Throws when something does not start; nothing is left then. */
export async function startEnvironment({
	tarball,
	engine,
	env,
}: EnvironmentOptions): Promise<BenchEnvironment> {
	const userFolder = mkdtempSync(join(tmpdir(), 'nenai-bench-'));
	const sandbox = await startSandbox({ retryDelaysMs: [] });
	let n8n: N8nInstance | undefined;
	const close = async () => {
		await n8n?.stop();
		await sandbox.close();
		removeFolder(userFolder);
	};
	try {
		const peers = join(userFolder, 'peers');
		writePeers(peers);
		n8n = await startN8n({
			version: NEWEST_N8N,
			userFolder,
			tarball,
			env: {
				N8N_CUSTOM_EXTENSIONS: peers,
				N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
				...SETTINGS[engine],
				...env,
			},
		});
		const client = new N8nClient(n8n.url);
		await client.setupOwner();
		const { webhookUrl } = n8n;
		const publish = async (workflow: WorkflowJson, path: string) => {
			const { id } = await client.createWorkflow(workflow);
			await client.activate(id);
			const url = `${webhookUrl}/webhook/${path}`;
			await waitForWebhook(url);
			return { id, url };
		};
		return {
			sandbox,
			n8n,
			client,
			credentials: await storeCredentials(client, sandbox),
			publish,
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}

async function storeCredentials(
	client: N8nClient,
	{ apiKey, url: baseUrl, mcpUrl, desktopUrl, webhookSecret }: Sandbox,
): Promise<BenchEnvironment['credentials']> {
	const store = async (type: string, data: Record<string, unknown>) => ({
		name: type,
		id: await client.createCredential({ name: type, type, data }),
	});
	return {
		nenAiApi: await store('nenAiApi', { apiKey, baseUrl, mcpUrl, desktopUrl, webhookSecret }),
		httpHeaderAuth: await store('httpHeaderAuth', { name: 'x-api-key', value: apiKey }),
		crypto: await store('crypto', { hmacSecret: webhookSecret }),
	};
}

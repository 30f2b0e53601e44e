/** A real n8n with the packed package, beside a local NenAI and a local chat model. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import {
	N8nClient,
	type CredentialJson,
	type Execution,
	type WorkflowJson,
} from '../n8n/client.mts';
import type { TestEnvironment } from '../n8n/environment.mts';
import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import type { N8nVersion } from '../n8n/install.mts';
import { removeFolder } from '../n8n/paths.mts';
import { startSandbox, type Sandbox } from '../sandbox/index.mts';
import { startModel, type Model } from './model.mts';
import { release, SETTINGS, sharedN8n, type RunningN8n } from './shared-n8n.mts';
import { tarball } from './tarball.mts';
import { triggerUrl, type CredentialRef } from './workflows.mts';

/** The workflow ID that the examples have until the user enters one. */
export const EXAMPLE_WORKFLOW = '12345678-1234-1234-1234-123456789abc';

/** Changes an example before it is imported, where a test needs something else. */
export type Change = (workflow: WorkflowJson) => WorkflowJson;

/** Other files use its n8n, too: for one that can be killed, see {@link startOwnEnvironment}. */
export interface E2eEnvironment extends TestEnvironment<RunningN8n | N8nInstance> {
	model: Model;
	/** The stored NenAI credential. */
	credential: CredentialRef;
	/** Saves an example in n8n, with its credentials filled in, and returns its id. */
	importExample(name: string, change?: Change): Promise<string>;
	/** Stops everything, and removes its files unless they are to be kept. */
	close(options: { keepFiles: boolean }): Promise<void>;
}

/** With an n8n of its own, which may be killed and started. */
export interface OwnEnvironment extends E2eEnvironment {
	n8n: N8nInstance;
}

export interface EnvironmentOptions {
	root: string;
	version: N8nVersion;
}

export function readExample(root: string, name: string): WorkflowJson {
	return JSON.parse(readFileSync(join(root, 'examples', `${name}.json`), 'utf8'));
}

/** The parameters of an example's node "Rows" for these patients. */
export function rowsOf(patients: readonly string[]) {
	const value = JSON.stringify(patients);
	return {
		assignments: { assignments: [{ id: 'patient', name: 'patient', type: 'array', value }] },
	};
}

/** Changes the parameters of one node, by the node's name. */
export function withParameters(
	workflow: WorkflowJson,
	name: string,
	parameters: Readonly<Record<string, unknown>>,
): WorkflowJson {
	const nodes = workflow.nodes.map((node) =>
		node.name === name
			? { ...node, parameters: Object.assign({}, node.parameters, parameters) }
			: node,
	);
	return { ...workflow, nodes };
}

/** Changes what the tab "Settings" of one node has, by the node's name. */
export function withSettings(
	workflow: WorkflowJson,
	name: string,
	settings: Partial<INode>,
): WorkflowJson {
	return {
		...workflow,
		nodes: workflow.nodes.map((node) => (node.name === name ? { ...node, ...settings } : node)),
	};
}

/** The items that a node gave, of all its runs, from one of its outputs. */
export function itemsOf(execution: Execution, node: string, output = 0) {
	const runs = execution.data.resultData.runData[node] ?? [];
	return runs.flatMap(({ data }) => data?.main?.[output] ?? []);
}

/** The data of these items. */
export function jsonOf(execution: Execution, node: string, output = 0) {
	return itemsOf(execution, node, output).map(({ json }) => json);
}

/** Whether a node ran at all. */
export function hasRun(execution: Execution, node: string): boolean {
	return node in execution.data.resultData.runData;
}

/** Starts an environment in the n8n of this version that other files use as well. Throws when something does not start; nothing of it is left running then. */
export async function startEnvironment({
	root,
	version,
}: EnvironmentOptions): Promise<E2eEnvironment> {
	const { n8n, client } = await sharedN8n(version, tarball());
	return await setUp(root, n8n, client, async (options) => await release(version, client, options));
}

/**
 * The same in an n8n of its own, which is stopped when the environment is closed.
 *
 * @param options.env added to n8n's environment
 */
export async function startOwnEnvironment({
	root,
	version,
	env,
}: EnvironmentOptions & { env?: Readonly<Record<string, string>> }): Promise<OwnEnvironment> {
	const userFolder = mkdtempSync(join(tmpdir(), `nenai-e2e-${version}-`));
	const n8n = await startN8n({
		version,
		userFolder,
		tarball: tarball(),
		env: { ...SETTINGS, ...env },
	});
	const client = new N8nClient(n8n.url);
	const end = async ({ keepFiles }: { keepFiles: boolean }) => {
		await n8n.stop();
		if (keepFiles)
			process.stderr.write(`\nThe log of n8n ${version} and its database are in ${userFolder}\n`);
		else removeFolder(userFolder);
	};
	const environment = await setUp(root, n8n, client, end, async () => await client.setupOwner());
	return { ...environment, n8n };
}

/** What surrounds an n8n: a NenAI, a chat model, and credentials for both. */
async function setUp(
	root: string,
	n8n: E2eEnvironment['n8n'],
	client: N8nClient,
	end: E2eEnvironment['close'],
	begin = async () => {},
): Promise<E2eEnvironment> {
	const sandbox = await startSandbox({
		workflows: { [EXAMPLE_WORKFLOW]: { PATIENT_NAME: { type: 'string', required: true } } },
	});
	const model = await startModel();
	const close: E2eEnvironment['close'] = async (options) => {
		try {
			await end(options);
		} finally {
			await model.close();
			await sandbox.close();
		}
	};
	try {
		await begin();
		const credentials = await storeCredentials(client, {
			sandbox,
			model,
			callbackUrl: callbackUrl(root, n8n),
		});
		const importExample = async (name: string, change: Change = (workflow) => workflow) =>
			(await client.importWorkflow(change(readExample(root, name)), { credentials })).id;
		return { sandbox, model, n8n, client, credential: credentials.nenAiApi, importExample, close };
	} catch (error) {
		await close({ keepFiles: true });
		throw error;
	}
}

/** Where the example that handles callbacks takes them. */
function callbackUrl(root: string, n8n: E2eEnvironment['n8n']): string {
	const trigger = readExample(root, 'handle-callbacks').nodes.find(({ type }) =>
		type.endsWith('.nenAiTrigger'),
	);
	return triggerUrl(n8n, String(trigger?.webhookId));
}

interface Services {
	sandbox: Sandbox;
	model: Model;
	callbackUrl: string;
}

async function storeCredentials(
	client: N8nClient,
	{ sandbox, model, callbackUrl: defaultCallbackUrl }: Services,
) {
	const openAi = {
		name: 'Model (local stand-in)',
		type: 'openAiApi',
		data: { apiKey: 'test-key-not-a-secret', url: model.url },
	};
	return {
		nenAiApi: await storeNenAiCredential(client, sandbox, { defaultCallbackUrl }),
		openAiApi: { id: await client.createCredential(openAi), name: openAi.name },
	};
}

/** All fields of a credential for a local NenAI. `data` adds fields, or replaces them. */
export function nenAiCredential(
	sandbox: Sandbox,
	name: string,
	data: Readonly<Record<string, string>> = {},
): CredentialJson {
	const { apiKey, url: baseUrl, mcpUrl, desktopUrl, webhookSecret } = sandbox;
	return {
		name,
		type: 'nenAiApi',
		data: {
			apiKey,
			baseUrl,
			mcpUrl,
			desktopUrl,
			webhookSecret,
			previousWebhookSecret: '',
			...data,
		},
	};
}

/** The credential with which nodes get at a local NenAI. `data` adds fields to it, or replaces them. */
export async function storeNenAiCredential(
	client: N8nClient,
	sandbox: Sandbox,
	data?: Readonly<Record<string, string>>,
): Promise<CredentialRef> {
	const name = 'NenAI (local stand-in)';
	const id = await client.createCredential(nenAiCredential(sandbox, name, data));
	return { id, name };
}

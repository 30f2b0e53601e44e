/** A real n8n with the packed package, beside a local NenAI and a local chat model. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { N8nClient, type Execution, type WorkflowJson } from '../n8n/client.mts';
import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import type { N8nVersion } from '../n8n/install.mts';
import { startSandbox, type Sandbox } from '../sandbox/index.mts';
import { startModel, type Model } from './model.mts';
import { tarball } from './tarball.mts';
import { triggerUrl, type CredentialRef } from './workflows.mts';

/** The workflow ID that the examples have until the user enters one. */
export const EXAMPLE_WORKFLOW = '12345678-1234-1234-1234-123456789abc';

/** Changes an example before it is imported, where a test needs something else. */
export type Change = (workflow: WorkflowJson) => WorkflowJson;

export interface Stage {
	sandbox: Sandbox;
	model: Model;
	n8n: N8nInstance;
	client: N8nClient;
	/** The stored NenAI credential. */
	credential: CredentialRef;
	/** Saves an example in n8n, with its credentials filled in, and returns its id. */
	importExample(name: string, change?: Change): Promise<string>;
	/** Stops everything, and removes its files unless they are to be kept. */
	close(options: { keepFiles: boolean }): Promise<void>;
}

export interface StageOptions {
	root: string;
	version: N8nVersion;
	/** Added to n8n's environment. */
	env?: Readonly<Record<string, string>>;
}

export function readExample(root: string, name: string): WorkflowJson {
	return JSON.parse(readFileSync(join(root, 'examples', `${name}.json`), 'utf8'));
}

/** Changes the parameters of one node, by the node's name. */
export function withParameters(workflow: WorkflowJson, name: string, parameters: Readonly<Record<string, unknown>>): WorkflowJson {
	const nodes = workflow.nodes.map((node) => (node.name === name ? { ...node, parameters: Object.assign({}, node.parameters, parameters) } : node));
	return { ...workflow, nodes };
}

/** Changes what the tab "Settings" of one node has, by the node's name. */
export function withSettings(workflow: WorkflowJson, name: string, settings: Partial<INode>): WorkflowJson {
	return { ...workflow, nodes: workflow.nodes.map((node) => (node.name === name ? { ...node, ...settings } : node)) };
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

/** Throws when something does not start; nothing is left running then. */
export async function openStage({ root, version, env }: StageOptions): Promise<Stage> {
	const userFolder = mkdtempSync(join(tmpdir(), `nenai-e2e-${version}-`));
	const sandbox = await startSandbox({ workflows: { [EXAMPLE_WORKFLOW]: { PATIENT_NAME: { type: 'string', required: true } } } });
	const model = await startModel();
	let n8n: N8nInstance | undefined;
	const close = async ({ keepFiles }: { keepFiles: boolean }) => {
		await n8n?.stop();
		await model.close();
		await sandbox.close();
		if (keepFiles) process.stderr.write(`\nThe log of n8n ${version} and its database are in ${userFolder}\n`);
		else rmSync(userFolder, { recursive: true, force: true });
	};
	try {
		n8n = await startN8n({ version, userFolder, tarball: tarball(), env: { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem', ...env } });
		const client = new N8nClient(n8n.url);
		await client.setupOwner();
		const credentials = await storeCredentials(client, { sandbox, model, callbackUrl: callbackUrl(root, n8n) });
		const importExample = async (name: string, change: Change = (workflow) => workflow) =>
			(await client.importWorkflow(change(readExample(root, name)), { credentials })).id;
		return { sandbox, model, n8n, client, credential: credentials.nenAiApi, importExample, close };
	} catch (error) {
		await close({ keepFiles: true });
		throw error;
	}
}

/** Where the example that handles callbacks takes them. */
function callbackUrl(root: string, n8n: N8nInstance): string {
	const trigger = readExample(root, 'handle-callbacks').nodes.find(({ type }) => type.endsWith('.nenAiTrigger'));
	return triggerUrl(n8n, String(trigger?.webhookId));
}

interface Services {
	sandbox: Sandbox;
	model: Model;
	callbackUrl: string;
}

async function storeCredentials(client: N8nClient, { sandbox, model, callbackUrl: defaultCallbackUrl }: Services) {
	const openAi = { name: 'Model (local stand-in)', type: 'openAiApi', data: { apiKey: 'test-key-not-a-secret', url: model.url } };
	return {
		nenAiApi: await storeNenAiCredential(client, sandbox, { defaultCallbackUrl }),
		openAiApi: { id: await client.createCredential(openAi), name: openAi.name },
	};
}

/** The credential with which nodes get at a local NenAI. `data` adds fields to it, or replaces them. */
export async function storeNenAiCredential(client: N8nClient, sandbox: Sandbox, data: Readonly<Record<string, string>> = {}): Promise<CredentialRef> {
	const { apiKey, url: baseUrl, mcpUrl, desktopUrl, webhookSecret } = sandbox;
	const name = 'NenAI (local stand-in)';
	const id = await client.createCredential({ name, type: 'nenAiApi', data: { apiKey, baseUrl, mcpUrl, desktopUrl, webhookSecret, previousWebhookSecret: '', ...data } });
	return { id, name };
}

/** The demo's stage: a local NenAI and a real n8n with the packed package, its owner, credential and workflows. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { startSandbox, type Sandbox } from '../sandbox/index.mts';
import { chain, node } from '../n8n/build-workflow.mts';
import { N8nClient, type WorkflowJson } from '../n8n/client.mts';
import { startN8n, type N8nInstance } from '../n8n/instance.mts';

export const N8N_VERSION = '2.41.1';
export const NENAI_WORKFLOW = '12345678-1234-1234-1234-123456789abc';

export interface Stage {
	sandbox: Sandbox;
	n8n: N8nInstance;
	client: N8nClient;
	/** Ids of the imported workflows in n8n. */
	workflows: { start: string; handle: string; runAndWait: string };
	/** Id of the stored credential. */
	/** The stored NenAI credential. */
	credential: { id: string; name: string };
	/** Where the first example listens, and where the second takes callbacks. */
	startUrl: string;
	callbackUrl: string;
	/** Stops everything and removes its files. */
	close(): Promise<void>;
}

export interface StageOptions {
	root: string;
	tarball: string;
	/** Port of the editor; any free one by default. */
	port?: number;
}

function readExample(root: string, name: string): WorkflowJson {
	return JSON.parse(readFileSync(join(root, 'examples', `${name}.json`), 'utf8'));
}

/** Starts the sandbox and n8n. Throws when n8n does not start; nothing is left running then. */
export async function setStage({ root, tarball, port }: StageOptions): Promise<Stage> {
	const userFolder = mkdtempSync(join(tmpdir(), 'nenai-demo-'));
	const sandbox = await startSandbox({
		workflows: { [NENAI_WORKFLOW]: { PATIENT_NAME: { type: 'string', required: true } } },
	});
	let n8n: N8nInstance | undefined;
	const close = async () => {
		await n8n?.stop();
		await sandbox.close();
		rmSync(userFolder, { recursive: true, force: true });
	};
	try {
		n8n = await startN8n({ version: N8N_VERSION, userFolder, tarball, port });
		return { sandbox, n8n, close, ...(await furnish(root, sandbox, n8n)) };
	} catch (error) {
		await close();
		throw error;
	}
}

/** Asks for the state of a run, and for its log. */
export function askingWorkflow(messageId: string, credentials: INode['credentials']): WorkflowJson {
	const ask = (name: string, operation: string) =>
		node(
			name,
			'n8n-nodes-nenai.nenAi',
			1,
			{ resource: 'run', operation, messageId, options: {} },
			{ credentials },
		);
	return chain('NenAI: ask about a run', [
		node('By hand', 'manualTrigger', 1, {}),
		ask('State', 'get'),
		ask('Log', 'getLogs'),
	]);
}

/** The example as its note says to set it. */
function withWorkflowId(example: WorkflowJson): WorkflowJson {
	return JSON.parse(JSON.stringify(example).replaceAll('enter-your-workflow-id', NENAI_WORKFLOW));
}

/** What a person does once in the editor: account, credential, two imported workflows, activated. */
async function furnish(root: string, sandbox: Sandbox, n8n: N8nInstance) {
	const client = new N8nClient(n8n.url);
	await client.setupOwner();
	const handling = readExample(root, 'handle-callbacks');
	const starting = readExample(root, 'start-a-run');
	const trigger = handling.nodes.find(({ type }) => type.endsWith('.nenAiTrigger'));
	const webhook = starting.nodes.find(({ type }) => type.endsWith('.webhook'));
	const callbackUrl = `${n8n.webhookUrl}/webhook/${trigger?.webhookId}/webhook`;

	const credential = {
		name: 'NenAI (local stand-in)',
		type: 'nenAiApi',
		data: {
			apiKey: sandbox.apiKey,
			baseUrl: sandbox.url,
			mcpUrl: sandbox.mcpUrl,
			desktopUrl: sandbox.desktopUrl,
			webhookSecret: sandbox.webhookSecret,
			previousWebhookSecret: '',
			defaultCallbackUrl: callbackUrl,
		},
	};
	const credentialId = await client.createCredential(credential);
	const credentials = { nenAiApi: { id: credentialId, name: credential.name } };
	const handle = (await client.importWorkflow(handling, { credentials })).id;
	const start = (await client.importWorkflow(starting, { credentials })).id;
	const runAndWait = (
		await client.importWorkflow(withWorkflowId(readExample(root, 'run-and-wait')), { credentials })
	).id;
	await client.activate(handle);
	await client.activate(start);
	const startUrl = `${n8n.webhookUrl}/webhook/${webhook?.parameters.path}`;
	return {
		client,
		credential: credentials.nenAiApi,
		workflows: { start, handle, runAndWait },
		callbackUrl,
		startUrl,
	};
}

/** The demo's stage: a local NenAI and a real n8n with the packed package, its owner, credential and workflows. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import {
	offerSampleWorkflows,
	SAMPLE_WORKFLOWS,
	sampleParameters,
	startSandbox,
	type Sandbox,
} from '../sandbox/index.mts';
import { chain, node } from '../n8n/build-workflow.mts';
import { N8nClient, type WorkflowJson } from '../n8n/client.mts';
import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { removeFolder } from '../n8n/paths.mts';

export const N8N_VERSION = '2.41.1';
/** The workflow ID that the examples have until the user picks a NenAI workflow. */
export const NENAI_WORKFLOW = SAMPLE_WORKFLOWS.succeeds.id;

/** 64 letters, as a webhook secret should have, and plainly a test value. */
const TEST_SECRET = 'test'.repeat(16);

export interface Stage {
	sandbox: Sandbox;
	n8n: N8nInstance;
	client: N8nClient;
	/** Ids of the imported workflows in n8n. */
	workflows: {
		start: string;
		handle: string;
		startAndWait: string;
		fails: string;
		download: string;
	};
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
		workflows: sampleParameters,
		webhookSecret: TEST_SECRET,
		resultNote: 'Done',
	});
	offerSampleWorkflows(sandbox);
	let n8n: N8nInstance | undefined;
	const close = async () => {
		await n8n?.stop();
		await sandbox.close();
		removeFolder(userFolder);
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

/** The example as it is imported only simulates runs. */
function withRealRuns(example: WorkflowJson): WorkflowJson {
	return JSON.parse(
		JSON.stringify(example).replaceAll('"testExecutions":"simulate"', '"testExecutions":"start"'),
	);
}

/** The example, with another NenAI workflow picked in it. */
function withNenAiWorkflow(
	example: WorkflowJson,
	{ id, name }: { id: string; name: string },
): WorkflowJson {
	const changed: WorkflowJson = JSON.parse(JSON.stringify(example).replaceAll(NENAI_WORKFLOW, id));
	return { ...changed, name: `${example.name} – ${name}` };
}

/** What a person does once in the editor: account, credential, imported workflows, two of them published. */
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
	const save = async (workflow: WorkflowJson) =>
		(await client.importWorkflow(workflow, { credentials })).id;
	const waiting = withRealRuns(readExample(root, 'start-and-wait'));
	const handle = await save(handling);
	const start = await save(starting);
	const startAndWait = await save(waiting);
	const fails = await save(withNenAiWorkflow(waiting, SAMPLE_WORKFLOWS.fails));
	const download = await save(readExample(root, 'run-and-wait'));
	await client.activate(handle);
	await client.activate(start);
	const startUrl = `${n8n.webhookUrl}/webhook/${webhook?.parameters.path}`;
	return {
		client,
		credential: credentials.nenAiApi,
		workflows: { start, handle, startAndWait, fails, download },
		callbackUrl,
		startUrl,
	};
}

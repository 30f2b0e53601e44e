/** The workflows that tests build, save and call. */
import type { INode } from 'n8n-workflow';
import { request } from 'undici';
import { chain, node } from '../n8n/build-workflow.mts';
import { hasSeveralOutputs, type N8nVersion } from '../n8n/install.mts';
import { nodeTypeOf } from '../operations.mts';
import type { Execution, ExecutionSummary, N8nClient, WorkflowJson } from '../n8n/client.mts';

/** A stored credential, as a node refers to it. */
export interface CredentialRef {
	id: string;
	name: string;
}

type Parameters = INode['parameters'];

/** n8n's own Webhook node, named "Webhook": called at {@link webhookUrl}. */
export const webhook = (path: string) =>
	node(
		'Webhook',
		'webhook',
		2,
		{ httpMethod: 'POST', path, responseMode: 'onReceived', options: {} },
		{ webhookId: `e2e-${path}` },
	);

/** One item for each element of a list in the body of the webhook before it; the element is in the field of that name. */
export const split = (field: string) =>
	node('Split', 'splitOut', 1, { fieldToSplitOut: field, options: {} });

/** A NenAI Trigger, called at {@link triggerUrl}. */
export const trigger = (webhookId: string, nenAiApi: CredentialRef, parameters: Parameters = {}) =>
	node(
		'NenAI Trigger',
		'n8n-nodes-nenai.nenAiTrigger',
		2,
		{ options: {}, ...parameters },
		{ webhookId, credentials: { nenAiApi } },
	);

/** The action node that has the resource of these parameters. */
export const nenAi = (
	name: string,
	nenAiApi: CredentialRef,
	parameters: Parameters,
	more: Partial<INode> = {},
) =>
	node(
		name,
		nodeTypeOf(parameters),
		1,
		{ options: {}, ...parameters },
		{ credentials: { nenAiApi }, ...more },
	);

/** Of every run that these tests start: the sandbox takes any. */
export const ANY_WORKFLOW = 'any-workflow';

/** Start, with the expression for the parameters of a run. */
export const start = (
	nenAiApi: CredentialRef,
	parametersJson: string,
	parameters: Parameters = {},
	more: Partial<INode> = {},
) =>
	nenAi(
		'Start',
		nenAiApi,
		{
			resource: 'run',
			operation: 'start',
			workflowId: ANY_WORKFLOW,
			parametersMode: 'json',
			parametersJson,
			callback: 'none',
			...parameters,
		},
		more,
	);

/** Start and Wait, with the expression for the parameters of the run. */
export const runAndWait = (
	nenAiApi: CredentialRef,
	parametersJson = '={{ $json.body }}',
	parameters: Parameters = {},
) =>
	nenAi('Run and wait', nenAiApi, {
		resource: 'run',
		operation: 'startAndWait',
		workflowId: ANY_WORKFLOW,
		parametersMode: 'json',
		parametersJson,
		...parameters,
	});

/** The parameters of Start and Wait for its default outputs, or for the one output that it can have in an older n8n. */
export const outputsIn = (version: N8nVersion): Parameters =>
	hasSeveralOutputs(version) ? {} : { outputs: 'single' };

/** A node for each output of the last node of a workflow, under the name of that output. */
export function withBranches(workflow: WorkflowJson, names: readonly string[]): WorkflowJson {
	const last = workflow.nodes[workflow.nodes.length - 1];
	const branches = names.map((name) => node(name, 'noOp', 1, {}));
	return {
		...workflow,
		nodes: [...workflow.nodes, ...branches],
		connections: {
			...workflow.connections,
			[last.name]: { main: names.map((name) => [{ node: name, type: 'main', index: 0 }]) },
		},
	};
}

/** Download, with the expression for the callback. */
export const download = (
	nenAiApi: CredentialRef,
	payload = '={{ $json.body }}',
	parameters: Parameters = {},
	more: Partial<INode> = {},
) =>
	nenAi(
		'Download',
		nenAiApi,
		{ resource: 'result', operation: 'download', payload, ...parameters },
		more,
	);

/** Where an n8n listens for a {@link webhook}. */
export const webhookUrl = (n8n: { webhookUrl: string }, path: string) =>
	`${n8n.webhookUrl}/webhook/${path}`;

/** Where an n8n listens for a {@link trigger}. */
export const triggerUrl = (n8n: { webhookUrl: string }, webhookId: string) =>
	`${n8n.webhookUrl}/webhook/${webhookId}/webhook`;

/** Saves and activates a workflow; gives its id. */
export async function activate(client: N8nClient, workflow: WorkflowJson): Promise<string> {
	const { id } = await client.createWorkflow(workflow);
	await client.activate(id);
	return id;
}

/** The status with which a webhook answers a JSON body. */
export async function call(url: string, body: object): Promise<number> {
	const answer = await request(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body),
		reset: true,
	});
	await answer.body.dump();
	return answer.statusCode;
}

/** Activates a workflow that a webhook starts, calls it with a body, and gives its execution when it has ended. */
export async function run(
	{ client, n8n }: { client: N8nClient; n8n: { webhookUrl: string } },
	path: string,
	nodes: INode[],
	body: object,
	settings: WorkflowJson['settings'] = {},
): Promise<Execution> {
	const workflow = chain(path, [webhook(path), ...nodes]);
	const id = await activate(client, {
		...workflow,
		settings: { ...workflow.settings, ...settings },
	});
	const status = await call(webhookUrl(n8n, path), body);
	if (status !== 200) throw new Error(`The webhook ${path} answered ${status}`);
	const [{ id: execution }] = await client.waitForExecutions(id, undefined, 60_000);
	return await client.waitForExecution(execution);
}

/** Waits until n8n has stored so many executions of a workflow as waiting, and for what. */
export async function untilWaiting(client: N8nClient, id: string, count: number): Promise<void> {
	const waits = ({ status }: ExecutionSummary) => status === 'waiting';
	const list = await client.waitForExecutions(
		id,
		(all) => all.filter(waits).length === count,
		120_000,
	);
	// n8n 1.123 stores the status first: killed before the rest is stored, it could not go on.
	const isWhole = (execution: Execution) =>
		waits(execution) && execution.data.resultData.lastNodeExecuted !== undefined;
	await Promise.all(
		list.filter(waits).map((waiting) => client.waitForExecution(waiting.id, isWhole)),
	);
}

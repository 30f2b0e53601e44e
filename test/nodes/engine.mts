/**
 * Runs the nodes in n8n-core's real engine: WorkflowExecute for executions, WebhookContext for callbacks.
 * Only what belongs to the n8n server (storing credentials, routing webhooks) is provided here.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
	ExecuteContext,
	ExecutionLifecycleHooks,
	ExternalSecretsProxy,
	HookContext,
	LoadOptionsContext,
	PollContext,
	SupplyDataContext,
	WebhookContext,
	WorkflowExecute,
} from 'n8n-core';
import {
	createEmptyRunExecutionData,
	createRunExecutionData,
	ICredentialsHelper,
	NodeConnectionTypes,
	NodeHelpers,
	NodeOperationError,
	Workflow,
	type ICredentialDataDecryptedObject,
	type ICredentialsExpressionResolveValues,
	type IBinaryKeyData,
	type IDataObject,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type ILoadOptionsFunctions,
	type INode,
	type INodeExecutionData,
	type INodeListSearchResult,
	type INodePropertyOptions,
	type INodeParameters,
	type INodeProperties,
	type INodeType,
	type INodeTypes,
	type IRun,
	type IRunExecutionData,
	type IWebhookData,
	type IWorkflowExecuteAdditionalData,
	type IWorkflowSettings,
	type ResourceMapperFields,
	type WorkflowActivateMode,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { nodeTypeOf } from '../operations.mts';
import { NenAiApi } from '../../credentials/NenAiApi.credentials';
import { NenAi } from '../../nodes/NenAi/NenAi.node';
import { NenAiDesktop } from '../../nodes/NenAiDesktop/NenAiDesktop.node';
import { NenAiPollingTrigger } from '../../nodes/NenAiPollingTrigger/NenAiPollingTrigger.node';
import { NenAiTrigger } from '../../nodes/NenAiTrigger/NenAiTrigger.node';

const TYPES: Record<string, INodeType> = {
	'n8n-nodes-nenai.nenAi': new NenAi(),
	'n8n-nodes-nenai.nenAiDesktop': new NenAiDesktop(),
	'n8n-nodes-nenai.nenAiPollingTrigger': new NenAiPollingTrigger(),
	'n8n-nodes-nenai.nenAiTrigger': new NenAiTrigger(),
};

/** n8n makes the type of a tool from the type of its node. */
function typeOf(name: string): INodeType {
	return TYPES[name.replace(/Tool$/, '')];
}

const nodeTypes: INodeTypes = {
	getByName: typeOf,
	getByNameAndVersion: typeOf,
	getKnownTypes: () => ({}),
};

/** Resolves the expressions of a credential, as the server of n8n 2.41 does: with the data of the execution if there is any, else with none. */
function resolve(
	data: ICredentialDataDecryptedObject,
	properties: INodeProperties[],
	values: ICredentialsExpressionResolveValues | undefined,
): ICredentialDataDecryptedObject {
	if (values !== undefined) {
		const { workflow, runExecutionData, runIndex, itemIndex, node, connectionInputData } = values;
		return workflow.expression.getParameterValue(
			data as INodeParameters,
			runExecutionData,
			runIndex,
			itemIndex,
			node.name,
			connectionInputData,
			'internal',
			{},
			undefined,
		) as ICredentialDataDecryptedObject;
	}
	const node: INode = {
		id: '1',
		name: 'Temp-Node',
		type: 'n8n-nodes-nenai.nenAi',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const { expression } = workflowOf(node);
	const resolved: ICredentialDataDecryptedObject = {};
	for (const [name, value] of Object.entries(data)) {
		try {
			Object.assign(
				resolved,
				expression.getComplexParameterValue(
					node,
					{ [name]: value } as INodeParameters,
					'internal',
					{},
				),
			);
		} catch (error) {
			if (
				properties.find((property) => property.name === name)?.typeOptions
					?.ignoreCredentialExpressionResolveError !== true
			)
				throw error;
		}
	}
	return resolved;
}

/** Holds one credential; counts how often it is looked up. */
export class Credentials extends ICredentialsHelper {
	lookUps = 0;
	/** As when the credential was deleted. */
	gone = false;
	private readonly type = new NenAiApi();
	private readonly data: ICredentialDataDecryptedObject;

	constructor(data: ICredentialDataDecryptedObject) {
		super();
		this.data = data;
	}

	getParentTypes(): string[] {
		return [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_type: string,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const { authenticate } = this.type;
		if (typeof authenticate !== 'function')
			throw new Error('The credential has no authenticate function');
		return await authenticate(credentials, request);
	}

	async preAuthentication(): Promise<undefined> {
		return undefined;
	}

	async runPreAuthentication(): Promise<undefined> {
		return undefined;
	}

	async getCredentials(): Promise<never> {
		throw new Error('Nothing here reads encrypted credentials');
	}

	async getDecrypted(
		_additionalData?: unknown,
		_credentials?: unknown,
		_type?: unknown,
		_mode?: unknown,
		_executeData?: unknown,
		_raw?: boolean,
		values?: ICredentialsExpressionResolveValues,
	): Promise<ICredentialDataDecryptedObject> {
		this.lookUps += 1;
		if (this.gone) throw new Error('Credential with ID "1" does not exist');
		return resolve({ ...this.data }, this.type.properties, values);
	}

	async updateCredentials(): Promise<void> {}

	async updateCredentialsOauthTokenData(): Promise<void> {}

	getCredentialsProperties() {
		return this.type.properties;
	}
}

/** What the n8n server hands to the engine; what no node here uses is left to fail loudly. */
function additionalDataFor(credentialsHelper: Credentials): IWorkflowExecuteAdditionalData {
	const unused = (what: string) => () => {
		throw new Error(`${what} is not available in these tests`);
	};
	return {
		credentialsHelper,
		executeWorkflow: unused('executeWorkflow'),
		getRunExecutionData: unused('getRunExecutionData'),
		getRuntimeCredential: unused('getRuntimeCredential'),
		startRunnerTask: unused('startRunnerTask'),
		currentNodeExecutionIndex: 0,
		executionId: '1',
		restApiUrl: 'http://127.0.0.1/rest',
		instanceBaseUrl: 'http://127.0.0.1',
		formBaseUrl: 'http://127.0.0.1/form',
		formWaitingBaseUrl: 'http://127.0.0.1/form-waiting',
		formTestBaseUrl: 'http://127.0.0.1/form-test',
		webhookBaseUrl: 'http://127.0.0.1/webhook',
		webhookWaitingBaseUrl: 'http://127.0.0.1/webhook-waiting',
		webhookTestBaseUrl: 'http://127.0.0.1/webhook-test',
		mcpBaseUrl: 'http://127.0.0.1/mcp',
		mcpTestBaseUrl: 'http://127.0.0.1/mcp-test',
		variables: {},
		externalSecretsProxy: new ExternalSecretsProxy(),
		logAiEvent: () => {},
	};
}

/** A node as a saved workflow has it: parameters that are at their default are filled in, as n8n does. */
function nodeOf(type: string, parameters: INodeParameters, settings: Partial<INode> = {}): INode {
	const node: INode = {
		id: 'node-1',
		name: 'NenAI',
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters,
		credentials: { nenAiApi: { id: '1', name: 'NenAI' } },
		...settings,
	};
	const { description } = TYPES[type];
	const filled = NodeHelpers.getNodeParameters(
		description.properties,
		parameters,
		true,
		false,
		node,
		description,
	);
	return { ...node, parameters: filled ?? {} };
}

let workflows = 0;

/** Each has an id of its own, since the nodes remember things by it. */
function workflowOf(
	node: INode,
	staticData: IDataObject = {},
	settings: IWorkflowSettings = {},
	id = `workflow-${(workflows += 1)}`,
): Workflow {
	return new Workflow({
		id,
		name: 'Test',
		nodes: [node],
		connections: {},
		active: false,
		nodeTypes,
		staticData,
		settings,
	});
}

export interface Execution {
	run: IRun;
	/** Items of the node's outputs, except its error output. */
	items: INodeExecutionData[];
	/** How many items each output has. */
	counts: number[];
	/** Items of its error output, where it has one. */
	failedItems: INodeExecutionData[];
	/** What the node says on the execution beside its output. */
	hints: string[];
	/** The error's message and description, and the whole of it as n8n would store it. */
	error?: { message: string; description: string; stored: string };
}

export interface ExecuteOptions {
	parameters: INodeParameters;
	credentials: Credentials;
	items?: IDataObject[];
	/** The files of the items. */
	binaries?: IBinaryKeyData[];
	/** Of the node: `onError`, `retryOnFail`, `maxTries`, … */
	settings?: Partial<INode>;
	/** Continues with the data of an execution that ended, as Retry in the list of executions does. */
	retryOf?: IRunExecutionData;
	/** Gets a function that stops the execution. */
	onStarted?: (stop: () => void) => void;
	/** Of the workflow. */
	workflowSettings?: IWorkflowSettings;
	/** Where n8n says its waiting executions are resumed. */
	webhookWaitingBaseUrl?: string;
	/** How n8n executes the workflow. Default: as a trigger starts it. */
	mode?: WorkflowExecuteMode;
	/** How the workflow was executed that calls this one as its sub-workflow. */
	rootExecutionMode?: WorkflowExecuteMode;
	/** Default: always the same. */
	executionId?: string;
	/** Default: another one for each execution. */
	workflowId?: string;
	/** What n8n has stored with the execution, while it waited, in the context that all nodes share. */
	flowContext?: IDataObject;
}

/** Whatever an item says of its failure stays so where a builder hands it to Stop and Error: n8n replaces texts with certain codes. */
function expectTextsToStay(node: INode, items: INodeExecutionData[]) {
	for (const { error } of items.map(({ json }) => json))
		if (typeof error === 'string') expect(new NodeOperationError(node, error).message).toBe(error);
}

/** Executes the NenAI node alone, with these input items. */
export async function execute(options: ExecuteOptions): Promise<Execution> {
	const {
		parameters,
		credentials,
		items = [{}],
		binaries,
		settings,
		retryOf,
		onStarted,
		webhookWaitingBaseUrl,
		workflowSettings,
		mode = 'trigger',
		rootExecutionMode,
		executionId = '1',
		workflowId,
		flowContext,
	} = options;
	const node = nodeOf(nodeTypeOf(parameters), parameters, settings);
	const workflow = workflowOf(node, {}, workflowSettings, workflowId);
	const additionalData = additionalDataFor(credentials);
	const hooks = new ExecutionLifecycleHooks(mode, executionId, {
		id: 'workflow-1',
		name: 'Test',
		active: false,
		activeVersionId: null,
		isArchived: false,
		nodes: [node],
		connections: {},
		createdAt: new Date(),
		updatedAt: new Date(),
	});
	Object.assign(additionalData, {
		hooks,
		executionId,
		rootExecutionMode,
		...(webhookWaitingBaseUrl && { webhookWaitingBaseUrl }),
	});
	const input = items.map(
		(json, item): INodeExecutionData => ({
			json,
			pairedItem: { item },
			...(binaries && { binary: binaries[item] }),
		}),
	);
	const data = createRunExecutionData({
		executionData: {
			contextData: {
				...structuredClone(retryOf?.executionData?.contextData ?? {}),
				...(flowContext && { flow: flowContext }),
			},
			runtimeData: structuredClone(retryOf?.executionData?.runtimeData),
			nodeExecutionStack: [{ node, data: { main: [input] }, source: null }],
		},
	});
	// On the error output, n8n puts an error beside the item of the node before.
	if (settings?.onError === 'continueErrorOutput') putBehind(workflow, data, input);
	const running = new WorkflowExecute(additionalData, mode, data).processRunExecutionData(workflow);
	onStarted?.(() => running.cancel());
	const run = await running;
	const result = run.data.resultData.runData[node.name]?.[0];
	const error = run.data.resultData.error ?? result?.error;
	const outputs = (result?.data?.main ?? []).map((output) => output ?? []);
	expectTextsToStay(node, outputs.flat());
	const isError = outputs.map(
		(_, index) =>
			settings?.onError === 'continueErrorOutput' &&
			index === NodeHelpers.getNodeOutputs(workflow, node, TYPES[node.type].description).length - 1,
	);
	return {
		run,
		items: outputs.filter((_, index) => !isError[index]).flat(),
		failedItems: outputs.filter((_, index) => isError[index]).flat(),
		counts: outputs.map(({ length }) => length),
		hints: (result?.hints ?? []).map(({ message }) => message),
		...(error && {
			error: {
				message: error.message,
				description: String(error.description ?? ''),
				stored: JSON.stringify(error) + String(error.stack),
			},
		}),
	};
}

/** As if another node had given these items. */
function putBehind(workflow: Workflow, data: IRunExecutionData, items: INodeExecutionData[]) {
	const before: INode = { ...Object.values(workflow.nodes)[0], id: 'node-0', name: 'Before' };
	workflow.nodes.Before = before;
	data.resultData.runData.Before = [
		{ startTime: 0, executionIndex: 0, executionTime: 0, source: [], data: { main: [items] } },
	];
	const [entry] = data.executionData?.nodeExecutionStack ?? [];
	entry.source = { main: [{ previousNode: 'Before' }] };
}

/** Executes the node as the older AI agents of n8n do with their tools: inside of the agent node. */
export async function executeInsideAgent(
	parameters: INodeParameters,
	credentials: Credentials,
): Promise<INodeExecutionData[][] | undefined> {
	const node = nodeOf(nodeTypeOf(parameters), parameters);
	const input = [{ json: {} }];
	const executeData = { node, data: { main: [input] }, source: null };
	const context = new SupplyDataContext(
		workflowOf(node),
		node,
		additionalDataFor(credentials),
		'trigger',
		createRunExecutionData({}),
		0,
		input,
		{ [NodeConnectionTypes.AiTool]: [input] },
		NodeConnectionTypes.AiTool,
		executeData,
		[],
	);
	// n8n casts in the same way: to the node, this context is that of an execution.
	return (await TYPES[node.type].execute?.call(context as unknown as IExecuteFunctions)) as
		| INodeExecutionData[][]
		| undefined;
}

/**
 * Executes the node as the `agents` module of n8n 2.41 does with its node tools: without an execution (source:
 * `ephemeral-node-executor.js`).
 */
export async function executeWithoutExecution({
	parameters,
	credentials,
	items = [{}],
	binaries,
}: Pick<ExecuteOptions, 'parameters' | 'credentials' | 'items' | 'binaries'>): Promise<
	INodeExecutionData[]
> {
	const ofNode = nodeOf(nodeTypeOf(parameters), parameters);
	const node: INode = { ...ofNode, name: 'Target Node', type: `${ofNode.type}Tool` };
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const input = items.map(
		(json, item): INodeExecutionData => ({
			json,
			...(binaries && { binary: binaries[item] }),
		}),
	);
	const inputData = { [NodeConnectionTypes.Main]: [input] };
	const context = new ExecuteContext(
		workflow,
		node,
		{ ...additionalDataFor(credentials), executionId: undefined },
		'internal',
		createEmptyRunExecutionData(),
		0,
		input,
		inputData,
		{ node, data: inputData, source: null },
		[],
	);
	const outputs = await TYPES[ofNode.type].execute?.call(context);
	if (!Array.isArray(outputs)) throw new Error('The node gave no items');
	return outputs[0] ?? [];
}

/** Loads a list of the editor, as it does where somebody opens it, with what the form holds by then. */
export async function loadList(
	method: string,
	credentials: Credentials,
	filter?: string,
	parameters: INodeParameters = {},
): Promise<INodeListSearchResult> {
	const type = Object.keys(TYPES).find((name) => TYPES[name].methods?.listSearch?.[method]);
	const load = TYPES[type ?? '']?.methods?.listSearch?.[method];
	if (type === undefined || load === undefined) throw new Error(`There is no list ${method}`);
	return await load.call(editorOf(type, credentials, parameters), filter);
}

/** The entries of a field of the trigger in which several can be chosen. */
export async function loadOptions(
	method: string,
	credentials: Credentials,
): Promise<INodePropertyOptions[]> {
	const type = 'n8n-nodes-nenai.nenAiTrigger';
	const load = TYPES[type].methods?.loadOptions?.[method];
	if (load === undefined) throw new Error(`There are no options ${method}`);
	return await load.call(editorOf(type, credentials, {}));
}

/** The fields of a form that depends on other parameters, as the editor loads them. */
export async function loadFields(
	method: string,
	parameters: INodeParameters,
): Promise<ResourceMapperFields> {
	const type = 'n8n-nodes-nenai.nenAi';
	const load = TYPES[type].methods?.resourceMapping?.[method];
	if (load === undefined) throw new Error(`There are no fields ${method}`);
	return await load.call(editorOf(type, new Credentials({}), parameters));
}

function editorOf(type: string, credentials: Credentials, parameters: INodeParameters) {
	const node = nodeOf(type, parameters);
	const additionalData = {
		...additionalDataFor(credentials),
		currentNodeParameters: node.parameters,
	};
	return new LoadOptionsContext(workflowOf(node), node, additionalData, '');
}

/** What a node sends requests from, with n8n's own HTTP helpers. */
export function senderOf(credentials: Credentials): ILoadOptionsFunctions {
	const node = nodeOf('n8n-nodes-nenai.nenAi', {});
	return new LoadOptionsContext(workflowOf(node), node, additionalDataFor(credentials), '');
}

export interface CallbackServer {
	url: string;
	/** The items with which the workflow was started or the execution resumed, in order. */
	started: IDataObject[];
	/** How many items each output got, for each of these starts. */
	counts: number[][];
	/** Awaited in place of starting the workflow; when it rejects, n8n has failed to start it. */
	start: () => Promise<void>;
	/**
	 * Awaited in place of the execution, where n8n responds at its end. When it rejects, the execution has failed; when it
	 * gives an object, n8n sends that, as for an execution that never began.
	 */
	end: () => Promise<object | void>;
	close(): Promise<void>;
}

/** Serves a node's webhook over HTTP: the engine's WebhookContext around real requests and responses. */
async function serveWebhook(
	type: INodeType,
	workflow: Workflow,
	node: INode,
	credentials: Credentials,
	data: IRunExecutionData | null,
	mode: WorkflowExecuteMode = 'webhook',
): Promise<CallbackServer> {
	const started: IDataObject[] = [];
	const counts: number[][] = [];
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', async () => {
			const answer = Object.assign(response, {
				status(code: number) {
					response.statusCode = code;
					return answer;
				},
				json(body: unknown) {
					response.setHeader('content-type', 'application/json; charset=utf-8');
					response.end(JSON.stringify(body));
				},
			});
			Object.assign(request, {
				...rawBodyOf(request, Buffer.concat(chunks)),
				body: {},
				params: {},
				query: {},
			});
			const additionalData = additionalDataFor(credentials);
			Object.assign(additionalData, { httpRequest: request, httpResponse: answer });
			const context = new WebhookContext(
				workflow,
				node,
				additionalData,
				mode,
				webhookDataOf(type, node, credentials),
				[],
				data,
			);
			const result = await type.webhook?.call(context);
			const field = (name: 'responseMode' | 'responseData') =>
				workflow.expression.getSimpleParameterValue(
					node,
					type.description.webhooks?.[0][name],
					mode,
					{},
				);
			try {
				if (result?.workflowData) await callbackServer.start();
			} catch {
				return answer.status(500).json({ message: 'There was a problem executing the workflow' });
			}
			for (const item of result?.workflowData?.flat() ?? []) started.push(item.json);
			if (result?.workflowData) counts.push(result.workflowData.map(({ length }) => length));
			if (result?.noWebhookResponse) return;
			if (result?.workflowData === undefined || field('responseMode') === 'onReceived')
				return answer.status(200).json(result?.webhookResponse);
			let sent: object | void;
			try {
				sent = await callbackServer.end();
			} catch {
				return answer.status(500).json({ message: 'Error in workflow' });
			}
			// In place of the data of the last node.
			answer
				.status(200)
				.json(sent ?? (field('responseData') === 'noData' ? undefined : { last: 'node' }));
		});
	});
	await listen(server);
	const callbackServer: CallbackServer = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		started,
		counts,
		start: async () => {},
		end: async () => {},
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
	return callbackServer;
}

/** As n8n hands a body on: it parses forms by itself, after which their bytes cannot be read any more. */
function rawBodyOf({ headers }: IncomingMessage, bytes: Buffer) {
	if (!headers['content-type']?.startsWith('multipart/')) return { rawBody: bytes };
	return {
		readRawBody: async () => {
			throw new Error('Request body stream was aborted or is not readable');
		},
	};
}

function webhookDataOf(type: INodeType, node: INode, credentials: Credentials): IWebhookData {
	return {
		httpMethod: 'POST',
		node: node.name,
		path: 'test',
		webhookDescription: type.description.webhooks?.[0] ?? {
			name: 'default',
			httpMethod: 'POST',
			path: '',
		},
		workflowId: 'workflow-1',
		workflowExecuteAdditionalData: additionalDataFor(credentials),
	};
}

/** Serves the waiting execution as n8n does after it was stored and loaded again. */
export async function serveWaiting(
	{ run }: Execution,
	parameters: INodeParameters,
	credentials: Credentials,
	settings: Partial<INode> = {},
): Promise<CallbackServer> {
	const node = nodeOf(nodeTypeOf(parameters), parameters, settings);
	const stored = JSON.parse(JSON.stringify(run.data)) as IRunExecutionData;
	return await serveWebhook(TYPES[node.type], workflowOf(node), node, credentials, stored);
}

export interface TriggerServer extends CallbackServer {
	/** What n8n saves in the workflow's row. */
	staticData(): IDataObject;
	/** What activating the workflow does; throws what the person would be shown. */
	activate(): Promise<void>;
	/** What n8n makes of an expression, with the parameters of the trigger. */
	evaluate(expression: unknown): unknown;
	/** What stands below the node's name in the editor. */
	subtitle(): unknown;
	/** What stands beside its outputs. */
	outputs(): unknown[];
}

export interface TriggerOptions {
	/** What n8n has saved in the workflow's row before. */
	staticData?: IDataObject;
	/** `manual` is a test in the editor. */
	mode?: WorkflowExecuteMode;
	/** Set as they are, whatever n8n would make of them. */
	parameters?: INodeParameters;
	/** Of the node, such as `alwaysOutputData`. */
	settings?: Partial<INode>;
}

/** Serves the NenAI Trigger of a workflow that this process has not seen yet. */
export async function serveTrigger(
	parameters: INodeParameters,
	credentials: Credentials,
	{ staticData, mode, parameters: rawParameters, settings }: TriggerOptions = {},
): Promise<TriggerServer> {
	const type = TYPES['n8n-nodes-nenai.nenAiTrigger'];
	const node = nodeOf('n8n-nodes-nenai.nenAiTrigger', parameters, settings);
	const workflow = workflowOf(node, staticData);
	// As on saving a workflow by n8n's API: the engine fills in what is missing, and leaves the rest.
	Object.assign(workflow.nodes[node.name].parameters, rawParameters);
	Object.assign(node.parameters, rawParameters);
	const server = await serveWebhook(type, workflow, node, credentials, null, mode);
	return Object.assign(server, {
		staticData: () => workflow.staticData,
		evaluate: (expression: unknown) =>
			workflow.expression.getSimpleParameterValue(node, String(expression), 'internal', {}),
		subtitle: () =>
			workflow.expression.getSimpleParameterValue(node, type.description.subtitle, 'internal', {}),
		outputs: () =>
			NodeHelpers.getNodeOutputs(workflow, node, type.description).map((output) =>
				typeof output === 'string' ? output : output.displayName,
			),
		async activate() {
			const context = new HookContext(
				workflow,
				node,
				additionalDataFor(credentials),
				'trigger',
				'activate',
				webhookDataOf(type, node, credentials),
			);
			await type.webhookMethods?.default?.create.call(context);
		},
	});
}

export interface PollOptions extends TriggerOptions {
	/** How n8n activates it. Default: as somebody activates a workflow. */
	activation?: WorkflowActivateMode;
	/** A trigger of the same workflow before it was renamed, or activated anew. */
	before?: PollingTrigger;
}

export interface PollingTrigger {
	workflow: Workflow;
	/** The items with which this poll starts the workflow. Throws the error that n8n stores as an execution. */
	poll(): Promise<IDataObject[]>;
	/** What n8n saves in the workflow's row, as it is in the database. */
	staticData(): IDataObject;
}

/** Activates a NenAI Polling Trigger, with the context in which n8n polls from then on. */
export function activatePolling(
	parameters: INodeParameters,
	credentials: Credentials,
	{ staticData, mode, activation, parameters: rawParameters, settings, before }: PollOptions = {},
): PollingTrigger {
	const type = TYPES['n8n-nodes-nenai.nenAiPollingTrigger'];
	const node = nodeOf('n8n-nodes-nenai.nenAiPollingTrigger', parameters, settings);
	const workflow = workflowOf(node, structuredClone(staticData));
	if (before !== undefined) Object.assign(workflow, { id: before.workflow.id });
	Object.assign(workflow.nodes[node.name].parameters, rawParameters);
	const context = new PollContext(
		workflow,
		node,
		additionalDataFor(credentials),
		mode ?? 'trigger',
		activation ?? 'activate',
	);
	return {
		workflow,
		async poll() {
			const outputs = await type.poll?.call(context);
			return (outputs ?? []).flat().map(({ json }) => json);
		},
		staticData: () => JSON.parse(JSON.stringify(workflow.staticData)) as IDataObject,
	};
}

const listen = (server: Server) =>
	new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type IHookFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import * as download from './operations/result/download';
import * as start from './operations/run/start';
import * as startAndWait from './operations/run/startAndWait';
import { testCredential } from './transport/credentialTest';

const OPERATIONS = { start, startAndWait, download };

export class NenAi implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI',
		name: 'nenAi',
		icon: { light: 'file:nenai.svg', dark: 'file:nenai.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ ({ start: "Start a run", startAndWait: "Start a run and wait", download: "Download files" })[$parameter["operation"]] }}',
		description: 'Start runs of NenAI workflows: a computer operates other software for you',
		defaults: { name: 'NenAI' },
		usableAsTool: true,
		waitingNodeTooltip: 'The run has been started. This workflow goes on when NenAI reports its result.',
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		// Only for a waiting execution of "Start and Wait": its address is made when the execution suspends.
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				path: '',
				restartWebhook: true,
				isFullPath: true,
			},
		],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Result', value: 'result' },
					{ name: 'Run', value: 'run' },
				],
				default: 'run',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['run'] } },
				options: [
					{
						name: 'Start',
						value: 'start',
						action: 'Start a run',
						description: 'Starts a run of a NenAI workflow for each item. This does real work: each call starts another run.',
					},
					{
						name: 'Start and Wait',
						value: 'startAndWait',
						action: 'Start a run and wait for its result',
						description: 'Starts one run of a NenAI workflow and goes on when its result is there. This does real work: each call starts another run.',
					},
				],
				default: 'start',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['result'] } },
				options: [
					{
						name: 'Download',
						value: 'download',
						action: 'Download the files of a result',
						description: 'Downloads the files behind the links of a callback',
					},
				],
				default: 'download',
			},
			...start.description,
			...startAndWait.description,
			...download.description,
		],
	};

	methods = { credentialTest: { testCredential } };

	/** n8n asks for these beside any webhook; one that resumes an execution is registered nowhere. */
	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operation = this.getNodeParameter('operation', 0) as keyof typeof OPERATIONS;
		return await OPERATIONS[operation].execute.call(this);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await startAndWait.webhook.call(this);
	}
}

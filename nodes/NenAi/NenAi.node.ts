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

import { carryOut, makeResourceMenu, subtitleOf } from './operations/resource';
import { result } from './operations/result';
import { run, webhook } from './operations/run';
import { workflow } from './operations/workflow';
import { searchWorkflows } from './pickers/searchWorkflows';
import { testCredential } from './transport/credentialTest';

/** The first is the default. */
const RESOURCES = [run, result, workflow];

export class NenAi implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI',
		name: 'nenAi',
		icon: { light: 'file:nenai.svg', dark: 'file:nenai.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleOf(RESOURCES),
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
			makeResourceMenu(RESOURCES),
			...RESOURCES.flatMap(({ properties }) => properties),
		],
	};

	methods = { credentialTest: { testCredential }, listSearch: { searchWorkflows } };

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
		return await carryOut.call(this, RESOURCES);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await webhook.call(this);
	}
}

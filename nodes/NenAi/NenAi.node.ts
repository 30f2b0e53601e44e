import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import * as start from './operations/run/start';
import { testCredential } from './transport/credentialTest';

export class NenAi implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI',
		name: 'nenAi',
		icon: { light: 'file:nenai.svg', dark: 'file:nenai.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Start runs of NenAI workflows: a computer operates other software for you',
		defaults: { name: 'NenAI' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [{ name: 'Run', value: 'run' }],
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
				],
				default: 'start',
			},
			...start.description,
		],
	};

	methods = { credentialTest: { testCredential } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await start.execute.call(this);
	}
}

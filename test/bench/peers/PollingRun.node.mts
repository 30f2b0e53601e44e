/** What people write who do not know that an execution can be suspended: starts a run and asks until it is over. */
import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';

export class PollingRun implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Polling Run',
		name: 'pollingRun',
		group: ['transform'],
		version: 1,
		description: 'Starts a run and waits for it in a loop',
		defaults: { name: 'Polling Run' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [
			{ displayName: 'Run URL', name: 'runUrl', type: 'string', default: '' },
			{ displayName: 'Status URL', name: 'statusUrl', type: 'string', default: '' },
			{ displayName: 'API Key', name: 'apiKey', type: 'string', default: '' },
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const [runUrl, statusUrl, apiKey] = ['runUrl', 'statusUrl', 'apiKey'].map((name) =>
			String(this.getNodeParameter(name, 0)),
		);
		const body = { workflow_id: 'bench', workflow_params: { N: this.getInputData()[0].json.N } };
		const { messageId } = (await this.helpers.httpRequest({
			method: 'POST',
			url: runUrl,
			headers: { 'x-api-key': apiKey },
			body,
			json: true,
		})) as { messageId: string };
		for (;;) {
			await new Promise((resolve) => setTimeout(resolve, 5000));
			const state = (await this.helpers.httpRequest({
				url: `${statusUrl}/${messageId}`,
				json: true,
			})) as IDataObject;
			if (state.status === 'success') return [[{ json: state, pairedItem: { item: 0 } }]];
		}
	}
}

/** The floor for any node that waits: starts a run with n8n's resume URL as its callback, and goes on with whatever arrives there. */
import {
	WAIT_INDEFINITELY,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

export class BareWait implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Bare Wait',
		name: 'bareWait',
		group: ['transform'],
		version: 1,
		description: 'Starts a run and waits for any request',
		defaults: { name: 'Bare Wait' },
		inputs: ['main'],
		outputs: ['main'],
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
			{ displayName: 'Run URL', name: 'runUrl', type: 'string', default: '' },
			{ displayName: 'API Key', name: 'apiKey', type: 'string', default: '' },
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const [runUrl, apiKey] = ['runUrl', 'apiKey'].map((name) =>
			String(this.getNodeParameter(name, 0)),
		);
		await this.helpers.httpRequest({
			method: 'POST',
			url: runUrl,
			headers: { 'x-api-key': apiKey },
			body: {
				workflow_id: 'bench',
				workflow_params: { N: this.getInputData()[0].json.N },
				webhook_callback: this.getWorkflowDataProxy(0).$execution.resumeUrl,
			},
			json: true,
		});
		await this.putExecutionToWait(WAIT_INDEFINITELY);
		return [this.getInputData()];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return { webhookResponse: { received: true }, workflowData: [[{ json: this.getBodyData() }]] };
	}
}

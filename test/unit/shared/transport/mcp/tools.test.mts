import { Readable } from 'node:stream';
import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { NenAiTools } from '../../../../../nodes/shared/transport/mcp/tools';
import { connect } from '../../../../../nodes/shared/transport/http/connection';

/** An MCP server whose tools declare this, and the arguments of the calls that it got. */
function serverWith(inputSchema: object) {
	const given: unknown[] = [];
	const answer = ({
		id,
		method,
		params,
	}: {
		id?: number;
		method?: string;
		params?: { arguments?: unknown };
	}) => {
		if (method === 'initialize')
			return { jsonrpc: '2.0', id, result: { protocolVersion: '2025-06-18' } };
		if (method === 'tools/list')
			return {
				jsonrpc: '2.0',
				id,
				result: {
					tools: ['nen_status', 'nen_get_run_logs', 'nen_list_workflows'].map((name) => ({
						name,
						inputSchema,
					})),
				},
			};
		if (method === 'tools/call') given.push(params?.arguments);
		return {
			jsonrpc: '2.0',
			id,
			result: { content: [{ type: 'text', text: '{"status":"running"}' }] },
		};
	};
	const httpRequest = async ({ body }: IHttpRequestOptions) => ({
		statusCode: 200,
		headers: { 'content-type': 'application/json' },
		body: Readable.from([Buffer.from(JSON.stringify(answer(JSON.parse(String(body)) as object)))]),
	});
	return { sender: { helpers: { httpRequest } } as unknown as IExecuteFunctions, given };
}

const connection = connect(
	{ apiKey: 'test-key', deploymentId: 'd-1' },
	{ maxTries: 1, timeout: 1 },
);

test.each([
	[
		'declares it',
		{ type: 'object', properties: { messageId: {}, deploymentId: {} } },
		[
			{ messageId: 'm', deploymentId: 'd-1' },
			{ messageId: 'm', deploymentId: 'd-1' },
			{ deploymentId: 'd-1' },
		],
	],
	[
		'declares others',
		{ type: 'object', properties: { messageId: {} } },
		[{ messageId: 'm' }, { messageId: 'm' }, {}],
	],
	[
		'declares nothing, so it is as published',
		{ type: 'object' },
		[{ messageId: 'm' }, { messageId: 'm', deploymentId: 'd-1' }, { deploymentId: 'd-1' }],
	],
])('the deployment goes along where a tool %s', async (_, inputSchema, expected) => {
	const { sender, given } = serverWith(inputSchema);
	const inquiry = new NenAiTools(sender, connection);
	await inquiry.getStatus('m');
	await inquiry.getLog('m', (log) => log);
	await inquiry.listWorkflows();
	expect(given).toEqual(expected);
});

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { NenAiTools } from '../../shared/transport/mcp/tools';
import { invalidParameter } from '../../shared/parameters/invalidParameter';
import { readRequestLimits } from '../../shared/parameters/requestLimits';
import type { ParameterReader } from '../../shared/parameters/parameterReader';
import type { Query, Service } from '../../shared/execution/itemOperation';
import { runItems } from '../../shared/execution/runItems';
import { say } from '../../shared/failures/text';

/** Options that every operation that asks NenAI has. */
export const queryOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Max Concurrency',
			name: 'maxConcurrency',
			type: 'number',
			default: 10,
			typeOptions: { minValue: 1, numberPrecision: 0 },
			description: 'How many items are asked for at the same time',
		},
		{
			displayName: 'Max Tries',
			name: 'maxTries',
			type: 'number',
			default: 5,
			typeOptions: { minValue: 1, numberPrecision: 0 },
			description:
				'How often NenAI is asked when it is busy, cannot be reached or does not answer. Asking changes nothing.',
		},
		{
			displayName: 'Timeout',
			name: 'timeout',
			type: 'number',
			default: 30,
			typeOptions: { minValue: 1 },
			description: 'How long to wait for the answer to one request, in seconds',
		},
	],
};

/** The parameter that names the run that is asked about. */
export const messageIdProperty: INodeProperties = {
	displayName: 'Message ID',
	name: 'messageId',
	type: 'string',
	required: true,
	default: '={{ $json.messageId ?? $json.message_id }}',
	description:
		'The ID of the run. Leave it as it is behind Start, Start and Wait or a NenAI Trigger. Else drag in messageId (as Start gives it) or message_id (as callbacks have it).',
};

/** Throws InvalidParameterError where there is none. */
export function readMessageId(parameters: ParameterReader): string {
	const id = parameters.id('messageId');
	if (id === '')
		throw invalidParameter(
			say`The message ID is empty`,
			say`Enter the messageId of the run, as Start gives it, or the message_id of its callback. If it is an expression, look at what it gives for this item.`,
		);
	return id;
}

/** NenAI's MCP server. One session serves all items that use one credential. */
const MCP_SERVER: Service<NenAiTools> = {
	address: 'mcpUrl',
	open: (node, connection, signal) => new NenAiTools(node, connection, signal),
	close: (tools) => void tools.close(),
};

/** What an operation that asks NenAI's MCP server is made of. */
interface McpQuery<Input, Result>
	extends Omit<Query<NenAiTools, Input, Result>, 'kind' | 'properties' | 'service' | 'settings'> {
	parameters: INodeProperties[];
}

/** Asks a question for each item, several at a time. */
export async function queryMcp<Input, Result>(
	node: IExecuteFunctions,
	{ parameters, ...query }: McpQuery<Input, Result>,
): Promise<INodeExecutionData[][]> {
	return await runItems(node, {
		...query,
		kind: 'query',
		properties: parameters,
		service: MCP_SERVER,
		settings: (ofAll) => ({
			...readRequestLimits(ofAll),
			maxConcurrency: ofAll.positiveInteger('options.maxConcurrency'),
		}),
	});
}

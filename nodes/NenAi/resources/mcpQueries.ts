import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { NenAiTools } from '../../shared/transport/mcp/tools';
import { readRequestLimits } from '../../shared/parameters/requestLimits';
import type { Query, Service } from '../../shared/execution/itemOperation';
import { runItems } from '../../shared/execution/runItems';

/** NenAI's MCP server. One session serves all items with the same credential. */
const MCP_SERVER: Service<NenAiTools> = {
	address: 'mcpUrl',
	open: (node, connection, signal) => new NenAiTools(node, connection, signal),
	close: (tools) => void tools.close(),
};

/** The parts of an operation that asks NenAI's MCP server. */
interface McpQuery<Input, Result>
	extends Omit<Query<NenAiTools, Input, Result>, 'kind' | 'properties' | 'service' | 'settings'> {
	parameters: INodeProperties[];
}

/** Asks one question for each item, several at a time. */
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

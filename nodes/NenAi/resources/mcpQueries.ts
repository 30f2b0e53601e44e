import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { NenAiTools } from '../../shared/transport/mcp/tools';
import type { Attempt } from '../../shared/execution/runJobs';
import { readRequestLimits } from '../../shared/parameters/requestLimits';
import type { ParameterReader } from '../../shared/parameters/parameterReader';
import { runItems, type Query, type Service } from '../../shared/execution/runItems';

/** NenAI's MCP server. One session serves all items that use one credential. */
const MCP_SERVER: Service<NenAiTools> = {
	address: 'mcpUrl',
	open: (node, connection, signal) => new NenAiTools(node, connection, signal),
	close: (tools) => void tools.close(),
};

/** What an operation that asks NenAI is made of. */
interface McpQuery<Input, Result>
	extends Pick<Query<NenAiTools, Input, Result>, 'toItems' | 'skipIf' | 'echo'> {
	parameters: INodeProperties[];
	/** What an item asks. Throws InvalidParameterError. */
	read: (parameters: ParameterReader) => Input;
	run: (tools: NenAiTools, input: Input) => Promise<Attempt<Result>>;
}

/** Asks a question for each item, several at a time. */
export async function queryMcp<Input, Result>(
	node: IExecuteFunctions,
	{ parameters, run, ...query }: McpQuery<Input, Result>,
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
		run,
	});
}

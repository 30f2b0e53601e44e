import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryMcp, queryOptions } from '../mcpQueries';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get Many',
	value: 'getMany',
	action: 'Get many workflows (starts nothing)',
	description:
		'Asks NenAI which workflows there are, for example to find the ID of one. Starts and changes nothing.',
};

export const parameters: INodeProperties[] = [queryOptions];

/** Asks for the workflows of the account, and gives an item for each of them, as NenAI has it. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryMcp(this, {
		parameters,
		read: () => ({}),
		run: async (tools) => await tools.listWorkflows(),
		toItems: (workflows) => workflows.map((json) => ({ json })),
	});
}

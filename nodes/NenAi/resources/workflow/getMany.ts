import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryMcp } from '../mcpQueries';
import { queryOptions } from '../queryProperties';
import { limitProperties, readLimit } from '../../../shared/parameters/properties';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get Many',
	value: 'getMany',
	action: 'Get many NenAI workflows',
	description:
		'Gets the NenAI workflows of your account, for example to find the ID of one. Does not start or change anything.',
};

export const parameters: INodeProperties[] = [...limitProperties, queryOptions];

/** Gets the workflows of the account. Each is one output item, in NenAI's form. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryMcp(this, {
		parameters,
		read: readLimit,
		run: async (tools) => await tools.listWorkflows(),
		toItems: (workflows, limit) => workflows.slice(0, limit).map((json) => ({ json })),
	});
}

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryMcp } from '../mcpQueries';
import { queryOptions } from '../queryProperties';
import { limitProperties, readLimit } from '../../../shared/parameters/properties';
import type { Operation } from '../../../shared/execution/router';
import { readWorkflowId, workflowProperty } from '../../../shared/parameters/workflowId';

export const option: Operation['option'] = {
	name: 'Get Many',
	value: 'getMany',
	action: 'Get many runs',
	description:
		'Gets the recent runs of a NenAI workflow, with their status. Does not start or change anything.',
};

export const parameters: INodeProperties[] = [
	workflowProperty('The NenAI workflow whose runs to list'),
	...limitProperties,
	queryOptions,
];

/** Gets the recent runs of each item's workflow. Each run is one output item, in NenAI's form. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryMcp(this, {
		parameters,
		read: (reader) => ({
			workflowId: readWorkflowId(reader),
			limit: readLimit(reader),
		}),
		run: async (tools, { workflowId, limit }) =>
			limit === Infinity
				? await tools.listAllRuns(workflowId)
				: await tools.listRuns(workflowId, limit),
		toItems: (runs) => runs.map((json) => ({ json })),
	});
}

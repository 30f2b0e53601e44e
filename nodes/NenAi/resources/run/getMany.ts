import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryMcp, queryOptions } from '../mcpQueries';
import type { Operation } from '../../../shared/execution/router';
import { readWorkflowId, workflowProperty } from './workflowId';

export const option: Operation['option'] = {
	name: 'Get Many',
	value: 'getMany',
	action: 'Get many runs (starts nothing)',
	description:
		'Asks NenAI for the recent runs of a workflow, with their states. Starts and changes nothing.',
};

export const parameters: INodeProperties[] = [
	workflowProperty('The NenAI workflow whose runs to list'),
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1, numberPrecision: 0 },
		default: 50,
		description: 'Max number of results to return',
	},
	queryOptions,
];

/** Asks for the recent runs of each item's workflow, and gives an item for each of them, as NenAI has it. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryMcp(this, {
		parameters,
		read: (given) => ({ workflowId: readWorkflowId(given), limit: given.positiveInteger('limit') }),
		run: async (tools, { workflowId, limit }) => await tools.listRuns(workflowId, limit),
		toItems: (runs) => runs.map((json) => ({ json })),
	});
}

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryMcp } from '../mcpQueries';
import { queryOptionList, readRunId, runIdProperty } from '../queryProperties';
import { optionsCollection } from '../../../shared/parameters/properties';
import { isExplicitlyTrue } from '../../../shared/parameters/values';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get',
	value: 'get',
	action: 'Check the status of a run',
	description:
		'Asks NenAI whether a run has ended, and how. Gives only the status: NenAI sends values and files only in callbacks. Does not start or change anything.',
};

const skipFinished: INodeProperties = {
	displayName: 'Skip Finished',
	name: 'skipFinished',
	type: 'boolean',
	default: false,
	description:
		'Whether to pass an item on unchanged, without asking NenAI, if its field "finished" is already true. For loops that repeat this operation until all runs have finished.',
};

export const parameters: INodeProperties[] = [
	runIdProperty,
	optionsCollection([...queryOptionList, skipFinished]),
];

/** Gives NenAI's answer about each item's run, with `messageId` and `finished`. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryMcp(this, {
		parameters,
		read: readRunId,
		run: async (tools, messageId) => await tools.getStatus(messageId),
		toItems: (json) => [{ json }],
		skipIf: ({ json }, reader) =>
			reader.boolean('options.skipFinished') && isExplicitlyTrue(json.finished),
		echo: (messageId) => ({ messageId }),
	});
}

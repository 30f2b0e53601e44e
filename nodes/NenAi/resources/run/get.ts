import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryMcp, queryOptions, messageIdProperty, readMessageId } from '../mcpQueries';
import { isExplicitlyTrue } from '../../../shared/parameters/values';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get',
	value: 'get',
	action: 'Get the state of a run (starts nothing)',
	description:
		'Asks NenAI how a run is getting on, or how it ended. Gives no values and no files: they come by callback. Starts and changes nothing.',
};

const skipFinished: INodeProperties = {
	displayName: 'Skip Finished',
	name: 'skipFinished',
	type: 'boolean',
	default: false,
	description:
		'Whether an item that has finished: true already, as this operation gives it, goes on unchanged without NenAI being asked. For loops that ask until all runs have finished.',
};

/** In the order of their labels, as n8n wants it. */
const options: INodeProperties = {
	...queryOptions,
	options: [...(queryOptions.options ?? []), skipFinished].sort((a, b) =>
		a.name < b.name ? -1 : 1,
	) as INodeProperties[],
};

export const parameters: INodeProperties[] = [messageIdProperty, options];

/** Asks for the state of each item's run: NenAI's answer, with `messageId` and `finished`. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryMcp(this, {
		parameters,
		read: readMessageId,
		run: async (tools, messageId) => await tools.getStatus(messageId),
		toItems: (json) => [{ json }],
		skipIf: ({ json }, given) =>
			given.boolean('options.skipFinished') && isExplicitlyTrue(json.finished),
		echo: (messageId) => ({ messageId }),
	});
}

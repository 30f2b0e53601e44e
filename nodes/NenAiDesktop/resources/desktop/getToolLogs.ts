import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { desktopProperty, readDesktopId } from '../desktopId';
import { queryDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get Tool Logs',
	value: 'getToolLogs',
	action: 'Get the tool logs of a desktop',
	description:
		'Gets the log of the actions on a desktop, such as clicks and typed texts. It may contain passwords. Each entry is one output item. Does not start or change anything.',
};

export const parameters: INodeProperties[] = [desktopProperty];

/** Gets the tool logs of each item's desktop. Each entry is one output item, in NenAI's form. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		read: readDesktopId,
		run: async (desktops, id) => await desktops.toolLogs(id),
		toItems: (list) => list.map((json) => ({ json })),
	});
}

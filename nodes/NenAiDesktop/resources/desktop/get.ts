import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { desktopProperty, readDesktopId } from '../desktopId';
import { queryDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get',
	value: 'get',
	action: 'Check the status of a desktop',
	description:
		'Gets the status of a desktop, such as running or deleted, and its name. Does not start or change anything.',
};

export const parameters: INodeProperties[] = [desktopProperty];

/** Gets the status of each item's desktop. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		read: readDesktopId,
		run: async (desktops, id) => await desktops.get(id),
		toItems: (json) => [{ json }],
	});
}

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { desktopProperty, readDesktopId } from '../desktopId';
import { queryDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get Session',
	value: 'getSession',
	action: 'Get the open link to a desktop',
	description:
		'Gets the link (href) of the session that is open on a desktop. Anyone who has the link can use the desktop. Does not start or change anything.',
};

export const parameters: INodeProperties[] = [desktopProperty];

/** Gets the session of each item's desktop. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		read: readDesktopId,
		run: async (desktops, id) => await desktops.getSession(id),
		toItems: (json) => [{ json }],
	});
}

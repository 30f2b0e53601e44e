import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { desktopProperty, readDesktopId } from '../desktopId';
import { queryDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get',
	value: 'get',
	action: 'Get the state of a desktop',
	description:
		'Asks NenAI for the state of a desktop: whether it is running or deleted, and its name. Changes nothing.',
};

export const parameters: INodeProperties[] = [desktopProperty];

/** Asks for the state of each item's desktop. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		read: readDesktopId,
		run: async (desktops, id) => await desktops.get(id),
		toItems: (json) => [{ json }],
	});
}

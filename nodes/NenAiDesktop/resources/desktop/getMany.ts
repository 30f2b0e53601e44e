import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryDesktops } from '../desktopOperations';
import { limitProperties, readLimit } from '../../../shared/parameters/properties';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get Many',
	value: 'getMany',
	action: 'Get many desktops',
	description:
		'Gets the desktops of your account, for example to find one that is no longer needed. Does not start or change anything.',
};

export const parameters: INodeProperties[] = limitProperties;

/** Gets the desktops of the account. Each is one output item, in NenAI's form. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		read: readLimit,
		run: async (desktops) => await desktops.list(),
		toItems: (list, limit) => list.slice(0, limit).map((json) => ({ json })),
	});
}

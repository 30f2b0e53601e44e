import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { queryDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Get Many',
	value: 'getMany',
	action: 'Get many desktops',
	description:
		'Asks NenAI which desktops there are, for example to find one that nobody needs any more. Changes nothing.',
};

export const parameters: INodeProperties[] = [];

/** Asks for the desktops of the account, and gives an item for each of them, as NenAI has it. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		read: () => ({}),
		run: async (desktops) => await desktops.list(),
		toItems: (list) => list.map((json) => ({ json })),
	});
}

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { CHECK_DESKTOP_LIST } from '../../../shared/transport/desktop/desktops';
import { mutateDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Create',
	value: 'create',
	action: 'Create a desktop',
	description:
		'Starts a new Windows desktop in the cloud of NenAI, and gives its desktop_id. This does real work: each call starts another desktop, which runs until it is deleted.',
};

export const parameters: INodeProperties[] = [];

/** Creates a desktop for each item. An error lists the desktops that were created, because they keep running. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await mutateDesktops(this, {
		name: 'desktop/create',
		parameters,
		read: () => ({}),
		run: async (desktops) => await desktops.create(),
		recoveryHint: CHECK_DESKTOP_LIST,
		toItems: (json) => [{ json }],
		describeDone: (done) => {
			const ids = done.map(
				({ result, itemIndex }) => `${String(result.desktop_id)} (item ${itemIndex})`,
			);
			return ids.length === 0
				? ''
				: `These desktops were created, and run until they are deleted: ${ids.join(', ')}.`;
		},
	});
}

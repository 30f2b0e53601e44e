import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { LOOK_FOR_DESKTOPS } from '../../transport/desktop/desktops';
import { actForEach } from '../onDesktops';
import type { Operation } from '../resource';

export const option: Operation['option'] = {
	name: 'Create',
	value: 'create',
	action: 'Create a desktop',
	description: 'Starts a new Windows desktop in the cloud of NenAI, and gives its desktop_id. This does real work: each call starts another one, which runs until it is deleted.',
};

export const parameters: INodeProperties[] = [];

/** Creates a desktop for each item. An error names those that were created, since they go on running. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await actForEach(this, {
		name: 'desktop/create',
		parameters,
		read: () => ({}),
		ask: async (desktops) => await desktops.create(),
		lookFirst: LOOK_FOR_DESKTOPS,
		keep: (desktop) => desktop,
		toItems: (json) => [{ json }],
		describeDone: (done) => {
			const ids = done.map(({ answer, itemIndex }) => `${String(answer.desktop_id)} (item ${itemIndex})`);
			return ids.length === 0 ? '' : `Desktops that were created, and go on running until they are deleted: ${ids.join(', ')}.`;
		},
	});
}

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { desktopProperty, readDesktopId } from '../desktopId';
import { queryDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';
import { folderProperty, readFolder } from './place';

export const option: Operation['option'] = {
	name: 'Get Many',
	value: 'getMany',
	action: 'Get many files of a desktop',
	description:
		'Lists the files and folders in one folder on the drive of a desktop. Changes nothing.',
};

export const parameters: INodeProperties[] = [desktopProperty, folderProperty];

/** Lists the folder of each item, and gives an item for each entry, as NenAI has it. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		read: (given) => ({ desktopId: readDesktopId(given), path: readFolder(given) }),
		run: async (desktops, { desktopId, path }) => await desktops.files(desktopId, path),
		toItems: (files) => files.map((json) => ({ json })),
	});
}

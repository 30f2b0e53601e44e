import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { desktopProperty, readDesktopId } from '../desktopId';
import { queryDesktops } from '../desktopOperations';
import { limitProperties, readLimit } from '../../../shared/parameters/properties';
import type { Operation } from '../../../shared/execution/router';
import { folderProperty, readFolder } from './place';

export const option: Operation['option'] = {
	name: 'Get Many',
	value: 'getMany',
	action: 'Get many files of a desktop',
	description:
		'Gets the files and folders in one folder on the drive of a desktop. Does not start or change anything.',
};

export const parameters: INodeProperties[] = [desktopProperty, folderProperty, ...limitProperties];

/** Lists the folder of each item. Each entry is one output item, in NenAI's form. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		read: (reader) => ({
			desktopId: readDesktopId(reader),
			path: readFolder(reader),
			limit: readLimit(reader),
		}),
		run: async (desktops, { desktopId, path }) => await desktops.files(desktopId, path),
		toItems: (files, { limit }) => files.slice(0, limit).map((json) => ({ json })),
	});
}

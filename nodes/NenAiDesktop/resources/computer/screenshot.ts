import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { outputFileProperty, readOutputFileField } from '../../../shared/parameters/properties';
import { desktopProperty, readDesktopId } from '../desktopId';
import { queryDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';
import { toItems } from './action';

export const option: Operation['option'] = {
	name: 'Screenshot',
	value: 'screenshot',
	action: 'Take a screenshot of a desktop',
	description:
		'Takes a picture of the screen of a desktop, as a file. Does not start or change anything. If an AI agent uses it as a tool, the model does not get the picture. It learns only that a picture was taken.',
};

export const parameters: INodeProperties[] = [
	desktopProperty,
	outputFileProperty({ hint: 'The field of the output item that will hold the picture' }),
];

/** Takes a picture of the screen of each item's desktop, one after the other. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		maxConcurrency: 1,
		read: (reader) => ({
			desktopId: readDesktopId(reader),
			property: readOutputFileField(reader),
		}),
		run: async (desktops, { desktopId }) => await desktops.screenshot(desktopId),
		toItems: async (result, { property }) => await toItems.call(this, result, property),
	});
}

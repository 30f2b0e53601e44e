import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import { desktopProperty, readDesktopId } from '../desktopId';
import { queryDesktops } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { toItems } from './action';
import { say } from '../../../shared/failures/text';

export const option: Operation['option'] = {
	name: 'Screenshot',
	value: 'screenshot',
	action: 'Take a screenshot of a desktop',
	description:
		'Takes a picture of the screen of a desktop, as a file. Changes nothing. The tool of an AI agent passes no pictures on: its model only learns that one was taken.',
};

export const parameters: INodeProperties[] = [
	desktopProperty,
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		hint: 'The name of the output binary field to put the picture in',
	},
];

/** Takes a picture of the screen of each item's desktop, one after the other. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		maxConcurrency: 1,
		read: readWish,
		run: async (desktops, { desktopId }) => await desktops.screenshot(desktopId),
		toItems: async (acted, { property }) => await toItems.call(this, acted, property),
	});
}

function readWish(given: ParameterReader): { desktopId: string; property: string } {
	const property = given.text('binaryPropertyName');
	if (property === '')
		throw invalidParameter(
			say`Put Output File in Field (binaryPropertyName) is empty`,
			say`Enter a name, such as data.`,
		);
	return { desktopId: readDesktopId(given), property };
}

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { askForEach, askOptions, messageIdProperty, readMessageId } from '../ask';
import type { Operation } from '../resource';

export const option: Operation['option'] = {
	name: 'Get',
	value: 'get',
	action: 'Get the state of a run (starts nothing)',
	description: 'Asks NenAI how a run is getting on, or how it ended. Starts and changes nothing.',
};

export const parameters: INodeProperties[] = [messageIdProperty, askOptions];

/** Asks for the state of each item's run: NenAI's answer, with `messageId` and `finished`. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await askForEach(this, {
		parameters,
		read: readMessageId,
		ask: async (inquiry, messageId) => await inquiry.stateOf(messageId),
		toItems: (json) => [{ json }],
	});
}

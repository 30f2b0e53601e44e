import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { Unusable } from '../../../shared/transport/mcp/tools';
import { queryMcp, queryOptions, messageIdProperty, readMessageId } from '../mcpQueries';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { say } from '../../../shared/failures/text';

export const option: Operation['option'] = {
	name: 'Get Logs',
	value: 'getLogs',
	action: 'Get the log of a run (starts nothing)',
	description:
		'Asks NenAI for the log of a run: its steps, what was decided and why, and its errors. It may contain passwords that the run typed. Starts and changes nothing.',
};

export const parameters: INodeProperties[] = [
	messageIdProperty,
	{
		displayName: 'Output',
		name: 'output',
		type: 'options',
		options: [
			{ name: 'Text', value: 'text', description: 'In the field logs' },
			{ name: 'File', value: 'file', description: 'A text file, for example to be sent on' },
		],
		default: 'text',
		description: 'How the log comes out',
		hint: 'A log may contain passwords that the run typed. Pass it on only to people who may see them.',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		displayOptions: { show: { output: ['file'] } },
		hint: 'The name of the output binary field to put the file in',
	},
	queryOptions,
];

interface LogInput {
	messageId: string;
	/** Where a file is wanted. */
	property?: string;
}

/** Asks for the log of each item's run. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryMcp(this, {
		parameters,
		read: readWish,
		run: async (tools, wish) =>
			await tools.getLog(wish.messageId, async (logs) => await toItem.call(this, logs, wish)),
		toItems: (item) => [item],
		echo: ({ messageId }) => ({ messageId }),
	});
}

/** A file is stored at once, so that its log is not held until all items are done. Throws Unusable. */
async function toItem(
	this: IExecuteFunctions,
	logs: string,
	{ messageId, property }: LogInput,
): Promise<INodeExecutionData> {
	if (property === undefined) return { json: { messageId, logs } };
	const fileName = `${messageId.replace(NOT_IN_FILE_NAMES, '_')}.log`;
	const file = await this.helpers
		.prepareBinaryData(Buffer.from(logs), fileName, 'text/plain')
		.catch(refuseStorage);
	return { json: { messageId }, binary: { [property]: file } };
}

function refuseStorage({ message }: Error): never {
	throw new Unusable(
		say`The log could not be stored: ${message}`,
		say`Check n8n's binary data settings and its free space.`,
	);
}

const NOT_IN_FILE_NAMES = /[^\w.-]/g;

function readWish(given: ParameterReader): LogInput {
	const messageId = readMessageId(given);
	if (given.choice('output') === 'text') return { messageId };
	const property = given.text('binaryPropertyName');
	if (property === '')
		throw invalidParameter(
			say`Put Output File in Field (binaryPropertyName) is empty`,
			say`Enter a name, such as data.`,
		);
	return { messageId, property };
}

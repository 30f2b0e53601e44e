import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { Unusable } from '../../../shared/transport/mcp/tools';
import { queryMcp } from '../mcpQueries';
import { queryOptions, readRunId, runIdProperty } from '../queryProperties';
import { outputFileProperty, readOutputFileField } from '../../../shared/parameters/properties';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { say } from '../../../shared/failures/text';

export const option: Operation['option'] = {
	name: 'Get Logs',
	value: 'getLogs',
	action: 'Get the log of a run',
	description:
		'Gets the log of a run: its steps, its decisions and the reasons for them, and its errors. It may contain passwords that the run typed. Does not start or change anything.',
};

export const parameters: INodeProperties[] = [
	runIdProperty,
	{
		displayName: 'Output',
		name: 'output',
		type: 'options',
		options: [
			{ name: 'Text', value: 'text', description: 'In the field "logs"' },
			{ name: 'File', value: 'file', description: 'A text file, for example to forward it' },
		],
		default: 'text',
		description: 'The output format',
		hint: 'A log may contain passwords that the run typed. Send it only to people who are allowed to see them.',
	},
	outputFileProperty({ displayOptions: { show: { output: ['file'] } } }),
	queryOptions,
];

interface LogInput {
	messageId: string;
	/** The field for the file; undefined for output as text. */
	property?: string;
}

/** Gets the log of each item's run. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryMcp(this, {
		parameters,
		read: readInput,
		run: async (tools, input) =>
			await tools.getLog(input.messageId, async (logs) => await toItem.call(this, logs, input)),
		toItems: (item) => [item],
		echo: ({ messageId }) => ({ messageId }),
	});
}

/** Stores a file at once, so that no log stays in memory until all items are done. Throws Unusable. */
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
		say`Check n8n's binary data settings and its free storage space.`,
	);
}

const NOT_IN_FILE_NAMES = /[^\w.-]/g;

function readInput(reader: ParameterReader): LogInput {
	const messageId = readRunId(reader);
	return reader.choice('output') === 'text'
		? { messageId }
		: { messageId, property: readOutputFileField(reader) };
}

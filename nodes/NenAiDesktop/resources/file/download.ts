import type {
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import type { IncomingFile } from '../../../shared/transport/download/bodyStream';
import { outputFileProperty, readOutputFileField } from '../../../shared/parameters/properties';
import { titleOf } from '../../../shared/parameters/values';
import { desktopProperty, readDesktopId } from '../desktopId';
import { giveType, typeOf } from '../../../shared/transport/download/fileType';
import { queryDesktops } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { checkFileName, folderProperty, readFolder } from './place';

export const option: Operation['option'] = {
	name: 'Download',
	value: 'download',
	action: 'Download a file from a desktop',
	description:
		'Downloads a file from the drive of a desktop. Does not start or change anything. If an AI agent uses it as a tool, the model does not get the file.',
};

export const parameters: INodeProperties[] = [
	desktopProperty,
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. result.xlsx',
		description: 'The name of the file on the desktop, as listed by File → Get Many',
	},
	folderProperty,
	outputFileProperty(),
];

/** How many files are downloaded at the same time. */
const MAX_CONCURRENCY = 4;

interface DownloadInput {
	desktopId: string;
	name: string;
	path: string;
	property: string;
}

interface Downloaded {
	json: IDataObject;
	binary: IBinaryData;
}

/** Downloads a file for each item. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await queryDesktops(this, {
		parameters,
		maxConcurrency: MAX_CONCURRENCY,
		read: readInput,
		run: async (desktops, { desktopId, name, path }) =>
			await desktops.downloadFile(
				desktopId,
				name,
				path,
				async (file) => await store.call(this, file, name, path),
			),
		toItems: ({ json, binary }, { property }) => [{ json, binary: { [property]: binary } }],
	});
}

function readInput(reader: ParameterReader): DownloadInput {
	return {
		property: readOutputFileField(reader),
		desktopId: readDesktopId(reader),
		name: checkFileName(reader.exactText('fileName'), titleOf(reader.nameOf('fileName'))),
		path: readFolder(reader),
	};
}

async function store(
	this: IExecuteFunctions,
	file: IncomingFile,
	fileName: string,
	path: string,
): Promise<Downloaded> {
	const type = typeOf(file.headers['content-type'], fileName);
	const stored = await file.store(
		async (stream) => await this.helpers.prepareBinaryData(stream, fileName, type),
	);
	const binary = { ...giveType(stored, type, fileName), fileName };
	return { json: { fileName, path, mimeType: binary.mimeType, fileSize: file.size() }, binary };
}

import type {
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import type { IncomingFile } from '../../../shared/transport/download/bodyStream';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import { desktopProperty, readDesktopId } from '../desktopId';
import { giveType, typeOf } from '../../../shared/transport/download/fileType';
import { queryDesktops } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { checkFileName, folderProperty, readFolder } from './place';
import { say } from '../../../shared/failures/text';

export const option: Operation['option'] = {
	name: 'Download',
	value: 'download',
	action: 'Download a file from a desktop',
	description:
		'Fetches a file from the drive of a desktop. Changes nothing there. The tool of an AI agent passes no files on.',
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
		description: 'The name of the file on the desktop, as File → Get Many lists it',
	},
	folderProperty,
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		hint: 'The name of the output binary field to put the file in',
	},
];

/** How many files come at the same time. */
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
		read: readWish,
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

function readWish(given: ParameterReader): DownloadInput {
	const property = given.text('binaryPropertyName');
	if (property === '')
		throw invalidParameter(
			say`Put Output File in Field (binaryPropertyName) is empty`,
			say`Enter a name, such as data.`,
		);
	return {
		desktopId: readDesktopId(given),
		name: checkFileName(given.exactText('fileName'), 'File Name (fileName)'),
		path: readFolder(given),
		property,
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

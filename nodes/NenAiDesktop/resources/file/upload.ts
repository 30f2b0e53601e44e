import type {
	IBinaryData,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import type { UploadFile } from '../../../shared/transport/desktop/api';
import { CHECK_FILE_LIST } from '../../../shared/transport/desktop/desktops';
import {
	invalidParameter,
	type InvalidParameterError,
} from '../../../shared/parameters/invalidParameter';
import { desktopProperty, readDesktopId } from '../desktopId';
import { mutateDesktops } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { describe, isRecord, titleOf } from '../../../shared/parameters/values';
import { problemInBase64 } from './base64';
import { checkFileName, folderProperty, readFolder } from './place';
import { say } from '../../../shared/failures/text';

export const option: Operation['option'] = {
	name: 'Upload',
	value: 'upload',
	action: 'Upload a file to a desktop',
	description:
		'Uploads a file of the input item to the drive of a desktop. It replaces a file of the same name. This does real work.',
};

export const parameters: INodeProperties[] = [
	desktopProperty,
	{
		displayName: 'Input Binary Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		hint: 'The field of the input item that holds the file',
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		placeholder: 'e.g. claims.xlsx',
		description:
			'The name of the file on the desktop. Leave it empty to keep the name that it has in n8n.',
	},
	folderProperty,
];

/** The largest file that NenAI accepts, in bytes: docs/internals/nenai-api.md#the-desktop-api */
const MAX_UPLOAD_BYTES = 100 * 1024 * 1024;

interface UploadInput {
	desktopId: string;
	name: string;
	path: string;
	file: UploadFile;
}

/** Uploads a file for each item, one after the other. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await mutateDesktops(this, {
		name: 'file/upload',
		parameters,
		read: async (reader, { itemIndex }) => await readInput.call(this, reader, itemIndex),
		run: async (desktops, { desktopId, name, path, file }) =>
			await desktops.uploadFile(desktopId, name, path, file),
		recoveryHint: CHECK_FILE_LIST,
		toItems: (json) => [{ json }],
	});
}

async function readInput(
	this: IExecuteFunctions,
	reader: ParameterReader,
	itemIndex: number,
): Promise<UploadInput> {
	const [desktopId, path] = [readDesktopId(reader), readFolder(reader)];
	const entered = reader.raw('binaryPropertyName');
	// An expression can give the file itself, as in n8n's own nodes.
	const property = isRecord(entered) ? 'the expression' : reader.text('binaryPropertyName');
	const binary = isRecord(entered)
		? (entered as FileData)
		: findBinary.call(this, property, itemIndex);
	const newName = reader.exactText('fileName');
	const name =
		newName === ''
			? nameOf(binary, property)
			: checkFileName(newName, titleOf(reader.nameOf('fileName')));
	const file = await toOutgoing.call(this, binary, property);
	if (file.size <= MAX_UPLOAD_BYTES) return { desktopId, name, path, file };
	throw invalidParameter(
		say`The file "${name}" is too large for NenAI: it has ${(file.size / 1024 / 1024).toFixed(1)} MiB, and at most 100 MiB are allowed`,
		say`Make the file smaller, or split it.`,
	);
}

/** A file as n8n describes it. A Code node can give any other value instead. */
type FileData = { [field in keyof IBinaryData]?: unknown };

/** Throws InvalidParameterError if the item has no such file. */
function findBinary(this: IExecuteFunctions, property: string, itemIndex: number): FileData {
	const { binary = {}, json } = this.getInputData()[itemIndex];
	const found: unknown = Object.hasOwn(binary, property)
		? binary[property]
		: (inJson.call(this, property, itemIndex) ?? inJson.call(this, pathOf(property), itemIndex));
	if (isRecord(found)) return found;
	if (found !== undefined) throw noFile(property, `it is ${describe(found)}`);
	const namesInJson = isRecord(json[FILES])
		? Object.keys(json[FILES]).filter((name) => inJson.call(this, pathOf(name), itemIndex))
		: [];
	const names = [...Object.keys(binary), ...namesInJson];
	throw invalidParameter(
		say`The input item has no file in the field "${property}"`,
		names.length === 0
			? say`It has no files. Before this node, add a node that outputs a file.`
			: say`It has files in these fields: ${names.join(', ')}. Enter one of them in Input Binary Field (binaryPropertyName).`,
	);
}

/**
 * The name in an item's JSON under which n8n keeps files if the workflow's setting for binary data is "combined":
 * docs/internals/n8n-behaviour.md#files
 */
const FILES = '_files';

/**
 * The path of such a file. n8n expects the path. Upload also accepts the name alone, so that it finds the `data` of
 * Download with either setting.
 */
function pathOf(name: string): string {
	return `${FILES}[${JSON.stringify(name)}]`;
}

/**
 * A file in the item's JSON, if this workflow keeps its files there. n8n must look for it, because only n8n knows the
 * setting. With the other setting, the JSON is untrusted data, which must not point to a file of another workflow.
 */
function inJson(this: IExecuteFunctions, path: string, itemIndex: number): FileData | undefined {
	let found: unknown;
	try {
		found = this.helpers.assertBinaryData(itemIndex, path);
	} catch {
		// n8n found no file there.
	}
	return isRecord(found) && 'mimeType' in found ? found : undefined;
}

function noFile(property: string, reason: string): InvalidParameterError {
	return invalidParameter(
		say`The field "${property}" does not contain a valid file: ${reason}`,
		say`Check the node that outputs the file, such as a Code node. In n8n, a file is an object with data (base64), mimeType and fileName.`,
	);
}

/** The name that the file has in n8n. Throws InvalidParameterError for a name that NenAI does not accept. */
function nameOf({ fileName }: FileData, property: string): string {
	const name = fileName ?? '';
	const source = `The name that the file has in n8n (${property}.fileName)`;
	if (typeof name !== 'string')
		throw invalidParameter(say`${source} must be text, but is ${describe(name)}`, ENTER_ANOTHER);
	return checkFileName(name, source, ENTER_ANOTHER);
}

const ENTER_ANOTHER = say`Enter another name in File Name (fileName), such as claims.xlsx.`;

/** The file to send. It is streamed from n8n's storage, unless n8n keeps its files in memory. */
async function toOutgoing(
	this: IExecuteFunctions,
	{ id, data, mimeType }: FileData,
	property: string,
): Promise<UploadFile> {
	const type =
		typeof mimeType === 'string' && isType(mimeType.trim())
			? mimeType.trim()
			: 'application/octet-stream';
	if (id === undefined || id === null || id === '') {
		if (typeof data !== 'string')
			throw noFile(
				property,
				data === undefined
					? 'its data is missing'
					: `its data must be text, but is ${describe(data)}`,
			);
		const problem = problemInBase64(data);
		if (problem !== undefined) throw noFile(property, `its data is not valid base64 (${problem})`);
		const bytes = Buffer.from(data, 'base64');
		return { open: async () => bytes, size: bytes.length, type };
	}
	if (typeof id !== 'string') throw noFile(property, `its id must be text, but is ${describe(id)}`);
	const size = await sizeOf.call(this, id, property);
	return { open: async () => await this.helpers.getBinaryStream(id), size, type };
}

/** Whether the text is a MIME type that can be sent as a header. */
function isType(text: string): boolean {
	return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/.test(text);
}

/** The size in bytes. Throws InvalidParameterError if n8n does not have the file. */
async function sizeOf(this: IExecuteFunctions, id: string, property: string): Promise<number> {
	let size: unknown;
	try {
		size = (await this.helpers.getBinaryMetadata(id))?.fileSize;
	} catch (error) {
		throw noFile(property, `n8n cannot find it (${(error as Error).message})`);
	}
	if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
	throw noFile(property, 'n8n does not know its size (fileSize)');
}

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
import { describe, isRecord } from '../../../shared/parameters/values';
import { problemInBase64 } from './base64';
import { checkFileName, folderProperty, readFolder } from './place';
import { say } from '../../../shared/failures/text';

export const option: Operation['option'] = {
	name: 'Upload',
	value: 'upload',
	action: 'Upload a file to a desktop',
	description:
		'Puts a file of the input item onto the drive of a desktop, in place of one of the same name. This does real work.',
};

export const parameters: INodeProperties[] = [
	desktopProperty,
	{
		displayName: 'Input Binary Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		hint: 'The name of the input binary field containing the file to upload',
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		placeholder: 'e.g. claims.xlsx',
		description: 'What the file is called on the desktop. Empty: as it is called in n8n.',
	},
	folderProperty,
];

/** NenAI takes no more. */
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
		name: 'desktopFile/upload',
		parameters,
		read: async (given, { itemIndex }) => await readWish.call(this, given, itemIndex),
		run: async (desktops, { desktopId, name, path, file }) =>
			await desktops.uploadFile(desktopId, name, path, file),
		recoveryHint: CHECK_FILE_LIST,
		toJournal: (answer) => answer,
		toItems: (json) => [{ json }],
	});
}

async function readWish(
	this: IExecuteFunctions,
	given: ParameterReader,
	itemIndex: number,
): Promise<UploadInput> {
	const [desktopId, path] = [readDesktopId(given), readFolder(given)];
	const whole = given.raw('binaryPropertyName');
	// An expression may give the file itself, as n8n's own nodes take it.
	const property = isRecord(whole) ? 'the expression' : given.text('binaryPropertyName');
	const binary = isRecord(whole) ? (whole as Given) : findBinary.call(this, property, itemIndex);
	const entered = given.exactText('fileName');
	const name =
		entered === '' ? nameOf(binary, property) : checkFileName(entered, 'File Name (fileName)');
	const file = await toOutgoing.call(this, binary, property);
	if (file.size <= MAX_UPLOAD_BYTES) return { desktopId, name, path, file };
	throw invalidParameter(
		say`The file "${name}" is larger than NenAI takes: ${(file.size / 1024 / 1024).toFixed(1)} MiB, and at most 100 MiB are allowed`,
		say`Make it smaller, or split it.`,
	);
}

/** What n8n says of a file. A Code node may give anything in its place. */
type Given = { [field in keyof IBinaryData]?: unknown };

/** Throws InvalidParameterError where the item has no such file. */
function findBinary(this: IExecuteFunctions, property: string, itemIndex: number): Given {
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
		say`The item has no file in the binary field "${property}"`,
		names.length === 0
			? say`It has no file at all: put a node before this one that gives one.`
			: say`It has files in: ${names.join(', ')}. Enter one of these in Input Binary Field (binaryPropertyName).`,
	);
}

/** Where n8n puts the files of an item if the workflow's setting for binary data is "combined": into its JSON, under this name. */
const FILES = '_files';

/** n8n finds such a file by its path. Here its name is enough, too, so that Download's `data` is Upload's `data` with each setting. */
function pathOf(name: string): string {
	return `${FILES}[${JSON.stringify(name)}]`;
}

/**
 * A file in the item's JSON, if that is where this workflow keeps its files. n8n itself looks, since it knows the setting:
 * with the other one, JSON is foreign data, and must not name a file of another workflow.
 */
function inJson(this: IExecuteFunctions, path: string, itemIndex: number): Given | undefined {
	let found: unknown;
	try {
		found = this.helpers.assertBinaryData(itemIndex, path);
	} catch {
		// n8n has found no file there.
	}
	return isRecord(found) && 'mimeType' in found ? found : undefined;
}

function noFile(property: string, reason: string): InvalidParameterError {
	return invalidParameter(
		say`The binary field "${property}" holds no file: ${reason}`,
		say`Look at the node that gives the file, such as a Code node: n8n keeps a file as an object with data (base64), mimeType and fileName.`,
	);
}

/** Throws InvalidParameterError for a name that NenAI does not take. */
function nameOf({ fileName }: Given, property: string): string {
	const name = fileName ?? '';
	const source = `The name that the file has in n8n (${property}.fileName)`;
	if (typeof name !== 'string')
		throw invalidParameter(say`${source} is no text: it is ${describe(name)}`, ENTER_ANOTHER);
	return checkFileName(name, source, ENTER_ANOTHER);
}

const ENTER_ANOTHER = say`Enter another name in File Name (fileName), such as claims.xlsx.`;

/** Streamed from where n8n keeps its files, if it does not keep them in memory. */
async function toOutgoing(
	this: IExecuteFunctions,
	{ id, data, mimeType }: Given,
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
				`its data is ${data === undefined ? 'missing' : `no text but ${describe(data)}`}`,
			);
		const problem = problemInBase64(data);
		if (problem !== undefined) throw noFile(property, `its data is not valid base64 (${problem})`);
		const bytes = Buffer.from(data, 'base64');
		return { open: async () => bytes, size: bytes.length, type };
	}
	if (typeof id !== 'string') throw noFile(property, `its id is no text but ${describe(id)}`);
	const size = await sizeOf.call(this, id, property);
	return { open: async () => await this.helpers.getBinaryStream(id), size, type };
}

/** Whether it is a type with a subtype, and can be sent as a header. */
function isType(text: string): boolean {
	return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/.test(text);
}

/** Throws InvalidParameterError where n8n does not have the file. */
async function sizeOf(this: IExecuteFunctions, id: string, property: string): Promise<number> {
	let size: unknown;
	try {
		size = (await this.helpers.getBinaryMetadata(id))?.fileSize;
	} catch (error) {
		throw noFile(property, `n8n does not find it (${(error as Error).message})`);
	}
	if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
	throw noFile(property, 'n8n does not know its size (fileSize)');
}

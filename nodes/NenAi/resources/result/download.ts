import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import type { Failure, WrittenFailure } from '../../../shared/failures/failure';
import { RETRY_POLICIES } from '../../../shared/failures/policies';
import { own, say, type Text } from '../../../shared/failures/text';
import { openDownload } from '../../../shared/transport/download/fetchFile';
import { asAttempt, FileError } from '../../../shared/transport/download/bodyStream';
import type { Service } from '../../../shared/execution/itemOperation';
import type { Attempt } from '../../../shared/execution/retry';
import { runItems } from '../../../shared/execution/runItems';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import {
	maxConcurrencyOption,
	optionsCollection,
	outputFileProperty,
	readOutputFileField,
} from '../../../shared/parameters/properties';
import type { Operation } from '../../../shared/execution/router';
import { giveType, typeOf } from '../../../shared/transport/download/fileType';
import { nameFile } from './fileName';
import { isReachable } from './localHosts';
import { collectUrls, expiryOf, isHostAllowed, selectUrls, type ResultUrl } from './urls';

export const option: Operation['option'] = {
	name: 'Download',
	value: 'download',
	action: 'Download the files of a result',
	description:
		'Downloads the files that the links in a result point to. Does not start or change anything.',
};

export const parameters: INodeProperties[] = [
	{
		displayName: 'Result with File Links',
		name: 'payload',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description:
			'The callback from NenAI, with the links in it. Leave it as it is after Start and Wait or a NenAI Trigger.',
	},
	{
		displayName: 'Output',
		name: 'output',
		type: 'options',
		options: [
			{ name: 'One Item per File', value: 'itemPerFile' },
			{ name: 'One Item with All Files', value: 'singleItem' },
		],
		default: 'itemPerFile',
		description: 'One output item (row) for each file, or one for all files',
	},
	outputFileProperty({
		description: 'With one item for all files, a number is added: data_0, data_1 and so on',
	}),
	optionsCollection([
		{
			displayName: 'Allowed Hosts',
			name: 'allowedHosts',
			type: 'string',
			default: '',
			placeholder: 'e.g. files.example.com, *.amazonaws.com',
			description:
				'Only download files from these hosts, separated by commas. To find a host, execute the node once and copy url_host from its output. This also applies to redirects. If empty, any host is allowed, except this machine and link-local addresses.',
		},
		{
			displayName: 'Fields',
			name: 'fields',
			type: 'string',
			typeOptions: { multipleValues: true, multipleValueButtonText: 'Add Field' },
			default: [],
			placeholder: 'e.g. result.report',
			description:
				'Only download the links in these fields of the result. Separate the names of nested fields with dots. If empty, all links are downloaded.',
		},
		maxConcurrencyOption(4, 'How many files are downloaded at the same time'),
		{
			displayName: 'Max File Size',
			name: 'maxFileSize',
			type: 'number',
			default: 0,
			typeOptions: { minValue: 0 },
			description:
				'Maximum file size in MB. If a file is larger, the node reports an error. 0 means no limit.',
		},
	]),
];

/** The input of an item. */
interface DownloadInput {
	files: FileInput[];
	/** Fields whose links are not downloaded, because there is other text around them. */
	unclear: string[];
	output: string;
	property: string;
}

/** One file to download. */
interface FileInput extends ResultUrl {
	expiresAt?: number;
	allowedHosts: string[];
	/** Bytes; Infinity for no limit. */
	maxSize: number;
	ids: { workflow_id: unknown; message_id: unknown };
}

interface DownloadedFile {
	json: IDataObject;
	binary: IBinaryKeyData[string];
}

/** The client that downloads files. */
interface Downloader {
	node: IExecuteFunctions;
	/** The address of NenAI's API. If it is on this machine (a test setup), files may be there, too. */
	baseUrl: string;
}

const BYTES_PER_MB = 1024 * 1024;

const { maxTries, timeoutSeconds } = RETRY_POLICIES.download;

/** The hosts of the files. The API key is not sent to them, and every link is a secret. */
const FILE_HOSTS: Service<Downloader> = {
	open: (node, { credential }) => ({ node, baseUrl: credential.baseUrl }),
	hidesLinks: true,
};

/** Downloads the files for the links in each item's callback. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await runItems<Downloader, DownloadInput, DownloadedFile>(this, {
		kind: 'query',
		properties: parameters,
		service: FILE_HOSTS,
		settings: (ofAll) => ({
			maxConcurrency: ofAll.positiveInteger('options.maxConcurrency'),
			maxTries,
			timeout: timeoutSeconds,
		}),
		read: (given, { connection }) => readInput(given, connection.credential.baseUrl),
		expand: ({ files, ...input }) => files.map((file) => ({ ...input, files: [file] })),
		groupOf: ({ files: [{ url }] }) => new URL(url).host,
		run: async (downloader, { files: [file] }) => await download(downloader, file),
		skippedFailure: ({ files: [file] }, first) => skippedDownload(file, first),
		toItems: ({ json, binary }, { property }) => [{ json, binary: { [property]: binary } }],
		combine,
		hintAtInputs: (inputs) => [...hintAtNoLinks(inputs), ...hintAtUnclearLinks(inputs)],
	});
}

function readInput(given: ParameterReader, baseUrl: string): DownloadInput {
	const input: DownloadInput = {
		...readFiles(given),
		output: given.choice('output'),
		property: readOutputFileField(given),
	};
	for (const file of input.files) checkUrl(file.url, file, baseUrl);
	return input;
}

function readFiles(given: ParameterReader): Pick<DownloadInput, 'files' | 'unclear'> {
	const payload = given.object('payload');
	const fields = given.list('options.fields');
	checkFields(payload, fields);
	const maxFileSize = given.number('options.maxFileSize');
	const { workflow_id, message_id } = payload;
	const shared = {
		expiresAt: expiryOf(payload),
		allowedHosts: given.list('options.allowedHosts'),
		maxSize: maxFileSize > 0 ? maxFileSize * BYTES_PER_MB : Infinity,
		ids: { workflow_id, message_id },
	};
	const files = collectUrls(payload, fields).map((url) => ({ ...url, ...shared }));
	return { files, unclear: fields.length === 0 ? selectUrls(payload, fields).unclear : [] };
}

const MAX_FIELDS_NAMED = 20;

/** A requested field must exist: without its file, later nodes would work with incomplete data. */
function checkFields(payload: IDataObject, fields: string[]) {
	const { missing, known } = selectUrls(payload, fields);
	if (missing.length === 0) return;
	throw invalidParameter(
		say`Fields (fields) names a field that contains no link: ${missing.join(', ')}`,
		known.length > 0
			? say`Fields with a link: ${listed(known)}.`
			: say`No field of this callback contains a link.`,
	);
}

/** Names for an error, at most MAX_FIELDS_NAMED. */
function listed(names: string[]): string {
	const more = names.length - MAX_FIELDS_NAMED;
	return `${names.slice(0, MAX_FIELDS_NAMED).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

/** Throws FileError for a link that must not be followed, or that has expired. */
function checkUrl(url: string, { field, expiresAt, allowedHosts }: FileInput, baseUrl: string) {
	const refuse = (message: Text, hint: Text) => {
		throw new FileError({ message, hint });
	};
	if (expiresAt !== undefined && expiresAt <= Date.now())
		refuse(
			say`The link in ${field} expired at ${new Date(expiresAt).toISOString()}`,
			say`Run the NenAI workflow again, and download the files soon after the callback.`,
		);
	const { host, hostname } = new URL(url);
	if (!isHostAllowed(url, allowedHosts))
		refuse(
			say`The link in ${field} leads to ${host}, which is not an allowed host`,
			say`If the host is correct, add it to the option Allowed Hosts.`,
		);
	// If the user has named the host, it is intended.
	if (allowedHosts.length === 0 && !isReachable(hostname, baseUrl))
		refuse(
			say`The link in ${field} leads to ${host}, which is this machine or a link-local address`,
			say`If this is correct, add the host to the option Allowed Hosts.`,
		);
}

/** How errors describe a file: its name, its field and its host. */
function describeFile({ field, url }: FileInput): Text {
	return say`${nameFile(undefined, url, field)} (field ${field}, host ${new URL(url).host})`;
}

/** The failure of a file whose host asked, at another of its files, for a longer pause than the longest allowed one. */
function skippedDownload(file: FileInput, first: WrittenFailure): Failure {
	return {
		message: say`The file ${describeFile(file)} was not requested, because its host asked this n8n to wait`,
		hint: own(first.hint),
		request: first.request,
	};
}

async function download(
	{ node, baseUrl }: Downloader,
	file: FileInput,
): Promise<Attempt<DownloadedFile>> {
	const { url, field, maxSize, ids } = file;
	const label = say`The file ${describeFile(file)}`;
	try {
		const opened = await openDownload.call(node, {
			url,
			label,
			request: say`the download of ${describeFile(file)}`,
			maxSize,
			check: (target) => checkUrl(target, file, baseUrl),
		});
		const fileName = nameFile(opened.headers['content-disposition'], opened.url, field);
		const type = typeOf(opened.headers['content-type'], fileName);
		const stored = await opened.store(
			async (stream) => await node.helpers.prepareBinaryData(stream, fileName, type),
		);
		const binary = giveType(stored, type, fileName);
		const json = {
			field,
			url_host: new URL(url).host,
			fileName,
			mimeType: binary.mimeType,
			fileSize: opened.size(),
			...ids,
		} as IDataObject;
		return { kind: 'done', value: { json, binary } };
	} catch (error) {
		return asAttempt(error, label);
	}
}

/**
 * A callback without a link is not an error, because a failed run has none. But nothing comes out, so this hint says
 * why.
 */
function hintAtNoLinks(inputs: Array<DownloadInput | undefined>): Text[] {
	const without = inputs.flatMap((input, index) =>
		input?.files.length === 0 && input.unclear.length === 0 ? [String(index)] : [],
	);
	if (without.length === 0) return [];
	const which =
		inputs.length === 1 ? say`The callback` : say`The callback of item ${listed(without)}`;
	return [say`${which} contains no link, so there was nothing to download.`];
}

/** A link among other text may be only a reference, so it is not followed. This hint says so. */
function hintAtUnclearLinks(inputs: Array<DownloadInput | undefined>): Text[] {
	const all = inputs.flatMap((input, index) =>
		(input?.unclear ?? []).map((field) =>
			inputs.length === 1 ? field : `${field} of item ${index}`,
		),
	);
	if (all.length === 0) return [];
	return [
		say`The links in ${listed(all)} were not downloaded, because there is other text around them. To download them, enter these fields in the option Fields.`,
	];
}

/** One item with all files, if the user has chosen that. */
function combine(
	files: DownloadedFile[],
	{ output, property }: DownloadInput,
): INodeExecutionData[] | undefined {
	if (output !== 'singleItem') return undefined;
	const numbered = Object.fromEntries(
		files.map(({ binary }, index) => [`${property}_${index}`, binary]),
	);
	return [{ json: { files: files.map(({ json }) => json) }, binary: numbered }];
}

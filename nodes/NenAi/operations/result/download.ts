import type { IBinaryKeyData, IDataObject, IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { toError, toText, type Failure } from '../../transport/failure';
import { asAttempt, FileError, openFile } from '../../transport/fetchFile';
import { workThrough, type Attempt, type Outcome } from '../../transport/queue';
import { BadInput } from '../badInput';
import { Parameters } from '../parameters';
import type { Operation } from '../resource';
import { nameFile } from './fileName';
import { collectUrls, expiryOf, isHostAllowed, type ResultUrl } from './urls';

export const option: Operation['option'] = {
	name: 'Download',
	value: 'download',
	action: 'Download the files of a result',
	description: 'Downloads the files behind the links of a callback',
};

export const parameters: INodeProperties[] = [
	{
		displayName: 'Callback',
		name: 'payload',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description: 'What NenAI reported, with the links in it. As a rule the input item, whole.',
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
		description: 'How the files come out',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		hint: 'The name of the output binary field to put the file in',
		description: 'With one item for all files, a number is added: data_0, data_1 and so on',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Allowed Hosts',
				name: 'allowedHosts',
				type: 'string',
				default: '',
				placeholder: 'e.g. files.example.com, *.amazonaws.com',
				description: 'Only download from these hosts, separated by commas. Holds for redirects, too. Empty: any.',
			},
			{
				displayName: 'Fields',
				name: 'fields',
				type: 'string',
				typeOptions: { multipleValues: true, multipleValueButtonText: 'Add Field' },
				default: [],
				placeholder: 'e.g. result.report',
				description: 'Only download the links in these fields of the callback (with dots between names). Empty: all.',
			},
			{
				displayName: 'Max Concurrency',
				name: 'maxConcurrency',
				type: 'number',
				default: 4,
				typeOptions: { minValue: 1, numberPrecision: 0 },
				description: 'How many files are downloaded at the same time',
			},
			{
				displayName: 'Max File Size',
				name: 'maxFileSize',
				type: 'number',
				default: 0,
				typeOptions: { minValue: 0 },
				description: 'A larger file is an error, in MB. 0: no limit.',
			},
		],
	},
];

interface Options {
	allowedHosts?: string;
	fields?: string[];
	maxConcurrency?: number;
	maxFileSize?: number;
}

/** One file to download. */
interface Job extends ResultUrl {
	itemIndex: number;
	expiresAt?: number;
	ids: { workflow_id: unknown; message_id: unknown };
}

interface DownloadedFile {
	json: IDataObject;
	binary: IBinaryKeyData[string];
}

const MEGABYTE = 1024 * 1024;

/** Tries for one file. A download starts nothing, so it is safe to repeat. */
const MAX_TRIES = 3;

/** Downloads the files behind the links of each item's callback. What cannot be asked for is said before any request. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = this.getInputData();
	if (items.length === 0) return [[]];
	const options = this.getNodeParameter('options', 0, {}) as Options;
	const continueOnFail = this.continueOnFail();
	const read = items.map((_, index) => readJobs.call(this, index, options));
	const unreadable = read.findIndex((jobs) => jobs instanceof BadInput);
	if (unreadable >= 0 && !continueOnFail) throw toError(this.getNode(), (read[unreadable] as BadInput).failure, unreadable);

	const jobs = read.flatMap((ofItem) => (ofItem instanceof BadInput ? [] : ofItem));
	const outcomes = await workThrough(jobs.length, (index) => download.call(this, jobs[index], options), {
		maxConcurrency: Math.max(1, options.maxConcurrency ?? 4),
		maxTries: MAX_TRIES,
		stopOnFailure: !continueOnFail,
		signal: this.getExecutionCancelSignal(),
	});
	if (!continueOnFail) throwFirstFailure.call(this, jobs, outcomes);
	return [read.flatMap((ofItem, index) => (ofItem instanceof BadInput ? [failedItem(ofItem.failure, index)] : toItems.call(this, index, jobs, outcomes)))];
}

function readJobs(this: IExecuteFunctions, itemIndex: number, { fields, allowedHosts = '' }: Options): Job[] | BadInput {
	try {
		const payload = new Parameters(parameters, (name) => this.getNodeParameter(name, itemIndex, null)).object('payload');
		const { workflow_id, message_id } = payload;
		const expiresAt = expiryOf(payload);
		const jobs = collectUrls(payload, fields).map((url) => ({ ...url, itemIndex, expiresAt, ids: { workflow_id, message_id } }));
		for (const job of jobs) checkUrl(job.url, job, allowedHosts);
		return jobs;
	} catch (error) {
		if (error instanceof BadInput) return error;
		if (error instanceof FileError) return new BadInput(error.failure);
		return new BadInput({ message: (error as Error).message, hint: 'Check the expressions in the parameters of this node. Nothing was downloaded.' });
	}
}

/** Throws FileError for a link that must not be followed, or cannot work any more. */
function checkUrl(url: string, job: Job, allowedHosts: string) {
	if (job.expiresAt !== undefined && job.expiresAt <= Date.now()) {
		throw new FileError({
			message: `The link in ${job.field} has expired at ${new Date(job.expiresAt).toISOString()}`,
			hint: 'Nothing was requested. Download sooner after the callback, or run the NenAI workflow again.',
		});
	}
	if (!isHostAllowed(url, allowedHosts)) {
		throw new FileError({
			message: `The link in ${job.field} leads to ${new URL(url).host}, which is not an allowed host`,
			hint: 'Nothing was requested. If the host is right, add it to the option Allowed Hosts.',
		});
	}
}

async function download(this: IExecuteFunctions, job: Job, { maxFileSize = 0, allowedHosts = '' }: Options): Promise<Attempt<DownloadedFile>> {
	const label = `The file in ${job.field} (${nameFile(undefined, job.url, job.field)} at ${new URL(job.url).host})`;
	try {
		const file = await openFile.call(this, {
			url: job.url,
			label,
			maxSize: maxFileSize > 0 ? maxFileSize * MEGABYTE : Infinity,
			check: (url) => checkUrl(url, job, allowedHosts),
		});
		const fileName = nameFile(file.headers['content-disposition'], file.url, job.field);
		const binary = await this.helpers.prepareBinaryData(file.stream, fileName, mimeType(file.headers['content-type'], fileName));
		const { field, url, ids } = job;
		const json = { field, url_host: new URL(url).host, fileName, mimeType: binary.mimeType, fileSize: file.size(), ...ids } as IDataObject;
		return { kind: 'done', value: { json, binary } };
	} catch (error) {
		return asAttempt(error, label);
	}
}

/** What the header says; else n8n finds it by the name's extension. */
function mimeType(header: unknown, fileName: string): string | undefined {
	const type = typeof header === 'string' ? header.split(';')[0].trim() : '';
	if (type !== '') return type;
	return /\.[A-Za-z0-9]+$/.test(fileName) ? undefined : 'application/octet-stream';
}

const STOPPED: Failure = { message: 'The execution was stopped', hint: 'Nothing more was downloaded.' };

function throwFirstFailure(this: IExecuteFunctions, jobs: Job[], outcomes: Array<Outcome<DownloadedFile>>) {
	const failed = outcomes.findIndex(({ kind }) => kind === 'failed');
	const first = failed >= 0 ? failed : outcomes.findIndex(({ kind }) => kind === 'untried');
	if (first < 0) return;
	const outcome = outcomes[first];
	throw toError(this.getNode(), outcome.kind === 'failed' ? outcome.failure : STOPPED, jobs[first].itemIndex);
}

function toItems(this: IExecuteFunctions, itemIndex: number, jobs: Job[], outcomes: Array<Outcome<DownloadedFile>>): INodeExecutionData[] {
	const ofItem = outcomes.filter((_, index) => jobs[index].itemIndex === itemIndex);
	const failed = ofItem.flatMap((outcome) => (outcome.kind === 'done' ? [] : [failedItem(outcome.kind === 'failed' ? outcome.failure : STOPPED, itemIndex)]));
	const files = ofItem.flatMap((outcome) => (outcome.kind === 'done' ? [outcome.value] : []));
	const property = String(this.getNodeParameter('binaryPropertyName', itemIndex));
	const pairedItem = { item: itemIndex };
	if (this.getNodeParameter('output', itemIndex) === 'itemPerFile') {
		return [...files.map(({ json, binary }) => ({ json, binary: { [property]: binary }, pairedItem })), ...failed];
	}
	if (files.length === 0) return failed;
	const numbered = Object.fromEntries(files.map(({ binary }, index) => [`${property}_${index}`, binary]));
	return [{ json: { files: files.map(({ json }) => json) }, binary: numbered, pairedItem }, ...failed];
}

function failedItem(failure: Failure, itemIndex: number): INodeExecutionData {
	return { json: { error: toText(failure, itemIndex) }, pairedItem: { item: itemIndex } };
}

import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { toError, type Failure } from '../../../shared/failures/failure';
import { redactEntered } from '../../../shared/failures/redact';
import { CREDENTIAL_TYPE, readCredential } from '../../../shared/transport/credential';
import { openDownload } from '../../../shared/transport/download/fetchFile';
import { asAttempt, FileError } from '../../../shared/transport/download/bodyStream';
import { runJobs, type Attempt, type Outcome } from '../../../shared/execution/runJobs';
import { InvalidParameterError } from '../../../shared/parameters/invalidParameter';
import { errorItem, failureOfOutcome, firstFailure } from '../../../shared/execution/outcomes';
import {
	maxConcurrencyOption,
	optionsCollection,
	outputFileProperty,
	readOutputFileField,
} from '../../../shared/parameters/properties';
import { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { giveType, typeOf } from '../../../shared/transport/download/fileType';
import { nameFile } from './fileName';
import { LocalHosts } from './localHosts';
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
				'Only download from these hosts, separated by commas: enter the url_host from the output of a first run. This also applies to redirects. If empty, any host is allowed, except addresses inside this machine or its network.',
		},
		{
			displayName: 'Fields',
			name: 'fields',
			type: 'string',
			typeOptions: { multipleValues: true, multipleValueButtonText: 'Add Field' },
			default: [],
			placeholder: 'e.g. result.report',
			description:
				'Only download the links in these fields of the result, with dots between names. If empty, all links are downloaded.',
		},
		maxConcurrencyOption(4, 'How many files are downloaded at the same time'),
		{
			displayName: 'Max File Size',
			name: 'maxFileSize',
			type: 'number',
			default: 0,
			typeOptions: { minValue: 0 },
			description: 'Maximum file size in MB. A larger file is an error. 0 means no limit.',
		},
	]),
];

/** What an item asks for. */
interface DownloadInput {
	jobs: Job[];
	/** Fields with links that were not taken, since there is other text around them. */
	unclear: string[];
	output: string;
	property: string;
	maxConcurrency: number;
}

/** One file to download. */
interface Job extends ResultUrl {
	itemIndex: number;
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

const BYTES_PER_MB = 1024 * 1024;

/** Tries for one file. A download starts nothing, so it is safe to repeat. */
const MAX_TRIES = 3;

/** Downloads the files behind the links of each item's callback. What cannot be asked for is said before any request. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = this.getInputData();
	if (items.length === 0) return [[]];
	const continueOnFail = this.continueOnFail();
	const localHosts = new LocalHosts(this);
	const orders = await Promise.all(
		items.map(async (_, index) => await readOrder.call(this, index, localHosts)),
	);
	const unreadable = orders.findIndex((order) => order instanceof InvalidParameterError);
	if (unreadable >= 0 && !continueOnFail)
		throw toError(
			this.getNode(),
			(orders[unreadable] as InvalidParameterError).failure,
			unreadable,
		);

	const readable = orders.filter(
		(order): order is DownloadInput => !(order instanceof InvalidParameterError),
	);
	const jobs = readable.flatMap((order) => order.jobs);
	const outcomes = await runJobs(
		jobs.length,
		(index) => download.call(this, jobs[index], localHosts),
		{
			// Of the whole node, so the first item says it.
			maxConcurrency: readable[0]?.maxConcurrency ?? 1,
			maxTries: MAX_TRIES,
			stopOnFailure: !continueOnFail,
			signal: this.getExecutionCancelSignal(),
			groupOf: (index) => new URL(jobs[index].url).host,
			skippedFailure: (index, first) => skippedDownload(labelOf(jobs[index]), first),
		},
	);
	const first = firstFailure(outcomes);
	if (first !== undefined && !continueOnFail)
		throw toError(this.getNode(), first.failure, jobs[first.index].itemIndex);
	hintAtNoLinks.call(this, orders);
	hintAtUnclearLinks.call(this, orders);
	return [
		orders.flatMap((order, index) =>
			order instanceof InvalidParameterError
				? [errorItem.call(this, order.failure, index)]
				: toItems.call(this, index, order, jobs, outcomes),
		),
	];
}

async function readOrder(
	this: IExecuteFunctions,
	itemIndex: number,
	localHosts: LocalHosts,
): Promise<DownloadInput | InvalidParameterError> {
	try {
		const given = new ParameterReader(parameters, (name) =>
			this.getNodeParameter(name, itemIndex, null),
		);
		const order: DownloadInput = {
			...readJobs(given, itemIndex),
			output: given.choice('output'),
			property: readOutputFileField(
				given,
				'Enter a field name, such as data. Nothing was downloaded.',
			),
			maxConcurrency: given.positiveInteger('options.maxConcurrency'),
		};
		for (const job of order.jobs) await checkUrl(job.url, job, localHosts);
		return order;
	} catch (error) {
		const isKnown = error instanceof InvalidParameterError || error instanceof FileError;
		const failure = withoutLinks(
			isKnown
				? error.failure
				: {
						message: (error as Error).message,
						hint: 'Check the parameters of this node. Nothing was downloaded.',
					},
		);
		return new InvalidParameterError(redactEntered(failure, await secretsOf.call(this, itemIndex)));
	}
}

/** The secrets that somebody may have entered in the wrong place. None where n8n cannot give the credential. */
async function secretsOf(this: IExecuteFunctions, itemIndex: number): Promise<string[]> {
	const data = await this.getCredentials(CREDENTIAL_TYPE, itemIndex).catch(() => ({}));
	const { apiKey, webhookSecrets } = readCredential(data);
	return [apiKey, ...webhookSecrets];
}

function readJobs(
	given: ParameterReader,
	itemIndex: number,
): Pick<DownloadInput, 'jobs' | 'unclear'> {
	const payload = given.object('payload');
	const fields = given.list('options.fields');
	checkFields(payload, fields);
	const maxFileSize = given.number('options.maxFileSize');
	const { workflow_id, message_id } = payload;
	const shared = {
		itemIndex,
		expiresAt: expiryOf(payload),
		allowedHosts: given.list('options.allowedHosts'),
		maxSize: maxFileSize > 0 ? maxFileSize * BYTES_PER_MB : Infinity,
		ids: { workflow_id, message_id },
	};
	const jobs = collectUrls(payload, fields).map((url) => ({ ...url, ...shared }));
	return { jobs, unclear: fields.length === 0 ? selectUrls(payload, fields).unclear : [] };
}

const MAX_FIELDS_NAMED = 20;

/** A field that was asked for by name must be there: without its file, what follows would work on with less than it should. */
function checkFields(payload: IDataObject, fields: string[]) {
	const { missing, known } = selectUrls(payload, fields);
	if (missing.length === 0) return;
	const more =
		known.length > MAX_FIELDS_NAMED ? `, and ${known.length - MAX_FIELDS_NAMED} more` : '';
	const hint =
		known.length > 0
			? `Those with a link are: ${known.slice(0, MAX_FIELDS_NAMED).join(', ')}${more}.`
			: 'No field of this callback holds a link.';
	throw new InvalidParameterError({
		message: `There is no link in the field that Fields (fields) names: ${missing.join(', ')}`,
		hint: `${hint} Nothing was downloaded.`,
	});
}

/** What was entered in the wrong place may be a link, and a link is a secret. */
function withoutLinks({ message, hint }: Failure): Failure {
	const hide = (text: string) => text.replace(/https?:\S*/gi, '(a link)');
	return { message: hide(message), hint: hide(hint) };
}

/** Rejects with FileError for a link that must not be followed, or cannot work any more. */
async function checkUrl(url: string, job: Job, localHosts: LocalHosts) {
	if (job.expiresAt !== undefined && job.expiresAt <= Date.now()) {
		throw new FileError({
			message: `The link in ${job.field} has expired at ${new Date(job.expiresAt).toISOString()}`,
			hint: 'Nothing was requested. Download sooner after the callback, or run the NenAI workflow again.',
		});
	}
	const { host, hostname } = new URL(url);
	if (!isHostAllowed(url, job.allowedHosts)) {
		throw new FileError({
			message: `The link in ${job.field} leads to ${host}, which is not an allowed host`,
			hint: 'Nothing was requested. If the host is right, add it to the option Allowed Hosts.',
		});
	}
	// A host that is named is meant.
	if (job.allowedHosts.length === 0 && !(await localHosts.mayAsk(hostname, job.itemIndex))) {
		throw new FileError({
			message: `The link in ${job.field} leads to ${host}, an address inside this machine or its network`,
			hint: 'Nothing was requested from it. If it is right, add the host to the option Allowed Hosts.',
		});
	}
}

function labelOf({ field, url }: Job): string {
	return `The file in ${field} (${nameFile(undefined, url, field)} at ${new URL(url).host})`;
}

/** Of a file whose host has asked, at another of its files, for a longer pause than is waited for. */
export function skippedDownload(label: string, first: Failure): Failure {
	return { message: `${label} was not requested: its host asks for a pause`, hint: first.hint };
}

async function download(
	this: IExecuteFunctions,
	job: Job,
	localHosts: LocalHosts,
): Promise<Attempt<DownloadedFile>> {
	const label = labelOf(job);
	try {
		const { url, field, maxSize, ids } = job;
		const file = await openDownload.call(this, {
			url,
			label,
			maxSize,
			check: async (target) => await checkUrl(target, job, localHosts),
		});
		const fileName = nameFile(file.headers['content-disposition'], file.url, field);
		const type = typeOf(file.headers['content-type'], fileName);
		const stored = await file.store(
			async (stream) => await this.helpers.prepareBinaryData(stream, fileName, type),
		);
		const binary = giveType(stored, type, fileName);
		const json = {
			field,
			url_host: new URL(url).host,
			fileName,
			mimeType: binary.mimeType,
			fileSize: file.size(),
			...ids,
		} as IDataObject;
		return { kind: 'done', value: { json, binary } };
	} catch (error) {
		return asAttempt(error, label);
	}
}

/** A callback without a link is no error, since that of a failed run has none; but nothing comes out, so it is said why. */
function hintAtNoLinks(
	this: IExecuteFunctions,
	orders: Array<DownloadInput | InvalidParameterError>,
) {
	const without = orders.flatMap((order, index) =>
		!(order instanceof InvalidParameterError) && order.jobs.length + order.unclear.length === 0
			? [index]
			: [],
	);
	if (without.length === 0) return;
	const which =
		orders.length === 1
			? 'The callback'
			: `The callback of item ${without.slice(0, MAX_FIELDS_NAMED).join(', ')}${without.length > MAX_FIELDS_NAMED ? ' and others' : ''}`;
	const message = `${which} holds no link, so there was nothing to download.`;
	// Not every context in which n8n executes nodes has it.
	this.addExecutionHints?.({ message, location: 'outputPane' });
}

/** A link among other text may be a mere reference, so it is not followed; but that is said. */
function hintAtUnclearLinks(
	this: IExecuteFunctions,
	orders: Array<DownloadInput | InvalidParameterError>,
) {
	const all = orders.flatMap((order, index) =>
		order instanceof InvalidParameterError
			? []
			: order.unclear.map((field) => (orders.length === 1 ? field : `${field} of item ${index}`)),
	);
	if (all.length === 0) return;
	const which = `${all.slice(0, MAX_FIELDS_NAMED).join(', ')}${all.length > MAX_FIELDS_NAMED ? ' and others' : ''}`;
	const message = `Not downloaded: the links in ${which}, since there is other text around them. To download them, name these fields in the option Fields.`;
	this.addExecutionHints?.({ message, location: 'outputPane' });
}

function toItems(
	this: IExecuteFunctions,
	itemIndex: number,
	{ output, property }: DownloadInput,
	jobs: Job[],
	outcomes: Array<Outcome<DownloadedFile>>,
): INodeExecutionData[] {
	const ofItem = outcomes.filter((_, index) => jobs[index].itemIndex === itemIndex);
	const failed = ofItem.flatMap((outcome) =>
		outcome.kind === 'done' ? [] : [errorItem.call(this, failureOfOutcome(outcome), itemIndex)],
	);
	const files = ofItem.flatMap((outcome) => (outcome.kind === 'done' ? [outcome.value] : []));
	const pairedItem = { item: itemIndex };
	if (output === 'itemPerFile') {
		return [
			...files.map(({ json, binary }) => ({ json, binary: { [property]: binary }, pairedItem })),
			...failed,
		];
	}
	if (files.length === 0) return failed;
	const numbered = Object.fromEntries(
		files.map(({ binary }, index) => [`${property}_${index}`, binary]),
	);
	return [
		{ json: { files: files.map(({ json }) => json) }, binary: numbered, pairedItem },
		...failed,
	];
}

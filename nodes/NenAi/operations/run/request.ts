import {
	isObjectEmpty,
	validateFieldType,
	type FieldType,
	type IDataObject,
	type IExecuteFunctions,
	type INodeProperties,
} from 'n8n-workflow';

import { BadInput } from '../badInput';
import { isHttpUrl, type NenAiCredential } from '../../transport/credential';
import type { RunRequest } from '../../transport/startRun';

/** Parameters that every operation that starts a run has. `displayOptions` are added by the operation. */
export const runProperties: INodeProperties[] = [
	{
		displayName: 'Workflow ID',
		name: 'workflowId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 12345678-1234-1234-1234-123456789abc',
		description: 'The ID of the NenAI workflow to run, as your NenAI contact gave it to you',
	},
	{
		displayName: 'Parameters',
		name: 'parametersMode',
		type: 'options',
		options: [
			{
				name: 'Enter Names and Values',
				value: 'fields',
				description: 'Each parameter of the workflow in a line of its own',
			},
			{
				name: 'JSON',
				value: 'json',
				description: 'All parameters as one JSON object',
			},
			{
				name: 'Use the Input Item',
				value: 'input',
				description: 'The JSON of the item is sent as the parameters, whole and unchanged',
			},
		],
		default: 'fields',
		description: 'How to say with which parameters the workflow runs',
		hint: 'Use the names and types that the NenAI workflow declares. Names are case sensitive.',
	},
	{
		displayName: 'Parameter Values',
		name: 'parameters',
		type: 'assignmentCollection',
		default: {},
		displayOptions: { show: { parametersMode: ['fields'] } },
		description:
			'Names are case sensitive and must be those that the NenAI workflow declares. Pick the type that it declares, too.',
	},
	{
		displayName: 'Parameters (JSON)',
		name: 'parametersJson',
		type: 'json',
		default: '{}',
		placeholder: '{ "PATIENT_NAME": "Jane Doe" }',
		displayOptions: { show: { parametersMode: ['json'] } },
		description:
			'A JSON object, or an expression that gives one. Names are case sensitive and must be those that the NenAI workflow declares.',
	},
];

/** Options that every operation that starts a run has. */
export const runOptions: INodeProperties[] = [
	{
		displayName: 'Max Tries',
		name: 'maxTries',
		type: 'number',
		default: 5,
		typeOptions: { minValue: 1, numberPrecision: 0 },
		description:
			'How often a run is tried when NenAI is too busy or cannot be reached. Only what was surely not accepted is tried again.',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		default: 30,
		typeOptions: { minValue: 1 },
		description: 'How long to wait for the answer to one request, in seconds',
	},
];

/** Reads what an item asks to be started. Throws BadInput when it cannot be sent as it is. */
export function readRunRequest(
	this: IExecuteFunctions,
	itemIndex: number,
	{ baseUrl }: NenAiCredential,
): Omit<RunRequest, 'webhook_callback'> {
	if (!isHttpUrl(baseUrl)) throw bad(`The base URL of the credential is not an http(s) URL: ${baseUrl === '' ? '(empty)' : baseUrl}`, 'It is usually https://api.getnen.ai.');
	return { workflow_id: readWorkflowId.call(this, itemIndex), workflow_params: readParameters.call(this, itemIndex) };
}

function readWorkflowId(this: IExecuteFunctions, itemIndex: number): string {
	const id = String(this.getNodeParameter('workflowId', itemIndex, '') ?? '').trim();
	if (id === '') throw bad('The workflow ID is empty', 'Enter the ID of the NenAI workflow. If it is an expression, look at what it gives for this item.');
	return id;
}

function readParameters(this: IExecuteFunctions, itemIndex: number): IDataObject {
	const readers = {
		fields: () => fromFields(this.getNodeParameter('parameters', itemIndex, {})),
		json: () => fromJson(this.getNodeParameter('parametersJson', itemIndex, '{}')),
		input: () => this.getInputData()[itemIndex].json,
	};
	const mode = this.getNodeParameter('parametersMode', itemIndex) as keyof typeof readers;
	const parameters = readers[mode]();
	refuseInexactNumbers(parameters, '');
	return parameters;
}

interface Assignment {
	name: string;
	value: unknown;
	type?: FieldType;
}

/** Reads n8n's `assignmentCollection`; values become what their type says, or are refused. */
export function fromFields(collection: unknown): IDataObject {
	const { assignments = [] } = (collection ?? {}) as { assignments?: Assignment[] };
	const parameters: IDataObject = {};
	for (const { name: rawName, value, type = 'string' } of assignments) {
		const name = String(rawName ?? '').trim();
		if (name === '') throw bad('A parameter has no name', 'Enter its name, or remove the line.');
		if (Object.hasOwn(parameters, name)) throw bad(`The parameter "${name}" is there twice`, 'Remove one of the two lines.');
		if (value === undefined || value === null) {
			throw bad(`The parameter "${name}" has no value`, 'If it is an expression, look at what it gives for this item. To send "null", use the JSON mode.');
		}
		parameters[name] = convert(name, value, type);
	}
	return parameters;
}

/** As n8n's own nodes convert, but without what would send a value that nobody entered: 0 for an empty text, 1 for true. */
function convert(name: string, value: unknown, type: FieldType): IDataObject[string] {
	const misleading =
		(type === 'number' && (typeof value === 'boolean' || String(value).trim() === '')) ||
		(type === 'string' && typeof value === 'object');
	const result = validateFieldType(name, value, type);
	if (misleading || !result.valid) {
		const found = String(value).trim() === '' ? 'it is empty' : `it is ${JSON.stringify(value)}`;
		throw bad(`The parameter "${name}" is not of the type ${type}: ${found}`, 'Change its value or its type.');
	}
	return (type === 'string' ? String(value) : result.newValue) as IDataObject[string];
}

/** Reads a JSON object, given as text or as what an expression gave. `what` begins the error, "… not a JSON object". */
export function fromJson(input: unknown, what = 'The parameters are'): IDataObject {
	const value = typeof input === 'string' ? parse(input, what) : input;
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		throw bad(`${what} not a JSON object`, 'Enter an object, such as { "PATIENT_NAME": "Jane Doe" }.');
	}
	return value as IDataObject;
}

function parse(text: string, what: string): unknown {
	if (text.trim() === '') return undefined;
	try {
		return JSON.parse(text);
	} catch (error) {
		throw bad(`${what} not valid JSON: ${(error as Error).message}`, 'Check quotes, commas and brackets. Names and texts stand in double quotes.');
	}
}

/** JSON turns NaN into null and JavaScript rounds long numbers: either would send another value than the one meant. */
function refuseInexactNumbers(value: unknown, path: string): void {
	if (typeof value === 'number' && (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))) {
		throw bad(`The parameter "${path}" is a number that cannot be sent exactly (${value})`, 'Send it as text (type String), if the NenAI workflow takes it as text.');
	}
	if (typeof value !== 'object' || value === null || isObjectEmpty(value)) return;
	for (const [name, inner] of Object.entries(value)) {
		refuseInexactNumbers(inner, path === '' ? name : `${path}.${name}`);
	}
}

/** Checks a callback URL. `source` says where the user entered it. */
export function checkCallbackUrl(url: string, source: string): string {
	if (!isHttpUrl(url)) {
		throw bad(`The callback URL is not an absolute http(s) URL: ${url === '' ? '(empty)' : url}`, `Check ${source}. It is usually the Production URL of a NenAI Trigger.`);
	}
	return url;
}

export function bad(message: string, hint: string): BadInput {
	return new BadInput({ message, hint: `${hint} Nothing was sent.` });
}

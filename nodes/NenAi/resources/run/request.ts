import {
	validateFieldType,
	type FieldType,
	type IDataObject,
	type IExecuteFunctions,
	type INodeProperties,
} from 'n8n-workflow';

import type { Connection } from '../../../shared/transport/http/connection';
import { isHttpUrl } from '../../../shared/transport/credential';
import {
	ExactNumber,
	parseForSending,
	readDecimal,
	writeExactly,
} from '../../../shared/transport/exactJson';
import type { RunRequest } from '../../../shared/transport/runs/startRun';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import { maxTriesOption, timeoutOption } from '../../../shared/parameters/properties';
import { checkNumbers } from '../../../shared/parameters/checkNumbers';
import { isEntered, type ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Service } from '../../../shared/execution/itemOperation';
import {
	describe,
	isRecord,
	titleOf,
	toObjectForSending,
	type Name,
} from '../../../shared/parameters/values';
import { readForm } from './parametersForm';
import { readWorkflowId, workflowProperty } from '../../../shared/parameters/workflowId';
import { say } from '../../../shared/failures/text';

/** The API that starts runs. Items with the same credential share a connection. */
export const RUNS_API: Service<Connection> = {
	address: 'baseUrl',
	open: (_, connection) => connection,
};

/**
 * The parameters of every operation that starts a run.
 *
 * @param testProperties what an execution from the editor does: it is to be seen before anybody executes the node
 */
export const runProperties = (testProperties: INodeProperties[]): INodeProperties[] => [
	workflowProperty('The NenAI workflow to run'),
	...testProperties,
	{
		displayName: 'Parameters',
		name: 'parametersMode',
		type: 'options',
		options: [
			{
				name: 'Enter Names and Values',
				value: 'fields',
				description: 'One line for each parameter',
			},
			{
				name: 'Form From a Definition',
				value: 'form',
				description:
					'Paste a definition of the parameters, and fill in a form. The values are checked before a run starts.',
			},
			{
				name: 'JSON',
				value: 'json',
				description: 'All parameters as one JSON object',
			},
			{
				name: 'Send All Fields of the Input Item',
				value: 'input',
				description: 'Every field (column) of the input item becomes a parameter, unchanged',
			},
		],
		default: 'fields',
		description: 'How you enter the inputs of the NenAI workflow',
		hint: 'Use the exact names and types from your NenAI contact. Names are case-sensitive.',
	},
	{
		displayName: 'Parameter Values',
		name: 'parameters',
		type: 'assignmentCollection',
		default: {},
		displayOptions: { show: { parametersMode: ['fields'] } },
		description:
			'Enter each name exactly as your NenAI contact gave it to you (names are case-sensitive), and choose its type',
	},
	{
		displayName: 'Parameter Definition',
		name: 'parameterDefinition',
		type: 'json',
		default: '',
		placeholder: '{ "PATIENT_NAME": "Jane Doe" }',
		displayOptions: { show: { parametersMode: ['form'] } },
		description:
			'What your NenAI contact gave you: the JSON Schema of the parameters, or an example object with their names and values',
	},
	{
		displayName: 'Parameter Values',
		name: 'parametersForm',
		type: 'resourceMapper',
		default: { mappingMode: 'defineBelow', value: null },
		typeOptions: {
			loadOptionsDependsOn: ['parameterDefinition'],
			resourceMapper: {
				resourceMapperMethod: 'getParameterFields',
				mode: 'add',
				valuesLabel: 'Parameter Values',
				fieldWords: { singular: 'parameter', plural: 'parameters' },
				addAllFields: true,
				supportAutoMap: false,
			},
		},
		displayOptions: { show: { parametersMode: ['form'] } },
		description: 'A field that you leave empty is not sent: NenAI uses its own default',
	},
	{
		displayName: 'Parameters (JSON)',
		name: 'parametersJson',
		type: 'json',
		default: '{}',
		placeholder: '{ "PATIENT_NAME": "Jane Doe" }',
		displayOptions: { show: { parametersMode: ['json'] } },
		description:
			'A JSON object, or an expression that returns one. Enter each name exactly as your NenAI contact gave it to you (names are case-sensitive).',
	},
];

/** The options of every operation that starts a run. */
export const runOptions: INodeProperties[] = [
	maxTriesOption(
		'How many times to send the request to start the run if NenAI is busy or cannot be reached. It is sent again only if NenAI certainly did not start the run. A run that fails is not started again.',
	),
	timeoutOption(
		30,
		'How many seconds NenAI has to accept the run. Does not limit how long the run itself may take.',
	),
];

/** Reads which run an item starts. Throws InvalidParameterError for parameters that cannot be sent as they are. */
export function readRunRequest(
	this: IExecuteFunctions,
	itemIndex: number,
	parameters: ParameterReader,
): Omit<RunRequest, 'webhook_callback'> {
	const id = readWorkflowId(parameters);
	const workflow_params = READERS[parameters.choice('parametersMode')].call(
		this,
		itemIndex,
		parameters,
	);
	return { workflow_id: id, workflow_params };
}

/** By the value of `parametersMode`. Each rejects numbers whose digits are lost. */
const READERS: Record<
	string,
	(this: IExecuteFunctions, itemIndex: number, parameters: ParameterReader) => IDataObject
> = {
	fields: (_, parameters) =>
		fromFields(
			parameters.raw('parameters'),
			parameters.nameOf('parameters'),
			parameters.savedAs('parameters'),
		),
	form: (_, parameters) => readForm(parameters),
	json: (_, parameters) => parameters.objectForSending('parametersJson'),
	input(itemIndex) {
		const { json } = this.getInputData()[itemIndex];
		checkNumbers(json, '', false);
		return json;
	},
};

/**
 * Reads n8n's `assignmentCollection`. Each value is converted to its type, or rejected. AI models and people who write
 * workflows by hand also give one object with the names and values, as in NenAI's API.
 *
 * @param saved the value in the saved workflow, with its expressions
 */
export function fromFields(value: unknown, name: Name, saved?: unknown): IDataObject {
	const collection = Array.isArray(value)
		? { assignments: value }
		: toObjectForSending(value, name, { byDefault: {} });
	if (!('assignments' in collection)) {
		checkNumbers(collection, '', isEntered(saved));
		return collection;
	}
	const { assignments, ...others } = collection;
	if (Object.keys(others).length > 0) {
		throw invalidParameter(
			say`${titleOf(name)} has both a list of assignments and other names (${Object.keys(others).join(', ')})`,
			say`Use only one of these two ways to enter the names and values.`,
		);
	}
	if (!Array.isArray(assignments)) {
		throw invalidParameter(
			say`${titleOf(name)} must have a list of assignments, but its assignments are ${describe(assignments)}`,
			say`Enter the names and values in the form, or one object such as { "PATIENT_NAME": "Jane Doe" }.`,
		);
	}
	const entries = new Map<string, unknown>();
	for (const [index, assignment] of (assignments as unknown[]).entries()) {
		const [parameter, converted] = fromAssignment(
			assignment,
			name,
			isEntered(saved) || isEntered(savedValue(saved, index)),
		);
		if (entries.has(parameter))
			throw invalidParameter(
				say`Duplicate parameter "${parameter}"`,
				say`Remove one of the two lines.`,
			);
		entries.set(parameter, converted);
	}
	// This also keeps a parameter with the name __proto__. An assignment would not.
	return Object.fromEntries(entries) as IDataObject;
}

/** The value of one line of the form, in the saved workflow. */
function savedValue(saved: unknown, index: number): unknown {
	const { assignments } = isRecord(saved) ? saved : {};
	const assignment: unknown = Array.isArray(assignments) ? assignments[index] : undefined;
	return isRecord(assignment) ? assignment.value : undefined;
}

/** The JavaScript types that the name of a parameter may have. */
const NAME_TYPES = ['string', 'number', 'bigint', 'undefined'];

function fromAssignment(
	assignment: unknown,
	collection: Name,
	isEnteredValue: boolean,
): [name: string, value: unknown] {
	if (!isRecord(assignment))
		throw invalidParameter(
			say`${titleOf(collection)} has an invalid entry: it is ${describe(assignment)}`,
			say`Each entry must be an object with name, value and type.`,
		);
	const given: Record<string, unknown> = assignment;
	if (
		!NAME_TYPES.includes(typeof given.name) &&
		given.name !== null &&
		!(given.name instanceof ExactNumber)
	) {
		throw invalidParameter(
			say`The name of a parameter must be text, but is ${describe(given.name)}`,
			say`Enter its name. If it is an expression, check its value for this item.`,
		);
	}
	const name = String(given.name ?? '').trim();
	if (name === '')
		throw invalidParameter(say`A parameter has no name`, say`Enter its name, or remove the line.`);
	if (given.value === undefined || given.value === null) {
		throw invalidParameter(
			say`The parameter "${name}" has no value`,
			say`Enter a value. If it is an expression, check its value for this item. To send "null", set Parameters to JSON.`,
		);
	}
	return [name, convert(name, given.value, given.type ?? 'string', isEnteredValue)];
}

/** For each type that the form offers: whether n8n would convert a value to something that nobody entered. */
const IS_MISLEADING = new Map<unknown, (value: unknown) => boolean>([
	['string', (value) => typeof value === 'object'],
	[
		'number',
		(value) =>
			typeof value === 'boolean' || typeof value === 'object' || String(value).trim() === '',
	],
	['boolean', (value) => typeof value === 'object'],
	['array', (value) => !Array.isArray(value)],
	['object', (value) => !isRecord(value)],
]);

/**
 * Converts as n8n's own nodes do, but rejects a conversion to a value that nobody entered, such as 0 for an empty text
 * or 1 for true.
 */
function convert(name: string, given: unknown, type: unknown, isEnteredValue: boolean): unknown {
	const isMisleading = IS_MISLEADING.get(type);
	if (isMisleading === undefined)
		throw invalidParameter(
			say`The parameter "${name}" has an unknown type: ${describe(type)}`,
			say`Use one of these types: ${[...IS_MISLEADING.keys()].join(', ')}.`,
		);
	const value = parseText(typeof given === 'bigint' ? new ExactNumber(String(given)) : given, type);
	checkNumbers(value, name, isEnteredValue);
	if (value instanceof ExactNumber) {
		if (type === 'number') return value;
		if (type === 'string') return value.digits;
	}
	const plain = value instanceof ExactNumber ? Number(value.digits) : value;
	const result = validateFieldType(name, plain, type as FieldType);
	if (isMisleading(plain) || !result.valid) {
		const found = String(value).trim() === '' ? 'is empty' : `is ${shorten(writeExactly(given))}`;
		throw invalidParameter(
			say`The parameter "${name}" must be of the type ${String(type)}, but ${found}`,
			say`Change its value or its type.`,
		);
	}
	// n8n also reads notations such as 0x1F, and may round them.
	checkNumbers(result.newValue, name, isEnteredValue);
	return type === 'string' ? String(plain) : result.newValue;
}

/** For errors: a value may be a whole record, and n8n stores errors. */
function shorten(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/**
 * Parses a text that stands for a value of another type. It keeps all digits of numbers, which n8n would round. A text
 * that cannot be parsed stays as it is.
 */
function parseText(value: unknown, type: unknown): unknown {
	if (typeof value !== 'string' || type === 'string' || type === 'boolean') return value;
	if (type === 'number') return readDecimal(value.trim()) ?? value;
	try {
		return parseForSending(value);
	} catch {
		// Not JSON. NenAI says whether it takes the text.
		return value;
	}
}

/**
 * Gives the URL back. Throws InvalidParameterError if it is not an absolute http(s) URL.
 *
 * @param source where the user entered it, as the beginning of a sentence
 * @param found how the error quotes it, if at all
 */
export function checkCallbackUrl(url: string, source: string, found = ''): string {
	if (isHttpUrl(url)) return url;
	throw invalidParameter(
		say`${source} must be a full web address that begins with https:// or http://${found}`,
		say`Enter the full address. It is usually the Production URL of a NenAI Trigger.`,
	);
}

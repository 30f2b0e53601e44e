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
import { readWorkflowId, workflowProperty } from './workflowId';
import { say } from '../../../shared/failures/text';

/** Runs are started over HTTP; requests that use one credential share a connection. */
export const RUNS_API: Service<Connection> = {
	address: 'baseUrl',
	open: (_, connection) => connection,
};

/** Parameters that every operation that starts a run has. `displayOptions` are added by the operation. */
export const runProperties: INodeProperties[] = [
	workflowProperty('The NenAI workflow to run'),
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
		hint: 'Use the names and types that the NenAI workflow declares: your NenAI contact knows them. Names are case sensitive.',
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
			'How often the request to start is sent when NenAI is too busy or cannot be reached. Only what was surely not accepted is sent again; a run that fails is not started again.',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		default: 30,
		typeOptions: { minValue: 1 },
		description:
			'Seconds until NenAI must have accepted the run. How long the run may then take is another matter.',
	},
];

/** Reads what an item asks to be started. Throws InvalidParameterError when it cannot be sent as it is. */
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

/** By the value of `parametersMode`. Each refuses numbers whose digits are lost. */
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
	json: (_, parameters) => parameters.objectForSending('parametersJson'),
	input(itemIndex) {
		const { json } = this.getInputData()[itemIndex];
		checkNumbers(json, '', false);
		return json;
	},
};

/**
 * Reads n8n's `assignmentCollection`; values become what their type says, or are refused. Models, and whoever writes by
 * hand, also give the names and values as one object, as the API itself has it.
 *
 * @param saved the same as the workflow has it, with its expressions
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
			say`${titleOf(name)} has both a list of assignments and other names: ${Object.keys(others).join(', ')}`,
			say`Give all names and values in one of the two ways.`,
		);
	}
	if (!Array.isArray(assignments)) {
		throw invalidParameter(
			say`${titleOf(name)} must have a list of assignments, but has ${describe(assignments)}`,
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
				say`The parameter "${parameter}" is there twice`,
				say`Remove one of the two lines.`,
			);
		entries.set(parameter, converted);
	}
	// Unlike an assignment, this also keeps a parameter that is called __proto__.
	return Object.fromEntries(entries) as IDataObject;
}

/** The value of one line of the form, as the workflow has it. */
function savedValue(saved: unknown, index: number): unknown {
	const { assignments } = isRecord(saved) ? saved : {};
	const assignment: unknown = Array.isArray(assignments) ? assignments[index] : undefined;
	return isRecord(assignment) ? assignment.value : undefined;
}

/** What the name of a parameter may come as. */
const NAMES = ['string', 'number', 'bigint', 'undefined'];

function fromAssignment(
	assignment: unknown,
	collection: Name,
	isEnteredValue: boolean,
): [name: string, value: unknown] {
	if (!isRecord(assignment))
		throw invalidParameter(
			say`${titleOf(collection)} has an entry that is ${describe(assignment)}`,
			say`Each must be an object with name, value and type.`,
		);
	const given: Record<string, unknown> = assignment;
	if (
		!NAMES.includes(typeof given.name) &&
		given.name !== null &&
		!(given.name instanceof ExactNumber)
	) {
		throw invalidParameter(
			say`The name of a parameter must be a text, but is ${describe(given.name)}`,
			say`Enter its name. If it is an expression, look at what it gives for this item.`,
		);
	}
	const name = String(given.name ?? '').trim();
	if (name === '')
		throw invalidParameter(say`A parameter has no name`, say`Enter its name, or remove the line.`);
	if (given.value === undefined || given.value === null) {
		throw invalidParameter(
			say`The parameter "${name}" has no value`,
			say`If it is an expression, look at what it gives for this item. To send "null", use the JSON mode.`,
		);
	}
	return [name, convert(name, given.value, given.type ?? 'string', isEnteredValue)];
}

/** The types that the form offers, and the JavaScript types whose values n8n would turn into a value that nobody entered. */
const MISLEADING = new Map<unknown, (value: unknown) => boolean>([
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

/** As n8n's own nodes convert, but without what would send a value that nobody entered: 0 for an empty text, 1 for true. */
function convert(name: string, given: unknown, type: unknown, isEnteredValue: boolean): unknown {
	const isMisleading = MISLEADING.get(type);
	if (isMisleading === undefined)
		throw invalidParameter(
			say`The parameter "${name}" has a type that there is not: ${describe(type)}`,
			say`Use one of ${[...MISLEADING.keys()].join(', ')}.`,
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
		const found =
			String(value).trim() === '' ? 'it is empty' : `it is ${shorten(writeExactly(given))}`;
		throw invalidParameter(
			say`The parameter "${name}" is not of the type ${String(type)}: ${found}`,
			say`Change its value or its type.`,
		);
	}
	// n8n reads notations such as 0x1F, and rounds there, too.
	checkNumbers(result.newValue, name, isEnteredValue);
	return type === 'string' ? String(plain) : result.newValue;
}

/** It may be a whole record, and an error is stored. */
function shorten(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** What a text says that stands for a value of another type, with all digits of its numbers: n8n would round them. A text that says nothing of the kind stays as it is. */
function parseText(value: unknown, type: unknown): unknown {
	if (typeof value !== 'string' || type === 'string' || type === 'boolean') return value;
	if (type === 'number') return readDecimal(value.trim()) ?? value;
	try {
		return parseForSending(value);
	} catch {
		return value;
	}
}

/**
 * Checks a callback URL.
 *
 * @param quote how the error quotes it, if at all
 * @param source where the user entered it
 */
export function checkCallbackUrl(url: string, quote: string, source: string): string {
	if (!isHttpUrl(url)) {
		throw invalidParameter(
			say`The callback URL is not an absolute http(s) URL${quote}`,
			say`Check ${source}. It is usually the Production URL of a NenAI Trigger.`,
		);
	}
	return url;
}

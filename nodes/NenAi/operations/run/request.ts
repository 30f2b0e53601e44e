import { validateFieldType, type FieldType, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';

import type { Connection } from '../../transport/connection';
import { isHttpUrl } from '../../transport/credential';
import { describeInexactNumber, parseExactly } from '../../transport/exactJson';
import type { RunRequest } from '../../transport/startRun';
import { badInput } from '../badInput';
import type { Parameters } from '../parameters';
import type { Service } from '../runItems';
import { describe, isRecord, titleOf, toObject, type Name } from '../values';
import { readWorkflowId, workflowProperty } from './workflowId';

/** Runs are started over HTTP; requests that use one credential share a connection. */
export const RUNS_API: Service<Connection> = { address: 'baseUrl', open: (_, connection) => connection };

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
		description: 'Seconds until NenAI must have accepted the run. How long the run may then take is another matter.',
	},
];

/** Reads what an item asks to be started. Throws BadInput when it cannot be sent as it is. */
export function readRunRequest(this: IExecuteFunctions, itemIndex: number, parameters: Parameters): Omit<RunRequest, 'webhook_callback'> {
	const id = readWorkflowId(parameters);
	const workflow_params = READERS[parameters.choice('parametersMode')].call(this, itemIndex, parameters);
	refuseInexactNumbers(workflow_params, '');
	return { workflow_id: id, workflow_params };
}

/** By the value of `parametersMode`. */
const READERS: Record<string, (this: IExecuteFunctions, itemIndex: number, parameters: Parameters) => IDataObject> = {
	fields: (_, parameters) => fromFields(parameters.raw('parameters'), parameters.nameOf('parameters')),
	json: (_, parameters) => parameters.object('parametersJson'),
	input(itemIndex) {
		return this.getInputData()[itemIndex].json;
	},
};

/**
 * Reads n8n's `assignmentCollection`; values become what their type says, or are refused. Models, and whoever writes by
 * hand, also give the names and values as one object, as the API itself has it.
 */
export function fromFields(value: unknown, name: Name): IDataObject {
	const collection = Array.isArray(value) ? { assignments: value } : toObject(value, name, {});
	if (!('assignments' in collection)) return collection;
	const { assignments, ...others } = collection;
	if (Object.keys(others).length > 0) {
		throw badInput(`${titleOf(name)} has both a list of assignments and other names: ${Object.keys(others).join(', ')}`, 'Give all names and values in one of the two ways.');
	}
	if (!Array.isArray(assignments)) {
		throw badInput(`${titleOf(name)} must have a list of assignments, but has ${describe(assignments)}`, 'Enter the names and values in the form, or one object such as { "PATIENT_NAME": "Jane Doe" }.');
	}
	const parameters: IDataObject = {};
	for (const assignment of assignments as unknown[]) {
		const [parameter, converted] = fromAssignment(assignment, name);
		if (Object.hasOwn(parameters, parameter)) throw badInput(`The parameter "${parameter}" is there twice`, 'Remove one of the two lines.');
		parameters[parameter] = converted;
	}
	return parameters;
}

function fromAssignment(assignment: unknown, collection: Name): [name: string, value: IDataObject[string]] {
	if (!isRecord(assignment)) throw badInput(`${titleOf(collection)} has an entry that is ${describe(assignment)}`, 'Each must be an object with name, value and type.');
	const { value } = assignment;
	if (!['string', 'number', 'undefined'].includes(typeof assignment.name) && assignment.name !== null) {
		throw badInput(`The name of a parameter must be a text, but is ${describe(assignment.name)}`, 'Enter its name. If it is an expression, look at what it gives for this item.');
	}
	const name = String(assignment.name ?? '').trim();
	if (name === '') throw badInput('A parameter has no name', 'Enter its name, or remove the line.');
	if (value === undefined || value === null) {
		throw badInput(`The parameter "${name}" has no value`, 'If it is an expression, look at what it gives for this item. To send "null", use the JSON mode.');
	}
	return [name, convert(name, value, assignment.type ?? 'string')];
}

/** The types that the form offers, and the JavaScript types whose values n8n would turn into a value that nobody entered. */
const MISLEADING = new Map<unknown, (value: unknown) => boolean>([
	['string', (value) => typeof value === 'object'],
	['number', (value) => typeof value === 'boolean' || typeof value === 'object' || String(value).trim() === ''],
	['boolean', (value) => typeof value === 'object'],
	['array', (value) => !Array.isArray(value)],
	['object', (value) => !isRecord(value)],
]);

/** As n8n's own nodes convert, but without what would send a value that nobody entered: 0 for an empty text, 1 for true. */
function convert(name: string, value: unknown, type: unknown): IDataObject[string] {
	const isMisleading = MISLEADING.get(type);
	if (isMisleading === undefined) throw badInput(`The parameter "${name}" has a type that there is not: ${describe(type)}`, `Use one of ${[...MISLEADING.keys()].join(', ')}.`);
	const exact = parseText(value, type, name);
	refuseInexactNumbers(exact, name);
	const result = validateFieldType(name, exact, type as FieldType);
	if (isMisleading(exact) || !result.valid) {
		const found = String(value).trim() === '' ? 'it is empty' : `it is ${shorten(JSON.stringify(value))}`;
		throw badInput(`The parameter "${name}" is not of the type ${type}: ${found}`, 'Change its value or its type.');
	}
	return (type === 'string' ? String(value) : result.newValue) as IDataObject[string];
}

/** It may be a whole record, and an error is stored. */
function shorten(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** What a text of JSON says, with all digits of its numbers: n8n would round them. A text that is none stays as it is. */
function parseText(value: unknown, type: unknown, name: string): unknown {
	if (typeof value !== 'string' || type === 'string' || type === 'boolean') return value;
	let parsed: unknown;
	try {
		parsed = parseExactly(value);
	} catch {
		return value;
	}
	if (type !== 'number') return parsed;
	// It came out as a text, and was none: its digits would be lost.
	if (typeof parsed !== 'string' || value.trim().startsWith('"')) return value;
	throw badInput(`The parameter "${name}" is a number that cannot be sent exactly (${parsed})`, 'Choose the type String to send its digits, if the NenAI workflow takes them as a text.');
}

/** Deeper than anybody means. */
const DEEPEST = 500;

/** JSON turns NaN into null and JavaScript rounds long numbers: either would send another value than the one meant. */
function refuseInexactNumbers(value: unknown, path: string, depth = 0): void {
	if (depth > DEEPEST) throw badInput(`The parameters are nested too deeply, or hold themselves (${path.slice(0, 60)}…)`, 'JSON cannot hold what holds itself. Look at the expression that gives them.');
	const inexact = typeof value === 'number' ? describeInexactNumber(value) : undefined;
	if (inexact !== undefined) {
		throw badInput(
			`The parameter "${path}" is a number that cannot be sent exactly (${inexact})`,
			'Its digits are lost already. They must be a text where they come from, with quotes around them in the data: choosing the type String here is too late.',
		);
	}
	if (typeof value === 'bigint') throw badInput(`The parameter "${path}" is a BigInt, which JSON does not have`, 'Send it as a text: add .toString() to the expression.');
	// What says by itself how it is sent, such as a date, has no numbers of its own.
	if (typeof value !== 'object' || value === null || ('toJSON' in value && typeof value.toJSON === 'function')) return;
	for (const [name, inner] of Object.entries(value)) {
		refuseInexactNumbers(inner, path === '' ? name : `${path}.${name}`, depth + 1);
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
		throw badInput(`The callback URL is not an absolute http(s) URL${quote}`, `Check ${source}. It is usually the Production URL of a NenAI Trigger.`);
	}
	return url;
}

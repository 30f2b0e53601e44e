import type { INodeProperties } from 'n8n-workflow';

import { invalidParameter } from './invalidParameter';
import { titleOf } from './values';
import type { ParameterReader } from './parameterReader';
import { say } from '../failures/text';

/** Builders for the form fields that several operations have, so that each is described in one place. */

/** The collection "Options" of an operation. n8n's linter requires its entries in the order of their labels. */
export function optionsCollection(options: INodeProperties[]): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [...options].sort((a, b) => (a.displayName < b.displayName ? -1 : 1)),
	};
}

export function maxConcurrencyOption(byDefault: number, description: string): INodeProperties {
	return {
		displayName: 'Max Concurrency',
		name: 'maxConcurrency',
		type: 'number',
		default: byDefault,
		typeOptions: { minValue: 1, numberPrecision: 0 },
		description,
	};
}

export function maxTriesOption(description: string): INodeProperties {
	return {
		displayName: 'Max Tries',
		name: 'maxTries',
		type: 'number',
		default: 5,
		typeOptions: { minValue: 1, numberPrecision: 0 },
		description,
	};
}

/** @param byDefault seconds */
export function timeoutOption(byDefault: number, description: string): INodeProperties {
	return {
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		default: byDefault,
		typeOptions: { minValue: 1 },
		description,
	};
}

/** How many results a list operation gives, as in n8n's own nodes. */
export const limitProperties: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1, numberPrecision: 0 },
		default: 50,
		displayOptions: { show: { returnAll: [false] } },
		description: 'Max number of results to return',
	},
];

/** Infinity for all. Throws InvalidParameterError. */
export function readLimit(reader: ParameterReader): number {
	return reader.boolean('returnAll') ? Infinity : reader.positiveInteger('limit');
}

interface Locator {
	displayName: string;
	name: string;
	description: string;
	/** The list from which it is picked: the method that loads it. */
	list: { searchListMethod: string; placeholder: string };
	/** The entry by hand. */
	byHand: { displayName: string; name: string; placeholder: string };
}

/** A field whose value is picked from a list or entered by hand. A plain text in its place counts as entered by hand. */
export function resourceLocator({
	displayName,
	name,
	description,
	list: { searchListMethod, placeholder },
	byHand,
}: Locator): INodeProperties {
	return {
		displayName,
		name,
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		description,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder,
				typeOptions: { searchListMethod, searchable: true },
			},
			{ ...byHand, type: 'string' },
		],
	};
}

const OUTPUT_FILE_FIELD = 'binaryPropertyName';

/** The field of the output item into which an operation puts a file. */
export function outputFileProperty(more: Partial<INodeProperties> = {}): INodeProperties {
	return {
		displayName: 'Put Output File in Field',
		name: OUTPUT_FILE_FIELD,
		type: 'string',
		required: true,
		default: 'data',
		hint: 'The field of the output item that will contain the file',
		...more,
	};
}

/** Throws InvalidParameterError if it is empty. */
export function readOutputFileField(
	parameters: ParameterReader,
	hint = say`Enter a field name, such as data.`,
): string {
	const field = parameters.text(OUTPUT_FILE_FIELD);
	if (field !== '') return field;
	throw invalidParameter(say`${titleOf(parameters.nameOf(OUTPUT_FILE_FIELD))} is empty`, hint);
}

export const acceptUnsignedOption: INodeProperties = {
	displayName: 'Accept Unsigned Callbacks (Tests Only)',
	name: 'acceptUnsigned',
	type: 'boolean',
	default: false,
	description:
		'Whether to also accept callbacks without a signature. Only the signature proves that a result comes from NenAI: without it, anyone could send one.',
};

/**
 * The warning that the form shows while `acceptUnsignedOption` is on.
 *
 * @param risk what anyone could do then, as the end of "Unsigned callbacks are accepted: anyone who …"
 */
export function acceptUnsignedWarning(risk: string): INodeProperties {
	return {
		displayName: `Unsigned callbacks are accepted: anyone who ${risk}. Use this only for tests.`,
		name: 'acceptUnsignedWarning',
		type: 'notice',
		default: '',
		displayOptions: { show: { '/options.acceptUnsigned': [true] } },
	};
}

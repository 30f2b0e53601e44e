import type { INodeProperties } from 'n8n-workflow';

import { invalidParameter } from '../../shared/parameters/invalidParameter';
import {
	maxConcurrencyOption,
	maxTriesOption,
	optionsCollection,
	timeoutOption,
} from '../../shared/parameters/properties';
import type { ParameterReader } from '../../shared/parameters/parameterReader';
import { titleOf } from '../../shared/parameters/values';
import { say } from '../../shared/failures/text';

/** Parts of the forms of operations that ask NenAI. */

export const queryOptionList: INodeProperties[] = [
	maxConcurrencyOption(10, 'How many requests are sent at the same time'),
	maxTriesOption(
		'How many times to send a request if NenAI is busy, cannot be reached or does not answer. The request does not start or change anything.',
	),
	timeoutOption(30, 'How many seconds to wait for the answer to one request'),
];

/** The options of an operation that has no others. */
export const queryOptions = optionsCollection(queryOptionList);

/** The parameter that selects a run. */
export const runIdProperty: INodeProperties = {
	displayName: 'Run ID (Message ID)',
	name: 'messageId',
	type: 'string',
	required: true,
	default: '={{ $json.messageId ?? $json.message_id }}',
	description:
		'The ID of the run, which NenAI calls message ID. Leave it as it is after Start, Start and Wait or a NenAI Trigger. Otherwise drag in messageId (in the output of Start) or message_id (in callbacks): NenAI uses both spellings.',
};

/** Throws InvalidParameterError if it is empty. */
export function readRunId(parameters: ParameterReader): string {
	const id = parameters.id('messageId');
	if (id !== '') return id;
	throw invalidParameter(
		say`${titleOf(parameters.nameOf('messageId'))} is empty`,
		say`Enter the messageId from the output of Start, or the message_id from a callback. If it is an expression, check its value for this item.`,
	);
}

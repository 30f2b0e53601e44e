import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { say } from '../../../shared/failures/text';

export const keyProperty: INodeProperties = {
	displayName: 'Key',
	name: 'key',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. Return, or ctrl+a',
	description:
		'A key, such as Return, Tab, Escape or F5, or several that are held together, such as ctrl+a or alt+F4',
};

/** Throws InvalidParameterError where there is none. */
export function readKey(given: ParameterReader): string {
	const key = given.text('key');
	if (key === '')
		throw invalidParameter(
			say`Key (key) is empty`,
			say`Enter a key, such as Return or ctrl+a. The space bar is called space.`,
		);
	return key;
}

/**
 * How many characters a desktop types in a second at least. Slower than any that is known: a text of 12,000 characters took
 * more than 120 seconds, so about 100 a second is too many. Waiting for too long costs nothing, since the answer ends it;
 * for too short a time, nobody knows what was typed.
 */
const SLOWEST_TYPING = 10;

/** Seconds that typing takes, at most an hour. */
export function timeToType(text: string): number {
	return Math.min(LONGEST, Math.ceil(text.length / SLOWEST_TYPING));
}

/** Seconds that an action of the tool `computer` takes by itself, as far as its parameters say so. */
export function timeOf(action: string, { text, duration }: IDataObject): number {
	if (action === 'type') return typeof text === 'string' ? timeToType(text) : 0;
	const seconds = ['wait', 'hold_key'].includes(action) ? Number(duration) : 0;
	return seconds > 0 ? Math.min(LONGEST, seconds) : 0;
}

/** Seconds. A request that takes much longer has no timer that could count it. */
const LONGEST = 3600;

export function durationProperty(description: string): INodeProperties {
	return {
		displayName: 'Duration',
		name: 'duration',
		type: 'number',
		required: true,
		default: 1,
		typeOptions: { minValue: 0, maxValue: LONGEST },
		description,
	};
}

/** Seconds, which the answer takes longer by. Throws InvalidParameterError for what is no time. */
export function readDuration(given: ParameterReader): number {
	const duration = given.number('duration');
	if (duration < 0)
		throw invalidParameter(say`Duration (duration) is negative`, say`Enter a number of seconds.`);
	if (duration > LONGEST)
		throw invalidParameter(
			say`Duration (duration) is longer than an hour: ${duration} seconds`,
			say`Enter at most 3600 seconds. For a longer pause, use the Wait node of n8n.`,
		);
	return duration;
}

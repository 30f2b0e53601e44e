import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { COMPUTER, type Desktops, type ToolCall } from '../../../shared/transport/desktop/desktops';
import type { Failure } from '../../../shared/failures/failure';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { join, say } from '../../../shared/failures/text';
import { keysIn } from './acceptedKeys';
import { KNOWN_NAMES, MODIFIER_NAMES, toKeyNames } from './keyNames';

export const keyProperty: INodeProperties = {
	displayName: 'Key',
	name: 'key',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. Enter, or Ctrl+A',
	description:
		'A key, such as Enter, Tab, Esc, Page Down or F5, or several keys that are pressed together, such as Ctrl+A or Alt+F4',
};

/** Throws InvalidParameterError if it is empty. */
export function readKey(reader: ParameterReader): string {
	const key = reader.text('key');
	if (key === '')
		throw invalidParameter(
			say`Key (key) is empty`,
			say`Enter a key, such as Enter or Ctrl+A. The name of the space bar is space.`,
		);
	return key;
}

/**
 * Replaces the key of an action by the names that the desktop's tool accepts. The tools are asked for once for each
 * desktop. If they cannot be read, or do not list keys, the known names are used.
 */
export async function withKeyNames<Call extends ToolCall>(
	desktops: Desktops,
	desktopId: string,
	call: Call,
): Promise<Call | Failure> {
	const text = String(call.params.text);
	const { names, words } = keysIn(await computerSchema(desktops, desktopId));
	const keys = toKeyNames(text, names);
	if (typeof keys === 'string') return { ...call, params: { ...call.params, text: keys } };
	const list = names ?? [...MODIFIER_NAMES, ...KNOWN_NAMES];
	return {
		message:
			keys.unknown === ''
				? say`A key is missing in Key (key): "${text}"`
				: say`"${keys.unknown}" is not a valid key name, in Key (key): "${text}"`,
		hint: join(
			say`Use ${names === undefined ? 'a character, or one of these names' : 'one of the keys that the desktop lists'}: ${list.join(', ')}. Join keys that are pressed together with +, as in Ctrl+A.`,
			words === undefined
				? undefined
				: say`The desktop describes this parameter as follows: "${words}".`,
			say`To send any name unchanged, use Custom Action. Nothing was done.`,
		),
	};
}

/** The JSON Schema of the tool `computer`, as the desktop lists it. */
async function computerSchema(desktops: Desktops, desktopId: string): Promise<unknown> {
	const known = schemas.get(desktops) ?? new Map<string, unknown>();
	schemas.set(desktops, known);
	if (!known.has(desktopId)) {
		const listed = await desktops.tools(desktopId);
		const tools = listed.kind === 'done' ? listed.value : [];
		known.set(desktopId, tools.find(({ name }) => name === COMPUTER)?.parameters);
	}
	return known.get(desktopId);
}

/** For each run of the node: it has a client of its own. */
const schemas = new WeakMap<Desktops, Map<string, unknown>>();

/**
 * The lowest speed, in characters per second, at which a desktop may type. A text of 12,000 characters took more than
 * 120 seconds, which is less than 100 per second. A long timeout costs nothing, because the response ends the wait.
 * After a timeout that is too short, it is unknown what was typed.
 */
const MIN_CHARACTERS_PER_SECOND = 10;

/** How many seconds typing takes at most, up to an hour. */
export function timeToType(text: string): number {
	return Math.min(MAX_DURATION_SECONDS, Math.ceil(text.length / MIN_CHARACTERS_PER_SECOND));
}

/** How many seconds an action of the tool `computer` takes by itself, if its parameters say so; otherwise 0. */
export function timeOf(action: string, { text, duration }: IDataObject): number {
	if (action === 'type') return typeof text === 'string' ? timeToType(text) : 0;
	const seconds = ['wait', 'hold_key'].includes(action) ? Number(duration) : 0;
	return seconds > 0 ? Math.min(MAX_DURATION_SECONDS, seconds) : 0;
}

/** The longest time for such an action, in seconds. No timer can wait much longer for a request. */
const MAX_DURATION_SECONDS = 3600;

export function durationProperty(description: string): INodeProperties {
	return {
		displayName: 'Duration',
		name: 'duration',
		type: 'number',
		required: true,
		default: 1,
		typeOptions: { minValue: 0, maxValue: MAX_DURATION_SECONDS },
		description,
	};
}

/**
 * A time in seconds, which is added to the timeout. Throws InvalidParameterError for a time that is negative or too
 * long.
 */
export function readDuration(reader: ParameterReader): number {
	const duration = reader.number('duration');
	if (duration < 0)
		throw invalidParameter(
			say`Duration (duration) is negative`,
			say`Enter the number of seconds, from 0 to 3600.`,
		);
	if (duration > MAX_DURATION_SECONDS)
		throw invalidParameter(
			say`Duration (duration) is longer than an hour: ${duration} seconds`,
			say`Enter at most 3600 seconds. For a longer pause, use n8n's Wait node.`,
		);
	return duration;
}

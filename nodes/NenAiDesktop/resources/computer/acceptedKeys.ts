import { isRecord } from '../../../shared/parameters/values';
import { toKeyNames } from './keyNames';

/** What a tool says about the keys that it accepts. */
export interface KeyDescription {
	/** The names of the keys, if the tool lists them. */
	names?: string[];
	/** Its sentence about the parameter. */
	words?: string;
}

/** The parameters that can hold a key. NenAI's documentation uses `text`. */
const PARAMETERS = ['text', 'key', 'keys'];

/** A list without one of these keys is about something else, such as the buttons of the mouse. */
const COMMON = ['Return', 'Escape', 'Tab'];

/** How deep a schema is searched. It may describe each action on its own, in `oneOf` for example. */
const MAX_DEPTH = 6;

/**
 * Finds the description of keys in the JSON Schema of the tool `computer`. NenAI does not publish the form of the schema,
 * so every object in it is searched: docs/internals/nenai-api.md#where-nothing-is-published
 */
export function keysIn(schema: unknown, depth = 0): KeyDescription {
	if (depth > MAX_DEPTH || typeof schema !== 'object' || schema === null) return {};
	const own =
		isRecord(schema) && isRecord(schema.properties) ? ofProperties(schema.properties) : {};
	const inner = Object.values(schema).map((value) => keysIn(value, depth + 1));
	const all = [own, ...inner];
	return {
		names: all.find(({ names }) => names !== undefined)?.names,
		words: all.find(({ words }) => words !== undefined)?.words,
	};
}

function ofProperties(properties: Record<string, unknown>): KeyDescription {
	const found = PARAMETERS.map((name) => properties[name]).filter(isRecord);
	const lists = found.map(
		({ enum: own, items }) => own ?? (isRecord(items) ? items.enum : undefined),
	);
	const names = lists.find(
		(list): list is string[] =>
			Array.isArray(list) &&
			list.every((name) => typeof name === 'string') &&
			list.some((name) => COMMON.includes(String(toKeyNames(name)))),
	);
	const words = found
		.map(({ description }) => description)
		.find((text): text is string => typeof text === 'string' && /key/i.test(text));
	return { names, words };
}

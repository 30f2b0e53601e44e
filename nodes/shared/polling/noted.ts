import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../transport/isObject';

/**
 * The newest runs that are remembered. They show which runs of a list are new: those above them. So this number does
 * not limit how many runs may be new.
 */
export const MAX_NEWEST = 200;

/** The runs that are remembered until they end. If there are more, the oldest are forgotten. */
export const MAX_OPEN = 1000;

/** What a polling trigger remembers from one poll to the next. n8n saves it in the workflow's static data. */
export interface Noted {
	/** The workflow that the runs belong to. */
	workflowId: string;
	/** The IDs of the newest runs, without gaps, the newest first. */
	newest: string[];
	/** The IDs of the runs that had not ended yet, the oldest first. */
	open: string[];
	/** How many polls in a row got no answer about an open run, by its ID. */
	unanswered: Record<string, number>;
}

/** What was saved about the runs of this workflow; undefined if there is nothing, or nothing that can be read. */
export function readNoted(data: IDataObject, workflowId: string): Noted | undefined {
	const { newest, open, unanswered } = data;
	if (data.workflowId !== workflowId || !isListOfTexts(newest) || !isListOfTexts(open))
		return undefined;
	const counts = Object.entries(isObject(unanswered) ? unanswered : {}).filter(
		(entry): entry is [string, number] => typeof entry[1] === 'number',
	);
	return {
		workflowId,
		newest: [...newest],
		open: [...open],
		unanswered: Object.fromEntries(counts),
	};
}

/** Writes it into the static data, within the limits. */
export function writeNoted(data: IDataObject, noted: Noted) {
	const limited: Noted = {
		...noted,
		newest: noted.newest.slice(0, MAX_NEWEST),
		open: noted.open.slice(-MAX_OPEN),
	};
	for (const [name, value] of Object.entries(limited))
		if (JSON.stringify(data[name]) !== JSON.stringify(value)) data[name] = value;
}

function isListOfTexts(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

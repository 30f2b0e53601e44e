import type { Failure } from '../transport/failure';
import { BadInput, failureOf } from './badInput';
import type { Parameters } from './parameters';

/** When a callback starts the workflow. */
export interface Settings {
	events: string[];
	workflowIds: string[];
	ignoreDuplicates: boolean;
}

/** Throws BadInput for what cannot be read. */
export function readSettings(parameters: Parameters): Settings {
	const events = parameters.choices('events');
	if (events.length === 0) {
		throw new BadInput({ message: 'Events (events) is empty, so nothing could start the workflow', hint: 'Choose at least one event.' });
	}
	return { events, workflowIds: parameters.list('options.workflowIds'), ignoreDuplicates: parameters.switch('options.ignoreDuplicates') };
}

/** Why the settings cannot be read; undefined if they can. */
export function problemOf(parameters: Parameters): Failure | undefined {
	try {
		readSettings(parameters);
		return undefined;
	} catch (error) {
		return failureOf(error);
	}
}

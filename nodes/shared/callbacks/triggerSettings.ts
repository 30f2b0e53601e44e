import type { Failure } from '../failures/failure';
import { InvalidParameterError, toFailure } from '../parameters/invalidParameter';
import type { ParameterReader } from '../parameters/parameterReader';
import { say } from '../failures/text';

/** When a callback starts the workflow. */
export interface Settings {
	events: string[];
	workflowIds: string[];
	ignoreDuplicates: boolean;
}

/** Throws InvalidParameterError for what cannot be read. */
export function readSettings(parameters: ParameterReader): Settings {
	const events = parameters.choices('events');
	if (events.length === 0) {
		throw new InvalidParameterError({
			message: say`Events (events) is empty, so nothing could start the workflow`,
			hint: say`Choose at least one event.`,
		});
	}
	return {
		events,
		workflowIds: parameters.list('options.workflowIds'),
		ignoreDuplicates: parameters.boolean('options.ignoreDuplicates'),
	};
}

/** Why the settings cannot be read; undefined if they can. */
export function problemOf(parameters: ParameterReader): Failure | undefined {
	try {
		readSettings(parameters);
		return undefined;
	} catch (error) {
		return toFailure(error);
	}
}

import type { Failure } from '../failures/failure';
import { InvalidParameterError, toFailure } from '../parameters/invalidParameter';
import type { ParameterReader } from '../parameters/parameterReader';
import { titleOf } from '../parameters/values';
import { say } from '../failures/text';

/** Which callbacks start the workflow. */
export interface Settings {
	events: string[];
	workflowIds: string[];
	ignoreDuplicates: boolean;
}

/** Throws InvalidParameterError for settings that cannot be read. */
export function readSettings(reader: ParameterReader): Settings {
	const events = reader.choices('events');
	if (events.length === 0) {
		throw new InvalidParameterError({
			message: say`${titleOf(reader.nameOf('events'))} is empty, so nothing could start the workflow`,
			hint: say`Choose at least one entry, such as Success.`,
		});
	}
	return {
		events,
		workflowIds: reader.list('options.workflowIds'),
		ignoreDuplicates: reader.boolean('options.ignoreDuplicates'),
	};
}

/** Why the settings cannot be read; undefined if they can. */
export function problemOf(reader: ParameterReader): Failure | undefined {
	try {
		readSettings(reader);
		return undefined;
	} catch (error) {
		return toFailure(error);
	}
}

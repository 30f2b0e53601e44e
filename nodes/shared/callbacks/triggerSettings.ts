import type { INode } from 'n8n-workflow';

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
	/** Whether there is an output for each event. */
	byEvent: boolean;
	/** Whether the sender gets the response when the execution has ended, not when it has started. */
	respondAtEnd: boolean;
}

/**
 * Throws InvalidParameterError for settings that cannot be read, or that do not fit together.
 *
 * @param node the trigger
 */
export function readSettings(reader: ParameterReader, node: INode): Settings {
	const events = reader.choices('events');
	if (events.length === 0) {
		throw new InvalidParameterError({
			message: say`${titleOf(reader.nameOf('events'))} is empty, so nothing could start the workflow`,
			hint: say`Choose at least one entry, such as Success.`,
		});
	}
	const byEvent = reader.choice('outputs') === 'byEvent';
	if (byEvent && node.alwaysOutputData === true)
		throw new InvalidParameterError({
			message: say`"Always Output Data" does not work with an output for each event: n8n would also pass an empty item to the first output`,
			hint: say`Turn off "Always Output Data" in the settings of this node, or set ${titleOf(reader.nameOf('outputs'))} to "One Output".`,
		});
	return {
		events,
		byEvent,
		workflowIds: reader.list('options.workflowIds'),
		ignoreDuplicates: reader.boolean('options.ignoreDuplicates'),
		respondAtEnd: reader.choice('options.responseMode') === 'lastNode',
	};
}

/** Why the settings cannot be read; undefined if they can. */
export function problemOf(reader: ParameterReader, node: INode): Failure | undefined {
	try {
		readSettings(reader, node);
		return undefined;
	} catch (error) {
		return toFailure(error);
	}
}

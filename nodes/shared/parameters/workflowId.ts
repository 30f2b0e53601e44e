import type { INodeProperties } from 'n8n-workflow';

import { invalidParameter } from './invalidParameter';
import type { ParameterReader } from './parameterReader';
import { resourceLocator } from './properties';
import { titleOf } from './values';
import { say } from '../failures/text';

/** The parameter that selects a NenAI workflow. A plain text in its place counts as an ID. */
export function workflowProperty(description: string): INodeProperties {
	return resourceLocator({
		displayName: 'NenAI Workflow',
		name: 'workflowId',
		description,
		list: { searchListMethod: 'searchWorkflows', placeholder: 'Select a workflow…' },
		byHand: {
			displayName: 'By ID',
			name: 'id',
			placeholder: 'e.g. 12345678-1234-1234-1234-123456789abc',
		},
	});
}

/** Throws InvalidParameterError if it is empty. */
export function readWorkflowId(parameters: ParameterReader): string {
	const id = parameters.id('workflowId');
	if (id !== '') return id;
	throw invalidParameter(
		say`${titleOf(parameters.nameOf('workflowId'))} is empty`,
		say`Pick the workflow From List, or enter its ID. If it is an expression, check its value for this item.`,
	);
}

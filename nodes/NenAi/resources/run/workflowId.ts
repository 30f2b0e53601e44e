import type { INodeProperties } from 'n8n-workflow';

import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { say } from '../../../shared/failures/text';

/** The parameter with which a NenAI workflow is chosen. A plain text in its place, as it was saved before, is an ID. */
export function workflowProperty(description: string): INodeProperties {
	return {
		displayName: 'Workflow ID',
		name: 'workflowId',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		description,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Select a workflow…',
				typeOptions: { searchListMethod: 'searchWorkflows', searchable: true },
			},
			{
				displayName: 'By ID',
				name: 'id',
				type: 'string',
				placeholder: 'e.g. 12345678-1234-1234-1234-123456789abc',
			},
		],
	};
}

/** Throws InvalidParameterError where there is none. */
export function readWorkflowId(parameters: ParameterReader): string {
	const id = parameters.id('workflowId');
	if (id === '')
		throw invalidParameter(
			say`The workflow ID is empty`,
			say`Enter the ID of the NenAI workflow, or choose it from the list. If it is an expression, look at what it gives for this item.`,
		);
	return id;
}

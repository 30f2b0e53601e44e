import { randomUUID } from 'node:crypto';

import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { isFinished } from '../../../shared/runStatus';
import type { StartedRun } from '../../../shared/transport/runs/startRun';
import {
	invalidParameter,
	InvalidParameterError,
} from '../../../shared/parameters/invalidParameter';
import { titleOf } from '../../../shared/parameters/values';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { isToolOfAgents } from '../../../shared/execution/context';
import { isTestExecution } from '../../../shared/execution/testExecution';
import type { Failure } from '../../../shared/failures/failure';
import { say } from '../../../shared/failures/text';
import { timedOutItem } from './awaitedRun';
import { outcomeOfWait, type Outcome } from './outputs';

/** Executions from the editor that start nothing. */

const SIMULATE = 'simulate';

export const testExecutionsProperty: INodeProperties = {
	displayName: 'Test Executions',
	name: 'testExecutions',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Start Real Runs',
			value: 'start',
			description: 'Each click on Execute starts a real run',
		},
		{
			name: 'Simulate (Start Nothing)',
			value: SIMULATE,
			description:
				'Nothing is sent to NenAI. The node continues immediately with a made-up result.',
		},
	],
	default: 'start',
	description:
		'What happens when you execute this node in the editor. A published workflow always starts real runs.',
};

const WHEN_SIMULATED: INodeProperties['displayOptions'] = { show: { testExecutions: [SIMULATE] } };

/** The parameters of a simulated result. */
export const simulatedResultProperties: INodeProperties[] = [
	{
		displayName: 'Simulated Outcome',
		name: 'simulatedOutcome',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Success', value: 'success', description: 'The run succeeds' },
			{ name: 'Failed', value: 'failed', description: 'The run fails' },
			{ name: 'Timed Out', value: 'timedOut', description: 'No result arrives in time' },
		],
		default: 'success',
		displayOptions: WHEN_SIMULATED,
		description: 'How the simulated run ends',
	},
	{
		displayName: 'Simulated Result',
		name: 'simulatedResult',
		type: 'json',
		default: '{}',
		placeholder: '{ "result": { "total": 3 } }',
		displayOptions: {
			show: { testExecutions: [SIMULATE], simulatedOutcome: ['success', 'failed'] },
		},
		description:
			'Optional. More fields for the made-up result, as a JSON object. You can paste the result of an earlier run. The result always has a workflow_id, a message_id and a status.',
	},
];

/** How a simulated run ends. */
export interface SimulatedResult {
	outcome: Outcome;
	/** Fields of the callback. */
	fields: IDataObject;
}

/** Whether this execution starts nothing. Throws InvalidParameterError. */
export function isSimulated(this: IExecuteFunctions, parameters: ParameterReader): boolean {
	if (parameters.choice('testExecutions') !== SIMULATE) return false;
	if (isToolOfAgents.call(this)) throw new InvalidParameterError(NOT_TOLD);
	return isTestExecution.call(this);
}

/** Throws InvalidParameterError. */
export function readSimulatedResult(parameters: ParameterReader): SimulatedResult {
	const outcome = parameters.choice('simulatedOutcome') as Outcome;
	if (outcome === 'timedOut') return { outcome, fields: {} };
	const fields = parameters.object('simulatedResult', {});
	const { status } = fields;
	if (
		status !== undefined &&
		(typeof status !== 'string' || !isFinished(status) || outcomeOfWait(status) !== outcome)
	)
		throw invalidParameter(
			say`The status in ${titleOf(parameters.nameOf('simulatedResult'))} does not fit the simulated outcome "${outcome}"`,
			say`Remove the field "status", or choose another Simulated Outcome.`,
		);
	return { outcome, fields };
}

const NOT_TOLD: Failure = {
	message: say`Test Executions → "Simulate" is not possible in a tool of n8n's Agents, because n8n does not tell the node whether a call is a test`,
	hint: say`Choose "Start Real Runs". Each call then starts a real run, also in the preview of the agent.`,
};

const ID_PREFIX = 'simulated-';

/** What NenAI would answer to the start of a run. */
export function simulateStart(workflowId: string): StartedRun {
	return {
		message: 'Simulated: no run was started.',
		messageId: `${ID_PREFIX}${randomUUID()}`,
		workflowId,
	};
}

/** Whether this is the answer of `simulateStart`. */
export function isSimulatedRun({ messageId }: StartedRun): boolean {
	return messageId.startsWith(ID_PREFIX);
}

/** The body of the callback that ends a simulated run, or the item for no callback. */
export function simulateResult(
	workflowId: string,
	messageId: string,
	{ outcome, fields }: SimulatedResult,
): IDataObject {
	if (outcome === 'timedOut') return timedOutItem(workflowId, messageId);
	return { status: outcome, ...fields, workflow_id: workflowId, message_id: messageId };
}

/** Says on the execution that nothing was started. */
export function hintAtSimulation(this: IExecuteFunctions) {
	// Not every context has it: docs/internals/n8n-behaviour.md#functions-that-may-be-missing
	this.addExecutionHints?.({
		message:
			'This result was simulated: nothing was sent to NenAI, and no run was started. The reason is Test Executions → "Simulate" in this node. When the published workflow runs, it starts real runs.',
		location: 'outputPane',
	});
}

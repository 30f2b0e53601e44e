import {
	N8N_NODES_API_VERSION,
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeOutputConfiguration,
	type INodeProperties,
} from 'n8n-workflow';

import { isSuccess } from '../../../shared/runStatus';
import { isTool } from '../../../shared/execution/outcomes';
import { isLastTry } from '../../../shared/execution/tries';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { InvalidParameterError } from '../../../shared/parameters/invalidParameter';
import type { Failure } from '../../../shared/failures/failure';
import { say } from '../../../shared/failures/text';

/** The outputs of Start and Wait, in their order. */
const OUTCOMES = ['success', 'failed', 'timedOut'] as const;

/** How a wait for a run ends. */
export type Outcome = (typeof OUTCOMES)[number];

/**
 * The node has no output yet. n8n does not use what `execute()` returns before a wait, but the editor shows it, and
 * stays at the output that had an item.
 */
export const WAITING = 'waiting';

const MAIN = NodeConnectionTypes.Main;

const BY_OUTCOME = 'byOutcome';

const OUTPUTS: INodeOutputConfiguration[] = [
	{ type: MAIN, displayName: 'Success' },
	{ type: MAIN, displayName: 'Failed' },
	{ type: MAIN, displayName: 'Timed Out' },
];

export const outputsProperty: INodeProperties = {
	displayName: 'Outputs',
	name: 'outputs',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'One for Each Outcome',
			value: BY_OUTCOME,
			description: 'Three outputs: Success, Failed, and Timed Out',
		},
		{
			name: 'One Output',
			value: 'single',
			description:
				'Every result comes out here. Add a Switch node after it, for the field "status".',
		},
	],
	default: BY_OUTCOME,
	displayOptions: { hide: { '@tool': [true] } },
	description:
		'Where the result comes out. Failed gets every run that ended without success. If On Error (in Settings) is "Continue", Failed also gets an error when the run could not be started.',
};

/** The outputs of the node, for the description of the node: three for Start and Wait, otherwise one. */
export const OUTPUTS_EXPRESSION: `={{${string}}}` = `={{ $parameter["resource"] === "run" && $parameter["operation"] === "startAndWait" && ($parameter["outputs"] || "${BY_OUTCOME}") === "${BY_OUTCOME}" ? ${JSON.stringify(OUTPUTS)} : ["${MAIN}"] }}`;

/** The outcome for a final status of a run. */
export function outcomeOfWait(status: string): Outcome {
	return isSuccess(status) ? 'success' : 'failed';
}

/** Puts the items into the output of an outcome. All other outputs stay empty. */
export function toOutput(
	items: INodeExecutionData[],
	outcome: Outcome | typeof WAITING,
): INodeExecutionData[][] {
	return OUTCOMES.map((each) => (each === outcome ? items : []));
}

/** Whether the node has an output for each outcome. As a tool, it has one. Does not throw: errors also need an output. */
export function hasOutputsByOutcome(this: IExecuteFunctions): boolean {
	if (isTool.call(this)) return false;
	try {
		return (this.getNodeParameter('outputs', 0, null) || BY_OUTCOME) === BY_OUTCOME;
	} catch {
		// `checkOutputs` reports the reason.
		return false;
	}
}

/**
 * Throws InvalidParameterError if the node has an output for each outcome and n8n is too old for that: it would pass
 * every result to the first output.
 */
export function checkOutputs(this: IExecuteFunctions, parameters: ParameterReader): void {
	if (parameters.choice('outputs') !== BY_OUTCOME || isTool.call(this)) return;
	if (canSendToAnyOutput.call(this)) return;
	throw new InvalidParameterError(TOO_OLD);
}

/**
 * Whether n8n can pass the result of a waiting node to another output than the first. It can from 2.39.0 on:
 * docs/internals/n8n-behaviour.md#several-outputs. Nothing tells a node so, or the version of n8n. 2.39.0 is also the
 * first version with this export; a second copy of n8n-workflow could have it in an older n8n, so one more function
 * that an older n8n lacks must exist.
 */
function canSendToAnyOutput(this: IExecuteFunctions): boolean {
	return N8N_NODES_API_VERSION !== undefined && 'onExecutionFinish' in this;
}

const TOO_OLD: Failure = {
	message: say`This n8n cannot send the result of Start and Wait to three outputs: it is older than version 2.39`,
	hint: say`Set Outputs to "One Output", and add a Switch node after this node, for the field "status". Or update n8n.`,
};

/**
 * The outputs for items of `execute()`. Items that are not in `outcomes` are errors: they come out at Failed, so that
 * nothing takes them for a success. Before the last try of Retry On Fail they come out at the first output, because n8n
 * looks only there for an error that makes it try again.
 */
export function toOutputs(
	this: IExecuteFunctions,
	items: INodeExecutionData[],
	outcomes: ReadonlyMap<INodeExecutionData, Outcome | typeof WAITING>,
): INodeExecutionData[][] {
	if (!hasOutputsByOutcome.call(this)) return [items];
	ignoreAlwaysOutputData.call(this);
	const outcome = items.map((item) => outcomes.get(item)).find((each) => each !== undefined);
	if (outcome !== undefined) return toOutput(items, outcome);
	return isLastTry.call(this) ? toOutput(items, 'failed') : [items, [], []];
}

/**
 * With Always Output Data, n8n adds an empty item to the first output if that is empty. The branch for success would
 * run after a failure.
 */
export function ignoreAlwaysOutputData(this: IExecuteFunctions) {
	const executeData = this.getExecuteData();
	executeData.node = { ...executeData.node, alwaysOutputData: false };
}

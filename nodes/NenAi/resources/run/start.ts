import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { NenAiCredential } from '../../../shared/transport/credential';
import {
	ASK_BEFORE_STARTING_AGAIN,
	startRun,
	type RunRequest,
	type StartedRun,
} from '../../../shared/transport/runs/startRun';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import { maxConcurrencyOption, optionsCollection } from '../../../shared/parameters/properties';
import { describeUncertain, type WrittenOutcome } from '../../../shared/execution/outcomes';
import { readRequestLimits } from '../../../shared/parameters/requestLimits';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { titleOf } from '../../../shared/parameters/values';
import type { Operation } from '../../../shared/execution/router';
import { runItems } from '../../../shared/execution/runItems';
import { checkCallbackUrl, readRunRequest, runOptions, runProperties, RUNS_API } from './request';
import { traceRuns } from './signals';
import {
	hintAtSimulation,
	isSimulated,
	isSimulatedRun,
	simulateStart,
	testExecutionsProperty,
} from './simulation';
import { say } from '../../../shared/failures/text';

export const option: Operation['option'] = {
	name: 'Start',
	value: 'start',
	action: 'Start a run',
	description:
		'Starts a run of a NenAI workflow for each item, and continues immediately. The output contains only the ID of the run (messageId), not its result. To get the result, use Start and Wait, or a NenAI Trigger. This does real work: each call starts another run.',
};

export const parameters: INodeProperties[] = [
	...runProperties([testExecutionsProperty]),
	{
		displayName: 'Callback',
		name: 'callback',
		type: 'options',
		options: [
			{
				name: 'Address Saved in the Credential',
				value: 'default',
				description: 'The Default Callback URL of the credential. It must not be empty.',
			},
			{
				name: 'Another Address',
				value: 'url',
				description: 'An address that you enter here, for example that of a NenAI Trigger',
			},
			{
				name: 'Do Not Report Back',
				value: 'none',
				description: 'NenAI does not send the result. You can check the status with Run → Get.',
			},
		],
		default: 'default',
		description: 'Where NenAI sends the result of the run',
	},
	{
		displayName: 'Callback URL',
		name: 'callbackUrl',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. https://n8n.example.com/webhook/…/webhook',
		displayOptions: { show: { callback: ['url'] } },
		description: 'Usually the Production URL of a NenAI Trigger. NenAI must be able to reach it.',
	},
	optionsCollection([
		maxConcurrencyOption(
			10,
			'How many requests to start a run are sent at the same time. Does not limit how many runs NenAI executes in parallel.',
		),
		...runOptions,
	]),
];

/**
 * Starts one run for each item. The output is the body of NenAI's 202 response. A run that an earlier try of the node
 * has started is not started again.
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	let isAnySimulated = false;
	const started: string[] = [];
	const output = await runItems(this, {
		kind: 'mutation',
		name: 'run/start',
		ordered: false,
		properties: parameters,
		service: RUNS_API,
		settings: (reader) => ({
			...readRequestLimits(reader),
			maxConcurrency: reader.positiveInteger('options.maxConcurrency'),
		}),
		read: (reader, { itemIndex, connection }) => ({
			request: readRequest.call(this, reader, itemIndex, connection.credential),
			simulated: isSimulated.call(this, reader),
		}),
		run: async (connection, { request, simulated }) =>
			simulated
				? { kind: 'done', value: simulateStart(request.workflow_id) }
				: await startRun.call(this, request, connection),
		toItems(run) {
			if (isSimulatedRun(run)) isAnySimulated = true;
			else started.push(run.messageId);
			return [{ json: run }];
		},
		isQuery: ({ simulated }) => simulated,
		recoveryHint: ASK_BEFORE_STARTING_AGAIN,
		describeOthers,
		label: ({ messageId }) => `message ID ${messageId}`,
	});
	traceRuns.call(this, started);
	if (isAnySimulated) hintAtSimulation.call(this);
	return output;
}

function readRequest(
	this: IExecuteFunctions,
	reader: ParameterReader,
	itemIndex: number,
	credential: NenAiCredential,
): RunRequest {
	const request = readRunRequest.call(this, itemIndex, reader);
	const callback = CALLBACKS[reader.choice('callback')](reader, credential);
	return callback === undefined ? request : { ...request, webhook_callback: callback };
}

/** Where NenAI sends the callback, by the value of `callback`. */
const CALLBACKS: Record<
	string,
	(reader: ParameterReader, credential: NenAiCredential) => string | undefined
> = {
	none: () => undefined,
	url(reader) {
		const url = reader.text('callbackUrl');
		return checkCallbackUrl(
			url,
			titleOf(reader.nameOf('callbackUrl')),
			`, but is ${url === '' ? 'empty' : url}`,
		);
	},
	default(_, { defaultCallbackUrl }) {
		// Not quoted: in the form, it is below the webhook secret, so somebody may have entered the secret here.
		if (defaultCallbackUrl !== '')
			return checkCallbackUrl(defaultCallbackUrl, 'The Default Callback URL of the credential');
		throw invalidParameter(
			say`The Default Callback URL of the credential is empty`,
			say`If you only want to wait for the result, use the operation Start and Wait. To receive it in another workflow, enter the Production URL of a NenAI Trigger in the credential, or set Callback to "Another Address". If you do not need the result, set Callback to "Do Not Report Back".`,
		);
	},
};

/** What happened to the other items, for an error. It names each run that was started or may have been started. */
function describeOthers(
	outcomes: Array<WrittenOutcome<StartedRun>>,
	failedIndex: number,
): string[] {
	const started = outcomes.flatMap((outcome, index) =>
		outcome.kind === 'done' ? [`${outcome.value.messageId} (item ${index})`] : [],
	);
	const uncertain = describeUncertain(outcomes, failedIndex);
	const others = outcomes.filter(
		(outcome, index) =>
			index !== failedIndex &&
			(outcome.kind === 'untried' || (outcome.kind === 'failed' && !outcome.failure.uncertain)),
	).length;
	const failed = outcomes[failedIndex];
	const isUncertain = failed.kind === 'failed' && failed.failure.uncertain;
	if (others > 0 && started.length + uncertain.length === 0 && !isUncertain)
		return ['No run was started for any item.'];
	return [
		...(started.length > 0
			? [`These runs were started (message IDs): ${started.join(', ')}.`]
			: []),
		...uncertain,
		...(others > 0 ? [`Not started: ${others} more.`] : []),
	];
}

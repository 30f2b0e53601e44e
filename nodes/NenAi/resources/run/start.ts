import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { NenAiCredential } from '../../../shared/transport/credential';
import {
	ASK_BEFORE_STARTING_AGAIN,
	startRun,
	type RunRequest,
	type StartedRun,
} from '../../../shared/transport/runs/startRun';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import { describeUncertain, type WrittenOutcome } from '../../../shared/execution/outcomes';
import { readRequestLimits } from '../../../shared/parameters/requestLimits';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { runItems } from '../../../shared/execution/runItems';
import { checkCallbackUrl, readRunRequest, runOptions, runProperties, RUNS_API } from './request';
import { say } from '../../../shared/failures/text';

export const option: Operation['option'] = {
	name: 'Start',
	value: 'start',
	action: 'Start a run',
	description:
		'Starts a run of a NenAI workflow for each item. This does real work: each call starts another run.',
};

export const parameters: INodeProperties[] = [
	...runProperties,
	{
		displayName: 'Callback',
		name: 'callback',
		type: 'options',
		options: [
			{
				name: 'Default of the Credential',
				value: 'default',
				description:
					'The Default Callback URL that is saved in the credential. If that is empty, it is an error.',
			},
			{
				name: 'URL',
				value: 'url',
				description: 'An address that you enter here, for example of a NenAI Trigger',
			},
			{
				name: 'None',
				value: 'none',
				description: 'NenAI does not report what became of the run',
			},
		],
		default: 'default',
		description: 'Where NenAI reports what became of the run',
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
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Max Concurrency',
				name: 'maxConcurrency',
				type: 'number',
				default: 10,
				typeOptions: { minValue: 1, numberPrecision: 0 },
				description:
					'How many requests to start are sent at the same time. How many runs NenAI then works on at a time, it does not limit.',
			},
			...runOptions,
		],
	},
];

/**
 * Starts one run for each item and gives each item the body of its 202. A run that an earlier try of the node has started
 * is not started again.
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await runItems(this, {
		kind: 'mutation',
		name: 'run/start',
		ordered: false,
		properties: parameters,
		service: RUNS_API,
		settings: (ofAll) => ({
			...readRequestLimits(ofAll),
			maxConcurrency: ofAll.positiveInteger('options.maxConcurrency'),
		}),
		read: (given, { itemIndex, connection }) =>
			readRequest.call(this, given, itemIndex, connection.credential),
		run: async (connection, request) => await startRun.call(this, request, connection),
		toItems: (started) => [{ json: started }],
		recoveryHint: ASK_BEFORE_STARTING_AGAIN,
		describeOthers,
		label: ({ messageId }) => `message ID ${messageId}`,
	});
}

function readRequest(
	this: IExecuteFunctions,
	given: ParameterReader,
	itemIndex: number,
	credential: NenAiCredential,
): RunRequest {
	const request = readRunRequest.call(this, itemIndex, given);
	const callback = CALLBACKS[given.choice('callback')](given, credential);
	return callback === undefined ? request : { ...request, webhook_callback: callback };
}

/** Where NenAI reports to, by the value of `callback`. */
const CALLBACKS: Record<
	string,
	(given: ParameterReader, credential: NenAiCredential) => string | undefined
> = {
	none: () => undefined,
	url(given) {
		const url = given.text('callbackUrl');
		return checkCallbackUrl(
			url,
			`: ${url === '' ? '(empty)' : url}`,
			'the Callback URL of this node',
		);
	},
	default(_, { defaultCallbackUrl }) {
		// Not quoted: in the form it stands below the secrets.
		if (defaultCallbackUrl !== '')
			return checkCallbackUrl(defaultCallbackUrl, '', 'the Default Callback URL of the credential');
		throw invalidParameter(
			say`The credential has no default callback URL`,
			say`Enter one in the credential (usually the Production URL of a NenAI Trigger), or set Callback to "URL" or "None".`,
		);
	},
};

/** What became of the other items: a run that did start must not be lost, nor one that may have. */
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
			? [`Runs that did start, with their message IDs: ${started.join(', ')}.`]
			: []),
		...uncertain,
		...(others > 0 ? [`Not started: ${others} more.`] : []),
	];
}

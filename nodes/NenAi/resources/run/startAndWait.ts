import {
	WAIT_INDEFINITELY,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { respond, ignored, refused } from '../../../shared/callbacks/responses';
import { isFinal } from '../../../shared/callbacks/payload';
import { areSecretsOfCallbacks, receiveCallback } from '../../../shared/callbacks/receive';
import { resumeOnce } from '../../../shared/callbacks/deliverOnce';
import { isHttpUrl, type NenAiCredential } from '../../../shared/transport/credential';
import type { Failure } from '../../../shared/failures/failure';
import { isLoopback } from '../../../shared/transport/http/hosts';
import {
	ASK_BEFORE_STARTING_AGAIN,
	startRun,
	type RunRequest,
	type StartedRun,
} from '../../../shared/transport/runs/startRun';
import {
	invalidParameter,
	InvalidParameterError,
} from '../../../shared/parameters/invalidParameter';
import { isInsideAgent } from '../../../shared/execution/outcomes';
import { readRequestLimits } from '../../../shared/parameters/requestLimits';
import { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { runItems } from '../../../shared/execution/runItems';
import { readAwaitedMessageId, storeAwaitedRun, timedOutItem } from './awaitedRun';
import { readRunRequest, runOptions, runProperties, RUNS_API } from './request';
import { say } from '../../../shared/failures/text';

const MINUTE = 60_000;
const UNITS: Record<string, number> = {
	minutes: MINUTE,
	hours: 60 * MINUTE,
	days: 24 * 60 * MINUTE,
};

export const option: Operation['option'] = {
	name: 'Start and Wait',
	value: 'startAndWait',
	action: 'Start a run and wait for its result',
	description:
		'Starts one run of a NenAI workflow and goes on when its result is there. This does real work: each call starts another run.',
};

export const parameters: INodeProperties[] = [
	...runProperties,
	{
		displayName: 'Limit Wait Time',
		name: 'limitWaitTime',
		type: 'boolean',
		default: true,
		description:
			'Whether to go on with the status "timeout" when no result has come after some time. Off: it waits without end.',
	},
	{
		displayName: 'Amount',
		name: 'resumeAmount',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 2 },
		default: 1,
		displayOptions: { show: { limitWaitTime: [true] } },
		description: 'How long to wait for the result. The run is not stopped when this is over.',
	},
	{
		displayName: 'Unit',
		name: 'resumeUnit',
		type: 'options',
		options: [
			{ name: 'Minutes', value: 'minutes' },
			{ name: 'Hours', value: 'hours' },
			{ name: 'Days', value: 'days' },
		],
		default: 'hours',
		displayOptions: { show: { limitWaitTime: [true] } },
		description: 'The unit of the amount',
	},
	{
		displayName:
			'Unsigned callbacks are accepted: whoever knows the address of the waiting execution can end it with a false result. Use this only for tests.',
		name: 'acceptUnsignedWarning',
		type: 'notice',
		default: '',
		displayOptions: { show: { '/options.acceptUnsigned': [true] } },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Accept Unsigned Callbacks',
				name: 'acceptUnsigned',
				type: 'boolean',
				default: false,
				description:
					'Whether a callback without a signature is accepted too. Anyone could send one.',
			},
			...runOptions,
		],
	},
];

/** What is known before anything is sent. */
interface StartAndWaitInput {
	request: RunRequest;
	/** Milliseconds from the moment in which the run is accepted; Infinity for no limit. */
	longestWait: number;
}

/**
 * Starts one run and suspends the execution until its final callback comes (see `webhook`) or the wait ends.
 * n8n passes on the stored input when the wait ends, so that becomes what the user should get then.
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await runItems(this, {
		kind: 'mutation',
		name: 'run/startAndWait',
		ordered: false,
		properties: parameters,
		service: RUNS_API,
		settings: (ofAll) => ({ ...readRequestLimits(ofAll), maxConcurrency: 1 }),
		read: async (given, { connection }) => await readInput.call(this, given, connection.credential),
		run: async (connection, { request }) => await startRun.call(this, request, connection),
		toItems: async (run, plan) => [await suspend.call(this, run, plan)],
		recoveryHint: ASK_BEFORE_STARTING_AGAIN,
		// Its result goes to the execution that started it, so nothing can be waited for here.
		onDoneBefore: startedBefore,
		describeOthers: () => [],
		label: ({ messageId }) => `message ID ${messageId}`,
	});
}

/** Suspends the execution. Gives the item that comes out when the wait ends without a result. */
async function suspend(
	this: IExecuteFunctions,
	{ messageId }: StartedRun,
	{ request, longestWait }: StartAndWaitInput,
): Promise<INodeExecutionData> {
	this.getWorkflowDataProxy(0).$execution.customData.set('nenaiMessageId', messageId);
	const timedOut = timedOutItem(request.workflow_id, messageId);
	storeAwaitedRun.call(this, timedOut);
	await this.putExecutionToWait(
		longestWait === Infinity ? WAIT_INDEFINITELY : new Date(Date.now() + longestWait),
	);
	return { json: timedOut };
}

/** Throws InvalidParameterError for what cannot be sent, or cannot be waited for. */
async function readInput(
	this: IExecuteFunctions,
	given: ParameterReader,
	credential: NenAiCredential,
): Promise<StartAndWaitInput> {
	// What such a tool suspends, nothing can resume.
	if (isInsideAgent.call(this)) throw new InvalidParameterError(INSIDE_AGENT);
	const count = this.getInputData().length;
	if (count > 1) throw new InvalidParameterError(severalItems(count));
	if (credential.webhookSecrets.length === 0 && !given.isExplicitlyTrue('options.acceptUnsigned'))
		throw new InvalidParameterError(NO_SECRET);
	const request = {
		...readRunRequest.call(this, 0, given),
		webhook_callback: readResumeUrl.call(this, credential),
	};
	const longestWait = readLongestWait.call(this, given);
	await checkSecretsOfCallback.call(this, credential);
	return { request, longestWait };
}

/**
 * When the callback comes, n8n resolves the expressions of the credential without the data of this execution. Throws
 * InvalidParameterError if that gives other secrets than now: the result could not be verified then.
 */
async function checkSecretsOfCallback(
	this: IExecuteFunctions,
	{ webhookSecrets }: NenAiCredential,
) {
	const isSame = await areSecretsOfCallbacks
		.call(this, webhookSecrets)
		.catch((error: Error) => error);
	if (isSame instanceof Error) throw new InvalidParameterError(otherSecrets(isSame.message));
	if (!isSame) throw new InvalidParameterError(otherSecrets());
}

function readResumeUrl(this: IExecuteFunctions, { baseUrl }: NenAiCredential): string {
	const resumeUrl = String(this.getWorkflowDataProxy(0).$execution.resumeUrl);
	const isHere = (url: string) => isLoopback(new URL(url).hostname);
	if (!isHttpUrl(resumeUrl) || (isHere(resumeUrl) && !isHere(baseUrl)))
		throw new InvalidParameterError(unreachable(resumeUrl));
	return resumeUrl;
}

/** In milliseconds; Infinity for no limit. */
function readLongestWait(this: IExecuteFunctions, reader: ParameterReader): number {
	const hasLimit = reader.boolean('limitWaitTime');
	const amount = hasLimit ? reader.number('resumeAmount') : Infinity;
	const longestWait = hasLimit ? amount * UNITS[reader.choice('resumeUnit')] : Infinity;
	if (amount <= 0 || (hasLimit && Date.now() + longestWait >= WAIT_INDEFINITELY.getTime())) {
		throw invalidParameter(
			say`The limit of the wait time is not a time: ${amount}`,
			say`Enter an amount greater than 0, or switch Limit Wait Time off.`,
		);
	}
	refuseLongerThanExecution.call(this, longestWait);
	return longestWait;
}

/** n8n cancels an execution that takes too long also while it waits, and its result would be lost. */
function refuseLongerThanExecution(this: IExecuteFunctions, longestWait: number) {
	// Seen in n8n 1.123 and 2.41; older ones may not tell a node its workflow's settings.
	const seconds = Number(this.getWorkflowSettings?.().executionTimeout ?? -1);
	if (seconds <= 0 || longestWait < seconds * 1000) return;
	throw invalidParameter(
		say`This workflow is ended by its own time-out (${seconds} seconds) before the wait is over, and the result would be lost`,
		say`Set a shorter limit in this node, or a longer Timeout Workflow in the settings of the workflow.`,
	);
}

/**
 * Takes a callback for the waiting execution: resumes it with the final one of its own run, answers every other.
 * Never throws: that would be the end of the execution.
 */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await receive.call(this);
	} catch (error) {
		this.logger.error(
			`A callback to the node "${this.getNode().name}" could not be handled: ${(error as Error).message}`,
		);
		return respond.call(
			this,
			refused(
				500,
				'n8n could not handle this callback. The execution keeps waiting: send it again',
			),
		);
	}
}

async function receive(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const reader = new ParameterReader(parameters, (name) => this.getNodeParameter(name, null));
	const received = await receiveCallback.call(
		this,
		reader.isExplicitlyTrue('options.acceptUnsigned'),
	);
	if ('answer' in received) return respond.call(this, received.answer);
	const { callback } = received;
	if (callback.message_id !== readAwaitedMessageId.call(this))
		return respond.call(this, refused(409, 'This execution waits for another run'));
	if (!isFinal(callback.status)) return respond.call(this, ignored(`status ${callback.status}`));
	return await resumeOnce.call(this, callback, [[{ json: callback, pairedItem: { item: 0 } }]]);
}

/** @param reason why n8n cannot resolve the credential; undefined if it gives another secret */
const otherSecrets = (reason?: string): Failure => ({
	message:
		reason === undefined
			? say`The webhook secret of the credential depends on the data of this execution, which n8n does not have when the result comes`
			: say`The credential depends on the data of this execution, which n8n does not have when the result comes: ${reason}`,
	hint: say`Enter the values themselves in the credential, or expressions that need no data, such as {{ $vars.name }} or {{ $secrets.name }}. If each customer has a secret, make a credential for each.`,
});

const severalItems = (count: number): Failure => ({
	message: say`Start and Wait can wait for one run at a time, but it got ${count} items`,
	hint: say`Either put a Loop Over Items node with batch size 1 before it, or use Start and receive the results with a NenAI Trigger.`,
});

const INSIDE_AGENT: Failure = {
	message: say`Start and Wait cannot wait as a tool of this AI Agent: use the operation Start, and receive the result with a NenAI Trigger`,
	hint: say`An AI Agent node of version 3 or later can wait: add a new one in place of the old.`,
};

const NO_SECRET: Failure = {
	message: say`The NenAI credential has no webhook secret, so no result could be verified`,
	hint: say`Make a secret with "openssl rand -hex 32", enter it in the credential as Webhook Secret, and give the same value to your NenAI contact.`,
};

const unreachable = (resumeUrl: string): Failure => ({
	message: say`NenAI could not reach this n8n: its address is ${URL.canParse(resumeUrl) ? new URL(resumeUrl).origin : '(none)'}`,
	hint: say`Set n8n's webhook URL (the environment variable N8N_WEBHOOK_URL, before n8n 2 WEBHOOK_URL) to the public address of this n8n, and restart it.`,
});

const startedBefore = ({ messageId }: StartedRun): Failure => ({
	message: say`This run was already started in an earlier try, with the message ID ${messageId}`,
	hint: say`It is not started again. Its result goes to the execution that started it.`,
	messageId,
});

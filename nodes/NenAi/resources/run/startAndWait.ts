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
import { webhookSecretProblem } from '../../../shared/callbacks/webhookSecret';
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
import {
	acceptUnsignedOption,
	acceptUnsignedWarning,
	optionsCollection,
} from '../../../shared/parameters/properties';
import { titleOf } from '../../../shared/parameters/values';
import { isInExecution } from '../../../shared/execution/context';
import { isInsideAgent } from '../../../shared/execution/outcomes';
import { readRequestLimits } from '../../../shared/parameters/requestLimits';
import { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { runItems } from '../../../shared/execution/runItems';
import {
	readAwaitedRun,
	storeAwaitedRun,
	storeOutput,
	storeOutputs,
	timedOutItem,
} from './awaitedRun';
import {
	checkOutputs,
	hasOutputsByOutcome,
	outcomeOfWait,
	outputsProperty,
	toOutput,
	toOutputs,
	WAITING,
	type Outcome,
} from './outputs';
import { readRunRequest, runOptions, runProperties, RUNS_API } from './request';
import { isOnEngine2 } from '../../../shared/execution/engine2';
import { hintAtRunPage, traceRuns } from './signals';
import {
	hintAtSimulation,
	isSimulated,
	readSimulatedResult,
	simulatedResultProperties,
	simulateResult,
	simulateStart,
	testExecutionsProperty,
	type SimulatedResult,
} from './simulation';
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
	action: 'Run a NenAI workflow and wait for its result',
	description:
		'Starts one run of a NenAI workflow, and continues when its result arrives. This does real work: each call starts another run.',
};

export const parameters: INodeProperties[] = [
	...runProperties([testExecutionsProperty, ...simulatedResultProperties]),
	{
		displayName: 'Limit Wait Time',
		name: 'limitWaitTime',
		type: 'boolean',
		default: true,
		description:
			'Whether to stop waiting when no result has arrived after a certain time. The output then has the status "timeout". If off, it waits forever.',
	},
	{
		displayName: 'Wait at Most',
		name: 'resumeAmount',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 2 },
		default: 1,
		displayOptions: { show: { limitWaitTime: [true] } },
		description:
			'The longest time to wait for the result. When this time is over, the workflow continues. The run itself is not stopped.',
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
		description: 'The unit of "Wait at Most"',
	},
	outputsProperty,
	acceptUnsignedWarning(
		'knows the address of the waiting execution can end it with a false result',
	),
	optionsCollection([acceptUnsignedOption, ...runOptions]),
];

/** The input, read before anything is sent. */
type StartAndWaitInput = RealInput | SimulatedInput;

interface RealInput {
	request: RunRequest;
	/** Where the run has a page, if it has one. */
	baseUrl: string;
	/** Milliseconds from the moment at which NenAI accepts the run; Infinity for no limit. */
	maxWait: number;
	simulated?: undefined;
}

interface SimulatedInput {
	request: Omit<RunRequest, 'webhook_callback'>;
	simulated: SimulatedResult;
}

/**
 * Starts one run and pauses the execution until its final callback arrives (see `webhook`) or the wait ends. When the
 * wait ends, n8n gives the stored input as the output, so the input is replaced:
 * docs/internals/n8n-behaviour.md#resuming-a-waiting-execution
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const outcomes = new Map<INodeExecutionData, Outcome | typeof WAITING>();
	const [items] = await runItems(this, {
		kind: 'mutation',
		name: 'run/startAndWait',
		ordered: false,
		properties: parameters,
		service: RUNS_API,
		settings: (reader) => ({ ...readRequestLimits(reader), maxConcurrency: 1 }),
		read: async (reader, { connection }) =>
			await readInput.call(this, reader, connection.credential),
		run: async (connection, { request, simulated }) =>
			simulated === undefined
				? await startRun.call(this, request, connection)
				: { kind: 'done', value: simulateStart(request.workflow_id) },
		toItems: async (run, input) => {
			const item =
				input.simulated === undefined
					? await suspend.call(this, run, input)
					: continueWith.call(this, run, input);
			outcomes.set(item, input.simulated?.outcome ?? WAITING);
			return [item];
		},
		isQuery: ({ simulated }) => simulated !== undefined,
		recoveryHint: ASK_BEFORE_STARTING_AGAIN,
		// The execution that started the run gets the result, so this one must not wait.
		onDoneBefore: startedBefore,
		describeOthers: () => [],
		label: ({ messageId }) => `message ID ${messageId}`,
	});
	return toOutputs.call(this, items, outcomes);
}

export function toErrorOutputs(this: IExecuteFunctions, items: INodeExecutionData[]) {
	return toOutputs.call(this, items, new Map());
}

/** Pauses the execution. Gives the output for a wait that ends without a result. */
async function suspend(
	this: IExecuteFunctions,
	{ messageId }: StartedRun,
	{ request, baseUrl, maxWait }: RealInput,
): Promise<INodeExecutionData> {
	traceRuns.call(this, [messageId]);
	hintAtRunPage.call(this, { baseUrl }, messageId);
	this.getWorkflowDataProxy(0).$execution.customData.set('nenaiMessageId', messageId);
	const json = timedOutItem(request.workflow_id, messageId);
	const item = { json, pairedItem: { item: 0 } };
	const byOutcome = hasOutputsByOutcome.call(this);
	storeAwaitedRun.call(this, { messageId, byOutcome });
	if (byOutcome) storeOutputs.call(this, toOutput([item], 'timedOut'));
	else storeOutput.call(this, json);
	await this.putExecutionToWait(
		maxWait === Infinity ? WAIT_INDEFINITELY : new Date(Date.now() + maxWait),
	);
	return item;
}

/** Continues immediately with a simulated result. */
function continueWith(
	this: IExecuteFunctions,
	{ messageId }: StartedRun,
	{ request, simulated }: SimulatedInput,
): INodeExecutionData {
	hintAtSimulation.call(this);
	return { json: simulateResult(request.workflow_id, messageId, simulated) };
}

/** Throws InvalidParameterError if the run cannot be started, or if its result could not arrive. */
async function readInput(
	this: IExecuteFunctions,
	reader: ParameterReader,
	credential: NenAiCredential,
): Promise<StartAndWaitInput> {
	if (!isInExecution.call(this)) throw new InvalidParameterError(NO_EXECUTION);
	// Nothing can resume an execution that such a tool pauses: docs/internals/n8n-behaviour.md#tools-of-ai-agents
	if (isInsideAgent.call(this)) throw new InvalidParameterError(INSIDE_AGENT);
	checkOutputs.call(this, reader);
	const count = this.getInputData().length;
	if (count > 1) throw new InvalidParameterError(severalItems(count));
	if (isSimulated.call(this, reader))
		return {
			request: readRunRequest.call(this, 0, reader),
			simulated: readSimulatedResult(reader),
		};
	if (isOnEngine2.call(this)) throw new InvalidParameterError(ON_ENGINE_2);
	const secretProblem = webhookSecretProblem(credential.webhookSecrets);
	if (secretProblem !== undefined && !reader.isExplicitlyTrue('options.acceptUnsigned'))
		throw new InvalidParameterError(secretProblem);
	const request = {
		...readRunRequest.call(this, 0, reader),
		webhook_callback: readResumeUrl.call(this, credential),
	};
	const maxWait = readMaxWait.call(this, reader);
	await checkSecretsOfCallback.call(this, credential);
	return { request, baseUrl: credential.baseUrl, maxWait };
}

/**
 * When the callback arrives, n8n resolves the expressions of the credential without the data of this execution:
 * docs/internals/n8n-behaviour.md#credentials-in-webhook. Throws InvalidParameterError if that gives other secrets than
 * now, because the result could not be verified then.
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
function readMaxWait(this: IExecuteFunctions, reader: ParameterReader): number {
	const maxWait = reader.boolean('limitWaitTime') ? readTime(reader) : Infinity;
	refuseLongerThanExecution.call(this, maxWait);
	return maxWait;
}

/** In milliseconds. */
function readTime(reader: ParameterReader): number {
	const [amount, unit] = [reader.number('resumeAmount'), reader.choice('resumeUnit')];
	const time = amount * UNITS[unit];
	const title = titleOf(reader.nameOf('resumeAmount'));
	if (amount <= 0)
		throw invalidParameter(
			say`${title} must be longer than 0, but is ${amount}`,
			say`Enter a number greater than 0, or turn Limit Wait Time off.`,
		);
	if (Date.now() + time >= WAIT_INDEFINITELY.getTime())
		throw invalidParameter(
			say`${title} is longer than n8n can wait: ${amount} ${unit}`,
			say`Enter a shorter time, or turn Limit Wait Time off.`,
		);
	return time;
}

/**
 * n8n also cancels an execution that takes too long while it waits:
 * docs/internals/n8n-behaviour.md#resuming-a-waiting-execution. Its result would be lost.
 */
function refuseLongerThanExecution(this: IExecuteFunctions, maxWait: number) {
	// Older versions than 1.123 may not tell a node the settings of its workflow.
	const seconds = Number(this.getWorkflowSettings?.().executionTimeout ?? -1);
	if (seconds <= 0 || maxWait < seconds * 1000) return;
	throw invalidParameter(
		say`The setting "Timeout Workflow" of this workflow ends the execution after ${seconds} seconds, before the wait is over, so the result would be lost`,
		say`Turn Limit Wait Time on and enter a shorter time in Wait at Most, or set a longer Timeout Workflow in the settings of this workflow.`,
	);
}

/**
 * Handles a callback to the waiting execution. The final callback of its own run resumes it. Every other callback is
 * only answered. Never throws: n8n would end the execution.
 */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await receive.call(this);
	} catch (error) {
		this.logger.error(
			`The node "${this.getNode().name}" could not handle a callback: ${(error as Error).message}`,
		);
		return respond.call(
			this,
			refused(
				500,
				'n8n could not handle this callback. The execution is still waiting: send the callback again',
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
	const awaited = readAwaitedRun.call(this);
	if (callback.message_id !== awaited?.messageId)
		return respond.call(this, refused(409, 'This execution is waiting for another run'));
	if (!isFinal(callback.status)) return respond.call(this, ignored(`status ${callback.status}`));
	const items = [{ json: callback, pairedItem: { item: 0 } }];
	const output = awaited.byOutcome ? toOutput(items, outcomeOfWait(callback.status)) : [items];
	return await resumeOnce.call(this, callback, output);
}

/** @param reason why n8n cannot resolve the credential; undefined if it resolves it to another secret */
const otherSecrets = (reason?: string): Failure => ({
	message:
		reason === undefined
			? say`The webhook secret of the credential depends on the data of this execution, which n8n does not have when the result arrives`
			: say`The credential depends on the data of this execution, which n8n does not have when the result arrives: ${reason}`,
	hint: say`Enter the values themselves in the credential, or expressions that do not use the data of an execution, such as {{ $vars.name }} or {{ $secrets.name }}. If each customer has a secret, create a credential for each customer.`,
});

const severalItems = (count: number): Failure => ({
	message: say`Start and Wait can wait for only one run at a time, but its input has ${count} items`,
	hint: say`Add a "Loop Over Items" node with batch size 1. Connect its "loop" output to this node, and connect this node back to Loop Over Items. All results come out at its "done" output. The example workflow "one-run-per-row" shows this. Or use the operation Start, and receive the results with a NenAI Trigger.`,
});

const NO_EXECUTION: Failure = {
	message: say`Start and Wait cannot wait here, because n8n runs this tool without an execution: use the operation Start, and receive the result with a NenAI Trigger`,
	hint: say`Or use a workflow as the tool: one with the trigger "When Executed by Another Workflow" and with Start and Wait.`,
};

const INSIDE_AGENT: Failure = {
	message: say`Start and Wait cannot wait when this AI Agent uses it as a tool: use the operation Start, and receive the result with a NenAI Trigger`,
	hint: say`An AI Agent node of version 3 or later can wait: replace the AI Agent with a new one.`,
};

const ON_ENGINE_2: Failure = {
	message: say`Start and Wait cannot wait in n8n's Engine 2.0, which cannot pause an execution yet`,
	hint: say`Choose the other engine in the settings of this workflow. Or use the operation Start, and receive the result with a NenAI Trigger.`,
};

const unreachable = (resumeUrl: string): Failure => ({
	message: say`NenAI cannot send the result to this n8n: its address is ${URL.canParse(resumeUrl) ? new URL(resumeUrl).origin : '(none)'}`,
	hint: say`Ask the person who runs this n8n to set the environment variable N8N_WEBHOOK_URL (before n8n 2: WEBHOOK_URL) to its public address, and to restart it.`,
});

const startedBefore = ({ messageId }: StartedRun): Failure => ({
	message: say`This run was already started in an earlier try, with the message ID ${messageId}`,
	hint: say`It was not started again. Its result goes to the execution that started it.`,
	messageId,
});

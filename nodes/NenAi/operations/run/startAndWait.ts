import {
	WAIT_INDEFINITELY,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { ACCEPTED, answer, ignored, refused } from '../../callback/answers';
import { isFinal } from '../../callback/payload';
import { receiveCallback } from '../../callback/receive';
import { CREDENTIAL_TYPE, isHttpUrl, type NenAiCredential } from '../../transport/credential';
import { toError, type Failure } from '../../transport/failure';
import { workThrough } from '../../transport/queue';
import { connect, startRun, type Connection, type RunLimits, type RunRequest, type StartedRun } from '../../transport/startRun';
import { BadInput } from '../badInput';
import { showFor } from '../show';
import { readRunRequest, runOptions, runProperties } from './request';
import { StartedRuns } from './startedRuns';

const MINUTE = 60_000;
const UNITS: Record<string, number> = { minutes: MINUTE, hours: 60 * MINUTE, days: 24 * 60 * MINUTE };

export const description: INodeProperties[] = showFor('run', 'startAndWait', [
	...runProperties,
	{
		displayName: 'Limit Wait Time',
		name: 'limitWaitTime',
		type: 'boolean',
		default: true,
		description: 'Whether to go on with the status "timeout" when no result has come after some time',
	},
	{
		displayName: 'Amount',
		name: 'resumeAmount',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 2 },
		default: 1,
		displayOptions: { show: { limitWaitTime: [true] } },
		description: 'How long to wait for the result',
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
		description: 'Of the amount',
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
				description: 'Whether a callback without a signature is accepted too. Anyone could send one.',
			},
			...runOptions,
		],
	},
]);

interface Options extends RunLimits {
	acceptUnsigned?: boolean;
}

/**
 * Starts one run and suspends the execution until its final callback comes (see `webhook`) or the wait ends.
 * n8n passes on the input when the wait ends, so the input becomes what the user should get then.
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = this.getInputData();
	if (items.length === 0) return [[]];
	// n8n runs the tools of its older agents inside of the agent node: what such a tool suspends, nothing can resume.
	if ('getNextRunIndex' in this) throw toError(this.getNode(), INSIDE_AGENT);
	if (items.length > 1) throw toError(this.getNode(), severalItems(items.length));
	const options = this.getNodeParameter('options', 0, {}) as Options;
	const connection = connect(await this.getCredentials(CREDENTIAL_TYPE), options);
	const { credential } = connection;
	if (credential.webhookSecrets.length === 0 && !options.acceptUnsigned) throw toError(this.getNode(), NO_SECRET);
	const resumeUrl = String(this.getWorkflowDataProxy(0).$execution.resumeUrl);
	const request = readRequest.call(this, resumeUrl, credential);
	const waitTill = readWaitTill.call(this);

	const run = await startOnce.call(this, request, connection);
	this.getWorkflowDataProxy(0).$execution.customData.set('nenaiMessageId', run.messageId);
	const timedOut = { workflow_id: request.workflow_id, message_id: run.messageId, status: 'timeout' };
	items[0] = { json: timedOut, pairedItem: { item: 0 } };
	await this.putExecutionToWait(waitTill);
	return [items];
}

function readRequest(this: IExecuteFunctions, resumeUrl: string, credential: NenAiCredential): RunRequest {
	try {
		const request = { ...readRunRequest.call(this, 0, credential), webhook_callback: resumeUrl };
		if (!isHttpUrl(resumeUrl) || (isLoopback(resumeUrl) && !isLoopback(credential.baseUrl))) {
			throw new BadInput(unreachable(resumeUrl));
		}
		return request;
	} catch (error) {
		const { message } = error as Error;
		throw toError(this.getNode(), error instanceof BadInput ? error.failure : { message, hint: 'Check the expressions in the parameters of this node. Nothing was sent.' }, 0);
	}
}

/** When n8n goes on by itself. */
function readWaitTill(this: IExecuteFunctions): Date {
	if (!this.getNodeParameter('limitWaitTime', 0, true)) return WAIT_INDEFINITELY;
	const amount = Number(this.getNodeParameter('resumeAmount', 0, 1));
	const unit = UNITS[String(this.getNodeParameter('resumeUnit', 0, 'hours'))];
	const waitTill = new Date(Date.now() + amount * unit);
	if (amount > 0 && waitTill < WAIT_INDEFINITELY) return waitTill;
	throw toError(this.getNode(), {
		message: `The limit of the wait time is not a time: ${this.getNodeParameter('resumeAmount', 0)}`,
		hint: 'Enter an amount greater than 0, or switch Limit Wait Time off. Nothing was sent.',
	}, 0);
}

async function startOnce(this: IExecuteFunctions, request: RunRequest, connection: Connection): Promise<StartedRun> {
	const memory = new StartedRuns(this.getContext('node'), this.getWorkflowDataProxy(0).$runIndex);
	// Without the callback: a retry is another execution, with another address to resume it.
	const known = { ...request, webhook_callback: undefined };
	const url = connection.credential.baseUrl;
	const before = memory.recall(0, url, known);
	if (before) throw toError(this.getNode(), 'run' in before ? startedBefore(before.run) : before.failure, 0);

	const [outcome] = await workThrough(1, async () => {
		memory.sent(0, url, known);
		const attempt = await startRun.call(this, request, connection);
		memory.settle(0, url, known, attempt);
		return attempt;
	}, { maxConcurrency: 1, maxTries: connection.maxTries, stopOnFailure: true, signal: this.getExecutionCancelSignal() });
	if (outcome.kind === 'done') return outcome.value;
	throw toError(this.getNode(), outcome.kind === 'failed' ? outcome.failure : STOPPED, 0);
}

/** Takes a callback for the waiting execution: resumes it with the final one of its own run, answers every other. */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const { acceptUnsigned = false } = this.getNodeParameter('options', {}) as Options;
	const received = await receiveCallback.call(this, acceptUnsigned);
	if ('answer' in received) return answer.call(this, received.answer);
	const { callback } = received;
	const waitedFor = (this.evaluateExpression('{{ $json }}', 0) as IDataObject | null)?.message_id;
	if (callback.message_id !== waitedFor) return answer.call(this, refused(409, 'This execution waits for another run'));
	if (!isFinal(callback.status)) return answer.call(this, ignored(`status ${callback.status}`));
	return { webhookResponse: ACCEPTED.body, workflowData: [[{ json: callback, pairedItem: { item: 0 } }]] };
}

function isLoopback(url: string): boolean {
	if (!URL.canParse(url)) return false;
	const { hostname } = new URL(url);
	return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\./.test(hostname);
}

const severalItems = (count: number): Failure => ({
	message: `Start and Wait can wait for one run at a time, but it got ${count} items [item 1]`,
	hint: 'Either put a Loop Over Items node with batch size 1 before it, or use Start and receive the results with a NenAI Trigger. Nothing was sent.',
});

const INSIDE_AGENT: Failure = {
	message: 'Start and Wait cannot wait as a tool of this AI Agent: use the operation Start, and receive the result with a NenAI Trigger',
	hint: 'An AI Agent node of version 3 or later can wait: add a new one in place of the old. Nothing was sent.',
};

const NO_SECRET: Failure = {
	message: 'The NenAI credential has no webhook secret, so no result could be verified',
	hint: 'Make a secret with "openssl rand -hex 32", enter it in the credential as Webhook Secret, and give the same value to your NenAI contact. Nothing was sent.',
};

const unreachable = (resumeUrl: string): Failure => ({
	message: `NenAI could not reach this n8n: its address is ${URL.canParse(resumeUrl) ? new URL(resumeUrl).origin : '(none)'}`,
	hint: "Set n8n's webhook URL (the environment variable N8N_WEBHOOK_URL, before n8n 2 WEBHOOK_URL) to the public address of this n8n, and restart it. Nothing was sent.",
});

const startedBefore = ({ messageId }: StartedRun): Failure => ({
	message: `This run was already started in an earlier try, with the message ID ${messageId}`,
	hint: 'It is not started again. Its result goes to the execution that started it.',
});

const STOPPED: Failure = { message: 'The execution was stopped', hint: 'No run was started.' };

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { CREDENTIAL_TYPE, type NenAiCredential } from '../../transport/credential';
import { toError, toText, type Failure } from '../../transport/failure';
import { workThrough, type Attempt, type Outcome } from '../../transport/queue';
import { atLeastOne, connect, startRun, type Connection, type RunLimits, type RunRequest, type StartedRun } from '../../transport/startRun';
import { bad, checkCallbackUrl, readRunRequest, runOptions, runProperties } from './request';
import { BadInput } from '../badInput';
import { showFor } from '../show';
import { StartedRuns } from './startedRuns';

export const description: INodeProperties[] = showFor('run', 'start', [
	...runProperties,
	{
		displayName: 'Callback',
		name: 'callback',
		type: 'options',
		options: [
			{
				name: 'Default of the Credential',
				value: 'default',
				description: 'The Default Callback URL that is saved in the credential',
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
				description: 'How many runs are being started at the same time',
			},
			...runOptions,
		],
	},
]);

interface Options extends RunLimits {
	maxConcurrency?: number;
}

/**
 * Starts one run for each item and gives each item its 202's body. Nothing is sent before every item was read:
 * one that cannot be sent stops them all (or carries its error, with "Continue on fail").
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = this.getInputData();
	if (items.length === 0) return [[]];
	const options = this.getNodeParameter('options', 0, {}) as Options;
	const maxConcurrency = atLeastOne(options.maxConcurrency, 10);
	const data = await this.getCredentials(CREDENTIAL_TYPE);
	const connection = connect(data, options);
	const { credential } = connection;
	const continueOnFail = this.continueOnFail();
	const requests = items.map((_, index) => readItem.call(this, index, credential));
	if (!continueOnFail) throwFirstBadInput.call(this, requests);

	const memory = new StartedRuns(this.getContext('node'), this.getWorkflowDataProxy(0).$runIndex);
	const outcomes = requests.map((request, index) => knownOutcome(index, request, connection, memory));
	const toStart = items.map((_, index) => index).filter((index) => outcomes[index].kind === 'untried');
	const started = await workThrough(toStart.length, (n) => startItem.call(this, toStart[n], requests[toStart[n]], connection, memory), {
		maxConcurrency,
		maxTries: connection.maxTries,
		stopOnFailure: !continueOnFail,
		signal: this.getExecutionCancelSignal(),
	});
	started.forEach((outcome, n) => (outcomes[toStart[n]] = outcome));
	if (!continueOnFail) throwFirstFailure.call(this, outcomes);
	return [outcomes.map(toItem)];
}

function readItem(this: IExecuteFunctions, itemIndex: number, credential: NenAiCredential): RunRequest | BadInput {
	try {
		const request = readRunRequest.call(this, itemIndex, credential);
		const callback = readCallback.call(this, itemIndex, credential);
		return callback === undefined ? request : { ...request, webhook_callback: callback };
	} catch (error) {
		if (error instanceof BadInput) return error;
		return bad((error as Error).message, 'Check the expressions in the parameters of this node.');
	}
}

function readCallback(this: IExecuteFunctions, itemIndex: number, { defaultCallbackUrl }: NenAiCredential): string | undefined {
	const callback = this.getNodeParameter('callback', itemIndex) as 'default' | 'url' | 'none';
	if (callback === 'none') return undefined;
	if (callback === 'url') {
		const url = String(this.getNodeParameter('callbackUrl', itemIndex, '') ?? '').trim();
		return checkCallbackUrl(url, 'the Callback URL of this node');
	}
	if (defaultCallbackUrl === '') {
		throw bad(
			'The credential has no default callback URL',
			'Enter one in the credential (usually the Production URL of a NenAI Trigger), or set Callback to "URL" or "None".',
		);
	}
	return checkCallbackUrl(defaultCallbackUrl, 'the Default Callback URL of the credential');
}

function throwFirstBadInput(this: IExecuteFunctions, requests: Array<RunRequest | BadInput>) {
	requests.forEach((request, index) => {
		if (!(request instanceof BadInput)) return;
		const others = requests.length > 1 ? ' No run was started for any item.' : '';
		throw toError(this.getNode(), { ...request.failure, hint: request.failure.hint + others }, index);
	});
}

async function startItem(
	this: IExecuteFunctions,
	index: number,
	request: RunRequest | BadInput,
	connection: Connection,
	memory: StartedRuns,
): Promise<Attempt<StartedRun>> {
	if (request instanceof BadInput) return { kind: 'failed', failure: request.failure };
	const url = connection.credential.baseUrl;
	memory.sent(index, url, request);
	const attempt = await startRun.call(this, request, connection);
	memory.settle(index, url, request, attempt);
	return attempt;
}

/** How an item ended in an earlier try of this execution; `untried` if it is still to be started. */
function knownOutcome(index: number, request: RunRequest | BadInput, { credential }: Connection, memory: StartedRuns): Outcome<StartedRun> {
	const known = request instanceof BadInput ? undefined : memory.recall(index, credential.baseUrl, request);
	if (known === undefined) return { kind: 'untried' };
	return 'run' in known ? { kind: 'done', value: known.run } : { kind: 'failed', failure: known.failure };
}

/** Throws if an item failed or was not tried, with the message ids of all that did start. */
function throwFirstFailure(this: IExecuteFunctions, outcomes: Array<Outcome<StartedRun>>) {
	const failed = outcomes.findIndex(({ kind }) => kind === 'failed');
	const stoppedAt = outcomes.findIndex(({ kind }) => kind === 'untried');
	const first = failed >= 0 ? failed : stoppedAt;
	if (first < 0) return;
	const failure = outcomes[first].kind === 'failed' ? outcomes[first].failure : STOPPED;
	throw toError(this.getNode(), { ...failure, hint: [failure.hint, ...describeOthers(outcomes, first)].join(' ') }, first);
}

const STOPPED: Failure = {
	message: 'The execution was stopped',
	hint: 'No run was started for this item.',
};

/** What became of the other items: a run that did start must not be lost, nor one that may have. */
function describeOthers(outcomes: Array<Outcome<StartedRun>>, except: number): string[] {
	const started: string[] = [];
	const uncertain: string[] = [];
	let untried = 0;
	outcomes.forEach((outcome, index) => {
		if (outcome.kind === 'done') started.push(`${outcome.value.messageId} (item ${index})`);
		else if (index === except) return;
		else if (outcome.kind === 'failed' && outcome.failure.uncertain) uncertain.push(`item ${index}`);
		else untried += 1;
	});
	return [
		started.length > 0 ? `Runs that did start, with their message IDs: ${started.join(', ')}.` : '',
		uncertain.length > 0 ? `Also not known: ${uncertain.join(', ')}.` : '',
		untried > 0 ? `Not started: ${untried} more.` : '',
	].filter((sentence) => sentence !== '');
}

function toItem(outcome: Outcome<StartedRun>, index: number): INodeExecutionData {
	const pairedItem = { item: index };
	if (outcome.kind === 'done') return { json: outcome.value, pairedItem };
	const failure = outcome.kind === 'failed' ? outcome.failure : STOPPED;
	return { json: { error: toText(failure, index) }, pairedItem };
}

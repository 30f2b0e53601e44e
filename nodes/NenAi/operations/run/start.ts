import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { CREDENTIAL_TYPE, type NenAiCredential } from '../../transport/credential';
import { toError } from '../../transport/failure';
import { workThrough, type Attempt, type Outcome } from '../../transport/queue';
import { connect, type Connection } from '../../transport/connection';
import { startRun, type RunRequest, type StartedRun } from '../../transport/startRun';
import { badInput, BadInput, failureOf } from '../badInput';
import { failedItem, failureIn, firstFailure } from '../items';
import { checkAddress, readLimits } from '../limits';
import { Parameters } from '../parameters';
import type { Operation } from '../resource';
import { checkCallbackUrl, readRunRequest, runOptions, runProperties } from './request';
import { memoryOf, type StartedRuns } from './startedRuns';

export const option: Operation['option'] = {
	name: 'Start',
	value: 'start',
	action: 'Start a run',
	description: 'Starts a run of a NenAI workflow for each item. This does real work: each call starts another run.',
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
				description: 'The Default Callback URL that is saved in the credential. If that is empty, it is an error.',
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
				description: 'How many requests to start are sent at the same time. How many runs NenAI then works on at a time, it does not limit.',
			},
			...runOptions,
		],
	},
];

/**
 * Starts one run for each item and gives each item its 202's body. Nothing is sent before every item was read: one that
 * cannot be sent stops them all (or carries its error, with "Continue on fail"). What an earlier try of the node has
 * started is given again.
 */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = this.getInputData();
	if (items.length === 0) return [[]];
	const memory = memoryOf.call(this);
	const before = items.map((_, index) => memory.recall(index));
	const plan = await makePlan.call(this, items.length);
	if (plan.connection) hintAtChanges.call(this, memory, before, plan);
	const outcomes = await startRest.call(this, memory, before, plan);
	const first = firstFailure(outcomes);
	if (first !== undefined && !this.continueOnFail()) {
		const { message, hint } = first.failure;
		throw toError(this.getNode(), { message, hint: [hint, ...describeOthers(outcomes, first.index)].join(' ') }, first.index);
	}
	return [outcomes.map((outcome, index) => toItem.call(this, outcome, index))];
}

/** What each item asks for, and how to send it. Without a connection, nothing can be sent. */
interface Plan {
	connection?: Connection;
	maxConcurrency: number;
	requests: Array<RunRequest | BadInput>;
}

/** Does not throw: what was started before must be told in any case. */
async function makePlan(this: IExecuteFunctions, count: number): Promise<Plan> {
	try {
		const ofAll = readerOf.call(this, 0);
		const maxConcurrency = ofAll.count('options.maxConcurrency');
		const limits = readLimits(ofAll);
		const connection = connect(await this.getCredentials(CREDENTIAL_TYPE), limits);
		checkAddress(connection.credential, 'baseUrl');
		const requests = Array.from({ length: count }, (_, index) => readItem.call(this, index, connection.credential));
		return { connection, maxConcurrency, requests };
	} catch (error) {
		return { maxConcurrency: 1, requests: new Array<BadInput>(count).fill(new BadInput(failureOf(error))) };
	}
}

function readerOf(this: IExecuteFunctions, itemIndex: number): Parameters {
	return new Parameters(parameters, (name) => this.getNodeParameter(name, itemIndex, null), this.getNode().parameters);
}

function readItem(this: IExecuteFunctions, itemIndex: number, credential: NenAiCredential): RunRequest | BadInput {
	try {
		const reader = readerOf.call(this, itemIndex);
		const request = readRunRequest.call(this, itemIndex, reader);
		const callback = CALLBACKS[reader.choice('callback')](reader, credential);
		return callback === undefined ? request : { ...request, webhook_callback: callback };
	} catch (error) {
		return new BadInput(failureOf(error));
	}
}

/** Where NenAI reports to, by the value of `callback`. */
const CALLBACKS: Record<string, (reader: Parameters, credential: NenAiCredential) => string | undefined> = {
	none: () => undefined,
	url(reader) {
		const url = reader.text('callbackUrl');
		return checkCallbackUrl(url, `: ${url === '' ? '(empty)' : url}`, 'the Callback URL of this node');
	},
	default(_, { defaultCallbackUrl }) {
		// Not quoted: in the form it stands below the secrets.
		if (defaultCallbackUrl !== '') return checkCallbackUrl(defaultCallbackUrl, '', 'the Default Callback URL of the credential');
		throw badInput(
			'The credential has no default callback URL',
			'Enter one in the credential (usually the Production URL of a NenAI Trigger), or set Callback to "URL" or "None".',
		);
	},
};

/** Says on the execution which items were not started again though they ask for something else by now. */
function hintAtChanges(this: IExecuteFunctions, memory: StartedRuns, before: Array<Outcome<StartedRun> | undefined>, { connection, requests }: Plan) {
	const changed = before.flatMap((outcome, index) => {
		const request = requests[index];
		const url = connection?.credential.baseUrl ?? '';
		const isSame = outcome?.kind !== 'done' || !memory.hasChanged(index, url, request instanceof BadInput ? undefined : request);
		return isSame ? [] : [`item ${index} (message ID ${outcome.value.messageId})`];
	});
	if (changed.length === 0) return;
	// Not every context in which n8n executes nodes has it.
	this.addExecutionHints?.({
		message: `Not started again, though their parameters have changed since an earlier try started them: ${changed.join(', ')}. To start them anew, start a new execution of the workflow.`,
		location: 'outputPane',
	});
}

/** Starts what no earlier try has started. Unless the node continues on failure, one bad item stops all before any request. */
async function startRest(
	this: IExecuteFunctions,
	memory: StartedRuns,
	before: Array<Outcome<StartedRun> | undefined>,
	{ connection, maxConcurrency, requests }: Plan,
): Promise<Array<Outcome<StartedRun>>> {
	const outcomes = requests.map((request, index): Outcome<StartedRun> => {
		if (before[index]) return before[index];
		return request instanceof BadInput ? { kind: 'failed', failure: request.failure } : { kind: 'untried' };
	});
	const isBad = (request: RunRequest | BadInput, index: number) => !before[index] && request instanceof BadInput;
	if (connection === undefined || (requests.some(isBad) && !this.continueOnFail())) return outcomes;
	const toStart = requests.flatMap((request, index) => (outcomes[index].kind === 'untried' && !(request instanceof BadInput) ? [{ request, index }] : []));
	const started = await workThrough(toStart.length, (n) => startItem.call(this, toStart[n].index, toStart[n].request, connection, memory), {
		maxConcurrency,
		maxTries: connection.maxTries,
		stopOnFailure: !this.continueOnFail(),
		signal: this.getExecutionCancelSignal(),
	});
	started.forEach((outcome, n) => (outcomes[toStart[n].index] = outcome));
	return outcomes;
}

async function startItem(this: IExecuteFunctions, index: number, request: RunRequest, connection: Connection, memory: StartedRuns): Promise<Attempt<StartedRun>> {
	memory.sent(index, connection.credential.baseUrl, request);
	const attempt = await startRun.call(this, request, connection);
	memory.settle(index, attempt);
	return attempt;
}

/** What became of the other items: a run that did start must not be lost, nor one that may have. */
function describeOthers(outcomes: Array<Outcome<StartedRun>>, except: number): string[] {
	const started: string[] = [];
	const uncertain: string[] = [];
	let others = 0;
	outcomes.forEach((outcome, index) => {
		if (outcome.kind === 'done') started.push(`${outcome.value.messageId} (item ${index})`);
		else if (index === except) return;
		else if (outcome.kind === 'failed' && outcome.failure.uncertain) uncertain.push(`item ${index}`);
		else others += 1;
	});
	const failed = outcomes[except];
	const isUncertain = failed.kind === 'failed' && failed.failure.uncertain;
	if (others > 0 && started.length + uncertain.length === 0 && !isUncertain) return ['No run was started for any item.'];
	return [
		started.length > 0 ? `Runs that did start, with their message IDs: ${started.join(', ')}.` : '',
		uncertain.length > 0 ? `Also not known: ${uncertain.join(', ')}.` : '',
		others > 0 ? `Not started: ${others} more.` : '',
	].filter((sentence) => sentence !== '');
}

function toItem(this: IExecuteFunctions, outcome: Outcome<StartedRun>, index: number): INodeExecutionData {
	if (outcome.kind === 'done') return { json: outcome.value, pairedItem: { item: index } };
	return failedItem.call(this, failureIn(outcome), index);
}

import {
	NodeConnectionTypes,
	type IDataObject,
	type INodeExecutionData,
	type INodeProperties,
	type INodeType,
	type INodeTypeDescription,
	type IPollFunctions,
} from 'n8n-workflow';

import '../shared/requireN8nVersion';
import { readWorkflowId, workflowProperty } from '../shared/parameters/workflowId';
import { BoundedMap } from '../shared/callbacks/boundedMap';
import { toNodeError, writeFailure, type Failure } from '../shared/failures/failure';
import { NO_SECRETS, Redactor } from '../shared/failures/redact';
import { join, say } from '../shared/failures/text';
import { searchWorkflows } from '../shared/listSearch/searchWorkflows';
import { invalidParameter, toFailure } from '../shared/parameters/invalidParameter';
import { ParameterReader } from '../shared/parameters/parameterReader';
import { checkCredential } from '../shared/parameters/requestLimits';
import { titleOf } from '../shared/parameters/values';
import { findEnded, noteFirst, recentEnded } from '../shared/polling/endedRuns';
import { readNoted, writeNoted, type Noted } from '../shared/polling/noted';
import { POLL_LIMITS, PollQuestions } from '../shared/polling/questions';
import { outcomeOf } from '../shared/runStatus';
import { connect } from '../shared/transport/http/connection';
import { CREDENTIAL_TYPE, readCredential, secretsOf } from '../shared/transport/credential';

const PROPERTIES: INodeProperties[] = [
	{
		displayName: 'Trigger On',
		name: 'triggerOn',
		type: 'multiOptions',
		required: true,
		default: ['success', 'failed', 'other'],
		options: [
			{
				name: 'Success',
				value: 'success',
				action: 'When polling finds a run that has succeeded',
				description: 'The run succeeded',
			},
			{
				name: 'Failed',
				value: 'failed',
				action: 'When polling finds a run that has failed',
				description: 'The run failed',
			},
			{
				name: 'Other',
				value: 'other',
				action: 'When polling finds a run that has ended in another way',
				description: 'Any other status, for example when NenAI stopped the run after a time limit',
			},
		],
		description: 'Which runs start this workflow, by the way in which they ended',
	},
	workflowProperty('The NenAI workflow whose runs start this workflow, whoever started them'),
	{
		displayName:
			'This node asks NenAI at the Poll Times, so n8n needs no public address. It gives the status of each run. NenAI sends the values and files of a result only in callbacks.',
		name: 'notice',
		type: 'notice',
		default: '',
	},
];

/** The activations that n8n makes by itself, when it starts or when another process takes over. Nobody sees their errors. */
const ACTIVATIONS_BY_N8N = ['init', 'leadershipChange'];

/** The triggers whose poll is running in this process. */
const running = new Set<string>();

/** What each trigger noted last, for a trigger that is renamed: n8n saves static data under the name of the node. */
const notedByTrigger = new BoundedMap<string>(100);

/** The contexts that have polled. n8n makes one for each activation. */
const polledBefore = new WeakSet<IPollFunctions>();

/** For n8n's assistant. */
const BUILDER_HINT =
	'Starts the workflow for each run of one NenAI workflow that has ended, no matter who started the run. Its items have the status of the run, but no values and no files: those come only by callback, to a NenAI Trigger. Use it if NenAI cannot reach this n8n, or to report runs whose callback did not arrive.';

const RELATED_NODES = [
	{
		nodeType: 'n8n-nodes-nenai.nenAiTrigger',
		relationHint: 'Receives the values and files of runs that have ended',
	},
	{ nodeType: 'n8n-nodes-nenai.nenAi', relationHint: 'Starts runs, and asks about a run' },
];

export class NenAiPollingTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI Polling Trigger',
		name: 'nenAiPollingTrigger',
		icon: { light: 'file:../NenAi/nenai.svg', dark: 'file:../NenAi/nenai.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ [].concat($parameter["triggerOn"] ?? []).join(", ") }}',
		description: 'Starts the workflow when a NenAI run has ended, by asking NenAI regularly',
		defaults: { name: 'NenAI Polling Trigger' },
		polling: true,
		builderHint: { searchHint: BUILDER_HINT, relatedNodes: RELATED_NODES },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		properties: PROPERTIES,
	};

	methods = { listSearch: { searchWorkflows } };

	/** Gives each run that has ended since the last poll. Throws an error that n8n shows in the list of executions. */
	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const isActivation = !polledBefore.has(this);
		polledBefore.add(this);
		try {
			const runs = this.getMode() === 'manual' ? [await newest.call(this)] : await next.call(this);
			return runs.length === 0 ? null : [runs.map((json) => ({ json }))];
		} catch (error) {
			const nodeError = await toError.call(this, toFailure(error));
			// An error would end the activation, and n8n would try again only after longer and longer pauses:
			// docs/internals/n8n-behaviour.md#polling-triggers
			if (!isActivation || !ACTIVATIONS_BY_N8N.includes(this.getActivationMode())) throw nodeError;
			this.logger.error(
				`The NenAI Polling Trigger "${this.getNode().name}" could not ask NenAI when n8n activated it. It asks again at its next poll. ${nodeError.message}`,
			);
			return null;
		}
	}
}

/** The error without the secrets of the credential, if that can be read. */
async function toError(this: IPollFunctions, failure: Failure): Promise<Error> {
	const redactor = await this.getCredentials(CREDENTIAL_TYPE)
		.then((data) => new Redactor(secretsOf(readCredential(data))))
		.catch(() => NO_SECRETS);
	const isQuestion = failure.request !== undefined && this.getMode() !== 'manual';
	const hint = isQuestion
		? join(
				failure.hint,
				say`No run is lost: a later poll finds those that have ended in the meantime.`,
			)
		: failure.hint;
	return toNodeError(this.getNode(), writeFailure({ ...failure, hint }, redactor));
}

interface Settings {
	workflowId: string;
	triggerOn: string[];
}

/** Throws InvalidParameterError. */
function readSettings(this: IPollFunctions): Settings {
	const reader = new ParameterReader(PROPERTIES, (name) => this.getNodeParameter(name, null));
	const triggerOn = reader.choices('triggerOn');
	if (triggerOn.length === 0)
		throw invalidParameter(
			say`${titleOf(reader.nameOf('triggerOn'))} is empty, so nothing could start the workflow`,
			say`Choose at least one entry, such as Failed.`,
		);
	return { triggerOn, workflowId: readWorkflowId(reader) };
}

async function open(this: IPollFunctions, workflowId: string): Promise<PollQuestions> {
	const connection = connect(await this.getCredentials(CREDENTIAL_TYPE), POLL_LIMITS);
	checkCredential(connection.credential, 'mcpUrl');
	return new PollQuestions(this, connection, workflowId);
}

/** For a test in the editor: the run that has ended last. Nothing is noted. */
async function newest(this: IPollFunctions): Promise<IDataObject> {
	const { triggerOn, workflowId } = readSettings.call(this);
	const questions = await open.call(this, workflowId);
	const ended = await recentEnded(questions).finally(() => questions.close());
	const last = ended.filter(isWanted(triggerOn)).at(-1);
	if (last !== undefined) return last;
	throw invalidParameter(
		say`None of the newest runs of this NenAI workflow has ended in a way that is chosen in "Trigger On"`,
		say`Start a run, wait until it has ended, and try again.`,
	);
}

/**
 * The runs that have ended since the last poll. n8n may begin a poll before the earlier one has ended. Such a poll
 * gives nothing: the next one finds the same runs.
 */
async function next(this: IPollFunctions): Promise<IDataObject[]> {
	const trigger = `${this.getWorkflow().id}:${this.getNode().id}`;
	if (running.has(trigger)) return [];
	running.add(trigger);
	try {
		return await ended.call(this, trigger);
	} finally {
		running.delete(trigger);
	}
}

async function ended(this: IPollFunctions, trigger: string): Promise<IDataObject[]> {
	const { triggerOn, workflowId } = readSettings.call(this);
	const data = this.getWorkflowStaticData('node');
	const saved = Object.keys(data).length > 0 ? data : parse(notedByTrigger.get(trigger));
	const before = readNoted(saved, workflowId);
	const note = (noted: Noted) => {
		writeNoted(data, noted);
		notedByTrigger.set(trigger, JSON.stringify(data));
	};
	const questions = await open.call(this, workflowId);
	try {
		if (before === undefined) {
			note(await noteFirst(questions, workflowId));
			return [];
		}
		const found = await findEnded(questions, before);
		// From here on nothing can fail: what is noted comes out.
		note(found.noted);
		if (found.hasGap)
			this.logger.warn(
				`The NenAI Polling Trigger "${this.getNode().name}" may have missed runs: NenAI's list does not reach back to the runs of the last poll.`,
			);
		for (const id of found.forgotten)
			this.logger.warn(
				`The NenAI Polling Trigger "${this.getNode().name}" no longer asks about the run ${JSON.stringify(id)}: NenAI has no answer about it.`,
			);
		return found.ended.filter(isWanted(triggerOn));
	} finally {
		questions.close();
	}
}

function isWanted(triggerOn: string[]): (run: IDataObject) => boolean {
	return ({ status }) => triggerOn.includes(outcomeOf(String(status)));
}

function parse(json = '{}'): IDataObject {
	return JSON.parse(json) as IDataObject;
}

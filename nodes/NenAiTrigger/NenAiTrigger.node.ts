import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	type TriggerPanelDefinition,
} from 'n8n-workflow';

import '../shared/requireN8nVersion';
import { getWorkflows } from '../shared/listSearch/searchWorkflows';
import { ACCEPTED, respond, ignored, refused } from '../shared/callbacks/responses';
import { EVENTS, eventOf, type Callback } from '../shared/callbacks/payload';
import { receiveCallback } from '../shared/callbacks/receive';
import { atEnd, callbacksOf, triggerOnce } from '../shared/callbacks/deliverOnce';
import { webhookFields } from '../shared/callbacks/webhookFields';
import { InvalidParameterError, toFailure } from '../shared/parameters/invalidParameter';
import { ParameterReader } from '../shared/parameters/parameterReader';
import { problemOf, readSettings, type Settings } from '../shared/callbacks/triggerSettings';
import {
	acceptUnsignedOption,
	acceptUnsignedWarning,
	optionsCollection,
} from '../shared/parameters/properties';
import { webhookSecretProblem } from '../shared/callbacks/webhookSecret';
import { CREDENTIAL_TYPE, readCredential, secretsOf } from '../shared/transport/credential';
import {
	toNodeError,
	writeFailure,
	type Failure,
	type WrittenFailure,
} from '../shared/failures/failure';
import { NO_SECRETS, Redactor } from '../shared/failures/redact';
import { say } from '../shared/failures/text';

const PROPERTIES: INodeProperties[] = [
	{
		displayName:
			'Open "Webhook URLs" above, and give the Production URL to NenAI: enter it as Default Callback URL in the credential, or as Callback URL in the NenAI node that starts the runs. Only callbacks that are signed with the webhook secret of the credential start this workflow.',
		name: 'notice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Trigger On',
		name: 'events',
		type: 'multiOptions',
		required: true,
		default: ['success', 'failed'],
		options: [
			{
				name: 'Success',
				value: 'success',
				action: 'When a run succeeds',
				description: 'The run succeeded',
			},
			{
				name: 'Failed',
				value: 'failed',
				action: 'When a run fails',
				description: 'The run failed',
			},
			{
				name: 'Processing',
				value: 'processing',
				action: 'When a run starts',
				description: 'The run started',
			},
			{
				name: 'Other',
				value: 'other',
				action: 'When a run ends in another way',
				description: 'Any other status, for example when NenAI stopped the run after a time limit',
			},
		],
		description:
			'Which callbacks start this workflow. The others are ignored. To receive a callback for every run that ends, choose Success, Failed and Other.',
	},
	{
		displayName: 'Outputs',
		name: 'outputs',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'One Output',
				value: 'single',
				description: 'Every callback comes out here',
			},
			{
				name: 'One for Each Event',
				value: 'byEvent',
				description: 'An output for each entry that is chosen in "Trigger On"',
			},
		],
		default: 'single',
		description:
			'Where the callbacks come out. If you change "Trigger On" later, check all connections of this node: n8n keeps them by position, so they can belong to another output then.',
	},
	acceptUnsignedWarning('knows the URL can start this workflow with a false result'),
	optionsCollection([
		acceptUnsignedOption,
		{
			displayName: 'Ignore Duplicates',
			name: 'ignoreDuplicates',
			type: 'boolean',
			default: true,
			description:
				'Whether callbacks with the same message ID and status start the workflow only once. The last 500 callbacks of the past day are remembered. If this n8n runs in several processes, two copies that arrive at the same moment can still both start it. To prevent this, add a Remove Duplicates node on message_id and status after this trigger.',
		},
		{
			displayName: 'NenAI Workflow Names or IDs',
			name: 'workflowIds',
			type: 'multiOptions',
			typeOptions: { loadOptionsMethod: 'getWorkflows' },
			default: [],
			description:
				'Only runs of these NenAI workflows start this workflow. If empty, runs of all NenAI workflows do. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
		},
		{
			displayName: 'Respond',
			name: 'responseMode',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Immediately',
					value: 'onReceived',
					description: 'As soon as n8n has started the workflow',
				},
				{
					name: 'When Last Node Finishes',
					value: 'lastNode',
					description:
						'When the workflow has ended. If it fails, or if n8n stops before that, NenAI gets no success and can send the callback again.',
				},
			],
			default: 'onReceived',
			description:
				'When NenAI is told that the callback was received. Choose "When Last Node Finishes" for a short workflow that stores the callback, so that a crash of n8n does not lose it. Keep it below 5 seconds, because NenAI may send the callback again after that. At a restart, n8n then forgets which callbacks it has received, and a copy starts the workflow again.',
		},
	]),
];

/** The labels of the outputs, by event. */
const OUTPUT_LABELS: Record<string, string> = {
	processing: 'Processing',
	success: 'Success',
	failed: 'Failed',
	other: 'Other',
};

/** One output, or one for each chosen event. The events can be a list or text with commas. */
const OUTPUTS_EXPRESSION: `={{${string}}}` = `={{ $parameter["outputs"] === "byEvent" ? ${JSON.stringify(
	EVENTS.map((event) => ({
		type: NodeConnectionTypes.Main,
		displayName: OUTPUT_LABELS[event],
		event,
	})),
)}.filter((output) => ("," + [].concat($parameter["events"] ?? []).join(",").split(" ").join("") + ",").includes("," + output.event + ",")).map(({ type, displayName }) => ({ type, displayName })) : ["${NodeConnectionTypes.Main}"] }}`;

/**
 * When n8n responds, and with what. n8n gets both fields from the parameters without its expression engine, if it knows
 * the resolvers: docs/internals/n8n-behaviour.md#cost-of-the-expression-engine
 */
const RESPONSE_FIELDS = webhookFields({
	responseMode: {
		template: '={{$parameter["options"]?.responseMode || "onReceived"}}',
		resolve: ({ options }) => responseModeOf(options) || 'onReceived',
	},
	// With "noData", the end of the execution has no data for the response: `onExecutionSucceeded` adds it.
	responseData: {
		template: '={{$parameter["options"]?.responseMode === "lastNode" ? "noData" : ""}}',
		resolve: ({ options }) => (responseModeOf(options) === 'lastNode' ? 'noData' : ''),
	},
});

function responseModeOf(options: unknown) {
	return (options as { responseMode?: string } | undefined)?.responseMode;
}

const TEST =
	'<b>Test it while you build:</b> click "Execute step". For two minutes, n8n then waits for a callback to the Test URL. Start a run that ends within that time, with the Test URL as its Callback URL. Or send a signed callback yourself: the <a href="https://github.com/getnenai/n8n-nodes-nenai/blob/main/docs/waiting.md#test-the-trigger">documentation</a> has the commands to copy. A callback without the right signature gets the response 401. A callback that is accepted is shown here.';

/** What the editor shows instead of an input. */
const PANEL: TriggerPanelDefinition = {
	header: '',
	executionsHelp: {
		inactive: `${TEST}<br /><br /><b>To run it automatically,</b> publish the workflow (before n8n 2: activate it), and give the Production URL to NenAI.`,
		active: `${TEST}<br /><br /><b>The workflow is published:</b> it runs automatically whenever a callback arrives at the Production URL. You find these executions in the <a data-key="executions">list of executions</a>, not here.`,
	},
	activationHint:
		'When the workflow is published (before n8n 2: activated), it runs automatically whenever a callback arrives at the Production URL.',
};

/** For n8n's assistant. */
const BUILDER_HINT =
	'Starts the workflow when NenAI sends the result of a run that Run → Start has started in another workflow. Its items have the values and the links to the files; get the files with Result → Download. Branch on "status". Do not use it together with Run → Start and Wait, which receives its result itself.';

const RELATED_NODES = [
	{
		nodeType: 'n8n-nodes-nenai.nenAi',
		relationHint: 'Run → Start starts the runs. Result → Download gets the files of a result',
	},
	{
		nodeType: 'n8n-nodes-nenai.nenAiPollingTrigger',
		relationHint: 'Reports runs that have ended without a callback',
	},
];

export class NenAiTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI Trigger',
		name: 'nenAiTrigger',
		icon: { light: 'file:../NenAi/nenai.svg', dark: 'file:../NenAi/nenai.dark.svg' },
		group: ['trigger'],
		// For a node of version 1, n8n evaluates one more expression at each callback:
		// docs/internals/n8n-behaviour.md#cost-of-the-expression-engine
		version: 2,
		subtitle: '={{ [].concat($parameter["events"] ?? []).join(", ") }}',
		// n8n's list of nodes has one entry for the trigger and the action node, with this text:
		// docs/internals/n8n-behaviour.md#editor
		description: 'Run NenAI automations and get their results',
		builderHint: { searchHint: BUILDER_HINT, relatedNodes: RELATED_NODES },
		defaults: { name: 'NenAI Trigger' },
		eventTriggerDescription: 'Waiting for a callback to the Test URL',
		activationMessage:
			'From now on, this workflow runs automatically whenever a callback arrives at the Production URL of the trigger. You find these executions in the list of executions.',
		triggerPanel: PANEL,
		inputs: [],
		outputs: OUTPUTS_EXPRESSION,
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'webhook',
				...RESPONSE_FIELDS,
			},
		],
		properties: PROPERTIES,
	};

	methods = { loadOptions: { getWorkflows } };

	webhookMethods = {
		default: {
			/** NenAI has no registration of webhooks. With `false`, n8n always calls `create`, which checks the settings. */
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			/**
			 * NenAI has no registration of webhooks. This only refuses to activate a trigger that could not verify
			 * callbacks or start the workflow.
			 */
			async create(this: IHookFunctions): Promise<boolean> {
				const reader = readerOf.call(this);
				const failure = problemOf(reader, this.getNode());
				if (failure !== undefined) throw await activationError.call(this, failure);
				saveUnderThisName.call(this);
				if (reader.isExplicitlyTrue('options.acceptUnsigned')) return true;
				const { webhookSecrets } = readCredential(await this.getCredentials(CREDENTIAL_TYPE));
				const problem = webhookSecretProblem(webhookSecrets);
				if (problem === undefined) return true;
				throw await activationError.call(this, {
					...problem,
					hint: say`${problem.hint} Then publish the workflow again (before n8n 2: activate it).`,
				});
			},
			/** Nothing to remove, because nothing was registered. */
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	/**
	 * Never throws: n8n would start the workflow with the error (docs/internals/n8n-behaviour.md#what-webhook-returns).
	 */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		try {
			return await handle.call(this);
		} catch (error) {
			const { message } = await written.call(this, toFailure(error));
			this.logger.error(
				`The NenAI Trigger "${this.getNode().name}" could not handle a callback: ${message}`,
			);
			const reason =
				error instanceof InvalidParameterError
					? message
					: 'The trigger could not handle this callback. See the n8n log for the reason';
			if (this.getResponseObject().headersSent) return { noWebhookResponse: true };
			return respond.call(this, refused(500, reason));
		}
	}
}

async function activationError(this: IHookFunctions, failure: Failure): Promise<Error> {
	return toNodeError(this.getNode(), await written.call(this, failure));
}

/** The failure without the secrets of the credential, if that can be read. */
async function written(
	this: IHookFunctions | IWebhookFunctions,
	failure: Failure,
): Promise<WrittenFailure> {
	const redactor = await this.getCredentials(CREDENTIAL_TYPE)
		.then((data) => new Redactor(secretsOf(readCredential(data))))
		.catch(() => NO_SECRETS);
	return writeFailure(failure, redactor);
}

/** Before a forged callback is refused, only the parameters that are needed for that are read. */
async function handle(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const reader = readerOf.call(this);
	const received = await receiveCallback.call(
		this,
		reader.isExplicitlyTrue('options.acceptUnsigned'),
	);
	if ('answer' in received) return respond.call(this, received.answer);

	const { callback } = received;
	const settings = readSettings(reader, this.getNode());
	const reason = reasonToIgnore(callback, settings);
	if (reason !== undefined) return respond.call(this, ignored(reason));
	// A test in the editor does not count as a start, and is not remembered.
	const output = toOutput(callback, settings);
	const { respondAtEnd } = settings;
	if (settings.ignoreDuplicates && this.getMode() !== 'manual')
		return await triggerOnce.call(this, callback, output, { respondAtEnd });
	if (respondAtEnd) return atEnd(this.getResponseObject(), output);
	return { webhookResponse: ACCEPTED.body, workflowData: output };
}

/** The items of each output. */
function toOutput(callback: Callback, { byEvent, events }: Settings): INodeExecutionData[][] {
	const items = [{ json: callback }];
	if (!byEvent) return [items];
	const event = eventOf(callback.status);
	return EVENTS.filter((each) => events.includes(each)).map((each) =>
		each === event ? items : [],
	);
}

function readerOf(this: IWebhookFunctions | IHookFunctions): ParameterReader {
	return new ParameterReader(PROPERTIES, (name) => this.getNodeParameter(name, null));
}

/** n8n saves data under the trigger's name. A renamed trigger is activated again; then its data is saved under the new name. */
function saveUnderThisName(this: IHookFunctions) {
	if (this.getActivationMode() === 'manual') return;
	const stored = this.getWorkflowStaticData('node');
	const toSave = callbacksOf(String(this.getWorkflow().id), this.getNode().id).toSave(stored.seen);
	if (toSave !== undefined && toSave !== stored.seen) stored.seen = toSave;
}

/** Undefined if the callback starts the workflow. */
function reasonToIgnore(callback: Callback, { events, workflowIds }: Settings): string | undefined {
	if (!events.includes(eventOf(callback.status))) return `event ${callback.status}`;
	if (workflowIds.length > 0 && !workflowIds.includes(String(callback.workflow_id)))
		return 'workflow id';
	return undefined;
}

import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeProperties,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	type TriggerPanelDefinition,
} from 'n8n-workflow';

import '../shared/requireN8nVersion';
import { ACCEPTED, respond, ignored, refused } from '../shared/callbacks/responses';
import { eventOf, type Callback } from '../shared/callbacks/payload';
import { receiveCallback } from '../shared/callbacks/receive';
import { callbacksOf, triggerOnce } from '../shared/callbacks/deliverOnce';
import { InvalidParameterError, toFailure } from '../shared/parameters/invalidParameter';
import { ParameterReader } from '../shared/parameters/parameterReader';
import { problemOf, readSettings, type Settings } from '../shared/callbacks/triggerSettings';
import { CREDENTIAL_TYPE, readCredential } from '../shared/transport/credential';
import { toNodeError, writeFailure, type Failure } from '../shared/failures/failure';
import { NO_SECRETS } from '../shared/failures/redact';
import { say } from '../shared/failures/text';

const PROPERTIES: INodeProperties[] = [
	{
		displayName:
			'Open "Webhook URLs" above and give the Production URL to NenAI: as Default Callback URL in the credential, or as Callback URL in the NenAI node that starts the runs. Only callbacks signed with the webhook secret of the credential start the workflow.',
		name: 'notice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		required: true,
		default: ['success', 'failed'],
		options: [
			{
				name: 'Failed',
				value: 'failed',
				action: 'On a run that failed',
				description: 'NenAI says that the run failed',
			},
			{
				name: 'Other',
				value: 'other',
				action: 'On a run with any other status',
				description: 'Any other status, such as a run that NenAI itself timed out',
			},
			{
				name: 'Processing',
				value: 'processing',
				action: 'On a run that has begun',
				description: 'The run has begun',
			},
			{
				name: 'Success',
				value: 'success',
				action: 'On a run that ended well',
				description: 'The run ended well',
			},
		],
		description:
			'Which reports start the workflow. The others are confirmed to NenAI and dropped. To hear of every run that ends, choose Success, Failed and Other.',
	},
	{
		displayName:
			'Unsigned callbacks are accepted: whoever knows the URL can start this workflow with a false result. Use this only for tests.',
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
					'Whether callbacks without a signature are accepted too. Anyone could send those.',
			},
			{
				displayName: 'Ignore Duplicates',
				name: 'ignoreDuplicates',
				type: 'boolean',
				default: true,
				description:
					'Whether the same message ID and status starts the workflow only once. Remembers the last 500 callbacks of a day. Where n8n runs in several processes, two copies at the same instant can still both come through: to rule that out, put a Remove Duplicates node on message_id and status behind this trigger.',
			},
			{
				displayName: 'Workflow IDs',
				name: 'workflowIds',
				type: 'string',
				typeOptions: { multipleValues: true, multipleValueButtonText: 'Add Workflow ID' },
				default: [],
				placeholder: 'e.g. 12345678-1234-1234-1234-123456789abc',
				description: 'Only runs of these NenAI workflows start this workflow. Empty: all.',
			},
		],
	},
];

const TEST =
	'<b>Test it while you build:</b> click "Execute step", then have a callback sent to the Test URL, which listens for two minutes. Either start a run that ends within these and whose Callback URL is the Test URL, or send a signed callback by hand: the <a href="https://github.com/getnenai/n8n-nodes-nenai/blob/main/docs/waiting.md#test-the-trigger">documentation</a> has the commands to copy. Without the right signature it is answered 401. What comes is shown here.';

/** What the editor shows in place of an input. */
const PANEL: TriggerPanelDefinition = {
	header: '',
	executionsHelp: {
		inactive: `${TEST}<br /><br /><b>Then let it run by itself:</b> publish the workflow (before n8n 2: activate it), and give the Production URL to NenAI.`,
		active: `${TEST}<br /><br /><b>The workflow is published:</b> callbacks to the Production URL start it. They show up in the <a data-key="executions">list of executions</a>, not here.`,
	},
	activationHint:
		'Once the workflow is published (before n8n 2: activated), callbacks to the Production URL start it without a click.',
};

export class NenAiTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI Trigger',
		name: 'nenAiTrigger',
		icon: { light: 'file:../NenAi/nenai.svg', dark: 'file:../NenAi/nenai.dark.svg' },
		group: ['trigger'],
		// For each webhook of a version 1, n8n evaluates an expression of its own, which is slow.
		version: 2,
		subtitle: '={{ [].concat($parameter["events"] ?? []).join(", ") }}',
		// n8n's list of nodes shows this for the entry "NenAI", which stands for the action node as well.
		description: 'Run NenAI automations and get their results',
		defaults: { name: 'NenAI Trigger' },
		activationMessage:
			'NenAI can report to this workflow now, at the Production URL of the trigger. Each report that starts it is in the list of executions.',
		triggerPanel: PANEL,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				path: 'webhook',
			},
		],
		properties: PROPERTIES,
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			/** NenAI has nothing to register a webhook with; this only stops an activation that could verify or start nothing. */
			async create(this: IHookFunctions): Promise<boolean> {
				const parameters = parametersOf.call(this);
				const failure = problemOf(parameters);
				if (failure !== undefined) throw activationError.call(this, failure);
				saveUnderThisName.call(this);
				if (parameters.isExplicitlyTrue('options.acceptUnsigned')) return true;
				const { webhookSecrets } = readCredential(await this.getCredentials(CREDENTIAL_TYPE));
				if (webhookSecrets.length > 0) return true;
				throw activationError.call(this, NO_SECRET);
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	/** Never throws: n8n would start the workflow with that. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		try {
			return await handle.call(this);
		} catch (error) {
			const { message } = writeFailure(toFailure(error), NO_SECRETS);
			this.logger.error(
				`The NenAI Trigger "${this.getNode().name}" could not handle a callback: ${message}`,
			);
			const said =
				error instanceof InvalidParameterError
					? message
					: 'The trigger could not handle this callback: the log of n8n says why';
			if (this.getResponseObject().headersSent) return { noWebhookResponse: true };
			return respond.call(this, refused(500, said));
		}
	}
}

const NO_SECRET: Failure = {
	message: say`The NenAI credential has no webhook secret, so no callback could be verified`,
	hint: say`Make a secret with "openssl rand -hex 32", enter it in the credential as Webhook Secret, and give the same value to your NenAI contact. Then publish the workflow again (before n8n 2: activate it).`,
};

function activationError(this: IHookFunctions, failure: Failure): Error {
	return toNodeError(this.getNode(), writeFailure(failure, NO_SECRETS));
}

/** Of the parameters, only what it takes to refuse a forged callback is read before that. */
async function handle(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const parameters = parametersOf.call(this);
	const received = await receiveCallback.call(
		this,
		parameters.isExplicitlyTrue('options.acceptUnsigned'),
	);
	if ('answer' in received) return respond.call(this, received.answer);

	const { callback } = received;
	const settings = readSettings(parameters);
	const unwanted = whyUnwanted(callback, settings);
	if (unwanted !== undefined) return respond.call(this, ignored(unwanted));
	// A test in the editor neither counts as a start nor leaves a trace.
	if (settings.ignoreDuplicates && this.getMode() !== 'manual')
		return await triggerOnce.call(this, callback);
	return { webhookResponse: ACCEPTED.body, workflowData: [[{ json: callback }]] };
}

function parametersOf(this: IWebhookFunctions | IHookFunctions): ParameterReader {
	return new ParameterReader(PROPERTIES, (name) => this.getNodeParameter(name, null));
}

/** n8n saves by the trigger's name. A trigger that was renamed is activated anew, and what it knows is saved again. */
function saveUnderThisName(this: IHookFunctions) {
	if (this.getActivationMode() === 'manual') return;
	const stored = this.getWorkflowStaticData('node');
	const toSave = callbacksOf(String(this.getWorkflow().id), this.getNode().id).toSave(stored.seen);
	if (toSave !== undefined && toSave !== stored.seen) stored.seen = toSave;
}

function whyUnwanted(callback: Callback, { events, workflowIds }: Settings): string | undefined {
	if (!events.includes(eventOf(callback.status))) return `event ${callback.status}`;
	if (workflowIds.length > 0 && !workflowIds.includes(String(callback.workflow_id)))
		return 'workflow id';
	return undefined;
}

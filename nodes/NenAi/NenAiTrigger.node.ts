import {
	NodeConnectionTypes,
	sleep,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { ACCEPTED, answer, ignored } from './callback/answers';
import { startedBy, StartedCallbacks, type Claim } from './callback/duplicates';
import { eventOf, type Callback } from './callback/payload';
import { receiveCallback } from './callback/receive';
import { CREDENTIAL_TYPE, readCredential } from './transport/credential';
import { toError } from './transport/failure';

interface Options {
	workflowIds?: string[];
	ignoreDuplicates?: boolean;
	acceptUnsigned?: boolean;
}

export class NenAiTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI Trigger',
		name: 'nenAiTrigger',
		icon: { light: 'file:nenai.svg', dark: 'file:nenai.dark.svg' },
		group: ['trigger'],
		// The same node. For each webhook of a version 1, n8n evaluates an expression of its own, which costs it more than
		// all that this node does.
		version: [1, 1.1],
		defaultVersion: 1.1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Starts the workflow when NenAI reports what became of a run',
		defaults: { name: 'NenAI Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', responseData: '', path: 'webhook' }],
		properties: [
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
					{ name: 'Failed', value: 'failed', action: 'On a run that failed', description: 'The run ended without reaching its goal' },
					{ name: 'Other', value: 'other', action: 'On a run with any other status', description: 'Any status that is not listed here' },
					{ name: 'Processing', value: 'processing', action: 'On a run that has begun', description: 'The run has begun' },
					{ name: 'Success', value: 'success', action: 'On a run that ended well', description: 'The run ended well' },
				],
				description: 'Which reports start the workflow. The others are confirmed to NenAI and dropped.',
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
						description: 'Whether callbacks without a signature are accepted too. Anyone could send those.',
					},
					{
						displayName: 'Ignore Duplicates',
						name: 'ignoreDuplicates',
						type: 'boolean',
						default: true,
						description:
							'Whether the same message ID and status starts the workflow only once. Remembers the last 500 callbacks of a day. Where n8n runs in several processes, two copies at the same instant can still both come through: to rule that out, put a Remove Duplicates node on message_id behind this trigger.',
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
		],
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			/** NenAI has nothing to register a webhook with; this only stops an activation that could verify nothing. */
			async create(this: IHookFunctions): Promise<boolean> {
				const { acceptUnsigned = false } = this.getNodeParameter('options', {}) as Options;
				if (acceptUnsigned) return true;
				const { webhookSecrets } = readCredential(await this.getCredentials(CREDENTIAL_TYPE));
				if (webhookSecrets.length > 0) return true;
				throw toError(this.getNode(), {
					message: 'The NenAI credential has no webhook secret, so no callback could be verified',
					hint: 'Make a secret with "openssl rand -hex 32", enter it in the credential as Webhook Secret, and give the same value to your NenAI contact. Then activate the workflow again.',
				});
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const { workflowIds = [], ignoreDuplicates = true, acceptUnsigned = false } = this.getNodeParameter('options', {}) as Options;
		const received = await receiveCallback.call(this, acceptUnsigned);
		if ('answer' in received) return answer.call(this, received.answer);

		const { callback } = received;
		const unwanted = whyUnwanted(callback, this.getNodeParameter('events') as string[], workflowIds);
		if (unwanted !== undefined) return answer.call(this, ignored(unwanted));
		if (!ignoreDuplicates) return { webhookResponse: ACCEPTED.body, workflowData: [[{ json: callback }]] };

		const memory = this.getWorkflowStaticData('node');
		const claim = await startedHere.call(this).claim(callback, memory.seen);
		if (claim === undefined) return answer.call(this, ignored('duplicate'));
		endWithResponse.call(this, claim);
		return {
			workflowData: [[{ json: callback }]],
			// n8n 2 reads this when the execution has started, and saves the static data right after. Remembering any
			// earlier would be in vain: starting an execution resets the mark by which n8n knows that it has changed.
			get webhookResponse() {
				const toSave = claim.started();
				if (toSave !== undefined) memory.seen = toSave;
				return ACCEPTED.body;
			},
		};
	}
}

/** What this trigger has started. A test in the editor neither counts as a start nor leaves a trace. */
function startedHere(this: IWebhookFunctions): StartedCallbacks {
	return this.getMode() === 'manual' ? new StartedCallbacks(Date.now) : startedBy(String(this.getWorkflow().id), this.getNode().id);
}

/** How long a sender that has left is kept from trying again, in milliseconds, if n8n never says how the start went. */
const LONGEST_START = 60_000;

/** When n8n has answered with an error, nothing was started, and the sender may try again. */
function endWithResponse(this: IWebhookFunctions, claim: Claim) {
	const response = this.getResponseObject();
	const over = async () => {
		// The sender may have left before the answer, while n8n still starts the workflow.
		for (let waited = 0; !response.writableEnded && waited < LONGEST_START; waited += 500) await sleep(500);
		claim.end(response.statusCode >= 400);
	};
	if (response.closed) void over();
	else response.once('close', over);
}

function whyUnwanted(callback: Callback, events: string[], workflowIds: string[]): string | undefined {
	if (!events.includes(eventOf(callback.status))) return `event ${callback.status}`;
	const wanted = workflowIds.map((id) => id.trim()).filter((id) => id !== '');
	if (wanted.length > 0 && !wanted.includes(String(callback.workflow_id))) return 'workflow id';
	return undefined;
}

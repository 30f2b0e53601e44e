import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type IHookFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	type NodeHint,
} from 'n8n-workflow';

import '../shared/requireN8nVersion';
import { router, resourceProperty, subtitleOf } from '../shared/execution/router';
import { result } from './resources/result';
import { run, webhook } from './resources/run';
import { workflow } from './resources/workflow';
import { searchWorkflows } from '../shared/listSearch/searchWorkflows';
import { testCredential } from '../shared/transport/credentialTest';

/** In the order of the menu. The first is the default. */
const RESOURCES = [run, result, workflow];

/** Where something is about to go wrong that nobody would hear of. */
const HINTS: NodeHint[] = [
	{
		message:
			'With Callback "None", NenAI does not report what became of the run. Ask it: Run → Get behind this node gives the state. The values and files of the result come by callback only.',
		displayCondition:
			'={{ $parameter["operation"] === "start" && $parameter["callback"] === "none" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'A failed run is no error here, and when no result comes in time, the status is "timeout": branch on "status" behind this node.',
		displayCondition: '={{ $parameter["operation"] === "startAndWait" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
];

/** For n8n's AI builder: which operation is for what. */
const BUILDER_HINT =
	'Run → Start and Wait starts a run and continues with its result (one item; for several, put Loop Over Items before it). For many runs at once, use Run → Start, and a NenAI Trigger in another workflow. Where NenAI cannot reach this n8n, use Run → Start with Callback "None", then Run → Get in a loop with Wait until "finished" is true. Run → Get gives the status only: values and files come by callback. An item with "uncertain" may have been started: bring it to a person, and never start it again. Run → Get Logs may contain passwords. Each start does real work in a real system: never add a retry loop around it, and branch on "status" after a result. Result → Download fetches the files that the links of a callback point to. To operate a desktop step by step, use the NenAI Desktop node.';

export class NenAi implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI',
		name: 'nenAi',
		icon: { light: 'file:nenai.svg', dark: 'file:nenai.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleOf(RESOURCES),
		description: 'Run NenAI automations and get their results',
		defaults: { name: 'NenAI' },
		usableAsTool: true,
		builderHint: { searchHint: BUILDER_HINT },
		hints: HINTS,
		waitingNodeTooltip:
			'The run has been started. This workflow goes on when NenAI reports its result.',
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		// Only for a waiting execution of "Start and Wait": its address is made when the execution suspends.
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				path: '',
				restartWebhook: true,
				isFullPath: true,
			},
		],
		properties: [resourceProperty(RESOURCES), ...RESOURCES.flatMap(({ properties }) => properties)],
	};

	methods = {
		credentialTest: { testCredential },
		listSearch: { searchWorkflows },
	};

	/** n8n asks for these beside any webhook; one that resumes an execution is registered nowhere. */
	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await router.call(this, RESOURCES);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await webhook.call(this);
	}
}

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
import { OUTPUTS_EXPRESSION, run, webhook } from './resources/run';
import { getParameterFields } from './resources/run/parametersForm';
import { toolDescriptionProperties } from './resources/run/toolDescription';
import { workflow } from './resources/workflow';
import { searchWorkflows } from '../shared/listSearch/searchWorkflows';
import { testCredential } from '../shared/transport/credentialTest';

/** In the order of the menu. The first is the default. */
const RESOURCES = [run, result, workflow];

/** Shown in the output pane before the first execution, for facts that are easily missed. */
const HINTS: NodeHint[] = [
	{
		message:
			'NenAI will not report the result of this run. To check its status later, add NenAI → Run → Get after this node. NenAI sends the values and files of a result only in callbacks.',
		displayCondition:
			'={{ $parameter["operation"] === "start" && $parameter["callback"] === "none" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'If the NenAI run fails, this step still turns green: the result comes out at "Failed". When no result arrives in time, it comes out at "Timed Out".',
		displayCondition:
			'={{ $parameter["operation"] === "startAndWait" && $parameter["outputs"] === "byOutcome" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'If the NenAI run fails, this step still turns green. After this node, add a Switch node with one branch for each case of "status": "success" or "completed", "failed", and any other value. When no result arrives in time, "status" is "timeout", and "wait_limit_reached" is true.',
		displayCondition:
			'={{ $parameter["operation"] === "startAndWait" && $parameter["outputs"] === "single" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'Each click on Execute starts a real run at NenAI. To try this node without that, set Test Executions to "Simulate".',
		displayCondition: '={{ $parameter["testExecutions"] === "start" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'In the editor, this node only simulates a run: nothing is sent to NenAI. To start real runs here, set Test Executions to "Start Real Runs".',
		displayCondition: '={{ $parameter["testExecutions"] === "simulate" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
];

/** For n8n's AI builder: the purpose of each operation. */
const BUILDER_HINT =
	'Run → Start and Wait starts one run and continues with its result. It takes one item: for several, use Loop Over Items with batch size 1, connect its loop output to this node, and connect this node back to Loop Over Items. For many runs at once, use Run → Start, and a NenAI Trigger in another workflow. If NenAI cannot reach this n8n, use Run → Start with callback "none", then Run → Get in a loop with a Wait node until "finished" is true. Run → Get gives only the status: values and files come by callback. If an item has "uncertain", its run may have been started: pass it to a person, and never start it again. The output of Run → Get Logs may contain passwords. Each start does real work in a real system: never put a retry loop around it. Start and Wait has three outputs: Success, Failed (also for a run that ended in another way) and Timed Out. Connect all three, and do not add a Switch node. With outputs "single", branch on "status". To let a person try the workflow without real runs, set testExecutions to "simulate". Result → Download gets the files that the links in a callback point to. To operate a desktop step by step, use the NenAI Desktop node.';

const RELATED_NODES = [
	{
		nodeType: 'n8n-nodes-nenai.nenAiTrigger',
		relationHint:
			'Receives the results of runs that Run → Start has started, in a workflow of its own',
	},
	{
		nodeType: 'n8n-nodes-nenai.nenAiPollingTrigger',
		relationHint: 'Starts a workflow for each run that has ended, without values and files',
	},
	{
		nodeType: 'n8n-nodes-base.splitInBatches',
		relationHint: 'For Start and Wait with several items: batch size 1, looping back',
	},
	{
		nodeType: 'n8n-nodes-nenai.nenAiDesktop',
		relationHint: 'Operates a Windows desktop step by step, instead of running a NenAI workflow',
	},
];

const DESCRIPTION = 'Run NenAI automations and get their results';

export class NenAi implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI',
		name: 'nenAi',
		icon: { light: 'file:nenai.svg', dark: 'file:nenai.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleOf(RESOURCES),
		description: DESCRIPTION,
		defaults: { name: 'NenAI' },
		usableAsTool: true,
		builderHint: { searchHint: BUILDER_HINT, relatedNodes: RELATED_NODES },
		hints: HINTS,
		waitingNodeTooltip: 'The run has started. This workflow continues when NenAI sends the result.',
		inputs: [NodeConnectionTypes.Main],
		outputs: OUTPUTS_EXPRESSION,
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		// Only for a waiting execution of "Start and Wait". n8n makes its address when the execution pauses:
		// docs/internals/n8n-behaviour.md#resuming-a-waiting-execution
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
		properties: [
			...toolDescriptionProperties(DESCRIPTION),
			resourceProperty(RESOURCES),
			...RESOURCES.flatMap(({ properties }) => properties),
		],
	};

	methods = {
		credentialTest: { testCredential },
		listSearch: { searchWorkflows },
		resourceMapping: { getParameterFields },
	};

	/** n8n requires these for every webhook. NenAI gets the address of a callback with each run. */
	webhookMethods = {
		default: {
			/** Nothing is registered at NenAI, so nothing can be missing. */
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			/** Nothing to register. */
			async create(this: IHookFunctions): Promise<boolean> {
				return true;
			},
			/** Nothing to remove. */
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

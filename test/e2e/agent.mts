/** The agent of the examples, for tests. */
import type { WorkflowJson } from '../n8n/client.mts';
import type { Model } from './model.mts';
import { withParameters } from './environment.mts';

/** Names of nodes in the example. */
export const CHAT = 'Chat';
export const AGENT = 'Agent';
export const TOOL = 'Start a NenAI run';

/** The example as if somebody had just written this in its chat. */
export function chatting(workflow: WorkflowJson, chatInput: string): WorkflowJson {
	return {
		...workflow,
		pinData: { [CHAT]: [{ json: { sessionId: 'test', action: 'sendMessage', chatInput } }] },
	};
}

/** The example with another version of n8n's agent. */
export function withAgent(workflow: WorkflowJson, typeVersion: number): WorkflowJson {
	const nodes = workflow.nodes.map((node) =>
		node.name === AGENT ? { ...node, typeVersion } : node,
	);
	return { ...workflow, nodes };
}

/** What the model was told of its tool calls, in their order, as of the last request to it. */
export function answersToCalls(model: Model): string[] {
	const messages = model.requests.at(-1)?.messages ?? [];
	return messages.filter(({ role }) => role === 'tool').map(({ content }) => String(content));
}

/** A wait that ends when n8n looks for it, which it does once a minute. */
export const shortly = { limitWaitTime: true, resumeAmount: 0.02, resumeUnit: 'minutes' };

/** The example with "Start and Wait" as the tool. */
export function waiting(workflow: WorkflowJson): WorkflowJson {
	return withParameters(workflow, TOOL, {
		operation: 'startAndWait',
		limitWaitTime: true,
		resumeAmount: 5,
		resumeUnit: 'minutes',
	});
}

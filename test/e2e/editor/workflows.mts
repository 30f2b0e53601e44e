/** Workflows that the tests of the editor open. */
import type { INode } from 'n8n-workflow';
import type { WorkflowJson } from '../../n8n/client.mts';
import { EXAMPLE_WORKFLOW } from '../stage.mts';

export interface Credential {
	id: string;
	name: string;
}

/** Names of the nodes. */
export const APPOINTMENT = 'Appointment';
export const NENAI = 'NenAI';
export const TRIGGER = 'NenAI Trigger';

/** What the node before NenAI gives, for dragging. */
const ITEM = { workflow_id: EXAMPLE_WORKFLOW, patient: 'Jane Doe' };

/** A manual trigger, one item of data, and a NenAI node with these parameters. */
export function withNenAi(parameters: INode['parameters'], credential: Credential, item: object = ITEM): WorkflowJson {
	const nodes = [
		node('By hand', 'n8n-nodes-base.manualTrigger', 1, {}, 0),
		node(APPOINTMENT, 'n8n-nodes-base.set', 3.4, { mode: 'raw', jsonOutput: JSON.stringify(item), options: {} }, 220),
		{ ...node(NENAI, 'n8n-nodes-nenai.nenAi', 1, parameters, 440), credentials: { nenAiApi: credential } },
	];
	return { name: 'Appointments', nodes, connections: inOneLine(nodes), settings: { executionOrder: 'v1' } };
}

/** Nothing but a trigger, which listens at a known path. */
export function withTrigger(webhookId: string, credential: Credential): WorkflowJson {
	const parameters = { events: ['success', 'failed'], options: {} };
	const trigger = { ...node(TRIGGER, 'n8n-nodes-nenai.nenAiTrigger', 1, parameters, 0), webhookId, credentials: { nenAiApi: credential } };
	return { name: 'Results', nodes: [trigger], connections: {}, settings: { executionOrder: 'v1' } };
}

function node(name: string, type: string, typeVersion: number, parameters: INode['parameters'], x: number): INode {
	return { id: name, name, type, typeVersion, position: [x, 0], parameters };
}

function inOneLine(nodes: readonly INode[]): WorkflowJson['connections'] {
	return Object.fromEntries(nodes.slice(1).map(({ name }, index) => [nodes[index].name, { main: [[{ node: name, type: 'main', index: 0 }]] }]));
}

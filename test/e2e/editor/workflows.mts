/** Workflows that the tests of the editor open. */
import type { INode } from 'n8n-workflow';
import { chain, node } from '../../n8n/build-workflow.mts';
import type { WorkflowJson } from '../../n8n/client.mts';
import { nodeTypeOf } from '../../operations.mts';
import { EXAMPLE_WORKFLOW } from '../environment.mts';
import type { CredentialRef } from '../workflows.mts';

/** Names of the nodes. */
export const APPOINTMENT = 'Appointment';
export const NENAI = 'NenAI';
export const TRIGGER = 'NenAI Trigger';

/** What the node before NenAI gives, for dragging. */
const ITEM = { workflow_id: EXAMPLE_WORKFLOW, patient: 'Jane Doe' };

/** A manual trigger, one item of data, and a NenAI node with these parameters. */
export function withNenAi(
	parameters: INode['parameters'],
	credential: CredentialRef,
	item: object = ITEM,
): WorkflowJson {
	return chain('Appointments', [
		node('By hand', 'manualTrigger', 1, {}),
		node(APPOINTMENT, 'set', 3.4, { mode: 'raw', jsonOutput: JSON.stringify(item), options: {} }),
		node(NENAI, nodeTypeOf(parameters), 1, parameters, { credentials: { nenAiApi: credential } }),
	]);
}

/** Nothing but a trigger, which listens at a known path. */
export function withTrigger(webhookId: string, credential: CredentialRef): WorkflowJson {
	const parameters = { events: ['success', 'failed'], options: {} };
	return chain('Results', [
		node(TRIGGER, 'n8n-nodes-nenai.nenAiTrigger', 2, parameters, {
			webhookId,
			credentials: { nenAiApi: credential },
		}),
	]);
}

/** The workflows of the bench: ours, and what a builder would build from n8n's own nodes. */
import type { INode } from 'n8n-workflow';
import { chain, node } from '../n8n/build-workflow.mts';
import type { WorkflowJson } from '../n8n/client.mts';

const WEBHOOK_ID = (path: string) => `bench-${path}`;

/** Where a trigger with a webhook of its own listens. */
export const triggerPath = (path: string) => `${WEBHOOK_ID(path)}/webhook`;

/** The NenAI Trigger as it comes, and one node behind it. */
export function nenAiTrigger(path: string, credentials: INode['credentials']): WorkflowJson {
	const trigger = node(
		'Trigger',
		'n8n-nodes-nenai.nenAiTrigger',
		2,
		{ options: {} },
		{ credentials, webhookId: WEBHOOK_ID(path) },
	);
	return chain(path, [trigger, node('Handle', 'noOp', 1, {})]);
}

/** The floor: a trigger that only takes what comes. */
export function bareTrigger(path: string): WorkflowJson {
	return chain(path, [
		node('Trigger', 'CUSTOM.bareTrigger', 1.1, {}, { webhookId: WEBHOOK_ID(path) }),
		node('Handle', 'noOp', 1, {}),
	]);
}

/** What a builder would build: the raw body, its HMAC, a comparison, and an answer for each outcome. */
export function verifyingChain(path: string, credentials: INode['credentials']): WorkflowJson {
	const webhook = node(
		'Webhook',
		'webhook',
		2.1,
		{ httpMethod: 'POST', path, responseMode: 'responseNode', options: { rawBody: true } },
		{ webhookId: WEBHOOK_ID(path) },
	);
	const hmac = node(
		'HMAC',
		'crypto',
		2,
		{
			action: 'hmac',
			binaryData: true,
			binaryPropertyName: 'data',
			type: 'SHA256',
			dataPropertyName: 'hmac',
			encoding: 'hex',
		},
		{ credentials },
	);
	const compare = node('Genuine?', 'if', 2.2, {
		conditions: {
			options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
			conditions: [
				{
					id: '1',
					leftValue: "={{ 'sha256=' + $json.hmac }}",
					rightValue: "={{ $json.headers['x-hmac-signature'] }}",
					operator: { type: 'string', operation: 'equals' },
				},
			],
			combinator: 'and',
		},
		options: {},
	});
	const accept = node('Accept', 'respondToWebhook', 1.4, {
		respondWith: 'json',
		responseBody: '{"received":true}',
		options: {},
	});
	const refuse = node('Refuse', 'respondToWebhook', 1.4, {
		respondWith: 'json',
		responseBody: '{"error":"wrong"}',
		options: { responseCode: 401 },
	});
	const workflow = chain(path, [webhook, hmac, compare]);
	const to = (next: INode) => [{ node: next.name, type: 'main' as const, index: 0 }];
	return {
		...workflow,
		nodes: [...workflow.nodes, accept, refuse, node('Handle', 'noOp', 1, {})],
		connections: {
			...workflow.connections,
			[compare.name]: { main: [to(accept), to(refuse)] },
			[accept.name]: { main: [[{ node: 'Handle', type: 'main', index: 0 }]] },
		},
	};
}

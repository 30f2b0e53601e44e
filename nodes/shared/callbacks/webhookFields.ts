import type { IWebhookDescription } from 'n8n-workflow';

/** A field of a webhook's description that depends on the parameters of the node. */
interface WebhookField {
	/** An expression. */
	template: `={{${string}}}`;
	/** Gives the same value as the expression. */
	resolve: (parameters: Record<string, unknown>) => string;
}

/**
 * Where n8n 2.41.1 looks for the functions (source: `WEBHOOK_RESOLVERS` in `interfaces.js` of n8n-workflow). Versions
 * that do not know this symbol evaluate the expression.
 */
const RESOLVERS = Symbol.for('n8n.webhookDescriptionResolvers');

/** The fields, such that n8n need not evaluate an expression if the node's parameters have none. */
export function webhookFields<Name extends keyof IWebhookDescription>(
	fields: Record<Name, WebhookField>,
): Record<Name, WebhookField['template']> {
	const templates = Object.fromEntries(
		Object.entries<WebhookField>(fields).map(([name, { template }]) => [name, template]),
	) as Record<Name, WebhookField['template']>;
	return Object.assign(templates, { [RESOLVERS]: fields });
}

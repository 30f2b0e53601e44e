import type { IExecuteFunctions } from 'n8n-workflow';

import type { NenAiCredential } from '../../../shared/transport/credential';

/** An OpenTelemetry attribute has a limited length. */
const MAX_TRACED = 20;

/** The host of NenAI's API. Only its runs have a page in NenAI's web application. */
const NENAI_HOST = 'api.getnen.ai';

/**
 * Adds the message IDs of started runs to the span of the node in n8n's traces, so that a trace leads to its runs:
 * docs/internals/n8n-behaviour.md#traces
 */
export function traceRuns(this: IExecuteFunctions, messageIds: string[]) {
	// Not every context has it: docs/internals/n8n-behaviour.md#functions-that-may-be-missing
	if (messageIds.length === 0 || typeof this.setMetadata !== 'function') return;
	this.setMetadata({
		tracing: {
			'nenai.message_ids': messageIds.slice(0, MAX_TRACED).join(','),
			'nenai.run_count': messageIds.length,
		},
	});
}

/** Shows the page of the run on the execution while it waits. Only NenAI's own service has such pages. */
export function hintAtRunPage(
	this: IExecuteFunctions,
	{ baseUrl }: Pick<NenAiCredential, 'baseUrl'>,
	messageId: string,
) {
	if (!URL.canParse(baseUrl) || new URL(baseUrl).hostname !== NENAI_HOST) return;
	// Not every context has it: docs/internals/n8n-behaviour.md#functions-that-may-be-missing
	this.addExecutionHints?.({
		message: `NenAI shows this run at https://app.getnen.ai/runs/${encodeURIComponent(messageId)}`,
		location: 'outputPane',
	});
}

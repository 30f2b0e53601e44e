import type { IExecuteFunctions } from 'n8n-workflow';

/** Engine 2.0 gives each execution a UUID of version 7. The IDs of the other engine are numbers. */
const UUID_7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-/i;

/**
 * Whether n8n's Engine 2.0 executes the workflow. In n8n 2.41.1, it cannot pause an execution, and does not tell a node
 * when the execution ends. It does not give the settings of the workflow to a node, so only the ID of the execution shows
 * it: docs/internals/n8n-behaviour.md#what-n8n-3-changes
 */
export function isOnEngine2(this: IExecuteFunctions): boolean {
	return UUID_7.test(String(this.getExecutionId()));
}

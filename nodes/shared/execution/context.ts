import type { IContextObject, IExecuteFunctions } from 'n8n-workflow';

/**
 * Whether the node runs in an execution. A tool of n8n's Agents or of the MCP Server Trigger does not: n8n
 * keeps no execution of the call, cannot pause it, and reports no end of it: docs/internals/n8n-behaviour.md#tools-without-an-execution
 */
export function isInExecution(this: IExecuteFunctions): boolean {
	return Boolean(this.getExecutionId());
}

/** Whether a node is called as a tool by n8n's Agents. They do not tell whether somebody only tries the agent. */
export function isToolOfAgents(this: IExecuteFunctions): boolean {
	return !isInExecution.call(this) && this.getMode() === 'internal';
}

/**
 * What n8n stores with the execution for this node ("node") or for all its nodes ("flow"). Without an execution, n8n throws
 * an error instead, so this gives an empty object, which is forgotten.
 */
export function contextOf(this: IExecuteFunctions, scope: 'node' | 'flow'): IContextObject {
	return isInExecution.call(this) ? this.getContext(scope) : {};
}

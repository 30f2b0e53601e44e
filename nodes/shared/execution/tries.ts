import type { IExecuteFunctions } from 'n8n-workflow';

import { contextOf } from './context';

/** The tries of one run of the node. */
interface Tries {
	/** What identifies the run: an execution that is started by Retry inherits the data of the earlier one. */
	run: string;
	count: number;
}

/** Its key in the node's context. */
const KEY = 'nenAiTries';

/**
 * Counts this try of Retry On Fail, and tells whether n8n will not try again. Call it once in each try. n8n does not
 * tell a node which try it is, so the count is kept in the node's context.
 */
export function isLastTry(this: IExecuteFunctions): boolean {
	const { retryOnFail, maxTries = 3 } = this.getNode();
	if (retryOnFail !== true) return true;
	const run = `${this.getExecutionId()}/${this.getWorkflowDataProxy(0).$runIndex}`;
	const context = contextOf.call(this, 'node');
	const before = context[KEY] as Tries | undefined;
	const count = before?.run === run ? before.count + 1 : 1;
	context[KEY] = { run, count };
	// The limits of n8n: docs/internals/n8n-behaviour.md#several-outputs
	return count >= Math.min(5, Math.max(2, maxTries));
}

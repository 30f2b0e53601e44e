import type { IExecuteFunctions } from 'n8n-workflow';

import { contextOf } from './context';

/** The modes in which somebody tries a workflow in the editor. An evaluation uses pinned data, too. */
const TEST_MODES: unknown[] = ['manual', 'evaluation'];

/** Marks, in the node's context, that this execution is a test. */
const KEY = 'nenAiTest';

/**
 * Whether somebody tries the workflow in the editor: by Execute, with a test URL, or by an evaluation. The same applies
 * to Retry of such an execution, and to a sub-workflow that it calls, if n8n tells:
 * docs/internals/n8n-behaviour.md#test-executions
 */
export function isTestExecution(this: IExecuteFunctions): boolean {
	const context = contextOf.call(this, 'node');
	const isTest =
		TEST_MODES.includes(this.getMode()) ||
		(this.getMode() === 'retry' && (context[KEY] === true || isRetryOfTest.call(this))) ||
		(this.getMode() === 'integrated' && isCalledByTest.call(this));
	if (isTest) context[KEY] = true;
	return isTest;
}

/** A retry has the execution context of the execution that it repeats. */
function isRetryOfTest(this: IExecuteFunctions): boolean {
	// Not every context has it: docs/internals/n8n-behaviour.md#functions-that-may-be-missing
	return TEST_MODES.includes(this.getExecutionContext?.()?.source);
}

/** No function of n8n gives the mode of the execution that called a sub-workflow. */
function isCalledByTest(this: IExecuteFunctions): boolean {
	const { additionalData } = this as unknown as {
		additionalData?: { rootExecutionMode?: string };
	};
	return TEST_MODES.includes(additionalData?.rootExecutionMode);
}

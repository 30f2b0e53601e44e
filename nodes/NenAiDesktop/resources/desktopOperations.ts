import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { Desktops } from '../../shared/transport/desktop/desktops';
import { RETRY_POLICIES } from '../../shared/failures/policies';
import type { Mutation, Query, Service } from '../../shared/execution/itemOperation';
import { describeUncertain, type WrittenOutcome } from '../../shared/execution/outcomes';
import { runItems } from '../../shared/execution/runItems';
import type { ParameterReader } from '../../shared/parameters/parameterReader';

const DESKTOP_API: Service<Desktops> = {
	address: 'desktopUrl',
	open: (node, connection, signal) => new Desktops(node, connection, signal),
	// Anyone with the link of a session can use the desktop.
	hidesLinks: true,
};

/** What operations on desktops set themselves. */
interface DesktopOperation {
	parameters: INodeProperties[];
	/** In seconds; read from the first item. */
	readTimeout?: (ofAll: ParameterReader) => number;
}

export interface DesktopQuery<Input, Result>
	extends DesktopOperation,
		Omit<Query<Desktops, Input, Result>, 'kind' | 'properties' | 'service' | 'settings'> {
	/** Default: as many as other queries. */
	maxConcurrency?: number;
}

/** Reads something for each item: several at a time unless told otherwise, and repeated where that may help. */
export async function queryDesktops<Input, Result>(
	node: IExecuteFunctions,
	{ parameters, readTimeout, maxConcurrency, ...query }: DesktopQuery<Input, Result>,
): Promise<INodeExecutionData[][]> {
	return await runItems(node, {
		...query,
		kind: 'query',
		properties: parameters,
		service: DESKTOP_API,
		settings: settingsOf(maxConcurrency ?? RETRY_POLICIES.query.maxConcurrency, readTimeout),
	});
}

export interface DesktopMutation<Input, Result>
	extends DesktopOperation,
		Omit<
			Mutation<Desktops, Input, Result>,
			'kind' | 'properties' | 'service' | 'settings' | 'ordered' | 'describeOthers'
		> {
	/** What to say of the others that were done, where one has failed. Default: how many. */
	describeDone?: (done: Array<{ result: Result; itemIndex: number }>) => string;
}

/**
 * Does something for each item, one after the other in their order. What was done in an earlier try is not done again.
 * What was rejected there is not done either once a later item has been done: it would come out of order.
 */
export async function mutateDesktops<Input, Result>(
	node: IExecuteFunctions,
	{ parameters, readTimeout, describeDone, ...mutation }: DesktopMutation<Input, Result>,
): Promise<INodeExecutionData[][]> {
	return await runItems(node, {
		...mutation,
		kind: 'mutation',
		ordered: true,
		properties: parameters,
		service: DESKTOP_API,
		settings: settingsOf(RETRY_POLICIES.mutation.maxConcurrency, readTimeout),
		describeOthers: (outcomes, failedIndex) =>
			[
				describeDone?.(doneIn(outcomes)) ?? countDone(outcomes, failedIndex),
				...describeUncertain(outcomes, failedIndex),
			].filter((sentence) => sentence !== ''),
	});
}

/** A desktop takes as long to answer a query as an action. */
function settingsOf(maxConcurrency: number, readTimeout: DesktopOperation['readTimeout']) {
	const { maxTries, timeoutSeconds } = RETRY_POLICIES.mutation;
	return (ofAll: ParameterReader) => ({
		maxConcurrency,
		maxTries,
		timeout: readTimeout?.(ofAll) ?? timeoutSeconds,
	});
}

function doneIn<Result>(
	outcomes: Array<WrittenOutcome<Result>>,
): Array<{ result: Result; itemIndex: number }> {
	return outcomes.flatMap((outcome, itemIndex) =>
		outcome.kind === 'done' ? [{ result: outcome.value, itemIndex }] : [],
	);
}

/** How many of the others NenAI has done, for an error; empty where there are none. */
function countDone<Result>(outcomes: Array<WrittenOutcome<Result>>, failedIndex: number): string {
	const count = outcomes.filter(
		(outcome, index) =>
			outcome.kind === 'done' ||
			(index !== failedIndex && outcome.kind === 'failed' && outcome.failure.done),
	).length;
	if (count === 0) return '';
	return count === 1
		? 'Done before: 1 item. Retry does not do it again.'
		: `Done before: ${count} items. Retry does not do them again.`;
}

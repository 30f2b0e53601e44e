import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { Desktops } from '../../shared/transport/desktop/desktops';
import { RETRY_POLICIES } from '../../shared/failures/policies';
import type { Mutation, Query, Service } from '../../shared/execution/itemOperation';
import { describeUncertain, type WrittenOutcome } from '../../shared/execution/outcomes';
import { runItems } from '../../shared/execution/runItems';
import type { ParameterReader } from '../../shared/parameters/parameterReader';
import { DeletionAtEnd } from './deleteAtEnd';

const DESKTOP_API: Service<Desktops> = {
	address: 'desktopUrl',
	open: (node, connection, signal) => {
		const deletion = new DeletionAtEnd(node);
		return new Desktops(node, connection, signal, (desktopId) =>
			deletion.renew(desktopId, connection),
		);
	},
	// Anyone with the link of a session can use the desktop.
	hidesLinks: true,
};

/** The settings of an operation on desktops. */
interface DesktopOperation {
	parameters: INodeProperties[];
	/** In seconds; read from the first item. */
	readTimeout?: (ofAll: ParameterReader) => number;
}

export interface DesktopQuery<Input, Result>
	extends DesktopOperation,
		Omit<Query<Desktops, Input, Result>, 'kind' | 'properties' | 'service' | 'settings'> {
	/** Default: the number for other queries. */
	maxConcurrency?: number;
}

/**
 * Reads something for each item. Several requests run at a time by default, and a request is repeated if that may help.
 */
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
	/** What an error says about the other items that were done. Default: their number. */
	describeDone?: (done: Array<{ result: Result; itemIndex: number }>) => string;
}

/**
 * Does something for each item, one after the other. An item that an earlier try has done is not done again. An item
 * that NenAI rejected there is not done if a later item has been done, because that would change the order.
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

/** A desktop needs as much time for a query as for an action. */
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

/** The number of other items that NenAI has done, for an error; empty if there are none. */
function countDone<Result>(outcomes: Array<WrittenOutcome<Result>>, failedIndex: number): string {
	const count = outcomes.filter(
		(outcome, index) =>
			outcome.kind === 'done' ||
			(index !== failedIndex && outcome.kind === 'failed' && outcome.failure.done),
	).length;
	if (count === 0) return '';
	return count === 1
		? '1 other item was done. Retry does not do it again.'
		: `${count} other items were done. Retry does not do them again.`;
}

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { Desktops } from '../../shared/transport/desktop/desktops';
import { sanitizeFailure } from '../../shared/transport/desktop/failures';
import type { Attempt, Outcome } from '../../shared/execution/runJobs';
import { describeUncertain } from '../../shared/execution/outcomes';
import type { ParameterReader } from '../../shared/parameters/parameterReader';
import {
	runItems,
	type ItemContext,
	type Mutation,
	type Service,
} from '../../shared/execution/runItems';

/** Seconds. NenAI's own SDKs wait as long for whatever they ask of a desktop. */
export const DEFAULT_TIMEOUT_SECONDS = 120;

/** Tries for what is safe to repeat, the first included. */
const MAX_TRIES = 5;

/** How many lists and states are asked for at the same time. */
const MAX_CONCURRENCY = 10;

const DESKTOP_API: Service<Desktops> = {
	address: 'desktopUrl',
	open: (node, connection, signal) => new Desktops(node, connection, signal),
	redact: sanitizeFailure,
};

/** What all operations on desktops are made of. */
interface DesktopOperation<Input, Result> {
	parameters: INodeProperties[];
	/** What an item asks for. Throws InvalidParameterError. */
	read: (given: ParameterReader, itemIndex: number) => Input | Promise<Input>;
	/** @param mayBeDone whether an earlier try of an idempotent operation has left open if it was done */
	run: (
		desktops: Desktops,
		input: Input,
		itemIndex: number,
		mayBeDone: boolean,
	) => Promise<Attempt<Result>>;
	toItems: (result: Result, input: Input) => INodeExecutionData[] | Promise<INodeExecutionData[]>;
	/** Adds to an answer what a further query gives, also to an answer of an earlier try. */
	enrich?: (
		desktops: Desktops,
		result: Result,
		input: Input,
		itemIndex: number,
	) => Promise<Attempt<Result>>;
	/** In seconds; read from the first item. */
	readTimeout?: (ofAll: ParameterReader) => number;
}

/** Reads something for each item: several at a time unless told otherwise, and repeated where that may help. */
export async function queryDesktops<Input, Result>(
	node: IExecuteFunctions,
	query: DesktopOperation<Input, Result> & { maxConcurrency?: number },
): Promise<INodeExecutionData[][]> {
	return await runItems(node, {
		...toItemOperation(query, query.maxConcurrency ?? MAX_CONCURRENCY),
		kind: 'query',
	});
}

/** What does something that may not be done twice. */
export interface DesktopMutation<Input, Result>
	extends DesktopOperation<Input, Result>,
		Pick<Mutation<Desktops, Input, Result>, 'idempotent' | 'isComplete' | 'incompleteHint'> {
	/** `resource/operation`. */
	name: string;
	/** How to find out whether it was done, where the answer was lost. */
	recoveryHint: string;
	/** Whether it only looks after all, so that nothing of it is remembered. */
	isQuery?: (input: Input) => boolean;
	/** What of an answer is kept for a next try, as plain JSON. It is what comes out then. */
	toJournal: (result: Result) => Result;
	/** What to say of the others that were done, where one has failed. */
	describeDone?: (done: Array<{ result: Result; itemIndex: number }>) => string;
}

/**
 * Does something for each item, one after the other in their order. What was done in an earlier try is not done again.
 * What was rejected there is not done either once a later item has been done: it would come out of order.
 */
export async function mutateDesktops<Input, Result>(
	node: IExecuteFunctions,
	mutation: DesktopMutation<Input, Result>,
): Promise<INodeExecutionData[][]> {
	const {
		name,
		idempotent,
		isComplete,
		incompleteHint,
		toJournal,
		isQuery,
		recoveryHint,
		describeDone,
	} = mutation;
	return await runItems(node, {
		...toItemOperation(mutation, 1),
		kind: 'mutation',
		name,
		ordered: true,
		idempotent,
		isComplete,
		incompleteHint,
		toJournal,
		recoveryHint,
		isQuery,
		describeOthers: (outcomes, failedIndex) =>
			[
				describeDone?.(doneIn(outcomes)) ?? countDone(outcomes, failedIndex),
				...describeUncertain(outcomes, failedIndex),
			].filter((sentence) => sentence !== ''),
	});
}

function toItemOperation<Input, Result>(
	{ parameters, read, run, toItems, enrich, readTimeout }: DesktopOperation<Input, Result>,
	maxConcurrency: number,
) {
	return {
		properties: parameters,
		service: DESKTOP_API,
		settings: (ofAll: ParameterReader) => ({
			maxConcurrency,
			maxTries: MAX_TRIES,
			timeout: readTimeout?.(ofAll) ?? DEFAULT_TIMEOUT_SECONDS,
		}),
		read: async (given: ParameterReader, { itemIndex }: ItemContext) =>
			await read(given, itemIndex),
		run,
		toItems,
		enrich,
	};
}

function doneIn<Result>(
	outcomes: Array<Outcome<Result>>,
): Array<{ result: Result; itemIndex: number }> {
	return outcomes.flatMap((outcome, itemIndex) =>
		outcome.kind === 'done' ? [{ result: outcome.value, itemIndex }] : [],
	);
}

/** How many of the others NenAI has done, for an error; empty where there are none. */
function countDone<Result>(outcomes: Array<Outcome<Result>>, failedIndex: number): string {
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

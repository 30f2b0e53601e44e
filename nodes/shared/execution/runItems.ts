import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { excerpt } from '../failures/excerpt';
import { writeFailure, type Failure, type WrittenFailure } from '../failures/failure';
import { NO_SECRETS } from '../failures/redact';
import { say, type Text } from '../failures/text';
import { InvalidParameterError, toFailure } from '../parameters/invalidParameter';
import type { ItemOperation, Mutation, Query, RunSettings } from './itemOperation';
import { openJournal, type Journal } from './journal';
import { firstFailure, type WrittenOutcome } from './outcomes';
import { ItemReader, requestOf, type Caller, type PlannedItem, type ReadyItem } from './readItems';
import { DONE_ALREADY, Report, SKIPPED, type ItemOutcome } from './report';
import type { Attempt } from './retry';
import { runJobs } from './runJobs';

type WrittenAttempt<Result> = Attempt<Result, WrittenFailure>;

/** One request of an item. */
interface Job<Client, Input> {
	itemIndex: number;
	item: ReadyItem<Client, Input>;
	input: Input;
}

/**
 * Runs an operation for each item of the input. All items are read, each with its own credential, before anything is
 * sent. The output has the order of the items, and each output item is linked to its item. The first failure ends the
 * execution. With On Error set to one of the two "Continue" modes, and in tools of agents, the failure comes out as an
 * item. How it works: docs/internals/architecture.md#how-an-item-goes-through-runitems
 */
export async function runItems<Client, Input, Result>(
	node: IExecuteFunctions,
	operation: ItemOperation<Client, Input, Result>,
): Promise<INodeExecutionData[][]> {
	if (node.getInputData().length === 0) return [[]];
	return await new ItemRun(node, operation).run();
}

class ItemRun<Client, Input, Result> {
	private readonly query?: Query<Client, Input, Result>;

	private readonly mutation?: Mutation<Client, Input, Result>;

	private readonly journal?: Journal<Result>;

	private readonly stopOnFailure: boolean;

	/** Aborts the requests of queries when one has failed. */
	private readonly gaveUp = new AbortController();

	constructor(
		private readonly node: IExecuteFunctions,
		private readonly operation: ItemOperation<Client, Input, Result>,
	) {
		this.stopOnFailure = !node.continueOnFail();
		if (operation.kind === 'query') this.query = operation;
		else {
			this.mutation = operation;
			this.journal = openJournal(node, operation.name, sentBefore(operation.recoveryHint));
		}
	}

	async run(): Promise<INodeExecutionData[][]> {
		const reader = new ItemReader(this.node, this.operation, this.signal());
		const plan = await reader.readAll();
		const report = new Report(this.node, this.operation, plan, this.journal);
		const known = plan.map((planned, index) => this.whatIsKnown(planned, index));
		const { outcomes, first } = await this.runRest(plan, known, reader);
		report.hintAtChanges(known);
		if (first !== undefined && this.stopOnFailure) throw report.toError(outcomes, first);
		report.hintAtResults(outcomes);
		return [await report.toItems(outcomes)];
	}

	/** Aborts the requests when the execution is stopped, or when another query has failed. */
	private signal(): AbortSignal | undefined {
		const signals = [
			this.node.getExecutionCancelSignal(),
			this.query !== undefined && this.stopOnFailure ? this.gaveUp.signal : undefined,
		].filter((signal) => signal !== undefined);
		return signals.length > 0 ? AbortSignal.any(signals) : undefined;
	}

	/** How an item ends without a request; `untried` if a request is needed. */
	private whatIsKnown(planned: PlannedItem<Client, Input>, itemIndex: number): ItemOutcome<Result> {
		if (planned.kind === 'passedOn') return { kind: 'done', value: SKIPPED };
		const previous = this.previous(planned, itemIndex);
		if (previous !== undefined)
			return planned.kind === 'ready' ? previous : this.orIncomplete(previous);
		return planned.kind === 'unreadable'
			? { kind: 'failed', failure: planned.failure }
			: { kind: 'untried' };
	}

	/** The outcome of an earlier try, unless the item must be tried again. */
	private previous(
		planned: PlannedItem<Client, Input>,
		itemIndex: number,
	): WrittenOutcome<Result> | undefined {
		const { journal, mutation } = this;
		if (planned.kind === 'ready' && mutation?.isQuery?.(planned.input)) return undefined;
		const previous = journal?.previous(itemIndex);
		if (previous === undefined || mutation === undefined) return undefined;
		if (previous.kind === 'done') {
			const failure = mutation.onDoneBefore?.(previous.value);
			return failure === undefined
				? previous
				: { kind: 'failed', failure: writeFailure(failure, NO_SECRETS) };
		}
		return mutation.idempotent && planned.kind === 'ready' && !journal?.isOfOther(itemIndex)
			? undefined
			: previous;
	}

	/** The result of an earlier try, or a failure if the result lacks a part that was not kept. */
	private orIncomplete(outcome: WrittenOutcome<Result>): WrittenOutcome<Result> {
		const { mutation } = this;
		if (
			outcome.kind !== 'done' ||
			mutation?.isComplete === undefined ||
			mutation.isComplete(outcome.value)
		)
			return outcome;
		const failure: Failure = {
			message: say`NenAI has done this in an earlier try, but its response was not kept`,
			hint: mutation.incompleteHint ?? say`Start a new execution of the workflow to do it again.`,
			done: true,
		};
		return { kind: 'failed', failure: writeFailure(failure, NO_SECRETS) };
	}

	/**
	 * Sends the remaining requests, unless an unreadable item stops all of them. `outcomes` are those of each item.
	 * `first` is the failure to report.
	 */
	private async runRest(
		plan: Array<PlannedItem<Client, Input>>,
		known: Array<ItemOutcome<Result>>,
		{ settings, callers }: ItemReader<Client, Input, Result>,
	) {
		const alone = known.map((outcome) => [outcome]);
		const isNewProblem = ({ kind }: PlannedItem<Client, Input>, index: number) =>
			kind === 'unreadable' && this.journal?.previous(index) === undefined;
		if (
			settings instanceof InvalidParameterError ||
			(this.stopOnFailure && plan.some(isNewProblem))
		)
			return { outcomes: alone, first: firstFailure(known) };

		const toRun = this.indexesToRun(plan, known);
		const jobs = toRun.flatMap((index) => this.jobsOf(plan[index], index));
		const { results, firstToFail } = await this.runJobs(jobs, settings);
		for (const { client } of callers.values()) this.operation.service.close?.(client);
		const ofItem = new Map<number, Array<ItemOutcome<Result>>>(toRun.map((index) => [index, []]));
		results.forEach((outcome, job) => ofItem.get(jobs[job].itemIndex)?.push(outcome));
		const outcomes = alone.map((outcome, index) => ofItem.get(index) ?? outcome);
		return { outcomes, first: firstToFail ?? firstOf(outcomes) };
	}

	/**
	 * Items that need a request. If the order matters and a failure stops the node, items after the first failed one
	 * are left out.
	 */
	private indexesToRun(
		plan: Array<PlannedItem<Client, Input>>,
		known: Array<ItemOutcome<Result>>,
	): number[] {
		const firstFailed =
			this.mutation?.ordered && this.stopOnFailure
				? known.findIndex(({ kind }) => kind === 'failed')
				: -1;
		const end = firstFailed < 0 ? known.length : firstFailed;
		const isLeft = ({ kind }: ItemOutcome<Result>, index: number) =>
			kind === 'untried' ||
			(kind === 'done' && plan[index].kind === 'ready' && this.operation.enrich !== undefined);
		return known.slice(0, end).flatMap((outcome, index) => (isLeft(outcome, index) ? [index] : []));
	}

	/** The requests of an item. */
	private jobsOf(item: PlannedItem<Client, Input>, itemIndex: number): Array<Job<Client, Input>> {
		if (item.kind !== 'ready') return [];
		const inputs = this.query?.expand?.(item.input) ?? [item.input];
		return inputs.map((input) => ({ itemIndex, item, input }));
	}

	private async runJobs(jobs: Array<Job<Client, Input>>, settings: RunSettings) {
		const { query } = this;
		let firstToFail: ReturnType<typeof firstFailure>;
		const attempt = async (index: number): Promise<WrittenAttempt<Result>> => {
			const result = await this.attempt(jobs[index]);
			if (result.kind === 'failed' && this.stopOnFailure && query !== undefined) {
				firstToFail ??= { index: jobs[index].itemIndex, failure: result.failure };
				this.gaveUp.abort();
			}
			return result;
		};
		const skippedFailure = query?.skippedFailure;
		const results = await runJobs(jobs.length, attempt, {
			...settings,
			stopOnFailure: this.stopOnFailure,
			signal: this.node.getExecutionCancelSignal(),
			// Requests with the same API key and address wait for each other: a limit for one limits all of them.
			groupOf: (index) => query?.groupOf?.(jobs[index].input) ?? jobs[index].item.caller.id,
			skippedFailure:
				skippedFailure &&
				((index, first) =>
					writeFailure(skippedFailure(jobs[index].input, first), jobs[index].item.caller.redactor)),
		});
		return { results, firstToFail };
	}

	/** Does not throw: an error of one item must not affect the others. */
	private async attempt(job: Job<Client, Input>): Promise<WrittenAttempt<Result>> {
		const { item, itemIndex, input } = job;
		const { caller } = item;
		const { mutation, operation } = this;
		const previous = this.previous(item, itemIndex);
		// A further request would use the new input for the result of the old one.
		if (previous?.kind === 'done' && this.journal?.hasChanged(itemIndex, requestOf(item)))
			return this.orIncomplete(previous) as Exclude<WrittenOutcome<Result>, { kind: 'untried' }>;
		const done =
			mutation === undefined || mutation.isQuery?.(input)
				? await this.send(job)
				: await this.sendOnce(mutation, job);
		if (done.kind !== 'done' || operation.enrich === undefined) return done;
		try {
			return written(await operation.enrich(caller.client, done.value, input), caller);
		} catch (error) {
			const failure: Failure = {
				message: say`NenAI has done this, but an additional request for it failed: ${excerpt((error as Error).message)}`,
				hint: DONE_ALREADY,
				done: true,
			};
			return written({ kind: 'failed', failure }, caller);
		}
	}

	private async sendOnce(
		mutation: Mutation<Client, Input, Result>,
		job: Job<Client, Input>,
	): Promise<WrittenAttempt<Result>> {
		const { item, itemIndex } = job;
		const journal = this.journal as Journal<Result>;
		const previous = this.previous(item, itemIndex);
		if (previous !== undefined && previous.kind !== 'untried') return previous;
		if (mutation.ordered && !mutation.idempotent && journal.hasLaterEntry(itemIndex))
			return { kind: 'failed', failure: tooLate(journal.rejection(itemIndex)) };
		const mayBeDone = journal.previous(itemIndex) !== undefined;
		try {
			journal.markSent(itemIndex, requestOf(item));
		} catch (error) {
			return written({ kind: 'failed', failure: toFailure(error) }, item.caller);
		}
		const attempt = await this.send(job, mayBeDone);
		journal.record(
			itemIndex,
			attempt.kind === 'done'
				? { kind: 'done', value: mutation.toJournal?.(attempt.value) ?? attempt.value }
				: attempt,
		);
		return attempt;
	}

	/** The only place where an operation sends its request, and where a failure becomes text. */
	private async send(
		{ item: { caller }, input }: Job<Client, Input>,
		mayBeDone = false,
	): Promise<WrittenAttempt<Result>> {
		try {
			return written(await this.operation.run(caller.client, input, mayBeDone), caller);
		} catch (error) {
			return written({ kind: 'failed', failure: this.unexpected(error as Error) }, caller);
		}
	}

	/** The failure for an error during a request: it is not known how far the request got. */
	private unexpected({ message }: Error): Failure {
		if (this.mutation === undefined)
			return {
				message: say`The response could not be processed: ${excerpt(message)}`,
				hint: say`This operation only reads data, so you can run the node again. If the error occurs again, look for a newer version of this package, or report the error to its maintainers.`,
			};
		return {
			message: say`It is not known whether NenAI did this: the response could not be processed (${excerpt(message)})`,
			hint: this.mutation.recoveryHint,
			uncertain: true,
		};
	}
}

/** The attempt, with its failure as text without secrets. */
function written<T, Client>(attempt: Attempt<T>, { redactor }: Caller<Client>): WrittenAttempt<T> {
	return attempt.kind === 'done'
		? attempt
		: { ...attempt, failure: writeFailure(attempt.failure, redactor) };
}

/** The failure to report. Each item may have had several requests. */
function firstOf<T>(outcomes: Array<Array<WrittenOutcome<T>>>) {
	const itemOf = outcomes.flatMap((ofItem, index) => ofItem.map(() => index));
	const first = firstFailure(outcomes.flat());
	return first && { ...first, index: itemOf[first.index] };
}

function sentBefore(recoveryHint: Text): WrittenFailure {
	const failure: Failure = {
		message: say`It is not known whether NenAI did this: the execution was stopped before the response came`,
		hint: recoveryHint,
		uncertain: true,
	};
	return writeFailure(failure, NO_SECRETS);
}

/** @param rejection why an earlier try did not do the item */
function tooLate(
	{ message, hint }: Pick<WrittenFailure, 'message' | 'hint'> = {
		message: 'This item was not done in an earlier try',
		hint: '',
	},
): WrittenFailure {
	return {
		message,
		hint: `${hint} It is not done now, because later items have already been done: start a new execution.`.trim(),
	};
}

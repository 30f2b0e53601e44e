import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { excerpt } from '../failures/excerpt';
import { toNodeError, writeFailure, type WrittenFailure } from '../failures/failure';
import { join, say } from '../failures/text';
import type { ItemOperation, Mutation, Query } from './itemOperation';
import type { Journal } from './journal';
import { errorItem, failureOfOutcome, type WrittenOutcome } from './outcomes';
import { redactorOf, requestOf, type PlannedItem } from './readItems';

/** The outcome of an item that is passed on unchanged. */
export const SKIPPED = Symbol('passed on');

export type ItemOutcome<Result> = WrittenOutcome<Result | typeof SKIPPED>;

export const DONE_ALREADY = say`Retry does not do it again.`;

/** Turns the outcomes of the items into output items, an error, and hints on the execution. */
export class Report<Client, Input, Result> {
	private readonly query?: Query<Client, Input, Result>;

	private readonly mutation?: Mutation<Client, Input, Result>;

	private readonly stopOnFailure: boolean;

	constructor(
		private readonly node: IExecuteFunctions,
		private readonly operation: ItemOperation<Client, Input, Result>,
		private readonly plan: Array<PlannedItem<Client, Input>>,
		private readonly journal?: Journal<Result>,
	) {
		this.stopOnFailure = !node.continueOnFail();
		if (operation.kind === 'query') this.query = operation;
		else this.mutation = operation;
	}

	/** The output items of all items, in their order. Throws if a result cannot be stored and failures end the execution. */
	async toItems(outcomes: Array<Array<ItemOutcome<Result>>>): Promise<INodeExecutionData[]> {
		const items = outcomes.map(async (_, index) => await this.toOutput(outcomes, index));
		return (await Promise.all(items)).flat();
	}

	/** The output items of one item, each linked to it. */
	private async toOutput(
		outcomes: Array<Array<ItemOutcome<Result>>>,
		itemIndex: number,
	): Promise<INodeExecutionData[]> {
		const [planned, ofItem] = [this.plan[itemIndex], outcomes[itemIndex]];
		const failed = ofItem.flatMap((outcome) =>
			outcome.kind === 'done'
				? []
				: [this.toErrorItem(planned, failureOfOutcome(outcome), itemIndex)],
		);
		const values = ofItem.flatMap((outcome) => (outcome.kind === 'done' ? [outcome.value] : []));
		if (values.includes(SKIPPED))
			return [{ ...this.node.getInputData()[itemIndex], pairedItem: { item: itemIndex } }];
		const results = values as Result[];
		try {
			const items = [...(await this.itemsOf(planned, results)), ...failed];
			return items.map((item) => Object.assign(item, { pairedItem: { item: itemIndex } }));
		} catch (error) {
			const failure = this.notStored(planned, error as Error, results[0]);
			if (!this.stopOnFailure) return [this.toErrorItem(planned, failure, itemIndex)];
			throw this.toError(outcomes, { index: itemIndex, failure });
		}
	}

	private async itemsOf(
		planned: PlannedItem<Client, Input>,
		results: Result[],
	): Promise<INodeExecutionData[]> {
		// A result of an earlier try may belong to an item that can no longer be read.
		const input = planned.kind === 'ready' ? planned.input : (undefined as Input);
		const combined = results.length > 0 ? this.query?.combine?.(results, input) : undefined;
		if (combined !== undefined) return combined;
		const made = results.map(async (result) => await this.operation.toItems(result, input));
		return (await Promise.all(made)).flat();
	}

	/** NenAI has done this, although n8n could not store the response. */
	private notStored(
		planned: PlannedItem<Client, Input>,
		error: Error,
		result: Result,
	): WrittenFailure {
		const label = this.mutation?.label?.(result);
		const done =
			this.mutation === undefined
				? undefined
				: join(
						say`NenAI has done this${label === undefined ? '' : say` (${label})`}.`,
						DONE_ALREADY,
					);
		return writeFailure(
			{
				message: say`The response could not be stored: ${excerpt(error.message)}`,
				hint: join(say`Check n8n's binary data settings and its free storage space.`, done),
			},
			redactorOf(planned),
		);
	}

	/** An item with its error. */
	private toErrorItem(
		planned: PlannedItem<Client, Input>,
		failure: WrittenFailure,
		itemIndex: number,
	): INodeExecutionData {
		const fields =
			'input' in planned && planned.input !== undefined
				? this.operation.echo?.(planned.input)
				: undefined;
		const claim =
			this.journal?.rejection(itemIndex) === undefined
				? 'Nothing was sent for this item.'
				: 'Nothing was sent for this item in this try.';
		const said = this.withClaim(planned, failure, itemIndex, claim);
		return errorItem.call(this.node, said, itemIndex, fields);
	}

	/** The error to throw if a failure ends the execution. */
	toError(
		outcomes: Array<Array<ItemOutcome<Result>>>,
		{ index, failure }: { index: number; failure: WrittenFailure },
	): Error {
		const nothing =
			this.journal === undefined || this.journal.isEmpty
				? 'Nothing was sent.'
				: 'Nothing was sent in this try.';
		const said = this.withClaim(this.plan[index], failure, index, nothing);
		// Only queries have several requests for one item.
		const ofItems = outcomes.map(([outcome]) => outcome as WrittenOutcome<Result>);
		const others = this.mutation?.describeOthers(ofItems, index) ?? [];
		return toNodeError(
			this.node.getNode(),
			{ ...said, hint: [said.hint, ...others].join(' ').trim() },
			index,
		);
	}

	/**
	 * Adds that nothing was sent, if that is certain: the item could not be read, and no earlier try left an entry for
	 * it.
	 */
	private withClaim(
		planned: PlannedItem<Client, Input>,
		failure: WrittenFailure,
		itemIndex: number,
		claim: string,
	): WrittenFailure {
		if (planned.kind !== 'unreadable' || this.journal?.previous(itemIndex) !== undefined)
			return failure;
		return { ...failure, hint: `${failure.hint} ${claim}`.trim() };
	}

	/** Says on the execution which items were not done again although their request is different now. */
	hintAtChanges(known: Array<ItemOutcome<Result>>) {
		const { mutation } = this;
		if (mutation === undefined) return;
		const changed = known.flatMap((outcome, index) => {
			const planned = this.plan[index];
			if (
				outcome.kind !== 'done' ||
				outcome.value === SKIPPED ||
				planned.kind !== 'ready' ||
				mutation.isQuery?.(planned.input)
			)
				return [];
			if (!this.journal?.hasChanged(index, requestOf(planned))) return [];
			const label = mutation.label?.(outcome.value) ?? '';
			return [`item ${index}${label === '' ? '' : ` (${label})`}`];
		});
		if (changed.length === 0) return;
		this.addHint(
			`These were not done again, although their parameters have changed since an earlier try: ${changed.join(', ')}. To do them again, start a new execution of the workflow.`,
		);
	}

	/** Shows the operation's hints about inputs and results on the execution. */
	hintAtResults(outcomes: Array<Array<ItemOutcome<Result>>>) {
		const inputs = this.plan.map((planned) =>
			planned.kind === 'ready' ? planned.input : undefined,
		);
		for (const hint of this.query?.hintAtInputs?.(inputs) ?? [])
			this.addHint(hint.write(redactorOf(this.plan[0])));
		for (const [index, ofItem] of outcomes.entries())
			for (const outcome of ofItem) {
				const hint =
					outcome.kind === 'done' && outcome.value !== SKIPPED
						? this.operation.hint?.(outcome.value)
						: undefined;
				if (hint !== undefined)
					this.addHint(say`Item ${index}: ${hint}`.write(redactorOf(this.plan[index])));
			}
	}

	private addHint(message: string) {
		// Not every context has it: docs/internals/n8n-behaviour.md#functions-that-may-be-missing
		this.node.addExecutionHints?.({ message, location: 'outputPane' });
	}
}

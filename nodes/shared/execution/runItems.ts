import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { connect, type Connection } from '../transport/http/connection';
import { readCredential, secretsOf } from '../transport/credential';
import { excerpt } from '../failures/excerpt';
import { toNodeError, writeFailure, type Failure, type WrittenFailure } from '../failures/failure';
import { NO_SECRETS, Redactor } from '../failures/redact';
import { join, say, type Text } from '../failures/text';
import { InvalidParameterError, toFailure } from '../parameters/invalidParameter';
import { checkCredential } from '../parameters/requestLimits';
import { ParameterReader } from '../parameters/parameterReader';
import { resolveCredentials } from './itemCredentials';
import type { ItemOperation, Mutation, Query, RunSettings } from './itemOperation';
import { openJournal, type Journal } from './journal';
import { errorItem, failureOfOutcome, firstFailure, type WrittenOutcome } from './outcomes';
import type { Attempt } from './retry';
import { runJobs } from './runJobs';

/** The outcome of an item that is passed on unchanged. */
const SKIPPED = Symbol('passed on');

type ItemOutcome<Result> = WrittenOutcome<Result | typeof SKIPPED>;
type WrittenAttempt<Result> = Attempt<Result, WrittenFailure>;

/** An item after it was read. */
type PlannedItem<Client, Input> =
	| { kind: 'passedOn' }
	| { kind: 'unreadable'; failure: WrittenFailure; input?: Input }
	| ReadyItem<Client, Input>;

interface ReadyItem<Client, Input> {
	kind: 'ready';
	input: Input;
	caller: Caller<Client>;
}

/**
 * The credential of an item. Its secrets are known even if nothing can be sent with it, so that no error contains them.
 */
type Access = { redactor: Redactor } & (
	| { connection: Connection; failure?: undefined }
	| { failure: Failure; connection?: undefined }
);

/** Sends the requests of an item. There is one for each API key and address. */
interface Caller<Client> {
	/** Identifies the API key and the address. */
	id: string;
	client: Client;
	redactor: Redactor;
}

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

	private readonly callers = new Map<string, Caller<Client>>();

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
		const settings = this.readSettings();
		const plan: Array<PlannedItem<Client, Input>> = [];
		for (const [index, credential] of (await resolveCredentials(this.node)).entries())
			plan.push(await this.readItem(index, credential, settings));
		const known = plan.map((planned, index) => this.whatIsKnown(planned, index));
		const { outcomes, first } = await this.runRest(plan, known, settings);
		this.hintAtChanges(plan, known);
		if (first !== undefined && this.stopOnFailure) throw this.toError(plan, outcomes, first);
		this.hintAtResults(plan, outcomes);
		const items = await Promise.all(
			outcomes.map(async (ofItem, index) => await this.toOutput(plan, outcomes, ofItem, index)),
		);
		return [items.flat()];
	}

	/** Does not throw: the results of earlier tries must be reported in any case. */
	private readSettings(): RunSettings | InvalidParameterError {
		try {
			return this.operation.settings(this.readerOf(0));
		} catch (error) {
			return new InvalidParameterError(toFailure(error));
		}
	}

	/** Does not throw: an item that cannot be read may come out with its error. */
	private async readItem(
		itemIndex: number,
		credential: ICredentialDataDecryptedObject | Error,
		settings: RunSettings | InvalidParameterError,
	): Promise<PlannedItem<Client, Input>> {
		const { node, operation } = this;
		const given = this.readerOf(itemIndex);
		const access = this.readAccess(credential, settings);
		const unreadable = (error: unknown, input?: Input): PlannedItem<Client, Input> => ({
			kind: 'unreadable',
			failure: writeFailure(toFailure(error), access.redactor),
			input,
		});
		try {
			if (operation.skipIf?.(node.getInputData()[itemIndex], given)) return { kind: 'passedOn' };
		} catch (error) {
			return unreadable(error);
		}
		const noAccess = access.failure && new InvalidParameterError(access.failure);
		try {
			const input = await operation.read(given, {
				itemIndex,
				get connection() {
					if (access.connection === undefined) throw new InvalidParameterError(access.failure);
					return access.connection;
				},
			});
			if (access.connection === undefined) return unreadable(noAccess, input);
			return { kind: 'ready', input, caller: this.callerOf(access.connection, access.redactor) };
		} catch (error) {
			return unreadable(noAccess ?? error);
		}
	}

	/** The connection for the credential of an item, or why nothing can be sent with it. Does not throw. */
	private readAccess(
		data: ICredentialDataDecryptedObject | Error,
		settings: RunSettings | InvalidParameterError,
	): Access {
		const { address, hidesLinks } = this.operation.service;
		const redactorOf = (secrets: string[]) =>
			new Redactor(secrets, hidesLinks ? 'hidden' : 'withoutQuery');
		if (data instanceof Error) return { redactor: redactorOf([]), failure: toFailure(data) };
		const redactor = redactorOf(secretsOf(readCredential(data)));
		try {
			if (settings instanceof InvalidParameterError) throw settings;
			const connection = connect(data, settings);
			if (address !== undefined) checkCredential(connection.credential, address);
			return { redactor, connection };
		} catch (error) {
			return { redactor, failure: toFailure(error) };
		}
	}

	private readerOf(itemIndex: number): ParameterReader {
		return new ParameterReader(
			this.operation.properties,
			(name) => this.node.getNodeParameter(name, itemIndex, null),
			this.node.getNode().parameters,
		);
	}

	private callerOf(connection: Connection, redactor: Redactor): Caller<Client> {
		const { address, open } = this.operation.service;
		const { apiKey, deploymentId, baseUrl } = connection.credential;
		const id = JSON.stringify([
			address === undefined ? baseUrl : connection.credential[address],
			apiKey,
			deploymentId,
		]);
		const known = this.callers.get(id);
		if (known !== undefined) return known;
		const signals = [
			this.node.getExecutionCancelSignal(),
			this.query !== undefined && this.stopOnFailure ? this.gaveUp.signal : undefined,
		].filter((signal) => signal !== undefined);
		const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
		const caller = { id, redactor, client: open(this.node, connection, signal) };
		this.callers.set(id, caller);
		return caller;
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
		if (previous.kind === 'done')
			return mutation.onDoneBefore === undefined
				? previous
				: {
						kind: 'failed',
						failure: writeFailure(mutation.onDoneBefore(previous.value), NO_SECRETS),
					};
		return mutation.idempotent && planned.kind === 'ready' && !journal?.isOfOther(itemIndex)
			? undefined
			: previous;
	}

	/** Whether the request of an item differs from the one that an earlier try sent. */
	private hasChanged({ input, caller }: ReadyItem<Client, Input>, itemIndex: number): boolean {
		try {
			return this.journal?.hasChanged(itemIndex, requestOf(input, caller)) ?? false;
		} catch {
			// A request that cannot be written as JSON was not sent before.
			return true;
		}
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
		settings: RunSettings | InvalidParameterError,
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
		for (const { client } of this.callers.values()) this.operation.service.close?.(client);
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
		if (previous?.kind === 'done' && this.hasChanged(item, itemIndex))
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
		const { item, itemIndex, input } = job;
		const journal = this.journal as Journal<Result>;
		const previous = this.previous(item, itemIndex);
		if (previous !== undefined && previous.kind !== 'untried') return previous;
		if (mutation.ordered && !mutation.idempotent && journal.hasLaterEntry(itemIndex))
			return { kind: 'failed', failure: tooLate(journal.rejection(itemIndex)) };
		const mayBeDone = journal.previous(itemIndex) !== undefined;
		try {
			journal.markSent(itemIndex, requestOf(input, item.caller));
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

	/** The one place where an operation sends its request, and where its failure becomes text. */
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

	/** The error happened during a request, so nobody knows whether it was done. */
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

	/** The output items of an item, each linked to it. */
	private async toOutput(
		plan: Array<PlannedItem<Client, Input>>,
		outcomes: Array<Array<ItemOutcome<Result>>>,
		ofItem: Array<ItemOutcome<Result>>,
		itemIndex: number,
	): Promise<INodeExecutionData[]> {
		const planned = plan[itemIndex];
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
			const items = [...(await this.toItems(planned, results)), ...failed];
			return items.map((item) => Object.assign(item, { pairedItem: { item: itemIndex } }));
		} catch (error) {
			const failure = this.notStored(planned, error as Error, results[0]);
			if (!this.stopOnFailure) return [this.toErrorItem(planned, failure, itemIndex)];
			throw this.toError(plan, outcomes, { index: itemIndex, failure });
		}
	}

	private async toItems(
		planned: PlannedItem<Client, Input>,
		results: Result[],
	): Promise<INodeExecutionData[]> {
		// The item of an earlier try's result may be unreadable now.
		const input = planned.kind === 'ready' ? planned.input : (undefined as Input);
		const combined = results.length > 0 ? this.query?.combine?.(results, input) : undefined;
		if (combined !== undefined) return combined;
		const made = results.map(async (result) => await this.operation.toItems(result, input));
		return (await Promise.all(made)).flat();
	}

	/** The failure if n8n could not store a result. NenAI has done it nevertheless. */
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
			planned.kind === 'ready' ? planned.caller.redactor : NO_SECRETS,
		);
	}

	/** The error item of an item. */
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

	private toError(
		plan: Array<PlannedItem<Client, Input>>,
		outcomes: Array<Array<ItemOutcome<Result>>>,
		{ index, failure }: { index: number; failure: WrittenFailure },
	): Error {
		const nothing =
			this.journal === undefined || this.journal.isEmpty
				? 'Nothing was sent.'
				: 'Nothing was sent in this try.';
		const said = this.withClaim(plan[index], failure, index, nothing);
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
	private hintAtChanges(
		plan: Array<PlannedItem<Client, Input>>,
		known: Array<ItemOutcome<Result>>,
	) {
		const { mutation } = this;
		if (mutation === undefined) return;
		const changed = known.flatMap((outcome, index) => {
			const planned = plan[index];
			if (
				outcome.kind !== 'done' ||
				outcome.value === SKIPPED ||
				planned.kind !== 'ready' ||
				mutation.isQuery?.(planned.input)
			)
				return [];
			if (!this.hasChanged(planned, index)) return [];
			const label = mutation.label?.(outcome.value) ?? '';
			return [`item ${index}${label === '' ? '' : ` (${label})`}`];
		});
		if (changed.length === 0) return;
		this.addHint(
			`These were not done again, although their parameters have changed since an earlier try: ${changed.join(', ')}. To do them again, start a new execution of the workflow.`,
		);
	}

	/** Shows the operation's hints about inputs and results on the execution. */
	private hintAtResults(
		plan: Array<PlannedItem<Client, Input>>,
		outcomes: Array<Array<ItemOutcome<Result>>>,
	) {
		const inputs = plan.map((planned) => (planned.kind === 'ready' ? planned.input : undefined));
		for (const hint of this.query?.hintAtInputs?.(inputs) ?? [])
			this.addHint(hint.write(this.redactorOf(plan[0])));
		for (const [index, ofItem] of outcomes.entries())
			for (const outcome of ofItem) {
				const hint =
					outcome.kind === 'done' && outcome.value !== SKIPPED
						? this.operation.hint?.(outcome.value)
						: undefined;
				if (hint !== undefined)
					this.addHint(say`Item ${index}: ${hint}`.write(this.redactorOf(plan[index])));
			}
	}

	private redactorOf(planned: PlannedItem<Client, Input>): Redactor {
		return planned.kind === 'ready' ? planned.caller.redactor : NO_SECRETS;
	}

	private addHint(message: string) {
		// Not every context has it: docs/internals/n8n-behaviour.md#functions-that-may-be-missing
		this.node.addExecutionHints?.({ message, location: 'outputPane' });
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

const DONE_ALREADY = say`Retry does not do it again.`;

/** What identifies the request of an item: its caller and its input. The journal keeps a hash of it. */
function requestOf<Client>(input: unknown, { id }: Caller<Client>): unknown {
	return [id, input];
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

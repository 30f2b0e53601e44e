import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { excerptOf } from '../transport/http/classify';
import { connect, type Connection, type RequestLimits } from '../transport/http/connection';
import { readCredential, type NenAiCredential, type UrlField } from '../transport/credential';
import { toError, type Failure } from '../failures/failure';
import { redactEntered } from '../failures/redact';
import { runJobs, type Attempt, type Outcome } from './runJobs';
import { InvalidParameterError, toFailure } from '../parameters/invalidParameter';
import { resolveCredentials } from './itemCredentials';
import { errorItem, failureOfOutcome, firstFailure } from './outcomes';
import { openJournal, type Journal } from './journal';
import { checkCredential } from '../parameters/requestLimits';
import { ParameterReader } from '../parameters/parameterReader';

/** A service of NenAI's: where it is, and what sends requests to it. */
export interface Service<Client> {
	/** The field of the credential that holds its address. */
	address: UrlField;
	/** Makes what sends the requests that use one credential. `signal` ends them. */
	open: (
		node: IExecuteFunctions,
		connection: Connection,
		signal: AbortSignal | undefined,
	) => Client;
	/** Called when all items are done. */
	close?: (client: Client) => void;
	/** Removes what else an error may not contain besides the secrets of the credential and presigned links. */
	redact?: (failure: Failure, apiKey: string) => Failure;
}

/** What the items of one run of the node share. Read from the first item. */
export interface RunSettings extends RequestLimits {
	maxConcurrency: number;
}

/** What `read` can use of an item besides its parameters. */
export interface ItemContext {
	itemIndex: number;
	/** With the credential of this item. */
	connection: Connection;
}

/** An operation that does one thing for each item. */
export type ItemOperation<Client, Input, Result> =
	| Query<Client, Input, Result>
	| Mutation<Client, Input, Result>;

interface Shared<Client, Input, Result> {
	properties: INodeProperties[];
	service: Service<Client>;
	/** Throws InvalidParameterError. */
	settings: (ofAll: ParameterReader) => RunSettings;
	/** What an item asks for. Throws InvalidParameterError. */
	read: (given: ParameterReader, item: ItemContext) => Input | Promise<Input>;
	/**
	 * Sends the request of an item.
	 *
	 * @param mayBeDone whether an earlier try has left open if it was done; only where doing it twice does no harm
	 */
	run: (
		client: Client,
		input: Input,
		itemIndex: number,
		mayBeDone: boolean,
	) => Promise<Attempt<Result>>;
	/** Adds to a result what a further query gives, also to a result of an earlier try. */
	enrich?: (
		client: Client,
		result: Result,
		input: Input,
		itemIndex: number,
	) => Promise<Attempt<Result>>;
	/** What comes out of the result of an item. */
	toItems: (
		result: Result,
		input: Input,
		itemIndex: number,
	) => INodeExecutionData[] | Promise<INodeExecutionData[]>;
	/** Whether an item comes out as it went in, and nothing is sent for it. Throws InvalidParameterError. */
	skipIf?: (item: INodeExecutionData, given: ParameterReader) => boolean;
	/** Fields that an item keeps beside its error, so that it can be tried again. */
	echo?: (input: Input) => IDataObject;
}

/** Reads only, so a request may be repeated, and others need not be awaited when one has failed. */
export interface Query<Client, Input, Result> extends Shared<Client, Input, Result> {
	kind: 'query';
}

/** Does something, for each item at most once. */
export interface Mutation<Client, Input, Result> extends Shared<Client, Input, Result> {
	kind: 'mutation';
	/** `resource/operation`: the journal is kept under this name. */
	name: string;
	/** Whether items must be done one after the other, in their order. */
	ordered: boolean;
	/** Whether doing it twice does no harm, so that an unknown outcome is tried again. */
	idempotent?: boolean;
	/** How to find out whether it was done when the answer was lost. */
	recoveryHint: string;
	/** Whether the request of this item only reads, so that it needs no journal. */
	isQuery?: (input: Input) => boolean;
	/** What of a result is kept for a next try, as plain JSON. That comes out then. Default: all of it. */
	toJournal?: (result: Result) => Result;
	/** Whether a result that was kept has all that the operation gives. Default: it has. */
	isComplete?: (result: Result) => boolean;
	/** What to do about one that has not, where its item asks for something else now. */
	incompleteHint?: string;
	/** What an item gives that an earlier try has done. Default: its result. */
	onDoneBefore?: (result: Result) => Outcome<Result>;
	/** What to report of the other items when one has failed. */
	describeOthers: (outcomes: Array<Outcome<Result>>, failedIndex: number) => string[];
	/** How a hint names a result that was not made anew though its parameters have changed. */
	label?: (result: Result) => string;
}

/** What comes out for an item that is passed on. */
const SKIPPED = Symbol('passed on');

type Skippable<Result> = Result | typeof SKIPPED;

/** An item as it was read. */
type PlannedItem<Client, Input> =
	| { kind: 'passedOn' }
	| { kind: 'unreadable'; failure: Failure; secrets: string[]; input?: Input }
	| ReadyItem<Client, Input>;

interface ReadyItem<Client, Input> {
	kind: 'ready';
	input: Input;
	user: Caller<Client>;
}

/** The credential of an item. Its secrets are known even if nothing can be sent, so that no error contains them. */
type Access = { secrets: string[] } & (
	| { connection: Connection; failure?: undefined }
	| { failure: Failure; connection?: undefined }
);

/** Who the requests of an item are sent for: one for each API key and address. */
interface Caller<Client> {
	/** Tells one from another. */
	id: string;
	client: Client;
	connection: Connection;
}

/**
 * Runs an operation for each item of the input. Every item is read, with the credential of its own, before anything is
 * sent. Results come out in the order of the items, each linked to its item. The first failure ends the execution; with
 * On Error set to one of the two "Continue" modes, and in tools of agents, it comes out in its item.
 */
export async function runItems<Client, Input, Result>(
	node: IExecuteFunctions,
	operation: ItemOperation<Client, Input, Result>,
): Promise<INodeExecutionData[][]> {
	if (node.getInputData().length === 0) return [[]];
	return await new ItemRun(node, operation).run();
}

class ItemRun<Client, Input, Result> {
	private readonly node: IExecuteFunctions;

	private readonly operation: ItemOperation<Client, Input, Result>;

	private readonly mutation?: Mutation<Client, Input, Result>;

	private readonly journal?: Journal<Result>;

	private readonly stopOnFailure: boolean;

	/** Ends the requests of queries when one has failed. */
	private readonly gaveUp = new AbortController();

	private readonly users = new Map<string, Caller<Client>>();

	constructor(node: IExecuteFunctions, operation: ItemOperation<Client, Input, Result>) {
		this.node = node;
		this.operation = operation;
		this.stopOnFailure = !node.continueOnFail();
		if (operation.kind !== 'mutation') return;
		this.mutation = operation;
		this.journal = openJournal(node, operation.name, sentBefore(operation.recoveryHint));
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
		const items = await Promise.all(
			outcomes.map(
				async (outcome, index) => await this.toOutput(plan[index], outcome, index, outcomes),
			),
		);
		return [items.flat()];
	}

	/** Does not throw: what earlier tries have done must be reported in any case. */
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
		try {
			if (operation.skipIf?.(node.getInputData()[itemIndex], given)) return { kind: 'passedOn' };
		} catch (error) {
			return { kind: 'unreadable', failure: toFailure(error), secrets: access.secrets };
		}
		let input: Input | undefined;
		try {
			input = await operation.read(given, {
				itemIndex,
				get connection() {
					if (access.connection === undefined) throw new InvalidParameterError(access.failure);
					return access.connection;
				},
			});
			if (access.connection !== undefined)
				return { kind: 'ready', input, user: this.userOf(access.connection) };
			return { kind: 'unreadable', failure: access.failure, secrets: access.secrets, input };
		} catch (error) {
			return {
				kind: 'unreadable',
				failure: access.failure ?? toFailure(error),
				secrets: access.secrets,
			};
		}
	}

	/** The credential of an item and how it is used, or why nothing can be sent with it. Does not throw. */
	private readAccess(
		data: ICredentialDataDecryptedObject | Error,
		settings: RunSettings | InvalidParameterError,
	): Access {
		if (data instanceof Error) return { secrets: [], failure: toFailure(data) };
		const secrets = secretsOf(readCredential(data));
		try {
			if (settings instanceof InvalidParameterError) throw settings;
			const connection = connect(data, settings);
			checkCredential(connection.credential, this.operation.service.address);
			return { secrets, connection };
		} catch (error) {
			return { secrets, failure: toFailure(error) };
		}
	}

	private readerOf(itemIndex: number): ParameterReader {
		return new ParameterReader(
			this.operation.properties,
			(name) => this.node.getNodeParameter(name, itemIndex, null),
			this.node.getNode().parameters,
		);
	}

	private userOf(connection: Connection): Caller<Client> {
		const {
			apiKey,
			deploymentId,
			[this.operation.service.address]: address,
		} = connection.credential;
		const id = JSON.stringify([address, apiKey, deploymentId]);
		const known = this.users.get(id);
		if (known !== undefined) return known;
		const signals = [
			this.node.getExecutionCancelSignal(),
			this.mutation === undefined && this.stopOnFailure ? this.gaveUp.signal : undefined,
		].filter((signal) => signal !== undefined);
		const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
		const user = {
			id,
			connection,
			client: this.operation.service.open(this.node, connection, signal),
		};
		this.users.set(id, user);
		return user;
	}

	/** How an item ends without anything being sent for it; `untried` where something must be. */
	private whatIsKnown(
		planned: PlannedItem<Client, Input>,
		itemIndex: number,
	): Outcome<Skippable<Result>> {
		if (planned.kind === 'passedOn') return { kind: 'done', value: SKIPPED };
		const previous = this.previous(planned, itemIndex);
		if (previous !== undefined)
			return planned.kind === 'ready' ? previous : this.orIncomplete(previous);
		return planned.kind === 'unreadable'
			? { kind: 'failed', failure: planned.failure }
			: { kind: 'untried' };
	}

	/** Whether an item that an earlier try has done asks for something else now. */
	private hasChanged({ input, user }: ReadyItem<Client, Input>, itemIndex: number): boolean {
		try {
			return this.journal?.hasChanged(itemIndex, requestOf(input, user)) ?? false;
		} catch {
			// What cannot be written as JSON was not sent before.
			return true;
		}
	}

	/** A result of an earlier try, unless it lacks what was not kept and what only a further request could give. */
	private orIncomplete(outcome: Outcome<Result>): Outcome<Result> {
		const { mutation } = this;
		if (
			outcome.kind !== 'done' ||
			mutation?.isComplete === undefined ||
			mutation.isComplete(outcome.value)
		)
			return outcome;
		return {
			kind: 'failed',
			failure: {
				message: 'NenAI has done this in an earlier try, but its answer was not kept',
				hint: mutation.incompleteHint ?? 'Start a new execution of the workflow to do it again.',
				done: true,
			},
		};
	}

	/** How an earlier try ended, unless the item is to be tried again all the same. */
	private previous(
		planned: PlannedItem<Client, Input>,
		itemIndex: number,
	): Outcome<Result> | undefined {
		const { journal, mutation } = this;
		if (planned.kind === 'ready' && mutation?.isQuery?.(planned.input)) return undefined;
		const previous = journal?.previous(itemIndex);
		if (previous === undefined || mutation === undefined) return undefined;
		if (previous.kind === 'done') return mutation.onDoneBefore?.(previous.value) ?? previous;
		return mutation.idempotent && planned.kind === 'ready' && !journal?.isOfOther(itemIndex)
			? undefined
			: previous;
	}

	/** Sends what is left to send, unless an item that cannot be read stops all of them. `first` is the failure to report. */
	private async runRest(
		plan: Array<PlannedItem<Client, Input>>,
		known: Array<Outcome<Skippable<Result>>>,
		settings: RunSettings | InvalidParameterError,
	) {
		const isNewProblem = ({ kind }: PlannedItem<Client, Input>, index: number) =>
			kind === 'unreadable' && this.journal?.previous(index) === undefined;
		if (
			settings instanceof InvalidParameterError ||
			(this.stopOnFailure && plan.some(isNewProblem))
		)
			return { outcomes: known, first: firstFailure(known) };

		const indexes = this.indexesToRun(plan, known);
		let firstToFail: ReturnType<typeof firstFailure>;
		const attempt = async (job: number): Promise<Attempt<Result>> => {
			const index = indexes[job];
			// Only items that are ready are run.
			const result = await this.attempt(plan[index] as ReadyItem<Client, Input>, index);
			if (result.kind === 'failed' && this.stopOnFailure && this.mutation === undefined) {
				firstToFail ??= { index, failure: result.failure };
				this.gaveUp.abort();
			}
			return result;
		};
		const results = await runJobs(indexes.length, attempt, {
			...settings,
			stopOnFailure: this.stopOnFailure,
			signal: this.node.getExecutionCancelSignal(),
			groupOf: (job) => groupOf(plan[indexes[job]]),
		});
		for (const { client } of this.users.values()) this.operation.service.close?.(client);
		const outcomes = [...known];
		results.forEach((outcome, job) => (outcomes[indexes[job]] = outcome));
		return { outcomes, first: firstToFail ?? firstFailure(outcomes) };
	}

	/** Items that something must be sent for. Where order matters, none after one that failed before, if that stops the node. */
	private indexesToRun(
		plan: Array<PlannedItem<Client, Input>>,
		known: Array<Outcome<Skippable<Result>>>,
	): number[] {
		const firstFailed =
			this.mutation?.ordered && this.stopOnFailure
				? known.findIndex(({ kind }) => kind === 'failed')
				: -1;
		const end = firstFailed < 0 ? known.length : firstFailed;
		const isLeft = ({ kind }: Outcome<Skippable<Result>>, index: number) =>
			kind === 'untried' ||
			(kind === 'done' && plan[index].kind === 'ready' && this.operation.enrich !== undefined);
		return known.slice(0, end).flatMap((outcome, index) => (isLeft(outcome, index) ? [index] : []));
	}

	/** Does not throw: what happens to one item is the failure of that item alone. */
	private async attempt(
		planned: ReadyItem<Client, Input>,
		itemIndex: number,
	): Promise<Attempt<Result>> {
		const { input, user } = planned;
		const { mutation, operation } = this;
		const previous = this.previous(planned, itemIndex);
		// A further request would go by what the item asks for now, and mix two things up.
		if (previous?.kind === 'done' && this.hasChanged(planned, itemIndex))
			return this.orIncomplete(previous) as Exclude<Outcome<Result>, { kind: 'untried' }>;
		const done =
			mutation === undefined || mutation.isQuery?.(input)
				? await this.send(input, user, itemIndex)
				: await this.sendOnce(mutation, planned, itemIndex);
		if (done.kind !== 'done' || operation.enrich === undefined) return done;
		try {
			return this.redacted(await operation.enrich(user.client, done.value, input, itemIndex), user);
		} catch (error) {
			const reason = excerptOf((error as Error).message, user.connection.credential.apiKey);
			return {
				kind: 'failed',
				failure: {
					message: `NenAI has done this, but a further request for it failed: ${reason}`,
					hint: DONE_ALREADY,
					done: true,
				},
			};
		}
	}

	private async sendOnce(
		mutation: Mutation<Client, Input, Result>,
		planned: ReadyItem<Client, Input>,
		itemIndex: number,
	): Promise<Attempt<Result>> {
		const { input, user } = planned;
		const journal = this.journal as Journal<Result>;
		const previous = this.previous(planned, itemIndex);
		if (previous !== undefined && previous.kind !== 'untried') return previous;
		if (mutation.ordered && !mutation.idempotent && journal.hasLaterEntry(itemIndex))
			return { kind: 'failed', failure: tooLate(journal.rejection(itemIndex)) };
		const mayBeDone = journal.previous(itemIndex) !== undefined;
		try {
			journal.markSent(itemIndex, requestOf(input, user));
		} catch (error) {
			return { kind: 'failed', failure: toFailure(error) };
		}
		const attempt = await this.send(input, user, itemIndex, mayBeDone);
		journal.record(
			itemIndex,
			attempt.kind === 'done'
				? { kind: 'done', value: mutation.toJournal?.(attempt.value) ?? attempt.value }
				: attempt,
		);
		return attempt;
	}

	private async send(
		input: Input,
		user: Caller<Client>,
		itemIndex: number,
		mayBeDone = false,
	): Promise<Attempt<Result>> {
		try {
			return this.redacted(
				await this.operation.run(user.client, input, itemIndex, mayBeDone),
				user,
			);
		} catch (error) {
			return this.redacted(
				{ kind: 'failed', failure: this.unexpected(error as Error, user.connection) },
				user,
			);
		}
	}

	/** It happened while a request was under way, so nobody knows how far that got. */
	private unexpected({ message }: Error, { credential }: Connection): Failure {
		const reason = excerptOf(message, credential.apiKey);
		if (this.mutation === undefined)
			return {
				message: `NenAI's answer could not be processed: ${reason}`,
				hint: 'Reading changes nothing: run the node again. If the error comes back, look for a newer version of this package, or report the error to its maintainers.',
			};
		return {
			message: `It is not known whether NenAI did this: its answer could not be processed (${reason})`,
			hint: this.mutation.recoveryHint,
			uncertain: true,
		};
	}

	private redacted<T>(attempt: Attempt<T>, { connection }: Caller<Client>): Attempt<T> {
		return attempt.kind === 'done'
			? attempt
			: { ...attempt, failure: this.redact(attempt.failure, secretsOf(connection.credential)) };
	}

	private redact(failure: Failure, secrets: string[]): Failure {
		const redacted = redactEntered(failure, secrets);
		return this.operation.service.redact?.(redacted, secrets[0] ?? '') ?? redacted;
	}

	/** The items that come out of an item, each linked to it. */
	private async toOutput(
		planned: PlannedItem<Client, Input>,
		outcome: Outcome<Skippable<Result>>,
		itemIndex: number,
		outcomes: Array<Outcome<Skippable<Result>>>,
	): Promise<INodeExecutionData[]> {
		if (outcome.kind !== 'done')
			return [this.toFailed(planned, failureOfOutcome(outcome), itemIndex)];
		const { value } = outcome;
		if (value === SKIPPED)
			return [{ ...this.node.getInputData()[itemIndex], pairedItem: { item: itemIndex } }];
		try {
			const made = await this.operation.toItems(
				value,
				planned.kind === 'ready' ? planned.input : (undefined as Input),
				itemIndex,
			);
			return made.map((item) => ({ ...item, pairedItem: { item: itemIndex } }));
		} catch (error) {
			const failure = this.notStored(error, value);
			if (!this.stopOnFailure) return [this.toFailed(planned, failure, itemIndex)];
			throw this.toError([planned], outcomes, { index: itemIndex, failure });
		}
	}

	/** What n8n could not store was done all the same. */
	private notStored(error: unknown, result: Result): Failure {
		const message = `The answer could not be stored: ${(error as Error).message}`;
		const hint = "Check n8n's binary data settings and its free space.";
		if (this.mutation === undefined) return { message, hint };
		const label = this.mutation.label?.(result) ?? '';
		return {
			message,
			hint: `${hint} NenAI has done this${label === '' ? '' : ` (${label})`}. ${DONE_ALREADY}`,
		};
	}

	/** An item with its error. */
	private toFailed(
		planned: PlannedItem<Client, Input>,
		failure: Failure,
		itemIndex: number,
	): INodeExecutionData {
		const named =
			'input' in planned && planned.input !== undefined
				? this.operation.echo?.(planned.input)
				: undefined;
		const claim =
			this.journal?.rejection(itemIndex) === undefined
				? 'Nothing was sent for this item.'
				: 'Nothing was sent for this item in this try.';
		return errorItem.call(
			this.node,
			this.withClaim(planned, failure, itemIndex, claim),
			itemIndex,
			named,
		);
	}

	private toError(
		plan: Array<PlannedItem<Client, Input>>,
		outcomes: Array<Outcome<Skippable<Result>>>,
		{ index, failure }: { index: number; failure: Failure },
	): Error {
		const nothing =
			this.journal === undefined || this.journal.isEmpty
				? 'Nothing was sent.'
				: 'Nothing was sent in this try.';
		const said = this.withClaim(plan[index] ?? plan[0], failure, index, nothing);
		const others = this.mutation?.describeOthers(outcomes as Array<Outcome<Result>>, index) ?? [];
		return toError(
			this.node.getNode(),
			{ ...said, hint: [said.hint, ...others].join(' ').trim() },
			index,
		);
	}

	/** Says that nothing was sent, where that is certain: the item could not be read, and no earlier try left anything of it. */
	private withClaim(
		planned: PlannedItem<Client, Input>,
		failure: Failure,
		itemIndex: number,
		claim: string,
	): Failure {
		if (planned.kind !== 'unreadable' || this.journal?.previous(itemIndex) !== undefined)
			return failure;
		const { message, hint } = this.redact(failure, planned.secrets);
		return { ...failure, message, hint: `${hint} ${claim}`.trim() };
	}

	/** Says on the execution which items were not done again although they ask for something else now. */
	private hintAtChanges(
		plan: Array<PlannedItem<Client, Input>>,
		known: Array<Outcome<Skippable<Result>>>,
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
		// Not every context in which n8n executes nodes has it.
		this.node.addExecutionHints?.({
			message: `Not done again, although their parameters have changed since an earlier try: ${changed.join(', ')}. To do them again, start a new execution of the workflow.`,
			location: 'outputPane',
		});
	}
}

const DONE_ALREADY = 'Retry does not do it again.';

/** What identifies the request of an item: for whom it is, and what is sent. The journal keeps a hash of it. */
function requestOf<Client>(input: unknown, { id }: Caller<Client>): unknown {
	return [id, input];
}

function secretsOf({ apiKey, webhookSecrets }: NenAiCredential): string[] {
	return [apiKey, ...webhookSecrets];
}

/** Items with the same API key and address wait for each other: what limits one request limits all of them. */
function groupOf<Client, Input>(planned: PlannedItem<Client, Input>): string {
	return planned.kind === 'ready' ? planned.user.id : '';
}

function sentBefore(recoveryHint: string): Failure {
	return {
		message:
			'It is not known whether NenAI did this: the execution was stopped before the answer came',
		hint: recoveryHint,
		uncertain: true,
	};
}

/** @param rejection why the item was not done in its turn */
function tooLate(
	{ message, hint }: Failure = { message: 'This item was not done in an earlier try', hint: '' },
): Failure {
	return {
		message,
		hint: `${hint} It is not done now, because later items have already been done: start a new execution.`.trim(),
	};
}

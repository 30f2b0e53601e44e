import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import type { Connection, RequestLimits } from '../transport/http/connection';
import type { UrlField } from '../transport/credential';
import type { Failure, WrittenFailure } from '../failures/failure';
import type { Text } from '../failures/text';
import type { ParameterReader } from '../parameters/parameterReader';
import type { WrittenOutcome } from './outcomes';
import type { Attempt } from './retry';

/** A service of NenAI's: where it is, and what sends requests to it. */
export interface Service<Client> {
	/** The field of the credential that holds its address. Without one, no API key is sent. */
	address?: UrlField;
	/** Makes what sends the requests that use one credential. `signal` ends them. */
	open: (
		node: IExecuteFunctions,
		connection: Connection,
		signal: AbortSignal | undefined,
	) => Client;
	/** Called when all items are done. */
	close?: (client: Client) => void;
	/** Whether no error may contain a link, since its links are secrets. */
	hidesLinks?: boolean;
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
	run: (client: Client, input: Input, mayBeDone: boolean) => Promise<Attempt<Result>>;
	/** Adds to a result what a further query gives, also to a result of an earlier try. */
	enrich?: (client: Client, result: Result, input: Input) => Promise<Attempt<Result>>;
	/** What to say on the execution about a result. */
	hint?: (result: Result) => Text | undefined;
	/** What comes out of the result of an item. */
	toItems: (result: Result, input: Input) => INodeExecutionData[] | Promise<INodeExecutionData[]>;
	/** Whether an item comes out as it went in, and nothing is sent for it. Throws InvalidParameterError. */
	skipIf?: (item: INodeExecutionData, given: ParameterReader) => boolean;
	/** Fields that an item keeps beside its error, so that it can be tried again. */
	echo?: (input: Input) => IDataObject;
}

/** Reads only, so a request may be repeated, and others need not be awaited when one has failed. */
export interface Query<Client, Input, Result> extends Shared<Client, Input, Result> {
	kind: 'query';
	/** The requests of an item, where these are several or none. Default: one, with the whole input. */
	expand?: (input: Input) => Input[];
	/** What comes out of the results of all requests of an item. Default: what comes out of each. */
	combine?: (results: Result[], input: Input) => INodeExecutionData[] | undefined;
	/** Requests of one group wait for each other, as those to one host. Default: those with one API key and address. */
	groupOf?: (input: Input) => string;
	/** What to report of a request that was not sent, since `first` of its group was told to wait for too long. */
	skippedFailure?: (input: Input, first: WrittenFailure) => Failure;
	/** What to say on the execution about the inputs; undefined for an item that could not be read. */
	hintAtInputs?: (inputs: Array<Input | undefined>) => Text[];
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
	recoveryHint: Text;
	/** Whether the request of this item only reads, so that it needs no journal. */
	isQuery?: (input: Input) => boolean;
	/** What of a result is kept for a next try, as plain JSON. That comes out then. Default: all of it. */
	toJournal?: (result: Result) => Result;
	/** Whether a result that was kept has all that the operation gives. Default: it has. */
	isComplete?: (result: Result) => boolean;
	/** What to do about one that has not, where its item asks for something else now. */
	incompleteHint?: Text;
	/** Why an item fails that an earlier try has done. Default: it does not, and gives that result. */
	onDoneBefore?: (result: Result) => Failure;
	/** What to report of the other items when one has failed. */
	describeOthers: (outcomes: Array<WrittenOutcome<Result>>, failedIndex: number) => string[];
	/** How a hint names a result that was not made anew though its parameters have changed. */
	label?: (result: Result) => string;
}

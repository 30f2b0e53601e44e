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

/** A service of NenAI: its address, and the client that sends requests to it. */
export interface Service<Client> {
	/** The field of the credential with its address. Without one, no API key is sent. */
	address?: UrlField;
	/** Makes the client for one credential. `signal` aborts its requests. */
	open: (
		node: IExecuteFunctions,
		connection: Connection,
		signal: AbortSignal | undefined,
	) => Client;
	/** Called when all items are done. */
	close?: (client: Client) => void;
	/** Whether no error may contain a link, because links of this service are secrets. */
	hidesLinks?: boolean;
}

/** What the items of one run of the node share. It is read from the first item. */
export interface RunSettings extends RequestLimits {
	maxConcurrency: number;
}

/** What `read` can use besides the parameters of an item. */
export interface ItemContext {
	itemIndex: number;
	/** The connection with the credential of this item. */
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
	/** The input of an item. Throws InvalidParameterError. */
	read: (given: ParameterReader, item: ItemContext) => Input | Promise<Input>;
	/**
	 * Sends the request of an item.
	 *
	 * @param mayBeDone whether an earlier try may have done it; only if doing it twice does no harm
	 */
	run: (client: Client, input: Input, mayBeDone: boolean) => Promise<Attempt<Result>>;
	/** Adds the result of a further query to a result, also to that of an earlier try. */
	enrich?: (client: Client, result: Result, input: Input) => Promise<Attempt<Result>>;
	/** A hint about a result, shown on the execution. */
	hint?: (result: Result) => Text | undefined;
	/** The output items for the result of an item. */
	toItems: (result: Result, input: Input) => INodeExecutionData[] | Promise<INodeExecutionData[]>;
	/** Whether an item comes out unchanged and nothing is sent for it. Throws InvalidParameterError. */
	skipIf?: (item: INodeExecutionData, given: ParameterReader) => boolean;
	/** Fields that an error item keeps, so that the item can be tried again. */
	echo?: (input: Input) => IDataObject;
}

/** Only reads, so a request may be repeated. If one item fails, the others are aborted. */
export interface Query<Client, Input, Result> extends Shared<Client, Input, Result> {
	kind: 'query';
	/** The requests of an item, if there are several or none. Default: one, with the whole input. */
	expand?: (input: Input) => Input[];
	/** The output items for the results of all requests of an item. Default: those of each result. */
	combine?: (results: Result[], input: Input) => INodeExecutionData[] | undefined;
	/**
	 * Requests of one group wait for each other, such as those to one host. Default: those with the same API key and
	 * address.
	 */
	groupOf?: (input: Input) => string;
	/** The failure of a request that was not sent, because `first` of its group was told to wait too long. */
	skippedFailure?: (input: Input, first: WrittenFailure) => Failure;
	/** Hints about the inputs, shown on the execution. The input of an item that could not be read is undefined. */
	hintAtInputs?: (inputs: Array<Input | undefined>) => Text[];
}

/** Does something, at most once for each item. */
export interface Mutation<Client, Input, Result> extends Shared<Client, Input, Result> {
	kind: 'mutation';
	/** `resource/operation`. The journal keeps entries under this name. */
	name: string;
	/** Whether items must be done one after the other, in their order. */
	ordered: boolean;
	/** Whether doing it twice does no harm, so that an item with an unknown outcome is tried again. */
	idempotent?: boolean;
	/** How to find out whether it was done if the response was lost. */
	recoveryHint: Text;
	/** Whether this item does nothing: it only reads, or is simulated. So it needs no journal. */
	isQuery?: (input: Input) => boolean;
	/**
	 * The part of a result that is kept for a later try, as plain JSON. The later try outputs it. Default: all of it.
	 */
	toJournal?: (result: Result) => Result;
	/** Whether a kept result has everything that the operation gives. Default: it has. */
	isComplete?: (result: Result) => boolean;
	/** The hint for an incomplete result if its item has a different request now. */
	incompleteHint?: Text;
	/** Gives a failure if the result of an earlier try must not be used again. Otherwise, that result is used. */
	onDoneBefore?: (result: Result) => Failure | undefined;
	/** What an error says about the other items. */
	describeOthers: (outcomes: Array<WrittenOutcome<Result>>, failedIndex: number) => string[];
	/** How a hint names the result of an item that was not done again although its parameters have changed. */
	label?: (result: Result) => string;
}

import type { ICredentialDataDecryptedObject, IExecuteFunctions } from 'n8n-workflow';

import { connect, type Connection } from '../transport/http/connection';
import { readCredential, secretsOf } from '../transport/credential';
import { writeFailure, type Failure, type WrittenFailure } from '../failures/failure';
import { NO_SECRETS, Redactor } from '../failures/redact';
import { InvalidParameterError, toFailure } from '../parameters/invalidParameter';
import { checkCredential } from '../parameters/requestLimits';
import { ParameterReader } from '../parameters/parameterReader';
import { resolveCredentials } from './itemCredentials';
import type { ItemOperation, RunSettings } from './itemOperation';

/** An item after it was read. */
export type PlannedItem<Client, Input> =
	| { kind: 'passedOn' }
	| { kind: 'unreadable'; failure: WrittenFailure; input?: Input }
	| ReadyItem<Client, Input>;

export interface ReadyItem<Client, Input> {
	kind: 'ready';
	input: Input;
	caller: Caller<Client>;
}

/** Sends the requests of an item. There is one for each API key and address. */
export interface Caller<Client> {
	/** Identifies the API key and the address. */
	id: string;
	client: Client;
	redactor: Redactor;
}

/** The credential of an item. Its secrets are known even if nothing can be sent with it, so that no error contains them. */
type Access = { redactor: Redactor } & (
	| { connection: Connection; failure?: undefined }
	| { failure: Failure; connection?: undefined }
);

/** What identifies the request of an item: its caller and its input. The journal keeps a hash of it. */
export function requestOf<Client, Input>({ input, caller }: ReadyItem<Client, Input>): unknown {
	return [caller.id, input];
}

export function redactorOf<Client, Input>(planned: PlannedItem<Client, Input>): Redactor {
	return planned.kind === 'ready' ? planned.caller.redactor : NO_SECRETS;
}

/** Reads the items of the input, each with its own credential, before anything is sent. */
export class ItemReader<Client, Input, Result> {
	/** By ID. */
	readonly callers = new Map<string, Caller<Client>>();

	/** Read from the first item. If they cannot be read, the error: the results of earlier tries must be reported in any case. */
	readonly settings: RunSettings | InvalidParameterError;

	/** @param signal aborts the requests of all items */
	constructor(
		private readonly node: IExecuteFunctions,
		private readonly operation: ItemOperation<Client, Input, Result>,
		private readonly signal?: AbortSignal,
	) {
		this.settings = this.readSettings();
	}

	async readAll(): Promise<Array<PlannedItem<Client, Input>>> {
		const plan: Array<PlannedItem<Client, Input>> = [];
		for (const [index, credential] of (await resolveCredentials(this.node)).entries())
			plan.push(await this.readItem(index, credential));
		return plan;
	}

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
	): Promise<PlannedItem<Client, Input>> {
		const { node, operation } = this;
		const given = this.readerOf(itemIndex);
		const access = this.readAccess(credential);
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
	private readAccess(data: ICredentialDataDecryptedObject | Error): Access {
		const { address, hidesLinks } = this.operation.service;
		const redactorWith = (secrets: string[]) =>
			new Redactor(secrets, hidesLinks ? 'hidden' : 'withoutQuery');
		if (data instanceof Error) return { redactor: redactorWith([]), failure: toFailure(data) };
		const redactor = redactorWith(secretsOf(readCredential(data)));
		try {
			if (this.settings instanceof InvalidParameterError) throw this.settings;
			const connection = connect(data, this.settings);
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
		const caller = { id, redactor, client: open(this.node, connection, this.signal) };
		this.callers.set(id, caller);
		return caller;
	}
}

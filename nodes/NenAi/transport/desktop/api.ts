import type { IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';

import { judge, parseJson } from '../answer';
import { jsonBody, requestDesktop, type Connection, type Sender } from '../connection';
import type { Failure } from '../failure';
import { asAttempt, dismiss, receive, STALLED_AFTER, type IncomingFile } from '../incomingFile';
import type { Attempt } from '../queue';
import { redactJson } from '../redact';
import { firstBytes, OutgoingBytes, type Bytes } from './bytes';
import type { Deed } from './deed';
import { explainForm, explainRefusal, explainStatus, explainThrown, presented } from './failures';

/** What is in an answer: what was hoped for; what NenAI says went wrong; all but what was asked for; or, undefined, a form that is not known. */
export type Reading<T> = { value: T } | { refused: unknown } | { lacks: string } | undefined;

/** A file that is sent. */
export interface Outgoing {
	/** Opened anew for each try. */
	open: () => Promise<Bytes | Buffer>;
	size: number;
	type: string;
}

/** Bytes in a second that an upload comes to at least: n8n ends a request that is not over in time, however well it flows. */
const SLOWEST = 50_000;

/** Seconds. */
const LONGEST_UPLOAD = 3600;

/** Said where something would be sent after the execution was stopped. */
const STOPPED: Failure = { message: 'The execution was stopped', hint: 'Nothing more was sent.' };

/** @param hasBegun whether a part of it was on its way by then */
function unreadable({ what, lookFirst = '' }: Deed, { message }: Error, hasBegun = false): Failure {
	const hint = 'Check that the file is still there, and the binary data settings of this n8n.';
	return { message: `The file could not be read for ${what}: ${message}`, ...(hasBegun ? { hint: `${hint} A part of it was sent. ${lookFirst}`, uncertain: true } : { hint: `${hint} Nothing was sent.` }) };
}

/** Sends requests to the Desktop API. Nothing is repeated here: whoever asks does so where an answer is a `retry`. */
export class DesktopApi {
	readonly connection: Connection;

	/** Tells that the execution was stopped, so that nothing more is sent. */
	readonly stopped?: AbortSignal;

	private readonly sender: Sender;

	constructor(sender: Sender, connection: Connection, stopped?: AbortSignal) {
		this.sender = sender;
		this.connection = connection;
		this.stopped = stopped;
	}

	/** Does it, and reads the answer. Does not throw. */
	async do<T>(deed: Deed, read: (answer: unknown) => Reading<T>): Promise<Attempt<T>> {
		return await this.present(this.send(deed, deed.body && jsonBody(deed.body), read));
	}

	/** The same with a file as its body. */
	async upload<T>(deed: Deed, file: Outgoing, read: (answer: unknown) => Reading<T>): Promise<Attempt<T>> {
		return await this.present(this.sendFile(deed, file, read));
	}

	/** Asks for a file, and gives it to what stores it. */
	async download<T>(deed: Deed, label: string, store: (file: IncomingFile) => Promise<T>): Promise<Attempt<T>> {
		return await this.present(this.fetch(deed, label, store));
	}

	private async present<T>(attempt: Promise<Attempt<T>>): Promise<Attempt<T>> {
		return presented(await attempt, this.connection.credential.apiKey);
	}

	private async sendFile<T>(deed: Deed, file: Outgoing, read: (answer: unknown) => Reading<T>): Promise<Attempt<T>> {
		let body: Bytes | Buffer;
		try {
			body = await file.open();
		} catch (error) {
			return { kind: 'failed', failure: unreadable(deed, error as Error) };
		}
		const takes = Math.min(LONGEST_UPLOAD, Math.ceil(file.size / SLOWEST));
		const send = async (content: Bytes | Buffer) => await this.send({ ...deed, takes }, { body: content, headers: { 'content-type': file.type, 'content-length': String(file.size) } }, read);
		if (!('destroy' in body)) return await send(body);
		const outgoing = new OutgoingBytes(body);
		const attempt = await send(outgoing.stream);
		outgoing.end();
		if (outgoing.fault === undefined || attempt.kind === 'done') return attempt;
		return { kind: 'failed', failure: unreadable(deed, outgoing.fault, outgoing.hasBegun) };
	}

	private async fetch<T>(deed: Deed, label: string, store: (file: IncomingFile) => Promise<T>): Promise<Attempt<T>> {
		const connection = new AbortController();
		let response: IN8nHttpFullResponse;
		try {
			// n8n undoes a compression by itself, and cannot tell when that ends too early.
			response = await this.request(deed, { headers: { 'accept-encoding': 'identity' }, encoding: 'stream', timeout: STALLED_AFTER }, connection.signal);
		} catch (error) {
			return explainThrown(deed, error, this.connection);
		}
		const { statusCode: status } = response;
		const headers = redactJson({ ...response.headers }, this.connection.credential.apiKey);
		if (status !== 200) {
			const body = await firstBytes(response.body as unknown as Bytes);
			dismiss(response, connection);
			return judge(status) === 'accepted' ? explainForm(deed, { status, headers, body }, this.connection) : explainStatus(deed, { status, headers, body }, this.connection);
		}
		try {
			return { kind: 'done', value: await store(receive({ ...response, headers }, connection, { label, maxSize: Infinity })) };
		} catch (error) {
			return asAttempt(error, label);
		}
	}

	private async send<T>(deed: Deed, content: Partial<IHttpRequestOptions> | undefined, read: (answer: unknown) => Reading<T>): Promise<Attempt<T>> {
		if (this.stopped?.aborted) return { kind: 'failed', failure: STOPPED };
		let response: IN8nHttpFullResponse;
		try {
			const timeout = (this.connection.timeout + (deed.takes ?? 0)) * 1000;
			// Parsed here: n8n would round long numbers.
			response = await this.request(deed, { ...content, encoding: 'text', timeout });
		} catch (error) {
			return explainThrown(deed, error, this.connection);
		}
		const { statusCode: status, headers, body } = response;
		const answer = { status, headers, body };
		if (judge(status) !== 'accepted') return explainStatus(deed, answer, this.connection);
		const reading = read(body === '' || body === undefined ? undefined : redactJson(parseJson(body), this.connection.credential.apiKey));
		if (reading === undefined || 'lacks' in reading) return explainForm(deed, answer, this.connection, reading?.lacks);
		return 'value' in reading ? { kind: 'done', value: reading.value } : explainRefusal(deed, reading.refused, this.connection);
	}

	private async request({ method, path }: Deed, options: Partial<IHttpRequestOptions>, ended?: AbortSignal): Promise<IN8nHttpFullResponse> {
		const signals = [this.stopped, ended].filter((signal) => signal !== undefined);
		return await requestDesktop(this.sender, { ...options, method, url: `${this.connection.credential.desktopUrl}${path}`, abortSignal: AbortSignal.any(signals) }, this.connection);
	}
}

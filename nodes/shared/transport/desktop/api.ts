import type { IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';

import { classifyStatus } from '../http/classify';
import { requestDesktop, type Connection, type RequestContext } from '../http/connection';
import { secretsOf } from '../credential';
import { readStart } from '../http/readStart';
import { parseExactly, TooDeep } from '../exactJson';
import {
	asAttempt,
	discardBody,
	acceptBody,
	STALL_TIMEOUT_MS,
	type IncomingFile,
} from '../download/bodyStream';
import type { Attempt } from '../../execution/retry';
import { excerpt, excerptOf, said } from '../../failures/excerpt';
import { explainException, explainResponse, type UnexpectedResponse } from '../../failures/explain';
import { STOPPED, type Failure } from '../../failures/failure';
import { reportedFailure, unusableResponse } from '../../failures/messages';
import { redactJson } from '../../failures/redact';
import { join, say, type Text } from '../../failures/text';
import { ChangedFile, OutgoingBytes, TooLarge, wholeText, type Bytes } from './bytes';
import { hintIfDeleted, isGone, quotable, requestInfo } from './failures';
import type { DesktopRequest } from './request';

/**
 * Result of parsing a response. `value`: parsed; `leftOut` if the link of a session was removed. `refused`: NenAI reported
 * a failure. `lacks`: valid, but the requested part is missing. `undefined`: unknown form.
 */
export type ParseResult<T> =
	| { value: T; leftOut?: boolean }
	| { refused: unknown }
	| { lacks: string }
	| undefined;

/** A file that is sent. */
export interface UploadFile {
	/** Opened anew for each try. */
	open: () => Promise<Bytes | Buffer>;
	size: number;
	type: string;
}

/**
 * The lowest speed of an upload that is allowed for, in bytes per second. n8n ends a request after its timeout, even
 * while data flows.
 */
const SLOWEST = 50_000;

/** The longest time that is added for an upload, in seconds. */
const LONGEST_UPLOAD = 3600;

/** Shown on the execution if something was left out of an output. */
const SESSION_LEFT_OUT =
	'The link of a session was left out of the output: anyone with the link can use the desktop. Desktop → Get Session returns it.';

/** The error for a request that is not complete in time, with the code that n8n's helper uses. */
class TooLate extends Error {
	readonly code = 'ECONNABORTED';
}

/** The response as JSON, or as text if it is not JSON. Undefined if it is empty. */
function parse(body: string): unknown {
	if (body === '') return undefined;
	try {
		return parseExactly(body);
	} catch (error) {
		return error instanceof TooDeep ? error : body;
	}
}

/** @param hasBegun whether a part of it was sent */
function unreadable(
	{ label, recoveryHint }: DesktopRequest,
	error: Error,
	hasBegun = false,
): Failure {
	const isChanged = error instanceof ChangedFile;
	const hint = isChanged
		? say`Run the workflow again from the node that outputs the file.`
		: say`Check that the file still exists, and check the binary data settings of this n8n.`;
	const message = isChanged
		? say`The file has changed since n8n stored it, so ${label} was not completed: ${error.message}`
		: say`The file for ${label} could not be read: ${excerpt(error.message)}`;
	return {
		message,
		...(hasBegun
			? { hint: join(hint, say`A part of the file was sent.`, recoveryHint), uncertain: true }
			: { hint: join(hint, say`Nothing was sent.`) }),
	};
}

/**
 * The type of a file as a header. If the header is exactly this text, n8n takes the body for the fields of a form, and
 * fails (docs/internals/n8n-behaviour.md#streams). A space at the end avoids that. The HTTP client removes it before it
 * sends the header, as HTTP allows.
 */
function asHeader(type: string): string {
	return type === 'application/x-www-form-urlencoded' ? `${type} ` : type;
}

/** Sends requests to the Desktop API. It does not repeat them: the caller does that if an attempt is a `retry`. */
export class DesktopApi {
	private hasHinted = false;

	/**
	 * @param stopped aborted when the execution is stopped; nothing is sent after that
	 * @param beforeRequest called before each request to a desktop, with its ID
	 */
	constructor(
		private readonly sender: RequestContext,
		readonly connection: Connection,
		readonly stopped?: AbortSignal,
		private readonly beforeRequest: (desktopId: string) => void = () => {},
	) {}

	/**
	 * Sends a request and reads the response. Does not throw.
	 *
	 * @param ifGone the result if NenAI answers that the desktop does not exist any more. Without it, that answer is a
	 * failure
	 */
	async do<T>(
		request: DesktopRequest,
		read: (answer: unknown) => ParseResult<T>,
		ifGone?: T,
	): Promise<Attempt<T>> {
		return await this.send(
			request,
			request.body && { body: request.body, json: true },
			read,
			ifGone,
		);
	}

	/** The same with a file as the body of the request. */
	async upload<T>(
		request: DesktopRequest,
		file: UploadFile,
		read: (answer: unknown) => ParseResult<T>,
	): Promise<Attempt<T>> {
		let body: Bytes | Buffer;
		try {
			body = await file.open();
		} catch (error) {
			return { kind: 'failed', failure: unreadable(request, error as Error) };
		}
		const extraSeconds = Math.min(LONGEST_UPLOAD, Math.ceil(file.size / SLOWEST));
		const send = async (content: Bytes | Buffer) =>
			await this.send(
				{ ...request, extraSeconds },
				{
					body: content,
					headers: { 'content-type': asHeader(file.type), 'content-length': String(file.size) },
				},
				read,
			);
		if (!('destroy' in body)) return await send(body);
		const outgoing = new OutgoingBytes(body, file.size);
		const attempt = await send(outgoing.stream);
		outgoing.end();
		if (outgoing.fault === undefined || attempt.kind === 'done') return attempt;
		return { kind: 'failed', failure: unreadable(request, outgoing.fault, outgoing.hasBegun) };
	}

	/** Asks for a file, and gives it to what stores it. */
	async download<T>(
		request: DesktopRequest,
		label: Text,
		store: (file: IncomingFile) => Promise<T>,
	): Promise<Attempt<T>> {
		const connection = new AbortController();
		let response: IN8nHttpFullResponse;
		try {
			// n8n decompresses a body by itself, and does not notice when it ends too early:
			// docs/internals/n8n-behaviour.md#streams
			response = await this.request(
				request,
				{
					headers: { 'accept-encoding': 'identity' },
					encoding: 'stream',
					timeout: STALL_TIMEOUT_MS,
				},
				connection.signal,
			);
		} catch (error) {
			return explainException(requestInfo(request, this.connection), error);
		}
		const { statusCode: status } = response;
		const headers = redactJson({ ...response.headers }, secretsOf(this.connection.credential));
		if (status !== 200) {
			const body = await readStart(response.body as unknown as Bytes);
			discardBody(response, connection);
			return classifyStatus(status) === 'accepted'
				? this.unusable(request, { status, headers, body })
				: this.explain(request, { status, headers, body });
		}
		try {
			return {
				kind: 'done',
				value: await store(
					acceptBody({ ...response, headers }, connection, { label, maxSize: Infinity }),
				),
			};
		} catch (error) {
			return asAttempt(error, label);
		}
	}

	private async send<T>(
		request: DesktopRequest,
		content: Partial<IHttpRequestOptions> | undefined,
		read: (answer: unknown) => ParseResult<T>,
		ifGone?: T,
	): Promise<Attempt<T>> {
		if (this.stopped?.aborted) return { kind: 'failed', failure: STOPPED };
		let answer: UnexpectedResponse;
		try {
			answer = await this.exchange(request, content);
		} catch (error) {
			return error instanceof TooLarge
				? this.unusable(request, undefined, say`the response is larger than 50 MB`)
				: explainException(requestInfo(request, this.connection), error);
		}
		if (ifGone !== undefined && isGone(answer)) return { kind: 'done', value: ifGone };
		if (classifyStatus(answer.status) !== 'accepted') return this.explain(request, answer);
		const parsed = parse(String(answer.body));
		if (parsed instanceof TooDeep)
			return this.unusable(
				request,
				{ ...answer, body: undefined },
				say`the response ${parsed.problem}`,
			);
		const result = read(redactJson(parsed, secretsOf(this.connection.credential)));
		if (result === undefined) return this.unusable(request, answer);
		if ('lacks' in result)
			return this.unusable(request, answer, say`the response has no ${result.lacks}`);
		if ('refused' in result) return this.reported(request, result.refused);
		if (result.leftOut) this.hintAtSession();
		return { kind: 'done', value: result.value };
	}

	private explain(request: DesktopRequest, response: UnexpectedResponse): Attempt<never> {
		const hints = { ...hintIfDeleted(response), ...request.hints };
		return explainResponse(requestInfo({ ...request, hints }, this.connection), response);
	}

	private unusable(
		request: DesktopRequest,
		response?: UnexpectedResponse,
		problem = say`the response has an unexpected form`,
	): Attempt<never> {
		const failure = unusableResponse(requestInfo(request, this.connection), problem, {
			status: response?.status,
			quote: response && said(quotable(response.body), excerptOf),
		});
		return { kind: 'failed', failure };
	}

	private reported(request: DesktopRequest, reason: unknown): Attempt<never> {
		const failure = reportedFailure(requestInfo(request, this.connection), quotable(reason));
		return { kind: 'failed', failure };
	}

	/**
	 * Sends a request and reads the whole response, unless it is too large. Rejects if the whole response does not
	 * arrive in time.
	 */
	private async exchange(
		request: DesktopRequest,
		content: Partial<IHttpRequestOptions> | undefined,
	): Promise<UnexpectedResponse> {
		const timeout = (this.connection.timeout + (request.extraSeconds ?? 0)) * 1000;
		const deadline = AbortSignal.timeout(Math.ceil(timeout));
		const connection = new AbortController();
		try {
			// Read here: n8n would read a response of any size into memory, and round long numbers.
			const {
				statusCode: status,
				headers,
				body,
			} = await this.request(
				request,
				{ ...content, encoding: 'stream', timeout },
				AbortSignal.any([deadline, connection.signal]),
			);
			return { status, headers, body: await wholeText(body as unknown as Bytes | string) };
		} catch (error) {
			// Ending only the body leaves the connection open if no data arrives.
			connection.abort();
			throw deadline.aborted ? new TooLate() : error;
		}
	}

	/** Says on the execution, once, that the link of a session was left out. */
	private hintAtSession() {
		// Not every context has it: docs/internals/n8n-behaviour.md#functions-that-may-be-missing
		if (this.hasHinted || !('addExecutionHints' in this.sender)) return;
		this.hasHinted = true;
		this.sender.addExecutionHints({ message: SESSION_LEFT_OUT, location: 'outputPane' });
	}

	private async request(
		{ method, path, query = '', desktopId }: DesktopRequest,
		options: Partial<IHttpRequestOptions>,
		ended?: AbortSignal,
	): Promise<IN8nHttpFullResponse> {
		if (desktopId !== undefined) this.beforeRequest(desktopId);
		const signals = [this.stopped, ended].filter((signal) => signal !== undefined);
		return await requestDesktop(
			this.sender,
			{
				...options,
				method,
				url: `${this.connection.credential.desktopUrl}${path}${query}`,
				abortSignal: AbortSignal.any(signals),
			},
			this.connection,
		);
	}
}

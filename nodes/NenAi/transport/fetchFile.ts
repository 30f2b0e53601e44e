import { sleep, type IExecuteFunctions, type IN8nHttpFullResponse } from 'n8n-workflow';

import { judge, judgeThrown, type NoAnswer } from './answer';
import { isHttpUrl } from './credential';
import type { Failure } from './failure';
import type { Attempt } from './queue';
import { comeBackAt, LONGEST_WAIT, readRetryAfter } from './retry';

/** A stream as n8n's helpers take it. */
type Readable = Exclude<Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0], Buffer | Uint8Array>;

export interface FileRequest {
	url: string;
	/** Names the file in errors; the URL itself is a secret. */
	label: string;
	/** Bytes; Infinity for no limit. */
	maxSize: number;
	/** Rejects with a FileError for a URL that must not be asked. Called for the URL and for each redirect. */
	check: (url: string) => Promise<void>;
}

export interface OpenFile {
	headers: IN8nHttpFullResponse['headers'];
	/** The URL that answered, after redirects. */
	url: string;
	/**
	 * Gives the file's stream to what stores it, and gives back what that gives. Rejects with a FileError: the file's
	 * when it is cut short, stalls or grows too large, else one of the storage. The connection has ended in any case.
	 */
	store: <T>(save: (stream: Readable) => Promise<T>) => Promise<T>;
	/** Bytes that came so far. */
	size: () => number;
}

/** Something that ends a download. `again`: another try may help. */
export class FileError extends Error {
	readonly failure: Failure;

	readonly again: boolean;

	/** Milliseconds that the server asks to wait. */
	readonly after?: number;

	/** Whether the server said that it is asked too much. */
	readonly busy: boolean;

	constructor(failure: Failure, { again = false, after, busy = false }: { again?: boolean; after?: number; busy?: boolean } = {}) {
		super(failure.message);
		this.failure = failure;
		this.again = again;
		this.after = after;
		this.busy = busy;
	}
}

const MOST_REDIRECTS = 5;

/** How long nothing may come, in milliseconds: before the answer, and within it. */
export const STALLED_AFTER = 30_000;

/**
 * Asks for a file. Sends neither the API key nor a cookie, and follows redirects itself, so that each target is checked.
 * Goes through n8n's HTTP helper, so n8n's proxy settings and SSRF protection hold. Throws FileError.
 */
export async function openFile(this: IExecuteFunctions, request: FileRequest): Promise<OpenFile> {
	let { url } = request;
	for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
		await request.check(url);
		const connection = new AbortController();
		const { statusCode, headers, body } = await get.call(this, url, request.label, connection.signal);
		const file = new Body(body as Readable, connection, request);
		const refusal = statusCode === 200 ? refusalOf(headers, request) : undefined;
		if (statusCode === 200 && refusal === undefined) return { headers, url, store: (save) => file.store(save), size: () => file.size };
		file.end();
		if (refusal !== undefined) throw refusal;
		if (statusCode < 300 || statusCode >= 400) throw ofHost(new URL(url).host, request, failedWith(statusCode, headers, request.label, Date.now()));
		url = redirectTarget(headers.location, url, request.label);
	}
	throw new FileError({ message: `${request.label} redirects more than ${MOST_REDIRECTS} times`, hint: 'Ask NenAI about this link.' });
}

async function get(this: IExecuteFunctions, url: string, label: string, signal: AbortSignal): Promise<IN8nHttpFullResponse> {
	const stopped = this.getExecutionCancelSignal();
	try {
		return (await this.helpers.httpRequest({
			method: 'GET',
			url,
			// n8n undoes a compression by itself, and cannot tell when that ends too early.
			headers: { 'accept-encoding': 'identity' },
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: STALLED_AFTER,
			abortSignal: AbortSignal.any([signal, ...(stopped ? [stopped] : [])]),
		})) as IN8nHttpFullResponse;
	} catch (error) {
		throw unreachable(judgeThrown(error), label);
	}
}

function unreachable({ kind, reason }: NoAnswer, label: string): FileError {
	return new FileError(
		{ message: `${label} could not be downloaded: ${reason}`, hint: 'Check that this n8n may connect to its host.' },
		{ again: kind !== 'refused' },
	);
}

const HINTS: Record<number, string> = {
	403: 'The link has expired or was changed on its way. Download sooner after the callback, or run the workflow again.',
	404: 'The file is not there any more. Ask NenAI, or run the workflow again.',
};

/** @param now milliseconds since 1970 */
export function failedWith(status: number, headers: IN8nHttpFullResponse['headers'], label: string, now: number): FileError {
	const again = status === 429 || status >= 500;
	const after = again ? readRetryAfter(headers['retry-after'], now) : undefined;
	const later = after !== undefined && after > LONGEST_WAIT ? `Its host asks to come back ${comeBackAt(after, now)}.` : 'Try again later.';
	return new FileError(
		{ message: `${label} could not be downloaded: HTTP ${status}`, hint: HINTS[status] ?? (again ? later : 'Ask NenAI about this link.') },
		{ again, after, busy: judge(status) === 'busy' },
	);
}

/** A long pause that another host asks for, to which the link has led, does not hold up the files of the link's own host. */
function ofHost(host: string, request: FileRequest, error: FileError): FileError {
	const isLong = error.after !== undefined && error.after > LONGEST_WAIT;
	return isLong && host !== new URL(request.url).host ? new FileError(error.failure) : error;
}

/** @returns the URL that a `Location` header leads to */
export function redirectTarget(location: unknown, from: string, label: string): string {
	const target = typeof location === 'string' ? withEscapedBytes(location) : '';
	const url = target !== '' && URL.canParse(target, from) ? new URL(target, from).href : '';
	if (isHttpUrl(url)) return url;
	throw new FileError({ message: `${label} redirects to something that is no http(s) address`, hint: 'It was not followed. Ask NenAI about this link.' });
}

/** Node.js gives each byte of a header as one character. Escaped as it came, it reaches the other host as it was meant. */
function withEscapedBytes(header: string): string {
	return header.replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What changes every byte of a file. Others that servers send there (`aws-chunked`, `utf-8`, `none`) change nothing that arrives here. */
const COMPRESSIONS = ['gzip', 'x-gzip', 'compress', 'x-compress', 'deflate', 'br', 'zstd', 'dcb', 'dcz'];

/** Why a file is not taken, as far as its headers say so. n8n removes the header of a compression that it undoes. */
function refusalOf(headers: IN8nHttpFullResponse['headers'], request: FileRequest): FileError | undefined {
	const codings = String(headers['content-encoding'] ?? '').toLowerCase().split(',').map((coding) => coding.trim());
	if (codings.some((coding) => COMPRESSIONS.includes(coding))) {
		return new FileError({ message: `${request.label} came compressed in a way that n8n cannot undo (${codings.join(', ')})`, hint: 'Nothing of it was kept. Ask NenAI to serve it as it is.' });
	}
	return Number(headers['content-length']) > request.maxSize ? tooLarge(request) : undefined;
}

function tooLarge({ label, maxSize }: FileRequest): FileError {
	return new FileError({ message: `${label} is larger than allowed (${maxSize / 1024 / 1024} MB)`, hint: 'Raise the option Max File Size, or leave this file out with the option Fields.' });
}

/** The body of an answer: counted on its way, and ended in every case. */
class Body {
	size = 0;

	/** What the body itself failed with, as long as it was wanted. Tells its faults from those of the storage. */
	private fault: unknown;

	private ended = false;

	private stream?: Readable;

	private lastChunk = Date.now();

	private readonly body: Readable;

	private readonly connection: AbortController;

	private readonly request: FileRequest;

	constructor(body: Readable, connection: AbortController, request: FileRequest) {
		this.body = body;
		this.connection = connection;
		this.request = request;
		// There must be a listener: an error of a body that nobody reads would end n8n's process.
		body.on('error', (error) => {
			// Where the storage has ended the stream, what the body says after that is no fault of the file.
			if (!this.ended && !this.stream?.destroyed) this.fault ??= error;
		});
	}

	async store<T>(save: (stream: Readable) => Promise<T>): Promise<T> {
		this.stream = this.body.map((chunk: Buffer) => this.count(chunk));
		this.stream.on('error', () => {});
		void this.watch();
		try {
			const stored = await save(this.stream);
			if (this.fault !== undefined) throw this.fault;
			return stored;
		} catch (error) {
			throw this.explain(error);
		} finally {
			this.stream.destroy();
			this.end();
		}
	}

	/** Ending the body alone is not enough: it leaves the connection open where nothing was read yet, or nothing comes. */
	end() {
		this.ended = true;
		this.connection.abort();
		this.body.destroy();
	}

	private count(chunk: Buffer): Buffer {
		this.size += chunk.length;
		this.lastChunk = Date.now();
		if (this.size <= this.request.maxSize) return chunk;
		this.fault = tooLarge(this.request);
		throw this.fault;
	}

	private async watch() {
		while (!this.ended) {
			await sleep(1000);
			if (!this.ended && Date.now() - this.lastChunk > STALLED_AFTER) this.connection.abort();
		}
	}

	private explain(error: unknown): FileError {
		if (this.fault instanceof FileError) return this.fault;
		return this.fault === undefined ? notStored(error, this.request.label) : brokenOff(this.fault, this.request.label);
	}
}

/** What undoing a compression fails with: zlib's, Brotli's and Zstandard's codes. */
const NOT_AS_CODED = /^(Z_|ERR__ERROR_|ERR_BROTLI|ZSTD_)/;

/** What a body failed with: the watchdog ended it, it is not what it says it is, or its connection broke. */
export function brokenOff(error: unknown, label: string): FileError {
	const { code } = error as NodeJS.ErrnoException;
	// Or since the execution was stopped, and then the queue tries nothing more.
	if (code === 'ERR_CANCELED') {
		return new FileError({ message: `${label} stopped coming (HTTP 200): nothing more for ${STALLED_AFTER / 1000} seconds`, hint: 'Nothing of it was kept. Try again.' }, { again: true });
	}
	if (NOT_AS_CODED.test(String(code))) {
		return new FileError({ message: `${label} is broken (HTTP 200): its host says that it is compressed, and it is not, or not wholly`, hint: 'Nothing of it was kept. Ask NenAI about this file.' });
	}
	return new FileError({ message: `${label} was cut short (HTTP 200): the connection broke before the end`, hint: 'Nothing of it was kept. Try again.' }, { again: true });
}

function notStored(error: unknown, label: string): FileError {
	const reason = error instanceof Error ? error.message : String(error);
	return new FileError({ message: `${label} could not be stored: ${reason}`, hint: "Check n8n's binary data settings and its free space." });
}

/** What a queue makes of an error of a download. */
export function asAttempt(error: unknown, label: string): Attempt<never> {
	const { failure, again, after, busy } = error instanceof FileError ? error : notStored(error, label);
	return again ? { kind: 'retry', after, busy, failure } : { kind: 'failed', failure };
}

import type { IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import { excerpt } from '../../failures/excerpt';
import { FailureError, type Failure } from '../../failures/failure';
import { say, type Text } from '../../failures/text';
import type { Attempt } from '../../execution/retry';
import { elapsed } from '../http/readStart';

/** A stream, as n8n's helpers take it. */
type Readable = Exclude<
	Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0],
	Buffer | Uint8Array
>;

/** What an incoming file must fulfil. */
export interface DownloadLimits {
	/** Names the file at the beginning of a sentence. The URL itself may be a secret. */
	label: Text;
	/** Bytes; Infinity for no limit. */
	maxSize: number;
}

/** A file whose body has begun to arrive. */
export interface IncomingFile {
	headers: IN8nHttpFullResponse['headers'];
	/**
	 * Passes the file's stream to `save`, and gives its result. Rejects with a FileError: the file's, if it is cut
	 * short, stalls or grows too large, else that of the storage. The connection has ended in any case.
	 */
	store: <T>(save: (stream: Readable) => Promise<T>) => Promise<T>;
	/** Bytes so far. */
	size: () => number;
}

/** The longest time without data, in milliseconds: before the response, and within it. */
export const STALL_TIMEOUT_MS = 30_000;

/** An error that ends a download. `again`: another try may help. */
export class FileError extends FailureError {
	readonly again: boolean;

	/** Milliseconds that the server asks to wait. */
	readonly after?: number;

	/** Whether the server said that there are too many requests. */
	readonly busy: boolean;

	constructor(
		failure: Failure,
		{
			again = false,
			after,
			busy = false,
		}: { again?: boolean; after?: number; busy?: boolean } = {},
	) {
		super(failure);
		this.again = again;
		this.after = after;
		this.busy = busy;
	}
}

/**
 * Accepts the file in a streamed response. Throws FileError if its headers say that it cannot be accepted; the
 * connection has ended then.
 *
 * @param connection ends the request
 */
export function acceptBody(
	{ headers, body }: IN8nHttpFullResponse,
	connection: AbortController,
	wanted: DownloadLimits,
): IncomingFile {
	const file = new BodyStream(body as Readable, connection, wanted);
	const refusal = refusalOf(headers, wanted);
	if (refusal === undefined)
		return { headers, store: (save) => file.store(save), size: () => file.size };
	file.end();
	throw refusal;
}

/** Ends a response whose body is not needed. */
export function discardBody({ body }: IN8nHttpFullResponse, connection: AbortController) {
	new BodyStream(body as Readable, connection).end();
}

/**
 * Codings that change every byte of a file. Other values that servers send in this header (`aws-chunked`, `utf-8`,
 * `none`) change nothing here.
 */
const COMPRESSIONS = [
	'gzip',
	'x-gzip',
	'compress',
	'x-compress',
	'deflate',
	'br',
	'zstd',
	'dcb',
	'dcz',
];

/** Why the headers say that a file cannot be accepted. n8n removes the header if it has decompressed the body. */
function refusalOf(
	headers: IN8nHttpFullResponse['headers'],
	wanted: DownloadLimits,
): FileError | undefined {
	const codings = String(headers['content-encoding'] ?? '')
		.toLowerCase()
		.split(',')
		.map((coding) => coding.trim());
	if (codings.some((coding) => COMPRESSIONS.includes(coding))) {
		return new FileError({
			message: say`${wanted.label} is compressed in a format that n8n cannot decompress (${codings.join(', ')})`,
			hint: say`No part of it was kept. Ask NenAI to send it uncompressed.`,
		});
	}
	return Number(headers['content-length']) > wanted.maxSize ? tooLarge(wanted) : undefined;
}

function tooLarge({ label, maxSize }: DownloadLimits): FileError {
	return new FileError({
		message: say`${label} is larger than allowed (${maxSize / 1024 / 1024} MB)`,
		hint: say`Increase the option Max File Size, or leave this file out with the option Fields.`,
	});
}

/** The body of a response. It is counted on its way, and ended in every case. */
class BodyStream {
	size = 0;

	/** The error of the body itself, while it was needed. It separates errors of the file from those of the storage. */
	private fault: unknown;

	private ended = false;

	private stream?: Readable;

	private lastChunk = Date.now();

	constructor(
		private readonly body: Readable,
		private readonly connection: AbortController,
		private readonly wanted: DownloadLimits = { label: say`The file`, maxSize: Infinity },
	) {
		// A listener is needed: without one, an error of a body that nothing reads ends n8n's process.
		body.on('error', (error) => {
			// If the storage has ended the stream, a later error of the body is not an error of the file.
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

	/** Ending only the body is not enough: the connection stays open if nothing was read yet, or if no data arrives. */
	end() {
		this.ended = true;
		this.connection.abort();
		this.body.destroy();
	}

	private count(chunk: Buffer): Buffer {
		this.size += chunk.length;
		this.lastChunk = Date.now();
		if (this.size <= this.wanted.maxSize) return chunk;
		this.fault = tooLarge(this.wanted);
		throw this.fault;
	}

	private async watch() {
		while (!this.ended) {
			await elapsed(1000);
			if (!this.ended && Date.now() - this.lastChunk > STALL_TIMEOUT_MS) this.connection.abort();
		}
	}

	private explain(error: unknown): FileError {
		if (this.fault instanceof FileError) return this.fault;
		return this.fault === undefined
			? notStored(error, this.wanted.label)
			: brokenOff(this.fault, this.wanted.label);
	}
}

/** Codes of errors in decompression, of zlib, Brotli and Zstandard. */
const NOT_AS_CODED = /^(Z_|ERR__ERROR_|ERR_BROTLI|ZSTD_)/;

/** The error of a body: the timeout ended it, it could not be decompressed, or its connection broke. */
export function brokenOff(error: unknown, label: Text): FileError {
	const { code } = error as NodeJS.ErrnoException;
	// Or the execution was stopped. Then the queue tries nothing more.
	if (code === 'ERR_CANCELED') {
		return new FileError(
			{
				message: say`${label} stopped arriving (HTTP 200): no data came for ${STALL_TIMEOUT_MS / 1000} seconds`,
				hint: say`Nothing of it was kept. Try again.`,
			},
			{ again: true },
		);
	}
	if (NOT_AS_CODED.test(String(code))) {
		return new FileError({
			message: say`${label} is broken (HTTP 200): its host says that it is compressed, but it is not, or only in part`,
			hint: say`No part of it was kept. Ask NenAI about this file.`,
		});
	}
	return new FileError(
		{
			message: say`${label} was cut short (HTTP 200): the connection broke before the end`,
			hint: say`Nothing of it was kept. Try again.`,
		},
		{ again: true },
	);
}

function notStored(error: unknown, label: Text): FileError {
	const reason = error instanceof Error ? error.message : String(error);
	return new FileError({
		message: say`${label} could not be stored: ${excerpt(reason)}`,
		hint: say`Check n8n's binary data settings and its free storage space.`,
	});
}

/** The attempt for an error of a download. */
export function asAttempt(error: unknown, label: Text): Attempt<never> {
	const { failure, again, after, busy } =
		error instanceof FileError ? error : notStored(error, label);
	return again ? { kind: 'retry', after, busy, failure } : { kind: 'failed', failure };
}

import { sleep, type IExecuteFunctions, type IN8nHttpFullResponse } from 'n8n-workflow';

import { judgeThrown, type NoAnswer } from './answer';
import { isHttpUrl } from './credential';
import type { Failure } from './failure';
import type { Attempt } from './queue';
import { readRetryAfter } from './retry';

/** A stream as n8n's helpers take it. */
type Readable = Exclude<Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0], Buffer | Uint8Array>;

export interface FileRequest {
	url: string;
	/** Names the file in errors; the URL itself is a secret. */
	label: string;
	/** Bytes; Infinity for no limit. */
	maxSize: number;
	/** Throws a FileError for a URL that must not be asked. Called for the URL and for each redirect. */
	check: (url: string) => void;
}

export interface OpenFile {
	headers: IN8nHttpFullResponse['headers'];
	/** The URL that answered, after redirects. */
	url: string;
	/** Fails with a FileError when it is cut short, stalls or grows too large. */
	stream: Readable;
	/** Bytes that came so far. */
	size: () => number;
}

/** Something that ends a download. `again`: another try may help. */
export class FileError extends Error {
	readonly failure: Failure;

	readonly again: boolean;

	/** Milliseconds that the server asks to wait. */
	readonly after?: number;

	constructor(failure: Failure, { again = false, after }: { again?: boolean; after?: number } = {}) {
		super(failure.message);
		this.failure = failure;
		this.again = again;
		this.after = after;
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
		request.check(url);
		const connection = new AbortController();
		const { statusCode, headers, body } = await get.call(this, url, request.label, connection.signal);
		if (statusCode === 200) return { ...watch(body as Readable, headers, request, connection), headers, url };
		(body as Readable).destroy();
		if (statusCode < 300 || statusCode >= 400) throw failedWith(statusCode, headers, request.label);
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

function failedWith(status: number, headers: IN8nHttpFullResponse['headers'], label: string): FileError {
	const again = status === 429 || status >= 500;
	return new FileError(
		{ message: `${label} could not be downloaded: HTTP ${status}`, hint: HINTS[status] ?? (again ? 'Try again later.' : 'Ask NenAI about this link.') },
		{ again, after: readRetryAfter(headers['retry-after'], Date.now()) },
	);
}

function redirectTarget(location: unknown, from: string, label: string): string {
	const target = typeof location === 'string' && URL.canParse(location, from) ? new URL(location, from).href : '';
	if (isHttpUrl(target)) return target;
	throw new FileError({ message: `${label} redirects to something that is no http(s) address`, hint: 'It was not followed. Ask NenAI about this link.' });
}

/** The body, counted on its way. */
function watch(body: Readable, headers: IN8nHttpFullResponse['headers'], { label, maxSize }: FileRequest, connection: AbortController) {
	let size = 0;
	let lastChunk = Date.now();
	let ended = false;
	const tooLarge = () => new FileError({ message: `${label} is larger than allowed (${maxSize / 1024 / 1024} MB)`, hint: 'Raise the option Max File Size, or leave this file out with the option Fields.' });
	if (Number(headers['content-length']) > maxSize) {
		body.destroy();
		throw tooLarge();
	}
	const stream = body.map((chunk: Buffer) => {
		size += chunk.length;
		lastChunk = Date.now();
		if (size > maxSize) throw tooLarge();
		return chunk;
	});
	stream.once('close', () => (ended = true));
	const watchdog = async () => {
		while (!ended) {
			await sleep(1000);
			// Ending the body alone is not enough: it waits for its next chunk, which never comes.
			if (!ended && Date.now() - lastChunk > STALLED_AFTER) connection.abort();
		}
	};
	// Without a listener, an error of the body that comes when nobody reads it any more would end n8n's process.
	body.on('error', () => {});
	void watchdog();
	return { stream, size: () => size };
}

const stalled = (label: string): Failure => ({
	message: `${label} stopped coming (HTTP 200): nothing more for ${STALLED_AFTER / 1000} seconds`,
	hint: 'Nothing of it was kept. Try again.',
});

const cutShort = (label: string): Failure => ({
	message: `${label} was cut short (HTTP 200): the connection broke before the end`,
	hint: 'Nothing of it was kept. Try again.',
});

/** What a body's stream fails with when its connection breaks. */
const BROKEN = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

/** What a queue makes of an error of a download: of asking for the file, of its stream, or of storing it. */
export function asAttempt(error: unknown, label: string): Attempt<never> {
	if (error instanceof FileError) {
		const { failure, again, after } = error;
		return again ? { kind: 'retry', after, failure } : { kind: 'failed', failure };
	}
	const { code, message } = error as NodeJS.ErrnoException;
	// By the watchdog; or since the execution was stopped, and then the queue tries nothing more.
	if (code === 'ERR_CANCELED') return { kind: 'retry', failure: stalled(label) };
	if (BROKEN.includes(code ?? '')) return { kind: 'retry', failure: cutShort(label) };
	return {
		kind: 'failed',
		failure: { message: `${label} could not be stored: ${message}`, hint: "Check n8n's binary data settings and its free space." },
	};
}

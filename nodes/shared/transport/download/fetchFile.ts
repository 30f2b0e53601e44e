import type { IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import { isHttpUrl } from '../credential';
import {
	STALL_TIMEOUT_MS,
	discardBody,
	FileError,
	acceptBody,
	type IncomingFile,
	type DownloadLimits,
} from './bodyStream';
import type { Attempt } from '../../execution/retry';
import {
	explainException,
	explainResponse,
	failureIn,
	type RequestInfo,
} from '../../failures/explain';
import { unusableResponse } from '../../failures/messages';
import { toUrl } from '../../failures/phrases';
import { isTooLong, RETRY_POLICIES } from '../../failures/policies';
import { say, type Text } from '../../failures/text';

export interface FileRequest extends DownloadLimits {
	url: string;
	/** How errors name the request, as in "The file host refused the download of report.pdf". */
	request: Text;
	/** Throws FileError for a URL that must not be requested. Called for the URL and for each redirect. */
	check: (url: string) => void;
}

export interface OpenFile extends IncomingFile {
	/** The URL that answered, after redirects. */
	url: string;
}

const MAX_REDIRECTS = 5;

/**
 * Requests a file. Sends neither the API key nor a cookie, and follows redirects itself, so that each target is
 * checked. Uses n8n's HTTP helper, so n8n's proxy settings and SSRF protection apply. Throws FileError.
 */
export async function openDownload(
	this: IExecuteFunctions,
	request: FileRequest,
): Promise<OpenFile> {
	let { url } = request;
	for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
		request.check(url);
		const connection = new AbortController();
		const response = await get.call(this, url, request, connection.signal);
		const { statusCode, headers } = response;
		if (statusCode === 200) return { ...acceptBody(response, connection, request), url };
		discardBody(response, connection);
		if (statusCode < 300 || statusCode >= 400)
			throw downloadFailure(statusCode, headers, url, request);
		url = resolveRedirect(headers.location, url, request.label);
	}
	throw new FileError({
		message: say`${request.label} redirects more than ${MAX_REDIRECTS} times`,
		hint: say`Ask NenAI about this link.`,
	});
}

async function get(
	this: IExecuteFunctions,
	url: string,
	request: FileRequest,
	signal: AbortSignal,
): Promise<IN8nHttpFullResponse> {
	const stopped = this.getExecutionCancelSignal();
	try {
		return (await this.helpers.httpRequest({
			method: 'GET',
			url,
			// n8n decompresses a body by itself, and does not notice when it ends too early:
			// docs/internals/n8n-behaviour.md#streams
			headers: { 'accept-encoding': 'identity' },
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: STALL_TIMEOUT_MS,
			abortSignal: AbortSignal.any([signal, ...(stopped ? [stopped] : [])]),
		})) as IN8nHttpFullResponse;
	} catch (error) {
		throw toFileError(explainException(infoOf(url, request), error));
	}
}

const EXPIRED = say`The link has expired or was changed in transit. Run the workflow again, and download the file soon after the callback.`;
const GONE = say`The file no longer exists. Ask NenAI, or run the workflow again.`;

/** A file host may itself answer 403 with an HTML page, so 403 has two explanations. */
const HINTS: RequestInfo['hints'] = {
	203: say`It answered instead of the file's host, and may have changed the file.`,
	401: EXPIRED,
	403: EXPIRED,
	404: GONE,
	410: GONE,
};

/** How errors describe a download. */
function infoOf(url: string, { request }: FileRequest): RequestInfo {
	const check = say`Ask NenAI about this link.`;
	const { maxTries, timeoutSeconds } = RETRY_POLICIES.download;
	return {
		policy: 'download',
		server: 'the file host',
		label: request,
		address: { name: say`the file's host`, url, check },
		hints: HINTS,
		refusedHint: check,
		// No API key is sent to the host.
		isNotAboutKey: true,
		keyHint: check,
		busyHint: say`Try again later.`,
		againHint: say`Try again later.`,
		maxTries,
		timeout: timeoutSeconds,
	};
}

/** The failure for a response with a status other than 200 and a redirect. */
export function downloadFailure(
	status: number,
	headers: IN8nHttpFullResponse['headers'],
	url: string,
	request: FileRequest,
): FileError {
	const info = infoOf(url, request);
	if (status >= 200 && status < 300 && status !== 203)
		return new FileError(
			unusableResponse(info, say`there is no file in the response`, {
				status,
				hint: info.refusedHint,
			}),
		);
	// Without the body: the host may repeat the link there, which is a secret.
	const error = toFileError(explainResponse(info, { status, headers, body: '' }));
	// The link has led to another host, and that host asks for a long pause. The files of the link's own host need not
	// wait.
	return isTooLong(error.after) && new URL(url).host !== new URL(request.url).host
		? new FileError(error.failure)
		: error;
}

function toFileError(attempt: Attempt<never>): FileError {
	return new FileError(
		failureIn(attempt),
		attempt.kind === 'retry' ? { ...attempt, again: true } : {},
	);
}

/** @returns the URL that a `Location` header leads to */
export function resolveRedirect(location: unknown, from: string, label: Text): string {
	const target = typeof location === 'string' ? withEscapedBytes(location) : '';
	const url = (target === '' ? undefined : toUrl(target, from)?.href) ?? '';
	if (isHttpUrl(url)) return url;
	throw new FileError({
		message: say`${label} redirects to something that is not an http(s) URL`,
		hint: say`It was not followed. Ask NenAI about this link.`,
	});
}

/**
 * Node.js gives each byte of a header as one character. Each is escaped as that byte, so the other host gets it
 * unchanged.
 */
function withEscapedBytes(header: string): string {
	return header.replace(
		/[\u0080-\u00ff]/g,
		(byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}

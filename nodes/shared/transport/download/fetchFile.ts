import type { IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import {
	isFromIntermediary,
	classifyStatus,
	classifyNetworkError,
	type NetworkErrorClass,
	type StatusClass,
} from '../http/classify';
import { isHttpUrl } from '../credential';
import {
	discardBody,
	FileError,
	acceptBody,
	STALL_TIMEOUT_MS,
	type IncomingFile,
	type DownloadLimits,
} from './bodyStream';
import { comeBackAt, MAX_RETRY_WAIT_MS, readRetryAfter } from '../../execution/retryAfter';
import { toUrl } from '../../failures/phrases';

export interface FileRequest extends DownloadLimits {
	url: string;
	/** Rejects with a FileError for a URL that must not be asked. Called for the URL and for each redirect. */
	check: (url: string) => Promise<void>;
}

export interface OpenFile extends IncomingFile {
	/** The URL that answered, after redirects. */
	url: string;
}

const MAX_REDIRECTS = 5;

/**
 * Asks for a file. Sends neither the API key nor a cookie, and follows redirects itself, so that each target is checked.
 * Goes through n8n's HTTP helper, so n8n's proxy settings and SSRF protection hold. Throws FileError.
 */
export async function openDownload(
	this: IExecuteFunctions,
	request: FileRequest,
): Promise<OpenFile> {
	let { url } = request;
	for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
		await request.check(url);
		const connection = new AbortController();
		const response = await get.call(this, url, request.label, connection.signal);
		const { statusCode, headers } = response;
		if (statusCode === 200) return { ...acceptBody(response, connection, request), url };
		discardBody(response, connection);
		if (statusCode < 300 || statusCode >= 400)
			throw ofHost(
				new URL(url).host,
				request,
				downloadFailure(statusCode, headers, request.label, Date.now()),
			);
		url = resolveRedirect(headers.location, url, request.label);
	}
	throw new FileError({
		message: `${request.label} redirects more than ${MAX_REDIRECTS} times`,
		hint: 'Ask NenAI about this link.',
	});
}

async function get(
	this: IExecuteFunctions,
	url: string,
	label: string,
	signal: AbortSignal,
): Promise<IN8nHttpFullResponse> {
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
			timeout: STALL_TIMEOUT_MS,
			abortSignal: AbortSignal.any([signal, ...(stopped ? [stopped] : [])]),
		})) as IN8nHttpFullResponse;
	} catch (error) {
		throw unreachable(classifyNetworkError(error), label);
	}
}

function unreachable(
	{ kind, reason, hint = 'Check that this n8n may connect to its host.' }: NetworkErrorClass,
	label: string,
): FileError {
	return new FileError(
		{ message: `${label} could not be downloaded: ${reason}`, hint },
		{ again: kind !== 'refused' },
	);
}

const EXPIRED =
	'The link has expired or was changed on its way. Download sooner after the callback, or run the workflow again.';
const GONE = 'The file is not there any more. Ask NenAI, or run the workflow again.';
const LET_THROUGH =
	"Ask whoever runs the network of this n8n to let it through to the file's host.";

const HINTS: Record<number, string> = { 404: GONE, 410: GONE };

/** What stands in between: who it is, and what to do. A host may send a page for people itself, so that 403 has two explanations. */
const IN_BETWEEN: Record<number, { who: string; hint: string }> = {
	203: {
		who: 'something in between, such as a proxy, answered in place of its host and may have changed the file',
		hint: LET_THROUGH,
	},
	403: {
		who: 'something in between, such as a proxy or a firewall, seems to have refused the request',
		hint: `${LET_THROUGH} If nothing is in between: ${EXPIRED}`,
	},
	407: {
		who: 'a proxy refused the request',
		hint: "The proxy wants a user name and a password: add them to this n8n's proxy settings.",
	},
	511: { who: 'the network of this n8n wants somebody to sign in first', hint: LET_THROUGH },
};

/** RFC 9110, 15.3.4: what a proxy answers that has changed what its host sent. */
const CHANGED_BY_PROXY = 203;

/** What is asked for again, as a download changes nothing: what the host was too busy for, and what may have failed by chance. */
const PASSING: StatusClass[] = ['busy', 'unknown'];

/** @param now milliseconds since 1970 */
export function downloadFailure(
	status: number,
	headers: IN8nHttpFullResponse['headers'],
	label: string,
	now: number,
): FileError {
	const verdict = classifyStatus(status);
	const again = PASSING.includes(verdict) && status !== 511;
	const after = again ? readRetryAfter(headers['retry-after'], now) : undefined;
	const later =
		after !== undefined && after > MAX_RETRY_WAIT_MS
			? `Its host asks to come back ${comeBackAt(after, now)}.`
			: 'Try again later.';
	const isFromElsewhere =
		status === CHANGED_BY_PROXY || isFromIntermediary(status, headers['content-type']);
	const between = isFromElsewhere
		? (IN_BETWEEN[status] ?? {
				who: 'something in between, such as a gateway, failed',
				hint: later,
			})
		: undefined;
	return new FileError(
		{
			message: `${label} could not be downloaded: ${between ? `${between.who} (HTTP ${status})` : `HTTP ${status}`}`,
			hint: between?.hint ?? HINTS[status] ?? BY_VERDICT[verdict] ?? later,
		},
		{ again, after, busy: verdict === 'busy' },
	);
}

/** What to do, by what the status says of the link; the rest is worth another try. */
const BY_VERDICT: Partial<Record<StatusClass, string>> = {
	accepted:
		'Its host answered without the file. Ask NenAI about this link, or run the workflow again.',
	unauthorized: EXPIRED,
	refused: 'Ask NenAI about this link.',
};

/** A long pause that another host asks for, to which the link has led, does not hold up the files of the link's own host. */
function ofHost(host: string, request: FileRequest, error: FileError): FileError {
	const isLong = error.after !== undefined && error.after > MAX_RETRY_WAIT_MS;
	return isLong && host !== new URL(request.url).host ? new FileError(error.failure) : error;
}

/** @returns the URL that a `Location` header leads to */
export function resolveRedirect(location: unknown, from: string, label: string): string {
	const target = typeof location === 'string' ? withEscapedBytes(location) : '';
	const url = (target === '' ? undefined : toUrl(target, from)?.href) ?? '';
	if (isHttpUrl(url)) return url;
	throw new FileError({
		message: `${label} redirects to something that is no http(s) address`,
		hint: 'It was not followed. Ask NenAI about this link.',
	});
}

/** Node.js gives each byte of a header as one character. Escaped as it came, it reaches the other host as it was meant. */
function withEscapedBytes(header: string): string {
	return header.replace(
		/[\u0080-\u00ff]/g,
		(byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}

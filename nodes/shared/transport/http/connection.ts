import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { NotSent } from './classify';
import { CREDENTIAL_TYPE, readCredential, type NenAiCredential } from '../credential';
import { writeExactly } from '../exactJson';

/** What a user may set for each request. */
export interface RequestLimits {
	/** Tries for an answer that is safe to retry, the first included. */
	maxTries: number;
	/** Seconds. */
	timeout: number;
}

export interface Connection extends RequestLimits {
	credential: NenAiCredential;
	/** Handed to n8n with each request, so that it does not decrypt the credential each time. */
	decrypted: NonNullable<
		Parameters<IExecuteFunctions['helpers']['httpRequestWithAuthentication']>[2]
	>;
}

/** What requests are sent from: an execution, or a list in the editor. */
export type RequestContext = IExecuteFunctions | ILoadOptionsFunctions;

const MAX_TIMEOUT_SECONDS = 3600;

/** Everything that the requests of one execution share. */
export function connect(
	data: ICredentialDataDecryptedObject,
	{ maxTries, timeout }: RequestLimits,
): Connection {
	return {
		credential: readCredential(data),
		decrypted: { credentialsDecrypted: { id: '', name: '', type: CREDENTIAL_TYPE, data } },
		// 0 is what other nodes call no limit.
		timeout: timeout > 0 ? Math.min(timeout, MAX_TIMEOUT_SECONDS) : MAX_TIMEOUT_SECONDS,
		maxTries,
	};
}

/** Redirects are not followed: n8n would send the API key on to the other host. */
const FULL_ANSWER = {
	returnFullResponse: true,
	ignoreHttpStatusErrors: true,
	disableFollowRedirect: true,
} as const;

/**
 * Writes a body as JSON before n8n gets it: that keeps all digits of numbers and parameters called `__proto__`, and a body
 * that cannot be written is known not to have been sent. Throws NotSent.
 */
function written<T extends IHttpRequestOptions>(options: T): T {
	const { body, headers } = options;
	if (typeof body !== 'object' || body === null || Object.getPrototypeOf(body) !== Object.prototype)
		return options;
	try {
		return {
			...options,
			body: writeExactly(body),
			headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
		};
	} catch (error) {
		throw notWritten(error);
	}
}

function notWritten(error: unknown): NotSent {
	const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
	return new NotSent(`the data cannot be written as JSON (${reason})`);
}

/**
 * Sends one request with the API key, through n8n's HTTP helper, so that its proxy settings and SSRF protection hold.
 * Resolves with the answer, of any status; rejects where none came. n8n ends it where the execution is stopped.
 */
export async function request(
	this: IExecuteFunctions,
	options: IHttpRequestOptions,
	{ decrypted }: Connection,
): Promise<IN8nHttpFullResponse> {
	return (await this.helpers.httpRequestWithAuthentication.call(
		this,
		CREDENTIAL_TYPE,
		{ ...written(options), ...FULL_ANSWER },
		decrypted,
	)) as IN8nHttpFullResponse;
}

/** The same for an answer that is read as it comes. With credentials, n8n would put its own signal in place of the given one. */
export async function openStream(
	sender: RequestContext,
	options: IHttpRequestOptions & { abortSignal: AbortSignal },
	{ credential }: Connection,
): Promise<IN8nHttpFullResponse> {
	const given = written(options);
	const headers = { ...given.headers, 'x-api-key': credential.apiKey };
	return (await sender.helpers.httpRequest({
		...given,
		...FULL_ANSWER,
		headers,
		encoding: 'stream',
	})) as IN8nHttpFullResponse;
}

/** The same for the Desktop API, with the key in both headers: NenAI's pages name the one here and the other there. */
export async function requestDesktop(
	sender: RequestContext,
	options: IHttpRequestOptions & { abortSignal: AbortSignal },
	{ credential }: Connection,
): Promise<IN8nHttpFullResponse> {
	const given = written(options);
	const headers = {
		...given.headers,
		'x-api-key': credential.apiKey,
		authorization: `Bearer ${credential.apiKey}`,
	};
	return (await sender.helpers.httpRequest({
		...given,
		...FULL_ANSWER,
		headers,
	})) as IN8nHttpFullResponse;
}

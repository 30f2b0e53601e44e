import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IN8nHttpFullResponse,
	IPollFunctions,
} from 'n8n-workflow';

import { NotSent } from './classify';
import { CREDENTIAL_TYPE, readCredential, type NenAiCredential } from '../credential';
import { writeExactly } from '../exactJson';

/** The limits that a user may set for each request. */
export interface RequestLimits {
	/** Maximum tries of a request that is safe to repeat, the first included. */
	maxTries: number;
	/** Seconds. */
	timeout: number;
}

export interface Connection extends RequestLimits {
	credential: NenAiCredential;
	/**
	 * Passed to n8n with each request, so that n8n does not decrypt the credential each time:
	 * docs/internals/n8n-behaviour.md#authentication
	 */
	decrypted: NonNullable<
		Parameters<IExecuteFunctions['helpers']['httpRequestWithAuthentication']>[2]
	>;
}

/** The context that sends requests: an execution, a list in the editor, or a poll. */
export type RequestContext = IExecuteFunctions | ILoadOptionsFunctions | IPollFunctions;

const MAX_TIMEOUT_SECONDS = 3600;

/** What the requests of one execution share. */
export function connect(
	data: ICredentialDataDecryptedObject,
	{ maxTries, timeout }: RequestLimits,
): Connection {
	return {
		credential: readCredential(data),
		decrypted: { credentialsDecrypted: { id: '', name: '', type: CREDENTIAL_TYPE, data } },
		// In other nodes, 0 means no limit.
		timeout: timeout > 0 ? Math.min(timeout, MAX_TIMEOUT_SECONDS) : MAX_TIMEOUT_SECONDS,
		maxTries,
	};
}

/**
 * Redirects are not followed, because n8n would send the API key to the other host:
 * docs/internals/n8n-behaviour.md#redirects
 */
const FULL_ANSWER = {
	returnFullResponse: true,
	ignoreHttpStatusErrors: true,
	disableFollowRedirect: true,
} as const;

/**
 * Writes a body as JSON before n8n gets it. That keeps all digits of numbers, and parameters with the name `__proto__`.
 * It also shows that a body that cannot be written was not sent. Throws NotSent.
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
 * Sends one request with the API key. It uses n8n's HTTP helper, so n8n's proxy settings and SSRF protection apply.
 * Resolves with the response, of any status. Rejects if there is no response. n8n aborts it when the execution is
 * stopped.
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

/**
 * The same for a streamed response. It sets the key itself: with a credential, n8n would replace the given signal by
 * its own (docs/internals/n8n-behaviour.md#authentication).
 */
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

/**
 * The same for the Desktop API. It sends the key in both headers, because NenAI's pages differ:
 * docs/internals/nenai-api.md#the-desktop-api
 */
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

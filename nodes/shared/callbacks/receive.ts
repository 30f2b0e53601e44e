import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { CREDENTIAL_TYPE, readCredential } from '../transport/credential';
import { refused, unsigned, type CallbackResponse } from './responses';
import { SecretCache } from './secretCache';
import { readCallback, type Callback } from './payload';
import { readSignature, SIGNATURE_HEADER, type SignatureVerdict } from './signature';

const secretCache = new SecretCache(() => performance.now());

/**
 * Reads the request as a callback of NenAI: gives the callback if it is genuine, else the answer for the sender. It
 * rejects as much as possible before it reads the credential, because that costs n8n far more than the HMAC:
 * docs/internals/n8n-behaviour.md#credentials-in-webhook. Never throws: n8n would start the workflow, or end a waiting
 * execution.
 *
 * @param acceptUnsigned accepts a callback without a signature. A signature that exists must still be valid, if there
 * is a secret to verify it with
 */
export async function receiveCallback(
	this: IWebhookFunctions,
	acceptUnsigned: boolean,
): Promise<{ callback: Callback } | { answer: CallbackResponse }> {
	const signature = readSignature(this.getHeaderData()[SIGNATURE_HEADER]);
	if (signature === 'malformed') return { answer: unsigned(signature) };
	if (signature === 'missing' && !acceptUnsigned) return { answer: unsigned(signature) };

	const rawBody = await readRawBody.call(this);
	if (rawBody === undefined) return { answer: unsigned('unreadableBody') };
	if (signature !== 'missing') {
		const verdict = await verify.call(this, rawBody, signature);
		if (verdict === 'unreadableCredential')
			return { answer: refused(500, 'The NenAI credential cannot be read') };
		if (verdict === 'invalid' || (verdict === 'noSecret' && !acceptUnsigned))
			return { answer: unsigned(verdict) };
	}
	const read = readCallback(rawBody);
	return 'error' in read ? { answer: refused(400, read.error) } : read;
}

/**
 * The original bytes. n8n keeps them in addition to the parsed body, or reads them now if it did not parse the body.
 * Undefined if they are not available, as with a multipart form.
 */
async function readRawBody(this: IWebhookFunctions): Promise<Buffer | undefined> {
	const request = this.getRequestObject();
	try {
		if (request.rawBody === undefined) await request.readRawBody();
		return request.rawBody;
	} catch (error) {
		this.logger.debug(`A callback's body could not be read: ${(error as Error).message}`);
		return undefined;
	}
}

async function verify(
	this: IWebhookFunctions,
	rawBody: Buffer,
	signature: Buffer,
): Promise<Extract<SignatureVerdict, 'valid' | 'invalid' | 'noSecret' | 'unreadableCredential'>> {
	try {
		return await secretCache.verify(
			nameOf.call(this),
			async () => await readSecrets.call(this),
			rawBody,
			signature,
		);
	} catch (error) {
		this.logger.error(
			`The NenAI credential of the node "${this.getNode().name}" cannot be read: ${(error as Error).message}`,
		);
		return 'unreadableCredential';
	}
}

/** Identifies the credential and the workflow that uses it. */
function nameOf(this: IWebhookFunctions): string {
	return JSON.stringify([this.getWorkflow().id, this.getNode().credentials?.[CREDENTIAL_TYPE]?.id]);
}

async function readSecrets(this: IWebhookFunctions | IExecuteFunctions): Promise<string[]> {
	return readCredential(await this.getCredentials(CREDENTIAL_TYPE)).webhookSecrets;
}

/**
 * Whether callbacks of this execution will be verified with these secrets. When a callback arrives, n8n resolves the
 * expressions of the credential without the data of the execution. Here, `getCredentials` does the same for an object
 * without input data: docs/internals/n8n-behaviour.md#credentials-in-webhook. Rejects if n8n cannot resolve the
 * expressions. The secret cache is not used: the credential may have changed since.
 */
export async function areSecretsOfCallbacks(
	this: IExecuteFunctions,
	secrets: string[],
): Promise<boolean> {
	const withoutData = Object.create(this, {
		connectionInputData: { value: undefined },
	}) as IExecuteFunctions;
	const secretsOfCallbacks = await readSecrets.call(withoutData);
	return secrets.every((secret) => secretsOfCallbacks.includes(secret));
}

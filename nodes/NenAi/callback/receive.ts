import type { IWebhookFunctions } from 'n8n-workflow';

import { CREDENTIAL_TYPE, readCredential } from '../transport/credential';
import { refused, unsigned, type Answer } from './answers';
import { KeyMemory } from './keys';
import { readCallback, type Callback } from './payload';
import { readSignature, SIGNATURE_HEADER } from './signature';

const keyMemory = new KeyMemory(() => performance.now());

/**
 * Reads the request as a callback of NenAI: the callback if it is genuine, else the answer for the sender.
 * What can be refused without the credential is refused before it is looked up, which costs n8n far more than the HMAC.
 * Never throws: n8n would take that as a start of the workflow, or as the end of a waiting execution.
 *
 * @param acceptUnsigned takes a callback without a signature; one that has a signature must still be right,
 * as far as there is a secret to verify it with
 */
export async function receiveCallback(
	this: IWebhookFunctions,
	acceptUnsigned: boolean,
): Promise<{ callback: Callback } | { answer: Answer }> {
	const signature = readSignature(this.getHeaderData()[SIGNATURE_HEADER]);
	if (signature === 'malformed') return { answer: unsigned(signature) };
	if (signature === 'missing' && !acceptUnsigned) return { answer: unsigned(signature) };

	const rawBody = await readRawBody.call(this);
	if (rawBody === undefined) return { answer: unsigned('unreadable') };
	if (signature !== 'missing') {
		const verdict = await verify.call(this, rawBody, signature);
		if (verdict === 'unknown') return { answer: refused(500, 'The NenAI credential cannot be read') };
		if (verdict === 'wrong') return { answer: unsigned(verdict) };
		if (verdict === 'no secret' && !acceptUnsigned) return { answer: unsigned(verdict) };
	}
	const read = readCallback(rawBody);
	return 'error' in read ? { answer: refused(400, read.error) } : read;
}

/**
 * The bytes as they came: n8n keeps them beside the parsed body, or reads them now if it did not parse it.
 * Undefined where they are gone, as with a multipart form.
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

/** Unknown if n8n cannot give the credential, for example since it was deleted. */
async function verify(this: IWebhookFunctions, rawBody: Buffer, signature: Buffer): Promise<'right' | 'wrong' | 'no secret' | 'unknown'> {
	const { name, credentials } = this.getNode();
	const credential = JSON.stringify([this.getWorkflow().id, credentials?.[CREDENTIAL_TYPE]?.id]);
	const readSecrets = async () => readCredential(await this.getCredentials(CREDENTIAL_TYPE)).webhookSecrets;
	try {
		return await keyMemory.verify(credential, readSecrets, rawBody, signature);
	} catch (error) {
		this.logger.error(`The NenAI credential of the node "${name}" cannot be read: ${(error as Error).message}`);
		return 'unknown';
	}
}

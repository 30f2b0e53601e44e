import type { IWebhookFunctions } from 'n8n-workflow';

import { CREDENTIAL_TYPE, readCredential } from '../transport/credential';
import { refused, unsigned, type Answer } from './answers';
import { readCallback, type Callback } from './payload';
import { isSignedBy, readSignature, SIGNATURE_HEADER } from './signature';

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
		const webhookSecrets = await readSecrets.call(this);
		if (webhookSecrets === undefined) return { answer: refused(500, 'The NenAI credential cannot be read') };
		const verifiable = webhookSecrets.length > 0;
		if (!verifiable && !acceptUnsigned) return { answer: unsigned('no secret') };
		if (verifiable && !isSignedBy(webhookSecrets, rawBody, signature)) return { answer: unsigned('wrong') };
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

/** The secrets of the credential; undefined if n8n cannot give it, for example since it was deleted. */
async function readSecrets(this: IWebhookFunctions): Promise<string[] | undefined> {
	try {
		return readCredential(await this.getCredentials(CREDENTIAL_TYPE)).webhookSecrets;
	} catch (error) {
		this.logger.error(`The NenAI credential of the node "${this.getNode().name}" cannot be read: ${(error as Error).message}`);
		return undefined;
	}
}

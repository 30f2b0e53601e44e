import type { IWebhookFunctions } from 'n8n-workflow';

import { CREDENTIAL_TYPE, readCredential } from '../transport/credential';
import { refused, unsigned, type Answer } from './answers';
import { readCallback, type Callback } from './payload';
import { isSignedBy, readSignature, SIGNATURE_HEADER } from './signature';

/**
 * Reads the request as a callback of NenAI: the callback if it is genuine, else the answer for the sender.
 * What can be refused without the credential is refused before it is looked up, which costs n8n far more than the HMAC.
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
	if (signature !== 'missing') {
		const { webhookSecrets } = readCredential(await this.getCredentials(CREDENTIAL_TYPE));
		const verifiable = webhookSecrets.length > 0;
		if (!verifiable && !acceptUnsigned) return { answer: unsigned('no secret') };
		if (verifiable && !isSignedBy(webhookSecrets, rawBody, signature)) return { answer: unsigned('wrong') };
	}
	const read = readCallback(rawBody);
	return 'error' in read ? { answer: refused(400, read.error) } : read;
}

/** The bytes as they came: n8n keeps them beside the parsed body, or reads them now if it did not parse it. */
async function readRawBody(this: IWebhookFunctions): Promise<Buffer> {
	const request = this.getRequestObject();
	if (request.rawBody === undefined) await request.readRawBody();
	return request.rawBody ?? Buffer.alloc(0);
}

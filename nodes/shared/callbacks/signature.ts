import { webcrypto } from 'node:crypto';

/** The header that carries the signature, as Node.js spells it. */
export const SIGNATURE_HEADER = 'x-hmac-signature';

/**
 * `sha256=` and the 64 lower-case hex digits of an HMAC-SHA256 over the raw body: docs/internals/nenai-api.md#callbacks
 */
const WELL_FORMED = /^sha256=([0-9a-f]{64})$/;

/**
 * The result of checking the signature of a callback.
 *
 * - `valid`: one of the secrets signed exactly these bytes
 * - `missing`, `malformed`: the header is missing, or has another form
 * - `invalid`: none of the secrets signed these bytes
 * - `noSecret`: the credential has no secret to verify it with
 * - `unreadableBody`: the signed bytes are not available
 * - `unreadableCredential`: n8n cannot read the credential
 */
export type SignatureVerdict =
	| 'valid'
	| 'missing'
	| 'malformed'
	| 'invalid'
	| 'noSecret'
	| 'unreadableBody'
	| 'unreadableCredential';

/** Reads the signature header of a callback: its 32 bytes, or what is wrong with it. */
export function readSignature(
	header: unknown,
): Buffer | Extract<SignatureVerdict, 'missing' | 'malformed'> {
	if (header === undefined || header === '') return 'missing';
	const digits = typeof header === 'string' ? WELL_FORMED.exec(header)?.[1] : undefined;
	return digits === undefined ? 'malformed' : Buffer.from(digits, 'hex');
}

/**
 * Makes a key that can verify but cannot be read out. The text of the secret is the key; it is not decoded from hex.
 */
export async function toKey(secret: string): Promise<webcrypto.CryptoKey> {
	return await webcrypto.subtle.importKey(
		'raw',
		Buffer.from(secret),
		{ name: 'HMAC', hash: 'SHA-256' },
		false,
		['verify'],
	);
}

/** Whether one of the keys signed exactly these bytes. WebCrypto compares in constant time. */
export async function isSignedBy(
	keys: webcrypto.CryptoKey[],
	rawBody: Buffer,
	signature: Buffer,
): Promise<boolean> {
	const verdicts = await Promise.all(
		keys.map((key) => webcrypto.subtle.verify('HMAC', key, signature, rawBody)),
	);
	return verdicts.includes(true);
}

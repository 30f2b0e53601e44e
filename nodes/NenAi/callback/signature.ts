import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header that carries the signature, as Node.js spells it. */
export const SIGNATURE_HEADER = 'x-hmac-signature';

/** `sha256=` and the 64 lower case hex digits of an HMAC-SHA256 over the raw body. */
const WELL_FORMED = /^sha256=([0-9a-f]{64})$/;

/** Reads the signature header of a callback: its 32 bytes, or why it cannot be one. */
export function readSignature(header: unknown): Buffer | 'missing' | 'malformed' {
	if (header === undefined || header === '') return 'missing';
	const digits = typeof header === 'string' ? WELL_FORMED.exec(header)?.[1] : undefined;
	return digits === undefined ? 'malformed' : Buffer.from(digits, 'hex');
}

/**
 * Whether one of the secrets signed exactly these bytes. The secret's text is the key (it is not decoded from hex).
 * Takes the same time wherever the first wrong byte is.
 */
export function isSignedBy(secrets: string[], rawBody: Buffer, signature: Buffer): boolean {
	return secrets
		.filter((secret) => secret !== '')
		.map((secret) => timingSafeEqual(createHmac('sha256', secret).update(rawBody).digest(), signature))
		.includes(true);
}

import { createHmac } from 'node:crypto';
import type { CallbackSpec } from './shapes.mts';

export const signatureHeader = 'X-Hmac-Signature';

/** The value of the signature header: HMAC-SHA256 over the bytes of the body, keyed with the secret as text. */
export function sign(body: string, secret: string): string {
	return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** What is really sent for a body that is to be signed in this way: null is no header. */
export function applySignature(
	body: string,
	secret: string,
	signature: NonNullable<CallbackSpec['signature']>,
): { body: string; header: string | null } {
	const valid = sign(body, secret);
	if (typeof signature === 'object') return { body, header: signature.header };
	switch (signature) {
		case 'valid':
			return { body, header: valid };
		case 'wrong-secret':
			return { body, header: sign(body, `not ${secret}`) };
		case 'missing':
			return { body, header: null };
		case 'malformed':
			return { body, header: 'sha256=not-hexadecimal' };
		case 'altered-body':
			// Still the same JSON: only a check over the bytes as received notices.
			return { body: `${body}\n`, header: valid };
	}
}

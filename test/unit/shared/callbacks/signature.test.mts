import { createHmac, webcrypto } from 'node:crypto';
import { isSignedBy, readSignature, toKey } from '../../../../nodes/shared/callbacks/signature';

// Computed with: printf '{"status":"success"}' | openssl dgst -sha256 -hmac test-secret
const BODY = Buffer.from('{"status":"success"}');
const DIGEST = 'd754c35d6d5d415a6d294fb13ef7063eeb3f5f5d5164a002f9a46fc2cc7014e3';

const isSigned = async (secrets: string[], signature: Buffer) =>
	await isSignedBy(await Promise.all(secrets.map(toKey)), BODY, signature);

test('a signature that another tool made is right', async () => {
	expect(await isSigned(['test-secret'], Buffer.from(DIGEST, 'hex'))).toBe(true);
});

test.each([
	['first', 0],
	['middle', 15],
	['last', 31],
])('it is wrong when one bit of its %s byte differs', async (_, index) => {
	const signature = Buffer.from(DIGEST, 'hex');
	signature[index] ^= 1;
	expect(await isSigned(['test-secret'], signature)).toBe(false);
});

test.each([
	[['test-secret'], true],
	[['other', 'test-secret'], true],
	[['other'], false],
	[[], false],
])('secrets %j: %s', async (secrets, expected) => {
	expect(await isSigned(secrets, Buffer.from(DIGEST, 'hex'))).toBe(expected);
});

test('a secret with letters beyond ASCII is taken as UTF-8', async () => {
	expect(await isSigned(['pässwörd'], createHmac('sha256', 'pässwörd').update(BODY).digest())).toBe(
		true,
	);
});

test('a key can verify, and do nothing else; it cannot be read out', async () => {
	const key = await toKey('test-secret');
	expect([key.type, key.extractable, key.usages]).toEqual(['secret', false, ['verify']]);
	await expect(webcrypto.subtle.exportKey('raw', key)).rejects.toThrow(/not extractable/);
});

test('an empty secret makes no key', async () => {
	await expect(toKey('')).rejects.toThrow();
});

test.each([
	[undefined, 'missing'],
	['', 'missing'],
	[`sha256=${DIGEST}`, Buffer.from(DIGEST, 'hex')],
	[` sha256=${DIGEST}`, 'malformed'],
	[`sha256=${DIGEST}\n`, 'malformed'],
	[`SHA256=${DIGEST}`, 'malformed'],
	[[`sha256=${DIGEST}`], 'malformed'],
])('header %j', (header, expected) => {
	expect(readSignature(header)).toEqual(expected);
});

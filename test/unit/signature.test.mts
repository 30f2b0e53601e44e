import { createHmac } from 'node:crypto';
import { isSignedBy, readSignature } from '../../nodes/NenAi/callback/signature';

// Computed with: printf '{"status":"success"}' | openssl dgst -sha256 -hmac test-secret
const BODY = Buffer.from('{"status":"success"}');
const DIGEST = 'd754c35d6d5d415a6d294fb13ef7063eeb3f5f5d5164a002f9a46fc2cc7014e3';

test('a signature that another tool made is right', () => {
	expect(isSignedBy(['test-secret'], BODY, Buffer.from(DIGEST, 'hex'))).toBe(true);
});

test.each([
	['first', 0],
	['middle', 15],
	['last', 31],
])('it is wrong when one bit of its %s byte differs', (_, index) => {
	const signature = Buffer.from(DIGEST, 'hex');
	signature[index] ^= 1;
	expect(isSignedBy(['test-secret'], BODY, signature)).toBe(false);
});

test.each([
	[['test-secret'], true],
	[['other', 'test-secret'], true],
	[['other'], false],
	[[''], false],
	[[], false],
])('secrets %j: %s', (secrets, expected) => {
	expect(isSignedBy(secrets, BODY, Buffer.from(DIGEST, 'hex'))).toBe(expected);
});

test('an empty secret verifies nothing, not even what was signed with it', () => {
	const forged = createHmac('sha256', '').update(BODY).digest();
	expect(isSignedBy([''], BODY, forged)).toBe(false);
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

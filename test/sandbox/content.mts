import { createCipheriv, createHash } from 'node:crypto';

/** A text, these bytes, or `size` bytes that follow from the seed. */
export type Content = { text: string } | { bytes: Buffer } | { size: number; seed: string };

/** What a file that is described so contains. */
export function contentOf(file: {
	name: string;
	text?: string;
	size?: number;
	seed?: string;
}): Content {
	const { name, text, size = 0, seed = name } = file;
	return text === undefined ? { size, seed } : { text };
}

const block = Buffer.alloc(64 * 1024);

/** The bytes, a block at a time: a file of any size needs no more memory than a block. */
export function* contentBytes(content: Content): Generator<Buffer> {
	if ('text' in content) {
		yield Buffer.from(content.text);
		return;
	}
	if ('bytes' in content) {
		yield content.bytes;
		return;
	}
	const key = createHash('sha256').update(content.seed).digest();
	const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
	for (let left = content.size; left > 0; left -= block.length)
		yield cipher.update(block.subarray(0, Math.min(left, block.length)));
}

export function contentSize(content: Content): number {
	if ('text' in content) return Buffer.byteLength(content.text);
	return 'bytes' in content ? content.bytes.length : content.size;
}

/** The SHA-256 of the bytes, in hexadecimal. */
export function contentSha256(content: Content): string {
	const hash = createHash('sha256');
	for (const bytes of contentBytes(content)) hash.update(bytes);
	return hash.digest('hex');
}

/** The first `count` of the bytes. */
export async function* firstBytes(
	bytes: Iterable<Buffer> | AsyncIterable<Buffer>,
	count: number,
): AsyncGenerator<Buffer> {
	let left = count;
	for await (const part of bytes) {
		if (left <= 0) return;
		yield part.subarray(0, left);
		left -= part.length;
	}
}

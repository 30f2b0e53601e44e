import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface Upload {
	/** Where its bytes are. */
	file: string;
	size: number;
	/** In hexadecimal. */
	sha256: string;
}

interface Limits {
	/** The most bytes it may have. */
	most: number;
	/** Stops after so many bytes, or at the end where there are fewer. */
	stopAfter?: number;
	/** Told of each part that comes. */
	onBytes: (count: number) => void;
}

/** The bytes of uploaded files, in a temporary folder: none is held in memory. */
export class Uploads {
	#folder: string | null = null;

	/** Throws when the client goes away before the end. What is not a whole upload leaves no file. */
	async receive(body: IncomingMessage, limits: Limits): Promise<Upload | 'too-large' | 'stopped'> {
		const file = join(this.#open(), randomUUID());
		const hash = createHash('sha256');
		let size = 0;
		let stopped = false;
		async function* parts(): AsyncGenerator<Buffer> {
			// The connection must outlive the reading: an answer may have to be sent.
			const incoming: AsyncIterable<Buffer> = body.iterator({ destroyOnReturn: false });
			for await (const part of incoming) {
				size += part.length;
				limits.onBytes(part.length);
				stopped = size >= (limits.stopAfter ?? Infinity);
				if (stopped || size > limits.most) return;
				hash.update(part);
				yield part;
			}
			stopped = limits.stopAfter !== undefined;
		}
		try {
			await pipeline(parts, createWriteStream(file));
		} catch (error) {
			this.remove(file);
			throw error;
		}
		if (!stopped && size <= limits.most) return { file, size, sha256: hash.digest('hex') };
		this.remove(file);
		return stopped ? 'stopped' : 'too-large';
	}

	remove(file: string): void {
		rmSync(file, { force: true });
	}

	clear(): void {
		if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
		this.#folder = null;
	}

	#open(): string {
		this.#folder ??= mkdtempSync(join(tmpdir(), `nenai-sandbox-${process.pid}-`));
		return this.#folder;
	}
}

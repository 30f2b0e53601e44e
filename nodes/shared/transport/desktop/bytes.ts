/** A stream of bytes, as n8n's helpers give it. */
export interface Bytes extends AsyncIterable<Uint8Array> {
	destroy(): unknown;
	on(event: 'error', listener: (error: Error) => void): unknown;
	/** Gives a stream of the same kind. */
	compose(change: (source: AsyncIterable<Uint8Array>) => void): unknown;
}

/** The file is not the one that n8n has recorded. */
export class ChangedFile extends Error {}

/**
 * A file that is being sent. Records whether its source failed, and whether a part had been sent before.
 *
 * The last part is sent only when the file has ended with exactly the declared size. So NenAI never gets a complete
 * file that has changed, and the request ends as soon as a file is shorter or longer than declared.
 */
export class OutgoingBytes {
	readonly stream: Bytes;

	/** The error of its source, or a ChangedFile. */
	fault?: Error;

	hasBegun = false;

	private ended = false;

	/** @param size the size that n8n has recorded, in bytes */
	constructor(
		private readonly source: Bytes,
		private readonly size: number,
	) {
		// A listener is needed: without one, an error of a stream that nothing reads ends n8n's process.
		source.on('error', (error) => {
			if (!this.ended) this.fault ??= error;
		});
		this.stream = source.compose((parts) => this.checked(parts)) as Bytes;
		this.stream.on('error', () => {});
	}

	private async *checked(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
		let held: Uint8Array | undefined;
		let count = 0;
		for await (const part of parts) {
			if (part.length === 0) continue;
			count += part.length;
			if (count > this.size)
				throw this.changed(`it is longer than the ${this.size} bytes that n8n has stored`);
			if (held !== undefined) yield this.leaving(held);
			held = part;
		}
		if (count < this.size)
			throw this.changed(`it has ${count} bytes, but n8n has stored ${this.size}`);
		if (held !== undefined) yield this.leaving(held);
	}

	private leaving(part: Uint8Array): Uint8Array {
		this.hasBegun = true;
		return part;
	}

	private changed(how: string): ChangedFile {
		const fault = new ChangedFile(how);
		if (!this.ended) this.fault ??= fault;
		return fault;
	}

	/** Called when the response has arrived. The rest of the file is not read. */
	end() {
		this.ended = true;
		this.stream.destroy();
		this.source.destroy();
	}
}

/** Maximum bytes of a response. */
const LARGEST_ANSWER = 50_000_000;

export class TooLarge extends Error {}

/** A whole response as text. Rejects with TooLarge, or with the error of the body. The body has ended in any case. */
export async function wholeText(body: Bytes | string): Promise<string> {
	if (typeof body === 'string') return body;
	const parts: Uint8Array[] = [];
	let size = 0;
	// A listener is needed: without one, an error of a body that was ended ends n8n's process.
	body.on('error', () => {});
	try {
		for await (const part of body) {
			size += part.length;
			if (size > LARGEST_ANSWER) throw new TooLarge();
			parts.push(part);
		}
	} finally {
		body.destroy();
	}
	return new TextDecoder().decode(Buffer.concat(parts));
}

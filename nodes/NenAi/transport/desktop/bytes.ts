import { sleep } from 'n8n-workflow';

/** A stream of bytes as n8n's helpers give it. */
export interface Bytes extends AsyncIterable<Uint8Array> {
	destroy(): unknown;
	on(event: 'error', listener: (error: Error) => void): unknown;
	map(change: (part: Uint8Array) => Uint8Array): Bytes;
}

/** A file on its way out: tells whether it was its source that failed, and whether anything had left by then. */
export class OutgoingBytes {
	readonly stream: Bytes;

	/** What reading it failed with. */
	fault?: Error;

	hasBegun = false;

	private readonly source: Bytes;

	private ended = false;

	constructor(source: Bytes) {
		this.source = source;
		// There must be listeners: an error of a stream that nobody reads would end n8n's process.
		source.on('error', (error) => {
			if (!this.ended) this.fault ??= error;
		});
		this.stream = source.map((part) => {
			this.hasBegun = true;
			return part;
		});
		this.stream.on('error', () => {});
	}

	/** Where an answer has come before the end, the rest is not read. */
	end() {
		this.ended = true;
		this.stream.destroy();
		this.source.destroy();
	}
}

/** Bytes of an answer. Larger ones are not read to their end. */
const LARGEST_ANSWER = 50_000_000;

export class TooLarge extends Error {}

/** A whole answer as text. Rejects with TooLarge, and with what the body fails with; it is ended in any case. */
export async function wholeText(body: Bytes | string): Promise<string> {
	if (typeof body === 'string') return body;
	const parts: Uint8Array[] = [];
	let size = 0;
	// There must be a listener: an error of a body that was ended would end n8n's process.
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

const MOST = 50_000;
const LONGEST_MS = 5_000;

/** What an answer that is read as it comes says at its beginning, as text; what has come of it, where it breaks off or takes long. */
export async function firstBytes(body: Bytes): Promise<string> {
	const parts: Uint8Array[] = [];
	const read = async () => {
		let size = 0;
		for await (const part of body) {
			parts.push(part);
			size += part.length;
			if (size > MOST) return;
		}
	};
	await Promise.race([read().catch(() => {}), sleep(LONGEST_MS)]);
	return Buffer.concat(parts).toString('utf8');
}

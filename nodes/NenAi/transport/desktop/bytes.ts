import { sleep } from 'n8n-workflow';

/** A stream of bytes as n8n's helpers give it. */
export interface Bytes extends AsyncIterable<Uint8Array> {
	destroy(): unknown;
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

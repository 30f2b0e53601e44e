/** Characters of a text that are kept for a quote. */
export const LONGEST_QUOTED = 50_000;

/** Milliseconds for the body of an error. Its status already says most of it. */
const LONGEST_ERROR = 2000;

/** Reads the beginning of a body as text. If the body fails or stalls, returns what has arrived. */
export async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	const read = async () => {
		for await (const chunk of body) {
			text += decoder.decode(chunk, { stream: true });
			if (text.length > LONGEST_QUOTED) return;
		}
	};
	await Promise.race([read().catch(() => {}), elapsed(LONGEST_ERROR)]);
	return text;
}

/** Resolves after this time in milliseconds. Unlike n8n's `sleep`, it does not keep the process running. */
export async function elapsed(ms: number): Promise<void> {
	await new Promise<void>((resolve) =>
		AbortSignal.timeout(ms).addEventListener('abort', () => resolve()),
	);
}

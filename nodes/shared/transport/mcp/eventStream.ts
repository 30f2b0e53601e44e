/**
 * The data of each message in an event stream (WHATWG HTML, "Server-sent events"), as its chunks arrive. Events of
 * other types are left out. An event that the end of the stream cuts off is also left out, unless only its last empty
 * line is missing.
 *
 * @param chunks bytes, cut anywhere
 */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
	let event = new SseEvent();
	for await (const line of readLines(chunks)) {
		if (line !== '') {
			event.take(line);
			continue;
		}
		if (event.isMessage()) yield event.data();
		event = new SseEvent();
	}
	if (event.isMessage()) yield event.data();
}

class SseEvent {
	private readonly lines: string[] = [];

	private type = '';

	take(line: string) {
		const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
		if (field === 'data') this.lines.push(value);
		if (field === 'event') this.type = value;
	}

	isMessage(): boolean {
		return this.lines.length > 0 && ['', 'message'].includes(this.type);
	}

	data(): string {
		return this.lines.join('\n');
	}
}

/**
 * Lines end with LF, CR or both. A CR ends its line at once, because the next byte may arrive much later. An LF
 * directly after it is then skipped.
 */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder();
	let rest = '';
	let endedByCr = false;
	for await (const chunk of chunks) {
		const decoded = decoder.decode(chunk, { stream: true });
		const text = endedByCr && decoded.startsWith('\n') ? decoded.slice(1) : decoded;
		if (decoded !== '') endedByCr = decoded.endsWith('\r');
		const [first, ...others] = text.split(/\r\n|\n|\r/);
		rest += first;
		for (const line of others) {
			yield rest;
			rest = line;
		}
	}
	yield rest + decoder.decode();
}

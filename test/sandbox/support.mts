/** What the sandbox's own tests share: a client of the API and a receiver of callbacks. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { request } from 'undici';
import { startSandbox, type Sandbox, type SandboxOptions } from './index.mts';

/** A sandbox that does not keep a test waiting. */
export function startFastSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	return startSandbox({
		processingAfterMs: 5,
		finalAfterMs: 30,
		retryDelaysMs: [20, 40],
		answerTimeoutMs: 200,
		desktopTimeScale: 0.01,
		...options,
	});
}

export interface Answered {
	status: number;
	headers: IncomingHttpHeaders;
	body: string;
}

/** Sends JSON, or a string as it is. Rejects when no whole answer comes within `timeoutMs`. */
export async function post(
	url: string,
	body: unknown,
	headers: Record<string, string> = {},
	timeoutMs = 3000,
): Promise<Answered> {
	const answer = await request(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: typeof body === 'string' ? body : JSON.stringify(body),
		signal: AbortSignal.timeout(timeoutMs),
		reset: true,
	});
	return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

/** POST /runs with the right key. */
export function postRun(sandbox: Sandbox, body: unknown, timeoutMs?: number): Promise<Answered> {
	return post(`${sandbox.url}/runs`, body, { 'x-api-key': sandbox.apiKey }, timeoutMs);
}

export interface Receiver {
	url: string;
	callbacks: Array<{ at: number; headers: IncomingHttpHeaders; body: string }>;
	/** The statuses of the next answers; null answers never. Afterwards 200. */
	answers: Array<number | null>;
	close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
	const receiver: Receiver = { url: '', callbacks: [], answers: [], close };
	const server = createServer(async (incoming, response) => {
		const answer = receiver.answers.length > 0 ? receiver.answers.shift() : 200;
		receiver.callbacks.push({
			at: Date.now(),
			headers: incoming.headers,
			body: await text(incoming),
		});
		if (answer) response.writeHead(answer).end('noted');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	if (typeof address === 'object' && address)
		receiver.url = `http://127.0.0.1:${address.port}/callback`;
	return receiver;

	async function close(): Promise<void> {
		await new Promise((resolve) => {
			server.close(resolve);
			server.closeAllConnections();
		});
	}
}

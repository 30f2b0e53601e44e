/** Callbacks by the hundred, signed as NenAI signs them, and how they were answered. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import { sign, signatureHeader } from '../sandbox/index.mts';

export interface Message {
	body: string;
	headers: Record<string, string>;
}

export interface Answered {
	status: number;
	/** Milliseconds from sending to the whole answer. */
	tookMs: number;
}

export interface LoadResult {
	answers: Answered[];
	/** From the first request to the last answer. */
	seconds: number;
	perSecond: number;
}

/** A callback as NenAI sends it, about a run that ended well. */
function body(messageId: string): string {
	return JSON.stringify({
		workflow_id: '12345678-1234-1234-1234-123456789abc',
		message_id: messageId,
		status: 'success',
		expires_at: 4_000_000_000,
		success: true,
		result: {
			patient: 'Jane Doe',
			insurance: { active: true, copay: 25.5 },
			notes: ['a', 'b', 'c'],
		},
		assets: 'https://files.example.com/assets.zip?signature=0123456789abcdef0123456789abcdef',
	});
}

/**
 * The callback of one run.
 *
 * @param secret undefined sends no signature
 */
export function callback(messageId: string, secret: string | undefined): Message {
	const text = body(messageId);
	const headers = { 'content-type': 'application/json' };
	return {
		body: text,
		headers: secret === undefined ? headers : { ...headers, [signatureHeader]: sign(text, secret) },
	};
}

/**
 * Callbacks of as many runs.
 *
 * @param secret undefined sends no signature
 */
export function messages(count: number, secret: string | undefined): Message[] {
	return Array.from({ length: count }, () => callback(randomUUID(), secret));
}

/** Sends the messages by so many callers, each of which sends its next when the last was answered. */
export async function send(
	url: string,
	toSend: readonly Message[],
	callers: number,
): Promise<LoadResult> {
	const dispatcher = new Agent({ connections: callers });
	const answers: Answered[] = [];
	let next = 0;
	const caller = async () => {
		while (next < toSend.length) {
			const message = toSend[next++];
			const began = performance.now();
			const { statusCode, body: answer } = await request(url, {
				method: 'POST',
				dispatcher,
				...message,
			});
			await answer.dump();
			answers.push({ status: statusCode, tookMs: performance.now() - began });
		}
	};
	const began = performance.now();
	try {
		await Promise.all(Array.from({ length: callers }, caller));
	} finally {
		await dispatcher.close();
	}
	const seconds = (performance.now() - began) / 1000;
	return { answers, seconds, perSecond: answers.length / seconds };
}

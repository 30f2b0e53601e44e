import type { FastifyReply } from 'fastify';
import type { Answer, Settings } from './shapes.mts';

export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
	const { contentType, text } = bodyOf(answer);
	reply.code(answer.status).headers(answer.headers ?? {});
	if (contentType) reply.header('content-type', contentType);
	if (answer.retryAfter) reply.header('retry-after', retryAfterHeader(answer.retryAfter));
	return reply.send(text);
}

export function apiError(status: number, error: string, message: string): Answer {
	return { status, body: { error, message } };
}

/** The answer to a wrong API key. */
export function refusedKey(status: Settings['refusedKeyStatus']): Answer {
	if (status === 401) return apiError(401, 'Unauthorized', 'Invalid API key');
	return { status: 403, body: { message: 'Forbidden' } };
}

/** An error as the API, or a gateway in front of it, may word it. */
export function errorAnswer(
	status: number,
	body: 'json' | 'gateway' | 'html' | 'text' | 'empty',
): Answer {
	const text = `Error ${status}`;
	const bodies: Record<typeof body, Omit<Answer, 'status'>> = {
		json: { body: { error: text, message: 'The sandbox was told to refuse this run.' } },
		gateway: { body: { message: text } },
		html: { body: `<html><body><h1>${text}</h1></body></html>`, contentType: 'text/html' },
		text: { body: text },
		empty: {},
	};
	return { status, ...bodies[body] };
}

/** An error that the sandbox answers with this status. */
export function httpError(statusCode: number, message: string): Error {
	return Object.assign(new Error(message), { statusCode });
}

/** An error that the sandbox answers with 400. */
export function badRequest(message: string): Error {
	return httpError(400, message);
}

/** Closes the connection with no answer. */
export function drop(reply: FastifyReply): void {
	reply.hijack();
	reply.raw.destroy();
}

/** Leaves the connection open with no answer, until the client gives up or the sandbox closes. */
export function stayOpen(reply: FastifyReply): void {
	reply.hijack();
}

/** Sends the head and half of the body, then closes the connection. */
export function sendHalf(reply: FastifyReply, answer: Answer): void {
	const { contentType, text } = bodyOf(answer);
	const bytes = Buffer.from(text ?? '');
	reply.hijack();
	reply.raw.writeHead(answer.status, {
		'content-type': contentType,
		'content-length': bytes.length,
	});
	reply.raw.write(bytes.subarray(0, bytes.length / 2));
	reply.raw.socket?.destroySoon();
}

function bodyOf({ body, contentType }: Answer): { contentType?: string; text?: string } {
	if (body === undefined) return { contentType };
	if (typeof body === 'string') return { contentType: contentType ?? 'text/plain', text: body };
	return { contentType: contentType ?? 'application/json', text: JSON.stringify(body) };
}

function retryAfterHeader({ seconds, as }: NonNullable<Answer['retryAfter']>): string {
	if (as === 'seconds') return String(Math.ceil(seconds));
	// An HTTP date has whole seconds: rounding down would promise a time that has not come yet.
	return new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toUTCString();
}

import { Buffer } from 'node:buffer';
import type { McpMessage } from './message.mts';
import type { StreamPlan } from './shapes.mts';

type First = NonNullable<StreamPlan['first']>[number];

/** The bytes of the event stream that carries this answer to this request. */
export async function* answerStream(
	answer: string,
	request: McpMessage,
	plan: StreamPlan,
	wait: (ms: number) => Promise<void>,
): AsyncGenerator<Buffer> {
	const { first = [], withoutAnswer, endsAfterMs = 0, oddForm } = plan;
	const messages = first.map((kind) => JSON.stringify(messageOf(kind, request)));
	if (!withoutAnswer) messages.push(answer);
	for (const message of messages) yield* oddForm ? oddEvent(message) : [plainEvent(message)];
	await wait(endsAfterMs);
}

function plainEvent(message: string): Buffer {
	return Buffer.from(`event: message\ndata: ${message}\n\n`);
}

/** The same event for who reads event streams as they are specified. */
function* oddEvent(message: string): Generator<Buffer> {
	const lines = JSON.stringify(JSON.parse(message), null, 1).split('\n');
	const data = lines.map((line, index) => (index % 2 === 0 ? `data:${line}` : `data: ${line}`));
	const event = [': still here', 'colour: blue', 'data', ...data, 'event:message', '', ''].join(
		'\r\n',
	);
	const bytes = Buffer.from(event);
	for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

function messageOf(kind: First, request: McpMessage): Record<string, unknown> {
	const jsonrpc = '2.0';
	switch (kind) {
		case 'notification':
			return { jsonrpc, method: 'notifications/tools/list_changed' };
		case 'log':
			return {
				jsonrpc,
				method: 'notifications/message',
				params: { level: 'info', data: 'Looking' },
			};
		case 'progress': {
			const progressToken = request.progressToken ?? request.id;
			return {
				jsonrpc,
				method: 'notifications/progress',
				params: { progressToken, progress: 1, total: 2 },
			};
		}
		case 'ping':
			return { jsonrpc, id: 'ping-of-the-server', method: 'ping' };
		case 'answer-to-another':
			return { jsonrpc, id: 'of-nobody', result: {} };
	}
}

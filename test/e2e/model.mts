/** A local stand-in for a chat model that speaks OpenAI's protocol. It says what it was told to say, in order. */
import { randomUUID } from 'node:crypto';
import fastify from 'fastify';
import { z } from 'zod';

const Tool = z.object({
	type: z.literal('function'),
	function: z.object({
		name: z.string(),
		description: z.string().default(''),
		parameters: z.unknown(),
	}),
});

const Message = z
	.object({ role: z.string(), content: z.unknown(), tool_call_id: z.string().optional() })
	.passthrough();

const ChatRequest = z
	.object({
		model: z.string(),
		stream: z.boolean().default(false),
		messages: z.array(Message),
		tools: z.array(Tool).default([]),
	})
	.passthrough();

/** What n8n sent the model. */
export type ChatRequest = z.output<typeof ChatRequest>;

type Arguments = Readonly<Record<string, unknown>>;

/** One answer of the model: a text, or calls with these arguments, of the first tool or of those that are named. */
export type Reply =
	| { text: string }
	| { calls: readonly Arguments[] }
	| { uses: ReadonlyArray<readonly [tool: string, args: Arguments]> };

export interface Model {
	/** What a credential has as its base URL. */
	readonly url: string;
	/** All requests since `play`. */
	readonly requests: readonly ChatRequest[];
	/** Forgets what was, and answers the next requests with these. Further ones get an error. */
	play(...replies: Reply[]): void;
	close(): Promise<void>;
}

/** Starts the stand-in on a free port of 127.0.0.1. */
export async function startModel(): Promise<Model> {
	const app = fastify({ bodyLimit: 10 * 1024 * 1024, forceCloseConnections: true });
	let requests: ChatRequest[] = [];
	let replies: Reply[] = [];
	app.post('/v1/chat/completions', async (request, answer) => {
		const chat = ChatRequest.parse(request.body);
		requests.push(chat);
		const reply = replies.shift();
		if (reply === undefined) {
			return await answer.status(400).send({
				error: { message: 'The stand-in has no answer to this', type: 'invalid_request_error' },
			});
		}
		const whole = completion(chat, reply);
		return chat.stream
			? await answer.type('text/event-stream').send(asStream(whole))
			: await answer.send(whole);
	});
	await app.listen({ host: '127.0.0.1', port: 0 });
	return {
		url: `${app.listeningOrigin}/v1`,
		get requests() {
			return requests;
		},
		play(...next) {
			requests = [];
			replies = next;
		},
		close: () => app.close(),
	};
}

function completion(chat: ChatRequest, reply: Reply) {
	const message: { role: string; content: string | null; tool_calls?: ReturnType<typeof callsOf> } =
		'text' in reply
			? { role: 'assistant', content: reply.text }
			: { role: 'assistant', content: null, tool_calls: callsOf(chat, reply) };
	return {
		id: `chatcmpl-${randomUUID()}`,
		object: 'chat.completion',
		created: Math.floor(Date.now() / 1000),
		model: chat.model,
		choices: [{ index: 0, message, finish_reason: 'text' in reply ? 'stop' : 'tool_calls' }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}

/** The same as a stream of server-sent events: all of it at once, then why it ends, then what it cost. */
function asStream({ choices: [{ message, finish_reason }], usage, ...rest }: Completion): string {
	const toolCalls = message.tool_calls?.map((call, index) => ({ index, ...call }));
	const delta = { ...message, ...(toolCalls && { tool_calls: toolCalls }) };
	const chunks = [
		{ choices: [{ index: 0, delta, finish_reason: null }] },
		{ choices: [{ index: 0, delta: {}, finish_reason }] },
		{ choices: [], usage },
	].map((chunk) => JSON.stringify({ ...rest, object: 'chat.completion.chunk', ...chunk }));
	return [...chunks, '[DONE]'].map((chunk) => `data: ${chunk}\n\n`).join('');
}

type Completion = ReturnType<typeof completion>;

function callsOf({ tools }: ChatRequest, reply: Exclude<Reply, { text: string }>) {
	if (tools.length === 0) throw new Error('The model was shown no tool');
	const named =
		'uses' in reply
			? reply.uses
			: reply.calls.map((args) => [tools[0].function.name, args] as const);
	return named.map(([name, args]) => {
		if (!tools.some((tool) => tool.function.name === name))
			throw new Error(`The model was shown no tool ${name}`);
		return {
			id: `call_${randomUUID()}`,
			type: 'function',
			function: { name, arguments: JSON.stringify(args) },
		};
	});
}

/** What can be told to the MCP server. As in `../shapes.mts`, every schema is strict. */
import { z } from 'zod';
import { answerShape, count, json, wait } from '../basicShapes.mts';

export const currentTools = [
	'nen_status',
	'nen_list_runs',
	'nen_get_run_logs',
	'nen_list_workflows',
	'nen_run',
	'nen_update_workflow',
] as const;
export const olderTools = [
	'get_run_status',
	'list_runs',
	'get_run_logs',
	'nen_logs',
	'list_workflows',
	'get_run_video',
] as const;
export const toolNameShape = z.enum([...currentTools, ...olderTools]);
export type ToolName = z.infer<typeof toolNameShape>;

/** An answer as an event stream, other than the plain one: a single event with the answer, then the end. */
export const streamShape = z
	.object({
		/**
		 * What comes before the answer, in this order. `notification`, `log` and `progress` want no answer, `ping` is a
		 * request to the client, and `answer-to-another` answers a request that nobody has made.
		 */
		first: z
			.array(z.enum(['notification', 'log', 'progress', 'ping', 'answer-to-another']))
			.optional(),
		/** The stream ends, and the answer never comes. */
		withoutAnswer: z.boolean().optional(),
		/** How long the stream stays open after the last event. */
		endsAfterMs: wait.optional(),
		/**
		 * Everything that the form of event streams allows and that is seldom seen: comments, unknown fields, CRLF, an
		 * event over several lines. Sent a few bytes at a time.
		 */
		oddForm: z.boolean().optional(),
	})
	.strict();
export type StreamPlan = z.infer<typeof streamShape>;

/**
 * `json-text` is JSON in a text, `structured` puts the data into structuredContent and a remark into the text, `text`
 * is for people. `usual` is `json-text`, but a log is a plain text.
 */
export const resultFormShape = z.enum(['usual', 'structured', 'json-text', 'text']);
export type ResultForm = z.infer<typeof resultFormShape>;

export const toolResultShape = z.union([
	/** The usual answer, or this data, in this form. */
	z.object({ form: resultFormShape.optional(), data: z.unknown() }).strict(),
	/** A result with `isError` and this text. */
	z.object({ isError: z.string() }).strict(),
	/** This result as it is, of the protocol or not. */
	z.object({ whole: json }).strict(),
	/** A JSON-RPC error in place of a result. */
	z
		.object({ rpcError: z.object({ code: z.number().int(), message: z.string() }).strict() })
		.strict(),
]);
export type ToolResult = z.infer<typeof toolResultShape>;

export const mcpFaultShape = z
	.object({
		/** Wait before anything is decided. */
		latencyMs: wait.optional(),
		/** Closed with no answer, or never answered. */
		connection: z.enum(['drop', 'silent']).optional(),
		/** This HTTP answer in place of the server's: an error, a redirect, a page. */
		refuse: answerShape.optional(),
		/** The session of the request is forgotten first, so that it gets 404, and so does every later request. */
		loseSession: z.literal(true).optional(),
		/** How a request is answered. Default `stream`. */
		answerAs: z.union([z.enum(['stream', 'json']), streamShape]).optional(),
		/** What the call of a tool is answered. */
		result: toolResultShape.optional(),
	})
	.strict();
/** What goes wrong, or just otherwise than usual, with one MCP request. */
export type McpFault = z.infer<typeof mcpFaultShape>;

export const mcpFaultRuleShape = mcpFaultShape.extend({
	/**
	 * Which requests it is for; all that is given must fit. Default: every JSON-RPC request, but neither notifications
	 * nor GET and DELETE. `loseSession` is only for requests with a session, `result` only for calls of tools.
	 */
	match: z
		.object({
			/** The JSON-RPC method; the HTTP method where there is none. */
			method: z.string().optional(),
			tool: toolNameShape.optional(),
			/** The tool's argument `messageId`. */
			messageId: z.string().optional(),
		})
		.strict()
		.refine((match) => Object.keys(match).length > 0, { message: 'match names nothing' })
		.optional(),
	/** How many requests it is for. Default: no limit. */
	times: count.optional(),
});
export type McpFaultRule = z.infer<typeof mcpFaultRuleShape>;

/** A state that a run is held in. What is not given is as usual for the status; null leaves a field out. */
export const runStateShape = z
	.object({
		/** `queued`, `running`, `completed`, `failed`, `timeout`, or any other text. */
		status: z.string(),
		/** Of a run that this sandbox has not started. Default: a new one. */
		workflowId: z.string().optional(),
		startTime: z.string().nullable().optional(),
		endTime: z.string().nullable().optional(),
		progress: json.nullable().optional(),
		output: z.unknown(),
		liveViewUrl: z.string().nullable().optional(),
		/** Fields beside the known ones. */
		more: json.optional(),
		logs: z.string().optional(),
	})
	.strict();
export type RunState = z.infer<typeof runStateShape>;

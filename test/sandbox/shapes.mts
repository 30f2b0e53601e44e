/**
 * What can be told to the sandbox, in-process or over HTTP. One schema gives both the type and the check, and every
 * schema is strict: a misspelt fault that silently does nothing would make a test pass for no reason.
 * Units: names ending in `Ms` are milliseconds, in `Seconds` seconds.
 */
import { z } from 'zod';
import { answerShape, contentShape, count, headers, json, wait } from './basicShapes.mts';
import { desktopFaultShape, desktopToolShape, screenShape } from './desktop/shapes.mts';
import { mcpFaultShape, toolNameShape } from './mcp/shapes.mts';

export type { Answer } from './basicShapes.mts';

/** One callback: what it says and how it is signed. */
export const callbackShape = z
	.object({
		/** `processing`, `success`, `failed`, or any other text. */
		status: z.string(),
		/** Fields that are added to, or replace, the usual ones of this status. */
		body: json.optional(),
		/** Names of usual fields that are left out. */
		omit: z.array(z.string()).optional(),
		/** The whole body, sent as it is in place of JSON. */
		rawBody: z.string().optional(),
		/** Default `valid`. `altered-body` changes the body by one byte after signing; `header` is sent as it is. */
		signature: z
			.union([
				z.enum(['valid', 'wrong-secret', 'missing', 'malformed', 'altered-body']),
				z.object({ header: z.string() }).strict(),
			])
			.optional(),
		/** Signs with this secret in place of the sandbox's. */
		secret: z.string().optional(),
		/** Added to, or replacing, the usual headers. */
		headers: headers.optional(),
	})
	.strict();
export type CallbackSpec = z.infer<typeof callbackShape>;

export const plannedCallbackShape = callbackShape.extend({
	/** Time after the run was accepted. Default: `processingAfterMs` for `processing`, else `finalAfterMs`. */
	afterMs: wait.optional(),
});
export type PlannedCallback = z.infer<typeof plannedCallbackShape>;

/** A callback sent on demand. */
export const deliveryShape = callbackShape.extend({
	/** Default: where the run asked for its callbacks. */
	url: z.string().url().optional(),
	/** Of a run, or any other; default a new one. */
	messageId: z.string().optional(),
	/** Default: the run's. */
	workflowId: z.string().optional(),
});
export type DeliverOptions = z.infer<typeof deliveryShape>;

export const faultShape = z
	.object({
		/** Wait before anything is decided: nothing has been accepted yet. */
		latencyMs: wait.optional(),
		/** This answer in place of accepting; no run starts. */
		refuse: answerShape.optional(),
		/**
		 * `drop-before-body`: closed before the body is read; cannot be matched to a run.
		 * `drop-before-accept` / `silent-before-accept`: closed / never answered, and no run starts.
		 * `drop-after-accept` / `silent-after-accept`: the run starts, then closed / never answered.
		 * `cut-answer`: the run starts, and half of its 202 arrives.
		 */
		connection: z
			.enum([
				'drop-before-body',
				'drop-before-accept',
				'silent-before-accept',
				'drop-after-accept',
				'silent-after-accept',
				'cut-answer',
			])
			.optional(),
		/** Wait between accepting and answering: callbacks may come first. */
		answerLatencyMs: wait.optional(),
		/** The run starts, but this is the answer. */
		acceptedAnswer: answerShape.optional(),
		/**
		 * The callbacks of the run in place of `processing` and `success`. Twice the same is a doubled callback, `[]`
		 * is none, and `afterMs` decides the order.
		 */
		callbacks: z.array(plannedCallbackShape).optional(),
	})
	.strict();
/** What goes wrong, or just otherwise than usual, with one POST /runs and the run that it starts. */
export type Fault = z.infer<typeof faultShape>;

export const faultRuleShape = faultShape
	.extend({
		/** Which requests it is for: by workflow id, or by the value of one workflow parameter. Default: every one. */
		match: z
			.union([
				z.object({ workflowId: z.string() }).strict(),
				z.object({ param: z.string(), equals: z.unknown() }).strict(),
			])
			.optional(),
		/** How many requests it is for. Default: no limit. */
		times: count.optional(),
	})
	.refine((rule) => !(rule.match && rule.connection === 'drop-before-body'), {
		message: 'drop-before-body cannot have a match: the body is not known yet',
	});
export type FaultRule = z.infer<typeof faultRuleShape>;

export const workflowShape = z.record(
	z
		.object({
			type: z.enum(['string', 'number', 'boolean', 'object', 'array']),
			required: z.boolean().optional(),
		})
		.strict(),
);
/** The parameters that a workflow declares, by name. */
export type Workflow = z.infer<typeof workflowShape>;

const settingsShape = z
	.object({
		apiKey: z.string().min(1),
		webhookSecret: z.string().min(1),
		/** What a wrong key gets: 401 with `error` and `message`, or 403 as a gateway says it. */
		refusedKeyStatus: z.union([z.literal(401), z.literal(403)]),
		/** The known workflows by id; null knows and accepts every id and parameter. */
		workflows: z.record(workflowShape).nullable(),
		/** The names of workflows by id. Where `workflows` is null, these are listed too. */
		workflowNames: z.record(z.string()),
		/** At most so many POST /runs in any `perMs`; more get 429 with Retry-After. */
		rateLimit: z.object({ runs: count, perMs: count }).strict().nullable(),
		/** Holds for every POST /runs, below what a fault rule says. */
		fault: faultShape,
		/** A text in the result of a run that succeeds. Default: one in two scripts, whose bytes are not its characters. */
		resultNote: z.string(),
		processingAfterMs: wait,
		finalAfterMs: wait,
		/** How long a receiver may take to answer a callback. */
		answerTimeoutMs: count,
		/** The waits between the attempts of one callback: n waits make n + 1 attempts. */
		retryDelaysMs: z.array(wait),
		/** How long presigned URLs live: sets the `expires_at` of callbacks too. */
		urlLifetimeSeconds: z.number(),
		/** The address that presigned URLs begin with; null is the sandbox's own. */
		publicUrl: z.string().url().nullable(),
		/** Holds for every JSON-RPC request to the MCP server, below what a fault rule says. */
		mcpFault: mcpFaultShape,
		/** The tools that are offered, in this order. */
		mcpTools: z.array(toolNameShape),
		/** null lists all tools on one page. */
		mcpToolsPerPage: count.nullable(),
		/** Whether `initialize` gives a session id. */
		mcpSessions: z.boolean(),
		/** The protocol version that `initialize` answers, known or not; null is the usual negotiation. */
		mcpProtocolVersion: z.string().nullable(),
		/** A cursor on the last page of tools; it is refused when it is used. */
		mcpLastCursor: z.string().nullable(),
		/** How a request with a session that is not known is answered; null is 404. */
		mcpLostSession: answerShape.nullable(),
		/**
		 * Whether a load balancer stands in front of the server: it sets a cookie when a session begins, and only a
		 * request with that cookie finds the session.
		 */
		mcpStickyCookie: z.boolean(),
		/** Holds for every request to the Desktop API, below what a fault rule says. */
		desktopFault: desktopFaultShape,
		/**
		 * In which header the Desktop API wants the key: any of them, `authorization` as a Bearer token, `x-api-key`, or
		 * each of them. A wrong key is refused in any of them.
		 */
		desktopKeys: z.enum(['either', 'bearer', 'api-key', 'both']),
		/** The tools that desktops have beside `computer`. */
		desktopTools: z.array(desktopToolShape),
		/** How actions are answered: `{ status, output, base64_image, coordinate }`, or as an older page has it. */
		desktopAnswers: z.enum(['current', 'older']),
		desktopScreen: screenShape,
		/** How long a second of `wait` and `hold_key` takes, in seconds. */
		desktopTimeScale: z.number().min(0),
		/** The largest file that can be uploaded. */
		desktopMaxFileBytes: count,
	})
	.strict();
export type Settings = z.infer<typeof settingsShape>;
export const someSettingsShape = settingsShape.partial();

export const fileFaultShape = z
	.object({
		/** An error of this status in place of the file. */
		status: z.number().int().min(400).max(599).optional(),
		/** 302 to this URL in place of the file. */
		redirectTo: z.string().optional(),
		delayMs: wait.optional(),
		/** The connection closes after so many bytes, though Content-Length promised all. */
		cutAfterBytes: wait.optional(),
		/** Nothing more comes after so many bytes, and the connection stays open. */
		stallAfterBytes: wait.optional(),
		/** How many requests it is for. Default: no limit. */
		times: count.optional(),
	})
	.strict();
export type FileFault = z.infer<typeof fileFaultShape>;

export const fileShape = contentShape.extend({
	/** The last part of its URL. */
	name: z.string().min(1),
	/** The Content-Disposition header as it is; default none. */
	contentDisposition: z.string().optional(),
	fault: fileFaultShape.optional(),
});
export type FileSpec = z.infer<typeof fileShape>;

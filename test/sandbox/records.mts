import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
	desktopPath,
	readCall,
	sentKeys,
	type DesktopCall,
	type KeyHeader,
} from './desktop/call.mts';
import { readMessage } from './mcp/message.mts';

/** A request to the API or for a file. Times are milliseconds since 1970. */
export interface RequestRecord {
	at: number;
	method: string;
	/** Without the query, which signs file URLs. */
	path: string;
	/** The values of `x-api-key` and `authorization` are replaced by `[redacted]`. */
	headers: IncomingHttpHeaders;
	/** Whether it carried the right API key. */
	authorized: boolean;
	/** The parsed JSON body; null when there was none, or it was not read. */
	body: unknown;
	/** The same as text, exactly as it came: parsing it rounds long numbers. */
	rawBody: string | null;
	/** The status of the answer, null while there is none. */
	answered: number | null;
}

/** A request to the MCP server. */
export interface McpRequestRecord extends RequestRecord {
	/** The JSON-RPC method; the HTTP method where there is none, or the body was not read. */
	rpcMethod: string;
	/** The tool that is called, and what it is given. */
	tool: string | null;
	arguments: Record<string, unknown>;
}

/** A request to the Desktop API. */
export interface DesktopRequestRecord
	extends RequestRecord,
		Pick<DesktopCall, 'desktopId' | 'tool' | 'action'> {
	/** The headers that brought a key, right or wrong. */
	keys: KeyHeader[];
	query: Record<string, string>;
	/** How much of an uploaded file has come. */
	uploadedBytes: number;
}

/** One use of a tool of a desktop, recorded when it begins. */
export interface DesktopActionRecord {
	at: number;
	/** null while it is going on. */
	endedAt: number | null;
	desktopId: string;
	tool: string;
	action: string;
	params: Record<string, unknown>;
}

export interface RunRecord {
	at: number;
	messageId: string;
	workflowId: string;
	params: Record<string, unknown>;
	callbackUrl: string | null;
}

/** One attempt to deliver one callback, recorded when it is over. */
export interface DeliveryRecord {
	at: number;
	durationMs: number;
	messageId: string;
	status: string;
	/** 1 for the first. */
	attempt: number;
	url: string;
	body: string;
	/** The signature header that was sent. */
	signature: string | null;
	answer: { status: number; body: string } | null;
	/** Why there was no answer. */
	error: string | null;
}

export interface State {
	counts: {
		requests: number;
		runsStarted: number;
		deliveries: number;
		/** Callbacks that are still to be sent, or sent again. */
		pendingCallbacks: number;
		/** The most POST /runs, and the most file requests, that were open at one time. */
		maxConcurrentRunRequests: number;
		maxConcurrentFileRequests: number;
		/** Of the MCP server, whatever they were answered, unless the key was wrong. */
		mcpInitializes: number;
		mcpToolLists: number;
		mcpToolCalls: number;
		/** The most calls of tools that were open at one time. */
		maxConcurrentMcpToolCalls: number;
		/** Uses of tools of desktops that were begun. */
		desktopActions: number;
		/** The most requests for them that were open at one time. */
		maxConcurrentDesktopActions: number;
	};
	/** Those to the MCP server are in `mcpRequests`, those to the Desktop API in `desktopRequests`. */
	requests: RequestRecord[];
	mcpRequests: McpRequestRecord[];
	desktopRequests: DesktopRequestRecord[];
	desktopActions: DesktopActionRecord[];
	runs: RunRecord[];
	deliveries: DeliveryRecord[];
}

/** Where the MCP server is. */
export const mcpPath = '/mcp/v1';

/** Everything that happened since the start or the last reset. */
export class Records {
	#requests: RequestRecord[] = [];
	#mcpRequests: McpRequestRecord[] = [];
	#desktopRequests: DesktopRequestRecord[] = [];
	#desktopActions: DesktopActionRecord[] = [];
	#runs: RunRecord[] = [];
	#deliveries: DeliveryRecord[] = [];
	#pending = new Set<symbol>();
	#bodies = new WeakMap<IncomingMessage, (body: unknown, rawBody: string) => void>();
	#uploads = new WeakMap<IncomingMessage, DesktopRequestRecord>();
	#runRequests = new Gauge();
	#fileRequests = new Gauge();
	#toolCalls = new Gauge();
	#desktopActionRequests = new Gauge();

	/** Records a request now, and its answer when it is given. */
	open(request: IncomingMessage, response: ServerResponse, authorized: boolean): void {
		const record: RequestRecord = {
			at: Date.now(),
			method: request.method ?? '',
			path: (request.url ?? '').split('?')[0],
			headers: redacted(request.headers),
			authorized,
			body: null,
			rawBody: null,
			answered: null,
		};
		if (record.path === mcpPath) this.#openMcp(record, request, response);
		else if (record.path.startsWith(`${desktopPath}/`))
			this.#openDesktop(record, request, response);
		else this.#openOther(record, request, response);
		response.once('close', () => {
			if (response.headersSent) record.answered = response.statusCode;
		});
	}

	/** Adds the body to the record of its request. */
	body(request: IncomingMessage, body: unknown, rawBody: string): void {
		this.#bodies.get(request)?.(body, rawBody);
	}

	/** Adds to the bytes that an upload has brought. */
	received(request: IncomingMessage, bytes: number): void {
		const record = this.#uploads.get(request);
		if (record) record.uploadedBytes += bytes;
	}

	/** Records the use of a tool; the returned function says that it is over. */
	desktopAction(action: Omit<DesktopActionRecord, 'at' | 'endedAt'>): () => void {
		const record: DesktopActionRecord = { at: Date.now(), endedAt: null, ...action };
		this.#desktopActions.push(record);
		return () => {
			record.endedAt = Date.now();
		};
	}

	desktopActionsOf(id: string): DesktopActionRecord[] {
		return this.#desktopActions.filter(({ desktopId }) => desktopId === id);
	}

	run(run: RunRecord): void {
		this.#runs.push(run);
	}

	findRun(messageId: string): RunRecord | undefined {
		return this.#runs.find((run) => run.messageId === messageId);
	}

	delivery(delivery: DeliveryRecord): void {
		this.#deliveries.push(delivery);
	}

	/** Counts a callback as pending until the returned function is called. */
	pending(): () => void {
		const callback = Symbol('pending callback');
		const pending = this.#pending.add(callback);
		return () => pending.delete(callback);
	}

	state(): State {
		return {
			counts: {
				requests: this.#requests.length,
				runsStarted: this.#runs.length,
				deliveries: this.#deliveries.length,
				pendingCallbacks: this.#pending.size,
				maxConcurrentRunRequests: this.#runRequests.most,
				maxConcurrentFileRequests: this.#fileRequests.most,
				mcpInitializes: this.#countMcp('initialize'),
				mcpToolLists: this.#countMcp('tools/list'),
				mcpToolCalls: this.#countMcp('tools/call'),
				maxConcurrentMcpToolCalls: this.#toolCalls.most,
				desktopActions: this.#desktopActions.length,
				maxConcurrentDesktopActions: this.#desktopActionRequests.most,
			},
			requests: this.#requests,
			mcpRequests: this.#mcpRequests,
			desktopRequests: this.#desktopRequests,
			desktopActions: this.#desktopActions,
			runs: this.#runs,
			deliveries: this.#deliveries,
		};
	}

	/** Resolves with the state as soon as the condition holds for it; throws after `timeoutMs`. */
	async until(condition: (state: State) => boolean, timeoutMs = 5000): Promise<State> {
		const deadline = Date.now() + timeoutMs;
		while (!condition(this.state())) {
			if (Date.now() > deadline)
				throw new Error(
					`Not reached within ${timeoutMs} ms: ${condition}; counts: ${JSON.stringify(this.state().counts)}`,
				);
			await sleep(5);
		}
		return this.state();
	}

	reset(): void {
		this.#requests = [];
		this.#mcpRequests = [];
		this.#desktopRequests = [];
		this.#desktopActions = [];
		this.#runs = [];
		this.#deliveries = [];
		this.#pending = new Set();
		this.#runRequests = new Gauge();
		this.#fileRequests = new Gauge();
		this.#toolCalls = new Gauge();
		this.#desktopActionRequests = new Gauge();
	}

	#openOther(record: RequestRecord, request: IncomingMessage, response: ServerResponse): void {
		this.#requests.push(record);
		this.#bodies.set(request, (body, rawBody) => {
			Object.assign(record, { body, rawBody });
		});
		this.#gaugeOf(record)?.follow(response);
	}

	#openMcp(opened: RequestRecord, request: IncomingMessage, response: ServerResponse): void {
		const record: McpRequestRecord = Object.assign(opened, {
			rpcMethod: opened.method,
			tool: null,
			arguments: {},
		});
		this.#mcpRequests.push(record);
		this.#bodies.set(request, (body, rawBody) => {
			const { method: rpcMethod, tool, arguments: given } = readMessage(record.method, body);
			Object.assign(record, { body, rawBody, rpcMethod, tool, arguments: given });
			if (rpcMethod === 'tools/call') this.#toolCalls.follow(response);
		});
	}

	#openDesktop(opened: RequestRecord, request: IncomingMessage, response: ServerResponse): void {
		const { desktopId } = readCall(opened.method, opened.path, null);
		const { searchParams } = new URL(request.url ?? '', 'http://sandbox');
		const record: DesktopRequestRecord = Object.assign(opened, {
			desktopId,
			tool: null,
			action: null,
			keys: sentKeys(request.headers),
			query: Object.fromEntries(searchParams),
			uploadedBytes: 0,
		});
		this.#desktopRequests.push(record);
		this.#uploads.set(request, record);
		this.#bodies.set(request, (body, rawBody) => {
			const { tool, action } = readCall(record.method, record.path, body);
			Object.assign(record, { body, rawBody, tool, action });
		});
		if (record.method === 'POST' && record.path.endsWith('/execute'))
			this.#desktopActionRequests.follow(response);
	}

	#countMcp(method: string): number {
		return this.#mcpRequests.filter(({ rpcMethod }) => rpcMethod === method).length;
	}

	#gaugeOf({ method, path }: RequestRecord): Gauge | undefined {
		if (method === 'POST' && path === '/runs') return this.#runRequests;
		return path.startsWith('/files/') ? this.#fileRequests : undefined;
	}
}

function redacted(headers: IncomingHttpHeaders): IncomingHttpHeaders {
	const secret = sentKeys(headers).map((name) => [name, '[redacted]']);
	return { ...headers, ...Object.fromEntries(secret) };
}

/** The most responses that were open at one time. */
class Gauge {
	most = 0;
	#open = 0;

	follow(response: ServerResponse): void {
		this.#open += 1;
		this.most = Math.max(this.most, this.#open);
		response.once('close', () => {
			this.#open -= 1;
		});
	}
}

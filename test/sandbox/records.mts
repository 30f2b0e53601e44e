import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMessage } from './mcp/message.mts';

/** A request to the API or for a file. Times are milliseconds since 1970. */
export interface RequestRecord {
	at: number;
	method: string;
	/** Without the query, which signs file URLs. */
	path: string;
	/** The value of `x-api-key` is replaced by `[redacted]`. */
	headers: IncomingHttpHeaders;
	/** Whether it carried the right API key. */
	authorized: boolean;
	/** The parsed JSON body; null when there was none, or it was not read. */
	body: unknown;
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
	};
	/** Those to the MCP server are in `mcpRequests`. */
	requests: RequestRecord[];
	mcpRequests: McpRequestRecord[];
	runs: RunRecord[];
	deliveries: DeliveryRecord[];
}

/** Where the MCP server is. */
export const mcpPath = '/mcp/v1';

/** Everything that happened since the start or the last reset. */
export class Records {
	#requests: RequestRecord[] = [];
	#mcpRequests: McpRequestRecord[] = [];
	#runs: RunRecord[] = [];
	#deliveries: DeliveryRecord[] = [];
	#pending = new Set<symbol>();
	#bodies = new WeakMap<IncomingMessage, (body: unknown) => void>();
	#runRequests = new Gauge();
	#fileRequests = new Gauge();
	#toolCalls = new Gauge();

	/** Records a request now, and its answer when it is given. */
	open(request: IncomingMessage, response: ServerResponse, isKey: (key: unknown) => boolean): void {
		const { 'x-api-key': key, ...headers } = request.headers;
		const record: RequestRecord = {
			at: Date.now(),
			method: request.method ?? '',
			path: (request.url ?? '').split('?')[0],
			headers: key === undefined ? headers : { ...headers, 'x-api-key': '[redacted]' },
			authorized: isKey(key),
			body: null,
			answered: null,
		};
		if (record.path === mcpPath) this.#openMcp(record, request, response);
		else this.#openOther(record, request, response);
		response.once('close', () => {
			if (response.headersSent) record.answered = response.statusCode;
		});
	}

	/** Adds the body to the record of its request. */
	body(request: IncomingMessage, body: unknown): void {
		this.#bodies.get(request)?.(body);
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
			},
			requests: this.#requests,
			mcpRequests: this.#mcpRequests,
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
		this.#runs = [];
		this.#deliveries = [];
		this.#pending = new Set();
		this.#runRequests = new Gauge();
		this.#fileRequests = new Gauge();
		this.#toolCalls = new Gauge();
	}

	#openOther(record: RequestRecord, request: IncomingMessage, response: ServerResponse): void {
		this.#requests.push(record);
		this.#bodies.set(request, (body) => {
			record.body = body;
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
		this.#bodies.set(request, (body) => {
			const { method: rpcMethod, tool, arguments: given } = readMessage(record.method, body);
			Object.assign(record, { body, rpcMethod, tool, arguments: given });
			if (rpcMethod === 'tools/call') this.#toolCalls.follow(response);
		});
	}

	#countMcp(method: string): number {
		return this.#mcpRequests.filter(({ rpcMethod }) => rpcMethod === method).length;
	}

	#gaugeOf({ method, path }: RequestRecord): Gauge | undefined {
		if (method === 'POST' && path === '/runs') return this.#runRequests;
		return path.startsWith('/files/') ? this.#fileRequests : undefined;
	}
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

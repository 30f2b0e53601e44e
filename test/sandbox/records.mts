import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

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
	};
	requests: RequestRecord[];
	runs: RunRecord[];
	deliveries: DeliveryRecord[];
}

/** Everything that happened since the start or the last reset. */
export class Records {
	#requests: RequestRecord[] = [];
	#runs: RunRecord[] = [];
	#deliveries: DeliveryRecord[] = [];
	#pending = new Set<symbol>();
	#bodies = new WeakMap<IncomingMessage, RequestRecord>();
	#runRequests = new Gauge();
	#fileRequests = new Gauge();

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
		this.#requests.push(record);
		this.#bodies.set(request, record);
		this.#gaugeOf(record)?.follow(response);
		response.once('close', () => {
			if (response.headersSent) record.answered = response.statusCode;
		});
	}

	/** Adds the body to the record of its request. */
	body(request: IncomingMessage, body: unknown): void {
		const record = this.#bodies.get(request);
		if (record) record.body = body;
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
			},
			requests: this.#requests,
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
		this.#runs = [];
		this.#deliveries = [];
		this.#pending = new Set();
		this.#runRequests = new Gauge();
		this.#fileRequests = new Gauge();
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

/** Requests to the REST interface that n8n's editor uses. */
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';

/** n8n ties a session to the browser; the header must be the same in all requests of one. */
const BROWSER_ID = 'n8n-nodes-nenai-tests';

const SESSION_COOKIE = /^n8n-auth=[^;]*/;

const Failure = z.object({ message: z.string() });
const Project = z.object({ id: z.string() });
const Success = z.object({ data: z.unknown() });

/** n8n refused a request, or answered something that is not its JSON. Holds no cookie and no request body. */
export class N8nApiError extends Error {
	override readonly name = 'N8nApiError';
	readonly method: string;
	/** Below `/rest`, without the query. */
	readonly path: string;
	/** HTTP status of the answer. */
	readonly status: number;
	/** What n8n said, shortened to 500 characters. */
	readonly n8nMessage: string;

	constructor(method: string, path: string, status: number, n8nMessage: string) {
		super(`n8n answered ${status} to ${method} ${path}: ${n8nMessage}`);
		this.method = method;
		this.path = path;
		this.status = status;
		this.n8nMessage = n8nMessage;
	}
}

export interface RestRequest {
	method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	/** Below `/rest`, e.g. `/workflows`. */
	path: string;
	query?: Readonly<Record<string, string>>;
	body?: unknown;
}

/** One session with one n8n. */
export class RestSession {
	readonly #url: string;
	#cookie: string | undefined;

	/** @param url n8n's address, without `/rest` */
	constructor(url: string) {
		this.#url = url.replace(/\/+$/, '');
	}

	/**
	 * Sends a request and checks the `data` of the answer against a schema.
	 *
	 * @throws N8nApiError when n8n refuses or does not answer with JSON, ZodError when the data has another shape
	 */
	async send<Schema extends z.ZodTypeAny>(
		{ method, path, query, body }: RestRequest,
		schema: Schema,
	): Promise<z.output<Schema>> {
		const answer = await this.#request({ method, path: `/rest${path}`, query, body });
		const text = await answer.body.text();
		if (answer.statusCode >= 400) {
			throw new N8nApiError(method, path, answer.statusCode, messageIn(text));
		}
		this.#keepCookie(answer.headers['set-cookie']);
		const json = parseJson(text);
		// Before it is ready, n8n answers any path with the editor's HTML.
		if (json === undefined) {
			throw new N8nApiError(method, path, answer.statusCode, `not JSON: ${shorten(text)}`);
		}
		return schema.parse(Success.parse(json).data);
	}

	/** The ID of the project in which a user's own workflows, data tables and agents are. */
	async personalProject(): Promise<string> {
		return (await this.send({ method: 'GET', path: '/projects/personal' }, Project)).id;
	}

	/**
	 * Posts, and gives the JSON of each event of the answer, which is a stream of server-sent events. Returns when the stream
	 * has ended.
	 *
	 * @throws N8nApiError when n8n refuses
	 */
	async postForEvents(path: string, body: unknown): Promise<unknown[]> {
		const answer = await this.#request({ method: 'POST', path: `/rest${path}`, body });
		const text = await answer.body.text();
		if (answer.statusCode >= 400)
			throw new N8nApiError('POST', path, answer.statusCode, messageIn(text));
		return eventsOf(text);
	}

	/**
	 * Gets a file's bytes.
	 *
	 * @param path the whole path, with `/rest` where it belongs
	 * @throws N8nApiError when n8n refuses
	 */
	async download(path: string, query: Readonly<Record<string, string>> = {}): Promise<Buffer> {
		const answer = await this.#request({ method: 'GET', path, query });
		const bytes = Buffer.from(await answer.body.arrayBuffer());
		if (answer.statusCode >= 400) {
			throw new N8nApiError('GET', path, answer.statusCode, messageIn(bytes.toString('utf8')));
		}
		return bytes;
	}

	async #request({ method, path, query, body }: RestRequest): Promise<Dispatcher.ResponseData> {
		return await request(`${this.#url}${path}`, {
			method,
			query,
			// A connection kept from before a restart of n8n would fail the next request.
			reset: true,
			headers: {
				accept: 'application/json',
				'browser-id': BROWSER_ID,
				...(this.#cookie === undefined ? {} : { cookie: this.#cookie }),
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
	}

	#keepCookie(header: string | string[] | undefined): void {
		const found = [header ?? []].flat().map((line) => SESSION_COOKIE.exec(line)?.[0]);
		this.#cookie = found.find((cookie) => cookie !== undefined) ?? this.#cookie;
	}
}

/** The JSON of each server-sent event. */
export function eventsOf(text: string): unknown[] {
	return text
		.split('\n')
		.filter((line) => line.startsWith('data: '))
		.map((line) => JSON.parse(line.slice('data: '.length)) as unknown);
}

function messageIn(text: string): string {
	const failure = Failure.safeParse(parseJson(text));
	return shorten(failure.success ? failure.data.message : text);
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function shorten(text: string): string {
	return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

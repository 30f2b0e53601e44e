import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { isInitializeRequest, type RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { Settings } from '../shapes.mts';
import { createMcpServer } from './server.mts';
import type { ToolResult } from './shapes.mts';
import type { McpTools } from './tools.mts';

/** A request without its body, and the JSON that was its body. */
interface Incoming {
	request: Request;
	body: unknown;
	/** Of the JSON-RPC request. */
	id: RequestId | null;
	/** What was ordered for its result. */
	result: ToolResult;
}

interface Session {
	transport: WebStandardStreamableHTTPServerTransport;
	protocolVersion: string | null;
	ordered: Map<RequestId, ToolResult>;
}

export const sessionHeader = 'mcp-session-id';
const versionHeader = 'mcp-protocol-version';

/** Has every request answered by the server of its session. A POST of a request is answered with JSON. */
export class McpSessions {
	#sessions = new Map<string, Session>();
	#settings: () => Settings;
	#tools: McpTools;

	constructor(settings: () => Settings, tools: McpTools) {
		this.#settings = settings;
		this.#tools = tools;
	}

	async answer(incoming: Incoming): Promise<Response> {
		// The protocol has had none since 2025-06-18.
		if (Array.isArray(incoming.body)) return refusal(400, -32600, 'Invalid Request: a batch');
		const id = incoming.request.headers.get(sessionHeader);
		if (!this.#settings().mcpSessions) return this.#answerWithoutSession(incoming, id);
		if (id !== null) return this.#answerInSession(incoming, this.#sessions.get(id));
		if (isInitializeRequest(incoming.body)) return handle(await this.#begin(randomUUID), incoming);
		return refusal(400, -32000, 'Bad Request: Mcp-Session-Id header is required');
	}

	knows(id: string): boolean {
		return this.#sessions.has(id);
	}

	forget(id: string): void {
		this.#sessions.delete(id);
	}

	reset(): void {
		this.#sessions.clear();
	}

	async #answerWithoutSession(incoming: Incoming, id: string | null): Promise<Response> {
		if (id !== null) return refusal(400, -32000, 'Bad Request: no session id was given');
		if (incoming.request.method !== 'POST') return refusal(405, -32000, 'Method not allowed.');
		const version = isInitializeRequest(incoming.body) ? null : this.#settings().mcpProtocolVersion;
		return refuseVersion(incoming, version) ?? handle(await this.#begin(undefined), incoming);
	}

	async #answerInSession(incoming: Incoming, session: Session | undefined): Promise<Response> {
		if (!session) return refusal(404, -32001, 'Session not found');
		return refuseVersion(incoming, session.protocolVersion) ?? handle(session, incoming);
	}

	async #begin(sessionIdGenerator: (() => string) | undefined): Promise<Session> {
		const session: Session = {
			transport: new WebStandardStreamableHTTPServerTransport({
				sessionIdGenerator,
				enableJsonResponse: true,
				onsessioninitialized: (id) => void this.#sessions.set(id, session),
				onsessionclosed: (id) => this.forget(id),
			}),
			protocolVersion: null,
			ordered: new Map(),
		};
		const server = createMcpServer({
			settings: this.#settings,
			tools: this.#tools,
			orderedFor: (id) => session.ordered.get(id) ?? {},
			onVersion: (version) => {
				session.protocolVersion = version;
			},
		});
		await server.connect(session.transport);
		return session;
	}
}

async function handle(
	{ transport, ordered }: Session,
	{ request, body, id, result }: Incoming,
): Promise<Response> {
	if (id !== null) ordered.set(id, result);
	try {
		return await transport.handleRequest(request, { parsedBody: body });
	} finally {
		if (id !== null) ordered.delete(id);
	}
}

/**
 * Since 2025-06-18, every request after `initialize` must name the version that was agreed on. The SDK takes one that
 * does not for one of an older client; here it is a mistake.
 */
function refuseVersion({ request }: Incoming, agreed: string | null): Response | undefined {
	if (agreed === null) return undefined;
	const named = request.headers.get(versionHeader);
	if (named === null && agreed >= '2025-06-18')
		return refusal(400, -32000, 'Bad Request: MCP-Protocol-Version header is required');
	if (named !== null && named !== agreed)
		return refusal(
			400,
			-32000,
			`Bad Request: MCP-Protocol-Version is ${named}, agreed was ${agreed}`,
		);
	// The SDK's server would refuse a version that only a setting knows.
	request.headers.delete(versionHeader);
	return undefined;
}

function refusal(status: number, code: number, message: string): Response {
	return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}

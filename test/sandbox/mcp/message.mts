import { isRecord, property } from '../property.mts';

/** What faults and records have to know of a request to the MCP server. */
export interface McpMessage {
	/** The JSON-RPC method; the HTTP method where there is none: GET, DELETE, and a POST of an answer. */
	method: string;
	/** null unless it is a request that wants an answer. */
	id: string | number | null;
	/** null unless a tool is called. */
	tool: string | null;
	/** Those of the tool. */
	arguments: Record<string, unknown>;
	progressToken: string | number | null;
}

export function readMessage(httpMethod: string, body: unknown): McpMessage {
	const rpcMethod = property(body, 'method');
	const params = property(body, 'params');
	const tool = rpcMethod === 'tools/call' ? property(params, 'name') : null;
	const given = property(params, 'arguments');
	return {
		method: typeof rpcMethod === 'string' ? rpcMethod : httpMethod,
		id: typeof rpcMethod === 'string' ? idOr(property(body, 'id')) : null,
		tool: typeof tool === 'string' ? tool : null,
		arguments: isRecord(given) ? given : {},
		progressToken: idOr(property(property(params, '_meta'), 'progressToken')),
	};
}

function idOr(value: unknown): string | number | null {
	return typeof value === 'string' || typeof value === 'number' ? value : null;
}

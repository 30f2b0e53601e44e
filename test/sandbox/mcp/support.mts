/** What the tests of the MCP server share: the official client, and requests by hand. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { Sandbox } from '../index.mts';
import { post, postRun, type Answered } from '../support.mts';

/** The official client, with a session begun. */
export async function connectClient(sandbox: Sandbox): Promise<Client> {
	const client = new Client({ name: 'test', version: '1.0.0' });
	await client.connect(
		new StreamableHTTPClientTransport(new URL(sandbox.mcpUrl), {
			requestInit: { headers: { 'x-api-key': sandbox.apiKey } },
			reconnectionOptions: {
				maxRetries: 0,
				initialReconnectionDelay: 1,
				maxReconnectionDelay: 1,
				reconnectionDelayGrowFactor: 1,
			},
		}),
	);
	return client;
}

/** A result as the official client gives it. */
export async function callTool(
	client: Client,
	name: string,
	given: Record<string, unknown> = {},
	timeoutMs = 3000,
): Promise<CallToolResult> {
	const result = await client.callTool({ name, arguments: given }, undefined, {
		timeout: timeoutMs,
	});
	return result as CallToolResult;
}

/** The text of a result. */
export function textOf({ content }: CallToolResult): string {
	return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** What a result says in JSON. */
export function jsonOf(result: CallToolResult): Record<string, unknown> {
	return JSON.parse(textOf(result));
}

export const usualHeaders = { accept: 'application/json, text/event-stream' };

/** POSTs a message by hand, with the right key. */
export function postMcp(
	sandbox: Sandbox,
	message: unknown,
	headers: Record<string, string> = {},
	timeoutMs?: number,
): Promise<Answered> {
	const all = { 'x-api-key': sandbox.apiKey, ...usualHeaders, ...headers };
	return post(sandbox.mcpUrl, message, all, timeoutMs);
}

export const protocolVersion = '2025-06-18';

export function rpc(
	method: string,
	params: Record<string, unknown> = {},
	id: number | string = 1,
): object {
	return { jsonrpc: '2.0', id, method, params };
}

export const initialize = rpc('initialize', {
	protocolVersion,
	capabilities: {},
	clientInfo: { name: 'by hand', version: '1.0.0' },
});

/** The headers of a session that is begun by hand. */
export async function beginSession(sandbox: Sandbox): Promise<Record<string, string>> {
	const answer = await postMcp(sandbox, initialize);
	return {
		'mcp-session-id': String(answer.headers['mcp-session-id']),
		'mcp-protocol-version': protocolVersion,
	};
}

/** The messages of an event stream in the plain form. */
export function messagesOf(stream: string): Array<Record<string, unknown>> {
	return stream
		.split('\n\n')
		.filter((event) => event !== '')
		.map((event) => JSON.parse(event.replace(/^event: message\ndata: /, '')));
}

/** Starts a run and gives its messageId. */
export async function startRun(
	sandbox: Sandbox,
	body: Record<string, unknown> = {},
): Promise<string> {
	const { body: accepted } = await postRun(sandbox, { workflow_id: 'w', ...body });
	return JSON.parse(accepted).messageId;
}

/** The MCP server of n8n 2.41 itself, with which a model outside of n8n uses workflows. */
import { request } from 'undici';
import { z } from 'zod';
import { eventsOf, type RestSession } from './rest.mts';

const Key = z.object({ apiKey: z.string() });
const Answer = z.object({
	result: z.object({
		isError: z.boolean().optional(),
		content: z.array(z.object({ text: z.string() })),
		structuredContent: z.record(z.string(), z.unknown()).optional(),
	}),
});

export type ToolResult = z.output<typeof Answer>['result'];

export class McpServer {
	readonly #session: RestSession;
	readonly #url: string;
	#key: string | undefined;

	constructor(session: RestSession, url: string) {
		this.#session = session;
		this.#url = url;
	}

	/** Switches the server on, and lets it use these workflows. */
	async enable(...workflowIds: string[]): Promise<void> {
		const send = async (method: 'POST' | 'PATCH', path: string, body: unknown) =>
			await this.#session.send({ method, path: `/mcp${path}`, body }, z.unknown());
		await send('PATCH', '/settings', { mcpAccessEnabled: true });
		this.#key = Key.parse(await send('POST', '/api-key/rotate', {})).apiKey;
		if (workflowIds.length > 0)
			await send('PATCH', '/workflows/toggle-access', { availableInMCP: true, workflowIds });
	}

	/** Calls a tool of the server. */
	async call(name: string, args: unknown): Promise<ToolResult> {
		const { statusCode, body } = await request(`${this.#url}/mcp-server/http`, {
			method: 'POST',
			headers: {
				authorization: `Bearer ${this.#key}`,
				accept: 'application/json, text/event-stream',
				'content-type': 'application/json',
			},
			body: JSON.stringify({
				jsonrpc: '2.0',
				id: 1,
				method: 'tools/call',
				params: { name, arguments: args },
			}),
		});
		const text = await body.text();
		if (statusCode !== 200)
			throw new Error(`n8n's MCP server answered ${statusCode}: ${text.slice(0, 500)}`);
		return Answer.parse(eventsOf(text).at(-1)).result;
	}
}

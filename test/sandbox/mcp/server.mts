import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
	CallToolRequestSchema,
	ErrorCode,
	InitializeRequestSchema,
	LATEST_PROTOCOL_VERSION,
	ListToolsRequestSchema,
	McpError,
	SUPPORTED_PROTOCOL_VERSIONS,
	type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import type { Settings } from '../shapes.mts';
import type { ToolResult } from './shapes.mts';
import type { McpTools } from './tools.mts';

interface Parts {
	settings: () => Settings;
	tools: McpTools;
	/** What was ordered for the result of this request. */
	orderedFor: (id: RequestId) => ToolResult;
	/** Told the protocol version that was agreed on. */
	onVersion: (version: string) => void;
}

const serverInfo = { name: 'NenAI sandbox', version: '1.0.0' };
const capabilities = { tools: { listChanged: true }, logging: {} };

/** The MCP server of one session. */
export function createMcpServer({ settings, tools, orderedFor, onVersion }: Parts): Server {
	const server = new Server(serverInfo, { capabilities });
	server.setRequestHandler(InitializeRequestSchema, ({ params }) => {
		const protocolVersion = settings().mcpProtocolVersion ?? negotiate(params.protocolVersion);
		onVersion(protocolVersion);
		return { protocolVersion, capabilities, serverInfo };
	});
	server.setRequestHandler(ListToolsRequestSchema, ({ params }) => tools.list(params?.cursor));
	// A handler of the usual kind would have its result mended or refused, and then no odd one could be ordered.
	server.fallbackRequestHandler = async (request, { requestId }) => {
		if (request.method !== 'tools/call')
			throw new McpError(ErrorCode.MethodNotFound, 'Method not found');
		const { params } = CallToolRequestSchema.parse(request);
		return tools.call(params.name, params.arguments ?? {}, orderedFor(requestId));
	};
	return server;
}

function negotiate(asked: string): string {
	return SUPPORTED_PROTOCOL_VERSIONS.includes(asked) ? asked : LATEST_PROTOCOL_VERSION;
}

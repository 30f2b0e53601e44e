import { toJsonSchemaCompat } from '@modelcontextprotocol/sdk/server/zod-json-schema-compat.js';
import { ErrorCode, McpError, type Result, type Tool } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { RunStates } from '../runStates.mts';
import type { RunView } from '../runView.mts';
import type { Settings } from '../shapes.mts';
import { errorResult, failure, toResult, type ToolAnswer } from './results.mts';
import { toolNameShape, type ToolName, type ToolResult } from './shapes.mts';

const messageId = z.string().min(1);
const deploymentId = z.string().min(1).optional();

/** Strict: an argument that a tool does not know is a mistake of the caller. */
const argumentShapes = {
	run: z.object({ messageId }).strict(),
	runInDeployment: z.object({ messageId, deploymentId }).strict(),
	runs: z
		.object({ workflowId: z.string().min(1), limit: z.number().int().min(1).default(10) })
		.strict(),
	workflows: z.object({ deploymentId }).strict(),
	any: z.object({}).passthrough(),
};

interface Definition<Shape extends z.AnyZodObject> {
	description: string;
	shape: Shape;
	answer: (given: z.infer<Shape>) => ToolAnswer;
}

interface AnyTool {
	listed: Omit<Tool, 'name'>;
	/** The answer, or what is wrong with the arguments. */
	call: (given: unknown) => ToolAnswer | z.ZodError;
}

/** The tools of the MCP server, and what they answer about the sandbox's runs. */
export class McpTools {
	#settings: () => Settings;
	#runs: RunStates;
	#tools: Record<ToolName, AnyTool>;

	constructor(settings: () => Settings, runs: RunStates) {
		this.#settings = settings;
		this.#runs = runs;
		const status = tool({
			description: 'Get the status of a run',
			shape: argumentShapes.run,
			answer: (given) => this.#ofRun(given.messageId, (run) => ({ data: statusOf(run) })),
		});
		const list = tool({
			description: 'List the recent runs of a workflow',
			shape: argumentShapes.runs,
			answer: ({ workflowId, limit }) => ({
				data: { success: true, runs: runs.ofWorkflow(workflowId).slice(0, limit).map(summaryOf) },
			}),
		});
		const logs = tool({
			description: 'Get the log of a run',
			shape: argumentShapes.runInDeployment,
			answer: (given) => this.#ofRun(given.messageId, logsOf),
		});
		const workflows = tool({
			description: 'List the deployed workflows',
			shape: argumentShapes.workflows,
			answer: () => ({ data: { success: true, workflows: this.#workflows() } }),
		});
		const video = tool({
			description: 'Get a link to the recording of a run',
			shape: argumentShapes.run,
			answer: (given) =>
				this.#ofRun(given.messageId, ({ liveViewUrl }) => ({
					data: { success: true, liveViewUrl },
				})),
		});
		// Listed, since the real server lists them; nothing here may call them.
		const refusing = tool({
			description: 'Start or change a workflow',
			shape: argumentShapes.any,
			answer: () => failure('The sandbox does not do this.'),
		});
		this.#tools = {
			nen_status: status,
			nen_list_runs: list,
			nen_get_run_logs: logs,
			nen_list_workflows: workflows,
			nen_run: refusing,
			nen_update_workflow: refusing,
			get_run_status: status,
			list_runs: list,
			get_run_logs: logs,
			nen_logs: logs,
			list_workflows: workflows,
			get_run_video: video,
		};
	}

	/** One page of those that are offered. Throws when the cursor is not one of its own. */
	list(cursor: string | undefined): { tools: Tool[]; nextCursor?: string } {
		const { mcpTools, mcpToolsPerPage, mcpLastCursor } = this.#settings();
		const start = cursor === undefined ? 0 : Number(/^page-at-(\d+)$/.exec(cursor)?.[1] ?? NaN);
		if (!(start === 0 || start < mcpTools.length))
			throw new McpError(ErrorCode.InvalidParams, `Unknown cursor ${cursor}`);
		const end = start + (mcpToolsPerPage ?? mcpTools.length);
		const tools = mcpTools.slice(start, end).map((name) => ({ name, ...this.#tools[name].listed }));
		if (end < mcpTools.length) return { tools, nextCursor: `page-at-${end}` };
		return mcpLastCursor === null ? { tools } : { tools, nextCursor: mcpLastCursor };
	}

	/** Throws when the tool is not offered, or a JSON-RPC error was ordered. */
	call(name: string, given: unknown, ordered: ToolResult): Result {
		const known = toolNameShape.safeParse(name);
		if (!known.success || !this.#settings().mcpTools.includes(known.data))
			throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${name}`);
		const answer = this.#tools[known.data].call(given);
		if (answer instanceof z.ZodError)
			return errorResult(`Invalid arguments for tool ${name}: ${answer.message}`);
		return toResult(answer, ordered);
	}

	#ofRun(id: string, answer: (run: RunView) => ToolAnswer): ToolAnswer {
		const run = this.#runs.get(id);
		return run ? answer(run) : failure('Run not found');
	}

	#workflows(): Array<{ workflowId: string; name?: string }> {
		const { workflows, workflowNames } = this.#settings();
		const seen = [...Object.keys(workflowNames), ...this.#runs.workflowIds()];
		const ids = workflows ? Object.keys(workflows) : [...new Set(seen)];
		return ids.map((workflowId) => ({ workflowId, name: workflowNames[workflowId] }));
	}
}

function tool<Shape extends z.AnyZodObject>({
	description,
	shape,
	answer,
}: Definition<Shape>): AnyTool {
	return {
		listed: { description, inputSchema: { ...toJsonSchemaCompat(shape), type: 'object' } },
		call: (given) => {
			const parsed = shape.safeParse(given);
			return parsed.success ? answer(parsed.data) : parsed.error;
		},
	};
}

function statusOf({
	status,
	startTime,
	endTime,
	progress,
	output,
	liveViewUrl,
	more,
}: RunView): ToolAnswer['data'] {
	return { success: true, status, startTime, endTime, progress, output, liveViewUrl, ...more };
}

function summaryOf({
	messageId: id,
	workflowId,
	status,
	startTime,
	endTime,
}: RunView): ToolAnswer['data'] {
	return { runId: `run-${id}`, messageId: id, workflowId, status, startTime, endTime };
}

function logsOf({ logs }: RunView): ToolAnswer {
	return { data: { success: true, logs }, text: logs };
}

import type { IDataObject } from 'n8n-workflow';

import {
	answerIn,
	listIn,
	TAKE_DEPLOYMENT,
	toLog,
	TOOLS,
	toState,
	Unanswered,
	type Answer,
	type Question,
} from './results';
import { secretsOf } from '../credential';
import { isObject } from '../isObject';
import { openStream, type Connection, type RequestContext } from '../http/connection';
import { McpClient, McpError, type ByteStream, type Send, type Tool } from './client';
import { explainMcpError, missingTool, requestInfo, unanswered } from './failures';
import type { Attempt } from '../../execution/retry';
import type { Text } from '../../failures/text';

/** The limits in requests for all runs. */
const FIRST_LIMIT = 200;
const LAST_LIMIT = 200_000;

/**
 * Asks NenAI through its MCP server. One session serves all questions. A failure that may be temporary is a `retry`,
 * because the questions change nothing: docs/internals/nenai-api.md#the-mcp-server
 */
export class NenAiTools {
	private readonly client: McpClient;

	private tools?: Promise<Tool[]>;

	constructor(
		sender: RequestContext,
		private readonly connection: Connection,
		stopped?: AbortSignal,
	) {
		this.client = new McpClient(sendTo(sender, connection), connection.timeout * 1000, stopped);
	}

	/** The status of a run: NenAI's answer, with `messageId` if it has none, and with `finished`. */
	async getStatus(messageId: string): Promise<Attempt<IDataObject>> {
		return await this.ask('state', { messageId }, (answer) => toState(answer, messageId));
	}

	/** The recent runs of a workflow, at most `limit`. */
	async listRuns(workflowId: string, limit: number): Promise<Attempt<IDataObject[]>> {
		return await this.ask('runs', { workflowId, limit }, (answer) =>
			listIn('runs', answer).slice(0, limit),
		);
	}

	/**
	 * All runs of a workflow that NenAI lists. There are no pages, so the question is repeated with a larger limit as long
	 * as the list is full.
	 */
	async listAllRuns(workflowId: string): Promise<Attempt<IDataObject[]>> {
		for (let limit = FIRST_LIMIT; ; limit *= 10) {
			const attempt = await this.listRuns(workflowId, limit);
			if (attempt.kind !== 'done' || attempt.value.length < limit || limit >= LAST_LIMIT)
				return attempt;
		}
	}

	/** @param use handles the log. Of large logs, one at a time is held, until `use` ends. Throws Unusable. */
	async getLog<T>(messageId: string, use: (log: string) => T | Promise<T>): Promise<Attempt<T>> {
		return await this.ask('log', { messageId }, async (answer) => await use(toLog(answer)));
	}

	async listWorkflows(): Promise<Attempt<IDataObject[]>> {
		return await this.ask('workflows', {}, (answer) => listIn('workflows', answer));
	}

	/** Call this when there are no more questions. It need not be awaited. */
	async close(): Promise<void> {
		await this.client.close();
	}

	private async ask<T>(
		question: Question,
		args: IDataObject,
		read: (answer: Answer) => T | Promise<T>,
	): Promise<Attempt<T>> {
		try {
			const tool = this.pick(question, await this.listTools());
			const secrets = secretsOf(this.connection.credential);
			const value = await this.client.callTool(
				tool.name,
				this.withDeployment(question, tool, args),
				async (result) => await read(answerIn(question, result, secrets)),
			);
			return { kind: 'done', value };
		} catch (error) {
			return this.explain(question, error);
		}
	}

	private listTools(): Promise<Tool[]> {
		if (this.tools === undefined) {
			const tools = this.client.listTools();
			this.tools = tools;
			tools.catch(() => {
				if (this.tools === tools) this.tools = undefined;
			});
		}
		return this.tools;
	}

	private pick(question: Question, offered: Tool[]): Tool {
		for (const name of TOOLS[question]) {
			const tool = offered.find((each) => each.name === name);
			if (tool !== undefined) return tool;
		}
		throw new MissingTool(offered);
	}

	/** If a tool does not declare its arguments, it gets the published ones. */
	private withDeployment(
		question: Question,
		{ inputSchema }: Tool,
		args: IDataObject,
	): IDataObject {
		const { deploymentId } = this.connection.credential;
		const declared = inputSchema?.properties;
		const takesIt = isObject(declared)
			? 'deploymentId' in declared
			: TAKE_DEPLOYMENT.includes(question);
		return deploymentId !== '' && takesIt ? { ...args, deploymentId } : args;
	}

	private explain(question: Question, error: unknown): Attempt<never> {
		const info = requestInfo(question, this.connection);
		if (error instanceof McpError) return explainMcpError(info, question, error.reason);
		if (error instanceof Unusable) return { kind: 'failed', failure: error };
		if (error instanceof MissingTool)
			return { kind: 'failed', failure: missingTool(question, error.offered) };
		if (!(error instanceof Unanswered)) throw error;
		return {
			kind: 'failed',
			failure: unanswered(info, question, error, (text) => this.client.hide(text)),
		};
	}
}

/** The server has none of the tools for a question. */
class MissingTool extends Error {
	constructor(readonly offered: Tool[]) {
		super();
	}
}

/** Why a response that was understood cannot be used. */
export class Unusable {
	constructor(
		readonly message: Text,
		readonly hint: Text,
	) {}
}

function sendTo(sender: RequestContext, connection: Connection): Send {
	return async ({ method, headers, body, signal }) => {
		const url = connection.credential.mcpUrl;
		const response = await openStream(
			sender,
			{ method, url, headers, ...(body && { body: { ...body } }), abortSignal: signal },
			connection,
		);
		return { ...response, body: response.body as unknown as ByteStream };
	};
}

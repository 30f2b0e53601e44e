import type { IDataObject, IN8nHttpFullResponse } from 'n8n-workflow';

import {
	isFromIntermediary,
	classifyStatus,
	classifyNetworkError,
	parseJson,
	excerptOf,
	readErrorText,
} from '../http/classify';
import {
	answerIn,
	ASKED,
	isObject,
	listIn,
	REFUSED,
	TAKE_DEPLOYMENT,
	toLog,
	TOOLS,
	toState,
	Unanswered,
	type Answer,
	type Question,
} from './results';
import { openStream, type Connection, type RequestContext } from '../http/connection';
import {
	McpClient,
	McpError,
	saysUnknownSession,
	type ByteStream,
	type NoResult,
	type Send,
	type Tool,
} from './client';
import type { Attempt } from '../../execution/runJobs';
import { redact, redactAttempt } from '../../failures/redact';
import { comeBackAt, MAX_RETRY_WAIT_MS, readRetryAfter } from '../../execution/retryAfter';
import { hostOf, withServerText, redirectPhrase, times } from '../../failures/phrases';

/** Asks NenAI. One session serves all questions. What fails and may pass is a `retry`: asking changes nothing. */
export class NenAiTools {
	private readonly client: McpClient;

	private readonly connection: Connection;

	private tools?: Promise<Tool[]>;

	constructor(sender: RequestContext, connection: Connection, stopped?: AbortSignal) {
		this.connection = connection;
		this.client = new McpClient(sendTo(sender, connection), connection.timeout * 1000, stopped);
	}

	/** The state of a run: NenAI's answer, with `messageId` where it has none, and with `finished`. */
	async getStatus(messageId: string): Promise<Attempt<IDataObject>> {
		return await this.ask('state', { messageId }, (answer) => toState(answer, messageId));
	}

	/** The recent runs of a workflow, at most so many. */
	async listRuns(workflowId: string, limit: number): Promise<Attempt<IDataObject[]>> {
		return await this.ask('runs', { workflowId, limit }, (answer) =>
			listIn('runs', answer).slice(0, limit),
		);
	}

	/** @param use makes use of the log. Of many large logs, only one is held at a time, and only for as long as this takes. Throws Unusable. */
	async getLog<T>(messageId: string, use: (log: string) => T | Promise<T>): Promise<Attempt<T>> {
		return await this.ask('log', { messageId }, async (answer) => await use(toLog(answer)));
	}

	async listWorkflows(): Promise<Attempt<IDataObject[]>> {
		return await this.ask('workflows', {}, (answer) => listIn('workflows', answer));
	}

	/** Call when nothing more is asked. Nobody need wait for it. */
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
			const { apiKey } = this.connection.credential;
			const value = await this.client.callTool(
				tool.name,
				this.withDeployment(question, tool, args),
				async (result) => await read(answerIn(question, result, apiKey)),
			);
			return { kind: 'done', value };
		} catch (error) {
			return redactAttempt(this.explain(question, error), this.connection.credential.apiKey);
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
		throw new Unanswered(
			`NenAI's MCP server has no tool that could be asked ${ASKED[question]}. It offers`,
			offered.map(({ name }) => name).join(', ') || 'none',
			`This node knows ${TOOLS[question].join(' and ')}. Check the MCP URL of the credential, and look for a newer version of this node.`,
		);
	}

	/** Where a tool does not say what it takes, it gets what is published. */
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
		if (error instanceof McpError) return explainNoResult(question, error.reason, this.connection);
		if (error instanceof Unusable)
			return { kind: 'failed', failure: { message: error.message, hint: error.hint } };
		if (!(error instanceof Unanswered)) throw error;
		const { apiKey } = this.connection.credential;
		const message = `${redact(error.message, apiKey)}${withServerText(wordsOf(error.said, apiKey))}`;
		return { kind: 'failed', failure: { message: this.client.hide(message), hint: error.hint } };
	}
}

/** Why an answer that was understood could not be made use of. */
export class Unusable extends Error {
	readonly hint: string;

	constructor(message: string, hint: string) {
		super(message);
		this.hint = hint;
	}
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

const USUAL = 'It is usually https://mcp.getnen.ai/v1.';

/** JSON-RPC's code of what a server does not have; asking again does not help. */
const NOT_FOUND = -32002;

/** JSON-RPC errors that may pass: internal ones, the server's own, and those about the session. */
const isPassing = (code: number, message: string) =>
	code === -32603 ||
	(code <= -32000 && code >= -32099 && code !== NOT_FOUND) ||
	saysUnknownSession(message);

function explainNoResult(
	question: Question,
	reason: NoResult,
	connection: Connection,
): Attempt<never> {
	const { timeout, maxTries } = connection;
	const asked = `NenAI was asked ${ASKED[question]}`;
	const tried = `It was tried ${times(maxTries)}. Asking changes nothing: do it again later.`;
	switch (reason.kind) {
		case 'http':
			return explainStatus(question, reason, connection);
		case 'thrown': {
			const thrown = classifyNetworkError(reason.error);
			const host = hostOf(connection.credential.mcpUrl, 'its MCP URL');
			const message =
				thrown.kind === 'unknown'
					? `${asked}, and the answer did not come: ${thrown.reason}`
					: `NenAI could not be reached at ${host}: ${thrown.reason}`;
			const check =
				thrown.hint ?? 'Check the MCP URL of the credential, and that this n8n may connect to it.';
			return thrown.kind === 'refused'
				? { kind: 'failed', failure: { message, hint: check } }
				: { kind: 'retry', failure: { message, hint: `${check} ${tried}` } };
		}
		case 'tooLate':
			return {
				kind: 'retry',
				failure: {
					message: `${asked}, and no answer came within ${timeout === 1 ? 'a second' : `${timeout} seconds`}`,
					hint: `${tried} Or allow more time (the option Timeout).`,
				},
			};
		case 'lost':
			return explainLost(question, reason, connection);
		case 'cutOff':
			return {
				kind: 'retry',
				failure: { message: `${asked}, and its answer ended before it was whole`, hint: tried },
			};
		case 'notJson':
			return {
				kind: 'failed',
				failure: {
					message: `${asked}, and its answer is not valid JSON${withServerText(excerptOf(reason.body, connection.credential.apiKey))}`,
					hint: 'Asking again would not change that. Report this answer to your NenAI contact.',
				},
			};
		case 'tooDeep':
			return {
				kind: 'failed',
				failure: {
					message: `${asked}, and its answer ${reason.problem}`,
					hint: 'n8n cannot work with such data. Report this answer to your NenAI contact.',
				},
			};
		case 'tooLarge':
			return {
				kind: 'failed',
				failure: {
					message: `${asked}, and its answer is larger than 50 MB`,
					hint: 'It was not read to its end. Ask for less, or look at the run in the dashboard of NenAI.',
				},
			};
		case 'rpc': {
			const message = `${asked}, and its MCP server answered with an error${Number.isNaN(reason.code) ? '' : ` (${reason.code})`}${withServerText(excerptOf(reason.message, connection.credential.apiKey))}`;
			return isPassing(reason.code, reason.message)
				? { kind: 'retry', failure: { message, hint: tried } }
				: {
						kind: 'failed',
						failure: {
							message,
							hint:
								reason.method === 'tools/call'
									? REFUSED[question]
									: `Check the MCP URL of the credential. ${USUAL}`,
						},
					};
		}
		case 'version':
			return {
				kind: 'failed',
				failure: {
					message: `NenAI's MCP server needs a version of the protocol that this node does not know (${excerptOf(reason.version, connection.credential.apiKey)})`,
					hint: 'Look for a newer version of this package.',
				},
			};
	}
}

/** In a new session, too. A server that says something else than that it does not know the session does not know what was asked about. */
function explainLost(
	question: Question,
	{ status, body }: Extract<NoResult, { kind: 'lost' }>,
	{ credential, maxTries }: Connection,
): Attempt<never> {
	const asked = `NenAI was asked ${ASKED[question]}`;
	const said = body.trim() === '' ? '' : withServerText(wordsOf(body, credential.apiKey));
	const isSession =
		saysUnknownSession(body) || body.trim() === '' || body.trimStart().startsWith('<');
	if (isSession) {
		return {
			kind: 'retry',
			failure: {
				message: `${asked}, and its MCP server forgot the session twice (HTTP ${status})${said}`,
				hint: `It was tried ${times(maxTries)}. ${REFUSED[question]}`,
			},
		};
	}
	const message = `${asked}, and its MCP server refused the request, also in a new session (HTTP ${status})${said}`;
	if (status >= 500)
		return {
			kind: 'retry',
			failure: { message, hint: `It was tried ${times(maxTries)}. ${REFUSED[question]}` },
		};
	return { kind: 'failed', failure: { message, hint: REFUSED[question] } };
}

function explainStatus(
	question: Question,
	{ status, headers, body, method }: Extract<NoResult, { kind: 'http' }>,
	connection: Connection,
): Attempt<never> {
	const { apiKey, mcpUrl } = connection.credential;
	const asked = `NenAI was asked ${ASKED[question]}`;
	const said = withServerText(wordsOf(body, apiKey));
	const failed = (message: string, hint: string): Attempt<never> => ({
		kind: 'failed',
		failure: { message, hint },
	});
	const isBetween = isFromIntermediary(status, headers['content-type']);
	if (isBetween && !MAY_PASS(status)) {
		return failed(
			`NenAI was not reached: something in between, such as a proxy or a firewall, refused the request (HTTP ${status})${said}`,
			status === 407
				? "The proxy wants a user name and a password: add them to this n8n's proxy settings."
				: 'Ask whoever runs the network of this n8n to let it through to the MCP URL of the credential.',
		);
	}
	if (status === 401 || status === 403)
		return failed(
			`NenAI did not accept the API key (HTTP ${status})${said}`,
			'Check the API key of the credential, and that it may be used to ask about runs.',
		);
	if (MAY_PASS(status))
		return passing(
			asked,
			status,
			headers,
			`${isBetween ? ': something in between, such as a gateway, answered' : ''}${said}`,
			connection.maxTries,
		);
	if (status >= 300 && status < 400) {
		return failed(
			`The MCP URL answers with a redirect (HTTP ${status})${redirectPhrase(headers.location)}`,
			`Check the MCP URL of the credential. ${USUAL} The redirect was not followed, since that would send the API key to another address.`,
		);
	}
	// The session was begun, so there is an MCP server.
	if (status >= 400 && method === 'tools/call')
		return failed(
			`${asked}, and its MCP server refused the request (HTTP ${status})${said}`,
			REFUSED[question],
		);
	if (status < 300 || [404, 405].includes(status))
		return failed(
			`There is no MCP server at ${hostOf(mcpUrl, 'the MCP URL')} (HTTP ${status})${said}`,
			`Check the MCP URL of the credential. ${USUAL}`,
		);
	return failed(
		`${asked}, and its MCP server refused the request (HTTP ${status})${said}`,
		`Check the MCP URL of the credential. ${USUAL}`,
	);
}

/** Answers that mean: too much at once. */
const TOO_MUCH = [429, 503];

/** 511 is a network that wants somebody to sign in first. */
const MAY_PASS = (status: number) =>
	['busy', 'unknown'].includes(classifyStatus(status)) && status !== 511;

function passing(
	asked: string,
	status: number,
	headers: IN8nHttpFullResponse['headers'],
	said: string,
	maxTries: number,
): Attempt<never> {
	const after = readRetryAfter(headers['retry-after'], Date.now());
	const isBusy = TOO_MUCH.includes(status);
	const message = `${asked}, and ${isBusy ? 'it was too busy to answer' : 'it failed to answer'} (HTTP ${status})${said}`;
	const advice = isBusy
		? 'Ask for fewer at a time (the option Max Concurrency), allow more tries (Max Tries), or ask again later.'
		: 'Asking changes nothing: do it again later.';
	const hint =
		after !== undefined && after > MAX_RETRY_WAIT_MS
			? `It asks to come back ${comeBackAt(after, Date.now())}. Ask again then.`
			: `It was tried ${times(maxTries)}. ${advice}`;
	return { kind: 'retry', after, busy: isBusy, failure: { message, hint } };
}

/** NenAI's own words, or those of JSON-RPC's error; all that was said, where it has none. Without the key. */
function wordsOf(said: unknown, apiKey: string): string {
	const parsed = parseJson(said);
	const inner = isObject(parsed) && isObject(parsed.error) ? parsed.error : parsed;
	return (isObject(inner) && readErrorText(inner, apiKey)) || excerptOf(parsed, apiKey);
}

import type { IDataObject, IN8nHttpFullResponse } from 'n8n-workflow';

import { isFromBetween, judge, judgeThrown, parseJson, quoteBody, readText } from './answer';
import { openStream, type Connection, type Sender } from './connection';
import { McpClient, McpError, type ByteStream, type NoResult, type Send, type Tool, type ToolResult } from './mcp/client';
import type { Attempt } from './queue';
import { redactAttempt, redactJson } from './redact';
import { comeBackAt, LONGEST_WAIT, readRetryAfter } from './retry';
import { hostOf, quote, redirectTarget, times } from './words';

/**
 * What NenAI can be asked, over its MCP server. Everything that is assumed about its answers stands in this file:
 * published are the tools' names and arguments, and examples of the answers to `nen_status` and `nen_list_runs`
 * (getnenai/nen-quickstart, March 2026; getnenai/mcp-quickstart, February 2026). How a tool wraps its answer, how it
 * fails, and what a list of workflows looks like are not published.
 */

/** The tools for each question: today's name first, then those of before. */
const TOOLS = {
	state: ['nen_status', 'get_run_status'],
	runs: ['nen_list_runs', 'list_runs'],
	log: ['nen_get_run_logs', 'get_run_logs'],
	workflows: ['nen_list_workflows', 'list_workflows'],
};

type Question = keyof typeof TOOLS;

/** What a failure calls each question. */
const ASKED: Record<Question, string> = {
	state: 'for the state of the run',
	runs: 'for the runs of the workflow',
	log: 'for the log of the run',
	workflows: 'for the workflows',
};

/** Statuses of a run that goes on. Any other is its end. */
const NOT_FINISHED = ['queued', 'running', 'processing'];

/** Under which names NenAI's surfaces have the ID and the name of a workflow. */
const ID_FIELDS = ['workflowId', 'workflow_id', 'id'];
const NAME_FIELDS = ['name', 'workflowName', 'workflow_name'];

/** What tells a run in a list from other things. */
const RUN_FIELDS = ['messageId', 'runId'];

/** Where a log may stand in an answer that is an object, and what else such an answer may have without being the log itself. */
const LOG_FIELDS = ['logs', 'log', 'text', 'output'];
const AROUND_A_LOG = ['success', 'messageId', 'message_id', 'runId', 'workflowId', 'workflow_id', 'deploymentId', 'status'];

/** Lists beside the one that was asked for. */
const SIDE_LISTS = ['errors', 'warnings'];

/** Tools that are published to take the deployment. */
const TAKE_DEPLOYMENT: Question[] = ['log', 'workflows'];

/** Asks NenAI. One session serves all questions. What fails and may pass is a `retry`: asking changes nothing. */
export class Inquiry {
	private readonly client: McpClient;

	private readonly connection: Connection;

	private tools?: Promise<Tool[]>;

	constructor(sender: Sender, connection: Connection, stopped?: AbortSignal) {
		this.connection = connection;
		this.client = new McpClient(sendTo(sender, connection), connection.timeout * 1000, stopped);
	}

	/** The state of a run: NenAI's answer, with `messageId` where it has none, and with `finished`. */
	async stateOf(messageId: string): Promise<Attempt<IDataObject>> {
		return await this.ask('state', { messageId }, ({ value }) => {
			if (!isObject(value) || typeof value.status !== 'string') throw unexpected('state', value, 'it names no status');
			return { ...value, messageId: value.messageId ?? messageId, finished: isFinished(value.status) };
		});
	}

	/** The recent runs of a workflow, at most so many. */
	async runsOf(workflowId: string, limit: number): Promise<Attempt<IDataObject[]>> {
		return await this.ask('runs', { workflowId, limit }, ({ value }) => listIn('runs', value, 'runs', RUN_FIELDS).slice(0, limit));
	}

	async logOf(messageId: string): Promise<Attempt<string>> {
		return await this.ask('log', { messageId }, toLog);
	}

	async workflows(): Promise<Attempt<IDataObject[]>> {
		return await this.ask('workflows', {}, ({ value }) => listIn('workflows', value, 'workflows', ID_FIELDS));
	}

	/** Call when nothing more is asked. Nobody need wait for it. */
	async close(): Promise<void> {
		await this.client.close();
	}

	private async ask<T>(question: Question, args: IDataObject, read: (answer: Answer) => T): Promise<Attempt<T>> {
		try {
			const tool = this.pick(question, await this.listTools());
			const result = await this.client.callTool(tool.name, this.withDeployment(question, tool, args));
			const answer = redactJson(readResult(result), this.connection.credential.apiKey);
			if (result.isError === true || isFailure(answer.value)) throw new Unanswered(`NenAI was asked ${ASKED[question]} and could not say`, answer.value, REFUSED[question]);
			return { kind: 'done', value: read(answer) };
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
	private withDeployment(question: Question, { inputSchema }: Tool, args: IDataObject): IDataObject {
		const { deploymentId } = this.connection.credential;
		const declared = inputSchema?.properties;
		const takesIt = isObject(declared) ? 'deploymentId' in declared : TAKE_DEPLOYMENT.includes(question);
		return deploymentId !== '' && takesIt ? { ...args, deploymentId } : args;
	}

	private explain(question: Question, error: unknown): Attempt<never> {
		if (error instanceof McpError) return explainNoResult(question, error.reason, this.connection);
		if (!(error instanceof Unanswered)) throw error;
		return { kind: 'failed', failure: { message: `${error.message}${quote(wordsOf(error.said, this.connection.credential.apiKey))}`, hint: error.hint } };
	}
}

/** Whether this status, as NenAI has it, is the end of a run. */
export function isFinished(status: string): boolean {
	return !NOT_FINISHED.includes(status.trim().toLowerCase());
}

/** The first of the names under which NenAI has this; undefined where there is none. Numbers are IDs, too. */
function textIn(entry: IDataObject, fields: string[]): string | undefined {
	const found = fields.map((field) => entry[field]).find((value) => (typeof value === 'string' && value !== '') || typeof value === 'number');
	return found === undefined ? undefined : String(found);
}

/** The ID of a workflow in NenAI's list, and its name, where it has one. Undefined where there is no ID. */
export function workflowIn(entry: IDataObject): { id: string; name?: string } | undefined {
	const id = textIn(entry, ID_FIELDS);
	return id === undefined ? undefined : { id, name: textIn(entry, NAME_FIELDS) };
}

/** Why an answer that came is none. The message goes on with what was said. */
class Unanswered extends Error {
	readonly said: unknown;

	readonly hint: string;

	constructor(message: string, said: unknown, hint: string) {
		super(message);
		this.said = said;
		this.hint = hint;
	}
}

function sendTo(sender: Sender, connection: Connection): Send {
	return async ({ method, headers, body, signal }) => {
		const url = connection.credential.mcpUrl;
		const response = await openStream(sender, { method, url, headers, ...(body && { body: { ...body } }), abortSignal: signal }, connection);
		return { ...response, body: response.body as unknown as ByteStream };
	};
}

function isObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Answer {
	/** What was said, as JSON where it is JSON. */
	value: unknown;
	/** The text that it was said in, where it was one. */
	text?: string;
}

/** What a tool said: its structured content, else the JSON in its texts, else the texts. */
function readResult({ structuredContent, content }: ToolResult): Answer {
	if (isObject(structuredContent) && Object.keys(structuredContent).length > 0) return unwrap(structuredContent);
	const texts = (Array.isArray(content) ? content : []).flatMap(textOf);
	if (texts.length === 0) return { value: undefined };
	const text = texts.join('\n');
	const whole = parseJson(text);
	if (typeof whole !== 'string') return { ...unwrap(whole), text };
	const parts = texts.map((part) => parseJson(part)).filter((part) => typeof part === 'object' && part !== null);
	// Servers that give an entry of a list as a text each, and those that put a remark before the answer.
	if (parts.length === texts.length) return { value: parts, text };
	return parts.length === 1 ? { ...unwrap(parts[0]), text } : { value: whole, text };
}

/** The text of a part of a result: of its own, or of the resource that it holds. */
function textOf(part: unknown): string[] {
	if (!isObject(part)) return [];
	const { text } = isObject(part.resource) ? part.resource : part;
	return typeof text === 'string' ? [text] : [];
}

/** Frameworks of MCP servers put what is no object into one, as its only field. */
function unwrap(value: unknown): Answer {
	const isWrapped = isObject(value) && Object.keys(value).length === 1 && 'result' in value;
	if (!isWrapped) return { value };
	return typeof value.result === 'string' ? { value: parseJson(value.result), text: value.result } : { value: value.result };
}

/** Whether an answer says that there is none: that it did not succeed, or nothing but an error. */
function isFailure(value: unknown): boolean {
	if (!isObject(value)) return false;
	const fields = Object.keys(value);
	return value.success === false || value.success === 'false' || (typeof value.error === 'string' && fields.every((field) => ['error', 'message', 'code'].includes(field)));
}

/** A log as it was said: a text as it is, and only what is plainly put around a log is taken off. */
function toLog({ value, text }: Answer): string {
	if (!isObject(value)) return text ?? linesOf(value);
	const field = LOG_FIELDS.find((name) => typeof value[name] === 'string' || Array.isArray(value[name]));
	const isAround = field !== undefined && Object.keys(value).every((name) => name === field || AROUND_A_LOG.includes(name));
	return isAround ? linesOf(value[field]) : (text ?? linesOf(value));
}

/** Lines may come as a list; whatever else they are is shown as JSON. */
function linesOf(log: unknown): string {
	if (typeof log === 'string') return log;
	if (log === null || log === undefined) return '';
	if (!Array.isArray(log)) return JSON.stringify(log, null, 2);
	return log.map((line: unknown) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
}

/**
 * The entries of a list: under its name, else the answer itself where it is one entry, else the only list that there is.
 *
 * @param entryFields by which an entry is told
 */
function listIn(question: Question, value: unknown, name: string, entryFields: string[]): IDataObject[] {
	const list = findList(value, name, entryFields);
	if (list === undefined || !list.every(isObject)) throw unexpected(question, value, 'it holds no list');
	return list;
}

function findList(value: unknown, name: string, entryFields: string[]): unknown[] | undefined {
	// Nothing at all is how some give a list without entries.
	if (value === undefined) return [];
	if (Array.isArray(value)) return value;
	if (!isObject(value)) return undefined;
	if (name in value) return Array.isArray(value[name]) ? value[name] : value[name] === null ? [] : undefined;
	if (entryFields.some((field) => field in value)) return [value];
	const lists = Object.entries(value).filter(([field, each]) => Array.isArray(each) && !SIDE_LISTS.includes(field));
	return lists.length === 1 ? (lists[0][1] as unknown[]) : undefined;
}

function unexpected(question: Question, answer: unknown, problem: string): Unanswered {
	return new Unanswered(
		`NenAI was asked ${ASKED[question]}, and its answer has a form that this node does not know (${problem})`,
		answer,
		'Look for a newer version of this node, or report this answer to those who make it.',
	);
}

const REFUSED: Record<Question, string> = {
	state: 'Check the message ID: it is the messageId in the answer of Start, and the message_id of a callback. NenAI knows only runs of this API key.',
	log: 'Check the message ID: it is the messageId in the answer of Start, and the message_id of a callback. If your API key has several deployments, enter the Deployment ID in the credential.',
	runs: 'Check the workflow ID, and that Limit is not too high. NenAI knows only workflows of this API key.',
	workflows: 'If your API key has several deployments, enter the Deployment ID in the credential.',
};

const USUAL = 'It is usually https://mcp.getnen.ai/v1.';

/** JSON-RPC's code of what a server does not have; asking again does not help. */
const NOT_FOUND = -32002;

/** Codes of JSON-RPC errors that may pass: internal ones, and the server's own. */
const isPassing = (code: number) => code === -32603 || (code <= -32000 && code >= -32099 && code !== NOT_FOUND);

function explainNoResult(question: Question, reason: NoResult, connection: Connection): Attempt<never> {
	const { timeout, maxTries } = connection;
	const asked = `NenAI was asked ${ASKED[question]}`;
	const tried = `It was tried ${times(maxTries)}. Asking changes nothing: do it again later.`;
	switch (reason.kind) {
		case 'http':
			return explainStatus(asked, reason, connection);
		case 'thrown': {
			const thrown = judgeThrown(reason.error);
			const host = hostOf(connection.credential.mcpUrl, 'its MCP URL');
			const message = thrown.kind === 'unknown' ? `${asked}, and the answer did not come: ${thrown.reason}` : `NenAI could not be reached at ${host}: ${thrown.reason}`;
			const check = 'Check the MCP URL of the credential, and that this n8n may connect to it.';
			return thrown.kind === 'refused' ? { kind: 'failed', failure: { message, hint: check } } : { kind: 'retry', failure: { message, hint: `${check} ${tried}` } };
		}
		case 'tooLate':
			return { kind: 'retry', failure: { message: `${asked}, and no answer came within ${timeout === 1 ? 'a second' : `${timeout} seconds`}`, hint: `${tried} Or allow more time (the option Timeout).` } };
		case 'lost':
			return { kind: 'retry', failure: { message: `${asked}, and its MCP server forgot the session twice`, hint: tried } };
		case 'cutOff':
			return { kind: 'retry', failure: { message: `${asked}, and its answer ended before it was whole`, hint: tried } };
		case 'tooLarge':
			return { kind: 'failed', failure: { message: `${asked}, and its answer is larger than 50 MB`, hint: 'It was not read to its end. Ask for less, or look at the run in the dashboard of NenAI.' } };
		case 'rpc': {
			const message = `${asked}, and its MCP server answered with an error${Number.isNaN(reason.code) ? '' : ` (${reason.code})`}${quote(quoteBody(reason.message, connection.credential.apiKey))}`;
			return isPassing(reason.code) ? { kind: 'retry', failure: { message, hint: tried } } : { kind: 'failed', failure: { message, hint: reason.method === 'tools/call' ? REFUSED[question] : `Check the MCP URL of the credential. ${USUAL}` } };
		}
		case 'version':
			return { kind: 'failed', failure: { message: `NenAI's MCP server speaks a version of the protocol that this node does not know (${quoteBody(reason.version, connection.credential.apiKey)})`, hint: 'Look for a newer version of this node.' } };
	}
}

function explainStatus(asked: string, { status, headers, body }: Extract<NoResult, { kind: 'http' }>, connection: Connection): Attempt<never> {
	const { apiKey, mcpUrl } = connection.credential;
	const said = quote(wordsOf(body, apiKey));
	const failed = (message: string, hint: string): Attempt<never> => ({ kind: 'failed', failure: { message, hint } });
	const isBetween = isFromBetween(status, headers['content-type']);
	if (isBetween && !MAY_PASS(status)) {
		return failed(
			`NenAI was not reached: something in between, such as a proxy or a firewall, refused the request (HTTP ${status})${said}`,
			status === 407 ? "The proxy wants a user name and a password: add them to this n8n's proxy settings." : 'Ask whoever runs the network of this n8n to let it through to the MCP URL of the credential.',
		);
	}
	if (status === 401 || status === 403) return failed(`NenAI did not accept the API key (HTTP ${status})${said}`, 'Check the API key of the credential, and that it may be used to ask about runs.');
	if (MAY_PASS(status)) return passing(asked, status, headers, `${isBetween ? ': something in between, such as a gateway, answered' : ''}${said}`, connection.maxTries);
	if (status >= 300 && status < 400) {
		return failed(
			`The MCP URL answers with a redirect (HTTP ${status})${redirectTarget(headers.location)}`,
			`Check the MCP URL of the credential. ${USUAL} The redirect was not followed, since that would send the API key to another address.`,
		);
	}
	if (status < 300 || [404, 405].includes(status)) return failed(`There is no MCP server at ${hostOf(mcpUrl, 'the MCP URL')} (HTTP ${status})${said}`, `Check the MCP URL of the credential. ${USUAL}`);
	return failed(`${asked}, and its MCP server refused the request (HTTP ${status})${said}`, `Check the MCP URL of the credential. ${USUAL}`);
}

/** Answers that mean: too much at once. */
const TOO_MUCH = [429, 503];

/** 511 is a network that wants somebody to sign in first. */
const MAY_PASS = (status: number) => ['busy', 'unknown'].includes(judge(status)) && status !== 511;

function passing(asked: string, status: number, headers: IN8nHttpFullResponse['headers'], said: string, maxTries: number): Attempt<never> {
	const after = readRetryAfter(headers['retry-after'], Date.now());
	const isBusy = TOO_MUCH.includes(status);
	const message = `${asked}, and ${isBusy ? 'it was too busy to answer' : 'it failed to answer'} (HTTP ${status})${said}`;
	const advice = isBusy ? 'Ask for fewer at a time (the option Max Concurrency), allow more tries (Max Tries), or ask again later.' : 'Asking changes nothing: do it again later.';
	const hint = after !== undefined && after > LONGEST_WAIT ? `It asks to come back ${comeBackAt(after, Date.now())}. Ask again then.` : `It was tried ${times(maxTries)}. ${advice}`;
	return { kind: 'retry', after, busy: isBusy, failure: { message, hint } };
}

/** NenAI's own words, or those of JSON-RPC's error; all that was said, where it has none. Without the key. */
function wordsOf(said: unknown, apiKey: string): string {
	const parsed = parseJson(said);
	const inner = isObject(parsed) && isObject(parsed.error) ? parsed.error : parsed;
	return (isObject(inner) && readText(inner, apiKey)) || quoteBody(parsed, apiKey);
}

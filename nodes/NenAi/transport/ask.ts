import type { IDataObject, IN8nHttpFullResponse } from 'n8n-workflow';

import { isFinished } from '../runStatus';
import { isFromBetween, judge, judgeThrown, parseJson, quoteBody, readText, redact } from './answer';
import { openStream, type Connection, type Sender } from './connection';
import { McpClient, McpError, type ByteStream, type NoResult, type Send, type Tool, type ToolResult } from './mcp/client';
import { readContent } from './mcp/content';
import type { Attempt } from './queue';
import { comeBackAt, LONGEST_WAIT, readRetryAfter } from './retry';
import { hostOf, quote, redirectTarget, times } from './words';

/**
 * What NenAI can be asked, over its MCP server. Everything that is assumed about its answers stands in this file:
 * published are the tools' names and arguments, and examples of their answers, some documented and some recorded
 * (getnenai/nen-quickstart, March 2026; getnenai/mcp-quickstart, February 2026). How a tool wraps its answer, and how
 * it fails, is not published.
 */

/** The tools for each question: today's name first, then those of before. */
const TOOLS = {
	state: ['nen_status', 'get_run_status'],
	runs: ['nen_list_runs', 'list_runs'],
	log: ['nen_get_run_logs', 'get_run_logs', 'nen_logs'],
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

/** Under which names NenAI's surfaces have the ID and the name of a workflow. */
const ID_FIELDS = ['workflowId', 'workflow_id', 'id'];
const NAME_FIELDS = ['name', 'workflowName', 'workflow_name'];

/** What tells a run in a list from other things. */
const RUN_FIELDS = ['messageId', 'runId'];

/** Where a log may stand in an answer that is an object, and what else such an answer may have without being the log itself. */
const LOG_FIELDS = ['logs', 'log', 'text', 'output'];
const AROUND_A_LOG = ['success', 'messageId', 'message_id', 'runId', 'workflowId', 'workflow_id', 'deploymentId', 'deploymentName', 'orgId', 'orgName', 'status', 'error', 'errors'];

/** Under what, besides its own name, an answer was published to stand one level deeper. */
const DEEPER = 'data';

/**
 * By which fields an answer to each question is told, and by which one that is a single entry of a list. An answer that
 * has none of them itself, but one level deeper, is the one that stands there.
 */
const TOLD_BY: Record<Question, { fields: string[]; entry: string[] }> = {
	state: { fields: ['status'], entry: [] },
	runs: { fields: ['runs'], entry: RUN_FIELDS },
	log: { fields: LOG_FIELDS, entry: [] },
	workflows: { fields: ['workflows'], entry: ID_FIELDS },
};

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
			if (!isObject(value) || typeof value.status !== 'string' || value.status.trim() === '') throw unexpected('state', value, 'it names no status');
			return { ...value, messageId: isId(value.messageId) ? value.messageId : messageId, finished: isFinished(value.status) };
		});
	}

	/** The recent runs of a workflow, at most so many. */
	async runsOf(workflowId: string, limit: number): Promise<Attempt<IDataObject[]>> {
		return await this.ask('runs', { workflowId, limit }, (answer) => listIn('runs', answer).slice(0, limit));
	}

	/** @param use makes use of the log. Of many large logs, only one is held at a time, and only for as long as this takes. Throws Unusable. */
	async logOf<T>(messageId: string, use: (log: string) => T | Promise<T>): Promise<Attempt<T>> {
		return await this.ask('log', { messageId }, async (answer) => await use(toLog(answer)));
	}

	async workflows(): Promise<Attempt<IDataObject[]>> {
		return await this.ask('workflows', {}, (answer) => listIn('workflows', answer));
	}

	/** Call when nothing more is asked. Nobody need wait for it. */
	async close(): Promise<void> {
		await this.client.close();
	}

	private async ask<T>(question: Question, args: IDataObject, read: (answer: Answer) => T | Promise<T>): Promise<Attempt<T>> {
		try {
			const tool = this.pick(question, await this.listTools());
			const value = await this.client.callTool(tool.name, this.withDeployment(question, tool, args), async (result) => await read(answerIn(question, result)));
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
		if (error instanceof Unusable) return { kind: 'failed', failure: { message: error.message, hint: error.hint } };
		if (!(error instanceof Unanswered)) throw error;
		const { apiKey } = this.connection.credential;
		const message = `${redact(error.message, apiKey)}${quote(wordsOf(error.said, apiKey))}`;
		return { kind: 'failed', failure: { message: this.client.hide(message), hint: error.hint } };
	}
}

/** The first of the names under which NenAI has this; undefined where there is none. Numbers are IDs, too. */
function textIn(entry: IDataObject, fields: string[]): string | undefined {
	const found = fields.map((field) => entry[field]).find(isId);
	return found === undefined ? undefined : String(found);
}

/** A number, or a text that says something. */
function isId(value: unknown): boolean {
	return (typeof value === 'string' && value.trim() !== '') || typeof value === 'number';
}

/**
 * The ID of a workflow in NenAI's list, its name, where it has one, and whether it is published: only where NenAI has
 * null for that, it is not. Undefined where there is no ID.
 */
export function workflowIn(entry: IDataObject): { id: string; name?: string; isPublished: boolean } | undefined {
	const id = textIn(entry, ID_FIELDS);
	return id === undefined ? undefined : { id, name: textIn(entry, NAME_FIELDS), isPublished: entry.publishedAt !== null };
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

/** Why an answer that was understood could not be made use of. */
export class Unusable extends Error {
	readonly hint: string;

	constructor(message: string, hint: string) {
		super(message);
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
	/** The same with what stands around it, where the answer is one level deeper. */
	outer: unknown;
	/** The text that it was said in, where it was one. */
	text?: string;
	/** Parts of the result that could not be read, in words that follow "it holds". */
	unread: string[];
}

/** The answer in a tool's result. Throws Unanswered for one that says that there is none, and for one that says nothing. */
function answerIn(question: Question, result: ToolResult): Answer {
	const answer = readResult(question, result);
	const { value, outer, text, unread } = answer;
	const failed = [outer, value].find(isFailure);
	if (result.isError === true || failed !== undefined) throw refused(question, failed ?? value);
	const isEmpty = value === undefined || (value === null && text === undefined);
	if (isEmpty) throw unexpected(question, undefined, `it holds ${unread.join(' and ') || 'nothing'}`);
	return answer;
}

/** What a tool said: its structured content, else the JSON in its texts, else the texts. */
function readResult(question: Question, { structuredContent, content }: ToolResult): Answer {
	const isStructured = saysSomething(structuredContent);
	const { texts, unread } = readContent(content);
	const { value: outer, text } = isStructured ? unwrap(structuredContent) : readTexts(texts);
	return { value: lift(question, outer), outer, text, unread: isStructured ? [] : unread };
}

/** An empty list is one; an empty object is what some servers put beside their texts. */
function saysSomething(structured: unknown): boolean {
	return Array.isArray(structured) || (isObject(structured) ? Object.keys(structured).length > 0 : !['', undefined, null].includes(structured as undefined));
}

type Said = Pick<Answer, 'value' | 'text'>;

function readTexts(texts: string[]): Said {
	if (texts.length === 0) return { value: undefined };
	const text = texts.join('\n');
	const whole = parseJson(text);
	if (typeof whole !== 'string') return { ...unwrap(whole), text };
	const parts = texts.map((part) => parseJson(part)).filter((part) => typeof part === 'object' && part !== null);
	// Servers that give an entry of a list as a text each, and those that put a remark before the answer.
	if (parts.length === texts.length) return { value: parts, text };
	return parts.length === 1 ? { ...unwrap(parts[0]), text } : { value: whole, text };
}

/** Frameworks of MCP servers put what is no object into one, as its only field. */
function unwrap(value: unknown): Said {
	const isWrapped = isObject(value) && Object.keys(value).length === 1 && 'result' in value;
	const inner = isWrapped ? value.result : value;
	return typeof inner === 'string' ? { value: parseJson(inner), text: inner } : { value: inner };
}

/** The answer from one level deeper, where it stands there, with the fields around it. */
function lift(question: Question, value: unknown): unknown {
	const { fields, entry } = TOLD_BY[question];
	if (!isObject(value) || hasAny(value, fields)) return value;
	const { [DEEPER]: inner, ...around } = value;
	if (!isObject(inner)) return value;
	const isDeeper = hasAny(inner, fields) || inner.success === false || (hasAny(inner, entry) && !hasAny(value, entry));
	return isDeeper ? { ...around, ...inner } : value;
}

function hasAny(value: IDataObject, fields: string[]): boolean {
	return fields.some((field) => field in value);
}

/** Whether an answer says that there is none: that it did not succeed, or nothing but an error. */
function isFailure(value: unknown): boolean {
	if (!isObject(value)) return false;
	if (value.success === false || value.success === 'false') return true;
	return namesError(value) && Object.keys(value).every((field) => ['success', 'error', 'message', 'code'].includes(field));
}

/** Whether an answer says that something went wrong. */
function namesError(value: unknown): boolean {
	if (!isObject(value)) return false;
	const { error, errors } = value;
	return (typeof error === 'string' && error.trim() !== '') || (isObject(error) && Object.keys(error).length > 0) || (Array.isArray(errors) && errors.length > 0);
}

/** A log as it was said: a text as it is, and only what is plainly put around a log is taken off. */
function toLog({ value, outer, text, unread }: Answer): string {
	const log = isObject(value) ? logIn(value) : undefined;
	if (log === undefined && unread.length > 0) throw unexpected('log', text, `it holds ${unread.join(' and ')}`);
	// Lines of a log may be JSON with an error in it. Only an answer says that it has succeeded.
	const failed = [outer, value].find((said) => isObject(said) && 'success' in said && namesError(said));
	if (failed !== undefined && (log ?? '') === '') throw refused('log', failed);
	return log ?? text ?? linesOf(value);
}

/** The log in an answer that is an object; undefined where it is not plain what the log is. */
function logIn(value: IDataObject): string | undefined {
	const field = [...LOG_FIELDS, DEEPER].find((name) => typeof value[name] === 'string' || Array.isArray(value[name]));
	const isAround = field !== undefined && Object.keys(value).every((name) => name === field || AROUND_A_LOG.includes(name));
	return isAround ? linesOf(value[field]) : undefined;
}

/** Lines may come as a list; whatever else they are is shown as JSON. */
function linesOf(log: unknown): string {
	if (typeof log === 'string') return log;
	if (!Array.isArray(log)) return JSON.stringify(log, null, 2);
	return log.map((line: unknown) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
}

/** The entries of a list: under its name, else the answer itself where it is one entry, else the only list that there is. */
function listIn(question: Question, { value, outer }: Answer): IDataObject[] {
	const list = findList(value, TOLD_BY[question]);
	const failed = [outer, value].find(namesError);
	if ((list ?? []).length === 0 && failed !== undefined) throw refused(question, failed);
	if (list === undefined || !list.every(isObject)) throw unexpected(question, value, 'it holds no list');
	return list;
}

function findList(value: unknown, { fields: [name], entry }: { fields: string[]; entry: string[] }): unknown[] | undefined {
	if (Array.isArray(value)) return value;
	if (!isObject(value)) return undefined;
	// null is how some give a list without entries.
	if (name in value) return Array.isArray(value[name]) ? value[name] : value[name] === null ? [] : undefined;
	if (hasAny(value, entry)) return [value];
	const lists = Object.entries(value).filter(([field, each]) => Array.isArray(each) && !SIDE_LISTS.includes(field));
	return lists.length === 1 ? (lists[0][1] as unknown[]) : undefined;
}

function refused(question: Question, answer: unknown): Unanswered {
	return new Unanswered(`NenAI was asked ${ASKED[question]} and could not say`, answer, REFUSED[question]);
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
			return explainStatus(question, reason, connection);
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
			return explainLost(question, reason, connection);
		case 'cutOff':
			return { kind: 'retry', failure: { message: `${asked}, and its answer ended before it was whole`, hint: tried } };
		case 'notJson':
			return { kind: 'failed', failure: { message: `${asked}, and its answer is not valid JSON${quote(quoteBody(reason.body, connection.credential.apiKey))}`, hint: 'Asking again would not change that. Report this answer to your NenAI contact.' } };
		case 'tooLarge':
			return { kind: 'failed', failure: { message: `${asked}, and its answer is larger than 50 MB`, hint: 'It was not read to its end. Ask for less, or look at the run in the dashboard of NenAI.' } };
		case 'rpc': {
			const message = `${asked}, and its MCP server answered with an error${Number.isNaN(reason.code) ? '' : ` (${reason.code})`}${quote(quoteBody(reason.message, connection.credential.apiKey))}`;
			return isPassing(reason.code) ? { kind: 'retry', failure: { message, hint: tried } } : { kind: 'failed', failure: { message, hint: reason.method === 'tools/call' ? REFUSED[question] : `Check the MCP URL of the credential. ${USUAL}` } };
		}
		case 'version':
			return { kind: 'failed', failure: { message: `NenAI's MCP server needs a version of the protocol that this node does not know (${quoteBody(reason.version, connection.credential.apiKey)})`, hint: 'Look for a newer version of this package.' } };
	}
}

/** In a new session, too. A server that says something else than that it does not know the session does not know what was asked about. */
function explainLost(question: Question, { status, body }: Extract<NoResult, { kind: 'lost' }>, { credential, maxTries }: Connection): Attempt<never> {
	const asked = `NenAI was asked ${ASKED[question]}`;
	const said = body.trim() === '' ? '' : quote(wordsOf(body, credential.apiKey));
	const isSession = /session/i.test(body) || body.trim() === '' || body.trimStart().startsWith('<');
	if (isSession) {
		return { kind: 'retry', failure: { message: `${asked}, and its MCP server forgot the session twice (HTTP ${status})${said}`, hint: `It was tried ${times(maxTries)}. ${REFUSED[question]}` } };
	}
	return { kind: 'failed', failure: { message: `${asked}, and its MCP server refused the request, also in a new session (HTTP ${status})${said}`, hint: REFUSED[question] } };
}

function explainStatus(question: Question, { status, headers, body, method }: Extract<NoResult, { kind: 'http' }>, connection: Connection): Attempt<never> {
	const { apiKey, mcpUrl } = connection.credential;
	const asked = `NenAI was asked ${ASKED[question]}`;
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
	// The session was begun, so there is an MCP server.
	if (status >= 400 && method === 'tools/call') return failed(`${asked}, and its MCP server refused the request (HTTP ${status})${said}`, REFUSED[question]);
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

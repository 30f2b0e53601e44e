import type { IDataObject } from 'n8n-workflow';

import { isFinished } from '../../runStatus';
import { parseJson } from '../http/classify';
import type { ToolResult } from './client';
import { readContent } from './content';
import { redactJson } from '../../failures/redact';

/**
 * What NenAI answers over its MCP server. Everything that is assumed about its tools and answers stands in this file:
 * published are the tools' names and arguments, and examples of their answers, some documented and some recorded
 * (getnenai/nen-quickstart, March 2026; getnenai/mcp-quickstart, February 2026). How a tool wraps its answer, and how
 * it fails, is not published.
 */

/** The tools for each question: today's name first, then those of before. */
export const TOOLS = {
	state: ['nen_status', 'get_run_status'],
	runs: ['nen_list_runs', 'list_runs'],
	log: ['nen_get_run_logs', 'get_run_logs', 'nen_logs'],
	workflows: ['nen_list_workflows', 'list_workflows'],
};

export type Question = keyof typeof TOOLS;

/** What a failure calls each question. */
export const ASKED: Record<Question, string> = {
	state: 'for the state of the run',
	runs: 'for the runs of the workflow',
	log: 'for the log of the run',
	workflows: 'for the workflows',
};

export const REFUSED: Record<Question, string> = {
	state: 'Check the message ID: it is the messageId in the answer of Start, and the message_id of a callback. NenAI knows only runs of this API key.',
	log: 'Check the message ID: it is the messageId in the answer of Start, and the message_id of a callback. If your API key has several deployments, enter the Deployment ID in the credential.',
	runs: 'Check the workflow ID, and that Limit is not too high. NenAI knows only workflows of this API key.',
	workflows: 'If your API key has several deployments, enter the Deployment ID in the credential.',
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
export const TAKE_DEPLOYMENT: Question[] = ['log', 'workflows'];

/** Why an answer that came is none. The message goes on with what was said. */
export class Unanswered extends Error {
	readonly said: unknown;

	readonly hint: string;

	constructor(message: string, said: unknown, hint: string) {
		super(message);
		this.said = said;
		this.hint = hint;
	}
}

export function isObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface Answer {
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
export function answerIn(question: Question, result: ToolResult, apiKey: string): Answer {
	const answer = redactJson(readResult(question, result), apiKey);
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

/** The state of a run: NenAI's answer, with `messageId` where it has none, and with `finished`. */
export function toState({ value }: Answer, messageId: string): IDataObject {
	if (!isObject(value) || typeof value.status !== 'string' || value.status.trim() === '') throw unexpected('state', value, 'it names no status');
	return { ...value, messageId: isId(value.messageId) ? value.messageId : messageId, finished: isFinished(value.status) };
}

/** A log as it was said: a text as it is, and only what is plainly put around a log is taken off. */
export function toLog({ value, outer, text, unread }: Answer): string {
	const found = isObject(value) ? logIn(value) : undefined;
	if (found === undefined && unread.length > 0) throw unexpected('log', text, `it holds ${unread.join(' and ')}`);
	// Lines of a log may be JSON with an error in it. Only an answer says that it has succeeded.
	const failed = [outer, value].find((said) => isObject(said) && 'success' in said && namesError(said));
	if (failed !== undefined && (found?.log ?? '') === '') throw refused('log', failed);
	return found?.isPlain ? found.log : (text ?? linesOf(value));
}

/** What may be the log in an answer that is an object, and whether it plainly is, since nothing else in it says anything. */
function logIn(value: IDataObject): { log: string; isPlain: boolean } | undefined {
	const field = [...LOG_FIELDS, DEEPER].find((name) => typeof value[name] === 'string' || Array.isArray(value[name]));
	if (field === undefined) return undefined;
	const isPlain = !namesError(value) && Object.keys(value).every((name) => name === field || AROUND_A_LOG.includes(name));
	return { log: linesOf(value[field]), isPlain };
}

/** Lines may come as a list; whatever else they are is shown as JSON. */
function linesOf(log: unknown): string {
	if (typeof log === 'string') return log;
	if (!Array.isArray(log)) return JSON.stringify(log, null, 2);
	return log.map((line: unknown) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
}

/** The entries of a list: under its name, else the answer itself where it is one entry, else the only list that there is. */
export function listIn(question: Question, { value, outer }: Answer): IDataObject[] {
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

import type { IDataObject } from 'n8n-workflow';

import { isFinished, plainStatus } from '../../runStatus';
import { parseExactly, parseJson, TooDeep } from '../exactJson';
import { isObject } from '../isObject';
import type { ToolResult } from './client';
import { readContent } from './content';
import { redactJson } from '../../failures/redact';

/**
 * Reads the results of NenAI's MCP server. All assumptions about its tools and their results are in this file. NenAI
 * has published the names and arguments of the tools, and examples of results. How a tool wraps its result, and how it
 * fails, is not published: docs/internals/nenai-api.md#the-mcp-server
 */

/**
 * The tools for each question: today's name first, then the older names. NenAI has changed the names several times:
 * docs/internals/nenai-api.md#the-mcp-server
 */
export const TOOLS = {
	state: ['nen_status', 'get_run_status'],
	runs: ['nen_list_runs', 'list_runs'],
	log: ['nen_get_run_logs', 'get_run_logs', 'nen_logs'],
	workflows: ['nen_list_workflows', 'list_workflows'],
};

export type Question = keyof typeof TOOLS;

/** The names under which NenAI gives the ID and the name of a workflow. */
const ID_FIELDS = ['workflowId', 'workflow_id', 'id'];
const NAME_FIELDS = ['name', 'workflowName', 'workflow_name'];

/** The fields that identify a run in a list. */
const RUN_FIELDS = ['messageId', 'message_id', 'runId', 'run_id'];

/** The fields of an object that may hold the log, and fields that such an object may also have. */
const LOG_FIELDS = ['logs', 'log', 'text', 'output'];
const AROUND_A_LOG = [
	'success',
	'messageId',
	'message_id',
	'runId',
	'workflowId',
	'workflow_id',
	'deploymentId',
	'deploymentName',
	'orgId',
	'orgName',
	'status',
	'error',
	'errors',
];

/** Fields that an answer without a log may also have. */
const METADATA = [
	'message',
	'createdAt',
	'updatedAt',
	'startTime',
	'endTime',
	'requestId',
	'liveViewUrl',
	'format',
	'mimeType',
	'contentType',
];

/** The fields with the time at which a run ended: the documented one, then the recorded one. */
const END_FIELDS = ['endTime', 'updatedAt'];

/** Fields, besides its own name, under which an answer was published one level deeper. */
const DEEPER = 'data';

/**
 * The fields that identify the answer to each question, and those that identify a single entry of a list. If an answer
 * has none of them, but an object one level deeper has one, that object is the answer.
 */
const TOLD_BY: Record<Question, { fields: string[]; entry: string[] }> = {
	state: { fields: ['status'], entry: [] },
	runs: { fields: ['runs'], entry: RUN_FIELDS },
	log: { fields: LOG_FIELDS, entry: [] },
	workflows: { fields: ['workflows'], entry: ID_FIELDS },
};

/** Lists that may be next to the requested one. */
const SIDE_LISTS = ['errors', 'warnings'];

/** Names of lists that do not say what is in them. */
const PLAIN_LISTS = [DEEPER, 'items', 'results'];

/**
 * The field that identifies an entry only in a list that is clearly the requested one: other objects also have this
 * field.
 */
const ID_OF_ANYTHING = 'id';

/** Fields with the number of entries. */
const COUNT_FIELDS = ['count', 'totalCount', 'total_count', 'total'];

/** Fields of an answer that only says that there is no result. */
const OF_A_FAILURE = ['success', 'error', 'errors', 'message', 'code', 'status'];

/** Statuses of an answer, not of a run: `success` and the like, and failures. */
const ANSWERED = ['success', 'ok'];
const NOT_ANSWERED = ['error', 'fail'];

/** All published statuses of runs. */
const RUN_STATUSES = [
	'queued',
	'running',
	'processing',
	'completed',
	'success',
	'failed',
	'timeout',
];

/** Tools that take the deployment, as published. */
export const TAKE_DEPLOYMENT: Question[] = ['log', 'workflows'];

/** Thrown for a response without an answer. NenAI reports an error or, if `problem` is set, the form is unknown. */
export class Unanswered extends Error {
	constructor(
		readonly said: unknown,
		readonly problem?: string,
	) {
		super();
	}
}

export interface Answer {
	/** The content, parsed as JSON if it is JSON. */
	value: unknown;
	/** The same with the fields around it, if the answer is one level deeper. */
	outer: unknown;
	/** The text with the content, if it came as text. */
	text?: string;
	/** Parts of the result that could not be read, as words that follow "it holds". */
	unread: string[];
}

/** The answer in a tool's result. Throws Unanswered if the result reports an error or contains nothing. */
export function answerIn(question: Question, result: ToolResult, secrets: string[]): Answer {
	const answer = redactJson(readResult(question, result), secrets);
	const { value, outer, text, unread } = answer;
	const failed = [outer, value].find(isFailure);
	if (result.isError === true || failed !== undefined) throw new Unanswered(failed ?? value);
	const isEmpty = value === undefined || (value === null && text === undefined);
	if (isEmpty) throw new Unanswered(undefined, `it contains ${unread.join(' and ') || 'nothing'}`);
	// A log is text, whatever it contains.
	if (question !== 'log' && typeof value === 'string') refuseDepth(value);
	return answer;
}

function refuseDepth(value: string): void {
	try {
		parseExactly(value);
	} catch (error) {
		if (error instanceof TooDeep) refuse(value, `it ${error.problem}`);
	}
}

function refuse(value: unknown, problem: string): never {
	throw new Unanswered(value, problem);
}

/**
 * The content of a tool's result: its structured content, else the JSON in its texts, else the texts. Some servers put
 * only facts about the answer into the structured content, and the answer itself into the texts.
 */
function readResult(question: Question, { structuredContent, content }: ToolResult): Answer {
	const structured = saysSomething(structuredContent)
		? toAnswer(question, unwrap(structuredContent), [])
		: undefined;
	if (structured !== undefined && isMeant(question, structured)) return structured;
	const { texts, unread } = readContent(content);
	const written = toAnswer(question, readTexts(question, texts), unread);
	return structured === undefined || isMeant(question, written)
		? written
		: { ...structured, unread };
}

function toAnswer(question: Question, { value: outer, text }: Said, unread: string[]): Answer {
	return { value: lift(question, outer), outer, text, unread };
}

/** Whether this is clearly the answer: it has the requested fields, or says that there are none. */
function isMeant(question: Question, { value, outer, text }: Answer): boolean {
	if (isFailure(outer) || isFailure(value)) return true;
	if (question === 'log') return holdsLog(value, text);
	if (question === 'state') return isObject(value) && isFilled(value.status);
	return (findList(value, TOLD_BY[question]) ?? []).length > 0;
}

/** An empty list is an answer. An empty object is not: some servers add one to their texts. */
function saysSomething(structured: unknown): boolean {
	return (
		Array.isArray(structured) ||
		(isObject(structured)
			? Object.keys(structured).length > 0
			: !['', undefined, null].includes(structured as undefined))
	);
}

type Said = Pick<Answer, 'value' | 'text'>;

function readTexts(question: Question, given: string[]): Said {
	if (given.length === 0) return { value: undefined };
	const texts = question === 'log' ? withoutMetadata(given) : given;
	const text = texts.join('\n');
	const whole = parseJson(text);
	if (typeof whole !== 'string') return { ...unwrap(whole), text };
	const parts = texts
		.map((part) => parseJson(part))
		.filter((part) => typeof part === 'object' && part !== null);
	// Some servers give each entry of a list as its own text. Others put a remark before the answer.
	if (parts.length === texts.length) return { value: parts, text };
	return parts.length === 1 ? { ...unwrap(parts[0]), text } : { value: whole, text };
}

/** Only the texts of a log, if other texts only say that it is there. */
function withoutMetadata(texts: string[]): string[] {
	if (texts.length < 2) return texts;
	const logs = texts.filter((text) => !isMetadata(parseJson(text)));
	return logs.some(isFilled) ? logs : texts;
}

function isMetadata(value: unknown): boolean {
	return (
		isObject(value) &&
		'success' in value &&
		!isFailure(value) &&
		!namesError(value) &&
		!holdsLog(lift('log', value))
	);
}

/** Frameworks of MCP servers wrap a value that is not an object into an object with this one field. */
function unwrap(value: unknown): Said {
	const isWrapped = isObject(value) && Object.keys(value).length === 1 && 'result' in value;
	const inner = isWrapped ? value.result : value;
	return typeof inner === 'string' ? { value: parseJson(inner), text: inner } : { value: inner };
}

/** The answer from one level deeper, if it is there, with the fields around it. */
function lift(question: Question, value: unknown): unknown {
	const { fields, entry } = TOLD_BY[question];
	if (!isObject(value)) return value;
	const { [DEEPER]: inner, ...around } = value;
	// A status that says that the answer arrived is not the status of the run.
	const hasOwn =
		fields.some((field) => (value[field] ?? null) !== null) &&
		!(question === 'state' && hasStatus(value, ANSWERED));
	if (!isObject(inner) || hasOwn) return value;
	if (isFailure(inner)) return inner;
	const isDeeper = hasAny(inner, fields) || (hasAny(inner, entry) && !hasAny(value, entry));
	return isDeeper ? { ...around, ...inner } : value;
}

function hasStatus({ status }: IDataObject, statuses: string[]): boolean {
	return typeof status === 'string' && statuses.includes(plainStatus(status));
}

function hasAny(value: IDataObject, fields: string[]): boolean {
	return fields.some((field) => field in value);
}

/** Whether an answer says that there is no result: it did not succeed, or contains only an error. */
function isFailure(value: unknown): boolean {
	if (!isObject(value)) return false;
	if (String(value.success).trim().toLowerCase() === 'false') return true;
	// A run may have failed with an error, and a successful answer may describe such a run.
	if (hasStatus(value, RUN_STATUSES) || (isFilled(value.status) && value.success === true))
		return false;
	return (
		(namesError(value) || hasStatus(value, NOT_ANSWERED)) &&
		Object.keys(value).every((field) => OF_A_FAILURE.includes(field))
	);
}

/** Whether an answer says that something went wrong. */
function namesError(value: unknown): boolean {
	return isObject(value) && [value.error, value.errors].some(isFilled);
}

/** Whether a value has content: it is not null, false, 0 or empty. */
function isFilled(value: unknown): boolean {
	if (typeof value === 'string') return value.trim() !== '';
	return typeof value === 'object' && value !== null
		? Object.keys(value).length > 0
		: Boolean(value);
}

/** The status of a run: NenAI's answer, with `messageId` if it has none, and with `finished`. */
export function toState({ value }: Answer, messageId: string): IDataObject {
	if (!isObject(value) || typeof value.status !== 'string' || value.status.trim() === '')
		throw new Unanswered(value, 'it contains no status');
	if (value.success !== true && hasStatus(value, NOT_ANSWERED) && namesError(value))
		throw new Unanswered(value);
	return {
		...value,
		messageId: isId(value.messageId) ? value.messageId : messageId,
		finished: isFinished(value.status),
	};
}

/** The log. A text stays as it is; only fields that clearly surround a log are removed. */
export function toLog({ value, outer, text, unread }: Answer): string {
	const found = isObject(value) ? logIn(value) : undefined;
	if (!isFilled(found?.log) && unread.length > 0)
		throw new Unanswered(text, `it contains ${unread.join(' and ')}`);
	// Lines of a log may be JSON with an error in it. Only an answer says that it succeeded.
	const failed = [outer, value].find(
		(said) => isObject(said) && 'success' in said && namesError(said),
	);
	if (failed !== undefined && (found?.log ?? '') === '') throw new Unanswered(failed);
	const isLog =
		found !== undefined ||
		typeof value === 'string' ||
		Array.isArray(value) ||
		holdsLog(value, text);
	if (!isLog)
		throw namesError(value) ? new Unanswered(value) : new Unanswered(value, 'it contains no log');
	return found?.isPlain ? found.log : (text ?? linesOf(value));
}

/**
 * The field that may be the log in an answer that is an object, and whether it clearly is: no other field has content.
 */
function logIn(value: IDataObject): { log: string; isPlain: boolean } | undefined {
	const field = logFieldIn(value);
	if (field === undefined) return undefined;
	const isPlain =
		!namesError(value) &&
		Object.keys(value).every(
			(name) => name === field || AROUND_A_LOG.includes(name) || value[name] === null,
		);
	return { log: linesOf(value[field]), isPlain };
}

function logFieldIn(value: IDataObject): string | undefined {
	return [...LOG_FIELDS, DEEPER].find(
		(name) => typeof value[name] === 'string' || Array.isArray(value[name]),
	);
}

/** Whether there is a log that is not empty. An object of an unknown form may be one. */
function holdsLog(value: unknown, text?: string): boolean {
	if (!isObject(value))
		return (
			value !== null &&
			isFilled(text ?? (typeof value === 'object' || typeof value === 'string' ? value : ''))
		);
	const field = logFieldIn(value);
	return field === undefined ? !isAroundALog(value) : isFilled(value[field]);
}

/** Whether an answer has only the fields that surround a log. */
function isAroundALog(value: IDataObject): boolean {
	const isAnswer = 'success' in value || hasAny(value, LOG_FIELDS);
	return Object.entries(value).every(([name, each]) => {
		if (AROUND_A_LOG.includes(name) || each === null) return true;
		if (isObject(each))
			return !isFilled(each) || (name === DEEPER && isAroundALog({ success: true, ...each }));
		return isAnswer && (METADATA.includes(name) || ['number', 'boolean'].includes(typeof each));
	});
}

/** A log may come as a list of lines. Entries that are not texts are shown as JSON. */
function linesOf(log: unknown): string {
	if (typeof log === 'string') return log;
	if (!Array.isArray(log)) return JSON.stringify(log, null, 2);
	return log
		.map((line: unknown) => (typeof line === 'string' ? line : JSON.stringify(line)))
		.join('\n');
}

/**
 * The entries of a list: under its name, else the answer itself if it is one entry, else the only list with entries of
 * the right kind.
 */
export function listIn(question: Question, { value, outer }: Answer): IDataObject[] {
	const list = findList(value, TOLD_BY[question]);
	const isEmpty = (list ?? []).length === 0;
	const failed =
		[outer, value].find(
			(said) => namesError(said) || (isObject(said) && hasStatus(said, NOT_ANSWERED)),
		) ?? failedPart(value);
	if (isEmpty && failed !== undefined) throw new Unanswered(failed);
	if (
		isEmpty &&
		isObject(value) &&
		COUNT_FIELDS.some((field) => Number(value[field]) > 0) &&
		list !== undefined
	)
		throw new Unanswered(value, 'it gives a number of entries, but no list');
	if (list === undefined || !list.every(isObject))
		throw new Unanswered(value, 'it contains no list');
	return list;
}

function findList(
	value: unknown,
	{ fields: [name], entry }: { fields: string[]; entry: string[] },
): unknown[] | undefined {
	if (Array.isArray(value))
		return value.every((each) => isObject(each) && hasAny(each, entry)) ? value : undefined;
	if (!isObject(value)) return undefined;
	// Some servers give null for a list without entries.
	if (name in value)
		return Array.isArray(value[name]) ? value[name] : value[name] === null ? [] : undefined;
	const ownFields = entry.filter((field) => field !== ID_OF_ANYTHING);
	if (hasAny(value, 'success' in value ? ownFields : entry)) return [value];
	const lists = Object.entries(value).filter(
		([field, each]) => Array.isArray(each) && !SIDE_LISTS.includes(field),
	);
	if (lists.length !== 1) return undefined;
	const [[field, list]] = lists as Array<[string, unknown[]]>;
	const isPlain = PLAIN_LISTS.includes(field);
	const isOfEntries = list.every(
		(each) => isObject(each) && hasAny(each, isPlain ? entry : ownFields),
	);
	return isOfEntries && (isPlain || list.length > 0) ? list : undefined;
}

/** Of several answers, the one that says that there is no result. */
function failedPart(value: unknown): unknown {
	return Array.isArray(value) ? value.find(isFailure) : undefined;
}

/** The first of these fields that NenAI has set; undefined if there is none. A number can be an ID, too. */
function textIn(entry: IDataObject, fields: string[]): string | undefined {
	const found = fields.map((field) => entry[field]).find(isId);
	return found === undefined ? undefined : String(found);
}

/** A number, or a text that is not empty. */
function isId(value: unknown): boolean {
	return (typeof value === 'string' && value.trim() !== '') || typeof value === 'number';
}

/**
 * A workflow in NenAI's list: its ID, its name if it has one, and whether it is published. It is not published only if
 * NenAI gives null for that. Undefined if it has no ID.
 */
export function workflowIn(
	entry: IDataObject,
): { id: string; name?: string; isPublished: boolean } | undefined {
	const id = textIn(entry, ID_FIELDS);
	return id === undefined
		? undefined
		: { id, name: textIn(entry, NAME_FIELDS), isPublished: entry.publishedAt !== null };
}

/** A run in NenAI's list. */
export interface ListedRun {
	id: string;
	/** Empty if NenAI gives none. */
	status: string;
	entry: IDataObject;
}

/** A run in NenAI's list. Undefined if it has no ID. */
export function runIn(entry: IDataObject): ListedRun | undefined {
	const id = textIn(entry, RUN_FIELDS);
	const status = typeof entry.status === 'string' ? entry.status.trim() : '';
	return id === undefined ? undefined : { id, status, entry };
}

/** When a run ended, in a form that can be compared. Infinity if NenAI does not say. */
export function endOf(run: IDataObject): number {
	const time = textIn(run, END_FIELDS) ?? '';
	const number = /^\d+(\.\d+)?$/.test(time) ? Number(time) : Date.parse(time);
	return Number.isNaN(number) ? Infinity : number;
}

import type { IDataObject } from 'n8n-workflow';

import type { ParseResult } from './api';
import { takePicture, type Picture } from './picture';
import { isObject, withoutSession } from './session';

/**
 * Everything that is assumed about the answers of the Desktop API. Published are the fields of desktops, sessions and
 * files (docs.getnen.ai and the official SDKs, May 2026), and two forms of the answer to an action: `status`, `output`,
 * `base64_image` and `coordinate` today, `success`, `output`, `screenshot` and `error` on an older page.
 */

/** What came of an action. */
export interface ActionResult {
	/** As NenAI sent it, without the picture. */
	json: IDataObject;
	picture?: Picture;
}

/** A tool that a desktop has. */
export interface Tool {
	name: string;
	description?: string;
	/** A JSON Schema, as far as anybody knows. */
	parameters?: unknown;
}

/** The field in which an answer has what a program on the desktop gave. */
const OF_PROGRAMS = 'output';

/** Values of `status` with which no action ends that was done. */
const FAILED = ['error', 'failed', 'failure'];

export function readAction(answer: unknown): ParseResult<ActionResult> {
	if (!isObject(answer)) return undefined;
	const problem = problemIn(answer) ?? problemInStatus(answer);
	if (problem !== undefined) return { refused: problem };
	const { rest, picture } = takePicture(answer);
	const json = withoutSession(rest, OF_PROGRAMS);
	return { value: { json, ...(picture && { picture }) }, leftOut: json !== rest };
}

/** Of an action from which nothing but a picture is wanted. */
export function readScreenshot(answer: unknown): ParseResult<ActionResult> {
	const reading = readAction(answer);
	return reading !== undefined && 'value' in reading && reading.value.picture === undefined
		? { lacks: 'picture of a known form: PNG, JPEG, GIF, WebP or BMP in base64' }
		: reading;
}

/** What NenAI says went wrong, in an answer that is none of HTTP's errors. Undefined if nothing did. */
function problemIn({ success, error, output }: IDataObject): unknown {
	const hasError = error !== undefined && error !== null && error !== '' && error !== false;
	return hasError ? error : success === false ? (output ?? '') : undefined;
}

/** The same by the status, which is that of what was done; that of a desktop itself says nothing of it. */
function problemInStatus({ status, output, message }: IDataObject): unknown {
	return FAILED.includes(String(status).toLowerCase()) ? (output ?? message ?? '') : undefined;
}

/** A desktop that was to be made. */
export function readCreated(answer: unknown): ParseResult<IDataObject> {
	const problem = isObject(answer) ? problemIn(answer) : undefined;
	return problem === undefined ? readDesktop(answer) : { refused: problem };
}

/** A desktop, whose `desktop_id` everything else needs. */
export function readDesktop(answer: unknown): ParseResult<IDataObject> {
	return isObject(answer) && typeof answer.desktop_id === 'string' && answer.desktop_id !== ''
		? cleaned(answer)
		: undefined;
}

export function readDesktops(answer: unknown): ParseResult<IDataObject[]> {
	return cleanedList(listIn(answer, 'desktops'));
}

/** Of what needs no answer, such as HTTP's 204. */
export function readDone(answer: unknown): ParseResult<IDataObject> {
	if (answer === undefined) return { value: { success: true } };
	if (!isObject(answer)) return undefined;
	const problem = problemIn(answer) ?? problemInStatus(answer);
	return problem === undefined ? cleaned(answer) : { refused: problem };
}

/** Of a new name: what is answered may be the desktop, in whatever state it is. */
export function readRenamed(answer: unknown): ParseResult<IDataObject> {
	if (!isObject(answer) || answer.desktop_id === undefined) return readDone(answer);
	const problem = problemIn(answer);
	return problem === undefined ? cleaned(answer) : { refused: problem };
}

/** Nothing of it is passed on: it may still tell of the session. */
export function readClosed(answer: unknown): ParseResult<IDataObject> {
	const reading = readDone(answer);
	return reading !== undefined && 'value' in reading ? { value: { success: true } } : reading;
}

/** The one answer whose link is passed on. */
export function readSession(answer: unknown): ParseResult<IDataObject> {
	return isObject(answer) && typeof answer.href === 'string' ? { value: answer } : undefined;
}

/** Not cleaned of sessions: what a tool takes is read from it. A caller that returns tools must clean them. */
export function readTools(answer: unknown): ParseResult<Tool[]> {
	const list = listIn(answer, 'tools');
	return (
		list && {
			value: list.filter(
				(tool): tool is IDataObject & Tool => typeof tool.name === 'string' && tool.name !== '',
			),
		}
	);
}

export function readFiles(answer: unknown): ParseResult<IDataObject[]> {
	return cleanedList(listIn(answer, 'files'));
}

/** An answer as it may come out. */
function cleaned(answer: IDataObject): ParseResult<IDataObject> {
	const value = withoutSession(answer);
	return { value, leftOut: value !== answer };
}

function cleanedList(list: IDataObject[] | undefined): ParseResult<IDataObject[]> {
	const value = list?.map((entry) => withoutSession(entry));
	return value && { value, leftOut: value.some((entry, index) => entry !== list?.[index]) };
}

/** A list, bare or under this name. */
function listIn(answer: unknown, name: string): IDataObject[] | undefined {
	const list = isObject(answer) ? answer[name] : answer;
	return Array.isArray(list) && list.every(isObject) ? (list as IDataObject[]) : undefined;
}

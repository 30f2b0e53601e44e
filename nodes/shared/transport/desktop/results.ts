import type { IDataObject } from 'n8n-workflow';

import type { ParseResult } from './api';
import { takePicture, type Picture } from './picture';
import { isObject } from '../isObject';
import { withoutSession } from './session';

/**
 * Reads the responses of the Desktop API. The assumptions about them are in this file, in picture.ts and in session.ts.
 * The fields of desktops, sessions and files are published, and two forms of the response to an action: `status`,
 * `output`, `base64_image` and `coordinate` today; `success`, `output`, `screenshot` and `error` on an older page.
 * Sources: docs/internals/nenai-api.md#the-desktop-api
 */

/** The result of an action. */
export interface ActionResult {
	/** As NenAI sent it, without the picture. */
	json: IDataObject;
	picture?: Picture;
}

/** A tool that a desktop has. */
export interface Tool {
	name: string;
	description?: string;
	/** Probably a JSON Schema: docs/internals/nenai-api.md#where-nothing-is-published */
	parameters?: unknown;
}

/** The field with the output of a program on the desktop. */
const OF_PROGRAMS = 'output';

/** Values of `status` that mean that an action failed. */
const FAILED = ['error', 'failed', 'failure'];

export function readAction(answer: unknown): ParseResult<ActionResult> {
	if (!isObject(answer)) return undefined;
	const problem = problemIn(answer) ?? problemInStatus(answer);
	if (problem !== undefined) return { refused: problem };
	const { rest, picture } = takePicture(answer);
	const json = withoutSession(rest, OF_PROGRAMS);
	return { value: { json, ...(picture && { picture }) }, leftOut: json !== rest };
}

/** For an action of which only the picture is wanted. */
export function readScreenshot(answer: unknown): ParseResult<ActionResult> {
	const reading = readAction(answer);
	return reading !== undefined && 'value' in reading && reading.value.picture === undefined
		? { lacks: 'picture in a known format: PNG, JPEG, GIF, WebP or BMP in base64' }
		: reading;
}

/** What NenAI reports as an error in a response with a success status. Undefined if nothing. */
function problemIn({ success, error, output }: IDataObject): unknown {
	const hasError = error !== undefined && error !== null && error !== '' && error !== false;
	return hasError ? error : success === false ? (output ?? '') : undefined;
}

/** The same for the status of an action. The status of a desktop says nothing about the action. */
function problemInStatus({ status, output, message }: IDataObject): unknown {
	return FAILED.includes(String(status).toLowerCase()) ? (output ?? message ?? '') : undefined;
}

/** The response to the creation of a desktop. */
export function readCreated(answer: unknown): ParseResult<IDataObject> {
	const problem = isObject(answer) ? problemIn(answer) : undefined;
	return problem === undefined ? readDesktop(answer) : { refused: problem };
}

/** A desktop. All other requests need its `desktop_id`. */
export function readDesktop(answer: unknown): ParseResult<IDataObject> {
	return isObject(answer) && typeof answer.desktop_id === 'string' && answer.desktop_id !== ''
		? cleaned(answer)
		: undefined;
}

export function readDesktops(answer: unknown): ParseResult<IDataObject[]> {
	return cleanedList(listIn(answer, 'desktops'));
}

/** For a request whose response may be empty, such as HTTP 204. */
export function readDone(answer: unknown): ParseResult<IDataObject> {
	if (answer === undefined) return { value: { success: true } };
	if (!isObject(answer)) return undefined;
	const problem = problemIn(answer) ?? problemInStatus(answer);
	return problem === undefined ? cleaned(answer) : { refused: problem };
}

/** The response to a new name. It may be the desktop, in any status. */
export function readRenamed(answer: unknown): ParseResult<IDataObject> {
	if (!isObject(answer) || answer.desktop_id === undefined) return readDone(answer);
	const problem = problemIn(answer);
	return problem === undefined ? cleaned(answer) : { refused: problem };
}

/** Passes on nothing of the response, because it may contain the session. */
export function readClosed(answer: unknown): ParseResult<IDataObject> {
	const reading = readDone(answer);
	return reading !== undefined && 'value' in reading ? { value: { success: true } } : reading;
}

/** The only response whose link is passed on. */
export function readSession(answer: unknown): ParseResult<IDataObject> {
	return isObject(answer) && typeof answer.href === 'string' ? { value: answer } : undefined;
}

/** Does not remove sessions. A caller that returns tools must remove them. */
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

/**
 * The entries of the tool log. Their form is not published, so they stay as they are. An output item must be an object,
 * so any other value becomes the field `entry`.
 */
export function readToolLogs(answer: unknown): ParseResult<IDataObject[]> {
	if (!Array.isArray(answer)) return undefined;
	return cleanedList(
		answer.map((entry: unknown) =>
			isObject(entry) ? entry : { entry: entry as IDataObject[string] },
		),
	);
}

/** A response in the form that may come out of the node. */
function cleaned(answer: IDataObject): ParseResult<IDataObject> {
	const value = withoutSession(answer);
	return { value, leftOut: value !== answer };
}

function cleanedList(list: IDataObject[] | undefined): ParseResult<IDataObject[]> {
	const value = list?.map((entry) => withoutSession(entry));
	return value && { value, leftOut: value.some((entry, index) => entry !== list?.[index]) };
}

/** A list, either the response itself or in the field of this name. */
function listIn(answer: unknown, name: string): IDataObject[] | undefined {
	const list = isObject(answer) ? answer[name] : answer;
	return Array.isArray(list) && list.every(isObject) ? (list as IDataObject[]) : undefined;
}

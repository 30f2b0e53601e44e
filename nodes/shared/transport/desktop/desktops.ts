import type { IDataObject } from 'n8n-workflow';

import type { IncomingFile } from '../download/bodyStream';
import { retry, type Attempt } from '../../execution/retry';
import { say } from '../../failures/text';
import {
	readAction,
	readClosed,
	readCreated,
	readDesktop,
	readDesktops,
	readDone,
	readFiles,
	readRenamed,
	readScreenshot,
	readSession,
	readToolLogs,
	readTools,
	type ActionResult,
	type Tool,
} from './results';
import { DesktopApi, type UploadFile } from './api';
import { DESKTOPS_PATH, inFolder, requestTo, type DesktopRequest } from './request';

/** An action for a tool of a desktop. */
export interface ToolCall {
	tool: string;
	action: string;
	params: IDataObject;
	/** Seconds that the action itself takes. */
	extraSeconds?: number;
}

/** The tool that every desktop has. */
export const COMPUTER = 'computer';

/** The actions of `computer` that change nothing, and how errors name them. */
const READ_ONLY_ACTIONS = new Map([
	['screenshot', 'a screenshot of'],
	['cursor_position', 'the cursor position on'],
]);

/** Whether it changes nothing, so that it may be repeated. */
export function isReadOnly({ tool, action }: Pick<ToolCall, 'tool' | 'action'>): boolean {
	return tool === COMPUTER && READ_ONLY_ACTIONS.has(action);
}

export const CHECK_DESKTOP = say`NenAI may have done this, so it is not done again. Check with Desktop → Get before you do it again.`;

export const CHECK_DELETED = say`It may be deleted. Deleting it again does no harm. Check with Desktop → Get, and delete it again if it is still running.`;

export const CHECK_SESSION = say`NenAI may have done this, so it is not done again. Check with Desktop → Get Session before you do it again.`;

/** What to do if the outcome of an action is unknown. */
export const CHECK_SCREEN = say`NenAI may have done this, so it is not done again: for example, a click may have paid a bill. Look at the screen (Computer → Screenshot) before you do it again.`;

export const CHECK_DESKTOP_LIST = say`A desktop may have been created, so the request is not sent again. Check with Desktop → Get Many, and delete any desktop that you do not need.`;

export const CHECK_FILE_LIST = say`The file may have been uploaded, so it is not sent again. Check with File → Get Many before you upload it again.`;

const NO_MORE_DESKTOPS = say`Perhaps your account has as many desktops as it may have. Delete those that you do not need (Desktop → Get Many, Delete), or ask your NenAI contact.`;
const NO_SESSION = say`The desktop does not exist, or nobody has opened a session on it: open one first (Desktop → Open Session).`;
const NO_FILE = say`The desktop does not exist, or has no such file or folder. File → Get Many lists the files and folders. The spelling must match, including upper and lower case.`;

/**
 * The requests of the Desktop API: docs/internals/nenai-api.md#the-desktop-api. Each method sends one request, except
 * `delete`.
 */
export class Desktops extends DesktopApi {
	async create(): Promise<Attempt<IDataObject>> {
		// The only type of desktop: docs/internals/nenai-api.md#the-desktop-api
		return await this.do(
			{
				method: 'POST',
				path: DESKTOPS_PATH,
				body: { desktop_type: 'sandbox' },
				label: say`the creation of a desktop`,
				recoveryHint: CHECK_DESKTOP_LIST,
				hints: { 409: NO_MORE_DESKTOPS },
			},
			readCreated,
		);
	}

	async list(): Promise<Attempt<IDataObject[]>> {
		return await this.do(
			{ method: 'GET', path: DESKTOPS_PATH, label: say`the list of desktops` },
			readDesktops,
		);
	}

	async get(id: string): Promise<Attempt<IDataObject>> {
		return await this.do(
			{ ...requestTo('GET', id), label: say`the status of desktop ${id}` },
			readDesktop,
		);
	}

	async rename(id: string, name: string): Promise<Attempt<IDataObject>> {
		return await this.do(
			{
				...requestTo('PATCH', id),
				body: { name },
				label: say`the renaming of desktop ${id}`,
				recoveryHint: CHECK_DESKTOP,
			},
			readRenamed,
		);
	}

	/**
	 * Sent again if its response was lost, because deleting twice does no harm. In a repetition, "the desktop does not
	 * exist" means that it was deleted. In the first request, it means that there was nothing to delete.
	 *
	 * @param mayBeDone whether an earlier try sent it, and its response was lost
	 */
	async delete(id: string, mayBeDone = false): Promise<Attempt<IDataObject>> {
		const request: DesktopRequest = {
			...requestTo('DELETE', id),
			label: say`the deletion of desktop ${id}`,
			recoveryHint: CHECK_DELETED,
			idempotent: true,
			hints: { 410: say`The desktop is already deleted.` },
		};
		const send = async (isAgain: boolean) =>
			await this.do(request, readDone, isAgain ? { desktop_id: id, status: 'deleted' } : undefined);
		const first = await send(mayBeDone);
		if (first.kind !== 'retry' || !first.failure.uncertain) return first;
		const attempts = [Promise.resolve<Attempt<IDataObject>>(first)];
		const { maxTries } = this.connection;
		const outcome = await retry(async () => await (attempts.pop() ?? send(true)), {
			maxTries,
			signal: this.stopped,
		});
		if (outcome.kind === 'done') return outcome;
		// Whatever a later response says, the first request may have deleted it.
		return {
			kind: 'failed',
			failure:
				outcome.kind === 'failed' && outcome.failure.uncertain ? outcome.failure : first.failure,
		};
	}

	async openSession(id: string): Promise<Attempt<IDataObject>> {
		return await this.do(
			{
				...requestTo('PUT', id, 'session'),
				label: say`the opening of a session on desktop ${id}`,
				recoveryHint: CHECK_SESSION,
				redactResponse: true,
			},
			readSession,
		);
	}

	async getSession(id: string): Promise<Attempt<IDataObject>> {
		return await this.do(
			{
				...requestTo('GET', id, 'session'),
				label: say`the session of desktop ${id}`,
				hints: { 404: NO_SESSION },
				redactResponse: true,
			},
			readSession,
		);
	}

	/**
	 * A session that is closed already, for example by a person, counts as closed. NenAI answers 404 then, as for an unknown
	 * desktop. So a further request finds out whether the desktop exists.
	 */
	async closeSession(id: string): Promise<Attempt<IDataObject>> {
		const attempt = await this.do(
			{
				...requestTo('DELETE', id, 'session'),
				label: say`the closing of the session of desktop ${id}`,
				recoveryHint: CHECK_SESSION,
				hints: { 404: NO_SESSION },
				redactResponse: true,
			},
			readClosed,
		);
		if (attempt.kind !== 'failed' || attempt.failure.request?.httpCode !== 404) return attempt;
		const desktop = await this.get(id);
		return desktop.kind === 'done' ? { kind: 'done', value: { success: true } } : attempt;
	}

	async tools(id: string): Promise<Attempt<Tool[]>> {
		return await this.do(
			{ ...requestTo('GET', id, 'tools'), label: say`the tools of desktop ${id}` },
			readTools,
		);
	}

	async toolLogs(id: string): Promise<Attempt<IDataObject[]>> {
		return await this.do(
			{ ...requestTo('GET', id, 'tool-logs'), label: say`the tool logs of desktop ${id}` },
			readToolLogs,
		);
	}

	/** A picture of the screen. */
	async screenshot(id: string): Promise<Attempt<ActionResult>> {
		return await this.do(
			toRequest(id, { tool: COMPUTER, action: 'screenshot', params: {} }),
			readScreenshot,
		);
	}

	async execute(id: string, command: ToolCall): Promise<Attempt<ActionResult>> {
		return await this.do(toRequest(id, command), readAction);
	}

	async files(id: string, path: string): Promise<Attempt<IDataObject[]>> {
		const folder = path === '' ? '' : say` in "${path}"`;
		const label = say`the list of files${folder} on desktop ${id}`;
		return await this.do(
			{ ...requestTo('GET', id, 'files'), query: inFolder(path), label, hints: { 404: NO_FILE } },
			readFiles,
		);
	}

	async uploadFile(
		id: string,
		name: string,
		path: string,
		file: UploadFile,
	): Promise<Attempt<IDataObject>> {
		const request: DesktopRequest = {
			...requestTo('POST', id, 'files', name),
			query: inFolder(path),
			label: say`the upload of "${name}" to desktop ${id}`,
			recoveryHint: CHECK_FILE_LIST,
		};
		return await this.upload(request, file, readDone);
	}

	async downloadFile<T>(
		id: string,
		name: string,
		path: string,
		store: (file: IncomingFile) => Promise<T>,
	): Promise<Attempt<T>> {
		const request: DesktopRequest = {
			...requestTo('GET', id, 'files', name),
			query: inFolder(path),
			label: say`the download of "${name}" from desktop ${id}`,
			hints: { 404: NO_FILE },
		};
		return await this.download(request, say`The file "${name}" of desktop ${id}`, store);
	}
}

function toRequest(id: string, { tool, action, params, extraSeconds }: ToolCall): DesktopRequest {
	const request = {
		...requestTo('POST', id, 'execute'),
		body: { action: { tool, action, params } },
		extraSeconds,
	} as const;
	if (isReadOnly({ tool, action }))
		return { ...request, label: say`${READ_ONLY_ACTIONS.get(action) ?? action} desktop ${id}` };
	return {
		...request,
		label: say`${tool === COMPUTER ? action : `${tool}.${action}`} on desktop ${id}`,
		recoveryHint: CHECK_SCREEN,
	};
}

import type { IDataObject } from 'n8n-workflow';

import type { IncomingFile } from '../incomingFile';
import { workThrough, type Attempt } from '../queue';
import { readAction, readClosed, readCreated, readDesktop, readDesktops, readDone, readFiles, readRenamed, readScreenshot, readSession, readTools, type Acted, type Tool } from './answers';
import { DesktopApi, type Outgoing } from './api';
import { inFolder, pathOf, type Deed } from './deed';

/** What one tool of a desktop is to do. */
export interface Command {
	tool: string;
	action: string;
	params: IDataObject;
	/** Seconds that it takes by itself. */
	takes?: number;
}

/** The tool that every desktop has. */
export const COMPUTER = 'computer';

/** The actions of `computer` that change nothing, and what errors call them. */
const LOOKS = new Map([
	['screenshot', 'a screenshot of'],
	['cursor_position', 'the cursor position on'],
]);

/** Whether it changes nothing, so that it may be done again. */
export function isLook({ tool, action }: Pick<Command, 'tool' | 'action'>): boolean {
	return tool === COMPUTER && LOOKS.has(action);
}

export const LOOK_AT_DESKTOP = 'It may have been done, so it is not done again. Look with Desktop → Get before you do it once more.';

export const LOOK_IF_DELETED = 'It may be deleted. Deleting it again does no harm: look with Desktop → Get, and delete it again if it is still running.';

export const LOOK_AT_SESSION = 'It may have been done, so it is not done again. Look with Desktop → Get Session before you do it once more.';

/** What to do where nobody knows what became of an action. */
export const LOOK_AT_SCREEN = 'It may have been done, so it is not done again: a click may have paid a bill. Look at the screen (Computer → Screenshot) before you do it once more.';

export const LOOK_FOR_DESKTOPS = 'A desktop may have been created, so no other one is: it would be one too many. Look with Desktop → Get Many, and delete what is too much.';

export const LOOK_FOR_FILE = 'The file may be there, so it is not sent again. Look with Desktop File → Get Many before you upload it once more.';

const NO_SESSION = 'The desktop does not exist, or nobody has opened a session on it: open one first (Desktop → Open Session).';
const NO_FILE = 'The desktop does not exist, or has no such file or folder. Desktop File → Get Many lists what is there; letters and case matter.';

/** What desktops can be asked for. Each of these is one request. */
export class Desktops extends DesktopApi {
	async create(): Promise<Attempt<IDataObject>> {
		// The only type that there is.
		return await this.do({ method: 'POST', path: pathOf(), body: { desktop_type: 'sandbox' }, what: 'the creation of a desktop', lookFirst: LOOK_FOR_DESKTOPS }, readCreated);
	}

	async list(): Promise<Attempt<IDataObject[]>> {
		return await this.do({ method: 'GET', path: pathOf(), what: 'the list of desktops' }, readDesktops);
	}

	async get(id: string): Promise<Attempt<IDataObject>> {
		return await this.do({ method: 'GET', path: pathOf(id), what: `the state of desktop ${id}` }, readDesktop);
	}

	async rename(id: string, name: string): Promise<Attempt<IDataObject>> {
		return await this.do({ method: 'PATCH', path: pathOf(id), body: { name }, what: `the renaming of desktop ${id}`, lookFirst: LOOK_AT_DESKTOP }, readRenamed);
	}

	/**
	 * Sent again where its answer was lost, since deleting twice does no harm. That the desktop is gone then means that it
	 * was done; with the first answer, it means that there was nothing to delete.
	 *
	 * @param mayBeDone whether it was sent in an earlier try, and its answer was lost
	 */
	async delete(id: string, mayBeDone = false): Promise<Attempt<IDataObject>> {
		const deed: Deed = { method: 'DELETE', path: pathOf(id), what: `the deletion of desktop ${id}`, lookFirst: LOOK_IF_DELETED, idempotent: true, hints: { 410: 'It is deleted already.' } };
		const send = async (isAgain: boolean) => await this.do(deed, readDone, isAgain ? { desktop_id: id, status: 'deleted' } : undefined);
		const first = await send(mayBeDone);
		if (first.kind !== 'retry' || !first.failure.uncertain) return first;
		const attempts = [Promise.resolve<Attempt<IDataObject>>(first)];
		const { maxTries } = this.connection;
		const [outcome] = await workThrough(1, async () => await (attempts.pop() ?? send(true)), { maxConcurrency: 1, maxTries, stopOnFailure: true, signal: this.stopped });
		if (outcome.kind === 'done') return outcome;
		// Whatever a later answer says, the first one may have been the deletion.
		return { kind: 'failed', failure: outcome.kind === 'failed' && outcome.failure.uncertain ? outcome.failure : first.failure };
	}

	async openSession(id: string): Promise<Attempt<IDataObject>> {
		return await this.do({ method: 'PUT', path: pathOf(id, 'session'), what: `the opening of a session on desktop ${id}`, lookFirst: LOOK_AT_SESSION, secret: true }, readSession);
	}

	async getSession(id: string): Promise<Attempt<IDataObject>> {
		return await this.do({ method: 'GET', path: pathOf(id, 'session'), what: `the session of desktop ${id}`, hints: { 404: NO_SESSION }, secret: true }, readSession);
	}

	async closeSession(id: string): Promise<Attempt<IDataObject>> {
		return await this.do({ method: 'DELETE', path: pathOf(id, 'session'), what: `the closing of the session of desktop ${id}`, lookFirst: LOOK_AT_SESSION, hints: { 404: NO_SESSION }, secret: true }, readClosed);
	}

	async tools(id: string): Promise<Attempt<Tool[]>> {
		return await this.do({ method: 'GET', path: pathOf(id, 'tools'), what: `the tools of desktop ${id}` }, readTools);
	}

	/** A picture of the screen. */
	async screenshot(id: string): Promise<Attempt<Acted>> {
		return await this.do(toDeed(id, { tool: COMPUTER, action: 'screenshot', params: {} }), readScreenshot);
	}

	async execute(id: string, command: Command): Promise<Attempt<Acted>> {
		return await this.do(toDeed(id, command), readAction);
	}

	async files(id: string, path: string): Promise<Attempt<IDataObject[]>> {
		const what = `the list of files ${path === '' ? '' : `in "${path}" `}on desktop ${id}`;
		return await this.do({ method: 'GET', path: pathOf(id, 'files') + inFolder(path), what, hints: { 404: NO_FILE } }, readFiles);
	}

	async uploadFile(id: string, name: string, path: string, file: Outgoing): Promise<Attempt<IDataObject>> {
		const deed: Deed = { method: 'POST', path: pathOf(id, 'files', name) + inFolder(path), what: `the upload of "${name}" to desktop ${id}`, lookFirst: LOOK_FOR_FILE };
		return await this.upload(deed, file, readDone);
	}

	async downloadFile<T>(id: string, name: string, path: string, store: (file: IncomingFile) => Promise<T>): Promise<Attempt<T>> {
		const deed: Deed = { method: 'GET', path: pathOf(id, 'files', name) + inFolder(path), what: `the download of "${name}" from desktop ${id}`, hints: { 404: NO_FILE } };
		return await this.download(deed, `The file "${name}" of desktop ${id}`, store);
	}
}

function toDeed(id: string, { tool, action, params, takes }: Command): Deed {
	const deed = { method: 'POST', path: pathOf(id, 'execute'), body: { action: { tool, action, params } }, takes } as const;
	if (isLook({ tool, action })) return { ...deed, what: `${LOOKS.get(action)} desktop ${id}` };
	return { ...deed, what: `${tool === COMPUTER ? action : `${tool}.${action}`} on desktop ${id}`, lookFirst: LOOK_AT_SCREEN };
}

import type { IDataObject, IHttpRequestMethods } from 'n8n-workflow';

import type { Text } from '../../failures/text';

/** Something that the Desktop API is asked for. */
export interface DesktopRequest {
	method: IHttpRequestMethods;
	/** Below the address of the API, with its query; every part is encoded. */
	path: string;
	body?: IDataObject;
	/** What errors call it, as in "NenAI refused the upload of a.pdf to desktop dsk_1". */
	label: Text;
	/**
	 * How to find out whether it was done, where its answer was lost. Given for whatever does something, which is never
	 * repeated then, unless it is idempotent; the rest only looks, and may be asked for as often as it takes.
	 */
	recoveryHint?: Text;
	/** Whether it does no harm to do it twice, so that it is sent again where its answer was lost. */
	idempotent?: boolean;
	/** What to do about a status, where that is other than usual. */
	hints?: Record<number, Text>;
	/** Whether the answer may hold a secret, so that no error quotes anything of it. */
	redactResponse?: boolean;
	/** Seconds that it takes by itself, on top of the usual. */
	extraSeconds?: number;
}

/** Whether a text can be a part of a path: a URL leaves out `.` and `..`. */
export function isPathPart(text: string): boolean {
	return !['', '.', '..'].includes(text) && !isBroken(text);
}

/** Whether the text holds half of a character, which nothing can send. */
export function isBroken(text: string): boolean {
	return /\p{Surrogate}/u.test(text);
}

/** A path, each of whose parts can be one. */
export function pathOf(...parts: string[]): string {
	return ['', 'desktops', ...parts.map(encodeURIComponent)].join('/');
}

/** A query for a folder; none for the root. */
export function inFolder(path: string): string {
	return path === '' ? '' : `?path=${encodeURIComponent(path)}`;
}

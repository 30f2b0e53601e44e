import type { IDataObject, IHttpRequestMethods } from 'n8n-workflow';

import type { Text } from '../../failures/text';

/** A request to the Desktop API. */
export interface DesktopRequest {
	method: IHttpRequestMethods;
	/** The path below the address of the API. Every part is encoded. */
	path: string;
	/** With its question mark. */
	query?: string;
	/** The desktop that the request is for. */
	desktopId?: string;
	body?: IDataObject;
	/** How errors name it, as in "NenAI refused the upload of a.pdf to desktop dsk_1". */
	label: Text;
	/**
	 * How to find out whether it was done if its response was lost. Set for a request that does something: it is not
	 * repeated then, unless it is idempotent. A request without it only reads and may be repeated.
	 */
	recoveryHint?: Text;
	/** Whether doing it twice does no harm, so that it is sent again if its response was lost. */
	idempotent?: boolean;
	/** What to do about a status, if that differs from the usual hint. */
	hints?: Record<number, Text>;
	/** Whether the response may hold a secret, so that no error quotes it. */
	redactResponse?: boolean;
	/** Seconds that it takes by itself, in addition to the timeout. */
	extraSeconds?: number;
}

/** Whether a text can be a part of a path. A URL would remove `.` and `..`. */
export function isPathPart(text: string): boolean {
	return !['', '.', '..'].includes(text) && !isBroken(text);
}

/** Whether the text holds half of a surrogate pair, which cannot be sent. */
export function isBroken(text: string): boolean {
	return /\p{Surrogate}/u.test(text);
}

export const DESKTOPS_PATH = '/desktops';

/** The beginning of a request to one desktop. The ID and each part of the path must be valid for `isPathPart`. */
export function requestTo(
	method: IHttpRequestMethods,
	desktopId: string,
	...parts: string[]
): Pick<DesktopRequest, 'method' | 'path' | 'desktopId'> {
	const path = [DESKTOPS_PATH, ...[desktopId, ...parts].map(encodeURIComponent)].join('/');
	return { method, path, desktopId };
}

/** The query for a folder; empty for the root. */
export function inFolder(path: string): string {
	return path === '' ? '' : `?path=${encodeURIComponent(path)}`;
}

import type { IncomingHttpHeaders } from 'node:http';
import { property } from '../property.mts';
import type { Settings } from '../shapes.mts';

/** Where the Desktop API is. */
export const desktopPath = '/desktop';

/** What faults and records have to know of a request to the Desktop API. */
export interface DesktopCall {
	method: string;
	/** As it was sent, without the query. */
	path: string;
	desktopId: string | null;
	/** null unless a tool is used. */
	tool: string | null;
	action: string | null;
	/** Whether it moves the bytes of a file. */
	transfer: 'upload' | 'download' | null;
}

/** `path` is the whole one, without the query. */
export function readCall(method: string, path: string, body: unknown): DesktopCall {
	const [, desktopId = null, part, name] = path.slice(desktopPath.length + 1).split('/');
	const action = property(body, 'action');
	const transfer = part === 'files' && name !== undefined;
	return {
		method,
		path,
		desktopId,
		tool: textOrNull(property(action, 'tool')),
		action: textOrNull(property(action, 'action')),
		transfer: transfer ? (method === 'POST' ? 'upload' : 'download') : null,
	};
}

export type KeyHeader = 'x-api-key' | 'authorization';

/** Those of the two headers that a request has. */
export function sentKeys(headers: IncomingHttpHeaders): KeyHeader[] {
	return (['x-api-key', 'authorization'] as const).filter((name) => headers[name] !== undefined);
}

/** Whether the key is in each header that is demanded, and is right wherever it is. */
export function isAuthorized(
	headers: IncomingHttpHeaders,
	{ apiKey, desktopKeys }: Pick<Settings, 'apiKey' | 'desktopKeys'>,
): boolean {
	const right: Record<KeyHeader, string> = {
		'x-api-key': apiKey,
		authorization: `Bearer ${apiKey}`,
	};
	const demanded: Record<Settings['desktopKeys'], KeyHeader[]> = {
		either: [],
		bearer: ['authorization'],
		'api-key': ['x-api-key'],
		both: ['x-api-key', 'authorization'],
	};
	const sent = sentKeys(headers);
	return (
		sent.length > 0 &&
		sent.every((name) => headers[name] === right[name]) &&
		demanded[desktopKeys].every((name) => sent.includes(name))
	);
}

function textOrNull(value: unknown): string | null {
	return typeof value === 'string' ? value : null;
}

import type { IDataObject } from 'n8n-workflow';

import { toUrl } from '../../transport/words';

/** A URL in a callback, and the dot path of the field that it stands in. */
export interface ResultUrl {
	field: string;
	url: string;
}

/** Every absolute http(s) URL in a payload, each URL once. NenAI does not publish in which fields its presigned URLs are. */
export function collectUrls(payload: IDataObject, fields: string[] = []): ResultUrl[] {
	const seen = new Set<string>();
	return selectUrls(payload, fields).urls.filter(({ url }) => {
		const isNew = !seen.has(url);
		seen.add(url);
		return isNew;
	});
}

/** The fields of a payload that hold links, with which nothing that is asked for is missing. */
export interface Selection {
	urls: ResultUrl[];
	/** What was asked for and holds no link. */
	missing: string[];
	/** All fields that hold links. */
	known: string[];
}

/** @param fields dot paths, such as `assets` or `result.files.0`, or `result.files[0]`; none means all */
export function selectUrls(payload: IDataObject, fields: string[]): Selection {
	const wanted = fields.map((field) => field.replace(/\[["']?([^[\]"']+)["']?\]/g, '.$1'));
	const all = walk(payload, '', new Set(wanted));
	const isIn = (path: string, field: string) => path === field || path.startsWith(`${field}.`);
	return {
		urls: all.filter(({ field }) => wanted.length === 0 || wanted.some((each) => isIn(field, each))),
		missing: fields.filter((_, index) => !all.some(({ field }) => isIn(field, wanted[index]))),
		known: all.map(({ field }) => field),
	};
}

function walk(value: unknown, path: string, named: Set<string>): ResultUrl[] {
	if (typeof value === 'string') {
		// The path of a deep field is long: it is put together only where it is needed.
		const url = toLink(value, named.size > 0 && named.has(path));
		return url === undefined ? [] : [{ field: path, url }];
	}
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, inner]) => walk(inner, path === '' ? asField(name) : `${path}.${asField(name)}`, named));
}

/** The names of fields come out, and a name may be a link itself: then without what makes it a secret. */
function asField(name: string): string {
	return /^\s*https?:/i.test(name) ? name.replace(/[?#].*/s, '') : name;
}

/**
 * The link that a text is, as a browser would ask for it (WHATWG URL): white space around it is left out, line breaks
 * and tabs within it, too, and what must not stand in a URL is percent-encoded.
 *
 * A text with white space inside may also be prose that begins with a link, so it counts only if
 * - it has one link: no white space is followed by a second one,
 * - what follows a line break is the rest of a link that was broken there, not several words,
 * - its last word looks like the end of a link: with an extension, or with characters of a query or a path.
 *
 * @param isNamed someone has said that this is a link: it counts if it can be one
 */
export function toLink(text: string, isNamed = false): string | undefined {
	const trimmed = trim(text);
	if (!/^https?:\/\/[^/\s]/i.test(trimmed)) return undefined;
	return isNamed || isOneLink(trimmed) ? toUrl(trimmed)?.href : undefined;
}

const WHITE = /[\s\p{Cc}]/u;

/** Without white space and control characters around it. By hand: a pattern for the end tries each place of a long text. */
function trim(text: string): string {
	let [begin, end] = [0, text.length];
	while (begin < end && WHITE.test(text[begin])) begin += 1;
	while (end > begin && WHITE.test(text[end - 1])) end -= 1;
	return text.slice(begin, end);
}

function isOneLink(text: string): boolean {
	const lines = text.split(/[\r\n]+\s*/);
	const joined = text.replace(/[\t\r\n]/g, '');
	if (/\shttps?:/i.test(text) || lines.slice(1).some((line) => line.includes(' '))) return false;
	return !/\s/.test(joined) || /[?&=/%]|\.\w{1,8}$/.test(joined.split(/\s+/).pop() ?? '');
}

/** When the URLs of a payload stop working, in milliseconds since 1970; undefined if it does not say. */
export function expiryOf({ expires_at: seconds }: IDataObject): number | undefined {
	const time = typeof seconds === 'number' || typeof seconds === 'string' ? Number(seconds) * 1000 : NaN;
	return Number.isFinite(time) && time > 0 ? time : undefined;
}

/**
 * Whether a URL's host is one of those allowed.
 *
 * @param allowedHosts names, with or without a port; `*.example.com` stands for all below example.com; none means any
 */
export function isHostAllowed(url: string, allowedHosts: string[]): boolean {
	const { hostname, port, protocol } = new URL(url);
	const withPort = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
	const hosts = allowedHosts.map(asHost).filter((host) => host !== '');
	return hosts.length === 0 || hosts.some((allowed) => (allowed.startsWith('*.') ? hostname.endsWith(allowed.slice(1)) : allowed === hostname || allowed === withPort));
}

/** As the class URL gives hosts, also where a whole address was entered. What is no host stays, and allows nothing. */
function asHost(entry: string): string {
	const host = entry.trim().replace(/^https?:\/\//i, '').replace(/\/.*$/s, '').toLowerCase();
	// A scheme that knows host names, and whose own port is not one that may be meant here.
	return (host === '' ? undefined : toUrl(`ftp://${host}`)?.host) ?? entry.trim();
}

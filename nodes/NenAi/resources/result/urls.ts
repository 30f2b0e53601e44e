import type { IDataObject } from 'n8n-workflow';

import { toUrl } from '../../../shared/failures/phrases';
import { withoutQueries } from '../../../shared/failures/redact';

/** A URL in a callback, and the dot path of its field. */
export interface ResultUrl {
	field: string;
	url: string;
}

/**
 * Every absolute http(s) URL in a payload, without duplicates. NenAI does not publish which fields hold its presigned
 * URLs: docs/internals/nenai-api.md#callbacks
 */
export function collectUrls(payload: IDataObject, fields: string[] = []): ResultUrl[] {
	const seen = new Set<string>();
	return selectUrls(payload, fields).urls.filter(({ url }) => {
		const isNew = !seen.has(url);
		seen.add(url);
		return isNew;
	});
}

/** The links in a payload, and which of the requested fields have none. */
export interface Selection {
	urls: ResultUrl[];
	/** The requested fields without a link. */
	missing: string[];
	/** All fields with links. */
	known: string[];
	/** Fields with links among other text. Such links are only used if the field is named. */
	unclear: string[];
}

/** @param fields dot paths, such as `assets` or `result.files.0`, or `result.files[0]`. An empty list means all fields */
export function selectUrls(payload: IDataObject, fields: string[]): Selection {
	const wanted = fields.map((field) => field.replace(/\[["']?([^[\]"']+)["']?\]/g, '.$1'));
	// If a text holds a list of links, the path of each link ends with its number.
	const named = new Set(wanted.flatMap((field) => [field, field.replace(/\.\d+$/, '')]));
	const all: ResultUrl[] = [];
	const among: ResultUrl[] = [];
	for (const { field, text } of textsIn(payload, '')) {
		const { links, unclear } = linksIn(text, named.has(field));
		// One at a time: a long list as arguments of one call would overflow the stack.
		links.forEach((url, index) =>
			all.push({ field: links.length > 1 ? `${field}.${index}` : field, url }),
		);
		for (const url of unclear) among.push({ field, url });
	}
	const isKnown = new Set(all.map(({ url }) => url));
	const isIn = (path: string, field: string) => path === field || path.startsWith(`${field}.`);
	return {
		urls: all.filter(
			({ field }) => wanted.length === 0 || wanted.some((each) => isIn(field, each)),
		),
		missing: fields.filter((_, index) => !all.some(({ field }) => isIn(field, wanted[index]))),
		known: all.map(({ field }) => field),
		unclear: [...new Set(among.filter(({ url }) => !isKnown.has(url)).map(({ field }) => field))],
	};
}

function textsIn(value: unknown, path: string): Array<{ field: string; text: string }> {
	if (typeof value === 'string') return [{ field: path, text: value }];
	if (typeof value !== 'object' || value === null || isFileOfN8n(value, path)) return [];
	return Object.entries(value).flatMap(([name, inner]) =>
		textsIn(inner, path === '' ? asField(name) : `${path}.${asField(name)}`),
	);
}

/**
 * With the setting "combined" for binary data, n8n describes the item's files here, with the address of their origin.
 * These are not results: docs/internals/n8n-behaviour.md#files
 */
function isFileOfN8n(value: object, path: string): boolean {
	return path.startsWith('_files.') && 'mimeType' in value && ('data' in value || 'id' in value);
}

/** Field names are part of the output, and a name may contain a link. Its query is removed, because it may be a secret. */
function asField(name: string): string {
	return withoutQueries(name).replaceAll('?…', '');
}

/** The links of a text. */
export interface Links {
	/** Links that are clearly intended as links. */
	links: string[];
	/** Links among other text. */
	unclear: string[];
}

/**
 * The links of a text that is a link or a list of links. In a list, there are line breaks, white space, commas,
 * semicolons or bars between the links, and there may be bullets, numbers, quotes or brackets around them.
 *
 * In any other text, such as prose, Markdown or HTML, it is unclear whether the links are intended.
 *
 * @param isNamed whether the user has named this field: then its links are intended, whatever is around them
 */
export function linksIn(text: string, isNamed = false): Links {
	const starts = startsOfLinks(text);
	const one = starts.length === 1 ? toLink(text, isNamed) : undefined;
	if (one !== undefined) return { links: [one], unclear: [] };
	const pieces = starts.map((start, index) => text.slice(start, starts[index + 1]));
	const list = BEFORE_A_LIST.test(text.slice(0, starts[0]))
		? pieces.map(toLinkOfList)
		: [undefined];
	if (list.every((link) => link !== undefined)) return { links: list, unclear: [] };
	const isHtml = /<[a-z]/i.test(text);
	const within = pieces
		.map((piece) => toLinkInProse(piece, isHtml))
		.filter((link) => link !== undefined);
	return isNamed ? { links: within, unclear: [] } : { links: [], unclear: within };
}

/** Separates a link from the previous one. After anything else, such as `?next=`, an address is part of the previous link. */
const BETWEEN_LINKS = /[\s,;|"'`<>()[\]{}\u2022]/;

function startsOfLinks(text: string): number[] {
	const starts: number[] = [];
	let before = 0;
	let isWithinLink = false;
	for (const { index } of text.matchAll(/(?<![a-z0-9])https?:\/\//gi)) {
		// Within a link, another address counts only if it follows a comma or the like.
		isWithinLink &&= !/[\s"'`<>]/.test(text.slice(before, index));
		if (!isWithinLink || BETWEEN_LINKS.test(text[index - 1])) starts.push(index);
		isWithinLink = true;
		before = index;
	}
	return starts;
}

/** The text before a list: empty, or a bullet or a number, with quotes and brackets. */
const BEFORE_A_LIST =
	/^\s{0,50}(?:[-*+\u2022\u00b7\u2013\u2014]\s|\d{1,4}[.):])?[\s"'`<([{]{0,50}$/;

/** The bullet or the number of the next link, after this one. */
const NEXT_BULLET = /\s(?:[-*+\u2022\u00b7\u2013\u2014]|\d{1,4}[.):])["'`<([{]{0,3}$/;

/** @param piece begins with a link, and ends where the next link begins */
function toLinkOfList(piece: string): string | undefined {
	const whole = piece.trimEnd();
	const bullet = NEXT_BULLET.exec(whole.slice(-12))?.[0].length ?? 0;
	const link = withoutEnd(whole.slice(0, whole.length - bullet), /[\s,;|"'`<>([{]/);
	// The text on a further line may be a heading, or the rest of the link.
	return /[\r\n]/.test(link) ? undefined : toLink(link);
}

function toLinkInProse(piece: string, isHtml: boolean): string | undefined {
	const word = withoutEnd(piece.split(/[\s"'`<>]/, 1)[0], /[,;|.:!?([{*]/);
	return toLink(isHtml ? word.replace(/&amp;/g, '&') : word);
}

const PAIRS = new Map([
	[')', '('],
	[']', '['],
	['}', '{'],
]);

/** Removes the characters at its end that belong to the surrounding text, and brackets that the link does not open. */
function withoutEnd(text: string, around: RegExp): string {
	const left = new Map(
		[...PAIRS].flat().map((bracket) => [bracket, text.split(bracket).length - 1]),
	);
	let end = text.length;
	for (; end > 0; end -= 1) {
		const last = text[end - 1];
		const opening = PAIRS.get(last);
		const isOpenedBefore =
			opening !== undefined && (left.get(last) ?? 0) <= (left.get(opening) ?? 0);
		if (isOpenedBefore || (opening === undefined && !around.test(last))) break;
		left.set(last, (left.get(last) ?? 0) - 1);
	}
	return text.slice(0, end);
}

/**
 * Reads a text as one link, as a browser would (WHATWG URL): white space around it is removed, and so are line breaks and
 * tabs within it. Characters that are not allowed in a URL are percent-encoded.
 *
 * A text with white space inside may also be prose that begins with a link, so it counts as a link only if
 * - it has no second link after white space,
 * - after a line break, it has the rest of a broken link, not several words,
 * - its last word looks like the end of a link: with an extension, or with characters of a query or a path.
 *
 * @param isNamed whether the user has named this field: then the text counts if it can be a link
 */
export function toLink(text: string, isNamed = false): string | undefined {
	const trimmed = withoutSpaceAround(text);
	if (!/^https?:\/\/[^/\s]/i.test(trimmed)) return undefined;
	return isNamed || isOneLink(trimmed) ? toUrl(trimmed)?.href : undefined;
}

/** Removes white space and control characters at both ends. Character by character: a regular expression for the end would be slow for a long text. */
function withoutSpaceAround(text: string): string {
	let [begin, end] = [0, text.length];
	while (begin < end && /[\s\p{Cc}]/u.test(text[begin])) begin += 1;
	while (end > begin && /[\s\p{Cc}]/u.test(text[end - 1])) end -= 1;
	return text.slice(begin, end);
}

function isOneLink(text: string): boolean {
	const lines = text.split(/[\r\n]+\s*/);
	const joined = text.replace(/[\t\r\n]/g, '');
	if (/\shttps?:/i.test(text) || lines.slice(1).some((line) => line.includes(' '))) return false;
	return !/\s/.test(joined) || /[?&=/%]|\.\w{1,8}$/.test(joined.split(/\s+/).pop() ?? '');
}

/** When the URLs of a payload expire, in milliseconds since 1970; undefined if it does not say. */
export function expiryOf({ expires_at: seconds }: IDataObject): number | undefined {
	const time =
		typeof seconds === 'number' || typeof seconds === 'string' ? Number(seconds) * 1000 : NaN;
	return Number.isFinite(time) && time > 0 ? time : undefined;
}

/**
 * Whether a URL's host is allowed.
 *
 * @param allowedHosts names, with or without a port. `*.example.com` means all hosts below example.com. An empty list
 * allows any host
 */
export function isHostAllowed(url: string, allowedHosts: string[]): boolean {
	const { hostname, port, protocol } = new URL(url);
	const withPort = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
	const hosts = allowedHosts.map(asHost).filter((host) => host !== '');
	return (
		hosts.length === 0 ||
		hosts.some((allowed) =>
			allowed.startsWith('*.')
				? hostname.endsWith(allowed.slice(1))
				: allowed === hostname || allowed === withPort,
		)
	);
}

/**
 * The host in the form of the class URL, also if a whole address was entered. A text that is not a host stays, and
 * matches nothing.
 */
function asHost(entry: string): string {
	const host = entry
		.trim()
		.replace(/^https?:\/\//i, '')
		.replace(/\/.*$/s, '')
		.toLowerCase();
	// The scheme ftp has host names, and no user would enter its default port here.
	return (host === '' ? undefined : toUrl(`ftp://${host}`)?.host) ?? entry.trim();
}

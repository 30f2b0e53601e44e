import type { IDataObject } from 'n8n-workflow';

import { isHttpUrl } from '../../transport/credential';

/** A URL in a callback, and the dot path of the field that it stands in. */
export interface ResultUrl {
	field: string;
	url: string;
}

/**
 * Every absolute http(s) URL in a payload, or under some of its fields, each URL once. NenAI does not publish in which
 * fields its presigned URLs are, so any field may hold one; a text counts if all of it is a URL.
 *
 * @param fields dot paths, such as `assets` or `result.files.0`; none means all
 */
export function collectUrls(payload: IDataObject, fields: string[] = []): ResultUrl[] {
	const wanted = fields.map((field) => field.trim()).filter((field) => field !== '');
	const isWanted = (path: string) =>
		wanted.length === 0 || wanted.some((field) => path === field || path.startsWith(`${field}.`));
	const seen = new Set<string>();
	return walk(payload, '').filter(({ field, url }) => {
		if (!isWanted(field) || seen.has(url)) return false;
		seen.add(url);
		return true;
	});
}

function walk(value: unknown, path: string): ResultUrl[] {
	if (typeof value === 'string') return isHttpUrl(value) ? [{ field: path, url: value }] : [];
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, inner]) => walk(inner, path === '' ? name : `${path}.${name}`));
}

/** When the URLs of a payload stop working, in milliseconds since 1970; undefined if it does not say. */
export function expiryOf({ expires_at: seconds }: IDataObject): number | undefined {
	const time = typeof seconds === 'number' || typeof seconds === 'string' ? Number(seconds) * 1000 : NaN;
	return Number.isFinite(time) && time > 0 ? time : undefined;
}

/**
 * Whether a URL's host is one of those allowed.
 *
 * @param allowedHosts comma-separated host names; `*.example.com` stands for all below example.com; empty means any
 */
export function isHostAllowed(url: string, allowedHosts: string): boolean {
	const hosts = allowedHosts
		.split(',')
		.map((host) => host.trim().toLowerCase())
		.filter((host) => host !== '');
	const { hostname, host } = new URL(url);
	return hosts.length === 0 || hosts.some((allowed) => (allowed.startsWith('*.') ? hostname.endsWith(allowed.slice(1)) : allowed === hostname || allowed === host));
}

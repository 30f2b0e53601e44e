import type { IDataObject } from 'n8n-workflow';

/** Whoever has the link of a session has the desktop: it comes out of nothing but the operations for sessions. */

export function isObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An answer without what may open a session, however deep that stands. */
export function withoutSession(answer: IDataObject): IDataObject {
	const kept = Object.entries(answer).filter(([name, value]) => !opensSession(name, value));
	return Object.fromEntries(kept.map(([name, value]) => [name, clean(value)])) as IDataObject;
}

/** The same for whatever JSON may be. */
export function clean(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(clean);
	return isObject(value) ? withoutSession(value) : value;
}

/** Names of what opens something by itself. */
const KEYS = /^session$|token|secret|key|url|uri|link|href/i;

/** A session itself, or its link; not what is merely said of it, such as `session_timeout`. */
function opensSession(name: string, value: unknown): boolean {
	if (/^href$/i.test(name)) return true;
	if (!/session/i.test(name)) return false;
	return (typeof value === 'object' && value !== null) || (typeof value === 'string' && (KEYS.test(name) || hasLink(value)));
}

/** Also as JSON writes one in some places: `https:\/\/`. */
const LINK = /[a-z][a-z0-9+.-]*:\\?\/\\?\/[^\s"'<>]*/gi;

function hasLink(text: string): boolean {
	return text.search(LINK) >= 0;
}

/** The usual desktop URL, of which errors speak. */
const USUAL = /^https:\/\/desktop\.api\.getnen\.ai\.?$/;

export function withoutLinks(text: string): string {
	return text.replace(LINK, (link) => (USUAL.test(link) ? link : '(a link)'));
}

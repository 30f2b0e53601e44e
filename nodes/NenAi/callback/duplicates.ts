import { createHash } from 'node:crypto';

import type { Callback } from './payload';

/** Time of each callback that started the workflow, in seconds since 1970, by its key; the oldest first. */
export type Seen = Record<string, number>;

/** How many callbacks are remembered. The memory is a column in n8n's database, rewritten whole each time. */
export const MOST_REMEMBERED = 500;

/** How long a callback is remembered, in seconds: a day. */
export const LONGEST_REMEMBERED = 24 * 60 * 60;

/** What makes two callbacks the same: message id and status. A hash, so that keys have one short length. */
export function keyOf({ message_id, status }: Callback): string {
	return createHash('sha256').update(JSON.stringify([message_id, status])).digest('base64url').slice(0, 22);
}

/** Whether this callback is remembered. */
export function isRemembered(seen: Seen, key: string, now: number): boolean {
	return now - (seen[key] ?? -Infinity) < LONGEST_REMEMBERED;
}

/**
 * The memory with this callback added, without what is too old or too much.
 *
 * It is best effort: n8n saves it only after the execution was started, and whole. So two copies that come at the
 * same instant may both start the workflow, of two different callbacks at the same instant one may be forgotten, and
 * a copy that comes after 500 others or a day is not known any more. Where that must not happen,
 * put n8n's Remove Duplicates node on `message_id` and `status` behind the trigger.
 */
export function remember(seen: Seen, key: string, now: number): Seen {
	const recent = Object.entries(seen).filter(([, time]) => now - time < LONGEST_REMEMBERED);
	return Object.fromEntries([...recent.slice(1 - MOST_REMEMBERED), [key, now]]);
}

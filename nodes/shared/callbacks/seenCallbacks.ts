import { createHash } from 'node:crypto';

import { plainStatus } from '../runStatus';
import { BoundedMap } from './boundedMap';
import type { Callback } from './payload';

/**
 * How many callbacks a trigger remembers. n8n rewrites all of them each time:
 * docs/internals/n8n-behaviour.md#static-data
 */
export const MAX_REMEMBERED = 500;

/** How long a callback is remembered, in milliseconds: a day. */
export const MAX_REMEMBERED_MS = 24 * 60 * 60 * 1000;

/**
 * While other starts are in progress, one of them saves for all, but at the latest after this time, in milliseconds.
 */
export const MAX_UNSAVED_MS = 1000;

/** When a callback started the workflow, in milliseconds since 1970, by its key. */
type Seen = Array<[key: string, time: number]>;

const KEY_LENGTH = 16;

/** Two callbacks with the same message ID and status are duplicates. The key is a hash, so that all keys are short and of one length. */
export function keyOf({ message_id, status }: Callback): string {
	return createHash('sha256')
		.update(JSON.stringify([message_id, plainStatus(status)]))
		.digest('base64url')
		.slice(0, KEY_LENGTH);
}

/**
 * The callbacks that started one trigger's workflow: those of this process, and those that an earlier or another process
 * has saved.
 */
export class SeenCallbacks {
	/** Oldest first. */
	private readonly seen = new BoundedMap<number>(MAX_REMEMBERED);

	/** The last saved text, as far as this process knows. */
	private saved = '';

	private savedAt = -Infinity;

	/**
	 * @param now milliseconds since 1970
	 * @param maxAgeMs how long a callback is remembered
	 */
	constructor(
		private readonly now: () => number,
		private readonly maxAgeMs = MAX_REMEMBERED_MS,
	) {}

	has(key: string): boolean {
		return this.now() - (this.seen.get(key) ?? -Infinity) < this.maxAgeMs;
	}

	add(key: string) {
		this.seen.set(key, this.now());
	}

	delete(key: string) {
		this.seen.delete(key);
	}

	/** Adds the callbacks that a process has saved. */
	load(saved: unknown) {
		if (typeof saved !== 'string' || saved === this.saved) return;
		this.saved = saved;
		const all = [...read(saved), ...this.seen].sort(([, a], [, b]) => a - b);
		for (const [key, time] of all) this.seen.set(key, time);
	}

	/** Whether the last save is so recent that the next start can save instead. */
	get isJustSaved(): boolean {
		return this.now() - this.savedAt < MAX_UNSAVED_MS;
	}

	toSave(): string {
		this.savedAt = this.now();
		this.saved = write([...this.seen].filter(([key]) => this.has(key)));
		return this.saved;
	}
}

/** Times are whole seconds, in as few characters as they need. */
function write(seen: Seen): string {
	return seen.map(([key, time]) => key + Math.floor(time / 1000).toString(36)).join(' ');
}

function read(saved: string): Seen {
	return saved
		.split(' ')
		.map((entry) => [
			entry.slice(0, KEY_LENGTH),
			Number.parseInt(entry.slice(KEY_LENGTH), 36) * 1000,
		]);
}

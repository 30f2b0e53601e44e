import { createHash } from 'node:crypto';

import { BoundedMap } from './boundedMap';
import type { Callback } from './payload';

/** How many callbacks a trigger remembers. They are a column in n8n's database, rewritten whole each time. */
export const MOST_REMEMBERED = 500;

/** How long a callback is remembered, in milliseconds: a day. */
export const LONGEST_REMEMBERED = 24 * 60 * 60 * 1000;

/** While others are still being started, one of them saves for all, but no later than this, in milliseconds. */
export const LONGEST_UNSAVED = 1000;

/** How many triggers' callbacks are remembered in this process. */
const MOST_TRIGGERS = 100;

/** When a callback started the workflow, in milliseconds since 1970, by its key. */
type Seen = Array<[key: string, time: number]>;

const KEY_LENGTH = 16;

/** What makes two callbacks the same: message id and status. A hash, so that keys have one short length. */
export function keyOf({ message_id, status }: Callback): string {
	return createHash('sha256').update(JSON.stringify([message_id, status])).digest('base64url').slice(0, KEY_LENGTH);
}

/** The right to start the workflow with one callback. */
export interface Claim {
	/** Call when it was started. Gives what to save for all callbacks; undefined where one still under way will do that. */
	started(): string | undefined;
	/** Call when it was not, or will not be. Does nothing after `started`. */
	giveBack(): void;
}

/**
 * The callbacks that started one trigger's workflow. What this process started it knows by itself; what was started
 * before it, or by another process, it knows from what was saved.
 */
export class StartedCallbacks {
	/** The oldest first. */
	private readonly seen = new BoundedMap<number>(MOST_REMEMBERED);

	/** Resolved when the start has ended, well or not. */
	private readonly starting = new Map<string, Promise<void>>();

	/** What was saved last, as far as this process knows. */
	private saved = '';

	private savedAt = -Infinity;

	private readonly now: () => number;

	/** @param now milliseconds since 1970 */
	constructor(now: () => number) {
		this.now = now;
	}

	/**
	 * The right to start the workflow with this callback; undefined if a copy of it has started it. While a copy is
	 * being started, waits for how that ends: the sender of this one may only hear of a duplicate when it went well.
	 *
	 * @param saved what `started` last gave, to whatever process
	 */
	async claim(callback: Callback, saved: unknown): Promise<Claim | undefined> {
		const key = keyOf(callback);
		this.recall(saved);
		while (this.starting.has(key)) await this.starting.get(key);
		return this.isRemembered(key) ? undefined : this.take(key);
	}

	private isRemembered(key: string): boolean {
		return this.now() - (this.seen.get(key) ?? -Infinity) < LONGEST_REMEMBERED;
	}

	private take(key: string): Claim {
		let resolve = () => {};
		const start = new Promise<void>((resolveStart) => (resolve = resolveStart));
		this.starting.set(key, start);
		const end = () => {
			if (this.starting.get(key) === start) this.starting.delete(key);
			resolve();
		};
		const started = () => {
			this.seen.set(key, this.now());
			end();
			return this.toSave();
		};
		return { started, giveBack: end };
	}

	private toSave(): string | undefined {
		if (this.starting.size > 0 && this.now() - this.savedAt < LONGEST_UNSAVED) return undefined;
		this.savedAt = this.now();
		this.saved = write([...this.seen].filter(([key]) => this.isRemembered(key)));
		return this.saved;
	}

	private recall(saved: unknown) {
		if (typeof saved !== 'string' || saved === this.saved) return;
		this.saved = saved;
		const all = [...read(saved), ...this.seen].sort(([, a], [, b]) => a - b);
		for (const [key, time] of all) this.seen.set(key, time);
	}
}

/** Times are whole seconds, in as few characters as they need. */
function write(seen: Seen): string {
	return seen.map(([key, time]) => key + Math.floor(time / 1000).toString(36)).join(' ');
}

function read(saved: string): Seen {
	return saved.split(' ').map((entry) => [entry.slice(0, KEY_LENGTH), Number.parseInt(entry.slice(KEY_LENGTH), 36) * 1000]);
}

const triggers = new BoundedMap<StartedCallbacks>(MOST_TRIGGERS);

/** What one trigger has started, for as long as this process lives. */
export function startedBy(workflowId: string, nodeId: string): StartedCallbacks {
	const name = JSON.stringify([workflowId, nodeId]);
	const started = triggers.get(name) ?? new StartedCallbacks(Date.now);
	triggers.set(name, started);
	return started;
}

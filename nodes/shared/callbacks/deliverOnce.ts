import {
	sleep,
	type INodeExecutionData,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { ACCEPTED, respond, ignored, refused } from './responses';
import { onResponseEnded, onResponseRead, type ServerResponse } from './n8nResponseHooks';
import { keyOf, MAX_UNSAVED_MS, SeenCallbacks } from './seenCallbacks';
import type { Callback } from './payload';

/** How long a copy waits for the start of the first, in milliseconds. Its sender waits for no more than 5 seconds. */
const MAX_COPY_WAIT_MS = 4000;

/** How many triggers' callbacks are remembered in this process. */
export const MAX_TRIGGERS = 100;

const STILL_STARTING = refused(
	503,
	'The same callback came before and is still being started: send it again later',
);

/**
 * Starts the workflow with this callback, unless a copy of it has. The life of its claim:
 *
 * 1. taken, here. Copies wait from now on, or are told to come again.
 * 2. started, when n8n reads the answer: n8n 2 does when the execution has started, and saves the static data right
 *    after. Saving any earlier would be in vain: starting resets the mark by which n8n knows that it has changed.
 * 3. over, when n8n ends the response, however long that takes and though the sender may have left: with an error
 *    where it could not start the workflow, also after 2 (n8n 1 asks for the answer first). Then a copy may start it.
 */
export async function triggerOnce(
	this: IWebhookFunctions,
	callback: Callback,
): Promise<IWebhookResponseData> {
	const stored = this.getWorkflowStaticData('node');
	const claims = callbacksOf(String(this.getWorkflow().id), this.getNode().id);
	return await deliverOnce.call(
		this,
		claims,
		callback,
		stored.seen,
		[[{ json: callback }]],
		(toSave) => (stored.seen = toSave),
	);
}

/**
 * Goes on with a waiting execution, unless a copy of this callback has made it do so. n8n 2 sees to that by itself, with an
 * error for the copy; n8n 1 lets each go on that came before the first was stored, and all steps behind are done twice.
 * Whatever its status is, a second final callback of the run counts as a copy.
 */
export async function resumeOnce(
	this: IWebhookFunctions,
	callback: Callback,
	output: INodeExecutionData[][],
): Promise<IWebhookResponseData> {
	return await deliverOnce.call(
		this,
		resumedExecutions,
		{ ...callback, status: 'final' },
		undefined,
		output,
	);
}

async function deliverOnce(
	this: IWebhookFunctions,
	claims: InFlightCallbacks,
	callback: Callback,
	saved: unknown,
	output: INodeExecutionData[][],
	save?: (toSave: string) => void,
): Promise<IWebhookResponseData> {
	const response = this.getResponseObject();
	const claim = await claims.take(callback, saved, async () => await untilSenderLeaves(response));
	if (claim === 'duplicate') return respond.call(this, ignored('duplicate'));
	if (claim === 'starting') return respond.call(this, STILL_STARTING);

	onResponseEnded(response, () => claim.end(response.statusCode >= 400));
	return onResponseRead({ workflowData: output, webhookResponse: ACCEPTED.body }, () => {
		const toSave = claim.started();
		if (toSave !== undefined) save?.(toSave);
	});
}

/** Ends when it is of no use to wait any longer: the sender has left, or is about to. */
async function untilSenderLeaves(response: ServerResponse) {
	for (let waited = 0; waited < MAX_COPY_WAIT_MS && !response.closed; waited += 100)
		await sleep(100);
}

export interface Lease {
	/** It was started. Gives what to save for all callbacks; undefined where one still under way will do that. */
	started(): string | undefined;
	/** It is over. A start that n8n answered with an error was none, even after `started`. */
	end(failed: boolean): void;
}

interface Start {
	since: number;
	over: Promise<void>;
}

/** The callbacks of one trigger that start, and have started, its workflow. */
export class InFlightCallbacks {
	private readonly underWay = new Map<string, Start>();

	private readonly memory: SeenCallbacks;

	private readonly now: () => number;

	/** @param now milliseconds since 1970 */
	constructor(now: () => number, memory = new SeenCallbacks(now)) {
		this.now = now;
		this.memory = memory;
	}

	get isStarting(): boolean {
		return this.underWay.size > 0;
	}

	/**
	 * The right to start the workflow with this callback. While a copy is being started, waits for how that ends: the
	 * sender of this one may only hear of a duplicate when it went well.
	 *
	 * @param saved what was last saved, by whatever process
	 * @param patience how long to wait
	 */
	async take(
		callback: Callback,
		saved: unknown,
		patience: () => Promise<void>,
	): Promise<Lease | 'duplicate' | 'starting'> {
		const key = keyOf(callback);
		this.memory.load(saved);
		let waited: Promise<'too long'> | undefined;
		for (let start = this.underWay.get(key); start !== undefined; start = this.underWay.get(key)) {
			waited ??= patience().then(() => 'too long');
			// Patience first: who has left meanwhile must not start anything.
			if ((await Promise.race([waited, start.over])) === 'too long') return 'starting';
		}
		return this.memory.has(key) ? 'duplicate' : this.begin(key);
	}

	/** What this process knows, to be saved under the name that the trigger has now; undefined if that is nothing. */
	toSave(saved: unknown): string | undefined {
		this.memory.load(saved);
		const toSave = this.memory.toSave();
		return toSave === '' ? undefined : toSave;
	}

	private begin(key: string): Lease {
		let resolve = () => {};
		const over = new Promise<void>((resolveStart) => (resolve = resolveStart));
		this.underWay.set(key, { since: this.now(), over });
		const leave = () => {
			if (this.underWay.get(key)?.over === over) this.underWay.delete(key);
			resolve();
		};
		return {
			started: () => {
				this.memory.add(key);
				leave();
				return this.memory.isJustSaved && this.willStartSoon() ? undefined : this.memory.toSave();
			},
			end: (failed) => {
				if (failed) this.memory.delete(key);
				leave();
			},
		};
	}

	/** A start that takes long may wait for others to end: it is not relied on. */
	private willStartSoon(): boolean {
		return [...this.underWay.values()].some(({ since }) => this.now() - since < MAX_UNSAVED_MS);
	}
}

/** Of all waiting executions together. Not for long: one that n8n could not store still waits, and may be told again. */
const resumedExecutions = new InFlightCallbacks(Date.now, new SeenCallbacks(Date.now, 10 * 60_000));

/** By workflow and node ID: a name may change. The one used longest ago comes first. */
const triggers = new Map<string, InFlightCallbacks>();

/** The callbacks of one trigger, for as long as this process lives. */
export function callbacksOf(workflowId: string, nodeId: string): InFlightCallbacks {
	const name = JSON.stringify([workflowId, nodeId]);
	const claims = triggers.get(name) ?? new InFlightCallbacks(Date.now);
	triggers.delete(name);
	triggers.set(name, claims);
	if (triggers.size > MAX_TRIGGERS) {
		const idle = [...triggers].find(([, each]) => each !== claims && !each.isStarting);
		if (idle) triggers.delete(idle[0]);
	}
	return claims;
}

import {
	sleep,
	type INodeExecutionData,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { ACCEPTED, respond, ignored, refused } from './responses';
import {
	onExecutionSucceeded,
	onResponseEnded,
	onResponseRead,
	type ServerResponse,
} from './n8nResponseHooks';
import { keyOf, MAX_UNSAVED_MS, SeenCallbacks } from './seenCallbacks';
import type { Callback } from './payload';

/**
 * How long a copy waits until the first callback has started the workflow, in milliseconds. NenAI waits 5 seconds for a
 * response: docs/internals/nenai-api.md#callbacks
 */
const MAX_COPY_WAIT_MS = 4000;

/** For how many triggers this process remembers callbacks. */
export const MAX_TRIGGERS = 100;

const STILL_STARTING = refused(
	503,
	'The same callback arrived before and is still being processed: send it again later',
);

/**
 * Starts the workflow with this callback, unless a copy of it already has. Its lease goes through three states:
 *
 * 1. taken, here. From now on, copies wait, or get the answer 503.
 * 2. started, when n8n reads the response. n8n then saves the static data. In n8n 2.41.1, an earlier change of it is
 *   lost.
 * 3. ended, when n8n ends the response, however long that takes and even if the sender has disconnected. An error
 *   status means that n8n could not start the workflow, also after state 2: 1.94.1, 1.123.81 and 2.0.3 read the
 *   response first. Then a copy can start it.
 *
 * If n8n responds at the end of the execution, state 2 comes with state 3, and nothing is saved: n8n saves the static
 * data before it ends the response. Then a copy that arrives after a restart of n8n starts the workflow again.
 *
 * The facts about n8n: docs/internals/n8n-behaviour.md#response-hooks
 */
export async function triggerOnce(
	this: IWebhookFunctions,
	callback: Callback,
	output: INodeExecutionData[][],
	{ respondAtEnd }: { respondAtEnd: boolean },
): Promise<IWebhookResponseData> {
	const stored = this.getWorkflowStaticData('node');
	const inFlight = callbacksOf(String(this.getWorkflow().id), this.getNode().id);
	return await deliverOnce.call(this, inFlight, callback, stored.seen, output, {
		respondAtEnd,
		save: (toSave) => (stored.seen = toSave),
	});
}

/**
 * Resumes a waiting execution, unless a copy of this callback already has. n8n 2.41.1 prevents that itself, with an
 * error for the copy. n8n 1.123.81 resumes the execution once for each callback that arrives before the first
 * resumption is stored, and all later steps run twice: docs/internals/n8n-behaviour.md#resuming-a-waiting-execution. A
 * second final callback of the run counts as a copy, whatever its status is.
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
	inFlight: InFlightCallbacks,
	callback: Callback,
	saved: unknown,
	output: INodeExecutionData[][],
	{ respondAtEnd = false, save }: { respondAtEnd?: boolean; save?: (toSave: string) => void } = {},
): Promise<IWebhookResponseData> {
	const response = this.getResponseObject();
	const lease = await inFlight.take(callback, saved, async () => await untilSenderLeaves(response));
	if (lease === 'duplicate') return respond.call(this, ignored('duplicate'));
	if (lease === 'starting') return respond.call(this, STILL_STARTING);

	onResponseEnded(response, () => {
		const failed = response.statusCode >= 400;
		if (respondAtEnd && !failed) lease.started();
		lease.end(failed);
	});
	if (respondAtEnd) return atEnd(response, output);
	return onResponseRead({ workflowData: output, webhookResponse: ACCEPTED.body }, () => {
		const toSave = lease.started();
		if (toSave !== undefined) save?.(toSave);
	});
}

/** Starts the workflow. n8n responds when the execution has ended. */
export function atEnd(
	response: ServerResponse,
	workflowData: INodeExecutionData[][],
): IWebhookResponseData {
	onExecutionSucceeded(response, ACCEPTED.body);
	return { workflowData };
}

/** Resolves when waiting is no longer useful: the sender has disconnected, or will soon. */
async function untilSenderLeaves(response: ServerResponse) {
	for (let waited = 0; waited < MAX_COPY_WAIT_MS && !response.closed; waited += 100)
		await sleep(100);
}

export interface Lease {
	/** The workflow was started. Gives the text to save for all callbacks; undefined if another start in progress will save it. */
	started(): string | undefined;
	/** n8n has ended the response. If `failed`, the workflow was not started, even after `started`. */
	end(failed: boolean): void;
}

interface Start {
	since: number;
	over: Promise<void>;
}

/** The callbacks of one trigger that are starting its workflow, or have started it. */
export class InFlightCallbacks {
	private readonly starting = new Map<string, Start>();

	/** @param now milliseconds since 1970 */
	constructor(
		private readonly now: () => number,
		private readonly seen = new SeenCallbacks(now),
	) {}

	get isStarting(): boolean {
		return this.starting.size > 0;
	}

	/**
	 * Gives the right to start the workflow with this callback. While a copy is starting it, waits for the outcome:
	 * this callback is a duplicate only if the copy succeeds.
	 *
	 * @param saved the text that was saved last, by this or another process
	 * @param waitTimeout resolves when waiting is no longer useful
	 */
	async take(
		callback: Callback,
		saved: unknown,
		waitTimeout: () => Promise<void>,
	): Promise<Lease | 'duplicate' | 'starting'> {
		const key = keyOf(callback);
		this.seen.load(saved);
		let waited: Promise<'too long'> | undefined;
		for (let start = this.starting.get(key); start !== undefined; start = this.starting.get(key)) {
			waited ??= waitTimeout().then(() => 'too long');
			// The timeout is first: a callback whose sender has disconnected must not start anything.
			if ((await Promise.race([waited, start.over])) === 'too long') return 'starting';
		}
		return this.seen.has(key) ? 'duplicate' : this.open(key);
	}

	/** All callbacks that this process knows, to be saved under the trigger's current name; undefined if there are none. */
	toSave(saved: unknown): string | undefined {
		this.seen.load(saved);
		const toSave = this.seen.toSave();
		return toSave === '' ? undefined : toSave;
	}

	private open(key: string): Lease {
		let resolve = () => {};
		const over = new Promise<void>((resolveStart) => (resolve = resolveStart));
		this.starting.set(key, { since: this.now(), over });
		const finish = () => {
			if (this.starting.get(key)?.over === over) this.starting.delete(key);
			resolve();
		};
		return {
			started: () => {
				this.seen.add(key);
				finish();
				return this.seen.isJustSaved && this.willStartSoon() ? undefined : this.seen.toSave();
			},
			end: (failed) => {
				if (failed) this.seen.delete(key);
				finish();
			},
		};
	}

	/** Starts that take long are not counted: they may be waiting for n8n's concurrency limit. */
	private willStartSoon(): boolean {
		return [...this.starting.values()].some(({ since }) => this.now() - since < MAX_UNSAVED_MS);
	}
}

/**
 * Shared by all waiting executions. Entries expire after 10 minutes: if n8n failed to store the resumed execution, it is
 * still waiting, and a later callback must be able to resume it.
 */
const resumedExecutions = new InFlightCallbacks(Date.now, new SeenCallbacks(Date.now, 10 * 60_000));

/** By workflow and node ID, because a name can change. The least recently used comes first. */
const triggers = new Map<string, InFlightCallbacks>();

/** The callbacks of one trigger, in this process. */
export function callbacksOf(workflowId: string, nodeId: string): InFlightCallbacks {
	const name = JSON.stringify([workflowId, nodeId]);
	const inFlight = triggers.get(name) ?? new InFlightCallbacks(Date.now);
	triggers.delete(name);
	triggers.set(name, inFlight);
	if (triggers.size > MAX_TRIGGERS) {
		const idle = [...triggers].find(([, each]) => each !== inFlight && !each.isStarting);
		if (idle) triggers.delete(idle[0]);
	}
	return inFlight;
}

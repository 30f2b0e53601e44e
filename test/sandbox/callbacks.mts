import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, Headers, request } from 'undici';
import { badRequest } from './answers.mts';
import type { DeliveryRecord, Records, RunRecord } from './records.mts';
import { deliveryShape } from './shapes.mts';
import type { CallbackSpec, DeliverOptions, PlannedCallback, Settings } from './shapes.mts';
import { applySignature, signatureHeader } from './signature.mts';

/** The callbacks of a run that succeeds, each changed in this way. */
export function usualCallbacks(change: Omit<PlannedCallback, 'status'> = {}): PlannedCallback[] {
	return ['processing', 'success'].map((status) => ({ status, ...change }));
}

/** How long after its run a callback is sent, where nothing else was said. */
export function usualDelay(
	{ status }: CallbackSpec,
	{ processingAfterMs, finalAfterMs }: Settings,
): number {
	return status === 'processing' ? processingAfterMs : finalAfterMs;
}

/** What a run that succeeds gives back. */
export function usualResult(
	params: Record<string, unknown>,
	{ resultNote: note }: Settings,
): Record<string, unknown> {
	return { received: params, note };
}

/** Why a run that fails does so. */
export const usualError = 'The workflow stopped: element not found';

type Outgoing = Pick<DeliveryRecord, 'messageId' | 'status' | 'url' | 'body' | 'signature'> & {
	headers: Record<string, string>;
};

/** Sends the callbacks of runs, and sends again those that were not answered with 200. */
export class Callbacks {
	#settings: () => Settings;
	#assetsUrl: () => string;
	#records: Records;
	#agent = new Agent();
	#lifetime: () => AbortSignal;
	#onDue: (messageId: string, callback: CallbackSpec) => void;

	/**
	 * What is under way is given up when its `lifetime` ends; `assetsUrl` makes a new presigned URL; `onDue` is called
	 * before a callback is sent for the first time.
	 */
	constructor(
		settings: () => Settings,
		lifetime: () => AbortSignal,
		assetsUrl: () => string,
		records: Records,
		onDue: (messageId: string, callback: CallbackSpec) => void,
	) {
		this.#settings = settings;
		this.#lifetime = lifetime;
		this.#assetsUrl = assetsUrl;
		this.#records = records;
		this.#onDue = onDue;
	}

	/** Sends each callback of the plan in its time, independently of the others. */
	schedule(run: RunRecord, plan: PlannedCallback[] = usualCallbacks()): void {
		const { callbackUrl: url } = run;
		if (url === null) return;
		const signal = this.#lifetime();
		for (const { afterMs, ...callback } of plan) {
			const done = this.#records.pending();
			void this.#sendUntilTaken(
				() => this.#prepare(run, url, callback),
				afterMs ?? usualDelay(callback, this.#settings()),
				signal,
			)
				.catch((error: unknown) => {
					if (!signal.aborted) throw error;
				})
				.finally(done);
		}
	}

	/** Sends one callback now, once. Throws when it has no URL to go to. */
	async deliver(options: DeliverOptions): Promise<DeliveryRecord> {
		const { url, messageId = randomUUID(), workflowId, ...callback } = deliveryShape.parse(options);
		const run = this.#records.findRun(messageId);
		const target = url ?? run?.callbackUrl;
		if (!target)
			throw badRequest(
				'Nowhere to deliver to: give a url, or the messageId of a run with a callback',
			);
		const subject = {
			messageId,
			workflowId: workflowId ?? run?.workflowId ?? randomUUID(),
			params: run?.params ?? {},
		};
		return this.#attempt(this.#prepare(subject, target, callback), 1, this.#lifetime());
	}

	async close(): Promise<void> {
		await this.#agent.destroy();
	}

	async #sendUntilTaken(
		prepare: () => Outgoing,
		afterMs: number,
		signal: AbortSignal,
	): Promise<void> {
		await sleep(afterMs, undefined, { signal });
		// Every attempt sends the same bytes.
		const outgoing = prepare();
		for (const [index, delay] of [0, ...this.#settings().retryDelaysMs].entries()) {
			await sleep(delay, undefined, { signal });
			const { answer } = await this.#attempt(outgoing, index + 1, signal);
			if (answer?.status === 200) return;
		}
	}

	async #attempt(outgoing: Outgoing, attempt: number, stop: AbortSignal): Promise<DeliveryRecord> {
		const { headers, ...sent } = outgoing;
		const at = Date.now();
		const outcome = await this.#post(outgoing.url, headers, outgoing.body, stop);
		stop.throwIfAborted();
		const record = { at, durationMs: Date.now() - at, ...sent, attempt, ...outcome };
		this.#records.delivery(record);
		return record;
	}

	async #post(
		url: string,
		headers: Record<string, string>,
		body: string,
		stop: AbortSignal,
	): Promise<Pick<DeliveryRecord, 'answer' | 'error'>> {
		const signal = AbortSignal.any([stop, AbortSignal.timeout(this.#settings().answerTimeoutMs)]);
		try {
			// A connection of its own for each attempt: none is left over from a receiver that has since restarted.
			const answer = await request(url, {
				method: 'POST',
				headers,
				body,
				signal,
				dispatcher: this.#agent,
				reset: true,
			});
			return { answer: { status: answer.statusCode, body: await answer.body.text() }, error: null };
		} catch (error) {
			return { answer: null, error: String(error) };
		}
	}

	#prepare(
		run: Pick<RunRecord, 'messageId' | 'workflowId' | 'params'>,
		url: string,
		spec: CallbackSpec,
	): Outgoing {
		this.#onDue(run.messageId, spec);
		const { rawBody, secret = this.#settings().webhookSecret, signature = 'valid' } = spec;
		// Indented, so that parsing the body and writing it again does not give back the signed bytes.
		const plain = rawBody ?? JSON.stringify(this.#payload(run, spec), null, 1);
		const { body, header } = applySignature(plain, secret, signature);
		return {
			messageId: run.messageId,
			status: spec.status,
			url,
			body,
			signature: header,
			headers: headersOf(header, spec.headers),
		};
	}

	#payload(
		run: Pick<RunRecord, 'messageId' | 'workflowId' | 'params'>,
		spec: CallbackSpec,
	): Record<string, unknown> {
		const payload = {
			workflow_id: run.workflowId,
			message_id: run.messageId,
			status: spec.status,
			expires_at: Math.floor(Date.now() / 1000) + this.#settings().urlLifetimeSeconds,
			...this.#resultFields(run.params, spec.status),
			...spec.body,
		};
		return Object.fromEntries(
			Object.entries(payload).filter(([name]) => !spec.omit?.includes(name)),
		);
	}

	#resultFields(params: Record<string, unknown>, status: string): Record<string, unknown> {
		switch (status) {
			case 'success':
				return {
					success: true,
					result: usualResult(params, this.#settings()),
					assets: this.#assetsUrl(),
				};
			case 'failed':
				return { success: false, error: usualError };
			default:
				return {};
		}
	}
}

/** Those of NenAI, then those asked for, which take the place of one with the same name in any case. */
function headersOf(
	signature: string | null,
	asked: CallbackSpec['headers'] = {},
): Record<string, string> {
	const headers = new Headers({ 'Content-Type': 'application/json' });
	if (signature !== null) headers.set(signatureHeader, signature);
	for (const [name, value] of Object.entries(asked)) headers.set(name, value);
	return Object.fromEntries(headers);
}

import { randomUUID } from 'node:crypto';
import { usualCallbacks, usualDelay, usualError, usualResult } from './callbacks.mts';
import { runStateShape, type RunState } from './mcp/shapes.mts';
import { property } from './property.mts';
import type { RunRecord } from './records.mts';
import { isFinal, stageNow, view, type RunView, type Stage, type TrackedRun } from './runView.mts';
import type { CallbackSpec, PlannedCallback, Settings } from './shapes.mts';

const stageOf: Record<string, Stage> = {
	processing: 'running',
	success: 'completed',
	failed: 'failed',
};

/** How the runs are getting on, as NenAI knows it: its callbacks may be late, or get lost. */
export class RunStates {
	/** The newest last. */
	#runs = new Map<string, TrackedRun>();
	#settings: () => Settings;
	#wait: (ms: number) => Promise<void>;

	constructor(settings: () => Settings, wait: (ms: number) => Promise<void>) {
		this.#settings = settings;
		this.#wait = wait;
	}

	/** Holds a run in a state until it is set anew, one that the sandbox has not started too. Throws when malformed. */
	set(messageId: string, state: RunState): void {
		const parsed = runStateShape.parse(state);
		const run =
			this.#runs.get(messageId) ?? this.#newRun(messageId, parsed.workflowId ?? randomUUID(), {});
		run.workflowId = parsed.workflowId ?? run.workflowId;
		run.held = { state: parsed, since: Date.now() };
		this.#runs.set(messageId, run);
	}

	get(messageId: string): RunView | undefined {
		const run = this.#runs.get(messageId);
		return run && view(run);
	}

	/** The newest first. */
	ofWorkflow(workflowId: string): RunView[] {
		return [...this.#runs.values()]
			.filter((run) => run.workflowId === workflowId)
			.map(view)
			.reverse();
	}

	workflowIds(): string[] {
		return [...new Set([...this.#runs.values()].map(({ workflowId }) => workflowId))];
	}

	/**
	 * From now on the run goes through its stages. Those of which no callback is to be sent it comes to all the same,
	 * after the usual times: a run ends also when nobody hears of it.
	 */
	begin({ messageId, workflowId, params, callbackUrl }: RunRecord, plan = usualCallbacks()): void {
		this.#runs.set(messageId, this.#newRun(messageId, workflowId, params));
		const unheard = [
			...(callbackUrl === null ? plan : []),
			...usualCallbacks().filter(missingIn(plan)),
		];
		for (const callback of unheard) void this.#comeTo(messageId, callback);
	}

	/** A callback says how the run is getting on. */
	callback(messageId: string, { status, body }: CallbackSpec): void {
		const run = this.#runs.get(messageId);
		const stage = stageOf[status];
		if (!run || !stage || (stage === 'running' && stageNow(run) !== 'queued')) return;
		const result = property(body, 'result') ?? run.usualResult;
		const error = property(body, 'error') ?? usualError;
		run.history.push({ stage, at: Date.now(), result, error });
	}

	reset(): void {
		this.#runs.clear();
	}

	#newRun(messageId: string, workflowId: string, params: Record<string, unknown>): TrackedRun {
		return {
			messageId,
			workflowId,
			usualResult: usualResult(params, this.#settings()),
			history: [{ stage: 'queued', at: Date.now() }],
			held: null,
		};
	}

	async #comeTo(messageId: string, callback: PlannedCallback): Promise<void> {
		try {
			await this.#wait(callback.afterMs ?? usualDelay(callback, this.#settings()));
		} catch {
			// The sandbox was reset or closed.
			return;
		}
		const run = this.#runs.get(messageId);
		if (run && !isFinal(stageNow(run))) this.callback(messageId, callback);
	}
}

/** Whether the plan lacks this callback; any final one stands for another. */
function missingIn(plan: PlannedCallback[]): (usual: PlannedCallback) => boolean {
	const stages = plan.map(({ status }) => stageOf[status]).filter((stage) => stage !== undefined);
	return ({ status }) =>
		stageOf[status] === 'running'
			? !stages.includes('running')
			: !stages.some((stage) => isFinal(stage));
}

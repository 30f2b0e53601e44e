import type { RunState } from './mcp/shapes.mts';

/** What can be asked about a run. A field that is undefined is not told. */
export interface RunView {
	messageId: string;
	workflowId: string;
	status: string;
	startTime?: string;
	endTime?: string;
	progress?: Record<string, unknown>;
	output?: unknown;
	liveViewUrl?: string;
	/** Fields beside these. */
	more: Record<string, unknown>;
	logs: string;
}

export type Stage = 'queued' | 'running' | 'completed' | 'failed';

export interface TrackedRun {
	messageId: string;
	workflowId: string;
	/** What it gives back, unless its callback says otherwise. */
	usualResult: Record<string, unknown>;
	/** The stages it has come to so far. Times are milliseconds since 1970. */
	history: Array<{ stage: Stage; at: number; result?: unknown; error?: unknown }>;
	/** Where a test holds it, and since when. */
	held: { state: RunState; since: number } | null;
}

const totalStates = 15;

export function stageNow({ history }: TrackedRun): Stage {
	return history[history.length - 1].stage;
}

export function isFinal(status: string): boolean {
	return status !== 'queued' && status !== 'running' && status !== 'processing';
}

/** What is told of a run: as it is, or as a test holds it. */
export function view(run: TrackedRun): RunView {
	const { messageId, workflowId } = run;
	const usual = usualView(run, run.held?.state.status ?? stageNow(run));
	const { startTime, endTime, progress, output, liveViewUrl, more, logs } = run.held?.state ?? {};
	return {
		messageId,
		workflowId,
		status: usual.status,
		startTime: given(startTime, usual.startTime),
		endTime: given(endTime, usual.endTime),
		progress: given(progress, usual.progress),
		output: given(output, usual.output),
		liveViewUrl: given(liveViewUrl, usual.liveViewUrl),
		more: more ?? {},
		logs: logs ?? usual.logs,
	};
}

/** null is told as nothing. */
function given<T>(held: T | null | undefined, usual: T | undefined): T | undefined {
	return held === undefined ? usual : (held ?? undefined);
}

function usualView(run: TrackedRun, status: string): Omit<RunView, 'more'> {
	const { messageId, workflowId, history, held } = run;
	const started = history.find(({ stage }) => stage !== 'queued')?.at ?? history[0].at;
	const last = history[history.length - 1];
	return {
		messageId,
		workflowId,
		status,
		startTime: status === 'queued' ? undefined : isoTime(started),
		endTime: isFinal(status)
			? isoTime(isFinal(last.stage) ? last.at : (held?.since ?? last.at))
			: undefined,
		progress: progressOf(status),
		output: status === 'completed' ? (last.result ?? run.usualResult) : undefined,
		liveViewUrl: `https://app.getnen.ai/runs/${messageId}`,
		logs: logOf(run),
	};
}

function progressOf(status: string): Record<string, unknown> {
	const shares: Record<string, number> = { queued: 0, completed: 1 };
	return {
		currentState: status,
		completedStates: Math.floor(totalStates * (shares[status] ?? 0.5)),
		totalStates,
	};
}

/** Steps with times, what was decided and why, and errors. */
function logOf({ workflowId, history }: TrackedRun): string {
	const said: Record<Stage, string> = {
		queued: `Queued a run of workflow ${workflowId}`,
		running: 'Opened the form "New patient", because the workflow begins there',
		completed: 'Saved the form, because every field was filled in',
		failed: 'Gave up',
	};
	return history
		.map(
			({ stage, at, error }) =>
				`${isoTime(at)} ${said[stage]}${stage === 'failed' ? `: ${String(error)}` : ''}\n`,
		)
		.join('');
}

function isoTime(at: number): string {
	return new Date(at).toISOString();
}

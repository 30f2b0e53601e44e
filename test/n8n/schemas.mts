/** Shapes of what goes to n8n's REST interface and of what comes back, as far as tests read them. */
import type { ExecutionStatus, IConnections, INode, IWorkflowSettings } from 'n8n-workflow';
import { z } from 'zod';
import type { ExecutionData } from './execution-data.mts';

export interface WorkflowJson {
	name: string;
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
	/** Items that stand in for what a node would give in a manual run, by the node's name. */
	pinData?: Readonly<Record<string, unknown>>;
}

export interface CredentialJson {
	name: string;
	type: string;
	data: Readonly<Record<string, unknown>>;
}

export const EXECUTION_STATUSES = [
	'canceled',
	'crashed',
	'error',
	'new',
	'running',
	'success',
	'unknown',
	'waiting',
] as const satisfies readonly ExecutionStatus[];

export const Saved = z.object({ id: z.string() });

/** As a list of workflows has them. */
export const WorkflowList = z.array(z.object({ id: z.string(), active: z.boolean() }));

export const SavedWorkflow = z
	.object({ id: z.string(), versionId: z.string(), nodes: z.array(z.custom<INode>()) })
	.passthrough();

export const CredentialTest = z.object({
	status: z.enum(['OK', 'Error']),
	message: z.string().default(''),
});
export type CredentialTestResult = z.output<typeof CredentialTest>;

/** A list of the editor from which something is picked. */
export const PickerList = z.object({
	results: z.array(
		z.object({ name: z.string(), value: z.union([z.string(), z.number()]) }).passthrough(),
	),
	paginationToken: z.unknown().optional(),
});

const Moment = z.string().nullish();

/** A line of the list of executions. Moments are ISO 8601. */
export const ExecutionSummary = z
	.object({
		id: z.string(),
		status: z.enum(EXECUTION_STATUSES),
		mode: z.string(),
		finished: z.boolean().nullish(),
		workflowId: z.string(),
		createdAt: Moment,
		startedAt: Moment,
		stoppedAt: Moment,
		/** When a waiting execution goes on by itself. */
		waitTill: Moment,
		/** The execution this one is a retry of. */
		retryOf: z.string().nullish(),
		retrySuccessId: z.string().nullish(),
		/** What the workflow noted with `$execution.customData`. */
		customData: z.record(z.string(), z.string()).nullish(),
	})
	.passthrough();
export type ExecutionSummary = z.output<typeof ExecutionSummary>;

/** An execution with what its nodes did. */
export type Execution = ExecutionSummary & { data: ExecutionData };

export const StoredExecution = ExecutionSummary.extend({ data: z.string() });

export const ExecutionPage = z.object({
	results: z.array(ExecutionSummary),
	nextCursor: z.string().nullish(),
});

/** What 2.41 puts into `nextCursor`, as base64url of JSON: the next page has the executions below this ID. */
export const ListCursor = z
	.object({ v1: z.object({ id: z.string() }).passthrough() })
	.passthrough();

export const RetriedExecution = z.object({ id: z.string() });

export const Publication = z.object({
	status: z.enum(['in_progress', 'not_published', 'published', 'partial', 'failed']),
	triggers: z.array(z.object({ nodeId: z.string(), errorMessage: z.string().nullish() })),
});
export type Publication = z.output<typeof Publication>;

/** `executionId` of the run, or `waitingForWebhook` when the trigger waits for a call of its test URL first. */
export const ManualRun = z.object({
	executionId: z.string().optional(),
	waitingForWebhook: z.boolean().default(false),
});
export type ManualRunResult = z.output<typeof ManualRun>;

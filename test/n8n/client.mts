/** What a person does in n8n's editor, done over its REST interface. Works on 1.123 and 2.41. */
import type { ExecutionStatus, INode } from 'n8n-workflow';
import { z } from 'zod';
import { Agents } from './agents.mts';
import { CommunityPackages } from './community-packages.mts';
import { DataTables } from './data-tables.mts';
import { unflatten } from './execution-data.mts';
import { type ImportOptions, prepareImport } from './import-workflow.mts';
import { McpServer } from './mcp-server.mts';
import { waitFor } from './poll.mts';
import { N8nApiError, RestSession } from './rest.mts';
import {
	type CredentialJson,
	CredentialTest,
	type CredentialTestResult,
	type Execution,
	EXECUTION_STATUSES,
	ExecutionPage,
	ListCursor,
	type ExecutionSummary,
	ManualRun,
	type ManualRunResult,
	PickerList,
	Publication,
	RetriedExecution,
	Saved,
	SavedWorkflow,
	StoredExecution,
	type WorkflowJson,
	WorkflowList,
} from './schemas.mts';

export { N8nApiError } from './rest.mts';
export type { ExecutionData } from './execution-data.mts';
export type * from './schemas.mts';
export type { ImportOptions } from './import-workflow.mts';

/** The one user of an n8n under test. */
export const TEST_OWNER = {
	email: 'owner@example.com',
	firstName: 'Test',
	lastName: 'Owner',
	password: 'Test-password-1',
} as const;

const DEFAULT_TIMEOUT_MS = 30_000;
/** The most n8n gives in one page. */
const PAGE_SIZE = 100;
/** By how many IDs a page begins again before the last one's end: so far may an execution start out of the order of IDs. */
const PAGE_OVERLAP = 30;
const SETTLED: readonly ExecutionStatus[] = ['canceled', 'crashed', 'error', 'success'];

export interface ExecutionFilter {
	status?: readonly ExecutionStatus[];
	/** How it was started: `webhook`, `manual`, `retry`, … */
	mode?: string;
	/** Id of the execution that was retried. */
	retryOf?: string;
}

export interface ManualRunOptions {
	/** Name of the trigger to start from; the first trigger of the workflow by default. */
	trigger?: string;
	/** Name of the last node to run; all run by default. */
	destination?: string;
}

export interface WorkflowVersion {
	id: string;
	/** Changes when nodes or connections are saved. */
	versionId: string;
}

const BreakingChanges = z.object({
	report: z.object({ workflowResults: z.array(z.object({ ruleId: z.string() })) }),
});

/** Whether an execution has come to its end: neither queued nor running nor waiting. */
export function isSettled({ status }: Pick<ExecutionSummary, 'status'>): boolean {
	return SETTLED.includes(status);
}

/**
 * Whether an execution has come to its end and n8n has stored how. n8n 1.123 on SQLite stores the status a moment earlier
 * than the data, which until then is of its start or of its wait.
 */
export function isStored({ status, data }: Pick<Execution, 'status' | 'data'>): boolean {
	const { lastNodeExecuted, error } = data.resultData;
	switch (status) {
		case 'success':
			return lastNodeExecuted !== undefined && data.executionData?.nodeExecutionStack.length === 0;
		case 'error':
			return error !== undefined;
		default:
			return isSettled({ status });
	}
}

/**
 * One n8n, as its owner sees it. Needs `setupOwner()` on a fresh n8n, or `login()`, before anything else.
 *
 * Every method throws N8nApiError when n8n refuses, ZodError when n8n's answer has another shape than
 * expected, and Error when it waits in vain.
 */
export class N8nClient {
	readonly #session: RestSession;
	/** Those of n8n 2. */
	readonly tables: DataTables;
	readonly packages: CommunityPackages;
	readonly agents: Agents;
	readonly mcp: McpServer;

	/** @param url address of `n8n start`, e.g. `instance.url` */
	constructor(url: string) {
		this.#session = new RestSession(url);
		this.tables = new DataTables(this.#session);
		this.packages = new CommunityPackages(this.#session);
		this.agents = new Agents(this.#session);
		this.mcp = new McpServer(this.#session, url);
	}

	/** Makes the test owner of a fresh n8n, and logs in. */
	async setupOwner(): Promise<void> {
		await this.#post('/owner/setup', TEST_OWNER);
		await this.login();
	}

	/** Logs in as the test owner. The session survives a restart of n8n. */
	async login(): Promise<void> {
		const { email, password } = TEST_OWNER;
		await this.#post('/login', { emailOrLdapLoginId: email, password });
	}

	/** Names of all node types that n8n has loaded, e.g. `n8n-nodes-base.webhook`. */
	async nodeTypes(): Promise<string[]> {
		return (await this.nodeTypeList()).map(({ name }) => name);
	}

	/** All node types that n8n has loaded. */
	async nodeTypeList(): Promise<Array<{ name: string; description?: string }>> {
		const file = await this.#session.download('/types/nodes.json');
		return z
			.array(z.object({ name: z.string(), description: z.string().optional() }))
			.parse(JSON.parse(file.toString('utf8')));
	}

	/** Stores a credential and returns its id. */
	async createCredential(credential: CredentialJson): Promise<string> {
		return (await this.#post('/credentials', credential, Saved)).id;
	}

	/** Replaces a stored credential as a whole. */
	async updateCredential(id: string, credential: CredentialJson): Promise<void> {
		await this.#send('PATCH', `/credentials/${id}`, credential);
	}

	async deleteCredential(id: string): Promise<void> {
		await this.#send('DELETE', `/credentials/${id}`);
	}

	/** What the credential dialog does after saving: n8n calls the API with the data given here. */
	async testCredential(id: string, credential: CredentialJson): Promise<CredentialTestResult> {
		const { name, type, data } = credential;
		return await this.#post(
			'/credentials/test',
			{ credentials: { id, name, type, data } },
			CredentialTest,
		);
	}

	/** What the editor does where somebody opens the list of a parameter of this node, and looks for something in it. */
	async searchList(
		node: INode,
		parameter: string,
		methodName: string,
		filter?: string,
	): Promise<z.output<typeof PickerList>['results']> {
		const { type: name, typeVersion: version, parameters, credentials } = node;
		const asked = {
			path: `parameters.${parameter}`,
			nodeTypeAndVersion: { name, version },
			currentNodeParameters: parameters,
			credentials,
			methodName,
			filter,
		};
		return (
			await this.#post('/dynamic-node-parameters/resource-locator-results', asked, PickerList)
		).results;
	}

	/** Saves a new workflow. It is not active yet. */
	async createWorkflow(workflow: WorkflowJson): Promise<WorkflowVersion> {
		const { id, versionId } = await this.#post(
			'/workflows',
			// 1.123 does not fill in `active`.
			{ settings: {}, ...workflow, active: false },
			SavedWorkflow,
		);
		return { id, versionId };
	}

	/** Saves an exported workflow as a new one, with this n8n's credentials in its nodes. */
	async importWorkflow(exported: WorkflowJson, options?: ImportOptions): Promise<WorkflowVersion> {
		return await this.createWorkflow(prepareImport(exported, options));
	}

	/** Changes parts of a saved workflow. On 2.41 the published one stays as it was until `activate` is called. */
	async updateWorkflow(id: string, changes: Partial<WorkflowJson>): Promise<WorkflowVersion> {
		const { versionId } = await this.#send('PATCH', `/workflows/${id}`, changes, SavedWorkflow);
		return { id, versionId };
	}

	/**
	 * Activates a workflow as it was last saved, and waits until n8n has set up its triggers.
	 *
	 * @throws Error with what the triggers said, when they could not be set up
	 */
	async activate(id: string, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
		const { versionId } = await this.#workflow(id);
		await this.#setActive(id, versionId);
		const { status, triggers } = await this.#publicationDone(id, timeoutMs);
		if (status !== 'failed' && status !== 'partial') return;
		const said = triggers.map(({ errorMessage }) => errorMessage).filter(Boolean);
		throw new Error(`n8n could not set up the triggers of workflow ${id}: ${said.join('; ')}`);
	}

	/** Deactivates a workflow and waits until n8n has taken its triggers down. */
	async deactivate(id: string, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
		await this.#post(`/workflows/${id}/deactivate`, {});
		await this.#publicationDone(id, timeoutMs);
	}

	/** Deactivates every workflow that is active. */
	async deactivateAll(): Promise<void> {
		const workflows = await this.#send('GET', '/workflows', undefined, WorkflowList);
		for (const { id } of workflows.filter(({ active }) => active)) await this.deactivate(id);
	}

	/** Deletes a workflow together with its executions, active or not. */
	async deleteWorkflow(id: string): Promise<void> {
		await this.#post(`/workflows/${id}/archive`, {});
		await this.#send('DELETE', `/workflows/${id}`);
	}

	/** The nodes of a workflow as it was last saved. */
	async nodesOf(id: string): Promise<INode[]> {
		return (await this.#workflow(id)).nodes;
	}

	/** Runs the saved workflow as the editor's Execute button does. */
	async runWorkflowManually(id: string, options: ManualRunOptions = {}): Promise<ManualRunResult> {
		const workflow = await this.#workflow(id);
		const { trigger = firstTrigger(workflow.nodes), destination } = options;
		// 1.123 takes the workflow from the request, 2.41 from its database and ignores this one.
		const body = {
			workflowData: workflow,
			triggerToStartFrom: { name: trigger },
			...(destination === undefined
				? {}
				: { destinationNode: { nodeName: destination, mode: 'inclusive' } }),
		};
		return await this.#post(`/workflows/${id}/run`, body, ManualRun);
	}

	/** Runs a workflow for each row of its evaluation trigger, as the tab "Evaluations" of the editor does (n8n 2). */
	async evaluate(id: string): Promise<void> {
		await this.#post(`/workflows/${id}/test-runs/new`, {});
	}

	/** The executions of a workflow, newest first, from as many pages as there are. */
	async executions(workflowId: string, filter: ExecutionFilter = {}): Promise<ExecutionSummary[]> {
		const { status = EXECUTION_STATUSES, mode, retryOf } = filter;
		// Without a status, both versions mix running executions into the first page only.
		const query = { limit: String(PAGE_SIZE), filter: JSON.stringify({ workflowId, status }) };
		// By ID, since pages overlap.
		const found = new Map<string, ExecutionSummary>();
		let position: Readonly<Record<string, string>> | undefined = {};
		while (position !== undefined) {
			const page = await this.#page({ ...query, ...position });
			for (const execution of page.results) found.set(execution.id, execution);
			position = nextPosition(page);
		}
		// 1.123 takes these two in its filter, and ignores them.
		return [...found.values()].filter(
			(execution) =>
				(mode === undefined || execution.mode === mode) &&
				(retryOf === undefined || execution.retryOf === retryOf),
		);
	}

	/** One execution with its data. */
	async execution(id: string, { redacted = false } = {}): Promise<Execution> {
		const path = `/executions/${id}${redacted ? '?redactExecutionData=true' : ''}`;
		const stored = await this.#send('GET', path, undefined, StoredExecution.optional());
		// n8n answers 200 without data.
		if (stored === undefined) throw new N8nApiError('GET', path, 404, 'No such execution');
		return { ...stored, data: unflatten(stored.data) };
	}

	/** How much of n8n's database an execution takes, in characters. */
	async storedSize(id: string): Promise<number> {
		const { data } = await this.#send('GET', `/executions/${id}`, undefined, StoredExecution);
		return data.length;
	}

	/** Waits until an execution fulfils the condition; by default until it has come to its end and is stored. */
	async waitForExecution(
		id: string,
		condition: (execution: Execution) => boolean = isStored,
		timeoutMs = DEFAULT_TIMEOUT_MS,
	): Promise<Execution> {
		let seen = 'nothing';
		return await waitFor(
			`execution ${id}`,
			async () => {
				const execution = await this.execution(id);
				seen = execution.status;
				return condition(execution) ? execution : undefined;
			},
			{ timeoutMs, lastSeen: () => seen },
		);
	}

	/** Waits until the list of a workflow's executions (newest first) fulfils the condition, and returns it. */
	async waitForExecutions(
		workflowId: string,
		condition: (executions: ExecutionSummary[]) => boolean = (all) => all.some(isSettled),
		timeoutMs = DEFAULT_TIMEOUT_MS,
	): Promise<ExecutionSummary[]> {
		let seen: ExecutionSummary[] = [];
		return await waitFor(
			`the executions of workflow ${workflowId}`,
			async () => {
				seen = await this.executions(workflowId);
				return condition(seen) ? seen : undefined;
			},
			{ timeoutMs, lastSeen: () => seen.map(({ id, status }) => `${id} ${status}`).join(', ') },
		);
	}

	/** The executions of a workflow with their data, newest first, once there are so many and all have ended. */
	async endedExecutions(
		workflowId: string,
		count: number,
		timeoutMs = DEFAULT_TIMEOUT_MS,
	): Promise<Execution[]> {
		const ended = (all: ExecutionSummary[]) => all.length >= count && all.every(isSettled);
		const list = await this.waitForExecutions(workflowId, ended, timeoutMs);
		return await Promise.all(list.map(({ id }) => this.waitForExecution(id)));
	}

	/**
	 * Retries a failed execution as the list of executions does, and returns the new execution's id.
	 * n8n answers when the new execution has ended or waits.
	 *
	 * @param options.loadWorkflow true: with the workflow as it is saved now; false: as it was at the time
	 */
	async retryExecution(id: string, { loadWorkflow = false } = {}): Promise<string> {
		const path = `/executions/${id}/retry`;
		return (await this.#post(path, { loadWorkflow }, RetriedExecution)).id;
	}

	/** Stops a running or waiting execution. */
	async stopExecution(id: string): Promise<void> {
		await this.#post(`/executions/${id}/stop`, {});
	}

	/** The rules for a next version of n8n that published workflows break (n8n 2). */
	async breakingChanges(version: 'v3'): Promise<{ workflows: string[] }> {
		const { report } = await this.#session.send(
			{ method: 'GET', path: '/breaking-changes/report', query: { version } },
			BreakingChanges,
		);
		return { workflows: report.workflowResults.map(({ ruleId }) => ruleId) };
	}

	async deleteExecutions(ids: readonly string[]): Promise<void> {
		await this.#post('/executions/delete', { ids });
	}

	/** A file that a node produced, by the `id` of its binary data. */
	async downloadBinary(id: string): Promise<Buffer> {
		return await this.#session.download('/rest/binary-data', { id, action: 'download' });
	}

	async #workflow(id: string): Promise<z.output<typeof SavedWorkflow>> {
		return await this.#send('GET', `/workflows/${id}`, undefined, SavedWorkflow);
	}

	async #setActive(id: string, versionId: string): Promise<void> {
		try {
			await this.#post(`/workflows/${id}/activate`, { versionId });
		} catch (error) {
			if (!(error instanceof N8nApiError && error.status === 404)) throw error;
			// n8n 1.94 has no such endpoint: whether a workflow is active is a field of it.
			await this.#send('PATCH', `/workflows/${id}`, { active: true, versionId });
		}
	}

	async #page(query: Readonly<Record<string, string>>): Promise<z.output<typeof ExecutionPage>> {
		return await this.#session.send({ method: 'GET', path: '/executions', query }, ExecutionPage);
	}

	async #publicationDone(id: string, timeoutMs: number): Promise<Publication> {
		return await waitFor(
			`n8n to set up or take down the triggers of workflow ${id}`,
			async () => {
				const publication = await this.#publication(id);
				return publication.status === 'in_progress' ? undefined : publication;
			},
			{ timeoutMs },
		);
	}

	/** 1.123 does not know publication: its (de)activation is done when it answers. */
	async #publication(id: string): Promise<Publication> {
		try {
			const path = `/workflows/${id}/publication-status`;
			return await this.#send('GET', path, undefined, Publication);
		} catch (error) {
			if (error instanceof N8nApiError && error.status === 404) {
				return { status: 'published', triggers: [] };
			}
			throw error;
		}
	}

	async #post<Schema extends z.ZodTypeAny = z.ZodUnknown>(
		path: string,
		body: unknown,
		schema?: Schema,
	): Promise<z.output<Schema>> {
		return await this.#send('POST', path, body, schema);
	}

	async #send<Schema extends z.ZodTypeAny = z.ZodUnknown>(
		method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
		path: string,
		body?: unknown,
		schema?: Schema,
	): Promise<z.output<Schema>> {
		return await this.#session.send({ method, path, body }, schema ?? z.unknown());
	}
}

/**
 * Where the next page begins: 2.41 takes a cursor, 1.123 an ID. n8n orders a page by the moment of start, and begins the
 * next one below the ID of its last execution: without an overlap, executions that started out of the order of IDs are
 * never listed.
 */
function nextPosition({
	results,
	nextCursor,
}: z.output<typeof ExecutionPage>): Readonly<Record<string, string>> | undefined {
	if (nextCursor === null || (nextCursor === undefined && results.length < PAGE_SIZE))
		return undefined;
	const below = String(Math.min(...results.map(({ id }) => Number(id))) + PAGE_OVERLAP);
	if (nextCursor === undefined) return { lastId: below };
	const { v1, ...rest } = ListCursor.parse(
		JSON.parse(Buffer.from(nextCursor, 'base64url').toString()),
	);
	return {
		cursor: Buffer.from(JSON.stringify({ ...rest, v1: { ...v1, id: below } })).toString(
			'base64url',
		),
	};
}

function firstTrigger(nodes: readonly INode[]): string {
	const trigger = nodes.find(
		({ type, disabled }) => !disabled && /trigger$|\.webhook$/i.test(type),
	);
	if (trigger === undefined) throw new Error('The workflow has no trigger to start from');
	return trigger.name;
}

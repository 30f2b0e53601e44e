/** The example that runs many and waits for all, and its caller, set up for a test: driven as NenAI and a builder would. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { INode } from 'n8n-workflow';
import { isSettled, type Execution, type N8nClient, type WorkflowJson } from '../n8n/client.mts';
import type { TableRow } from '../n8n/data-tables.mts';
import { waitFor } from '../n8n/poll.mts';
import type { DeliverOptions, RunRecord, Sandbox } from '../sandbox/index.mts';
import type { SeededRandom } from './random.mts';
import {
	hasRun,
	jsonOf,
	readExample,
	rowsOf,
	storeNenAiCredential,
	withParameters,
	withSettings,
	type Change,
} from './environment.mts';
import { triggerUrl } from './workflows.mts';

/** Where the example keeps its rows. */
const TABLE = 'NenAI run many';

/** How many callbacks NenAI sends at a time. */
const SENDERS = 20;

/** In place of the example's minutes and hours, in seconds. */
const EVERY = 5;
const OVERDUE_AFTER = 12;

const TIMEOUT_MS = 120_000;

/** As NenAI sends a callback again until it is taken. */
const TRIES = 200;
const AGAIN_MS = 500;

/** What the environment of one n8n and the cluster have in common. */
interface Place {
	client: N8nClient;
	sandbox: Sandbox;
	/** What takes the webhooks. */
	webhooks: { webhookUrl: string };
}

/** An environment, or a cluster. */
type Stageable = Omit<Place, 'webhooks'> &
	Partial<Pick<Place, 'webhooks'>> & { n8n?: Place['webhooks'] };

export interface Result {
	row: number;
	input: { workflow_id: string; parameters: Record<string, unknown> };
	ok: boolean;
	status: string;
	message_id: string;
	result: Record<string, unknown>;
}

export interface Times {
	/** Until NenAI is asked about a run without a callback. */
	overdueSeconds?: number;
	/** Until a finished batch is deleted. */
	keepSeconds?: number;
	/** Until rows without a result are given up. */
	limitSeconds?: number;
}

/** The example with times that a test can wait for. */
const hurried = (
	workflow: WorkflowJson,
	{ overdueSeconds, keepSeconds, limitSeconds }: Times,
): WorkflowJson => {
	const changed = JSON.parse(
		JSON.stringify(workflow)
			.replaceAll('minutes: 30', `seconds: ${overdueSeconds ?? OVERDUE_AFTER}`)
			.replace(
				'"keep_until":"={{ $now.plus({ days: 1 })',
				`"keep_until":"={{ $now.plus({ seconds: ${keepSeconds ?? 3600} })`,
			),
	) as WorkflowJson;
	const limit = { resumeAmount: limitSeconds ?? 3600, resumeUnit: 'seconds' };
	return withParameters(
		withParameters(changed, 'Every 5 minutes', {
			rule: { interval: [{ field: 'seconds', secondsInterval: EVERY }] },
		}),
		'Wait for the results',
		limit,
	);
};

export interface RunManyOptions extends Times {
	/** Changes the example before it is imported. */
	change?: Change;
	/** Changes its caller. */
	changeCaller?: Change;
}

export class RunMany {
	readonly #place: Place;
	readonly #root: string;
	/** The IDs of the example and of its caller. */
	readonly id: string;
	readonly #caller: WorkflowJson;
	readonly #executions = new Map<string, Execution>();

	private constructor(place: Place, root: string, id: string, caller: WorkflowJson) {
		this.#place = place;
		this.#root = root;
		this.id = id;
		this.#caller = caller;
	}

	/** Imports both examples as their notes say, with shorter times, and keeps the first published for as long as `use` takes. */
	static async during(
		root: string,
		environment: Stageable,
		use: (runMany: RunMany) => Promise<void>,
		options: RunManyOptions = {},
	): Promise<void> {
		const runMany = await RunMany.#open(root, environment, options);
		try {
			await use(runMany);
		} finally {
			await environment.client.deactivate(runMany.id);
		}
	}

	static async #open(
		root: string,
		environment: Stageable,
		{
			change = (workflow) => workflow,
			changeCaller = (workflow) => workflow,
			...times
		}: RunManyOptions,
	): Promise<RunMany> {
		const webhooks = environment.webhooks ?? environment.n8n;
		if (webhooks === undefined) throw new Error('Nothing takes the webhooks');
		const { client, sandbox } = environment;
		const example = change(hurried(readExample(root, 'run-many'), times));
		const trigger = example.nodes.find(({ type }) => type.endsWith('.nenAiTrigger'));
		const nenAiApi = await storeNenAiCredential(client, sandbox, {
			defaultCallbackUrl: triggerUrl(webhooks, String(trigger?.webhookId)),
		});
		const { id } = await client.importWorkflow(example, { credentials: { nenAiApi } });
		await client.activate(id);
		// What ends, ends unheard of, unless a test sends a callback.
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const caller = changeCaller(
			withParameters(readExample(root, 'run-many-caller'), 'Run many', {
				workflowId: { __rl: true, mode: 'id', value: id },
			}),
		);
		return new RunMany({ client, sandbox, webhooks }, root, id, caller);
	}

	/** Puts a node of the example back as it is in the file, as somebody who has mended it. */
	async mend(name: string): Promise<void> {
		const { client } = this.#place;
		const shipped = readExample(this.#root, 'run-many').nodes.find((node) => node.name === name);
		if (shipped === undefined) throw new Error(`The example has no node "${name}"`);
		const { type, typeVersion, parameters } = shipped;
		await this.edit((node) =>
			node.name === name ? { ...node, type, typeVersion, parameters } : node,
		);
		await client.activate(this.id);
	}

	/** Changes nodes of the saved example. */
	async edit(change: (node: INode) => INode): Promise<void> {
		const { client } = this.#place;
		await client.updateWorkflow(this.id, { nodes: (await client.nodesOf(this.id)).map(change) });
	}

	/** Enters values into a row of the example's own, as a person does in the data table. */
	async enter({ id }: TableRow, data: Readonly<Record<string, unknown>>): Promise<void> {
		await this.#place.client.tables.edit(TABLE, id, data);
	}

	/** Saves a caller with these patients. */
	async saveCaller(
		patients: readonly string[],
		change: Change = (workflow) => workflow,
	): Promise<string> {
		const caller = withParameters(this.#caller, 'Rows', rowsOf(patients));
		return (await this.#place.client.importWorkflow(change(caller))).id;
	}

	/** Runs a saved caller by hand, and gives the execution's ID. */
	async run(caller: string): Promise<string> {
		const { executionId } = await this.#place.client.runWorkflowManually(caller);
		if (executionId === undefined) throw new Error('n8n did not run the caller');
		return executionId;
	}

	/** Runs a new caller with these patients by hand, and gives the execution's ID. */
	async begin(patients: readonly string[], change?: Change): Promise<string> {
		return await this.run(await this.saveCaller(patients, change));
	}

	/** Calls again what an execution of a caller has called, as the caller's note says. */
	async callAgain(patients: readonly string[], execution: string): Promise<string> {
		return await this.begin(patients, withBatch(`${execution}-0`));
	}

	/** Waits until the execution waits for the example. */
	async untilWaiting(execution: string): Promise<void> {
		await this.#place.client.waitForExecution(
			execution,
			({ status }) => status === 'waiting',
			TIMEOUT_MS,
		);
	}

	/** What the caller got. */
	async results(execution: string): Promise<Result[]> {
		const ended = await this.#place.client.waitForExecution(execution, undefined, TIMEOUT_MS);
		expect(ended.data.resultData.error?.message).toBeUndefined();
		expect(ended.status).toBe('success');
		expect(ended.data.resultData.runData['Run many']).toHaveLength(1);
		return jsonOf(ended, 'Run many') as unknown as Result[];
	}

	/** The runs of these patients, once all were started. */
	async runsOf(patients: readonly string[]): Promise<RunRecord[]> {
		const { sandbox } = this.#place;
		const found = () =>
			sandbox.state().runs.filter(({ params }) => patients.includes(String(params.PATIENT_NAME)));
		await sandbox.until(() => found().length === patients.length, TIMEOUT_MS);
		return found();
	}

	/** Waits for the runs of these patients, and sends the callbacks of all at once: successes, unless a test says otherwise. */
	async deliverAll(patients: readonly string[], status = 'success'): Promise<void> {
		const runs = await this.runsOf(patients);
		await Promise.all(runs.map(async (run) => await this.send({ ...successOf(run), status })));
	}

	/**
	 * Sends the callbacks of the runs from many senders, in random order: one in five twice, one in ten never. Between them
	 * come forged ones and such of other runs. In the middle of it something may happen to n8n.
	 */
	async deliverRandomly(
		runs: readonly RunRecord[],
		{ seed, shuffled }: SeededRandom,
		inTheMiddle?: () => Promise<void>,
	): Promise<{ never: RunRecord[]; strangers: string[] }> {
		process.stderr.write(`Random numbers of this test: NENAI_TEST_SEED=${seed}\n`);
		const { sandbox } = this.#place;
		const order = shuffled(runs);
		const never = order.slice(0, Math.floor(runs.length / 10));
		const heard = order.slice(never.length);
		const url = String(runs[0].callbackUrl);
		const strangers = [1, 2].map((n) => `run of somebody else ${seed} ${n}`);
		const toSend: DeliverOptions[] = shuffled([
			...heard.map(successOf),
			...heard.slice(0, Math.floor(runs.length / 5)).map(successOf),
			...never.map((run): DeliverOptions => ({ ...successOf(run), signature: 'wrong-secret' })),
			...strangers.map((messageId): DeliverOptions => ({ url, messageId, status: 'success' })),
		]);
		const half = toSend.length / 2;
		let sent = 0;
		let happened: Promise<void> | undefined;
		const sender = async () => {
			for (let callback = toSend.shift(); callback !== undefined; callback = toSend.shift()) {
				if (callback.signature === 'wrong-secret')
					// Nothing answers while n8n is down.
					expect((await sandbox.deliver(callback)).answer?.status ?? 401).toBe(401);
				else await this.send(callback);
				sent += 1;
				if (sent > half) happened ??= inTheMiddle?.();
			}
		};
		await Promise.all(Array.from({ length: SENDERS }, sender));
		await happened;
		return { never, strangers };
	}

	/** As NenAI does: again, until it is answered 200. */
	async send(callback: DeliverOptions): Promise<void> {
		for (let tried = 0; tried < TRIES; tried += 1) {
			const { answer } = await this.#place.sandbox.deliver(callback);
			if (answer?.status === 200) return;
			await sleep(AGAIN_MS);
		}
		throw new Error(`Nobody took the callback of ${callback.messageId}`);
	}

	/** A result for each patient, in their order, each with the callback of its own run. */
	expectAll(results: readonly Result[], patients: readonly string[]): void {
		expect(results.map(({ row, ok, status }) => [row, ok, status])).toEqual(
			patients.map((_, n) => [n + 1, true, 'success']),
		);
		this.expectOwn(results, patients);
	}

	/** Each row has the run of its own patient. */
	expectOwn(results: readonly Result[], patients: readonly string[]): void {
		expect(results.map(({ input }) => input.parameters.PATIENT_NAME)).toEqual(patients);
		const { runs } = this.#place.sandbox.state();
		for (const { message_id: id, input, result, status } of results) {
			if (id === '') continue;
			const run = runs.find(({ messageId }) => messageId === id);
			expect(run?.params).toEqual(input.parameters);
			if (status === 'success') expect(result.message_id).toBe(id);
		}
	}

	/** Until the schedule has looked twice: what it does once, it would have done twice by now. */
	async untilChecked(): Promise<void> {
		await sleep((2 * EVERY + 2) * 1000);
	}

	/** What was reported to a person. */
	async reported(): Promise<Array<Record<string, unknown>>> {
		return (await this.executionsWith('Needs a person')).flatMap((execution) =>
			jsonOf(execution, 'Needs a person'),
		);
	}

	/** The ended executions of the example in which this node ran. */
	async executionsWith(node: string): Promise<Execution[]> {
		const { client } = this.#place;
		for (const { id } of (await client.executions(this.id)).filter(
			(one) => isSettled(one) && !this.#executions.has(one.id),
		)) {
			this.#executions.set(id, await client.waitForExecution(id));
		}
		return [...this.#executions.values()].filter((execution) => hasRun(execution, node));
	}

	/** The first row that is so, once there is one. */
	async untilRow(condition: (row: TableRow) => boolean): Promise<TableRow> {
		let rows: TableRow[] = [];
		return await waitFor(
			'a row of the table',
			async () => (rows = await this.rows()).find(condition),
			{ timeoutMs: TIMEOUT_MS, lastSeen: () => JSON.stringify(rows) },
		);
	}

	/** The first row that is so, once it was reported to a person: from then on, it is reported once a day. */
	async untilReported(condition: (row: TableRow) => boolean): Promise<TableRow> {
		const soon = Date.now() + 3_600_000;
		const isReported = ({ report_at: at }: TableRow) => Date.parse(String(at)) > soon;
		return await this.untilRow((row) => condition(row) && isReported(row));
	}

	/** Until nothing of any batch is left. */
	async untilNoRow(): Promise<void> {
		let rows: TableRow[] = [];
		await waitFor(
			'the table to be empty',
			async () => ((rows = await this.rows()).length === 0 ? true : undefined),
			{ timeoutMs: TIMEOUT_MS, intervalMs: 500, lastSeen: () => JSON.stringify(rows) },
		);
	}

	/** Those of this workflow: the table is shared. */
	async rows(): Promise<TableRow[]> {
		return (await this.#place.client.tables.rows(TABLE)).filter(
			({ workflow }) => workflow === this.id,
		);
	}
}

/** A change of the example: in place of a node, one that fails. */
export const failingAt =
	(node: string): Change =>
	(workflow) =>
		withSettings(workflow, node, {
			type: 'n8n-nodes-base.stopAndError',
			typeVersion: 1,
			parameters: { errorType: 'errorMessage', errorMessage: 'Not today' },
		});

/** A change of the caller: the name of its batch, in place of the ID of the execution. */
export const withBatch =
	(batch: string): Change =>
	(workflow) =>
		JSON.parse(JSON.stringify(workflow).replace('={{ $execution.id }}-{{ $runIndex }}', batch));

export const successOf = ({ messageId }: RunRecord): DeliverOptions => ({
	messageId,
	status: 'success',
});

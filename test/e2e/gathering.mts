/** The example that gathers by callbacks, set up for a test: driven as NenAI and a builder would, and judged by what comes out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isSettled, type Execution, type N8nClient } from '../n8n/client.mts';
import type { TableRow } from '../n8n/data-tables.mts';
import { waitFor } from '../n8n/poll.mts';
import type { DeliverOptions, RunRecord, Sandbox } from '../sandbox/index.mts';
import type { SeededRandom } from './random.mts';
import {
	hasRun,
	readExample,
	rowsOf,
	storeNenAiCredential,
	withParameters,
	type Change,
} from './environment.mts';
import { triggerUrl } from './workflows.mts';

/** Where the example keeps its rows. */
export const TABLE = 'NenAI batches';

/** How many callbacks NenAI sends at a time. */
const SENDERS = 10;

/** Seconds between two looks of the schedule, and until a row is overdue. */
const EVERY = 5;
const OVERDUE_AFTER = 12;

const TIMEOUT_MS = 120_000;

/** The parameters of the example's limits: hurried, and as given. */
export function limits(changes: { give_up_after_hours?: number }) {
	const values = {
		give_up_after_hours: 24,
		keep_days: 7,
		ask_after_minutes: OVERDUE_AFTER / 60,
		report_after_minutes: OVERDUE_AFTER / 60,
		...changes,
	};
	const assignments = Object.entries(values).map(([name, value]) => ({
		id: name,
		name,
		value,
		type: 'number',
	}));
	return { assignments: { assignments } };
}

/** What the environment of one n8n and the cluster have in common. */
export interface Place {
	client: N8nClient;
	sandbox: Sandbox;
	/** What takes the webhooks. */
	webhooks: { webhookUrl: string };
}

/** A environment, or a cluster. */
type Stageable = Omit<Place, 'webhooks'> &
	Partial<Pick<Place, 'webhooks'>> & { n8n?: Place['webhooks'] };

type Result = Record<string, unknown>;

/** As NenAI sends it again until it is taken. */
const TRIES = 200;
const AGAIN_MS = 500;

export class Gathering {
	readonly #place: Place;
	readonly #workflow: string;
	readonly #executions = new Map<string, Execution>();

	private constructor(place: Place, workflow: string) {
		this.#place = place;
		this.#workflow = workflow;
	}

	/** Imports the example as its note says, with shorter times, and keeps it published for as long as `use` takes. */
	static async during(
		root: string,
		environment: Stageable,
		use: (gathering: Gathering) => Promise<void>,
		change?: Change,
	): Promise<void> {
		const gathering = await Gathering.#open(root, environment, change);
		try {
			await use(gathering);
		} finally {
			await environment.client.deactivate(gathering.#workflow);
		}
	}

	static async #open(
		root: string,
		environment: Stageable,
		change: Change = (workflow) => workflow,
	): Promise<Gathering> {
		const webhooks = environment.webhooks ?? environment.n8n;
		if (webhooks === undefined) throw new Error('Nothing takes the webhooks');
		const { client, sandbox } = environment;
		const hurried = [
			['Every 5 minutes', { rule: { interval: [{ field: 'seconds', secondsInterval: EVERY }] } }],
			['Limits', limits({})],
		] as const;
		const changed = change(
			hurried.reduce(
				(workflow, [node, parameters]) => withParameters(workflow, node, parameters),
				readExample(root, 'gather-by-callback'),
			),
		);
		const trigger = changed.nodes.find(({ type }) => type.endsWith('.nenAiTrigger'));
		const nenAiApi = await storeNenAiCredential(client, sandbox, {
			defaultCallbackUrl: triggerUrl(webhooks, String(trigger?.webhookId)),
		});
		const { id } = await client.importWorkflow(changed, { credentials: { nenAiApi } });
		await client.activate(id);
		// What ends, ends unheard of, unless a test sends a callback.
		sandbox.setDefaults({ fault: { callbacks: [] } });
		return new Gathering({ client, sandbox, webhooks }, id);
	}

	/** Puts a node of the example back as it is in the file, as somebody who has mended it. */
	async mend(root: string, name: string): Promise<void> {
		const { client } = this.#place;
		const [shipped] = readExample(root, 'gather-by-callback').nodes.filter(
			(node) => node.name === name,
		);
		const nodes = (await client.nodesOf(this.#workflow)).map((node) =>
			node.name === name
				? {
						...node,
						type: shipped.type,
						typeVersion: shipped.typeVersion,
						parameters: shipped.parameters,
					}
				: node,
		);
		await client.updateWorkflow(this.#workflow, { nodes });
	}

	/** Enters values into a row of the example's own, as a person does in the data table. */
	async edit({ id }: TableRow, data: Readonly<Record<string, unknown>>): Promise<void> {
		await this.#place.client.tables.edit(TABLE, id, data);
	}

	/** Runs the example by hand for these patients, and gives the execution's id. */
	async begin(patients: readonly string[]): Promise<string> {
		const { client } = this.#place;
		const nodes = (await client.nodesOf(this.#workflow)).map((node) =>
			node.name === 'Rows'
				? { ...node, parameters: { ...node.parameters, ...rowsOf(patients) } }
				: node,
		);
		await client.updateWorkflow(this.#workflow, { nodes });
		const { executionId } = await client.runWorkflowManually(this.#workflow, {
			trigger: 'Run by hand',
		});
		if (executionId === undefined) throw new Error('n8n did not run the example');
		return executionId;
	}

	/** Waits for the runs of these patients, and sends the callbacks of all at once: successes, unless a test says otherwise. */
	async deliverAll(patients: readonly string[], status = 'success'): Promise<void> {
		const { sandbox } = this.#place;
		const runsOf = () =>
			sandbox.state().runs.filter(({ params }) => patients.includes(String(params.PATIENT_NAME)));
		await sandbox.until(() => runsOf().length === patients.length, 60_000);
		await Promise.all(runsOf().map(async (run) => await this.#send({ ...successOf(run), status })));
	}

	/**
	 * Runs the example for each batch, and sends callbacks from the first run on: in random order, from ten senders, one
	 * in five doubled, one in ten never. In the middle of it something may happen to n8n.
	 */
	async run(
		batches: ReadonlyArray<readonly string[]>,
		{ seed, next, shuffled }: SeededRandom,
		inTheMiddle?: () => Promise<void>,
	) {
		process.stderr.write(`Random numbers of this test: NENAI_TEST_SEED=${seed}\n`);
		const { sandbox } = this.#place;
		const count = batches.flat().length;
		sandbox.setDefaults({ fault: { callbacks: [], latencyMs: 100 } });
		const fates = shuffled(
			Array.from({ length: count }, (_, n) =>
				n < count / 10 ? 'never' : n < (count * 3) / 10 ? 'doubled' : 'once',
			),
		);
		const toSend: Array<DeliverOptions | undefined> = [];
		const known = new Set<string>();
		let taken = 0;
		let happened: Promise<void> | undefined;
		// What n8n was starting when it was killed it does not know: some callbacks come before that, most after it.
		const rowsThere =
			inTheMiddle === undefined
				? Promise.resolve()
				: this.untilRow(({ row, batch }) => row === 1 && batch !== 'early').then(() => undefined);
		/** Takes up the runs that were started since, and puts their callbacks anywhere among those that wait. */
		const look = () => {
			for (const run of sandbox.state().runs.filter(({ messageId }) => !known.has(messageId))) {
				known.add(run.messageId);
				const fate = fates[known.size - 1];
				const copies =
					fate === 'never'
						? []
						: fate === 'doubled'
							? [successOf(run), successOf(run)]
							: [successOf(run)];
				for (const copy of copies) toSend.splice(Math.floor(next() * (toSend.length + 1)), 0, copy);
			}
		};
		const deadline = Date.now() + TIMEOUT_MS;
		const sender = async () => {
			for (;;) {
				if (Date.now() > deadline)
					throw new Error(
						`After ${TIMEOUT_MS / 1000} s ${known.size} of ${count} runs were started, and ${toSend.length} callbacks wait`,
					);
				look();
				if (taken > count / 4) await rowsThere;
				const callback = toSend.shift();
				if (callback !== undefined) {
					await this.#send(callback);
					taken += 1;
					if (taken > count / 2 && happened === undefined)
						happened = inTheMiddle?.() ?? Promise.resolve();
				} else if (known.size === count) return;
				else await sleep(20);
			}
		};
		for (const batch of batches) await this.begin(batch);
		await Promise.all(Array.from({ length: SENDERS }, sender));
		await happened;
		const of = (fate: string) => fates.filter((one) => one === fate).length;
		return { sent: { never: of('never'), doubled: of('doubled') } };
	}

	/** What came out of each batch, once there are so many, nothing is left to do, and the schedule has looked again. */
	async continuations(count: number): Promise<Result[][]> {
		let found: Execution[] = [];
		await waitFor(
			`${count} batches to go on`,
			async () =>
				(found = await this.executionsWith('Results')).length >= count ? true : undefined,
			{
				timeoutMs: TIMEOUT_MS,
				intervalMs: 1000,
				lastSeen: () => `${found.length}`,
			},
		);
		await this.untilNoRow();
		await sleep((EVERY + 2) * 1000);
		return (await this.executionsWith('Results')).flatMap(resultsOf);
	}

	/** Each batch has gone on once, with the results of its own rows in their order. */
	expectResults(continuations: Result[][], batches: ReadonlyArray<readonly string[]>): void {
		const patientsOf = (results: Result[]) =>
			results.map(({ input }) => (input as { patient: string }).patient);
		const inOrder = [...continuations].sort((a, b) =>
			patientsOf(a)[0] < patientsOf(b)[0] ? -1 : 1,
		);
		expect(inOrder.map(patientsOf)).toEqual(batches);
		const { runs } = this.#place.sandbox.state();
		for (const results of inOrder) {
			expect(results.map(({ row, ok }) => [row, ok])).toEqual(results.map((_, n) => [n + 1, true]));
			for (const {
				input,
				message_id: messageId,
				status,
				has_callback: hasCallback,
				answer,
			} of results) {
				// Asking gives a state and no values: the builder must be able to tell.
				expect(hasCallback).toBe(status === 'success');
				const run = runs.find((one) => one.messageId === messageId);
				expect(run?.params.PATIENT_NAME).toBe((input as { patient: string }).patient);
				// A callback names the run otherwise than an answer of NenAI's.
				const { message_id: called, messageId: asked } = answer as Result;
				expect(called ?? asked).toBe(messageId);
			}
		}
		const asked = inOrder.flat().filter(({ status }) => status === 'completed').length;
		process.stderr.write(
			`${inOrder.length} batches went on with ${inOrder.flat().length} results, ${asked} of which NenAI was asked for\n`,
		);
	}

	/** The ended executions of the example in which this node ran. */
	async executionsWith(node: string): Promise<Execution[]> {
		const { client } = this.#place;
		for (const { id } of (await client.executions(this.#workflow)).filter(
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
			async () => (rows = await this.#rows()).find(condition),
			{ timeoutMs: 60_000, lastSeen: () => JSON.stringify(rows) },
		);
	}

	/** Until every batch is forgotten. Copies of callbacks that came late may be left. */
	async untilNoRow(): Promise<void> {
		const left = async () => (await this.#rows()).filter(({ batch }) => batch !== 'early');
		await waitFor(
			'the table to be empty',
			async () => ((await left()).length === 0 ? true : undefined),
			{ timeoutMs: TIMEOUT_MS, intervalMs: 500 },
		);
	}

	/** Those of this workflow: the table is shared. */
	async #rows(): Promise<TableRow[]> {
		return (await this.#place.client.tables.rows(TABLE)).filter(
			({ workflow }) => workflow === this.#workflow,
		);
	}

	/** As NenAI does: again, until it is answered 200. */
	async #send(callback: DeliverOptions): Promise<void> {
		for (let tried = 0; tried < TRIES; tried += 1) {
			const { answer } = await this.#place.sandbox.deliver(callback);
			if (answer?.status === 200) return;
			await sleep(AGAIN_MS);
		}
		throw new Error(`Nobody took the callback of ${callback.messageId}`);
	}
}

const successOf = ({ messageId }: RunRecord): DeliverOptions => ({ messageId, status: 'success' });

/** What came out of each batch that went on in this execution. */
export function resultsOf({ data }: Execution): Result[][] {
	return (data.resultData.runData.Results ?? []).map((run) =>
		(run.data?.main?.[0] ?? []).map(({ json }) => json),
	);
}

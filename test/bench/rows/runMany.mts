/** Row 11: a run for each row, and one continuation with all results: the example, and the one that it replaced. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import type { N8nClient, WorkflowJson } from '../../n8n/client.mts';
import { waitFor } from '../../n8n/poll.mts';
import { waitForWebhook } from '../../n8n/webhook.mts';
import type { Bench, Row } from '../bench.mts';
import { CALLED, type BenchEnvironment, type Engine } from '../environment.mts';
import { callback, messages, send } from '../load.mts';
import { median, type Comparison } from '../results.mts';
import { bareTrigger, triggerPath } from '../workflows.mts';

/** A bare trigger cannot accept twice the rate of the other example, so the target is lower: docs/internals/speed.md */
const MARK = 0.7;

const ROWS = 200;
const SENDERS = 20;

/** The caller is to continue within so many seconds after the last callback was answered. */
const LONGEST_CONTINUATION = 3;

const TIMEOUT_MS = 180_000;

const root = join(import.meta.dirname, '../../..');
const read = (file: string): WorkflowJson => JSON.parse(readFileSync(join(root, file), 'utf8'));

/** One of the two ways, imported and published. */
interface Way {
	/** Where its trigger takes callbacks. */
	url: string;
	/** Its data table. */
	table: string;
	/** Starts the runs of so many rows, and returns when it waits for their callbacks. */
	begin(): Promise<{
		/** Whether it has gone on with so many results. */
		hasResults(): Promise<boolean>;
	}>;
}

type Change = (node: INode) => INode;

/** Imports a workflow whose runs report to its own trigger. */
async function publish(
	{ client, n8n, sandbox }: BenchEnvironment,
	file: string,
	change: Change,
): Promise<{ id: string; url: string }> {
	const workflow = read(file);
	const trigger = workflow.nodes.find(({ type }) => type.endsWith('.nenAiTrigger'));
	const url = `${n8n.webhookUrl}/webhook/${String(trigger?.webhookId)}/webhook`;
	const { apiKey, url: baseUrl, mcpUrl, desktopUrl, webhookSecret } = sandbox;
	const nenAiApi = {
		name: file,
		id: await client.createCredential({
			name: file,
			type: 'nenAiApi',
			data: { apiKey, baseUrl, mcpUrl, desktopUrl, webhookSecret, defaultCallbackUrl: url },
		}),
	};
	const { id } = await client.importWorkflow(
		{ ...workflow, nodes: workflow.nodes.map(change) },
		{ credentials: { nenAiApi } },
	);
	await client.activate(id);
	await waitForWebhook(url);
	return { id, url };
}

/** The parameters of "Rows" for so many patients, beside what else is entered there. */
const withRows =
	(count: number): Change =>
	(node) => {
		if (node.name !== 'Rows') return node;
		const { assignments } = node.parameters.assignments as {
			assignments: Array<{ name: string; value: string }>;
		};
		const patients = JSON.stringify(Array.from({ length: count }, (_, n) => `patient ${n}`));
		return {
			...node,
			parameters: {
				...node.parameters,
				assignments: {
					assignments: assignments.map((one) =>
						one.name === 'patient' ? { ...one, value: patients } : one,
					),
				},
			},
		};
	};

/** Starts a workflow by hand, and gives the ID of its execution. */
async function execute(client: N8nClient, workflow: string, trigger: string): Promise<string> {
	const { executionId } = await client.runWorkflowManually(workflow, { trigger });
	if (executionId === undefined) throw new Error('n8n did not run the example');
	return executionId;
}

/** What the package's example does now. A finished batch is deleted at the next look at the table. */
async function runMany(environment: BenchEnvironment, count: number): Promise<Way> {
	const { client } = environment;
	const { id, url } = await publish(environment, 'examples/run-many.json', (node) => {
		if (node.name === 'Every 5 minutes') return everySeconds(node, 5);
		if (node.name !== 'Take the results') return node;
		return JSON.parse(JSON.stringify(node).replace('days: 1', 'seconds: 1'));
	});
	const caller = read('examples/run-many-caller.json');
	const workflowId = { __rl: true, mode: 'id', value: id };
	const { id: callerId } = await client.createWorkflow({
		...caller,
		nodes: caller.nodes
			.map(withRows(count))
			.map((node) =>
				node.name === 'Run many'
					? { ...node, parameters: { ...node.parameters, workflowId } }
					: node,
			),
	});
	return {
		url,
		table: 'NenAI run many',
		async begin() {
			const execution = await execute(client, callerId, 'Run by hand');
			await client.waitForExecution(execution, ({ status }) => status === 'waiting', TIMEOUT_MS);
			return {
				hasResults: async () => {
					const { status, data } = await client.execution(execution);
					const items = data.resultData.runData['Run many']?.[0].data?.main?.[0];
					return status === 'success' && items?.length === count;
				},
			};
		},
	};
}

/** What it did before. */
async function gatherByCallback(environment: BenchEnvironment, count: number): Promise<Way> {
	const { client } = environment;
	const { id, url } = await publish(
		environment,
		'test/bench/peers/gather-by-callback.json',
		withRows(count),
	);
	return {
		url,
		table: 'NenAI batches',
		async begin() {
			const execution = await execute(client, id, 'Run by hand');
			await client.waitForExecution(execution, undefined, TIMEOUT_MS);
			const before = (await client.executions(id)).map((one) => one.id);
			return {
				hasResults: async () => {
					// The results are in one of the executions of the callbacks, most likely in a late one.
					const ended = (await client.executions(id, { status: ['success'] })).filter(
						(one) => !before.includes(one.id),
					);
					if (ended.length < count) return false;
					const late = await Promise.all(
						ended.slice(0, 2 * SENDERS).map((one) => client.execution(one.id)),
					);
					return late.some(({ data }) => 'Results' in data.resultData.runData);
				},
			};
		},
	};
}

const everySeconds = (node: INode, secondsInterval: number): INode => ({
	...node,
	parameters: { rule: { interval: [{ field: 'seconds', secondsInterval }] } },
});

interface Measured {
	perSecond: number;
	/** Seconds from the last answer to a callback until the results were there. */
	continued: number;
	/** Seconds until nothing was left in the table. */
	emptied: number;
	/** Of a sender, in seconds. */
	slowest: number;
}

async function measure(
	{ client, sandbox }: BenchEnvironment,
	{ url, table, begin }: Way,
	count: number,
): Promise<Measured> {
	const before = sandbox.state().runs.length;
	const { hasResults } = await begin();
	const runs = sandbox.state().runs.slice(before);
	if (runs.length !== count) throw new Error(`${runs.length} of ${count} runs were started`);
	const toSend = runs.map(({ messageId }) => callback(messageId, sandbox.webhookSecret));
	const { answers, perSecond } = await send(url, toSend, SENDERS);
	const answered = performance.now();
	const others = answers.filter(({ status }) => status !== 200);
	if (others.length > 0) throw new Error(`A callback was answered with ${others[0].status}`);
	const since = async (what: string, done: () => Promise<boolean>) => {
		await waitFor(what, async () => ((await done()) ? true : undefined), {
			timeoutMs: TIMEOUT_MS,
			intervalMs: 100,
		});
		return (performance.now() - answered) / 1000;
	};
	const continued = await since('the results', hasResults);
	const emptied = await since(
		'the table to be empty',
		async () => (await client.tables.rows(table)).length === 0,
	);
	return {
		perSecond,
		continued,
		emptied,
		slowest: Math.max(...answers.map((one) => one.tookMs)) / 1000,
	};
}

export const row11: Row = {
	name: '11',
	title: 'A run for each row, and all results together',
	async run(bench: Bench): Promise<Comparison[]> {
		const found: Comparison[] = [];
		for (const engine of ['vm', 'lazy'] as const satisfies Engine[])
			found.push(...(await compare(bench, engine)));
		return found;
	},
};

async function compare(bench: Bench, engine: Engine): Promise<Comparison[]> {
	const count = bench.sized(ROWS);
	const environment = await bench.environment(engine);
	environment.sandbox.setDefaults({ workflows: null, fault: { callbacks: [] } });
	const ways = {
		them: await gatherByCallback(environment, count),
		us: await runMany(environment, count),
	};
	const all: Record<'us' | 'them', Measured[]> = { us: [], them: [] };
	const timed = (name: 'us' | 'them') => async () => {
		const measured = await measure(environment, ways[name], count);
		all[name].push(measured);
		return measured.perSecond;
	};
	const { url: bareUrl } = await environment.publish(bareTrigger('row11'), triggerPath('row11'));
	const { us, them, floor } = await bench.inTurn(`${count} rows, ${engine}`, {
		them: timed('them'),
		us: timed('us'),
		// One execution for each callback, in which nothing is done.
		floor: async () => (await send(bareUrl, messages(count, undefined), SENDERS)).perSecond,
	});
	const slowest = ({ us: ours }: typeof all, key: 'continued' | 'emptied' | 'slowest') =>
		Math.max(...ours.map((one) => one[key])).toFixed(1);
	const common = {
		row: '11',
		peer: 'the example that gathered by callbacks, which answers before it stores',
	};
	const work = `${count} rows with one call, callbacks by ${SENDERS} senders, ${CALLED[engine]}`;
	return [
		{
			...common,
			work: `${work}: callbacks answered`,
			unit: 'per s',
			better: 'more',
			ours: us,
			peers: them,
			...(engine === 'vm' ? { mark: MARK } : {}),
			facts: [
				{ text: `the slowest answer after ${slowest(all, 'slowest')} s` },
				{
					text: `a bare trigger, which verifies and stores nothing, took ${median(floor).toFixed(1)} per s`,
				},
			],
		},
		{
			...common,
			work: 'the same: until the results are there, after the last answer',
			unit: 's',
			better: 'less',
			ours: all.us.map((one) => one.continued),
			peers: all.them.map((one) => one.continued),
			facts: [
				{
					text: `within ${LONGEST_CONTINUATION} s`,
					holds: median(all.us.map((one) => one.continued)) <= LONGEST_CONTINUATION,
				},
				{
					text: `nothing of a finished batch stayed in the table, which was looked at every 5 s: empty after ${slowest(all, 'emptied')} s at most`,
				},
			],
		},
	];
}

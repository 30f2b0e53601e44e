/** Row 6: many executions that wait for their results. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INode } from 'n8n-workflow';
import { request } from 'undici';
import { isSettled } from '../../n8n/client.mts';
import { waitFor } from '../../n8n/poll.mts';
import { chain, node } from '../workflows.mts';
import type { Bench, Row } from '../bench.mts';
import { memoryAtRest } from '../memory.mts';
import type { Comparison } from '../results.mts';
import type { Engine, Stage } from '../stage.mts';

const CALLERS = 10;

/** All callbacks are sent within this time, in milliseconds. */
const CALLBACKS_WITHIN = 10_000;

/** The default engine builds a sandbox for each execution that polls: as many as there are in the last size would fill the machine. */
const SIZES: ReadonlyArray<{ engine: Engine; sizes: number[] }> = [
	{ engine: 'legacy', sizes: [100, 250, 500] },
	{ engine: 'vm', sizes: [50] },
];

/** One way to wait: its workflow, and what ends the waiting of all. */
interface Contender {
	id: string;
	url: string;
	finish: () => Promise<void>;
}

interface Waited {
	/** Megabytes for each waiting execution, by size. */
	perExecution: number[];
	/** At rest before and after, in megabytes. */
	idle: { before: number; after: number };
	lost: number;
	/** From the first callback to the end of the last execution. */
	seconds: number;
}

function waitingWorkflow(path: string, waits: INode) {
	const webhook = node('Webhook', 'webhook', 2.1, { httpMethod: 'POST', path, responseMode: 'onReceived', options: {} }, { webhookId: path });
	return chain(path, [webhook, node('Number', 'set', 3.4, { mode: 'raw', jsonOutput: '={{ { N: $json.body.N } }}', options: {} }), waits]);
}

async function ourContender(stage: Stage): Promise<Contender> {
	const { sandbox, credentials } = stage;
	const parameters = { assignments: [{ id: 'n', name: 'N', type: 'number', value: '={{ $json.N }}' }] };
	const wait = node('Run and wait', 'n8n-nodes-nenai.nenAi', 1, { resource: 'run', operation: 'startAndWait', workflowId: 'bench', parameters, options: {} }, { credentials: { nenAiApi: credentials.nenAiApi } });
	const finish = async () => {
		const { runs } = sandbox.state();
		await Promise.all(runs.map(async ({ messageId }, index) => {
			await sleep((index * CALLBACKS_WITHIN) / runs.length);
			await deliverUntilTaken(stage, messageId);
		}));
	};
	return { ...(await stage.publish(waitingWorkflow('row6-ours', wait), 'row6-ours')), finish };
}

/** As NenAI does: once more after a while when the answer was not 200. */
async function deliverUntilTaken({ sandbox }: Stage, messageId: string): Promise<void> {
	for (let tries = 0; tries < 30; tries += 1) {
		const { answer } = await sandbox.deliver({ messageId, status: 'success' });
		// 409 after a time-out: the callback before this one was taken, and its answer came too late.
		if (answer?.status === 200 || (tries > 0 && answer?.status === 409)) return;
		await sleep(1000);
	}
}

/** What the polling node asks. NenAI itself has nothing of the kind that is published. */
async function statusServer(): Promise<{ server: Server; url: string; end: () => void }> {
	let status = 'processing';
	const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify({ status })));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, end: () => (status = 'success') };
}

async function pollingContender(stage: Stage, statusUrl: string, end: () => void): Promise<Contender> {
	const { sandbox } = stage;
	const poll = node('Poll', 'CUSTOM.pollingRun', 1, { runUrl: `${sandbox.url}/runs`, statusUrl, apiKey: sandbox.apiKey });
	return { ...(await stage.publish(waitingWorkflow('row6-polling', poll), 'row6-polling')), finish: async () => end() };
}

/** Makes so many more executions wait. */
async function startWaiting({ sandbox }: Stage, { url }: Contender, count: number): Promise<void> {
	const before = sandbox.state().runs.length;
	let next = 0;
	const caller = async () => {
		while (next < count) {
			const { statusCode, body } = await request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ N: next++ }) });
			await body.dump();
			if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
		}
	};
	await Promise.all(Array.from({ length: CALLERS }, caller));
	await sandbox.until(({ runs }) => runs.length === before + count, 300_000);
}

async function waitAndFinish(stage: Stage, contender: Contender, sizes: number[]): Promise<Waited> {
	const { client, n8n, sandbox } = stage;
	const settled = async () => (await client.executions(contender.id)).filter(isSettled).length;
	sandbox.reset();
	sandbox.setDefaults({ fault: { callbacks: [] } });
	const already = await settled();
	const before = await memoryAtRest(n8n.pid);
	const perExecution: number[] = [];
	let waiting = 0;
	for (const size of sizes) {
		await startWaiting(stage, contender, size - waiting);
		waiting = size;
		perExecution.push(((await memoryAtRest(n8n.pid)) - before) / size);
	}
	const began = performance.now();
	await contender.finish();
	const all = async () => ((await settled()) - already >= waiting ? true : undefined);
	const done = await waitFor('all executions to end', all, { timeoutMs: 240_000, intervalMs: 1000 }).catch(() => false);
	const seconds = (performance.now() - began) / 1000;
	const lost = done ? 0 : waiting - ((await settled()) - already);
	await sleep(5000);
	return { perExecution, idle: { before, after: await memoryAtRest(n8n.pid) }, lost, seconds };
}

/** An n8n for each of the two: what one leaves behind must not count for the other. */
async function measure(bench: Bench, engine: Engine, sizes: number[], ours: boolean): Promise<Waited> {
	const stage = await bench.freshStage({ engine });
	const { server, url, end } = await statusServer();
	try {
		const contender = ours ? await ourContender(stage) : await pollingContender(stage, url, end);
		return await waitAndFinish(stage, contender, sizes);
	} finally {
		server.close();
		server.closeAllConnections();
		await stage.close();
	}
}

export const row6: Row = {
	name: '6',
	title: 'Many executions waiting',
	async run(bench: Bench): Promise<Comparison[]> {
		const found: Comparison[] = [];
		for (const { engine, sizes: full } of SIZES) {
			const sizes = full.map((size) => bench.sized(size));
			const us: Waited[] = [];
			const them: Waited[] = [];
			await bench.inTurn(`${sizes.at(-1)} waiting, ${engine}`, {
				polling: async () => {
					them.push(await measure(bench, engine, sizes, false));
					return them[them.length - 1].perExecution.at(-1) ?? NaN;
				},
				us: async () => {
					us.push(await measure(bench, engine, sizes, true));
					return us[us.length - 1].perExecution.at(-1) ?? NaN;
				},
			});
			found.push(...sizes.map((size, index) => compare(size, index, engine, us, them, index === sizes.length - 1)));
		}
		return found;
	},
};

function compare(size: number, index: number, engine: Engine, us: Waited[], them: Waited[], last: boolean): Comparison {
	const name = engine === 'vm' ? "n8n's default expression engine" : 'N8N_EXPRESSION_ENGINE=legacy';
	// What cannot be told from nothing counts as ten kilobytes.
	const column = (waited: Waited[]) => waited.map(({ perExecution }) => Math.max(0.01, perExecution[index]));
	return { row: '6', work: `memory for each of ${size} waiting executions, ${name}`, peer: 'a node that polls', unit: 'MB', better: 'less', ours: column(us), peers: column(them), facts: last ? factsOf(us) : [] };
}

function factsOf(us: Waited[]) {
	const growth = us.map(({ idle }) => idle.after / idle.before - 1);
	const lost = us.reduce((sum, waited) => sum + waited.lost, 0);
	const slowest = Math.max(...us.map(({ seconds }) => seconds));
	return [
		{ text: `${lost} lost of those whose callbacks came within ${CALLBACKS_WITHIN / 1000} s, the last one ended after ${Math.round(slowest)} s`, holds: lost === 0 },
		{ text: `afterwards n8n holds ${Math.round(Math.max(...growth) * 100)} % more than before`, holds: Math.max(...growth) <= 0.1 },
	];
}

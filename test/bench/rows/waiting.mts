/** Row 6: many executions that wait for their results. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INode } from 'n8n-workflow';
import { request } from 'undici';
import { isSettled } from '../../n8n/client.mts';
import type { N8nInstance } from '../../n8n/instance.mts';
import { waitFor } from '../../n8n/poll.mts';
import { chain, node } from '../../n8n/build-workflow.mts';
import type { Bench, Row } from '../bench.mts';
import { INSPECTABLE, liveMemory, memoryAtRest } from '../memory.mts';
import { median, type Comparison } from '../results.mts';
import { CALLED, type Engine, type BenchEnvironment } from '../environment.mts';

const CALLERS = 10;

const WARM_UP = 30;

/** All callbacks are sent within this time, in milliseconds. */
const CALLBACKS_WITHIN = 10_000;

/**
 * With the old engine, what an execution needs is all in JavaScript's memory, and can be counted exactly. With the
 * default one, it is mostly the sandbox that n8n builds for each execution that polls: as many of those as the last
 * size has would fill the machine, and only the process as a whole shows them.
 */
const SIZES: ReadonlyArray<{ engine: Engine; sizes: number[]; kind: keyof Memory }> = [
	{ engine: 'legacy', sizes: [100, 250, 500], kind: 'live' },
	{ engine: 'vm', sizes: [100], kind: 'whole' },
];

/** One way to wait: its workflow, and what ends the waiting of all. */
interface Contender {
	id: string;
	url: string;
	finish: () => Promise<void>;
	/** Lets those that are started from now on wait again. */
	again: () => void;
}

/** In megabytes, when n8n has come to rest. */
interface Memory {
	/** What its JavaScript needs. */
	live: number;
	/** All that the process holds: its sandboxes for expressions as well, and what it has not given back yet. */
	whole: number;
}

interface Waited {
	before: Memory;
	/** While so many wait, by size. */
	during: Memory[];
	after: Memory;
	lost: number;
	/** From the first callback to the end of the last execution. */
	seconds: number;
}

function waitingWorkflow(path: string, waits: INode) {
	const webhook = node(
		'Webhook',
		'webhook',
		2.1,
		{ httpMethod: 'POST', path, responseMode: 'onReceived', options: {} },
		{ webhookId: path },
	);
	return chain(path, [
		webhook,
		node('Number', 'set', 3.4, {
			mode: 'raw',
			jsonOutput: '={{ { N: $json.body.N } }}',
			options: {},
		}),
		waits,
	]);
}

async function ourContender(environment: BenchEnvironment): Promise<Contender> {
	const { credentials } = environment;
	const parameters = {
		assignments: [{ id: 'n', name: 'N', type: 'number', value: '={{ $json.N }}' }],
	};
	const wait = node(
		'Run and wait',
		'n8n-nodes-nenai.nenAi',
		1,
		{ resource: 'run', operation: 'startAndWait', workflowId: 'bench', parameters, options: {} },
		{ credentials: { nenAiApi: credentials.nenAiApi } },
	);
	return {
		...(await environment.publish(waitingWorkflow('row6-ours', wait), 'row6-ours')),
		finish: async () => await deliverAll(environment),
		again: () => {},
	};
}

async function bareContender(environment: BenchEnvironment): Promise<Contender> {
	const { apiKey, url } = environment.sandbox;
	const wait = node('Wait', 'CUSTOM.bareWait', 1, { runUrl: `${url}/runs`, apiKey });
	return {
		...(await environment.publish(waitingWorkflow('row6-bare', wait), 'row6-bare')),
		finish: async () => await deliverAll(environment),
		again: () => {},
	};
}

async function deliverAll(environment: BenchEnvironment): Promise<void> {
	const { runs } = environment.sandbox.state();
	await Promise.all(
		runs.map(async ({ messageId }, index) => {
			await sleep((index * CALLBACKS_WITHIN) / runs.length);
			await deliverUntilTaken(environment, messageId);
		}),
	);
}

/** As NenAI does: once more after a while when the answer was not 200. */
async function deliverUntilTaken({ sandbox }: BenchEnvironment, messageId: string): Promise<void> {
	for (let tries = 0; tries < 30; tries += 1) {
		const { answer } = await sandbox.deliver({ messageId, status: 'success' });
		// 409 after a time-out: the callback before this one was taken, and its answer came too late.
		if (answer?.status === 200 || (tries > 0 && answer?.status === 409)) return;
		await sleep(1000);
	}
}

interface StatusServer {
	server: Server;
	url: string;
	/** For all runs that are asked for. */
	set: (status: 'processing' | 'success') => void;
}

/** What the polling node asks. NenAI itself has nothing of the kind that is published. */
async function statusServer(): Promise<StatusServer> {
	let status = 'processing';
	const server = createServer((_, response) =>
		response.setHeader('content-type', 'application/json').end(JSON.stringify({ status })),
	);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		server,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		set: (to) => (status = to),
	};
}

async function pollingContender(
	environment: BenchEnvironment,
	{ url: statusUrl, set }: StatusServer,
): Promise<Contender> {
	const { sandbox } = environment;
	const poll = node('Poll', 'CUSTOM.pollingRun', 1, {
		runUrl: `${sandbox.url}/runs`,
		statusUrl,
		apiKey: sandbox.apiKey,
	});
	return {
		...(await environment.publish(waitingWorkflow('row6-polling', poll), 'row6-polling')),
		finish: async () => set('success'),
		again: () => set('processing'),
	};
}

/** Makes so many more executions wait. */
async function startWaiting(
	{ sandbox }: BenchEnvironment,
	{ url }: Contender,
	count: number,
): Promise<void> {
	const before = sandbox.state().runs.length;
	let next = 0;
	const caller = async () => {
		while (next < count) {
			const { statusCode, body } = await request(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ N: next++ }),
			});
			await body.dump();
			if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
		}
	};
	await Promise.all(Array.from({ length: CALLERS }, caller));
	await sandbox.until(({ runs }) => runs.length === before + count, 300_000);
}

async function waitAndFinish(
	environment: BenchEnvironment,
	contender: Contender,
	sizes: number[],
): Promise<Waited> {
	const { client, n8n, sandbox } = environment;
	const settled = async () => (await client.executions(contender.id)).filter(isSettled).length;
	sandbox.reset();
	sandbox.setDefaults({ fault: { callbacks: [] } });
	await warmUp(environment, contender, settled);
	const already = await settled();
	const before = await atRest(n8n);
	const during: Memory[] = [];
	let waiting = 0;
	for (const size of sizes) {
		await startWaiting(environment, contender, size - waiting);
		waiting = size;
		during.push(await atRest(n8n));
	}
	const began = performance.now();
	await contender.finish();
	const all = async () => ((await settled()) - already >= waiting ? true : undefined);
	const done = await waitFor('all executions to end', all, {
		timeoutMs: 240_000,
		intervalMs: 1000,
	}).catch(() => false);
	const seconds = (performance.now() - began) / 1000;
	const lost = done ? 0 : waiting - ((await settled()) - already);
	return { before, during, after: await atRest(n8n), lost, seconds };
}

/** The first executions make n8n load and compile things that stay. */
async function warmUp(
	environment: BenchEnvironment,
	contender: Contender,
	settled: () => Promise<number>,
): Promise<void> {
	await startWaiting(environment, contender, WARM_UP);
	await contender.finish();
	await waitFor(
		'the first executions to end',
		async () => ((await settled()) >= WARM_UP ? true : undefined),
		{ timeoutMs: 120_000 },
	);
	contender.again();
	environment.sandbox.reset();
	environment.sandbox.setDefaults({ fault: { callbacks: [] } });
}

async function atRest(n8n: N8nInstance): Promise<Memory> {
	await sleep(2000);
	return { live: await liveMemory(n8n.log()), whole: await memoryAtRest(n8n.pid, 2) };
}

/** `floor`: a bare waiting node. */
type Who = 'us' | 'them' | 'floor';

/** An n8n for each of them: what one leaves behind must not count for another. */
async function measure(bench: Bench, engine: Engine, sizes: number[], who: Who): Promise<Waited> {
	const environment = await bench.freshEnvironment({ engine, env: INSPECTABLE });
	const status = await statusServer();
	try {
		const contenders = {
			us: ourContender,
			them: async () => await pollingContender(environment, status),
			floor: bareContender,
		};
		return await waitAndFinish(environment, await contenders[who](environment), sizes);
	} finally {
		status.server.close();
		status.server.closeAllConnections();
	}
}

export const row6: Row = {
	name: '6',
	title: 'Many executions waiting',
	async run(bench: Bench): Promise<Comparison[]> {
		const found: Comparison[] = [];
		for (const { engine, sizes: full, kind } of SIZES) {
			const sizes = full.map((size) => bench.sized(size));
			const waited: Record<Who, Waited[]> = { us: [], them: [], floor: [] };
			const seconds = (who: Who) => async () => {
				waited[who].push(await measure(bench, engine, sizes, who));
				return waited[who][waited[who].length - 1].seconds;
			};
			await bench.inTurn(`${sizes.at(-1)} waiting, ${engine}, seconds until all have ended`, {
				them: seconds('them'),
				us: seconds('us'),
				floor: seconds('floor'),
			});
			found.push(...sizes.map((size, index) => compare(size, index, engine, waited, kind)));
			found[found.length - 1].facts.push(...factsOf(waited, sizes[sizes.length - 1], kind));
		}
		return found;
	},
};

/** Less than this cannot be told from nothing, in kilobytes for each execution. */
const LEAST = 1;

function compare(
	size: number,
	index: number,
	engine: Engine,
	{ us, them }: Record<Who, Waited[]>,
	kind: keyof Memory,
): Comparison {
	const what = kind === 'live' ? 'live JavaScript memory' : 'memory of the process';
	const work = `${size} executions waiting: ${what} for each, ${CALLED[engine]}`;
	return {
		row: '6',
		work,
		peer: 'a node that polls',
		unit: 'kB',
		better: 'less',
		ours: perExecution(us, size, index, kind),
		peers: perExecution(them, size, index, kind),
		facts: [],
	};
}

/** In kilobytes, round by round. */
function perExecution(waited: Waited[], size: number, index: number, kind: keyof Memory) {
	return waited.map(({ before, during }) =>
		Math.max(LEAST, ((during[index][kind] - before[kind]) * 1024) / size),
	);
}

/** How much more the process may hold afterwards than a bare waiting node leaves, as a part of what it held before. */
const MAX_GROWTH = 0.1;

function factsOf({ us, floor }: Record<Who, Waited[]>, size: number, kind: keyof Memory) {
	const lost = us.reduce((sum, waited) => sum + waited.lost, 0);
	const slowest = Math.max(...us.map(({ seconds }) => seconds));
	const growth = (waited: Waited[]) =>
		median(waited.map(({ before, after }) => after.whole / before.whole - 1));
	const percent = (part: number) => `${Math.round(part * 100)} %`;
	const bare = median(perExecution(floor, size, floor[0].during.length - 1, kind));
	return [
		{
			text: `${lost} lost, whose callbacks all came within ${CALLBACKS_WITHIN / 1000} s; the last execution ended after ${Math.round(slowest)} s`,
			holds: lost === 0,
		},
		{
			text: `afterwards the process holds ${percent(growth(us))} more than before, and with a bare waiting node ${percent(growth(floor))}`,
			holds: growth(us) - growth(floor) <= MAX_GROWTH,
		},
		{ text: `each execution with a bare waiting node needs ${bare.toPrecision(3)} kB` },
	];
}

/** Rows 1 to 3: many runs started from many items. */
import { request } from 'undici';
import type { INode } from 'n8n-workflow';
import { chain, node } from '../../n8n/build-workflow.mts';
import type { Bench, Row } from '../bench.mts';
import type { Comparison } from '../results.mts';
import type { BenchEnvironment } from '../environment.mts';

const LATENCY_MS = 100;

/** About 0.3 s of each execution do not depend on the number of runs. They weigh more where there are few. */
const STARTS = [
	{ size: 125, mark: 7.5 },
	{ size: 250, mark: 8 },
	{ size: 500, mark: 8 },
];

type Settings = Partial<INode>;

/** Takes the items of the request apart, and answers when the node behind has done its work. */
function startWorkflow(path: string, starts: INode) {
	const webhook = node(
		'Webhook',
		'webhook',
		2.1,
		{ httpMethod: 'POST', path, responseMode: 'lastNode', responseData: 'noData', options: {} },
		{ webhookId: path },
	);
	return chain(path, [
		webhook,
		node('Split Out', 'splitOut', 1, { fieldToSplitOut: 'body.items', options: {} }),
		starts,
	]);
}

function ours(
	{ credentials: { nenAiApi } }: BenchEnvironment,
	options: INode['parameters'],
): INode {
	const parameters = {
		assignments: [{ id: 'n', name: 'N', type: 'number', value: '={{ $json.N }}' }],
	};
	return node(
		'Start',
		'n8n-nodes-nenai.nenAi',
		1,
		{
			resource: 'run',
			operation: 'start',
			workflowId: 'bench',
			parameters,
			callback: 'none',
			options,
		},
		{ credentials: { nenAiApi } },
	);
}

function httpRequest(
	{ credentials: { nenAiApi }, sandbox }: BenchEnvironment,
	options: INode['parameters'],
	settings: Settings = {},
): INode {
	const body = '={{ { workflow_id: "bench", workflow_params: { N: $json.N } } }}';
	const authentication = {
		authentication: 'predefinedCredentialType',
		nodeCredentialType: 'nenAiApi',
	};
	return node(
		'Start',
		'httpRequest',
		4.2,
		{
			method: 'POST',
			url: `${sandbox.url}/runs`,
			...authentication,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: body,
			options,
		},
		{ credentials: { nenAiApi }, ...settings },
	);
}

interface Started {
	seconds: number;
	/** HTTP status of n8n's answer: 500 when the node failed. */
	status: number;
	runs: number;
	/** Items that were started more than once. */
	doubled: number;
}

/** Starts a run for each of so many items, and counts at NenAI's side what came of it. */
async function start({ sandbox }: BenchEnvironment, url: string, count: number): Promise<Started> {
	const items = Array.from({ length: count }, (_, N) => ({ N }));
	const before = sandbox.state().runs.length;
	const began = performance.now();
	const { statusCode, body } = await request(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ items }),
		headersTimeout: 0,
		bodyTimeout: 0,
	});
	await body.dump();
	const seconds = (performance.now() - began) / 1000;
	const started = sandbox
		.state()
		.runs.slice(before)
		.map(({ params }) => params.N);
	return {
		seconds,
		status: statusCode,
		runs: started.length,
		doubled: started.length - new Set(started).size,
	};
}

/** A contender that must start every item once; gives the seconds it took. */
const timed = (environment: BenchEnvironment, url: string, count: number) => async () => {
	const { seconds, runs, doubled, status } = await start(environment, url, count);
	if (status !== 200 || runs !== count || doubled > 0)
		throw new Error(
			`${url} started ${runs} runs for ${count} items, ${doubled} twice, and n8n answered ${status}`,
		);
	return seconds;
};

const comparison = { unit: 's', better: 'less', facts: [] } as const satisfies Partial<Comparison>;

export const row1: Row = {
	name: '1',
	title: 'Starting many runs, one after the other and ten at a time',
	async run(bench: Bench): Promise<Comparison[]> {
		const environment = await bench.environment('vm');
		environment.sandbox.setDefaults({ fault: { latencyMs: LATENCY_MS } });
		const { url: ourUrl } = await environment.publish(
			startWorkflow('row1-ours', ours(environment, {})),
			'row1-ours',
		);
		const oneByOne = httpRequest(environment, {
			batching: { batch: { batchSize: 1, batchInterval: LATENCY_MS } },
		});
		const { url: peerUrl } = await environment.publish(
			startWorkflow('row1-peer', oneByOne),
			'row1-peer',
		);
		const found: Comparison[] = [];
		for (const { size, mark } of STARTS) {
			const count = bench.sized(size);
			const { us, them } = await bench.inTurn(`${count} starts`, {
				them: timed(environment, peerUrl, count),
				us: timed(environment, ourUrl, count),
			});
			const work = `start ${count} runs, API latency ${LATENCY_MS} ms, default settings`;
			found.push({
				...comparison,
				row: '1',
				work,
				peer: 'HTTP Request, batches of 1',
				ours: us,
				peers: them,
				mark,
			});
		}
		return found;
	},
};

export const row2: Row = {
	name: '2',
	title: 'Starting many runs at once',
	async run(bench: Bench): Promise<Comparison[]> {
		const environment = await bench.environment('vm');
		environment.sandbox.setDefaults({ fault: { latencyMs: LATENCY_MS } });
		const { url: ourUrl } = await environment.publish(
			startWorkflow('row2-ours', ours(environment, { maxConcurrency: 50 })),
			'row2-ours',
		);
		const { url: peerUrl } = await environment.publish(
			startWorkflow('row2-peer', httpRequest(environment, {})),
			'row2-peer',
		);
		const count = bench.sized(500);
		const { us, them } = await bench.inTurn(`${count} starts at once`, {
			them: timed(environment, peerUrl, count),
			us: timed(environment, ourUrl, count),
		});
		const work = `start ${count} runs, API latency ${LATENCY_MS} ms, Max Concurrency 50`;
		return [
			{
				...comparison,
				row: '2',
				work,
				peer: 'HTTP Request as it comes (all at once)',
				ours: us,
				peers: them,
				mark: 1,
			},
		];
	},
};

const PER_SECOND = 30;

export const row3: Row = {
	name: '3',
	title: 'Starting more runs than the API takes in a second',
	async run(bench: Bench): Promise<Comparison[]> {
		const environment = await bench.environment('vm');
		const count = Math.max(4 * PER_SECOND, bench.sized(300));
		environment.sandbox.setDefaults({ rateLimit: { runs: PER_SECOND, perMs: 1000 }, fault: {} });
		const { url: ourUrl } = await environment.publish(
			startWorkflow('row3-ours', ours(environment, {})),
			'row3-ours',
		);
		const { url: plainUrl } = await environment.publish(
			startWorkflow('row3-plain', httpRequest(environment, {})),
			'row3-plain',
		);
		const retrying = httpRequest(environment, {}, { retryOnFail: true });
		const { url: retryUrl } = await environment.publish(
			startWorkflow('row3-retry', retrying),
			'row3-retry',
		);
		const tell = ({ runs, doubled, status }: Started) =>
			`started ${runs} of ${count}, ${doubled} of them again${status === 200 ? '' : ', and failed'}`;
		const did: Record<string, Started> = {};
		const after = (name: string, url: string) => async () => {
			// The limit counts a sliding second: nobody may inherit what the one before used up.
			await new Promise((resolve) => setTimeout(resolve, 1100));
			did[name] = await start(environment, url, count);
			return did[name].seconds;
		};
		const { us } = await bench.inTurn(`${count} starts, ${PER_SECOND} per second`, {
			us: after('us', ourUrl),
			plain: after('plain', plainUrl),
			retry: after('retry', retryUrl),
		});
		environment.sandbox.setDefaults({ rateLimit: null });
		const { runs, doubled, status } = did.us;
		const least = (count - PER_SECOND) / PER_SECOND;
		return [
			{
				...comparison,
				row: '3',
				work: `start ${count} runs, API limited to ${PER_SECOND} per second`,
				peer: "the limit's own minimum",
				ours: us,
				peers: us.map(() => least),
				mark: 0.83,
				facts: [
					{
						text: 'each started once, no error',
						holds: runs === count && doubled === 0 && status === 200,
					},
					{ text: `HTTP Request as it comes ${tell(did.plain)}` },
					{ text: `with its Retry On Fail ${tell(did.retry)}` },
				],
			},
		];
	},
};

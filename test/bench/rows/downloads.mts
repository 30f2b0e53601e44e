/** Row 7: large files. */
import type { INode } from 'n8n-workflow';
import { chain, node } from '../../n8n/build-workflow.mts';
import type { Bench, Row } from '../bench.mts';
import { callMeasured, type Taken } from '../call.mts';
import { median, type Comparison } from '../results.mts';
import type { BenchEnvironment } from '../environment.mts';

const MEGABYTE = 1024 * 1024;

/** How much more memory than at rest a download may take at its peak, in megabytes. */
const MOST_MEMORY = 100;

/** How many times as often as other rows: a peak depends on when garbage happens to be collected. */
const MORE_ROUNDS = 2;

const WORKS = [
	{ what: '20 files of 50 MB', files: 20, size: 50 * MEGABYTE },
	{ what: 'a file of 1 GB', files: 1, size: 1024 * MEGABYTE },
];

function downloadWorkflow(path: string, download: INode) {
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
		download,
	]);
}

const ours = ({ credentials: { nenAiApi } }: BenchEnvironment) =>
	node(
		'Download',
		'n8n-nodes-nenai.nenAi',
		1,
		{ resource: 'result', operation: 'download', options: {} },
		{ credentials: { nenAiApi } },
	);

const httpRequest = () =>
	node('Download', 'httpRequest', 4.2, {
		url: '={{ $json.asset }}',
		options: { response: { response: { responseFormat: 'file' } } },
	});

async function download(
	environment: BenchEnvironment,
	url: string,
	files: number,
	size: number,
): Promise<Taken> {
	const { files: stored } = environment.sandbox;
	const items = Array.from({ length: files }, (_, index) => ({
		asset: stored.url(stored.add({ name: `file-${index}.bin`, size })),
	}));
	return await callMeasured(environment, url, { items });
}

export const row7: Row = {
	name: '7',
	title: 'Large files',
	async run(bench: Bench): Promise<Comparison[]> {
		const environment = await bench.freshEnvironment({ engine: 'vm' });
		const { url: ourUrl } = await environment.publish(
			downloadWorkflow('row7-ours', ours(environment)),
			'row7-ours',
		);
		const { url: peerUrl } = await environment.publish(
			downloadWorkflow('row7-peer', httpRequest()),
			'row7-peer',
		);
		// The first ones make n8n load and compile things, and its memory grow to a size that it then keeps.
		for (const url of [ourUrl, peerUrl])
			await download(environment, url, WORKS[0].files, bench.sized(WORKS[0].size));
		const found: Comparison[] = [];
		for (const work of WORKS)
			found.push(...(await compare(bench, environment, ourUrl, peerUrl, work)));
		return found;
	},
};

async function compare(
	bench: Bench,
	environment: BenchEnvironment,
	ourUrl: string,
	peerUrl: string,
	{ what, files, size }: (typeof WORKS)[number],
): Promise<Comparison[]> {
	const memory = { us: [] as number[], them: [] as number[] };
	const timed = (who: 'us' | 'them', url: string) => async () => {
		const downloaded = await download(environment, url, files, bench.sized(size));
		memory[who].push(downloaded.memory);
		return downloaded.seconds;
	};
	const { us, them } = await bench.inTurn(
		`download ${what}`,
		{ them: timed('them', peerUrl), us: timed('us', ourUrl) },
		MORE_ROUNDS,
	);
	const most = Math.max(...memory.us);
	const atPeak = { text: `never more than ${Math.round(most)} MB`, holds: most < MOST_MEMORY };
	const spread = Math.max(...memory.them) - Math.min(...memory.them);
	const notHigher = {
		text: `the median is not higher than theirs, whose own rounds differ by ${Math.round(spread)} MB`,
		holds: median(memory.us) <= median(memory.them),
	};
	const common = { row: '7', peer: 'HTTP Request with file response', better: 'less' } as const;
	return [
		{ ...common, work: `download ${what}`, unit: 's', ours: us, peers: them, mark: 1, facts: [] },
		{
			...common,
			work: `the same: memory at the peak, over rest`,
			unit: 'MB',
			ours: memory.us,
			peers: memory.them,
			facts: [atPeak, notHigher],
		},
	];
}

/** Row 7: large files. */
import type { INode } from 'n8n-workflow';
import { chain, node } from '../../n8n/build-workflow.mts';
import type { Bench, Row } from '../bench.mts';
import { callForLiveMemory, callMeasured } from '../call.mts';
import { INSPECTABLE } from '../memory.mts';
import type { Comparison } from '../results.mts';
import type { BenchEnvironment } from '../environment.mts';

const MEGABYTE = 1024 * 1024;

/** How much more memory than at rest may still be needed during a download, in megabytes. */
const MOST_LIVE_MEMORY = 20;

/** How many times as often as other rows: a peak depends on when garbage happens to be collected. */
const MORE_ROUNDS = 2;

const WORKS = [
	{ what: '20 files of 50 MB', files: 20, size: 50 * MEGABYTE, mark: 1 },
	// Both do the same: they pass on a stream. So this is 1, give or take what the disk does.
	{ what: 'a file of 1 GB', files: 1, size: 1024 * MEGABYTE, mark: 0.9 },
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

/** What is sent to the workflow: the links of so many files. */
function linksOf({ sandbox }: BenchEnvironment, files: number, size: number) {
	const items = Array.from({ length: files }, (_, index) => ({
		asset: sandbox.files.url(sandbox.files.add({ name: `file-${index}.bin`, size })),
	}));
	return { items };
}

export const row7: Row = {
	name: '7',
	title: 'Large files',
	async run(bench: Bench): Promise<Comparison[]> {
		const environment = await bench.freshEnvironment({ engine: 'vm', env: INSPECTABLE });
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
			await callMeasured(
				environment,
				url,
				linksOf(environment, WORKS[0].files, bench.sized(WORKS[0].size)),
			);
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
	{ what, files, size, mark }: (typeof WORKS)[number],
): Promise<Comparison[]> {
	const memory = { us: [] as number[], them: [] as number[] };
	const links = () => linksOf(environment, files, bench.sized(size));
	const timed = (who: 'us' | 'them', url: string) => async () => {
		const downloaded = await callMeasured(environment, url, links());
		memory[who].push(downloaded.memory);
		return downloaded.seconds;
	};
	const live = (url: string) => async () => await callForLiveMemory(environment, url, links());
	const { us, them } = await bench.inTurn(
		`download ${what}`,
		{ them: timed('them', peerUrl), us: timed('us', ourUrl) },
		MORE_ROUNDS,
	);
	const needed = await bench.inTurn(`memory still needed, ${what}`, {
		them: live(peerUrl),
		us: live(ourUrl),
	});
	const most = Math.max(...needed.us);
	const common = { row: '7', peer: 'HTTP Request with file response', better: 'less' } as const;
	return [
		{ ...common, work: `download ${what}`, unit: 's', ours: us, peers: them, mark, facts: [] },
		{
			...common,
			work: `the same: memory at the peak, over rest, with garbage`,
			unit: 'MB',
			ours: memory.us,
			peers: memory.them,
			facts: [{ text: `never more than ${Math.round(Math.max(...memory.us))} MB` }],
		},
		{
			...common,
			work: `the same: memory that is still needed, at most`,
			unit: 'MB',
			ours: needed.us,
			peers: needed.them,
			mark: 1,
			facts: [{ text: `never more than ${Math.round(most)} MB`, holds: most <= MOST_LIVE_MEMORY }],
		},
	];
}

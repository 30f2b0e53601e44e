/** Row 10: files of desktops. */
import type { INode } from 'n8n-workflow';
import { chain, node } from '../../n8n/build-workflow.mts';
import type { Bench, Row } from '../bench.mts';
import { callMeasured } from '../call.mts';
import type { Comparison } from '../results.mts';
import type { BenchEnvironment } from '../environment.mts';

const MEGABYTE = 1024 * 1024;

/** The largest that NenAI takes. */
const SIZE = 100 * MEGABYTE;

/** How much more memory than at rest one may take at its peak, in megabytes. */
const MOST_MEMORY = 50;

/** How many times as often as other rows: a peak depends on when garbage happens to be collected. */
const MORE_ROUNDS = 2;

const WORKS = [
	{ what: 'download 100 MB from a desktop', path: 'down', upload: false },
	{ what: 'download 100 MB from a desktop and upload it again', path: 'up', upload: true },
];

const webhook = (path: string) =>
	node(
		'Webhook',
		'webhook',
		2.1,
		{ httpMethod: 'POST', path, responseMode: 'lastNode', responseData: 'noData', options: {} },
		{ webhookId: path },
	);

const desktopId = '={{ $("Webhook").item.json.body.id }}';

function ours({ credentials: { nenAiApi } }: BenchEnvironment): INode[] {
	const use = (name: string, parameters: INode['parameters']) =>
		node(
			name,
			'n8n-nodes-nenai.nenAiDesktop',
			1,
			{ resource: 'file', desktopId, ...parameters },
			{ credentials: { nenAiApi } },
		);
	return [
		use('Download', { operation: 'download', fileName: 'large.bin' }),
		use('Upload', { operation: 'upload', fileName: 'copy.bin' }),
	];
}

function theirs({ credentials: { nenAiApi }, sandbox }: BenchEnvironment): INode[] {
	const url = (file: string) =>
		`=${sandbox.desktopUrl}/desktops/{{ $("Webhook").item.json.body.id }}/files/${file}`;
	const use = (name: string, parameters: INode['parameters']) =>
		node(
			name,
			'httpRequest',
			4.2,
			{ authentication: 'predefinedCredentialType', nodeCredentialType: 'nenAiApi', ...parameters },
			{ credentials: { nenAiApi } },
		);
	return [
		use('Download', {
			url: url('large.bin'),
			options: { response: { response: { responseFormat: 'file' } } },
		}),
		use('Upload', {
			method: 'POST',
			url: url('copy.bin'),
			sendBody: true,
			contentType: 'binaryData',
			inputDataFieldName: 'data',
			options: {},
		}),
	];
}

export const row10: Row = {
	name: '10',
	title: 'Files of desktops',
	async run(bench: Bench): Promise<Comparison[]> {
		const environment = await bench.freshEnvironment({ engine: 'vm' });
		const id = environment.sandbox.desktops.add();
		const size = bench.sized(SIZE);
		environment.sandbox.desktops.addFile(id, { name: 'large.bin', size });
		const publish = async (who: string, path: string, nodes: INode[]) =>
			(
				await environment.publish(
					chain(`row10-${who}-${path}`, [webhook(`row10-${who}-${path}`), ...nodes]),
					`row10-${who}-${path}`,
				)
			).url;
		const urls = [];
		for (const { path, upload } of WORKS) {
			const count = upload ? 2 : 1;
			urls.push({
				us: await publish('us', path, ours(environment).slice(0, count)),
				them: await publish('them', path, theirs(environment).slice(0, count)),
			});
		}
		// The first ones make n8n load and compile things, and its memory grow to a size that it then keeps.
		for (const { us, them } of urls)
			for (const url of [us, them]) await callMeasured(environment, url, { id });
		const found: Comparison[] = [];
		for (const [index, { what }] of WORKS.entries())
			found.push(...(await compare(bench, environment, id, what, urls[index])));
		const copy = environment.sandbox.desktops
			.get(id)
			?.files.find(({ name }) => name === 'copy.bin');
		if (copy?.size !== size) throw new Error(`The copy has ${copy?.size} bytes of ${size}`);
		return found;
	},
};

async function compare(
	bench: Bench,
	environment: BenchEnvironment,
	id: string,
	what: string,
	urls: Record<'us' | 'them', string>,
): Promise<Comparison[]> {
	const memory = { us: [] as number[], them: [] as number[] };
	const timed = (who: 'us' | 'them') => async () => {
		const done = await callMeasured(environment, urls[who], { id });
		memory[who].push(done.memory);
		return done.seconds;
	};
	const { us, them } = await bench.inTurn(
		what,
		{ them: timed('them'), us: timed('us') },
		MORE_ROUNDS,
	);
	const most = Math.max(...memory.us);
	const atPeak = { text: `never more than ${Math.round(most)} MB`, holds: most < MOST_MEMORY };
	const common = { row: '10', peer: 'HTTP Request', better: 'less' } as const;
	return [
		{ ...common, work: what, unit: 's', ours: us, peers: them, facts: [] },
		{
			...common,
			work: 'the same: memory at the peak, over rest',
			unit: 'MB',
			ours: memory.us,
			peers: memory.them,
			facts: [atPeak],
		},
	];
}

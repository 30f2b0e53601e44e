/** Row 8: how heavy the package is before it does anything. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureN8n, NEWEST_N8N } from '../../n8n/install.mts';
import { cacheRoot, removeFolder } from '../../n8n/paths.mts';
import { runCommand } from '../../n8n/run-command.mts';
import type { Bench, Row } from '../bench.mts';
import type { Comparison } from '../results.mts';

const PEER = '@mendable/n8n-nodes-firecrawl';
const PEER_VERSION = '2.1.2';

const Packed = z.array(z.object({ filename: z.string() })).length(1);
const Manifest = z.object({
	n8n: z.object({ nodes: z.array(z.string()), credentials: z.array(z.string()) }),
});

/** The peer's tarball, kept in the cache folder. */
async function peerTarball(): Promise<string> {
	const kept = join(cacheRoot(), `n8n-nodes-firecrawl-${PEER_VERSION}.tgz`);
	if (existsSync(kept)) return kept;
	mkdirSync(cacheRoot(), { recursive: true });
	const folder = mkdtempSync(join(cacheRoot(), 'packing-'));
	try {
		const [{ filename }] = Packed.parse(
			JSON.parse(
				await runCommand('npm', [
					'pack',
					'--json',
					'--pack-destination',
					folder,
					`${PEER}@${PEER_VERSION}`,
				]),
			),
		);
		renameSync(join(folder, filename), kept);
	} finally {
		removeFolder(folder);
	}
	return kept;
}

/** Loads the package as n8n does when it starts, with n8n's own loader, in a process that has n8n-core already; prints milliseconds. */
const START = `
	require('n8n-workflow');
	const { LazyPackageDirectoryLoader } = require('n8n-core');
	const began = performance.now();
	new LazyPackageDirectoryLoader(process.cwd())
		.loadAll()
		.then(() => console.log(performance.now() - began));
`;

/** Requires all nodes and credentials, as n8n does when they are used; prints milliseconds. */
const USE = `
	require('n8n-workflow');
	const began = performance.now();
	for (const file of process.argv.slice(1)) require(file);
	console.log(performance.now() - began);
`;

/** At most 0.75 of the peer's time. */
const START_MARK = 1.33;

/** Unpacks the package and gives what runs a script in it: outside this repository, so that it takes the same n8n-workflow as n8n. */
async function unpack(
	folder: string,
	tarball: string,
	nodeModules: string,
): Promise<(script: string) => Promise<number>> {
	mkdirSync(folder);
	await runCommand('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
	const { n8n } = Manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
	const files = [...n8n.credentials, ...n8n.nodes].map((file) => join(folder, file));
	return async (script) =>
		Number(
			await runCommand(process.execPath, ['-e', script, ...files], {
				cwd: folder,
				env: { NODE_PATH: nodeModules },
			}),
		);
}

export const row8: Row = {
	name: '8',
	title: 'Loading the package',
	async run(bench: Bench): Promise<Comparison[]> {
		await bench.close();
		const { nodeModules } = await ensureN8n(NEWEST_N8N);
		const folder = mkdtempSync(join(tmpdir(), 'nenai-bench-load-'));
		try {
			const peer = await peerTarball();
			const them = await unpack(join(folder, 'peer'), peer, nodeModules);
			const us = await unpack(join(folder, 'ours'), bench.tarball, nodeModules);
			const measure = async (what: string, script: string) => {
				const contenders = { them: () => them(script), us: () => us(script) };
				// The first ones fill the disk cache.
				for (const load of Object.values(contenders)) await load();
				const taken = await bench.inTurn(what, contenders);
				return { unit: 'ms', ours: taken.us, peers: taken.them };
			};
			const start = await measure('loading at the start, ms', START);
			const use = await measure('loading at the first use, ms', USE);
			const size = (path: string) => start.ours.map(() => statSync(path).size / 1000);
			const common = {
				row: '8',
				peer: `${PEER} ${PEER_VERSION}`,
				better: 'less',
			} as const;
			return [
				{
					...common,
					facts: [],
					...start,
					work: "load the package when n8n starts, with n8n's loader",
					mark: START_MARK,
				},
				{
					...common,
					...use,
					facts: [],
					work: 'require all nodes and credentials, when they are used',
				},
				{
					...common,
					facts: [],
					work: 'packed size',
					unit: 'kB',
					ours: size(bench.tarball),
					peers: size(peer),
				},
			];
		} finally {
			removeFolder(folder);
		}
	},
};

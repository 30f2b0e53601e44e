/** An n8n that loads the package from its sources, and loads it again when they change. */
import { cpSync, watch } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../n8n/errors.mts';
import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { NEWEST_N8N, type OnProgress } from '../n8n/install.mts';
import { packPackage } from '../n8n/pack.mts';
import { runCommand } from '../n8n/run-command.mts';

const NAME = 'n8n-nodes-nenai';

/** An editor may write a file in several steps. */
const QUIET_MS = 200;

export interface DevelopOptions {
	/** The repository. */
	root: string;
	/** Keeps workflows and credentials until the next start. */
	userFolder: string;
	port?: number;
	onProgress: OnProgress;
}

export interface Development {
	n8n: N8nInstance;
	close(): Promise<void>;
}

/**
 * Starts n8n with the package, and builds it again after each change in `nodes/` and `credentials/`. n8n notices the new
 * files by itself (`N8N_DEV_RELOAD`). A build that fails is reported, and n8n keeps the last one.
 *
 * @throws CommandError when the first build fails, and what `startN8n` throws
 */
export async function develop({
	root,
	userFolder,
	port,
	onProgress,
}: DevelopOptions): Promise<Development> {
	onProgress('building the package');
	const tarball = await packPackage(root);
	const n8n = await startN8n({
		version: NEWEST_N8N,
		userFolder,
		tarball,
		port,
		onProgress,
		env: { N8N_DEV_RELOAD: 'true' },
	});
	const installed = join(userFolder, '.n8n', 'nodes', 'node_modules', NAME, 'dist');
	const build = async () => {
		const start = Date.now();
		try {
			await runCommand('npm', ['run', 'build'], { cwd: root });
			// n8n watches this folder, so it must stay.
			cpSync(join(root, 'dist'), installed, { recursive: true });
			onProgress(`built again in ${((Date.now() - start) / 1000).toFixed(1)} s. Reload the editor`);
		} catch (error) {
			onProgress(`the build failed, so n8n keeps the last one:\n${messageOf(error)}`);
		}
	};
	let timer: NodeJS.Timeout | undefined;
	/** One build after the other. */
	let builds = Promise.resolve();
	const watchers = ['nodes', 'credentials'].map((folder) =>
		watch(join(root, folder), { recursive: true }, () => {
			clearTimeout(timer);
			timer = setTimeout(() => (builds = builds.then(build)), QUIET_MS);
		}),
	);
	return {
		n8n,
		close: async () => {
			clearTimeout(timer);
			for (const watcher of watchers) watcher.close();
			await builds;
			await n8n.stop();
		},
	};
}

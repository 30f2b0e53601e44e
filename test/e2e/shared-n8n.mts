/** One n8n of each version for all test files that only use it: started by the first of them, ended after the last. */
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { N8nClient } from '../n8n/client.mts';
import { startN8n, type N8nOptions } from '../n8n/instance.mts';
import type { N8nVersion } from '../n8n/install.mts';
import { removeFolder } from '../n8n/paths.mts';
import { killGroup } from '../n8n/watchdog.mts';

/** How the folder of what is shared gets from jest's set-up to the tests. */
const FOLDER_VARIABLE = 'NENAI_TEST_SHARED';

const Running = z.object({
	url: z.string(),
	webhookUrl: z.string(),
	userFolder: z.string(),
	pid: z.number(),
	keepFiles: z.boolean(),
});

/** An n8n that others use as well: it is neither stopped nor started. */
export type RunningN8n = Readonly<z.output<typeof Running>>;

/** Settings of every n8n that tests start. */
export const SETTINGS = { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' };

/** Called before the first test, in the process that outlives them. */
export function prepareSharing(): void {
	process.env[FOLDER_VARIABLE] = mkdtempSync(join(tmpdir(), 'nenai-e2e-shared-'));
}

/** The n8n of this version, and its logged-in owner. Starts it unless it runs. */
export async function sharedN8n(
	version: N8nVersion,
	tarball: string,
): Promise<{ n8n: RunningN8n; client: N8nClient }> {
	if (existsSync(recordOf(version))) {
		const n8n = read(recordOf(version));
		const client = new N8nClient(n8n.url);
		await client.login();
		return { n8n, client };
	}
	const n8n = await start({ version, tarball, userFolder: join(folder(), version), env: SETTINGS });
	const client = new N8nClient(n8n.url);
	await client.setupOwner();
	return { n8n, client };
}

/** Leaves it to the next file: nothing of this one listens any more. */
export async function release(
	version: N8nVersion,
	client: N8nClient,
	{ keepFiles }: { keepFiles: boolean },
): Promise<void> {
	await client.deactivateAll();
	const n8n = read(recordOf(version));
	write(version, { ...n8n, keepFiles: n8n.keepFiles || keepFiles });
}

/** Called after the last test. */
export function endSharing(): void {
	const records = readdirSync(folder()).filter((name) => name.endsWith('.json'));
	const all = records.map((name) => read(join(folder(), name)));
	for (const { pid } of all) killGroup(pid);
	const kept = all.filter(({ keepFiles }) => keepFiles);
	for (const { userFolder } of kept)
		process.stderr.write(
			`\nThe log of an n8n in which a test failed, and its database, are in ${userFolder}\n`,
		);
	if (kept.length === 0) removeFolder(folder());
}

async function start(options: N8nOptions & { userFolder: string }): Promise<RunningN8n> {
	mkdirSync(options.userFolder);
	const { url, webhookUrl, userFolder, pid } = await startN8n(options);
	if (pid === undefined) throw new Error(`n8n ${options.version} ended as soon as it had started`);
	return write(options.version, { url, webhookUrl, userFolder, pid, keepFiles: false });
}

function folder(): string {
	const path = process.env[FOLDER_VARIABLE];
	if (path === undefined)
		throw new Error('Nothing is shared: run these tests with npm run test:e2e');
	return path;
}

const recordOf = (version: string) => join(folder(), `${version}.json`);
const read = (path: string): RunningN8n => Running.parse(JSON.parse(readFileSync(path, 'utf8')));

function write(version: N8nVersion, n8n: RunningN8n): RunningN8n {
	writeFileSync(recordOf(version), JSON.stringify(n8n));
	return n8n;
}

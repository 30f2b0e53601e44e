/** Real n8n, installed once per version into the cache folder. */
import {
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statfsSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { messageOf } from './errors.mts';
import { findExistingN8n } from './existing-install.mts';
import { withLock } from './lock.mts';
import { cacheRoot, removeFolder } from './paths.mts';
import { CommandError, lastLines, runCommand } from './run-command.mts';
import { megabytesOf, nodePackageOf, overridesOf, type N8nVersion } from './versions.mts';

export {
	hasSeveralOutputs,
	N8N_VERSIONS,
	NEWEST_N8N,
	OTHER_VERSIONS,
	type N8nVersion,
} from './versions.mts';

/** Receives a line for a person, e.g. "n8n 2.41.1: installing packages, 812 MB written, 20 s". */
export type OnProgress = (text: string) => void;

export interface N8nInstall {
	version: N8nVersion;
	/** The script to run with Node. */
	bin: string;
	nodeModules: string;
	/** The Node.js to run it with. */
	node: string;
}

const PROGRESS_MS = 5_000;

const NPM_FLAGS = [
	'--no-audit',
	'--no-fund',
	'--no-update-notifier',
	// By npm's own settings, it takes minutes to notice that there is no network.
	'--fetch-retry-mintimeout=2000',
	'--fetch-retry-maxtimeout=10000',
];

/** Signs in npm's output, and what to tell a person who meets them. */
const HINTS: ReadonlyArray<readonly [RegExp, string]> = [
	[
		/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|network/i,
		'The npm registry could not be reached: check the network or the proxy, then run again.',
	],
	[/ENOSPC|no space left/i, 'The disk is full: n8n needs about 2.5 GB in the cache folder.'],
	[/E401|E403/, 'The npm registry refused access: check the registry in your npm configuration.'],
	[
		/gyp ERR!|prebuild-install/i,
		'sqlite3 could not be compiled: it needs Python 3, make and a C++ compiler.',
	],
];

/**
 * The given n8n: the one in the folder that the environment variable `N8N_DIR` names, if it has this version. Otherwise it
 * is installed into the cache folder, unless it is already there.
 *
 * The first time takes a quarter of a minute to one minute, and 1.2 to 2.5 GB. An install becomes visible only when it is complete and n8n has
 * answered with its version, so an interrupted one is started over by the next run. Two processes at once
 * install once.
 *
 * @throws Error with the last lines of npm's output and a hint
 */
export async function ensureN8n(
	version: N8nVersion,
	onProgress: OnProgress = () => {},
): Promise<N8nInstall> {
	const tell: OnProgress = (text) => onProgress(`n8n ${version}: ${text}`);
	const existing = existingInstall(version, tell);
	if (existing !== undefined) return existing;
	const folder = join(cacheRoot(), `n8n-${version}`);
	if (isInstalled(folder, version)) return installAt(folder, version);
	await withLock(
		`${folder}.lock`,
		async () => {
			if (isInstalled(folder, version)) return;
			// Left by an earlier version of this module, which had the Node.js of n8n in another place.
			removeFolder(folder);
			await installInto(folder, version, tell);
		},
		(pid) => tell(`waiting for process ${pid ?? '(unknown)'}, which is installing it`),
	);
	return installAt(folder, version);
}

/** The n8n in the folder that `N8N_DIR` names, if it has this version. It runs on the Node.js that runs the tests. */
function existingInstall(version: N8nVersion, tell: OnProgress): N8nInstall | undefined {
	const { N8N_DIR: folder } = process.env;
	if (!folder) return undefined;
	const { version: found, bin, nodeModules } = findExistingN8n(folder);
	if (found === version) return { version, bin, nodeModules, node: process.execPath };
	tell(`N8N_DIR has n8n ${found}, which is not used`);
	return undefined;
}

/** What an error in npm's output means to the person in front of it. */
export function hintFor(output: string): string {
	const known = HINTS.find(([sign]) => sign.test(output));
	return known ? known[1] : 'Run again to start the install over.';
}

function installAt(folder: string, version: N8nVersion): N8nInstall {
	const nodeModules = join(folder, 'node_modules');
	const own = nodePackageOf(version);
	const node = own === undefined ? process.execPath : nodeIn(folder, own.name);
	return { version, nodeModules, node, bin: join(nodeModules, 'n8n', 'bin', 'n8n') };
}

function isInstalled(folder: string, version: N8nVersion): boolean {
	return existsSync(folder) && existsSync(installAt(folder, version).node);
}

const nodeIn = (folder: string, name: string) =>
	join(folder, 'node', 'node_modules', name, 'bin', 'node');

async function installInto(folder: string, version: N8nVersion, tell: OnProgress): Promise<void> {
	removeInterrupted(folder);
	const temporary = `${folder}.tmp-${process.pid}`;
	mkdirSync(temporary, { recursive: true });
	try {
		writePackageJson(temporary, version);
		const lock = readLock(version);
		if (lock === undefined) await installUnlocked(temporary, tell);
		else await installLocked(temporary, version, lock, tell);
		await installNode(temporary, version);
		removeSourceMaps(temporary);
		await verify(installAt(temporary, version));
		// Links in node_modules/.bin are relative, so they survive this.
		renameSync(temporary, folder);
		tell('installed');
	} catch (error) {
		removeFolder(temporary);
		throw explain(error, version);
	}
}

/** Only the holder of the lock installs: any temporary folder is what a process left that was killed. */
function removeInterrupted(folder: string): void {
	const parent = dirname(folder);
	const left = readdirSync(parent).filter((name) =>
		join(parent, name).startsWith(`${folder}.tmp-`),
	);
	for (const name of left) removeFolder(join(parent, name));
}

function writePackageJson(folder: string, version: N8nVersion): void {
	const content = {
		private: true,
		dependencies: { n8n: version },
		overrides: overridesOf(version),
	};
	writeFileSync(join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * What npm found out about the dependencies of this n8n: without it, npm asks the registry about each for more than a
 * minute, and Bun cannot replace packages that are not in the registry. To make the file for another version, install that
 * version without one, and compress its lock file:
 * `gzip -9nc ~/.cache/n8n-nodes-nenai/n8n-<version>/package-lock.json > test/n8n/locks/n8n-<version>.json.gz`.
 */
function readLock(version: N8nVersion): string | undefined {
	const file = join(import.meta.dirname, 'locks', `n8n-${version}.json.gz`);
	if (!existsSync(file)) return undefined;
	return gunzipSync(readFileSync(file)).toString('utf8');
}

/** Unpacks the packages, and compiles sqlite3 meanwhile in a folder of its own. */
async function installLocked(
	folder: string,
	n8n: N8nVersion,
	lock: string,
	tell: OnProgress,
): Promise<void> {
	writeFileSync(join(folder, 'package-lock.json'), lock);
	const { packages } = PackageLock.parse(JSON.parse(lock));
	const { version: sqlite } = packages['node_modules/sqlite3'];
	const apart = join(folder, 'sqlite');
	const compiled = findSqlite(sqlite);
	await withProgress(
		installProgress(
			folder,
			`installing packages${compiled ? '' : ' and compiling sqlite3'}`,
			megabytesOf(n8n),
		),
		tell,
		all([unpack(folder, tell), compiled === undefined && compileSqlite(apart, sqlite)]),
	);
	cpSync(compiled ?? join(apart, SQLITE_BINARY), join(folder, SQLITE_BINARY), { recursive: true });
	removeFolder(apart);
}

/** Waits for all of them, also if one fails: whatever goes on would write to a folder that is being removed. */
async function all(works: unknown[]): Promise<void> {
	const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
	if (failed?.status === 'rejected') throw failed.reason;
}

/** The Node.js that this n8n needs, in a folder of its own: its package differs from platform to platform. */
async function installNode(folder: string, version: N8nVersion): Promise<void> {
	const own = nodePackageOf(version);
	if (own === undefined) return;
	const home = join(folder, 'node');
	await installAlone(home, `${own.name}@${own.version}`, '--ignore-scripts');
}

/** A package in a folder of its own. */
async function installAlone(folder: string, spec: string, scripts: string): Promise<void> {
	mkdirSync(folder);
	// Without it, npm would install into a project further up.
	writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
	await runCommand('npm', ['install', spec, scripts, ...NPM_FLAGS], { cwd: folder });
}

const PackageLock = z.object({
	packages: z.object({ 'node_modules/sqlite3': z.object({ version: z.string() }) }),
});

/**
 * Bun reads npm's lock file, and unpacks what is in it several times as fast as npm. Bun is installed for this step only.
 * Where it does not run, npm unpacks the packages.
 */
async function unpack(folder: string, tell: OnProgress): Promise<void> {
	const tools = join(folder, 'bun');
	const cache = join(folder, 'packages');
	try {
		// Its install script chooses the program for this processor.
		await installAlone(tools, `bun@${BUN_VERSION}`, '--ignore-scripts=false');
		await runCommand(join(tools, 'node_modules', '.bin', 'bun'), BUN_INSTALL, {
			cwd: folder,
			env: { BUN_INSTALL_CACHE_DIR: cache, DO_NOT_TRACK: '1' },
		});
	} catch (error) {
		tell(`Bun failed, so npm installs the packages: ${lastLines(messageOf(error), 1)}`);
		removeFolder(join(folder, 'node_modules'));
		await runCommand('npm', ['ci', '--ignore-scripts', '--omit=dev', ...NPM_FLAGS], {
			cwd: folder,
		});
	} finally {
		removeFolder(tools);
		removeFolder(cache);
	}
}

const BUN_VERSION = '1.4.5';

/** Only versions of the lock file, in npm's layout. Bun leaves out optional peers. Links to its cache take no space. */
const BUN_INSTALL = [
	'install',
	'--production',
	'--ignore-scripts',
	'--linker=hoisted',
	'--backend=hardlink',
	'--no-progress',
];

const SQLITE_BINARY = join('node_modules', 'sqlite3', 'build', 'Release');

/** Another install's binary of this sqlite3. It runs on every version of Node.js, since it uses only Node-API. */
function findSqlite(version: string): string | undefined {
	for (const name of readdirSync(cacheRoot()).filter((entry) => /^n8n-[\d.]+$/.test(entry))) {
		const home = join(cacheRoot(), name);
		const manifest = join(home, 'node_modules', 'sqlite3', 'package.json');
		const binary = join(home, SQLITE_BINARY, 'node_sqlite3.node');
		if (existsSync(binary) && existsSync(manifest) && readVersion(manifest) === version)
			return join(home, SQLITE_BINARY);
	}
	return undefined;
}

function readVersion(manifest: string): string {
	return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')))
		.version;
}

async function compileSqlite(folder: string, version: string): Promise<void> {
	await installAlone(folder, `sqlite3@${version}`, '--ignore-scripts');
	await rebuildSqlite(folder);
}

/** A fifth of the files' size. n8n needs them only to show positions of its own source in its log. */
function removeSourceMaps(folder: string): void {
	const nodeModules = join(folder, 'node_modules');
	for (const file of readdirSync(nodeModules, { recursive: true, encoding: 'utf8' }))
		if (file.endsWith('.js.map') || file.endsWith('.d.ts.map'))
			rmSync(join(nodeModules, file), { force: true });
}

/** Install scripts stay off: some download or compile things that nothing here needs. */
async function installUnlocked(folder: string, tell: OnProgress): Promise<void> {
	const args = ['install', '--ignore-scripts', '--omit=dev', ...NPM_FLAGS];
	await withProgress(
		installProgress(folder, 'installing packages'),
		tell,
		runCommand('npm', args, { cwd: folder }),
	);
	await withProgress(() => 'compiling sqlite3', tell, rebuildSqlite(folder));
}

/**
 * The compiler takes longer than everything else. So all processors compile, and only SQLite itself is optimized, not the
 * code between it and Node.js: 43 s in place of 57 s, measured on a busy machine.
 */
const FASTER_COMPILER = { JOBS: 'max', CFLAGS: '-O2', CXXFLAGS: '-O0' };

/** The one native module that is needed. Its headers come with the Node package, where there is one. */
async function rebuildSqlite(folder: string): Promise<void> {
	const prefix = dirname(dirname(process.execPath));
	const headers = existsSync(join(prefix, 'include', 'node', 'node.h'));
	await runCommand('npm', ['rebuild', 'sqlite3', '--ignore-scripts=false', ...NPM_FLAGS], {
		cwd: folder,
		env: { ...FASTER_COMPILER, ...(headers && { npm_config_nodedir: prefix }) },
	});
}

async function verify({ bin, node, nodeModules, version }: N8nInstall): Promise<void> {
	await runCommand(node, ['-e', 'require(process.argv[1])', join(nodeModules, 'sqlite3')]);
	const said = (await runCommand(node, [bin, '--version'])).trim();
	if (said !== version) throw new Error(`The installed n8n says it is version ${said}`);
}

/** Tells, every few seconds, what is going on and for how long it has been. */
async function withProgress<T>(what: () => string, tell: OnProgress, work: Promise<T>): Promise<T> {
	const started = Date.now();
	const timer = setInterval(() => {
		tell(`${what()}, ${Math.round((Date.now() - started) / 1000)} s`);
	}, PROGRESS_MS);
	tell(what());
	try {
		return await work;
	} finally {
		clearInterval(timer);
	}
}

/** What is being done, how much of it is done, and how much there is to do where that was measured. */
function installProgress(folder: string, what: string, megabytes?: number): () => string {
	const before = freeMegabytes(folder);
	const of = megabytes === undefined ? '' : ` of about ${megabytes}`;
	return () => `${what}, ${Math.max(0, before - freeMegabytes(folder))}${of} MB written`;
}

/** Megabytes free on the folder's disk: what they go down by is a cheap measure of what npm has written. */
function freeMegabytes(folder: string): number {
	const { bavail, bsize } = statfsSync(folder);
	return Math.round((bavail * bsize) / 1_000_000);
}

function explain(error: unknown, version: N8nVersion): Error {
	const output = error instanceof CommandError ? error.tail : messageOf(error);
	return new Error(
		[
			`n8n ${version} could not be installed. ${hintFor(output)}`,
			'Nothing was left behind; installs that were complete before are kept.',
			messageOf(error),
		].join('\n'),
		{ cause: error },
	);
}

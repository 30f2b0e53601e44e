/** A lock between processes, kept in a file that names its holder. */
import { randomUUID } from 'node:crypto';
import {
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	utimesSync,
	writeFileSync,
	statSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from './errors.mts';

const HEARTBEAT_MS = 10_000;
/** A holder that has not shown itself for so long is taken for dead, even if some process has its number. */
const SILENCE_MS = 120_000;
const RETRY_MS = 1_000;

/** What the lock file says. */
export interface LockHolder {
	pid: number;
	host: string;
	/** Differs for each taking of the lock. */
	token: string;
}

export interface StalenessInput {
	holder: LockHolder | undefined;
	/** Milliseconds since the holder last touched the file. */
	silentForMs: number;
	thisHost: string;
	isAlive: (pid: number) => boolean;
}

/** Whether the holder of a lock is gone: silent for two minutes, or its process on this machine has ended. */
export function isStale({ holder, silentForMs, thisHost, isAlive }: StalenessInput): boolean {
	if (silentForMs > SILENCE_MS) return true;
	// A file not yet written in full belongs to someone who has just taken the lock.
	if (holder === undefined) return false;
	return holder.host === thisHost && !isAlive(holder.pid);
}

/** Reads a lock file's text; undefined if it is not (yet) one. */
export function parseHolder(text: string): LockHolder | undefined {
	const [pid, host, token] = text.split('\n');
	if (!/^[1-9]\d*$/.test(pid) || !host || !token) return undefined;
	return { pid: Number(pid), host, token };
}

/**
 * Runs `work` while holding the lock, waiting for as long as another live process holds it.
 *
 * @param onWait called once, with the number of the process that holds the lock
 */
export async function withLock<T>(
	path: string,
	work: () => Promise<T>,
	onWait: (pid: number | undefined) => void = () => {},
): Promise<T> {
	const token = await acquire(path, onWait);
	const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS);
	heartbeat.unref();
	try {
		return await work();
	} finally {
		clearInterval(heartbeat);
		release(path, token);
	}
}

async function acquire(path: string, onWait: (pid: number | undefined) => void): Promise<string> {
	mkdirSync(dirname(path), { recursive: true });
	let told = false;
	for (;;) {
		const token = randomUUID();
		if (create(path, token)) return token;
		if (removeIfStale(path)) continue;
		if (!told) onWait(readHolder(path)?.pid);
		told = true;
		await sleep(RETRY_MS);
	}
}

function create(path: string, token: string): boolean {
	try {
		writeFileSync(path, `${process.pid}\n${hostname()}\n${token}\n`, { flag: 'wx' });
		return true;
	} catch (error) {
		if (hasCode(error, 'EEXIST')) return false;
		throw error;
	}
}

/**
 * Takes a dead holder's file away. Moved first and looked at again afterwards: between looking and moving,
 * another process may have done the same and taken the lock anew, and then its file is put back.
 */
function removeIfStale(path: string): boolean {
	const holder = readHolder(path);
	const silentForMs = silence(path);
	if (silentForMs === undefined) return true;
	if (!isStale({ holder, silentForMs, thisHost: hostname(), isAlive })) return false;
	const aside = `${path}.${randomUUID()}`;
	try {
		renameSync(path, aside);
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return true;
		throw error;
	}
	if (readHolder(aside)?.token === holder?.token) {
		rmSync(aside, { force: true });
		return true;
	}
	renameSync(aside, path);
	return false;
}

function release(path: string, token: string): void {
	if (readHolder(path)?.token === token) rmSync(path, { force: true });
}

function readHolder(path: string): LockHolder | undefined {
	try {
		return parseHolder(readFileSync(path, 'utf8'));
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return undefined;
		throw error;
	}
}

function silence(path: string): number | undefined {
	const file = statSync(path, { throwIfNoEntry: false });
	return file === undefined ? undefined : Date.now() - file.mtimeMs;
}

function touch(path: string): void {
	const now = new Date();
	try {
		utimesSync(path, now, now);
	} catch (error) {
		// Someone removed the cache by hand: the work goes on, and its last step will tell.
		if (!hasCode(error, 'ENOENT')) throw error;
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return hasCode(error, 'EPERM');
	}
}

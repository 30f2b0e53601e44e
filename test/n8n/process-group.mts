/** A child process with its own group, of which nothing outlives the process that started it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from './errors.mts';

const GRACE_MS = 10_000;

/**
 * Waits for its standard input to end, which the system does for it however this process dies (a signal, a
 * crash, a test runner that gives up), and then kills the group. A line on standard input calls it off. An
 * `exit` listener would not do: it does not run on SIGKILL, nor inside jest.
 */
const WATCHDOG = 'read -r line || kill -s KILL -- "-$1"';

export interface GroupOptions {
	cwd: string;
	/** The whole environment: nothing else is inherited. */
	env: NodeJS.ProcessEnv;
	/** File that gets standard output and errors, appended. */
	logPath: string;
}

export interface Ending {
	code: number | null;
	signal: NodeJS.Signals | null;
}

export class ProcessGroup {
	readonly pid: number;
	/** Undefined while the process that was started runs. */
	ending: Ending | undefined;
	/** Resolves when the process that was started has ended. */
	readonly ended: Promise<Ending>;

	private constructor(child: ChildProcess, pid: number) {
		this.pid = pid;
		const watchdog = startWatchdog(pid);
		this.ended = new Promise((resolve) => {
			child.once('exit', (code, signal) => {
				this.ending = { code, signal };
				// Its children (n8n's task runner) would live on.
				killGroup(pid);
				watchdog.callOff();
				resolve(this.ending);
			});
		});
	}

	/** @throws Error when the command could not be started */
	static async start(
		command: string,
		args: readonly string[],
		{ cwd, env, logPath }: GroupOptions,
	): Promise<ProcessGroup> {
		const log = openSync(logPath, 'a');
		const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
		closeSync(log);
		await new Promise((resolve, reject) => {
			child.once('spawn', resolve);
			child.once('error', reject);
		});
		if (child.pid === undefined) throw new Error(`${command} was started without a process id`);
		return new ProcessGroup(child, child.pid);
	}

	/** Asks the process to end, kills the group after ten seconds, and waits until it has ended. */
	async stop(): Promise<Ending> {
		if (this.ending) return this.ending;
		process.kill(this.pid, 'SIGTERM');
		const giveUp = new AbortController();
		const tooLong = sleep(GRACE_MS, undefined, { signal: giveUp.signal }).then(
			() => killGroup(this.pid),
			() => {},
		);
		await Promise.race([this.ended, tooLong]);
		giveUp.abort();
		return await this.ended;
	}

	/** Kills the group without warning and waits until the process has ended. */
	async kill(): Promise<Ending> {
		if (!this.ending) killGroup(this.pid);
		return await this.ended;
	}
}

interface Watchdog {
	callOff: () => void;
}

function startWatchdog(group: number): Watchdog {
	const child = spawn('/bin/sh', ['-c', WATCHDOG, 'watchdog', String(group)], {
		detached: true,
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	const { stdin } = child;
	// Neither may keep this process from ending.
	child.unref();
	if (stdin instanceof Socket) stdin.unref();
	// It may be gone already: then there is nothing to call off.
	stdin.on('error', () => {});
	return { callOff: () => stdin.end('done\n') };
}

function killGroup(group: number): void {
	try {
		process.kill(-group, 'SIGKILL');
	} catch (error) {
		// All of it has ended already; macOS says EPERM of a group that waits to be cleared away.
		if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error;
	}
}

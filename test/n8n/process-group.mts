/** A child process with its own group, of which nothing outlives the process that started it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup, startWatchdog } from './watchdog.mts';

const GRACE_MS = 10_000;

export interface GroupOptions {
	cwd: string;
	/** The whole environment: nothing else is inherited. */
	env: NodeJS.ProcessEnv;
	/** File that gets standard output and errors, appended. */
	logPath: string;
	/** Whom it runs as; this process's user by default. */
	user?: { uid: number; gid: number };
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
		{ cwd, env, logPath, user }: GroupOptions,
	): Promise<ProcessGroup> {
		const log = openSync(logPath, 'a');
		const child = spawn(command, args, {
			cwd,
			env,
			...user,
			detached: true,
			stdio: ['ignore', log, log],
		});
		closeSync(log);
		await new Promise((resolve, reject) => {
			child.once('spawn', resolve);
			child.once('error', reject);
		});
		if (child.pid === undefined) throw new Error(`${command} was started without a process id`);
		return new ProcessGroup(child, child.pid);
	}

	/** Asks the process to end, kills the group after ten seconds, and waits until it has ended. */
	async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
		if (this.ending) return this.ending;
		process.kill(this.pid, signal);
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

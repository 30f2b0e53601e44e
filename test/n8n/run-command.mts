/** Running npm and other commands to their end, keeping the last lines of what they said. */
import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { startWatchdog } from './watchdog.mts';

const KEPT_LINES = 40;

export interface CommandOptions {
	cwd?: string;
	/** Added to the environment; undefined takes a variable away. */
	env?: NodeJS.ProcessEnv;
}

/** A command that could not be started or that ended with something other than 0. */
export class CommandError extends Error {
	override readonly name = 'CommandError';
	/** The last lines of its output, standard output and errors together. */
	readonly tail: string;

	constructor(command: string, ending: string, tail: string) {
		super(`${command} ${ending}\n${tail}`);
		this.tail = tail;
	}
}

/** The last `count` lines of a text that have something in them. */
export function lastLines(text: string, count: number): string {
	return text
		.split('\n')
		.filter((line) => line.trim() !== '')
		.slice(-count)
		.join('\n');
}

/** This process's environment with its own Node first in PATH: npm and install scripts run on the same Node. */
export function childEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
	const path = [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
	return { ...process.env, PATH: path, ...extra };
}

/**
 * Runs a command to its end and returns its standard output.
 *
 * @throws CommandError with the last 40 lines of output
 */
export async function runCommand(
	command: string,
	args: readonly string[],
	{ cwd, env }: CommandOptions = {},
): Promise<string> {
	const shown = [command, ...args].join(' ');
	return await new Promise((resolve, reject) => {
		const child = spawn(command, args, {
			cwd,
			env: childEnvironment(env),
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
		});
		// An install that goes on after its parent was killed would disturb the next one.
		const watchdog = child.pid === undefined ? undefined : startWatchdog(child.pid);
		let stdout = '';
		let both = '';
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			stdout += text;
			both += text;
		});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			both += text;
		});
		child.once('error', (error) =>
			reject(new CommandError(shown, `could not be started: ${error.message}`, '')),
		);
		child.once('close', (code, signal) => {
			watchdog?.callOff();
			if (code === 0) return resolve(stdout);
			const ending = signal ? `was ended by ${signal}` : `ended with ${code}`;
			reject(new CommandError(shown, ending, lastLines(both, KEPT_LINES)));
		});
	});
}

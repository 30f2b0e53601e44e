/** Seeing to it that a group of processes does not outlive this process. Needs a POSIX shell. */
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { hasCode } from './errors.mts';

/**
 * Waits for its standard input to end, which the system does for it however this process dies (a signal, a
 * crash, a test runner that gives up), and then kills the group. A line on standard input calls it off. An
 * `exit` listener would not do: it does not run on SIGKILL, nor inside jest.
 */
const WATCHDOG = 'read -r line || kill -s KILL -- "-$1"';

export interface Watchdog {
	/** Lets the group live. */
	callOff: () => void;
}

/** Kills the group when this process ends, until it is called off. */
export function startWatchdog(group: number): Watchdog {
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

/** SIGKILL to all processes of a group; nothing if it has none. */
export function killGroup(group: number): void {
	try {
		process.kill(-group, 'SIGKILL');
	} catch (error) {
		// All of it has ended already; macOS says EPERM of a group that waits to be cleared away.
		if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error;
	}
}

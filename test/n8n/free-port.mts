/** Local TCP ports for the processes under test. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range from which systems pick ports for outgoing connections (32768 on Linux): a port found
 * free there stays free until n8n, several seconds later, listens on it.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const MAX_TRIES = 200;

/** Two instances started at once must not be given the same port before either listens. */
const handedOut = new Set<number>();

/** Whether a process could listen on this port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
			server.close(() => resolve(true));
		});
	});
}

/**
 * A port of 127.0.0.1 that is free now and that this process has not handed out before.
 *
 * @throws Error when none was found in 200 tries
 */
export async function freePort(): Promise<number> {
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
		if (handedOut.has(port)) continue;
		handedOut.add(port);
		if (await isPortFree(port)) return port;
	}
	throw new Error(`No free port between ${LOWEST_PORT} and ${HIGHEST_PORT} in ${MAX_TRIES} tries`);
}

/** What to tell someone who asked for a port that something else has. */
export function portInUseMessage(port: number): string {
	return `Port ${port} of 127.0.0.1 is already in use: stop what listens there, or choose another port`;
}

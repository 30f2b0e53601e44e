/** A Redis of the test's own: n8n keeps its queue of executions there. */
import { mkdirSync } from 'node:fs';
import { freePort } from '../../n8n/free-port.mts';
import { findProgram, REDIS } from '../programs.mts';
import { Server } from './server.mts';

/** Started, and writing every change to the folder before it confirms it: a queue must survive a restart. */
export async function startRedis(folder: string): Promise<Server> {
	mkdirSync(folder, { recursive: true });
	const port = await freePort();
	const settings = {
		port,
		bind: '127.0.0.1',
		dir: folder,
		appendonly: 'yes',
		appendfsync: 'always',
		save: '',
		daemonize: 'no',
	};
	const server = new Server({
		name: 'redis',
		command: findProgram(REDIS),
		args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
		folder,
		port,
		stopSignal: 'SIGTERM',
		readyLine: 'Ready to accept connections',
	});
	await server.start();
	return server;
}

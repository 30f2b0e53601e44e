/** A PostgreSQL of the test's own: n8n keeps workflows, executions and files there. */
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../n8n/free-port.mts';
import { ProcessGroup } from '../../n8n/process-group.mts';
import { runCommand } from '../../n8n/run-command.mts';
import { findProgram, INITDB, POSTGRES, PSQL } from '../programs.mts';
import { Server } from './server.mts';

/** The database's user and its database; it listens on loopback alone and asks for no password. */
export const DATABASE_USER = 'n8n';
export const DATABASE = 'postgres';

/** Debian's package makes this user. */
const SYSTEM_USER = 'postgres';

/** Made anew in the folder, and started. */
export async function startPostgres(folder: string): Promise<Server> {
	mkdirSync(folder, { recursive: true });
	const user = systemUser();
	// It refuses to run as root, and to use a folder of somebody else's.
	if (user !== undefined) chownSync(folder, user.uid, user.gid);
	const data = join(folder, 'data');
	await initialise(folder, data, user);
	const port = await freePort();
	const settings = {
		listen_addresses: '127.0.0.1',
		port,
		unix_socket_directories: folder,
		max_connections: 200,
	};
	const server = new Server({
		name: 'postgres',
		command: findProgram(POSTGRES),
		args: [
			'-D',
			data,
			...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
		],
		folder,
		port,
		user,
		stopSignal: 'SIGINT',
		readyLine: 'database system is ready to accept connections',
	});
	await server.start();
	return server;
}

/**
 * What a query for one column finds, a text for each row. The texts must have no line breaks.
 *
 * @throws CommandError with what the database said
 */
export async function queryColumn({ port }: Server, sql: string): Promise<string[]> {
	const where = [
		'--host=127.0.0.1',
		`--port=${port}`,
		`--username=${DATABASE_USER}`,
		`--dbname=${DATABASE}`,
	];
	const output = await runCommand(findProgram(PSQL), [
		'--no-psqlrc',
		'--tuples-only',
		'--no-align',
		...where,
		`--command=${sql}`,
	]);
	return output.split('\n').filter((line) => line !== '');
}

async function initialise(
	folder: string,
	data: string,
	user: { uid: number; gid: number } | undefined,
): Promise<void> {
	const logPath = join(folder, 'initdb.log');
	const args = [
		'-D',
		data,
		'-U',
		DATABASE_USER,
		'--auth=trust',
		'--encoding=UTF8',
		'--locale=C.UTF-8',
	];
	const initdb = await ProcessGroup.start(findProgram(INITDB), args, {
		cwd: folder,
		env: { PATH: process.env.PATH },
		logPath,
		user,
	});
	const { code } = await initdb.ended;
	if (code !== 0) throw new Error(`initdb ended with ${code}:\n${readFileSync(logPath, 'utf8')}`);
}

/** Whom to run as: root must become somebody else. */
function systemUser(): { uid: number; gid: number } | undefined {
	if (process.getuid?.() !== 0) return undefined;
	const line = readFileSync('/etc/passwd', 'utf8')
		.split('\n')
		.find((entry) => entry.startsWith(`${SYSTEM_USER}:`));
	if (line === undefined)
		throw new Error(
			`There is no user ${SYSTEM_USER} to run PostgreSQL as. Install it with: sudo apt-get install postgresql`,
		);
	const [, , uid, gid] = line.split(':').map(Number);
	return { uid, gid };
}

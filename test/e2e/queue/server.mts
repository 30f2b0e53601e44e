/** A server program of the test's own, on a port and in a folder of its own: started, watched, stopped, started again. */
import { mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { waitFor } from '../../n8n/poll.mts';
import { ProcessGroup, type GroupOptions } from '../../n8n/process-group.mts';
import { lastLines } from '../../n8n/run-command.mts';

const READY_TIMEOUT_MS = 30_000;
const LOG_LINES_IN_ERRORS = 15;

export interface ServerOptions {
	name: string;
	command: string;
	args: readonly string[];
	/** Gets the log. */
	folder: string;
	port: number;
	user?: GroupOptions['user'];
	/** Asks it to end at once, without waiting for its clients. */
	stopSignal: NodeJS.Signals;
	/** What its log says once for each start that has succeeded. */
	readyLine: string;
}

export class Server {
	readonly port: number;
	readonly #options: ServerOptions;
	readonly #logPath: string;
	#starts = 0;
	#process: ProcessGroup | undefined;

	constructor(options: ServerOptions) {
		this.port = options.port;
		this.#options = options;
		this.#logPath = join(options.folder, `${options.name}.log`);
	}

	/** @throws Error with the last lines of its log when it ends early or takes too long */
	async start(): Promise<void> {
		const { name, command, args, folder, user, port } = this.#options;
		mkdirSync(folder, { recursive: true });
		const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' };
		const started = await ProcessGroup.start(command, args, {
			cwd: folder,
			env,
			logPath: this.#logPath,
			user,
		});
		this.#process = started;
		this.#starts += 1;
		try {
			await waitFor(
				`${name} to listen`,
				async () => {
					if (started.ending) throw new Error(`${name} ended before it was ready`);
					return this.#isReady() && (await listens(port)) ? true : undefined;
				},
				{ timeoutMs: READY_TIMEOUT_MS },
			);
		} catch (error) {
			await started.kill();
			throw new Error(`${String(error)}\n${lastLines(this.#log(), LOG_LINES_IN_ERRORS)}`, {
				cause: error,
			});
		}
	}

	async stop(): Promise<void> {
		await this.#process?.stop(this.#options.stopSignal);
	}

	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	#isReady(): boolean {
		return this.#log().split(this.#options.readyLine).length > this.#starts;
	}

	#log(): string {
		return readFileSync(this.#logPath, 'utf8');
	}
}

async function listens(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect({ port, host: '127.0.0.1' }, () => {
			socket.end();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}

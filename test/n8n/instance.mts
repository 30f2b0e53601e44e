/** A real n8n process: started, watched, stopped, killed and started again. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { installCommunityPackage } from './community-package.mts';
import { messageOf } from './errors.mts';
import { freePort, isPortFree, portInUseMessage } from './free-port.mts';
import { ensureN8n, type N8nInstall, type N8nVersion, type OnProgress } from './install.mts';
import { waitFor } from './poll.mts';
import { ProcessGroup } from './process-group.mts';
import { childEnvironment, lastLines } from './run-command.mts';
import { settingsOf } from './versions.mts';

export type N8nCommand = 'start' | 'worker' | 'webhook';

export interface N8nOptions {
	version: N8nVersion;
	/** `n8n start` unless told otherwise. */
	command?: N8nCommand;
	/** Further arguments, e.g. `--concurrency=5` for a worker. */
	args?: readonly string[];
	/** Holds `.n8n` (database, settings, packages) and the logs; a fresh temporary folder by default. */
	userFolder?: string;
	/** Port of 127.0.0.1; a free one by default. A worker answers only its health check there. */
	port?: number;
	/** Packed community package to install before the start. */
	tarball?: string;
	/** Added to n8n's environment, over the driver's own settings. */
	env?: Readonly<Record<string, string>>;
	/** Where n8n says its webhooks are; its own address by default. */
	webhookUrl?: string;
	/** Needed where several processes share one database; made up by n8n otherwise. */
	encryptionKey?: string;
	/** Milliseconds until a start that has not succeeded has failed. 90 s by default. */
	startTimeoutMs?: number;
	/** Told, a line at a time, what goes on during an install. */
	onProgress?: OnProgress;
}

const START_TIMEOUT_MS = 90_000;
const LOG_LINES_IN_ERRORS = 25;

/** A first start writes hundreds of these. */
const MIGRATION_LINES = /^(Starting|Finished) migration .*$/gm;

/** What n8n logs when it is told to end. */
const SIGNAL_LINE = /Received (SIG\w+)\. Shutting down/;

/** What the log says when the process does its work; the health check alone answers too early. */
const READY_LINES: Readonly<Record<N8nCommand, string>> = {
	start: 'Editor is now accessible',
	worker: 'worker is now ready',
	webhook: 'Webhook listener waiting',
};

/** All that n8n gets from this process's environment: settings of the developer's own n8n must not leak in. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'SystemRoot', 'USERPROFILE'];

/** Quiet, local, and asking nothing of the outside world. */
const SETTINGS: Readonly<Record<string, string>> = {
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
	N8N_LOG_LEVEL: 'info',
	N8N_LOG_OUTPUT: 'console',
	N8N_SECURE_COOKIE: 'false',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_REINSTALL_MISSING_PACKAGES: 'false',
};

interface Ports {
	port: number;
	brokerPort: number;
}

/** A running n8n. Made by {@link startN8n}. */
export class N8nInstance {
	readonly version: N8nVersion;
	readonly command: N8nCommand;
	readonly userFolder: string;
	readonly port: number;
	/** Where it answers, without a slash at the end. */
	readonly url: string;
	/** Where its webhooks are called, without a slash at the end. */
	readonly webhookUrl: string;
	/** The log of the process that was started last. */
	logPath = '';

	readonly #options: N8nOptions;
	readonly #ports: Ports;
	readonly #install: N8nInstall;
	#process: ProcessGroup | undefined;
	/** Whether this instance was asked to stop, so that the end of its process is no surprise. */
	#stopping = false;

	constructor(options: N8nOptions, install: N8nInstall, userFolder: string, ports: Ports) {
		this.version = options.version;
		this.command = options.command ?? 'start';
		this.userFolder = userFolder;
		this.port = ports.port;
		this.url = `http://127.0.0.1:${ports.port}`;
		this.webhookUrl = (options.webhookUrl ?? this.url).replace(/\/+$/, '');
		this.#options = options;
		this.#ports = ports;
		this.#install = install;
	}

	/** The process's number, or undefined when it does not run. */
	get pid(): number | undefined {
		return this.running ? this.#process?.pid : undefined;
	}

	get running(): boolean {
		return this.#process !== undefined && this.#process.ending === undefined;
	}

	/** All that the process started last has written. */
	log(): string {
		return existsSync(this.logPath) ? readFileSync(this.logPath, 'utf8') : '';
	}

	/**
	 * Starts the process and waits until it does its work. Starts it again, once, if another program told it to end
	 * meanwhile.
	 *
	 * @throws Error when its port is taken, when it ends early, or when it takes too long; the process is
	 * gone then, and the error has the last lines of the log
	 */
	async start(): Promise<void> {
		this.#stopping = false;
		const logBefore = this.logPath;
		try {
			await this.#startOnce();
		} catch (error) {
			// Without a log of its own, it was not even started.
			const log = this.logPath === logBefore ? '' : this.log();
			const signal = SIGNAL_LINE.exec(log)?.[1];
			if (signal === undefined || this.#stopping) throw error;
			process.stderr.write(
				`Another program sent ${signal} to n8n ${this.version} while it started. n8n is started again. The log: ${this.logPath}\n`,
			);
			await this.#startOnce();
		}
	}

	async #startOnce(): Promise<void> {
		if (this.running)
			throw new Error(`n8n ${this.command} is already running on port ${this.port}`);
		if (!(await isPortFree(this.port))) throw new Error(portInUseMessage(this.port));
		this.logPath = nextLogPath(this.userFolder);
		const args = [this.#install.bin, this.command, ...(this.#options.args ?? [])];
		this.#process = await ProcessGroup.start(this.#install.node, args, {
			cwd: this.userFolder,
			env: this.#environment(),
			logPath: this.logPath,
		});
		try {
			await this.#ready(this.#process);
		} catch (error) {
			await this.#process.kill();
			throw this.#startError(error);
		}
	}

	/** SIGTERM, then SIGKILL after ten seconds. Returns when the process has ended. */
	async stop(): Promise<void> {
		this.#stopping = true;
		await this.#process?.stop();
	}

	/** SIGKILL to n8n and its children. Returns when the process has ended. */
	async kill(): Promise<void> {
		this.#stopping = true;
		await this.#process?.kill();
	}

	/** Stops it if it runs, and starts it again with the same folder and port. Throws what `start` throws. */
	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	#environment(): NodeJS.ProcessEnv {
		const outer = childEnvironment();
		const inherited = INHERITED.map((name) => [name, outer[name]] as const);
		const { encryptionKey, env } = this.#options;
		return {
			...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)),
			...SETTINGS,
			N8N_USER_FOLDER: this.userFolder,
			N8N_PORT: String(this.port),
			N8N_RUNNERS_BROKER_PORT: String(this.#ports.brokerPort),
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(this.port),
			...settingsOf(this.version, `${this.webhookUrl}/`),
			...(encryptionKey === undefined ? {} : { N8N_ENCRYPTION_KEY: encryptionKey }),
			...env,
		};
	}

	async #ready(running: ProcessGroup): Promise<void> {
		const timeoutMs = this.#options.startTimeoutMs ?? START_TIMEOUT_MS;
		const line = READY_LINES[this.command];
		await waitFor(
			`n8n ${this.command} to say "${line}"`,
			async () => {
				if (running.ending) throw endedEarly(running);
				return this.log().includes(line) && (await isHealthy(this.url)) ? true : undefined;
			},
			{ timeoutMs, intervalMs: 200 },
		);
	}

	#startError(error: unknown): Error {
		const log = this.log();
		const taken = /port (\d+) is already in use/.exec(log);
		return new Error(
			[
				taken ? portInUseMessage(Number(taken[1])) : messageOf(error),
				`The last lines of ${this.logPath}:`,
				lastLines(log.replaceAll(MIGRATION_LINES, ''), LOG_LINES_IN_ERRORS),
			].join('\n'),
			{ cause: error },
		);
	}
}

/**
 * Starts n8n (installing it first, if need be) and waits until it does its work.
 *
 * Nothing of it outlives this process. The user folder stays; who gave none finds it in the instance.
 *
 * @throws Error as {@link N8nInstance.start}, {@link ensureN8n} and `installCommunityPackage` do
 */
export async function startN8n(options: N8nOptions): Promise<N8nInstance> {
	const install = await ensureN8n(options.version, options.onProgress);
	const userFolder = options.userFolder ?? mkdtempSync(join(tmpdir(), 'nenai-n8n-'));
	mkdirSync(userFolder, { recursive: true });
	if (options.tarball !== undefined) await installCommunityPackage(options.tarball, userFolder);
	const ports = { port: options.port ?? (await freePort()), brokerPort: await freePort() };
	const instance = new N8nInstance(options, install, userFolder, ports);
	await instance.start();
	return instance;
}

/** The first of n8n-1.log, n8n-2.log, … that no process, of this instance or another, has taken. */
function nextLogPath(userFolder: string): string {
	const numbers = readdirSync(userFolder)
		.map((name) => /^n8n-(\d+)\.log$/.exec(name))
		.map((match) => (match ? Number(match[1]) : 0));
	return join(userFolder, `n8n-${Math.max(0, ...numbers) + 1}.log`);
}

async function isHealthy(url: string): Promise<boolean> {
	try {
		const { statusCode, body } = await request(`${url}/healthz/readiness`, { reset: true });
		await body.dump();
		return statusCode === 200;
	} catch {
		// Not listening yet.
		return false;
	}
}

function endedEarly({ ending }: ProcessGroup): Error {
	const how = ending?.signal ? `was ended by ${ending.signal}` : `ended with ${ending?.code}`;
	return new Error(`n8n ${how} before it was ready`);
}

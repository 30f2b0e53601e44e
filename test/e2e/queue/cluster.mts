/** n8n in queue mode: a main process, two workers and a webhook processor on Redis and PostgreSQL, beside a local NenAI. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { N8nClient } from '../../n8n/client.mts';
import { freePort } from '../../n8n/free-port.mts';
import { NEWEST_N8N } from '../../n8n/install.mts';
import { startN8n, type N8nInstance, type N8nOptions } from '../../n8n/instance.mts';
import { removeFolder } from '../../n8n/paths.mts';
import { startSandbox, type Sandbox } from '../../sandbox/index.mts';
import { storeNenAiCredential } from '../environment.mts';
import { tarball } from '../tarball.mts';
import type { CredentialRef } from '../workflows.mts';
import { DATABASE, DATABASE_USER, startPostgres } from './postgres.mts';
import { startRedis } from './redis.mts';
import type { Server } from './server.mts';

export interface Cluster {
	sandbox: Sandbox;
	/** A client of the main process. */
	client: N8nClient;
	credential: CredentialRef;
	main: N8nInstance;
	workers: [N8nInstance, N8nInstance];
	/** Takes all webhooks. */
	webhooks: N8nInstance;
	redis: Server;
	postgres: Server;
	close(options: { keepFiles: boolean }): Promise<void>;
}

/** Throws when something does not start; nothing is left running then. */
export async function openCluster(): Promise<Cluster> {
	const folder = mkdtempSync(join(tmpdir(), 'nenai-queue-'));
	// PostgreSQL runs as another user, and must get to its folder in this one.
	chmodSync(folder, 0o711);
	const running: Array<{ stop(): Promise<void> }> = [];
	const keep = <T extends { stop(): Promise<void> }>(started: T): T => {
		running.unshift(started);
		return started;
	};
	const sandbox = await startSandbox({ workflows: null });
	const close = async ({ keepFiles }: { keepFiles: boolean }) => {
		await sandbox.close();
		for (const one of running) await one.stop();
		if (keepFiles)
			process.stderr.write(`\nThe logs of n8n, Redis and PostgreSQL are in ${folder}\n`);
		else removeFolder(folder);
	};
	try {
		const redis = keep(await startRedis(join(folder, 'redis')));
		const postgres = keep(await startPostgres(join(folder, 'postgres')));
		const port = await freePort();
		const shared = {
			...sharedOptions(join(folder, 'n8n'), redis, postgres),
			webhookUrl: `http://127.0.0.1:${port}`,
		};
		const main = keep(await startN8n({ ...shared, tarball: tarball() }));
		const webhooks = keep(await startN8n({ ...shared, command: 'webhook', port }));
		const startWorker = () => startN8n({ ...shared, command: 'worker', args: ['--concurrency=5'] });
		const workers: Cluster['workers'] = [keep(await startWorker()), keep(await startWorker())];
		const client = new N8nClient(main.url);
		await client.setupOwner();
		const credential = await storeNenAiCredential(client, sandbox);
		return { sandbox, client, credential, main, workers, webhooks, redis, postgres, close };
	} catch (error) {
		await close({ keepFiles: true });
		throw error;
	}
}

/** Processes of one n8n share its folder (and so the installed package), its key, its queue and its database. */
function sharedOptions(userFolder: string, redis: Server, postgres: Server): N8nOptions {
	return {
		version: NEWEST_N8N,
		userFolder,
		encryptionKey: randomBytes(24).toString('hex'),
		env: {
			EXECUTIONS_MODE: 'queue',
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_USER: DATABASE_USER,
			DB_POSTGRESDB_PASSWORD: 'test-password',
			DB_POSTGRESDB_DATABASE: DATABASE,
			// A worker that has died is noticed within seconds, in place of a minute and a half.
			QUEUE_WORKER_LOCK_DURATION: '10000',
			QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
			QUEUE_WORKER_STALLED_INTERVAL: '5000',
			// A file on one process's disk is not seen by the others.
			N8N_DEFAULT_BINARY_DATA_MODE: 'database',
		},
	};
}

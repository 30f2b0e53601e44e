/** A workflow is called, and what that takes is measured. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { removeFolder } from '../n8n/paths.mts';
import { forgetPeak, liveMemory, memoryAtRest, peakMemory } from './memory.mts';
import type { BenchEnvironment } from './environment.mts';

export interface Taken {
	seconds: number;
	/** Megabytes at the peak over those at rest. */
	memory: number;
}

/** Calls a webhook that answers when its workflow has ended, and removes the files that n8n has stored. Throws where it fails. */
export async function callMeasured(
	{ n8n }: BenchEnvironment,
	url: string,
	sent: object,
): Promise<Taken> {
	const idle = await memoryAtRest(n8n.pid);
	forgetPeak(n8n.pid);
	const began = performance.now();
	await call(url, sent);
	const seconds = (performance.now() - began) / 1000;
	const memory = peakMemory(n8n.pid) - idle;
	removeFiles(n8n.userFolder);
	return { seconds, memory };
}

/**
 * The same, but gives the most memory that JavaScript still needed meanwhile, in megabytes over that at rest: without
 * garbage, which is collected first. Needs the environment INSPECTABLE.
 */
export async function callForLiveMemory(
	{ n8n }: BenchEnvironment,
	url: string,
	sent: object,
): Promise<number> {
	const idle = await liveMemory(n8n.log());
	let most = 0;
	let ended = false;
	const sample = async () => {
		while (!ended) {
			most = Math.max(most, (await liveMemory(n8n.log())) - idle);
			await sleep(50);
		}
	};
	await Promise.all([call(url, sent).finally(() => (ended = true)), sample()]);
	removeFiles(n8n.userFolder);
	return most;
}

async function call(url: string, sent: object): Promise<void> {
	const { statusCode, body } = await request(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(sent),
		headersTimeout: 0,
	});
	await body.dump();
	if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
}

/** A gigabyte each time. */
function removeFiles(userFolder: string): void {
	removeFolder(join(userFolder, '.n8n', 'storage'));
}

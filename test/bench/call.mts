/** A workflow is called, and what that takes is measured. */
import { join } from 'node:path';
import { request } from 'undici';
import { removeFolder } from '../n8n/paths.mts';
import { forgetPeak, memoryAtRest, peakMemory } from './memory.mts';
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
	const { statusCode, body } = await request(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(sent),
		headersTimeout: 0,
	});
	await body.dump();
	const seconds = (performance.now() - began) / 1000;
	if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
	const memory = peakMemory(n8n.pid) - idle;
	// A gigabyte each time.
	removeFolder(join(n8n.userFolder, '.n8n', 'storage'));
	return { seconds, memory };
}

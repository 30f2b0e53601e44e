/** The memory of a process, as Linux counts it. In megabytes. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

function read(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
	const found = new RegExp(`${field}:\\s+(\\d+) kB`).exec(
		readFileSync(`/proc/${pid}/status`, 'utf8'),
	);
	if (!found)
		throw new Error(`/proc/${pid}/status has no ${field}: the bench measures memory on Linux only`);
	return Number(found[1]) / 1024;
}

/** What the process holds when it has come to rest: the least of some seconds, since garbage comes and goes. */
export async function memoryAtRest(pid: number | undefined, seconds = 5): Promise<number> {
	let least = Infinity;
	for (let i = 0; i < seconds * 5; i += 1) {
		least = Math.min(least, read(pid, 'VmRSS'));
		await sleep(200);
	}
	return least;
}

/** The most that the process held since the last `forgetPeak`. */
export const peakMemory = (pid: number | undefined) => read(pid, 'VmHWM');

export function forgetPeak(pid: number | undefined): void {
	writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The environment of a process that {@link liveMemory} can ask. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

const Evaluated = z.object({ result: z.object({ result: z.object({ value: z.number() }) }) });

/**
 * What JavaScript in the process still needs, buffers included, after its garbage was collected.
 *
 * @param log in which the process says where its inspector listens
 */
export async function liveMemory(log: string): Promise<number> {
	const [url] = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(log) ?? [];
	if (url === undefined) throw new Error('The log does not say where the inspector listens');
	const inspector = new WebSocket(url);
	await once(inspector, 'open');
	const call = async (id: number, method: string, params: object = {}): Promise<unknown> => {
		const answered = once(inspector, 'message');
		inspector.send(JSON.stringify({ id, method, params }));
		const [{ data }] = await answered;
		return JSON.parse(data);
	};
	await call(1, 'HeapProfiler.collectGarbage');
	await call(2, 'HeapProfiler.collectGarbage');
	const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
	const { result } = Evaluated.parse(await call(3, 'Runtime.evaluate', { expression }));
	inspector.close();
	return result.result.value / 1024 / 1024;
}

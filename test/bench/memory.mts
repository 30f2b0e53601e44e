/** The memory of a process, as Linux counts it. In megabytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

function read(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
	const found = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
	if (!found) throw new Error(`/proc/${pid}/status has no ${field}: the bench measures memory on Linux only`);
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

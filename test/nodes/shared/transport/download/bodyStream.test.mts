import { STALL_TIMEOUT_MS } from '../../../../../nodes/shared/transport/download/bodyStream';
import { withSandbox } from '../../../../sandbox/cases.mts';
import type { Sandbox } from '../../../../sandbox/index.mts';
import { Credentials, execute, type Execution } from '../../../engine.mts';

const TEXT = 'x'.repeat(1000);
const STALL = { stallAfterBytes: 10, times: 1 };

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const credentials = () =>
	new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url, desktopUrl: sandbox.desktopUrl });

async function ofResult(): Promise<Execution> {
	const id = sandbox.files.add({ name: 'a.txt', text: TEXT, fault: STALL });
	return await execute({
		credentials: credentials(),
		items: [{ a: sandbox.files.url(id) }],
		parameters: { resource: 'result', operation: 'download' },
	});
}

async function ofDesktop(): Promise<Execution> {
	const desktopId = sandbox.desktops.add();
	sandbox.desktops.addFile(desktopId, { name: 'a.txt', text: TEXT });
	sandbox.desktopFaults.add(STALL);
	return await execute({
		credentials: credentials(),
		parameters: { resource: 'file', operation: 'download', desktopId, fileName: 'a.txt' },
	});
}

/** In a file of its own, and both at once, since it takes as long as a stalled download is waited for. */
test(
	'a file that stops coming is given up and asked for again: of a result, and of a desktop',
	async () => {
		const before = Date.now();
		for (const { items, error } of await Promise.all([ofResult(), ofDesktop()])) {
			expect(error).toBeUndefined();
			expect(items[0].json.fileSize).toBe(1000);
		}
		const { requests, desktopRequests } = sandbox.state();
		expect([requests.length, desktopRequests.length]).toEqual([2, 2]);
		expect(Date.now() - before).toBeGreaterThan(STALL_TIMEOUT_MS);
	},
	2 * STALL_TIMEOUT_MS,
);

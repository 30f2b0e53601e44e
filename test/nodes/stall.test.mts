import { STALLED_AFTER } from '../../nodes/NenAi/transport/incomingFile';
import { startSandbox } from '../sandbox/index.mts';
import { Credentials, execute } from './engine.mts';

/** In a file of its own, since it takes as long as a stalled download is waited for. */
test('a file that stops coming is given up and asked for again', async () => {
	const sandbox = await startSandbox();
	const id = sandbox.files.add({ name: 'a.txt', text: 'x'.repeat(1000), fault: { stallAfterBytes: 10, times: 1 } });
	const before = Date.now();
	const { items, error } = await execute({
		credentials: new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url }),
		items: [{ a: sandbox.files.url(id) }],
		parameters: { resource: 'result', operation: 'download' },
	});
	const { requests } = sandbox.state();
	await sandbox.close();
	expect(error).toBeUndefined();
	expect(items[0].json.fileSize).toBe(1000);
	expect(requests).toHaveLength(2);
	expect(Date.now() - before).toBeGreaterThan(STALLED_AFTER);
}, 2 * STALLED_AFTER);

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { request } from 'undici';
import type { Sandbox } from './index.mts';
import { post, postRun, startFastSandbox, startReceiver } from './support.mts';

let sandbox: Sandbox;

beforeEach(async () => {
	sandbox = await startFastSandbox();
});
afterEach(() => sandbox.close());

const control = (path: string, body: unknown = {}) => post(`${sandbox.url}/_sandbox/${path}`, body);

describe('records', () => {
	test('of requests name everything but the key', async () => {
		await postRun(sandbox, { workflow_id: 'w' });
		await post(
			`${sandbox.url}/runs?x=1`,
			{ workflow_id: 'w' },
			{ 'x-api-key': 'wrong-key', cookie: 'c=1' },
		);
		await request(sandbox.url);
		const { requests } = await sandbox.until((state) =>
			state.requests.every(({ answered }) => answered !== null),
		);
		expect(requests).toEqual([
			expect.objectContaining({
				method: 'POST',
				path: '/runs',
				authorized: true,
				body: { workflow_id: 'w' },
				answered: 202,
			}),
			expect.objectContaining({
				method: 'POST',
				path: '/runs',
				authorized: false,
				body: null,
				answered: 401,
			}),
			expect.objectContaining({
				method: 'GET',
				path: '/',
				authorized: false,
				body: null,
				answered: 404,
			}),
		]);
		expect(requests.map(({ headers }) => headers['x-api-key'])).toEqual([
			'[redacted]',
			'[redacted]',
			undefined,
		]);
		expect(requests[1].headers.cookie).toBe('c=1');
		expect(JSON.stringify(sandbox.state())).not.toMatch(/wrong-key|test-api-key/);
	});

	test('count the POST /runs that are open at one time', async () => {
		sandbox.setDefaults({ fault: { latencyMs: 50 } });
		await Promise.all([1, 2, 3].map(() => postRun(sandbox, { workflow_id: 'w' })));
		await postRun(sandbox, { workflow_id: 'w' });
		expect(sandbox.state().counts.maxConcurrentRunRequests).toBe(3);
	});

	test('can be waited for, though not for ever', async () => {
		await expect(sandbox.until(({ counts }) => counts.runsStarted === 1, 30)).rejects.toThrow(
			/Not reached within 30 ms/,
		);
	});
});

test('a port that is in use is named', async () => {
	const other = createServer();
	await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
	const address = other.address();
	const port = typeof address === 'object' && address ? address.port : 0;
	await expect(startFastSandbox({ port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use`);
	await new Promise((resolve) => other.close(resolve));
});

describe('over HTTP', () => {
	test('the state', async () => {
		const { messageId } = JSON.parse((await postRun(sandbox, { workflow_id: 'w' })).body);
		const answer = await request(`${sandbox.url}/_sandbox/state`);
		expect(await answer.body.json()).toMatchObject({
			counts: {
				requests: 1,
				runsStarted: 1,
				deliveries: 0,
				pendingCallbacks: 0,
				maxConcurrentRunRequests: 1,
			},
			requests: [{ path: '/runs' }],
			runs: [{ messageId }],
			deliveries: [],
		});
	});

	test('a reset', async () => {
		await control('settings', { refusedKeyStatus: 403 });
		await control('faults', { refuse: { status: 500 } });
		expect((await postRun(sandbox, { workflow_id: 'w' })).status).toBe(500);
		const answer = await request(`${sandbox.url}/_sandbox/reset`, { method: 'POST' });
		expect(answer.statusCode).toBe(200);
		expect(sandbox.state().counts.requests).toBe(0);
		expect((await postRun(sandbox, { workflow_id: 'w' })).status).toBe(202);
		expect((await post(`${sandbox.url}/runs`, {})).status).toBe(401);
	});

	test('fault rules', async () => {
		await control('faults', {
			match: { param: 'NAME', equals: 'B' },
			times: 1,
			refuse: { status: 503 },
		});
		const statuses = [];
		for (const NAME of ['A', 'B', 'B'])
			statuses.push(
				(await postRun(sandbox, { workflow_id: 'w', workflow_params: { NAME } })).status,
			);
		expect(statuses).toEqual([202, 503, 202]);
		await control('faults', { refuse: { status: 503 } });
		await request(`${sandbox.url}/_sandbox/faults`, { method: 'DELETE' });
		expect((await postRun(sandbox, { workflow_id: 'w' })).status).toBe(202);
	});

	test('files', async () => {
		const made = await control('files', { name: 'a.txt', text: 'hello' });
		const file = await request(JSON.parse(made.body).url);
		expect(await file.body.text()).toBe('hello');
		const expired = await control('files', { name: 'a.txt', text: 'hello', expiresAt: 1 });
		expect((await request(JSON.parse(expired.body).url)).statusCode).toBe(403);
	});

	test('a callback on demand', async () => {
		const receiver = await startReceiver();
		const answer = await control('deliver', {
			url: receiver.url,
			messageId: 'm',
			status: 'failed',
			signature: 'malformed',
		});
		expect(JSON.parse(answer.body)).toMatchObject({ messageId: 'm', answer: { status: 200 } });
		expect(JSON.parse(receiver.callbacks[0].body)).toMatchObject({
			message_id: 'm',
			status: 'failed',
		});
		await receiver.close();
	});

	test('a pause', async () => {
		const before = sandbox.url;
		await control('pause', { ms: 1000 });
		await new Promise((resolve) => setTimeout(resolve, 40));
		await expect(postRun(sandbox, { workflow_id: 'w' })).rejects.toThrow(/ECONNREFUSED/);
		await new Promise((resolve) => setTimeout(resolve, 1000));
		expect(sandbox.url).toBe(before);
		expect((await postRun(sandbox, { workflow_id: 'w' })).status).toBe(202);
	});

	test.each([
		['faults', { refuze: {} }],
		['faults', { match: { workflowId: 'w' }, connection: 'drop-before-body' }],
		['settings', { rateLimit: 5 }],
		['files', { name: '' }],
		['deliver', { status: 'success' }],
		['pause', {}],
	])('%s with %j: 400', async (path, body) => expect((await control(path, body)).status).toBe(400));
});

describe('stopping', () => {
	test('keeps the callbacks that are to be sent, and comes back on the same port', async () => {
		const receiver = await startReceiver();
		const before = sandbox.url;
		await postRun(sandbox, { workflow_id: 'w', webhook_callback: receiver.url });
		await sandbox.stop();
		await expect(postRun(sandbox, { workflow_id: 'w' })).rejects.toThrow(/ECONNREFUSED/);
		await sandbox.until(({ counts }) => counts.deliveries === 2);
		await sandbox.start();
		expect(sandbox.url).toBe(before);
		expect((await postRun(sandbox, { workflow_id: 'w' })).status).toBe(202);
		await receiver.close();
	});

	test('closing ends what is open or still to come', async () => {
		const receiver = await startReceiver();
		sandbox.faults.next({ connection: 'silent-after-accept' });
		sandbox.faults.next({ latencyMs: 60_000 });
		const run = { workflow_id: 'w', webhook_callback: receiver.url };
		const open = [1, 2].map(() =>
			postRun(sandbox, run).then(
				() => 'answered',
				() => 'closed',
			),
		);
		await sandbox.until(({ counts }) => counts.requests === 2 && counts.pendingCallbacks === 2);
		await sandbox.close();
		expect(await Promise.all(open)).toEqual(['closed', 'closed']);
		await new Promise((resolve) => setTimeout(resolve, 60));
		expect(receiver.callbacks).toEqual([]);
		expect(sandbox.state().counts).toMatchObject({
			deliveries: 0,
			pendingCallbacks: 0,
			runsStarted: 1,
		});
		await receiver.close();
	});

	test('alone on the command line, it says where it is and ends at Ctrl-C', async () => {
		const child = spawn(process.execPath, [join(__dirname, 'main.mts'), '--port', '0']);
		const ended = new Promise((resolve) => child.once('exit', resolve));
		const printed = await new Promise<string>((resolve) =>
			child.stdout.once('data', (data) => resolve(String(data))),
		);
		const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? '';
		expect((await request(`${url}/_sandbox/state`)).statusCode).toBe(200);
		expect(printed).toContain(`${url}/mcp/v1`);
		expect(printed).toContain(`${url}/desktop\n`);
		expect(printed).toContain(sandbox.apiKey);
		expect(printed).toContain(sandbox.webhookSecret);
		child.kill('SIGINT');
		expect(await ended).toBe(0);
	});
});

import { createHmac } from 'node:crypto';
import { usualCallbacks, type PlannedCallback, type Sandbox } from './index.mts';
import { postRun, startFastSandbox, startReceiver, type Receiver } from './support.mts';

let sandbox: Sandbox;
let receiver: Receiver;

beforeAll(async () => {
	sandbox = await startFastSandbox();
	receiver = await startReceiver();
});
afterEach(() => {
	sandbox.reset();
	receiver.callbacks.length = 0;
	receiver.answers.length = 0;
});
afterAll(async () => {
	await sandbox.close();
	await receiver.close();
});

const settled = (): Promise<unknown> =>
	sandbox.until(({ counts }) => counts.runsStarted > 0 && counts.pendingCallbacks === 0);
const received = (): Array<Record<string, unknown>> =>
	receiver.callbacks.map(({ body }) => JSON.parse(body));
const statuses = (): unknown[] => received().map(({ status }) => status);
const signatureOf = (body: string, secret = sandbox.webhookSecret): string =>
	`sha256=${createHmac('sha256', secret).update(Buffer.from(body)).digest('hex')}`;

async function runWith(callbacks?: PlannedCallback[]): Promise<void> {
	sandbox.faults.next({ callbacks });
	await postRun(sandbox, {
		workflow_id: 'w',
		workflow_params: { NAME: 'Ä' },
		webhook_callback: receiver.url,
	});
	await settled();
}

test('a run says processing, then success with its result and a file', async () => {
	await runWith();
	const { messageId } = sandbox.state().runs[0];
	const usual = { workflow_id: 'w', message_id: messageId, expires_at: expect.any(Number) };
	expect(received()).toEqual([
		{ ...usual, status: 'processing' },
		{
			...usual,
			status: 'success',
			success: true,
			result: { received: { NAME: 'Ä' }, note: 'Fertig – 完了' },
			assets: expect.stringContaining(`${sandbox.url}/files/`),
		},
	]);
	const lives = Number(received()[0].expires_at) - Date.now() / 1000;
	expect(lives).toBeGreaterThan(3590);
	expect(lives).toBeLessThanOrEqual(3600);
});

test('each is signed over its bytes, which writing the parsed body again does not give', async () => {
	await runWith();
	expect(receiver.callbacks).toHaveLength(2);
	for (const { body, headers } of receiver.callbacks) {
		expect(headers['content-type']).toBe('application/json');
		expect(headers['x-hmac-signature']).toMatch(/^sha256=[0-9a-f]{64}$/);
		expect(headers['x-hmac-signature']).toBe(signatureOf(body));
		expect(JSON.stringify(JSON.parse(body))).not.toBe(body);
	}
});

test('without a callback URL nothing is sent', async () => {
	await postRun(sandbox, { workflow_id: 'w' });
	expect(sandbox.state().counts).toMatchObject({ runsStarted: 1, pendingCallbacks: 0 });
});

test('callbacks may come before the answer to the request', async () => {
	sandbox.faults.next({ answerLatencyMs: 100 });
	const answer = postRun(sandbox, { workflow_id: 'w', webhook_callback: receiver.url });
	await sandbox.until(({ counts }) => counts.deliveries === 2);
	expect(sandbox.state().requests[0].answered).toBeNull();
	expect((await answer).status).toBe(202);
});

describe('a plan', () => {
	test.each<[string, PlannedCallback[], string[]]>([
		['failed', [{ status: 'processing' }, { status: 'failed' }], ['processing', 'failed']],
		['doubled', [{ status: 'success' }, { status: 'success' }], ['success', 'success']],
		[
			'reordered',
			[
				{ status: 'processing', afterMs: 40 },
				{ status: 'success', afterMs: 1 },
			],
			['success', 'processing'],
		],
		['never', [], []],
		[
			'unknown',
			['queued', 'running', 'completed'].map((status, i) => ({ status, afterMs: i * 20 })),
			['queued', 'running', 'completed'],
		],
	])('%s', async (_case, plan, expected) => {
		await runWith(plan);
		expect(statuses()).toEqual(expected);
	});

	test('late', async () => {
		await runWith([{ status: 'success', afterMs: 120 }]);
		expect(receiver.callbacks[0].at - sandbox.state().runs[0].at).toBeGreaterThanOrEqual(118);
	});

	test('a failure says why', async () => {
		await runWith([{ status: 'failed' }]);
		expect(received()[0]).toMatchObject({
			status: 'failed',
			success: false,
			error: expect.stringMatching(/./),
		});
	});

	test('other fields, fewer fields', async () => {
		await runWith([
			{
				status: 'success',
				body: { assets: null, pages: [{ url: 'u' }] },
				omit: ['message_id', 'result'],
			},
		]);
		expect(received()).toEqual([
			{
				workflow_id: 'w',
				status: 'success',
				expires_at: expect.any(Number),
				success: true,
				assets: null,
				pages: [{ url: 'u' }],
			},
		]);
	});

	test.each(['Content-Type', 'content-type'])(
		'a body that is not JSON, with headers of its own (%s)',
		async (name) => {
			await runWith([
				{ status: 'success', rawBody: 'not json', headers: { [name]: 'text/plain' } },
			]);
			expect(receiver.callbacks[0]).toMatchObject({
				body: 'not json',
				headers: { 'content-type': 'text/plain', 'x-hmac-signature': signatureOf('not json') },
			});
		},
	);
});

describe('signatures', () => {
	const header = async (change: Omit<PlannedCallback, 'status'>): Promise<unknown> => {
		await runWith(usualCallbacks(change));
		expect(receiver.callbacks).toHaveLength(2);
		return receiver.callbacks[1].headers['x-hmac-signature'];
	};

	test('wrong secret', async () => {
		const sent = await header({ signature: 'wrong-secret' });
		expect(sent).toMatch(/^sha256=[0-9a-f]{64}$/);
		expect(sent).not.toBe(signatureOf(receiver.callbacks[1].body));
	});

	test('missing', async () => expect(await header({ signature: 'missing' })).toBeUndefined());

	test('malformed', async () =>
		expect(await header({ signature: 'malformed' })).not.toMatch(/^sha256=[0-9a-f]{64}$/));

	test('as given', async () =>
		expect(await header({ signature: { header: 'sha1=0' } })).toBe('sha1=0'));

	test('another secret, as after a rotation', async () =>
		expect(await header({ secret: 'previous' })).toBe(
			signatureOf(receiver.callbacks[1].body, 'previous'),
		));

	test('body altered after signing, by a byte that JSON does not mind', async () => {
		const sent = await header({ signature: 'altered-body' });
		const { body } = receiver.callbacks[1];
		expect(JSON.parse(body)).toMatchObject({ status: 'success' });
		expect(sent).not.toBe(signatureOf(body));
		expect(sent).toBe(signatureOf(body.slice(0, -1)));
	});
});

describe('delivery', () => {
	test('what is not answered with 200 is sent again, the same bytes, ever later', async () => {
		receiver.answers.push(500, 204);
		await runWith([{ status: 'success', afterMs: 0 }]);
		const { deliveries } = sandbox.state();
		expect(deliveries.map(({ attempt, answer }) => [attempt, answer?.status])).toEqual([
			[1, 500],
			[2, 204],
			[3, 200],
		]);
		expect(new Set(deliveries.map(({ body }) => body)).size).toBe(1);
		expect(deliveries[1].at - deliveries[0].at).toBeGreaterThanOrEqual(19);
		expect(deliveries[2].at - deliveries[1].at).toBeGreaterThanOrEqual(39);
		expect(deliveries[2]).toMatchObject({
			messageId: sandbox.state().runs[0].messageId,
			status: 'success',
			url: receiver.url,
			signature: signatureOf(receiver.callbacks[2].body),
			answer: { status: 200, body: 'noted' },
			error: null,
		});
	});

	test('no answer in time is sent again', async () => {
		receiver.answers.push(null);
		await runWith([{ status: 'success', afterMs: 0 }]);
		const [first, second, ...more] = sandbox.state().deliveries;
		expect(first).toMatchObject({ answer: null, error: expect.stringMatching(/timeout/i) });
		expect(first.durationMs).toBeGreaterThanOrEqual(198);
		expect(second.answer?.status).toBe(200);
		expect(more).toEqual([]);
	});

	test('is given up after the last wait', async () => {
		receiver.answers.push(500, 500, 500, 500, 500);
		await runWith([{ status: 'success', afterMs: 0 }]);
		expect(receiver.callbacks).toHaveLength(3);
	});

	test('nobody there is an error', async () => {
		await postRun(sandbox, { workflow_id: 'w', webhook_callback: 'http://127.0.0.1:1/' });
		await settled();
		expect(sandbox.state().deliveries.map(({ error }) => error)).toEqual(
			Array(6).fill(expect.stringMatching(/ECONNREFUSED/)),
		);
	});

	test('stops at a reset', async () => {
		await postRun(sandbox, { workflow_id: 'w', webhook_callback: receiver.url });
		sandbox.reset();
		await new Promise((resolve) => setTimeout(resolve, 60));
		expect(receiver.callbacks).toEqual([]);
		expect(sandbox.state().counts).toMatchObject({ deliveries: 0, pendingCallbacks: 0 });
	});
});

describe('on demand', () => {
	test('a callback of a run, again', async () => {
		await runWith([]);
		const { messageId } = sandbox.state().runs[0];
		expect(await sandbox.deliver({ messageId, status: 'success' })).toMatchObject({
			messageId,
			answer: { status: 200, body: 'noted' },
		});
		expect(received()).toEqual([
			expect.objectContaining({ workflow_id: 'w', message_id: messageId, status: 'success' }),
		]);
	});

	test('any callback to any URL, once', async () => {
		receiver.answers.push(401);
		const options = {
			url: receiver.url,
			messageId: 'm',
			workflowId: 'v',
			status: 'queued',
			signature: 'missing',
		} as const;
		expect((await sandbox.deliver(options)).answer?.status).toBe(401);
		expect(received()).toEqual([
			{ workflow_id: 'v', message_id: 'm', status: 'queued', expires_at: expect.any(Number) },
		]);
		expect(sandbox.state().counts).toMatchObject({ deliveries: 1, pendingCallbacks: 0 });
	});

	test('needs somewhere to go', async () => {
		await expect(sandbox.deliver({ status: 'success' })).rejects.toThrow(/Nowhere to deliver to/);
	});
});

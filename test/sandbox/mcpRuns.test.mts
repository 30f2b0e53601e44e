import type { Sandbox } from './index.mts';
import { startRun } from './mcp/support.mts';
import { startFastSandbox, startReceiver, type Receiver } from './support.mts';

let sandbox: Sandbox;
let receiver: Receiver;

beforeAll(async () => {
	sandbox = await startFastSandbox();
	receiver = await startReceiver();
});
afterEach(() => sandbox.reset());
afterAll(async () => {
	await sandbox.close();
	await receiver.close();
});

const status = (messageId: string): string | undefined => sandbox.runs.get(messageId)?.status;
const reaches = (messageId: string, wanted: string) =>
	sandbox.until(() => status(messageId) === wanted);
const startHeard = (): Promise<string> => startRun(sandbox, { webhook_callback: receiver.url });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a run goes through its stages', () => {
	test('as its callbacks say', async () => {
		sandbox.setDefaults({ processingAfterMs: 60_000, finalAfterMs: 60_000 });
		const messageId = await startHeard();
		expect(sandbox.runs.get(messageId)).toMatchObject({
			status: 'queued',
			startTime: undefined,
			endTime: undefined,
			progress: { currentState: 'queued', completedStates: 0, totalStates: 15 },
			output: undefined,
		});
		await sandbox.deliver({ messageId, status: 'processing' });
		expect(sandbox.runs.get(messageId)).toMatchObject({
			status: 'running',
			startTime: expect.any(String),
			endTime: undefined,
			progress: { currentState: 'running', completedStates: 7 },
			output: undefined,
		});
		await sandbox.deliver({ messageId, status: 'success' });
		expect(sandbox.runs.get(messageId)).toMatchObject({
			status: 'completed',
			endTime: expect.any(String),
			progress: { currentState: 'completed', completedStates: 15 },
			output: { received: {} },
		});
	});

	test('and has come to each before its callback arrives', async () => {
		const messageId = await startHeard();
		const heard = () => receiver.callbacks.filter(({ body }) => body.includes(messageId)).length;
		await sandbox.until(() => heard() >= 1);
		expect(status(messageId)).not.toBe('queued');
		await sandbox.until(() => heard() === 2);
		expect(status(messageId)).toBe('completed');
	});

	test('but to none before its callback is due', async () => {
		const callbacks = ['processing', 'success'].map((due) => ({ status: due, afterMs: 60_000 }));
		sandbox.faults.next({ callbacks });
		const messageId = await startHeard();
		await sleep(60);
		expect(status(messageId)).toBe('queued');
	});

	test('to its failure, with the reason in the log', async () => {
		sandbox.faults.next({ callbacks: [{ status: 'failed', body: { error: 'No such patient' } }] });
		const messageId = await startHeard();
		await reaches(messageId, 'failed');
		expect(sandbox.runs.get(messageId)).toMatchObject({
			endTime: expect.any(String),
			output: undefined,
			logs: expect.stringMatching(/Gave up: No such patient\n$/),
		});
	});

	test('and gives out what its callback says', async () => {
		sandbox.faults.next({ callbacks: [{ status: 'success', body: { result: { total: 3 } } }] });
		const messageId = await startHeard();
		await reaches(messageId, 'completed');
		expect(sandbox.runs.get(messageId)?.output).toEqual({ total: 3 });
	});

	test.each([
		['wanted no callback', undefined, {}],
		['gets none', [], { webhook_callback: 'http://127.0.0.1:9/' }],
		[
			'gets only the first',
			[{ status: 'processing' }],
			{ webhook_callback: 'http://127.0.0.1:9/' },
		],
		[
			'gets one of an unknown status',
			[{ status: 'odd' }],
			{ webhook_callback: 'http://127.0.0.1:9/' },
		],
	])('also when it %s', async (_what, callbacks, run) => {
		sandbox.faults.next({ callbacks });
		const messageId = await startRun(sandbox, run);
		await reaches(messageId, 'completed');
		expect(sandbox.runs.get(messageId)?.logs).toMatch(/Queued.*\n.*Opened.*\n.*Saved/);
	});

	test('once: what comes later out of its order changes nothing', async () => {
		const callbacks = [
			{ status: 'success', afterMs: 1 },
			{ status: 'processing', afterMs: 20 },
		];
		sandbox.faults.next({ callbacks });
		const messageId = await startHeard();
		await sandbox.until(({ counts }) => counts.deliveries === 2);
		expect(status(messageId)).toBe('completed');
	});

	test('also by a callback on demand', async () => {
		sandbox.setDefaults({ finalAfterMs: 80 });
		sandbox.faults.next({ callbacks: [] });
		const messageId = await startHeard();
		await sandbox.deliver({ messageId, status: 'failed' });
		expect(status(messageId)).toBe('failed');
		await sleep(100);
		expect(status(messageId)).toBe('failed');
	});
});

describe('a run can be held', () => {
	test.each(['queued', 'running', 'timeout', 'completed', 'odd'])(
		'as %s, whatever its callbacks say',
		async (held) => {
			const messageId = await startHeard();
			sandbox.runs.set(messageId, { status: held });
			await sandbox.until(({ counts }) => counts.deliveries === 2);
			const finished = held !== 'queued' && held !== 'running';
			expect(sandbox.runs.get(messageId)).toMatchObject({
				status: held,
				startTime: held === 'queued' ? undefined : expect.any(String),
				endTime: finished ? expect.any(String) : undefined,
			});
		},
	);

	test('with other fields, without some, and again', () => {
		sandbox.runs.set('m', {
			status: 'completed',
			workflowId: 'w',
			startTime: '2026-01-14T10:30:00Z',
			endTime: null,
			progress: { currentState: 'x' },
			output: 'a text',
			liveViewUrl: null,
			more: { queuePosition: 2 },
			logs: 'all is well',
		});
		expect(sandbox.runs.get('m')).toEqual({
			messageId: 'm',
			workflowId: 'w',
			status: 'completed',
			startTime: '2026-01-14T10:30:00Z',
			endTime: undefined,
			progress: { currentState: 'x' },
			output: 'a text',
			liveViewUrl: undefined,
			more: { queuePosition: 2 },
			logs: 'all is well',
		});
		sandbox.runs.set('m', { status: 'failed', output: null });
		expect(sandbox.runs.get('m')).toMatchObject({
			workflowId: 'w',
			status: 'failed',
			output: undefined,
		});
	});

	test('but not in a form that does not exist, nor beyond a reset', () => {
		const misspelt = { status: 'running', outptu: {} };
		expect(() => sandbox.runs.set('m', misspelt)).toThrow(/outptu/);
		sandbox.runs.set('m', { status: 'running' });
		sandbox.reset();
		expect(sandbox.runs.get('m')).toBeUndefined();
	});
});

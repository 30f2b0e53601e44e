import { ExecuteContext } from 'n8n-core';
import {
	WAIT_INDEFINITELY,
	type IDataObject,
	type INode,
	type INodeParameters,
} from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import { type CallbackSpec, type Fault, type Sandbox } from '../../../sandbox/index.mts';
import {
	Credentials,
	execute,
	executeInsideAgent,
	serveWaiting,
	type CallbackServer,
	type Execution,
	type ExecuteOptions,
} from '../../engine.mts';

const WORKFLOW = '12345678-1234-1234-1234-123456789abc';
let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { fault: { callbacks: [] } });

const credentials = (more: IDataObject = {}) =>
	new Credentials({
		apiKey: sandbox.apiKey,
		baseUrl: sandbox.url,
		webhookSecret: sandbox.webhookSecret,
		...more,
	});

type Options = Partial<Omit<ExecuteOptions, 'parameters'>> & {
	parameters?: INodeParameters;
	options?: INodeParameters;
};
const PARAMETERS = {
	resource: 'run',
	operation: 'startAndWait',
	workflowId: WORKFLOW,
	parametersMode: 'input',
};

const startAndWait = ({ parameters, options = {}, ...rest }: Options = {}) =>
	execute({
		credentials: credentials(),
		items: [{ NAME: 'A' }],
		...rest,
		parameters: { ...PARAMETERS, options, ...parameters },
	});

const requests = () => sandbox.state().counts.requests;

describe('starting', () => {
	test('sends the resume URL as callback, labels the execution and suspends it', async () => {
		const { run, error } = await startAndWait();
		const [{ messageId, callbackUrl, params }] = sandbox.state().runs;
		expect(error).toBeUndefined();
		expect(params).toEqual({ NAME: 'A' });
		expect(callbackUrl).toMatch(/^http:\/\/127\.0\.0\.1\/webhook-waiting\/1/);
		expect(run.data.resultData.metadata).toEqual({ nenaiMessageId: messageId });
		expect(run.status).toBe('waiting');
	});

	test.each<[string, INodeParameters, number]>([
		['an hour', {}, 3_600_000],
		['half a minute', { resumeAmount: 0.5, resumeUnit: 'minutes' }, 30_000],
		['two days', { resumeAmount: 2, resumeUnit: 'days' }, 172_800_000],
	])('waits for %s', async (_, parameters, expected) => {
		const { run } = await startAndWait({ parameters });
		expect(Math.abs(Number(run.data.waitTill) - Date.now() - expected)).toBeLessThan(5000);
	});

	test('the limit counts from the moment in which NenAI has accepted the run', async () => {
		sandbox.faults.next({ latencyMs: 2000 });
		const { run } = await startAndWait({
			parameters: { resumeAmount: 0.5, resumeUnit: 'minutes' },
		});
		expect(Number(run.data.waitTill) - Date.now()).toBeGreaterThan(29_000);
	});

	test('waits without limit', async () => {
		const { run } = await startAndWait({ parameters: { limitWaitTime: false } });
		expect(run.data.waitTill).toEqual(WAIT_INDEFINITELY);
	});

	test('the wait that ends gives the status timeout, not the input', async () => {
		const { run } = await startAndWait();
		// What n8n passes on when the time is over.
		expect(run.data.executionData?.nodeExecutionStack[0].data.main[2]).toEqual([
			{
				json: {
					workflow_id: WORKFLOW,
					message_id: sandbox.state().runs[0].messageId,
					status: 'timeout',
					wait_limit_reached: true,
				},
				pairedItem: { item: 0 },
			},
		]);
	});
});

describe('the outputs', () => {
	const ERRORS: Array<[onError: INode['onError'], counts: number[]]> = [
		['continueRegularOutput', [0, 1, 0]],
		['continueErrorOutput', [0, 0, 0, 1]],
	];

	test('a wait that ends leaves through Timed Out: n8n passes on what is stored, to all outputs', async () => {
		const { run } = await startAndWait({ settings: { alwaysOutputData: true } });
		const [{ data, metadata, node }] = run.data.executionData?.nodeExecutionStack ?? [];
		expect(data.main.map((items) => items?.length)).toEqual([0, 0, 1]);
		expect(metadata?.forwardAllOutputs).toBe(true);
		// n8n would add an empty item to the first output.
		expect(node.alwaysOutputData).toBe(false);
	});

	test('a single output is stored as before', async () => {
		const { run } = await startAndWait({ parameters: { outputs: 'single' } });
		const [{ data, metadata }] = run.data.executionData?.nodeExecutionStack ?? [];
		expect(data.main.map((items) => items?.length)).toEqual([1]);
		expect(metadata?.forwardAllOutputs).toBeUndefined();
	});

	test.each(ERRORS)('with "%s", an error is no success', async (onError, counts) => {
		for (const alwaysOutputData of [false, true]) {
			const settings = { onError, alwaysOutputData };
			const invalid = await startAndWait({ parameters: { workflowId: ' ' }, settings });
			expect(invalid.counts).toEqual(counts);
			const several = await startAndWait({ items: [{}, {}], settings });
			expect(several.counts).toEqual(counts.map((count) => 2 * count));
		}
	});

	test.each(ERRORS)('with "%s" and one output, the error is there', async (onError) => {
		const parameters = { workflowId: ' ', outputs: 'single' };
		const { counts } = await startAndWait({ parameters, settings: { onError } });
		expect(counts).toEqual(onError === 'continueErrorOutput' ? [0, 1] : [1]);
	});

	test.each(ERRORS)(
		'with "%s", Retry On Fail tries a refused start again as often as it says',
		async (onError, counts) => {
			sandbox.faults.next({ refuse: { status: 400 } }, 3);
			const settings = { onError, retryOnFail: true, maxTries: 4, waitBetweenTries: 1 };
			const { run } = await startAndWait({ settings });
			expect(run.status).toBe('waiting');
			expect(requests()).toBe(4);
			sandbox.faults.add({ refuse: { status: 400 } });
			const failed = await startAndWait({ settings });
			expect(failed.counts).toEqual(counts);
			expect(requests()).toBe(8);
		},
	);

	test.each(ERRORS)('with "%s", nor is an error outside of any item', async (onError, counts) => {
		const broken = jest.spyOn(ExecuteContext.prototype, 'getContext').mockImplementation(() => {
			throw new Error('broken');
		});
		const given = await startAndWait({ settings: { onError } });
		broken.mockRestore();
		expect(given.items.concat(given.failedItems)[0].json.error).toMatch(/broken/);
		expect(given.counts).toEqual(counts);
	});

	test('a value that is neither is an error', async () => {
		const { error } = await startAndWait({ parameters: { outputs: 'three' } });
		expect(error?.message).toMatch(/^Outputs \(outputs\) must be one of byOutcome, single/);
		expect(requests()).toBe(0);
	});
});

describe('what is said before anything is sent', () => {
	const BAD: Array<[what: string, options: Options, message: RegExp, hint: RegExp]> = [
		[
			'several items',
			{ items: [{}, {}] },
			/only one run at a time, but its input has 2 items/,
			/"Loop Over Items" node with batch size 1.*"loop" output to this node.*back to Loop Over Items.*"done" output.*one-run-per-row.*Start.*NenAI Trigger/,
		],
		[
			'no webhook secret',
			{ credentials: new Credentials({ apiKey: 'test-key', baseUrl: 'http://127.0.0.1:1' }) },
			/no webhook secret/,
			/64 random letters and digits/,
		],
		...['webhookSecret', 'previousWebhookSecret'].map(
			(field): [string, Options, RegExp, RegExp] => [
				`a secret that could be guessed as ${field}`,
				{
					credentials: new Credentials({
						apiKey: 'test-key',
						baseUrl: 'http://127.0.0.1:1',
						webhookSecret: 'x'.repeat(32),
						[field]: 'x'.repeat(31),
					}),
				},
				/^A webhook secret in the NenAI credential is too short.* at least 32 characters/,
				/^Check Webhook Secret and Previous Webhook Secret\. Create 64 random letters/,
			],
		),
		[
			'a wait of no time',
			{ parameters: { resumeAmount: 0 } },
			/^Wait at Most \(resumeAmount\) must be longer than 0, but is 0/,
			/greater than 0/,
		],
		[
			'a wait that is no number',
			{ parameters: { resumeAmount: '={{ "soon" }}' } },
			/^Wait at Most \(resumeAmount\) must be a number, but is the text "soon"/,
			/check its value for this item/,
		],
		[
			'no workflow id',
			{ parameters: { workflowId: ' ' } },
			/^NenAI Workflow \(workflowId\) is empty \[item 0\]/,
			/enter its ID/,
		],
		[
			'a limit that is neither on nor off',
			{ parameters: { limitWaitTime: '={{ "maybe" }}' } },
			/Limit Wait Time \(limitWaitTime\) must be true or false, but is the text "maybe"/,
			/expression/,
		],
		[
			'an unknown unit',
			{ parameters: { resumeUnit: 'weeks' } },
			/Unit \(resumeUnit\) must be one of minutes, hours, days/,
			/expression/,
		],
		...['no', 'false', 'yes', 1, [], {}].map(
			(acceptUnsigned): [string, Options, RegExp, RegExp] => [
				`no webhook secret, and ${JSON.stringify(acceptUnsigned)} as Accept Unsigned Callbacks`,
				{
					credentials: new Credentials({ apiKey: 'test-key', baseUrl: 'http://127.0.0.1:1' }),
					options: { acceptUnsigned: `={{ ${JSON.stringify(acceptUnsigned)} }}` },
				},
				/no webhook secret/,
				/password manager/,
			],
		),
		[
			'n8n on loopback and NenAI not',
			{
				credentials: new Credentials({
					apiKey: 'test-key',
					baseUrl: 'https://api.nenai.invalid',
					webhookSecret: 'test'.repeat(8),
				}),
			},
			/cannot send the result to this n8n: its address is http:\/\/127\.0\.0\.1/,
			/N8N_WEBHOOK_URL/,
		],
		[
			'n8n on localhost',
			{
				webhookWaitingBaseUrl: 'http://localhost:5678/webhook-waiting',
				credentials: new Credentials({
					apiKey: 'test-key',
					baseUrl: 'https://api.nenai.invalid',
					webhookSecret: 'test'.repeat(8),
				}),
			},
			/its address is http:\/\/localhost:5678/,
			/N8N_WEBHOOK_URL/,
		],
	];

	test('a short secret, which is not quoted', async () => {
		const webhookSecret = 'short-secret-of-this-test';
		const { error } = await startAndWait({ credentials: credentials({ webhookSecret }) });
		expect(error?.message).toMatch(/webhook secret .* is too short/);
		expect(error?.stored).not.toContain(webhookSecret);
		expect(requests()).toBe(0);
	});
	test.each(BAD)('%s', async (_, options, message, hint) => {
		const { error, run } = await startAndWait(options);
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(hint);
		expect(error?.description).toMatch(/Nothing was sent/);
		expect(run.status).toBe('error');
		expect(requests()).toBe(0);
	});

	test('as a tool of an agent that cannot wait: use Start', async () => {
		expect(await executeInsideAgent(PARAMETERS, credentials())).toEqual([
			[
				{
					json: {
						error: expect.stringMatching(
							/cannot wait when this AI Agent uses it as a tool: use the operation Start/,
						),
					},
					pairedItem: { item: 0 },
				},
			],
		]);
		expect(requests()).toBe(0);
	});

	test.each([
		'localhost',
		'localhost.',
		'n8n.localhost',
		'127.0.0.1',
		'127.1',
		'2130706433',
		'0.0.0.0',
		'[::1]',
		'[::]',
		'[::ffff:127.0.0.1]',
	])('n8n at %s, which NenAI cannot reach', async (host) => {
		const away = credentials({ baseUrl: 'https://api.nenai.invalid' });
		const { error } = await startAndWait({
			webhookWaitingBaseUrl: `http://${host}:5678/webhook-waiting`,
			credentials: away,
		});
		expect(error?.message).toMatch(/cannot send the result to this n8n/);
	});

	test.each<[string, INodeParameters, boolean]>([
		['a limit below it', { resumeAmount: 1, resumeUnit: 'minutes' }, true],
		['a limit above it', { resumeAmount: 1, resumeUnit: 'hours' }, false],
		['no limit', { limitWaitTime: false }, false],
	])('in a workflow that is ended after ten minutes, %s', async (_, parameters, starts) => {
		const { error } = await startAndWait({
			parameters,
			workflowSettings: { executionTimeout: 600 },
		});
		expect(sandbox.state().counts.runsStarted).toBe(starts ? 1 : 0);
		if (!starts)
			expect(error?.message).toMatch(
				/"Timeout Workflow" of this workflow ends the execution after 600 seconds, before the wait is over/,
			);
	});

	test("n8n's Engine 2.0, which cannot pause an execution", async () => {
		const { error } = await startAndWait({
			executionId: '01a21c69-6306-7379-80f3-f8eb6c379e20',
		});
		expect([error?.message, error?.description]).toEqual([
			"Start and Wait cannot wait in n8n's Engine 2.0, which cannot pause an execution yet [item 0]",
			'Choose the other engine in the settings of this workflow. Or use the operation Start, and receive the result with a NenAI Trigger. Nothing was sent.',
		]);
		expect(requests()).toBe(0);
	});

	test('with a public address of n8n, nothing stands in the way', async () => {
		const { error } = await startAndWait({
			webhookWaitingBaseUrl: 'https://n8n.example.com/webhook-waiting',
		});
		expect(error).toBeUndefined();
		expect(sandbox.state().runs[0].callbackUrl).toMatch(
			/^https:\/\/n8n\.example\.com\/webhook-waiting\/1/,
		);
	});

	test('without a secret, but with Accept Unsigned Callbacks, it starts', async () => {
		await startAndWait({
			credentials: credentials({ webhookSecret: '' }),
			options: { acceptUnsigned: true },
		});
		expect(sandbox.state().counts.runsStarted).toBe(1);
	});
});

describe('whatever the settings of the node', () => {
	const SETTINGS: Array<Partial<INode>> = [];
	for (const executeOnce of [false, true]) {
		for (const onError of [
			'stopWorkflow',
			'continueRegularOutput',
			'continueErrorOutput',
		] as const) {
			for (const retryOnFail of [false, true]) {
				for (const alwaysOutputData of [false, true])
					SETTINGS.push({ executeOnce, onError, retryOnFail, alwaysOutputData });
			}
		}
	}

	test.each(SETTINGS)(
		'it waits for its run, and goes on with its result, at %j',
		async (settings) => {
			const waiting = await startAndWait({
				settings,
				items: settings.executeOnce
					? [{ NAME: 'A' }, { NAME: 'B' }, { NAME: 'C' }]
					: [{ NAME: 'A' }],
			});
			expect(waiting.run.status).toBe('waiting');
			const [{ messageId }, ...more] = sandbox.state().runs;
			expect(more).toEqual([]);
			expect(waiting.run.data.executionData?.nodeExecutionStack[0].data.main[2]).toEqual([
				{
					json: {
						workflow_id: WORKFLOW,
						message_id: messageId,
						status: 'timeout',
						wait_limit_reached: true,
					},
					pairedItem: { item: 0 },
				},
			]);
			const server = await serveWaiting(waiting, PARAMETERS, credentials(), settings);
			const deliver = async (callback: Partial<CallbackSpec>) =>
				(
					await sandbox.deliver({
						url: server.url,
						messageId,
						workflowId: WORKFLOW,
						status: 'success',
						...callback,
					})
				).answer?.status;
			expect(await deliver({ signature: 'wrong-secret' })).toBe(401);
			expect(await deliver({ status: 'processing' })).toBe(200);
			expect(server.started).toEqual([]);
			expect(await deliver({ status: 'failed' })).toBe(200);
			expect(server.started).toMatchObject([{ message_id: messageId, status: 'failed' }]);
			await server.close();
		},
	);
});

describe('what is thrown before anything is sent goes on as an item with "Continue", not as if all were well', () => {
	const CASES: Array<[what: string, options: Options, says: RegExp]> = [
		[
			'no workflow ID',
			{ parameters: { workflowId: '={{ "" }}' } },
			/^NenAI Workflow \(workflowId\) is empty/,
		],
		[
			'no webhook secret',
			{ credentials: new Credentials({ apiKey: 'test-key', baseUrl: 'http://127.0.0.1:1' }) },
			/no webhook secret/,
		],
		[
			'a short webhook secret',
			{
				credentials: new Credentials({
					apiKey: 'test-key',
					baseUrl: 'http://127.0.0.1:1',
					webhookSecret: 'test',
				}),
			},
			/webhook secret .* is too short/,
		],
		['several items', { items: [{}, {}] }, /its input has 2 items/],
		[
			'an unknown operation',
			{ parameters: { operation: 'begin' } },
			/must be one of startAndWait, start/,
		],
		[
			'a credential that is gone',
			{ credentials: Object.assign(new Credentials({}), { gone: true }) },
			/Credential with ID "1" does not exist/,
		],
	];

	test.each(CASES)('%s', async (_, options, says) => {
		for (const onError of ['continueRegularOutput', 'continueErrorOutput'] as const) {
			const { items, failedItems } = await startAndWait({ ...options, settings: { onError } });
			const [carrying, other] =
				onError === 'continueErrorOutput' ? [failedItems, items] : [items, failedItems];
			expect(carrying).toHaveLength(options.items?.length ?? 1);
			for (const { json } of carrying) expect(json.error).toMatch(says);
			expect(other).toEqual([]);
		}
		expect(requests()).toBe(0);
	});
});

describe('when the start fails', () => {
	test.each<[string, Fault, RegExp]>([
		[
			'refused',
			{ refuse: { status: 400, body: { message: 'No' } } },
			/rejected the run \(HTTP 400\): No \[item 0\]/,
		],
		['unknown', { connection: 'drop-after-accept' }, /not known whether NenAI started the run/],
	])('%s: an error, and nothing waits', async (_, fault, says) => {
		sandbox.faults.add(fault);
		const { error, run } = await startAndWait();
		expect(error?.message).toMatch(says);
		expect(run.data.waitTill).toBeUndefined();
		expect(requests()).toBe(1);
	});

	test('busy is tried again', async () => {
		sandbox.faults.next({ refuse: { status: 503 } }, 2);
		const { run } = await startAndWait();
		expect(run.status).toBe('waiting');
		expect(sandbox.state().counts).toMatchObject({ requests: 3, runsStarted: 1 });
	});

	test('the execution is stopped while it waits to try again: that ends at once', async () => {
		sandbox.faults.add({ refuse: { status: 429, retryAfter: { seconds: 60, as: 'seconds' } } });
		const before = Date.now();
		let stop = () => {};
		const running = startAndWait({ onStarted: (f) => (stop = f) });
		await sandbox.until(({ counts }) => counts.requests === 1);
		stop();
		await running;
		expect(Date.now() - before).toBeLessThan(3000);
		expect(requests()).toBe(1);
	});

	test('what may have started is told by a retry that cannot read anything any more, and so is what was started', async () => {
		sandbox.faults.next({ connection: 'drop-after-accept' });
		const unknown = await startAndWait();
		const gone = {
			credentials: Object.assign(credentials(), { gone: true }),
			parameters: { workflowId: '={{ "" }}' },
		};
		const again = await startAndWait({ ...gone, retryOf: unknown.run.data });
		expect(again.error?.message).toMatch(/not known whether NenAI started the run/);
		expect(requests()).toBe(1);
	});

	test('a run that may have started is not sent again by a retry, though that has another resume URL', async () => {
		sandbox.faults.next({ connection: 'drop-after-accept' });
		const first = await startAndWait({ webhookWaitingBaseUrl: 'http://127.0.0.1/one' });
		const again = await startAndWait({
			webhookWaitingBaseUrl: 'http://127.0.0.1/two',
			retryOf: first.run.data,
		});
		expect(again.error?.message).toMatch(/not known whether NenAI started the run/);
		expect(requests()).toBe(1);
	});

	test('nor is one that did start', async () => {
		const first = await startAndWait();
		const again = await startAndWait({ retryOf: first.run.data });
		expect(again.error?.message).toContain(
			`already started in an earlier try, with the message ID ${sandbox.state().runs[0].messageId}`,
		);
		expect(requests()).toBe(1);
	});
});

describe('while it waits', () => {
	let waiting: Execution;
	let server: CallbackServer;
	let messageId: string;

	async function wait(options: INodeParameters = {}, credential: IDataObject = {}) {
		waiting = await startAndWait({ options });
		[{ messageId }] = sandbox.state().runs;
		server = await serveWaiting(waiting, { ...PARAMETERS, options }, credentials(credential));
	}
	afterEach(() => server.close());

	async function deliver(callback: Partial<CallbackSpec> & { messageId?: string } = {}) {
		const { answer } = await sandbox.deliver({
			url: server.url,
			messageId,
			workflowId: WORKFLOW,
			status: 'success',
			...callback,
		});
		return [answer?.status, JSON.parse(answer?.body ?? 'null')];
	}

	test.each(['success', 'failed', 'completed', 'timeout', 'cancelled', 'Success', ' FAILED '])(
		'the status "%s" resumes it with the whole body',
		async (status) => {
			await wait();
			expect(
				await deliver({
					status,
					body: { extra: { a: [1, null] } },
					omit: ['success', 'result', 'assets', 'error', 'expires_at'],
				}),
			).toEqual([200, { received: true }]);
			expect(server.started).toEqual([
				{ workflow_id: WORKFLOW, message_id: messageId, status, extra: { a: [1, null] } },
			]);
			const isSuccess = ['success', 'completed', 'Success'].includes(status);
			expect(server.counts).toEqual([isSuccess ? [1, 0, 0] : [0, 1, 0]]);
		},
	);

	test.each(['processing', 'queued', 'running', 'Running', 'PROCESSING', ' queued '])(
		'the status "%s" does not',
		async (status) => {
			await wait();
			expect(await deliver({ status })).toEqual([
				200,
				{ received: true, ignored: `status ${status}` },
			]);
			expect(server.started).toEqual([]);
		},
	);

	test.each<[string, Partial<CallbackSpec> & { messageId?: string }, number, RegExp]>([
		['unsigned', { signature: 'missing' }, 401, /missing/],
		['malformed', { signature: 'malformed' }, 401, /malformed/],
		['forged', { signature: 'wrong-secret' }, 401, /wrong/],
		['altered', { signature: 'altered-body' }, 401, /wrong/],
		['for another run', { messageId: 'other' }, 409, /is waiting for another run/],
		['not JSON', { rawBody: '{' }, 400, /not a JSON object/],
		['without message_id', { rawBody: '{"status":"success"}' }, 400, /message_id/],
	])(
		'a callback that is %s does not, and the right one still does',
		async (_, callback, status, says) => {
			await wait();
			expect(await deliver(callback)).toEqual([status, { error: expect.stringMatching(says) }]);
			expect(server.started).toEqual([]);
			expect(await deliver()).toEqual([200, { received: true }]);
			expect(server.started).toHaveLength(1);
		},
	);

	test.each(['success', 'failed'])(
		'of two final callbacks at the same instant (the other: %s) one resumes it, the other is a duplicate',
		async (status) => {
			await wait();
			const answers = await Promise.all([deliver(), deliver({ status })]);
			expect(answers).toEqual(
				expect.arrayContaining([
					[200, { received: true }],
					[200, { received: true, ignored: 'duplicate' }],
				]),
			);
			expect(server.started).toHaveLength(1);
		},
	);

	test('where the credential cannot be read, the sender is told to come again, and it keeps waiting', async () => {
		waiting = await startAndWait();
		[{ messageId }] = sandbox.state().runs;
		const given = credentials();
		server = await serveWaiting(waiting, PARAMETERS, given);
		given.gone = true;
		expect(await deliver()).toEqual([
			500,
			{ error: expect.stringMatching(/credential cannot be read/) },
		]);
		given.gone = false;
		expect(await deliver()).toEqual([200, { received: true }]);
		expect(server.started).toHaveLength(1);
	});

	test('the previous secret is accepted too', async () => {
		await wait(
			{},
			{ webhookSecret: 'test-new'.repeat(4), previousWebhookSecret: sandbox.webhookSecret },
		);
		expect(await deliver()).toEqual([200, { received: true }]);
	});

	test.each(['no', 'false', 'yes', 1, [], {}, null])(
		'with %j as Accept Unsigned Callbacks, which does not plainly say so, an unsigned one is refused',
		async (value) => {
			await wait({ acceptUnsigned: `={{ ${JSON.stringify(value)} }}` });
			expect(await deliver({ signature: 'missing' })).toEqual([
				401,
				{ error: expect.stringMatching(/missing/) },
			]);
			expect(server.started).toEqual([]);
		},
	);

	test('with "true" as a text, it is accepted', async () => {
		await wait({ acceptUnsigned: 'true' });
		expect(await deliver({ signature: 'missing' })).toEqual([200, { received: true }]);
	});

	test('with an expression that fails, an unsigned one is refused, and nothing is thrown', async () => {
		await wait({ acceptUnsigned: '={{ $json.a.b.c }}' });
		expect(await deliver({ signature: 'missing' })).toEqual([401, { error: expect.any(String) }]);
		expect(await deliver()).toEqual([200, { received: true }]);
	});

	test('numbers that JavaScript would change come out with their digits', async () => {
		await wait();
		await deliver({
			rawBody: `{"message_id":"${messageId}","status":"success","claim":8202522731445525542,"n":7}`,
		});
		expect(server.started).toEqual([
			{ message_id: messageId, status: 'success', claim: '8202522731445525542', n: 7 },
		]);
	});

	test('with Accept Unsigned Callbacks, it must still be for this run', async () => {
		await wait({ acceptUnsigned: true });
		expect(await deliver({ signature: 'missing', messageId: 'other' })).toEqual([
			409,
			{ error: expect.any(String) },
		]);
		expect(await deliver({ signature: 'missing' })).toEqual([200, { received: true }]);
	});
});

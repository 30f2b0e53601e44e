import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { request } from 'undici';
import { NenAiTrigger } from '../../nodes/NenAiTrigger/NenAiTrigger.node';
import { withSandbox } from '../sandbox/cases.mts';
import type { CallbackSpec, Sandbox } from '../sandbox/index.mts';
import { Credentials, serveTrigger, type TriggerOptions, type TriggerServer } from './engine.mts';

const WORKFLOW = '12345678-1234-1234-1234-123456789abc';
let sandbox: Sandbox;
let trigger: TriggerServer;
let credentials: Credentials;

withSandbox((given) => (sandbox = given));
afterEach(() => trigger.close());

async function serve(
	parameters: INodeParameters = {},
	credential: IDataObject = {},
	options: TriggerOptions = {},
) {
	credentials = new Credentials({
		apiKey: 'test',
		webhookSecret: sandbox.webhookSecret,
		...credential,
	});
	trigger = await serveTrigger(parameters, credentials, options);
}

/** What n8n saves for the trigger. */
const saved = () => trigger.staticData()['node:NenAI'] as IDataObject;

let number = 0;
/** Delivers a callback as the sandbox signs it; gives the status and the JSON that the trigger answered. */
async function deliver(
	callback: Partial<CallbackSpec> & { messageId?: string; workflowId?: string } = {},
) {
	const { answer } = await sandbox.deliver({
		url: trigger.url,
		workflowId: WORKFLOW,
		status: 'success',
		messageId: `message-${(number += 1)}`,
		...callback,
	});
	return [answer?.status, JSON.parse(answer?.body ?? 'null')];
}

const ACCEPTED = [200, { received: true }];
const ignored = (reason: string) => [200, { received: true, ignored: reason }];
const refused = (status: number, says: RegExp) => [status, { error: expect.stringMatching(says) }];

describe('genuine callbacks', () => {
	test('start the workflow with the body, whole and unchanged', async () => {
		await serve();
		const body = {
			expires_at: 1,
			extra: { näme: ['ü', null, 1.5, true] },
			assets: 'https://files.example/a.zip?signature=test',
		};
		expect(await deliver({ messageId: 'm', body, omit: ['success', 'result'] })).toEqual(ACCEPTED);
		expect(trigger.started).toEqual([
			{ workflow_id: WORKFLOW, message_id: 'm', status: 'success', ...body },
		]);
	});

	test('are verified over the bytes as they came, not over what JSON makes of them', async () => {
		await serve();
		expect(
			await deliver({
				rawBody: '{ "message_id":"m",\n"status" : "success", "n": 1.0, "s":"\\u00e9" }',
			}),
		).toEqual(ACCEPTED);
		expect(trigger.started).toEqual([{ message_id: 'm', status: 'success', n: 1, s: 'é' }]);
	});

	test.each([
		[
			'the previous secret',
			{ webhookSecret: 'test-new-secret', previousWebhookSecret: '7e57'.repeat(16) },
		],
		[
			'the secret, with space around it in the credential',
			{ webhookSecret: ` ${'7e57'.repeat(16)}\n` },
		],
	])('may be signed with %s', async (_, credential) => {
		await serve({}, credential);
		expect(await deliver()).toEqual(ACCEPTED);
	});
});

describe('forged callbacks are refused and start nothing', () => {
	const digest = (secret: string, body: string) =>
		createHmac('sha256', secret).update(body).digest('hex');
	const body = JSON.stringify({ message_id: 'm', status: 'success' });
	const good = digest('7e57'.repeat(16), body);
	const FORGED: Array<
		[what: string, callback: Partial<CallbackSpec>, says: RegExp, lookUps: number]
	> = [
		['no signature', { signature: 'missing' }, /missing/, 0],
		['an empty header', { signature: { header: '' } }, /missing/, 0],
		['a header without the digits', { signature: { header: 'sha256=' } }, /malformed/, 0],
		['another algorithm', { signature: { header: `sha512=${good}` } }, /malformed/, 0],
		[
			'upper case',
			{ rawBody: body, signature: { header: `sha256=${good.toUpperCase()}` } },
			/malformed/,
			0,
		],
		['no prefix', { rawBody: body, signature: { header: good } }, /malformed/, 0],
		[
			'a digit too few',
			{ rawBody: body, signature: { header: `sha256=${good.slice(1)}` } },
			/malformed/,
			0,
		],
		[
			'a digit too many',
			{ rawBody: body, signature: { header: `sha256=${good}0` } },
			/malformed/,
			0,
		],
		[
			'two signatures',
			{ rawBody: body, signature: { header: `sha256=${good}, sha256=${good}` } },
			/malformed/,
			0,
		],
		[
			'one digit changed',
			{
				rawBody: body,
				signature: { header: `sha256=${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}` },
			},
			/wrong/,
			1,
		],
		['one byte of the body changed', { signature: 'altered-body' }, /wrong/, 1],
		['another secret', { signature: 'wrong-secret' }, /wrong/, 1],
		[
			'an empty secret',
			{ rawBody: body, signature: { header: `sha256=${digest('', body)}` } },
			/wrong/,
			1,
		],
		[
			'a wrong signature over what is not JSON',
			{ rawBody: '{', signature: 'wrong-secret' },
			/wrong/,
			1,
		],
	];

	test.each(FORGED)('%s', async (_, callback, says, lookUps) => {
		await serve();
		expect(await deliver(callback)).toEqual(refused(401, says));
		expect(trigger.started).toEqual([]);
		expect(trigger.staticData()).toEqual({});
		expect(credentials.lookUps).toBe(lookUps);
	});

	test('any signature, where no secret is set', async () => {
		await serve({}, { webhookSecret: '', previousWebhookSecret: '' });
		expect(await deliver()).toEqual(refused(401, /No webhook secret is set/));
		expect(
			await deliver({ rawBody: body, signature: { header: `sha256=${digest('', body)}` } }),
		).toEqual(refused(401, /No webhook secret/));
		expect(trigger.started).toEqual([]);
	});
});

test('a form with a made-up signature is refused, and nothing is thrown', async () => {
	await serve();
	const form = new FormData();
	form.set('message_id', 'm');
	const response = await fetch(trigger.url, {
		method: 'POST',
		body: form,
		headers: { 'x-hmac-signature': `sha256=${'0'.repeat(64)}` },
	});
	expect([response.status, await response.json()]).toEqual(
		refused(401, /original bytes of the body are not available/),
	);
	expect(trigger.started).toEqual([]);
});

test('a credential that cannot be read starts nothing, and makes the sender try again', async () => {
	await serve();
	credentials.gone = true;
	expect(await deliver()).toEqual(refused(500, /credential cannot be read/));
	expect(trigger.started).toEqual([]);
	credentials.gone = false;
	expect(await deliver()).toEqual(ACCEPTED);
});

describe('genuine callbacks that cannot be read', () => {
	test.each([
		['not JSON', '{', /not a JSON object/],
		['empty', ' ', /not a JSON object/],
		['an array', '[]', /not a JSON object/],
		['null', 'null', /not a JSON object/],
		['a text', '"success"', /not a JSON object/],
		['without message_id', '{"status":"success"}', /message_id is missing/],
		['without status', '{"message_id":"m"}', /status is missing/],
		[
			'with a status that is no text',
			'{"message_id":"m","status":1}',
			/status is missing or not a text/,
		],
		['with an empty message_id', '{"message_id":"","status":"success"}', /message_id is missing/],
	])('%s', async (_, rawBody, says) => {
		await serve();
		expect(await deliver({ rawBody })).toEqual(refused(400, says));
		expect(trigger.started).toEqual([]);
	});

	test('bytes that are no UTF-8', async () => {
		await serve();
		const bytes = Buffer.concat([
			Buffer.from('{"message_id":"m","status":"'),
			Buffer.from([0xff]),
			Buffer.from('"}'),
		]);
		const signature = `sha256=${createHmac('sha256', sandbox.webhookSecret).update(bytes).digest('hex')}`;
		const { statusCode, body } = await request(trigger.url, {
			method: 'POST',
			body: bytes,
			headers: { 'x-hmac-signature': signature },
		});
		expect([statusCode, await body.json()]).toEqual(refused(400, /not a JSON object/));
		expect(trigger.started).toEqual([]);
	});
});

describe('callbacks that are not wanted are confirmed and start nothing', () => {
	test.each<[string[] | undefined, string[]]>([
		[undefined, ['success', 'failed', 'Success']],
		[['processing'], ['processing', ' PROCESSING ']],
		[['other'], ['completed', 'Running', 'constructor']],
		[
			['success', 'failed', 'processing', 'other'],
			[
				'success',
				'failed',
				'processing',
				'completed',
				'Success',
				' PROCESSING ',
				'Running',
				'constructor',
			],
		],
	])('events %s', async (events, wanted) => {
		await serve(events ? { events } : {});
		for (const status of [
			'processing',
			'success',
			'failed',
			'completed',
			'Success',
			' PROCESSING ',
			'Running',
			'constructor',
		]) {
			expect(await deliver({ status })).toEqual(
				wanted.includes(status) ? ACCEPTED : ignored(`event ${status}`),
			);
		}
		expect(trigger.started.map(({ status }) => status).sort()).toEqual([...wanted].sort());
	});

	test('other workflow ids', async () => {
		await serve({ options: { workflowIds: [' w-1 ', '', 'w-2'] } });
		expect(await deliver({ workflowId: 'w-1' })).toEqual(ACCEPTED);
		expect(await deliver({ workflowId: 'w-2' })).toEqual(ACCEPTED);
		expect(await deliver({ workflowId: 'w-3' })).toEqual(ignored('workflow id'));
		expect(await deliver({ omit: ['workflow_id'] })).toEqual(ignored('workflow id'));
	});

	test('the filter with nothing in it lets every workflow id through', async () => {
		await serve({ options: { workflowIds: [''] } });
		expect(await deliver({ workflowId: 'w-3' })).toEqual(ACCEPTED);
	});
});

describe('duplicates', () => {
	test('the same message id and status starts the workflow once', async () => {
		await serve();
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(await deliver({ messageId: 'm' })).toEqual(ignored('duplicate'));
		expect(await deliver({ messageId: 'm', status: 'failed' })).toEqual(ACCEPTED);
		expect(await deliver({ messageId: 'n' })).toEqual(ACCEPTED);
		expect(trigger.started).toHaveLength(3);
	});

	test('are let through when the option is off, and nothing is remembered', async () => {
		await serve({ options: { ignoreDuplicates: false } });
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(trigger.staticData()).toEqual({});
	});

	test('only what started the workflow is remembered', async () => {
		await serve({ options: { workflowIds: ['w-1'] } });
		await deliver({ status: 'processing' });
		await deliver({ workflowId: 'w-2' });
		await deliver({ signature: 'wrong-secret' });
		expect(trigger.staticData()).toEqual({});
		await deliver({ workflowId: 'w-1' });
		expect(String(saved().seen).split(' ')).toHaveLength(1);
	});

	test('are known after a restart of n8n', async () => {
		await serve();
		await deliver({ messageId: 'm' });
		const before = trigger;
		await serve({}, {}, { staticData: JSON.parse(JSON.stringify(before.staticData())) });
		await before.close();
		expect(await deliver({ messageId: 'm' })).toEqual(ignored('duplicate'));
		expect(await deliver({ messageId: 'n' })).toEqual(ACCEPTED);
	});

	test('of copies at the same instant one starts the workflow', async () => {
		await serve();
		const answers = await Promise.all(
			Array.from({ length: 10 }, () => deliver({ messageId: 'm' })),
		);
		expect(answers.filter(([, body]) => body.ignored === 'duplicate')).toHaveLength(9);
		expect(trigger.started).toHaveLength(1);
	});

	test('when n8n fails to start the workflow, the next copy starts it', async () => {
		await serve();
		trigger.start = () => Promise.reject(new Error('test'));
		expect(await deliver({ messageId: 'm' })).toMatchObject([500, {}]);
		trigger.start = async () => {};
		expect(saved()).toEqual({});
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(await deliver({ messageId: 'm' })).toEqual(ignored('duplicate'));
	});

	describe('when the sender leaves before the answer, a copy waits for what becomes of the start:', () => {
		const STARTS: Array<[string, () => Promise<void>, unknown[]]> = [
			['a duplicate if it went well', async () => {}, ignored('duplicate')],
			['accepted if it failed', () => Promise.reject(new Error('test')), ACCEPTED],
		];
		test.each(STARTS)('%s', async (_, end, answered) => {
			await serve();
			let goOn = () => {};
			const held = new Promise<void>((resolve) => (goOn = resolve));
			trigger.start = async () => {
				trigger.start = async () => {};
				await held;
				await end();
			};
			sandbox.setDefaults({ answerTimeoutMs: 500 });
			const first = await sandbox.deliver({
				url: trigger.url,
				workflowId: WORKFLOW,
				status: 'success',
				messageId: 'm',
			});
			expect(first.answer).toBeNull();
			sandbox.setDefaults({ answerTimeoutMs: 5000 });
			const copy = deliver({ messageId: 'm' });
			setTimeout(goOn, 200);
			expect(await copy).toEqual(answered);
			expect(trigger.started).toHaveLength(1);
		});
	});

	test('a copy whose sender left while it waited keeps nobody out when its start fails as well', async () => {
		await serve();
		let goOn = () => {};
		const held = new Promise<void>((resolve) => (goOn = resolve));
		let toFail = 2;
		trigger.start = async () => {
			await held;
			if (toFail === 0) return;
			toFail -= 1;
			throw new Error('test');
		};
		sandbox.setDefaults({ answerTimeoutMs: 500 });
		for (let i = 0; i < 2; i += 1) {
			const { answer } = await sandbox.deliver({
				url: trigger.url,
				workflowId: WORKFLOW,
				status: 'success',
				messageId: 'm',
			});
			expect(answer).toBeNull();
		}
		sandbox.setDefaults({ answerTimeoutMs: 5000 });
		goOn();
		while (toFail > 0) await sleep(20);
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
	});

	test('a copy is told to come again when the start takes longer than its sender waits, and starts nothing', async () => {
		await serve();
		let goOn = () => {};
		trigger.start = () => new Promise((resolve) => (goOn = resolve));
		const first = deliver({ messageId: 'm' });
		while (goOn.length === 0) await sleep(20);
		expect(await deliver({ messageId: 'm' })).toEqual(refused(503, /still being processed/));
		goOn();
		await first;
		expect(await deliver({ messageId: 'm' })).toEqual(ignored('duplicate'));
		expect(trigger.started).toHaveLength(1);
	});

	test('a test in the editor may be repeated, and counts for nothing', async () => {
		await serve({}, {}, { mode: 'manual' });
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(trigger.staticData()).toEqual({});
	});

	test('activating a trigger that was renamed saves what it knows under its new name', async () => {
		await serve();
		await deliver({ messageId: 'm' });
		const { seen } = saved();
		delete trigger.staticData()['node:NenAI'];
		await trigger.activate();
		expect(saved().seen).toBe(seen);
	});

	test('activating a trigger that knows nothing saves nothing', async () => {
		await serve();
		await trigger.activate();
		expect(saved()).toEqual({});
	});
});

describe('Respond: When Last Node Finishes', () => {
	const AT_END = { options: { responseMode: 'lastNode' } };
	const FAILED = [500, { message: 'Error in workflow' }];

	test('the sender gets the usual response, but only when the execution has ended', async () => {
		await serve(AT_END);
		let hasEnded = false;
		trigger.end = async () => {
			await sleep(50);
			hasEnded = true;
		};
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(hasEnded).toBe(true);
		expect(trigger.started).toHaveLength(1);
	});

	test('if the execution fails, the sender is told, and a copy starts the workflow again', async () => {
		await serve(AT_END);
		trigger.end = () => Promise.reject(new Error('test'));
		expect(await deliver({ messageId: 'm' })).toEqual(FAILED);
		trigger.end = async () => {};
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(await deliver({ messageId: 'm' })).toEqual(ignored('duplicate'));
		expect(trigger.started).toHaveLength(2);
	});

	test.each([true, false])(
		'if the execution never began, the sender is told, although n8n says 200 (Ignore Duplicates: %s)',
		async (ignoreDuplicates) => {
			await serve({ options: { responseMode: 'lastNode', ignoreDuplicates } });
			const message = 'Workflow executed successfully but no data was returned';
			trigger.end = async () => ({ message });
			expect(await deliver({ messageId: 'm' })).toEqual([500, { message }]);
			trigger.end = async () => {};
			expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		},
	);

	test('a copy that comes while the execution is running waits for its end', async () => {
		await serve(AT_END);
		let end = () => {};
		trigger.end = () => new Promise((resolve) => (end = resolve));
		const first = deliver({ messageId: 'm' });
		await sleep(100);
		const copy = deliver({ messageId: 'm' });
		await sleep(100);
		expect(trigger.started).toHaveLength(1);
		end();
		expect(await first).toEqual(ACCEPTED);
		expect(await copy).toEqual(ignored('duplicate'));
	});

	test('after a restart of n8n a copy starts the workflow again, since nothing says that the first execution ended', async () => {
		await serve(AT_END);
		await deliver({ messageId: 'm' });
		expect(trigger.staticData()).toEqual({ 'node:NenAI': {} });
	});

	test('without Ignore Duplicates, each copy starts the workflow', async () => {
		await serve({ options: { responseMode: 'lastNode', ignoreDuplicates: false } });
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
		expect(await deliver({ messageId: 'm' })).toEqual(ACCEPTED);
	});

	test('what starts nothing is answered at once, as always', async () => {
		await serve(AT_END);
		trigger.end = () => new Promise(() => {});
		expect(await deliver({ status: 'processing' })).toEqual(ignored('event processing'));
		expect(await deliver({ signature: 'wrong-secret' })).toEqual(refused(401, /wrong/));
	});

	test.each([{}, { responseMode: 'onReceived' }, { responseMode: 'lastNode' }])(
		'n8n gets the same from the parameters as from the expressions: %j',
		async (options) => {
			await serve({ options });
			const [webhook] = new NenAiTrigger().description.webhooks ?? [];
			const { [Symbol.for('n8n.webhookDescriptionResolvers')]: resolvers } = webhook as unknown as {
				[key: symbol]: Record<
					string,
					{ template: string; resolve: (parameters: object) => string }
				>;
			};
			const fields = ['responseMode', 'responseData'] as const;
			expect(Object.keys(resolvers)).toEqual(fields);
			for (const field of fields) {
				expect(resolvers[field].template).toBe(webhook[field]);
				expect(resolvers[field].resolve({ options })).toBe(trigger.evaluate(webhook[field]));
			}
		},
	);
});

describe('Accept Unsigned Callbacks', () => {
	const options = { options: { acceptUnsigned: true } };

	test('takes callbacks without a signature, with no credential look-up', async () => {
		await serve(options);
		expect(await deliver({ signature: 'missing' })).toEqual(ACCEPTED);
		expect(credentials.lookUps).toBe(0);
	});

	test('still refuses a signature that is malformed or wrong', async () => {
		await serve(options);
		expect(await deliver({ signature: 'malformed' })).toEqual(refused(401, /malformed/));
		expect(await deliver({ signature: 'wrong-secret' })).toEqual(refused(401, /wrong/));
		expect(trigger.started).toEqual([]);
	});

	test('takes any well-formed signature where there is no secret to verify it with', async () => {
		await serve(options, { webhookSecret: '' });
		expect(await deliver()).toEqual(ACCEPTED);
	});

	test('still refuses what is not a callback', async () => {
		await serve(options);
		expect(await deliver({ signature: 'missing', rawBody: '{}' })).toEqual(
			refused(400, /message_id/),
		);
	});
});

describe('activating the workflow', () => {
	test.each([
		['a secret', {}, {}],
		[
			'only the previous secret',
			{},
			{ webhookSecret: '', previousWebhookSecret: 'test'.repeat(8) },
		],
		[
			'no secret, but Accept Unsigned Callbacks',
			{ options: { acceptUnsigned: true } },
			{ webhookSecret: '' },
		],
	])('works with %s', async (_, parameters, credential) => {
		await serve(parameters, credential);
		await expect(trigger.activate()).resolves.toBeUndefined();
	});

	test('fails without a secret, and says what to do', async () => {
		await serve({}, { webhookSecret: ' ' });
		await expect(trigger.activate()).rejects.toMatchObject({
			message: expect.stringMatching(/has no webhook secret/),
			description: expect.stringMatching(
				/64 random letters and digits.*give the same value to your NenAI contact/,
			),
		});
	});

	test.each([
		['webhook secret', { webhookSecret: 'x'.repeat(31) }],
		['previous webhook secret', { previousWebhookSecret: 'test-previous-secret' }],
	])('fails with a %s that could be guessed, and does not quote it', async (_, credential) => {
		await serve({}, credential);
		const error: unknown = await trigger.activate().then(
			() => undefined,
			(thrown: unknown) => thrown,
		);
		expect(error).toMatchObject({
			message: expect.stringMatching(/^A webhook secret .* is too short.* at least 32 characters/),
			description: expect.stringMatching(
				/^Check Webhook Secret and Previous Webhook Secret\. .*publish the workflow again/,
			),
		});
		for (const secret of Object.values(credential))
			expect(JSON.stringify(error)).not.toContain(secret);
	});

	test('works with a secret of 32 characters', async () => {
		await serve({}, { webhookSecret: 'x'.repeat(32) });
		await expect(trigger.activate()).resolves.toBeUndefined();
	});

	test('a short secret is no obstacle where unsigned callbacks are accepted', async () => {
		await serve({ options: { acceptUnsigned: true } }, { webhookSecret: 'test' });
		await expect(trigger.activate()).resolves.toBeUndefined();
	});

	test.each<[what: string, parameters: INodeParameters, says: RegExp]>([
		[
			'an unknown event',
			{ events: ['success', 'sucess'] },
			/^Trigger On \(events\) must be one of .*but is the text "sucess"/,
		],
		['no event', { events: [] }, /^Trigger On \(events\) is empty/],
		[
			'events that are no list',
			{ events: { success: true } },
			/^Trigger On \(events\) must be a list/,
		],
		[
			'events that cannot be evaluated',
			{ events: '={{ $json.no.such }}' },
			/^Trigger On \(events\) /,
		],
		[
			'workflow IDs that are no list',
			{ options: { workflowIds: { a: 1 } } },
			/^NenAI Workflow Names or IDs \(workflowIds\) must be a list/,
		],
		[
			'a workflow ID that was not kept exactly',
			{ options: { workflowIds: [8202522731445525542] } },
			/^NenAI Workflow Names or IDs \(workflowIds\) is a number that n8n could not keep exactly/,
		],
		[
			'Ignore Duplicates that is neither on nor off',
			{ options: { ignoreDuplicates: 'yes' } },
			/^Ignore Duplicates \(ignoreDuplicates\) must be true or false/,
		],
		['options that are no object', { options: '{' }, /^Options \(options\) is not valid JSON/],
		[
			'Accept Unsigned Callbacks that is not plainly on, and no secret',
			{ options: { acceptUnsigned: 'yes' } },
			/no webhook secret/,
		],
	])('fails with %s', async (_, parameters, says) => {
		await serve({}, { webhookSecret: '' }, { parameters });
		await expect(trigger.activate()).rejects.toMatchObject({
			message: expect.stringMatching(says),
			description: expect.any(String),
		});
	});
});

/** Parameters as a workflow written by hand or by a model may have them, or as an expression gives them. */
describe('parameters of another type than the form gives', () => {
	const as = (parameters: INodeParameters) => serve({}, {}, { parameters });

	test.each<[events: unknown, wanted: string[]]>([
		[null, ['success', 'failed']],
		['processing, other', ['processing', 'completed']],
		['failed', ['failed']],
		['={{ ["success", "other"] }}', ['success', 'completed']],
		['={{ "success,other" }}', ['success', 'completed']],
		[['success', '', 'success'], ['success']],
	])('events %j', async (events, wanted) => {
		await as({ events: events as string });
		for (const status of ['processing', 'success', 'failed', 'completed'])
			await deliver({ status });
		expect(trigger.started.map(({ status }) => status).sort()).toEqual([...wanted].sort());
	});

	test.each<[workflowIds: unknown, wanted: string[]]>([
		[null, ['5', 'w-1', 'w-2']],
		['', ['5', 'w-1', 'w-2']],
		['w-1, w-2', ['w-1', 'w-2']],
		[5, ['5']],
		[
			[5, 'w-2'],
			['5', 'w-2'],
		],
		['={{ ["w-1"] }}', ['w-1']],
		// A line that was added in the editor and left empty.
		[[[]], ['5', 'w-1', 'w-2']],
		[[[], 'w-1'], ['w-1']],
	])('workflow IDs %j', async (workflowIds, wanted) => {
		await as({ options: { workflowIds } as INodeParameters });
		for (const workflowId of ['5', 'w-1', 'w-2']) await deliver({ workflowId });
		expect(trigger.started.map(({ workflow_id }) => workflow_id)).toEqual(wanted);
	});

	test.each([
		['false', false],
		[false, false],
		['True', true],
		[null, true],
		['', true],
	])('Ignore Duplicates %j', async (ignoreDuplicates, on) => {
		await as({ options: { ignoreDuplicates } as INodeParameters });
		await deliver({ messageId: 'm' });
		expect(await deliver({ messageId: 'm' })).toEqual(on ? ignored('duplicate') : ACCEPTED);
	});

	test.each([[null], ['{}'], ['{"workflowIds":"w-1"}'], ['']])('options %j', async (options) => {
		await as({ options });
		expect(await deliver({ workflowId: 'w-1' })).toEqual(ACCEPTED);
	});

	test.each([
		'no',
		'false',
		'yes',
		1,
		0,
		null,
		'',
		[],
		{},
		[true],
		{ true: true },
		'={{ $json.no.such }}',
	])('Accept Unsigned Callbacks %j is off', async (acceptUnsigned) => {
		await as({ options: { acceptUnsigned } as INodeParameters });
		expect(await deliver({ signature: 'missing' })).toEqual(refused(401, /missing/));
		expect(trigger.started).toEqual([]);
	});

	test.each([true, 'true', ' TRUE '])(
		'Accept Unsigned Callbacks %j is on',
		async (acceptUnsigned) => {
			await as({ options: { acceptUnsigned } });
			expect(await deliver({ signature: 'missing' })).toEqual(ACCEPTED);
		},
	);

	test.each<[INodeParameters, RegExp]>([
		[{ events: ['sucess'] }, /^Trigger On \(events\)/],
		[{ events: [] }, /^Trigger On \(events\)/],
		[{ events: true }, /^Trigger On \(events\)/],
		[{ events: '={{ $("No such node").first().json.a }}' }, /^Trigger On \(events\)/],
		[{ events: '={{ nonsense( }}' }, /^Trigger On \(events\)/],
		[{ options: { workflowIds: true } }, /^NenAI Workflow Names or IDs \(workflowIds\)/],
		[{ options: { ignoreDuplicates: 'off' } }, /^Ignore Duplicates \(ignoreDuplicates\)/],
		[{ options: '{' }, /^Options \(options\)/],
		[{ options: ['acceptUnsigned'] }, /^Options \(options\)/],
		[
			{ options: { acceptUnsigned: true, workflowIds: '={{ $("No such node").first().json.a }}' } },
			/^Options \(options\)/,
		],
	])(
		'%j starts nothing, and the sender hears which it is, if genuine',
		async (parameters, says) => {
			await as(parameters);
			expect(await deliver({ signature: 'wrong-secret' })).toEqual(refused(401, /wrong/));
			expect(await deliver()).toEqual(refused(500, says));
			expect(trigger.started).toEqual([]);
			expect(trigger.staticData()).toEqual({});
		},
	);

	test.each<[unknown, string]>([
		[['success', 'failed'], 'success, failed'],
		['success', 'success'],
		[null, ''],
		[5, '5'],
		[{}, '[object Object]'],
	])('the subtitle with events %j', async (events, subtitle) => {
		await as({ events: events as string });
		expect(trigger.subtitle()).toBe(subtitle);
	});
});

test('whatever else goes wrong is answered 500 without its text, and starts nothing', async () => {
	await serve();
	Object.defineProperty(trigger.staticData(), 'node:NenAI', {
		get() {
			throw new Error('secret');
		},
	});
	expect(await deliver()).toEqual([
		500,
		{ error: 'The trigger could not handle this callback. See the n8n log for the reason' },
	]);
	expect(trigger.started).toEqual([]);
});

test('numbers start the workflow with the digits that were sent', async () => {
	await serve();
	await deliver({
		rawBody: '{"message_id":"m","status":"success","claim":8202522731445525542,"n":1.5}',
	});
	expect(trigger.started).toEqual([
		{ message_id: 'm', status: 'success', claim: '8202522731445525542', n: 1.5 },
	]);
});

describe('an output for each event', () => {
	const EVENTS = ['processing', 'success', 'failed', 'other'];
	const LABELS = ['Processing', 'Success', 'Failed', 'Other'];

	test('each callback leaves through its output alone', async () => {
		await serve({ outputs: 'byEvent', events: EVENTS });
		expect(trigger.outputs()).toEqual(LABELS);
		for (const status of ['processing', 'success', 'failed', 'timeout', 'SUCCESS', 'completed'])
			expect(await deliver({ status })).toEqual(ACCEPTED);
		expect(trigger.counts).toEqual([
			[1, 0, 0, 0],
			[0, 1, 0, 0],
			[0, 0, 1, 0],
			[0, 0, 0, 1],
			[0, 1, 0, 0],
			[0, 0, 0, 1],
		]);
	});

	test.each<[string, INodeParameters['events'], string[]]>([
		['in another order', ['failed', 'processing'], ['Processing', 'Failed']],
		['as text', 'failed, success', ['Success', 'Failed']],
		['from an expression', '={{ ["other", "failed"] }}', ['Failed', 'Other']],
		['one', ['failed'], ['Failed']],
	])('the outputs are in their order with events %s', async (_, events, labels) => {
		await serve({}, {}, { parameters: { outputs: 'byEvent', events } });
		expect(trigger.outputs()).toEqual(labels);
		await deliver({ status: 'failed' });
		expect(trigger.counts).toEqual([labels.map((label) => Number(label === 'Failed'))]);
	});

	test('one output is the default', async () => {
		await serve({ events: EVENTS });
		expect(trigger.outputs()).toEqual(['main']);
		await deliver({ status: 'failed' });
		expect(trigger.counts).toEqual([[1]]);
	});

	test('a test in the editor uses the same outputs', async () => {
		await serve({ outputs: 'byEvent' }, {}, { mode: 'manual' });
		await deliver({ status: 'failed' });
		expect(trigger.counts).toEqual([[0, 1]]);
	});

	test('a copy is a duplicate', async () => {
		await serve({ outputs: 'byEvent' });
		await deliver({ messageId: 'm' });
		expect(await deliver({ messageId: 'm' })).toEqual(ignored('duplicate'));
	});

	test('Always Output Data, which would also start the first branch, is refused', async () => {
		await serve({ outputs: 'byEvent' }, {}, { settings: { alwaysOutputData: true } });
		await expect(trigger.activate()).rejects.toThrow(/"Always Output Data" does not work with/);
		expect(await deliver()).toEqual(refused(500, /"Always Output Data" does not work with/));
		expect(trigger.started).toEqual([]);
	});

	test.each([undefined, 'single'])('it does no harm with outputs %s', async (outputs) => {
		await serve({ ...(outputs && { outputs }) }, {}, { settings: { alwaysOutputData: true } });
		await trigger.activate();
		expect(await deliver()).toEqual(ACCEPTED);
	});
});

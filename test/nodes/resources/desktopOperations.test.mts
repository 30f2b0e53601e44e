/** What the operations on desktops have in common. */
import { withSandbox } from '../../sandbox/cases.mts';
import { errorAnswer, type Sandbox } from '../../sandbox/index.mts';
import { executeInsideAgent } from '../engine.mts';
import { CONTINUE, DesktopUser, RETRY } from '../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) =>
	user.use('desktop', operation, options);
const of = (desktopId: string) => ({ parameters: { desktopId } });
const ids = () => sandbox.desktops.all().map(({ desktopId }) => desktopId);

describe('each request', () => {
	test('both headers bring the key, and no request goes elsewhere', async () => {
		sandbox.setDefaults({ desktopKeys: 'both' });
		const { error } = await use('create');
		expect(error).toBeUndefined();
		expect(sandbox.state().desktopRequests[0]).toMatchObject({
			authorized: true,
			keys: ['x-api-key', 'authorization'],
		});
		expect(sandbox.state().requests).toEqual([]);
	});

	test.each([
		['a plain text', (id: string) => id],
		[
			'a list that was picked from',
			(id: string) => ({ __rl: true, mode: 'list', value: id, cachedResultName: 'x' }),
		],
		['an ID', (id: string) => ({ __rl: true, mode: 'id', value: ` ${id} ` })],
		['an expression', () => '={{ $json.desktop_id }}'],
	])('the desktop is given as %s', async (_, toValue) => {
		const id = sandbox.desktops.add();
		const { items } = await use('get', {
			items: [{ desktop_id: id }],
			parameters: { desktopId: toValue(id) },
		});
		expect(items[0].json.desktop_id).toBe(id);
	});

	test('numbers that JavaScript would change are texts with all digits', async () => {
		user.fail({
			wholeAnswer: {
				status: 200,
				contentType: 'application/json',
				body: '{"desktop_id":"d","created_at":1234567890123456789}',
			},
		});
		expect((await use('get', of(sandbox.desktops.add()))).items[0].json).toEqual({
			desktop_id: 'd',
			created_at: '1234567890123456789',
		});
	});

	test('no item, no request', async () => {
		expect((await use('create', { items: [] })).items).toEqual([]);
		expect(user.requests()).toEqual([]);
	});
});

describe('looking', () => {
	test('several at a time, at most ten, in the order of the items', async () => {
		const all = Array.from({ length: 25 }, (_, n) => sandbox.desktops.add({ name: `n-${n}` }));
		user.fail({ latencyMs: 100 });
		const before = Date.now();
		const { items } = await use('get', {
			items: all.map((id) => ({ id })),
			parameters: { desktopId: '={{ $json.id }}' },
		});
		expect(items.map(({ json }) => json.desktop_id)).toEqual(all);
		expect(Date.now() - before).toBeLessThan(1500);
	});

	test.each([
		['a page of a gateway with 503', { refuse: errorAnswer(503, 'html') }],
		['a page of a gateway with 502', { refuse: errorAnswer(502, 'html') }],
		['half an answer', { connection: 'cut-answer' as const }],
	])('is repeated after %s', async (_, fault) => {
		const id = sandbox.desktops.add();
		user.fail(fault, 1);
		const { items, error } = await use('get', of(id));
		expect(error).toBeUndefined();
		expect(items[0].json.desktop_id).toBe(id);
		expect(user.requests()).toHaveLength(2);
	});

	test('gives up after five tries, and says so', async () => {
		user.fail({ refuse: { status: 500, body: { error: 'Out of order' } } });
		const { error } = await use('getMany');
		expect(error?.message).toBe(
			'NenAI failed to answer the request for the list of desktops (HTTP 500): Out of order [item 0]',
		);
		expect(error?.description).toBe(
			'It was tried 5 times. This request does not change anything, so you can try again later.',
		);
		expect(user.requests()).toHaveLength(5);
	}, 30_000);

	test('a long pause that NenAI asks for is not waited for', async () => {
		user.fail({ refuse: { status: 429, retryAfter: { seconds: 600, as: 'seconds' } } });
		const { error } = await use('getMany');
		expect(error?.description).toMatch(/^It asks you to try again at \d{4}-/);
		expect(user.requests()).toHaveLength(1);
	});
});

describe('what acts is never done twice', () => {
	test.each([
		['rename', { name: 'B' }, /the renaming of desktop dsk_/],
		['openSession', {}, /the opening of a session on desktop dsk_/],
		['closeSession', {}, /the closing of the session of desktop dsk_/],
	])('%s: its lost answer is an error that stays', async (operation, more, what) => {
		const id = sandbox.desktops.add();
		sandbox.desktops.openSession(id);
		user.fail({ connection: 'drop-after-acting' }, 1);
		const { error } = await use(operation, {
			parameters: { desktopId: id, ...more },
			settings: RETRY,
		});
		expect(error?.message).toMatch(
			/^It is not known whether NenAI completed .*: the connection broke \(ECONNRESET\) \[item 0\]$/,
		);
		expect(error?.message).toMatch(what);
		expect(error?.description).toMatch(
			/NenAI may have done this, so it is not done again\. (Check|Look) with Desktop → Get/,
		);
		expect(user.requests()).toHaveLength(1);
	});

	test('but after the answer of a gateway that says when to come back, it is sent again', async () => {
		user.fail(
			{ refuse: { ...errorAnswer(503, 'html'), retryAfter: { seconds: 0, as: 'seconds' } } },
			2,
		);
		const { items, error } = await use('create');
		expect(error).toBeUndefined();
		expect(ids()).toEqual([items[0].json.desktop_id]);
		expect(user.requests()).toHaveLength(3);
	});

	test('one after the other', async () => {
		user.fail({ latencyMs: 30 });
		const before = Date.now();
		await use('create', { items: [{}, {}, {}] });
		expect(Date.now() - before).toBeGreaterThanOrEqual(90);
	});
});

describe('errors say what happened and what to do', () => {
	test.each([
		[
			'an unknown desktop',
			'get',
			{},
			/^NenAI rejected the request for the status of desktop dsk_0 \(HTTP 404\): Desktop dsk_0 not found \[item 0\]$/,
			/^Check the desktop ID, or choose the desktop from the list/,
		],
		[
			'deleting an unknown desktop',
			'delete',
			{},
			/^NenAI rejected the deletion of desktop dsk_0 \(HTTP 404\)/,
			/Nothing was done\.$/,
		],
		[
			'a session that nobody has opened',
			'getSession',
			{},
			/^NenAI rejected the request for the session of desktop dsk_0 \(HTTP 404\)/,
			/open one first \(Desktop → Open Session\)/,
		],
	])('%s', async (_, operation, more, message, hint) => {
		const { error } = await use(operation, { parameters: { desktopId: 'dsk_0', ...more } });
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(hint);
	});

	test('a deleted desktop', async () => {
		const id = sandbox.desktops.add({ status: 'deleted' });
		const { error } = await use('rename', { parameters: { desktopId: id, name: 'x' } });
		expect(error?.message).toBe(
			`NenAI rejected the renaming of desktop ${id} (HTTP 410): Desktop ${id} is deleted [item 0]`,
		);
		expect(error?.description).toBe(
			'The desktop and all its data have been deleted. If it was created with Delete When the Execution Ends, start a new execution of the workflow. Otherwise, create another one (Desktop → Create), or choose one from the list. Nothing was done.',
		);
	});

	test.each([400, 404, 409, 410, 422])(
		'a desktop that is deleted according to the words of NenAI, with HTTP %d',
		async (status) => {
			user.fail({ refuse: { status, body: { error: 'This desktop was deleted' } } });
			const { error } = await use('rename', { parameters: { desktopId: 'dsk_0', name: 'x' } });
			expect(error?.description).toMatch(
				/^The desktop and all its data have been deleted\. If it was created with/,
			);
		},
	);

	test('an unknown desktop may have been deleted at the end of an execution', async () => {
		const { error } = await use('rename', { parameters: { desktopId: 'dsk_0', name: 'x' } });
		expect(error?.description).toBe(
			'Check the desktop ID, or choose the desktop from the list. The desktop may have been deleted, for example at the end of the execution that created it. If the ID is right, check the desktop URL of the credential. Nothing was done.',
		);
	});

	test('a conflict', async () => {
		user.fail({ refuse: { status: 409, body: { error: 'Another session is active' } } });
		const { error } = await use('rename', { parameters: { desktopId: 'dsk_0', name: 'x' } });
		expect([error?.message, error?.description]).toEqual([
			'NenAI rejected the renaming of desktop dsk_0 (HTTP 409): Another session is active [item 0]',
			'This is not possible in the current state of the desktop. Check the desktop with Desktop → Get, wait a moment, and run the node again. Nothing was done.',
		]);
	});

	test.each([
		['get', {}],
		['rename', { name: 'x' }],
	])('but the state of a desktop is no failure of %s', async (operation, more) => {
		user.fail({ answer: { desktop_id: 'd', status: 'error' } });
		expect(
			(await use(operation, { parameters: { desktopId: sandbox.desktops.add(), ...more } }))
				.items[0].json.status,
		).toBe('error');
	});

	test('a wrong key', async () => {
		const { error } = await use('create', {
			credentials: user.credentials({ apiKey: 'wrong-key-secret' }),
		});
		expect(error?.message).toBe(
			'NenAI did not accept the API key for the creation of a desktop (HTTP 401): Invalid API key [item 0]',
		);
		expect(error?.description).toBe(
			'Check the API key of the credential, and that it may be used for desktops. Nothing was done.',
		);
		expect(error?.stored).not.toContain('wrong-key-secret');
	});

	test.each([
		[
			'a redirect, which is not followed',
			{
				refuse: {
					status: 307,
					headers: { location: 'https://elsewhere.example/desktops?token=1' },
				},
			},
			/^NenAI was not reached: the desktop URL of the credential answers with a redirect \(HTTP 307\) to elsewhere\.example \[item 0\]$/,
			/would send the API key to another address\. Nothing was done\.$/,
		],
		[
			'a proxy',
			{ refuse: { status: 407, body: '<h1>Proxy</h1>', contentType: 'text/html' } },
			/^A proxy or a firewall between this n8n and NenAI rejected the creation of a desktop \(HTTP 407\): Proxy/,
			/^The proxy needs a user name/,
		],
		[
			'a firewall',
			{ refuse: errorAnswer(403, 'html') },
			/^A proxy or a firewall between this n8n and NenAI rejected/,
			/to allow requests to the desktop URL of the credential\. Nothing was done\.$/,
		],
		[
			'a 403',
			{ refuse: errorAnswer(403, 'json') },
			/^NenAI did not accept the API key/,
			/^Check the API key/,
		],
		[
			'a form that is not known',
			{ answer: { id: 'd' } },
			/^It is not known whether NenAI completed the creation of a desktop: the response has an unexpected form \(HTTP 200\): \{"id":"d"\}/,
			/Check the desktop URL/,
		],
		[
			'success: false',
			{ answer: { success: false, error: 'No' } },
			/^NenAI says that the creation of a desktop failed: No \[item 0\]$/,
			/Check with Desktop → Get Many/,
		],
		[
			'an error beside a desktop',
			{ answer: { desktop_id: 'd', error: 'No disk' } },
			/^NenAI says that the creation of a desktop failed: No disk/,
			/Check with Desktop → Get Many/,
		],
	])('%s', async (_, fault, message, hint) => {
		user.fail(fault);
		const { error } = await use('create');
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(hint);
		expect(user.requests()).toHaveLength(1);
	});

	test('no connection', async () => {
		const { error } = await use('delete', {
			...of('d'),
			credentials: user.credentials({ desktopUrl: 'http://127.0.0.1:1' }),
		});
		expect(error?.message).toBe(
			'NenAI could not be reached at 127.0.0.1:1 for the deletion of desktop d: the connection was refused (ECONNREFUSED) [item 0]',
		);
		expect(error?.description).toBe(
			'Check the desktop URL of the credential. It is usually https://desktop.api.getnen.ai. Also check that this n8n is allowed to connect to it. It was tried 5 times. Nothing was done.',
		);
	}, 30_000);

	test.each([
		['empty', '', 'The desktop URL of the credential is empty'],
		['none', 'desktop.getnen.ai', 'The desktop URL of the credential is not an http(s) URL'],
	])('a desktop URL that is %s', async (_, desktopUrl, message) => {
		const { error } = await use('create', { credentials: user.credentials({ desktopUrl }) });
		expect(error?.message).toBe(`${message} [item 0]`);
		expect(error?.description).toMatch(/^It is usually https:\/\/desktop\.api\.getnen\.ai\./);
	});

	test.each([
		['no desktop', { desktopId: '={{ "" }}' }, 'Desktop (desktopId) is empty'],
		[
			'a desktop that is a path',
			{ desktopId: '..' },
			'Desktop (desktopId) is not a valid desktop ID: ".."',
		],
		[
			'half a character',
			{ desktopId: 'd\ud800' },
			'Desktop (desktopId) is not a valid desktop ID: "d\ud800"',
		],
		[
			'an object',
			{ desktopId: '={{ { a: 1 } }}' },
			'Desktop (desktopId) must be an ID \(text or a number\), but is an object',
		],
		['no name', { desktopId: 'd', name: ' ' }, 'Name (name) is empty'],
		[
			'a name that is a list',
			{ desktopId: 'd', name: '={{ [1] }}' },
			'Name (name) must be text, but is a list',
		],
	])('%s: an error before any request', async (_, parameters, message) => {
		const { error } = await use('rename', { parameters: { name: 'x', ...parameters } });
		expect(error?.message).toBe(`${message} [item 0]`);
		expect(error?.description).toMatch(/Nothing was sent\.$/);
		expect(user.requests()).toEqual([]);
	});

	test('one bad item stops all before any request', async () => {
		const id = sandbox.desktops.add();
		const { error } = await use('delete', {
			items: [{ id }, { id: '' }],
			parameters: { desktopId: '={{ $json.id }}' },
		});
		expect(error?.message).toBe('Desktop (desktopId) is empty [item 1]');
		expect(sandbox.desktops.get(id)?.status).toBe('running');
	});

	test('an ID with odd characters stays one part of the path', async () => {
		await use('get', of('a/b?c#d%2e'));
		expect(user.requests()).toEqual(['GET /a%2Fb%3Fc%23d%252e']);
	});
});

describe('what a builder can switch on around it', () => {
	const items = () => [{ id: 'dsk_0' }, { id: sandbox.desktops.add() }];
	const parameters = { desktopId: '={{ $json.id }}' };

	test('Continue: items carry their errors, the others go on', async () => {
		const { items: out } = await use('delete', { items: items(), parameters, settings: CONTINUE });
		expect(out.map(({ json }) => json.error ?? json.status)).toEqual([
			expect.stringMatching(
				/^NenAI rejected the deletion of desktop dsk_0 .*\[item 0\]\. Check the desktop ID/,
			),
			'deleted',
		]);
	});

	test('the execution is stopped: nothing more is sent, and what was under way is not done again', async () => {
		user.fail({ latencyMs: 300 });
		let stop = () => {};
		const running = use('create', { items: [{}, {}, {}], onStarted: (f) => (stop = f) });
		await sandbox.until(({ desktopRequests }) => desktopRequests.length === 1);
		stop();
		const stopped = await running;
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(user.requests()).toHaveLength(1);
		sandbox.desktopFaults.clear();
		const again = await use('create', { items: [{}, {}, {}], retryOf: stopped.run.data });
		expect(again.error?.message).toMatch(/not known whether NenAI completed .*stopped/);
		expect(user.requests()).toHaveLength(1);
	});

	test('as a tool of an older agent, it gives the answer, or the failure in words', async () => {
		const id = sandbox.desktops.add();
		const inAgent = async (desktopId: string) =>
			(
				await executeInsideAgent(
					{ resource: 'desktop', operation: 'get', desktopId },
					user.credentials(),
				)
			)?.[0].map(({ json }) => json);
		expect(await inAgent(id)).toEqual([expect.objectContaining({ status: 'running' })]);
		expect(await inAgent('dsk_0')).toEqual([
			{
				error: expect.stringMatching(
					/^NenAI rejected the request for the status of desktop dsk_0 .*not found\. Check the desktop ID/,
				),
			},
		]);
	});
});

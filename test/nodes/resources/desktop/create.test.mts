/** Desktop → Create. */
import { withSandbox } from '../../../sandbox/cases.mts';
import { errorAnswer, type Sandbox } from '../../../sandbox/index.mts';
import { CONTINUE, DesktopUser, RETRY } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) =>
	user.use('desktop', operation, options);
const ids = () => sandbox.desktops.all().map(({ desktopId }) => desktopId);

test('create: one for each item, with what NenAI says of it', async () => {
	const { items, error } = await use('create', { items: [{}, {}] });
	expect(error).toBeUndefined();
	expect(items.map(({ json }) => json.desktop_id)).toEqual(ids());
	expect(items[0]).toMatchObject({
		json: {
			desktop_type: 'sandbox',
			status: 'running',
			workspace_id: 'wks_sandbox',
			created_at: expect.any(Number),
		},
		pairedItem: { item: 0 },
	});
	expect(sandbox.state().desktopRequests[0].body).toEqual({ desktop_type: 'sandbox' });
});

const LOST = [
	['the connection breaks', { connection: 'drop-after-acting' as const }, /the connection broke/],
	['half an answer comes', { connection: 'cut-answer' as const }, /the connection broke/],
	[
		'a gateway answers',
		{ wholeAnswer: { status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' } },
		/a gateway in front of NenAI answered with HTTP 502: Bad gateway/,
	],
	[
		'NenAI answers 500',
		{ wholeAnswer: { status: 500, contentType: 'application/json', body: '{"error":"Oh dear"}' } },
		/it answered with HTTP 500: Oh dear/,
	],
	[
		'a gateway has no answer',
		{ wholeAnswer: errorAnswer(503, 'html') },
		/a gateway in front of NenAI answered with HTTP 503/,
	],
	[
		'a gateway has had enough',
		{ wholeAnswer: { status: 429, contentType: 'text/html', body: '<h1>Slow down</h1>' } },
		/a gateway in front of NenAI answered with HTTP 429: Slow down/,
	],
	['it takes too long', { wholeAnswer: { status: 408 } }, /it answered with HTTP 408/],
	['somebody has gone away', { wholeAnswer: { status: 499 } }, /it answered with HTTP 499/],
	[
		'a page comes',
		{ wholeAnswer: { status: 200, contentType: 'text/html', body: '<p>Welcome</p>' } },
		/has an unexpected form \(HTTP 200\): Welcome/,
	],
] as const;

test.each(LOST)(
	'create, where %s: one desktop, no repetition with Retry On Fail, and how to find it',
	async (_, fault, reason) => {
		user.fail(fault, 1);
		const { error } = await use('create', { settings: RETRY });
		expect(error?.message).toMatch(
			/^It is not known whether NenAI completed the creation of a desktop: /,
		);
		expect(error?.message).toMatch(reason);
		expect(error?.description).toContain(
			'A desktop may have been created, so the request is not sent again. Check with Desktop → Get Many, and delete any desktop that you do not need.',
		);
		expect(ids()).toHaveLength(1);
		expect(user.requests()).toHaveLength(1);
	},
);

test('an error names the desktops that were created, and a retry gives them again', async () => {
	user.fail({}, 2);
	user.fail({ refuse: { status: 400, body: { error: 'No more desktops' } } }, 1);
	const first = await use('create', { items: [{}, {}, {}] });
	const [a, b] = ids();
	expect(first.error?.message).toBe(
		'NenAI rejected the creation of a desktop (HTTP 400): No more desktops [item 2]',
	);
	expect(first.error?.description).toMatch(
		`Nothing was done. These desktops were created, and run until they are deleted: ${a} (item 0), ${b} (item 1).`,
	);
	const again = await use('create', {
		items: [{}, {}, {}],
		retryOf: JSON.parse(JSON.stringify(first.run.data)),
	});
	expect(again.items.map(({ json }) => json.desktop_id)).toEqual(ids());
	expect(ids()).toHaveLength(3);
});

test('Retry On Fail creates only what is missing', async () => {
	user.fail({}, 1);
	user.fail({ refuse: { status: 400 } }, 1);
	const { items, error } = await use('create', { items: [{}, {}], settings: RETRY });
	expect(error).toBeUndefined();
	expect(items.map(({ json }) => json.desktop_id)).toEqual(ids());
	expect(ids()).toHaveLength(2);
});

test.each([
	[
		'the desktop URL',
		{ desktopUrl: '' },
		false,
		'The desktop URL of the credential is empty [item 1]',
	],
	['the credential', {}, true, 'Credential with ID "1" does not exist [item 1]'],
])(
	'a retry that cannot read %s names what was created, and gives it with Continue',
	async (_, data, gone, message) => {
		const broken = { credentials: Object.assign(user.credentials(data), { gone }) };
		user.fail({}, 1);
		user.fail({ refuse: { status: 400 } }, 1);
		const first = await use('create', { items: [{}, {}] });
		const [a] = ids();
		const again = await use('create', { items: [{}, {}], ...broken, retryOf: first.run.data });
		expect(again.error?.message).toBe(message);
		expect(again.error?.description).toContain(
			`These desktops were created, and run until they are deleted: ${a} (item 0).`,
		);
		const goesOn = await use('create', {
			items: [{}, {}],
			...broken,
			retryOf: first.run.data,
			settings: CONTINUE,
		});
		expect(goesOn.items.map(({ json }) => json.desktop_id ?? json.error)).toEqual([
			a,
			expect.stringContaining(message),
		]);
		expect(ids()).toHaveLength(1);
	},
);

test('what may have been created is told by a retry that cannot read anything any more', async () => {
	user.fail({ connection: 'drop-after-acting' }, 1);
	const first = await use('create');
	const again = await use('create', {
		credentials: Object.assign(user.credentials(), { gone: true }),
		retryOf: first.run.data,
	});
	expect(again.error?.message).toMatch(
		/^It is not known whether NenAI completed the creation of a desktop/,
	);
	expect(user.requests()).toHaveLength(1);
});

test('a conflict: perhaps there are too many desktops', async () => {
	user.fail({ refuse: { status: 409, body: { error: 'Limit reached' } } }, 1);
	const { error } = await use('create');
	expect(error?.description).toBe(
		'Perhaps your account has as many desktops as it may have. Delete those that you do not need (Desktop → Get Many, Delete), or ask your NenAI contact. Nothing was done.',
	);
});

test('another execution creates its own', async () => {
	await use('create');
	await use('create');
	expect(ids()).toHaveLength(2);
});

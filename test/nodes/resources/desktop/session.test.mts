/** Desktop → Open Session, Get Session and Close Session, and what becomes of the link of a session. */
import { OPERATIONS } from '../../../operations.mts';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { CONTINUE, DesktopUser, RETRY, stored } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) =>
	user.use('desktop', operation, options);
const of = (desktopId: string) => ({ parameters: { desktopId } });

test('open, get and close a session', async () => {
	const id = sandbox.desktops.add();
	const opened = await use('openSession', of(id));
	expect(opened.items[0].json).toEqual({
		href: expect.stringContaining('/desktop-sessions/'),
		active: true,
		interactive: true,
	});
	expect((await use('getSession', of(id))).items[0].json).toEqual(opened.items[0].json);
	expect((await use('closeSession', of(id))).items[0].json).toEqual({ success: true });
	expect(sandbox.desktops.get(id)?.session).toBeNull();
});

test('closing a session that is closed already does no harm, but the desktop must exist', async () => {
	const id = sandbox.desktops.add();
	expect((await use('closeSession', of(id))).items[0].json).toEqual({ success: true });
	const { error } = await use('closeSession', of('dsk_0'));
	expect(error?.message).toMatch(
		/^NenAI rejected the closing of the session of desktop dsk_0 \(HTTP 404\)/,
	);
});

describe("a session's link", () => {
	const SECRET = 'https://sessions.invalid/dsk?token=secret-of-the-session';

	const OTHERS = OPERATIONS.filter(
		({ resource, operation }) => resource === 'desktop' && !operation.endsWith('Session'),
	).map(({ operation }) => operation);

	test.each(OTHERS)('is left out of what desktop/%s gives', async (operation) => {
		const desktop = {
			desktop_id: 'd',
			status: 'running',
			href: SECRET,
			session: { href: SECRET },
			active_session: [{ href: SECRET }],
			session_url: SECRET,
			session_token: 'secret-of-it',
			session_state: `at ${SECRET}`,
			session_timeout: '30m',
			session_limit: 7,
			more: { href: SECRET, kept: 1 },
		};
		const isList = ['getMany', 'getToolLogs'].includes(operation);
		user.fail({ answer: isList ? [desktop] : desktop });
		const result = await use(operation, {
			parameters: { desktopId: sandbox.desktops.add(), name: 'x' },
		});
		const kept = {
			desktop_id: 'd',
			status: 'running',
			session_timeout: '30m',
			session_limit: 7,
			more: { kept: 1 },
			...(operation === 'delete' && { deleted: true }),
		};
		// An operation may give fewer fields, but it changes none.
		expect(kept).toMatchObject(result.items[0].json);
		expect(stored(result)).not.toContain('secret-of');
	});

	test('is in the output of the session operations, and nowhere else of the execution', async () => {
		const id = sandbox.desktops.add();
		for (const operation of ['openSession', 'getSession']) {
			const result = await use(operation, of(id));
			const href = String(sandbox.desktops.get(id)?.session?.href);
			expect(result.items[0].json.href).toBe(href);
			expect(stored(result).split(href)).toHaveLength(2);
		}
	});

	test('is asked for again by a retry, since it is not remembered', async () => {
		const [a, b] = [sandbox.desktops.add(), sandbox.desktops.add()];
		user.fail({ refuse: { status: 400 } }, 1, { desktopId: b });
		const { items, error } = await use('openSession', {
			items: [{ id: a }, { id: b }],
			parameters: { desktopId: '={{ $json.id }}' },
			settings: RETRY,
		});
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.href)).toEqual(
			[a, b].map((id) => sandbox.desktops.get(id)?.session?.href),
		);
		expect(user.requests()).toEqual([
			`PUT /${a}/session`,
			`PUT /${b}/session`,
			`GET /${a}/session`,
			`PUT /${b}/session`,
		]);
	});

	test.each([
		[
			'an error',
			{ refuse: { status: 400, contentType: 'text/plain', body: `It is at ${SECRET} now` } },
		],
		[
			'JSON of an error',
			{
				wholeAnswer: {
					status: 400,
					contentType: 'application/json',
					body: JSON.stringify({ error: `See ${SECRET}` }),
				},
			},
		],
		['an answer of another form', { answer: { url: SECRET, token: 'secret-of-the-session' } }],
		['a text', { wholeAnswer: { status: 200, contentType: 'text/plain', body: SECRET } }],
		['a redirect', { refuse: { status: 302, headers: { location: SECRET } } }],
		[
			'a text of an error',
			{ refuse: { status: 404, contentType: 'text/plain', body: 'token=secret-of-the-session' } },
		],
		['a failure', { answer: { success: false, error: { token: 'secret-of-the-session' } } }],
		['a failure in words', { answer: { success: false, error: 'secret-of-the-session is taken' } }],
	])('is not quoted from %s', async (_, fault) => {
		const id = sandbox.desktops.add();
		for (const operation of ['openSession', 'getSession', 'closeSession']) {
			sandbox.desktopFaults.clear();
			user.fail(fault);
			const result = await use(operation, { ...of(id), settings: CONTINUE });
			// Whatever closing is answered with, it is not passed on.
			const { uncertain, ...json } = result.items[0].json;
			expect(json).toEqual(
				operation === 'closeSession' && json.success === true
					? { success: true }
					: { error: expect.any(String) },
			);
			// Only an operation that does something can leave open whether it was done.
			expect(operation === 'getSession' ? uncertain : true).toBe(
				operation === 'getSession' ? undefined : true,
			);
			expect(stored(result)).not.toContain('secret-of');
		}
	});
});

test.each([
	[
		'an error',
		{
			refuse: {
				status: 400,
				contentType: 'application/json',
				body: JSON.stringify({ error: 'No', message: `${'https:'}\\/\\/s.invalid\\/secret-of` }),
			},
		},
	],
	[
		'an answer of another form',
		{
			wholeAnswer: {
				status: 200,
				contentType: 'application/json',
				body: JSON.stringify({ session: { token: 'secret-of' }, list: [{ href: '/secret-of' }] }),
			},
		},
	],
])('no error quotes a session from %s', async (_, fault) => {
	user.fail(fault);
	const result = await use('getMany', { settings: CONTINUE });
	expect(result.items[0].json.error).toMatch(/^NenAI/);
	expect(stored(result)).not.toContain('secret-of');
});

describe('a session that an earlier try has opened', () => {
	const openFirst = async (more: object = {}) => {
		const [a, b] = [sandbox.desktops.add(), sandbox.desktops.add()];
		const parameters = { desktopId: '={{ $json.desktop }}' };
		const first = await use('openSession', { items: [{ desktop: a }], parameters, ...more });
		return { a, b, parameters, first };
	};

	test('is not mixed up with the session of another desktop', async () => {
		const { b, parameters, first } = await openFirst();
		sandbox.desktops.openSession(b);
		const again = await use('openSession', {
			items: [{ desktop: b }],
			parameters,
			retryOf: first.run.data,
			settings: CONTINUE,
		});
		expect(again.items[0].json).toEqual({
			error: expect.stringMatching(/in an earlier try, but its response was not kept.*Get Session/),
		});
	});

	test('is not an empty success where nothing can be read any more', async () => {
		const { parameters, first } = await openFirst();
		const again = await use('openSession', {
			items: [{ desktop: [] }],
			parameters,
			retryOf: first.run.data,
			settings: CONTINUE,
		});
		expect(again.items[0].json).toEqual({
			error: expect.stringMatching(/in an earlier try, but its response was not kept/),
		});
	});

	test('comes out again where nothing has changed', async () => {
		const { a, parameters, first } = await openFirst();
		const again = await use('openSession', {
			items: [{ desktop: a }],
			parameters,
			retryOf: first.run.data,
		});
		expect(again.items[0].json.href).toEqual(expect.any(String));
	});
});

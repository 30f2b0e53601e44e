/** The operations of the resource Desktop. */
import { errorAnswer, startSandbox, type Sandbox } from '../sandbox/index.mts';
import { executeInsideAgent } from './engine.mts';
import { CONTINUE, DesktopUser, RETRY, stored } from './onDesktops.mts';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) => user.use('desktop', operation, options);
const of = (desktopId: string) => ({ parameters: { desktopId } });
const ids = () => sandbox.desktops.all().map(({ desktopId }) => desktopId);

describe('each operation', () => {
	test('create: one for each item, with what NenAI says of it', async () => {
		const { items, error } = await use('create', { items: [{}, {}] });
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.desktop_id)).toEqual(ids());
		expect(items[0]).toMatchObject({ json: { desktop_type: 'sandbox', status: 'running', workspace_id: 'wks_sandbox', created_at: expect.any(Number) }, pairedItem: { item: 0 } });
		expect(sandbox.state().desktopRequests[0].body).toEqual({ desktop_type: 'sandbox' });
	});

	test('both headers bring the key, and no request goes elsewhere', async () => {
		sandbox.setDefaults({ desktopKeys: 'both' });
		const { error } = await use('create');
		expect(error).toBeUndefined();
		expect(sandbox.state().desktopRequests[0]).toMatchObject({ authorized: true, keys: ['x-api-key', 'authorization'] });
		expect(sandbox.state().requests).toEqual([]);
	});

	test('get', async () => {
		const id = sandbox.desktops.add({ name: 'Claims' });
		const { items } = await use('get', of(id));
		expect(items[0].json).toMatchObject({ desktop_id: id, name: 'Claims', status: 'running' });
	});

	test('a deleted one can be looked at', async () => {
		const id = sandbox.desktops.add({ status: 'deleted' });
		expect((await use('get', of(id))).items[0].json).toMatchObject({ desktop_id: id, status: 'deleted' });
	});

	test('get many: an item for each, linked to the item that asked', async () => {
		const [a, b] = [sandbox.desktops.add({ name: 'A' }), sandbox.desktops.add()];
		const { items } = await use('getMany', { items: [{}, {}] });
		expect(items.map(({ json, pairedItem }) => [json.desktop_id, pairedItem])).toEqual([[a, { item: 0 }], [b, { item: 0 }], [a, { item: 1 }], [b, { item: 1 }]]);
	});

	test('no desktop, no item', async () => {
		const { items, error } = await use('getMany');
		expect([items, error]).toEqual([[], undefined]);
	});

	test('rename', async () => {
		const id = sandbox.desktops.add();
		const { items } = await use('rename', { parameters: { desktopId: id, name: ' Claims of March ' } });
		expect(items[0].json).toMatchObject({ desktop_id: id, name: 'Claims of March' });
		expect(sandbox.desktops.get(id)?.name).toBe('Claims of March');
	});

	test('delete', async () => {
		const id = sandbox.desktops.add();
		const { items } = await use('delete', of(id));
		expect(items[0].json).toEqual({ desktop_id: id, status: 'deleted' });
		expect(sandbox.desktops.get(id)?.status).toBe('deleted');
	});

	test('open, get and close a session', async () => {
		const id = sandbox.desktops.add();
		const opened = await use('openSession', of(id));
		expect(opened.items[0].json).toEqual({ href: expect.stringContaining('https://sessions.invalid/'), active: true, interactive: true });
		expect((await use('getSession', of(id))).items[0].json).toEqual(opened.items[0].json);
		expect((await use('closeSession', of(id))).items[0].json).toEqual({ success: true });
		expect(sandbox.desktops.get(id)?.session).toBeNull();
	});

	test.each([
		['a plain text', (id: string) => id],
		['a list that was picked from', (id: string) => ({ __rl: true, mode: 'list', value: id, cachedResultName: 'x' })],
		['an ID', (id: string) => ({ __rl: true, mode: 'id', value: ` ${id} ` })],
		['an expression', () => '={{ $json.desktop_id }}'],
	])('the desktop is given as %s', async (_, toValue) => {
		const id = sandbox.desktops.add();
		const { items } = await use('get', { items: [{ desktop_id: id }], parameters: { desktopId: toValue(id) } });
		expect(items[0].json.desktop_id).toBe(id);
	});

	test('numbers that JavaScript would change are texts with all digits', async () => {
		user.fail({ wholeAnswer: { status: 200, contentType: 'application/json', body: '{"desktop_id":"d","created_at":1234567890123456789}' } });
		expect((await use('get', of(sandbox.desktops.add()))).items[0].json).toEqual({ desktop_id: 'd', created_at: '1234567890123456789' });
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
		const { items } = await use('get', { items: all.map((id) => ({ id })), parameters: { desktopId: '={{ $json.id }}' } });
		expect(items.map(({ json }) => json.desktop_id)).toEqual(all);
		expect(Date.now() - before).toBeLessThan(1500);
	});

	test.each([
		['429', { refuse: { status: 429 } }],
		['503', { refuse: errorAnswer(503, 'html') }],
		['500', { refuse: errorAnswer(500, 'json') }],
		['502', { refuse: errorAnswer(502, 'html') }],
		['a broken connection', { connection: 'drop-before-acting' as const }],
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
		expect(error?.message).toBe('NenAI could not answer the list of desktops (HTTP 500): Out of order [item 0]');
		expect(error?.description).toBe('It was tried 5 times. Do it again later.');
		expect(user.requests()).toHaveLength(5);
	}, 30_000);

	test('a long pause that NenAI asks for is not waited for', async () => {
		user.fail({ refuse: { status: 429, retryAfter: { seconds: 600, as: 'seconds' } } });
		const { error } = await use('getMany');
		expect(error?.description).toMatch(/^It asks to come back at \d{4}-/);
		expect(user.requests()).toHaveLength(1);
	});
});

describe('what acts is never done twice', () => {
	const LOST = [
		['the connection breaks', { connection: 'drop-after-acting' as const }, /the connection broke/],
		['half an answer comes', { connection: 'cut-answer' as const }, /the connection broke/],
		['a gateway answers', { wholeAnswer: { status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' } }, /something in between, such as a gateway, answered with HTTP 502: Bad gateway/],
		['NenAI answers 500', { wholeAnswer: { status: 500, contentType: 'application/json', body: '{"error":"Oh dear"}' } }, /it answered with HTTP 500: Oh dear/],
		['a gateway has no answer', { wholeAnswer: errorAnswer(503, 'html') }, /something in between, such as a gateway, answered with HTTP 503/],
		['a gateway has had enough', { wholeAnswer: { status: 429, contentType: 'text/html', body: '<h1>Slow down</h1>' } }, /something in between, such as a gateway, answered with HTTP 429: Slow down/],
		['it takes too long', { wholeAnswer: { status: 408 } }, /it answered with HTTP 408/],
		['somebody has gone away', { wholeAnswer: { status: 499 } }, /it answered with HTTP 499/],
		['a page comes', { wholeAnswer: { status: 200, contentType: 'text/html', body: '<p>Welcome</p>' } }, /has a form that this node does not know \(HTTP 200\): Welcome/],
	] as const;

	test.each(LOST)('create, where %s: one desktop, no repetition with Retry On Fail, and how to find it', async (_, fault, reason) => {
		user.fail(fault, 1);
		const { error } = await use('create', { settings: RETRY });
		expect(error?.message).toMatch(/^It is not known whether NenAI did the creation of a desktop: /);
		expect(error?.message).toMatch(reason);
		expect(error?.description).toContain('A desktop may have been created, so no other one is: it would be one too many. Look with Desktop → Get Many, and delete what is too much.');
		expect(ids()).toHaveLength(1);
		expect(user.requests()).toHaveLength(1);
	});

	test.each([
		['rename', { name: 'B' }, /the renaming of desktop dsk_/],
		['delete', {}, /the deletion of desktop dsk_/],
		['openSession', {}, /the opening of a session on desktop dsk_/],
		['closeSession', {}, /the closing of the session of desktop dsk_/],
	])('%s: its lost answer is an error that stays', async (operation, more, what) => {
		const id = sandbox.desktops.add();
		sandbox.desktops.openSession(id);
		user.fail({ connection: 'drop-after-acting' }, 1);
		const { error } = await use(operation, { parameters: { desktopId: id, ...more }, settings: RETRY });
		expect(error?.message).toMatch(/^It is not known whether NenAI did .*: the connection broke \(ECONNRESET\) \[item 0\]$/);
		expect(error?.message).toMatch(what);
		expect(error?.description).toMatch(/It may have been done, so it is not done again\. Look with Desktop → Get/);
		expect(user.requests()).toHaveLength(1);
	});

	test.each([
		['429', { refuse: { status: 429 } }],
		['503', { refuse: errorAnswer(503, 'json') }],
		['a gateway that says when to come back', { refuse: { ...errorAnswer(503, 'html'), retryAfter: { seconds: 0, as: 'seconds' as const } } }],
	])('but after %s, where nothing was accepted, it is sent again', async (_, fault) => {
		user.fail(fault, 2);
		const { items, error } = await use('create');
		expect(error).toBeUndefined();
		expect(ids()).toEqual([items[0].json.desktop_id]);
		expect(user.requests()).toHaveLength(3);
	});

	test('and where no connection was made', async () => {
		await sandbox.stop();
		setTimeout(() => void sandbox.start(), 300);
		const { error } = await use('create');
		expect(error).toBeUndefined();
		expect(ids()).toHaveLength(1);
	});

	test('one after the other', async () => {
		user.fail({ latencyMs: 30 });
		const before = Date.now();
		await use('create', { items: [{}, {}, {}] });
		expect(Date.now() - before).toBeGreaterThanOrEqual(90);
	});

	test('an error names the desktops that were created, and a retry gives them again', async () => {
		user.fail({}, 2);
		user.fail({ refuse: { status: 400, body: { error: 'No more desktops' } } }, 1);
		const first = await use('create', { items: [{}, {}, {}] });
		const [a, b] = ids();
		expect(first.error?.message).toBe('NenAI refused the creation of a desktop (HTTP 400): No more desktops [item 2]');
		expect(first.error?.description).toMatch(`Nothing was done. Desktops that were created, and go on running until they are deleted: ${a} (item 0), ${b} (item 1).`);
		const again = await use('create', { items: [{}, {}, {}], retryOf: JSON.parse(JSON.stringify(first.run.data)) });
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

	test('another execution creates its own', async () => {
		await use('create');
		await use('create');
		expect(ids()).toHaveLength(2);
	});

	test('a changed name of what was renamed before is not sent, and a hint says so', async () => {
		const [a, b] = [sandbox.desktops.add(), sandbox.desktops.add()];
		user.fail({ refuse: { status: 400 } }, 1, { desktopId: b });
		const items = [{ id: a }, { id: b }];
		const first = await use('rename', { items, parameters: { desktopId: '={{ $json.id }}', name: 'one' } });
		const again = await use('rename', { items, parameters: { desktopId: '={{ $json.id }}', name: 'two' }, retryOf: first.run.data });
		expect([a, b].map((id) => sandbox.desktops.get(id)?.name)).toEqual(['one', 'two']);
		expect(again.hints).toEqual(['Not done again, though their parameters have changed since an earlier try did them: item 0. To do them anew, start a new execution of the workflow.']);
	});
});

describe("a session's link", () => {
	const SECRET = 'https://sessions.invalid/dsk?token=secret-of-the-session';

	test.each(['create', 'get', 'getMany', 'rename', 'delete'])('is left out of what %s gives', async (operation) => {
		const desktop = { desktop_id: 'd', status: 'running', href: SECRET, session: { href: SECRET }, active_session: [{ href: SECRET }], session_url: SECRET, session_token: 'secret-of-it', session_state: `at ${SECRET}`, session_timeout: '30m', session_limit: 7, more: { href: SECRET, kept: 1 } };
		user.fail({ answer: operation === 'getMany' ? [desktop] : desktop });
		const id = sandbox.desktops.add();
		const result = await use(operation, { parameters: operation === 'create' || operation === 'getMany' ? {} : { desktopId: id, ...(operation === 'rename' && { name: 'x' }) } });
		expect(result.items[0].json).toEqual({ desktop_id: 'd', status: 'running', session_timeout: '30m', session_limit: 7, more: { kept: 1 } });
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
		const { items, error } = await use('openSession', { items: [{ id: a }, { id: b }], parameters: { desktopId: '={{ $json.id }}' }, settings: RETRY });
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.href)).toEqual([a, b].map((id) => sandbox.desktops.get(id)?.session?.href));
		expect(user.requests()).toEqual([`PUT /${a}/session`, `PUT /${b}/session`, `GET /${a}/session`, `PUT /${b}/session`]);
	});

	test.each([
		['an error', { refuse: { status: 400, contentType: 'text/plain', body: `It is at ${SECRET} now` } }],
		['JSON of an error', { wholeAnswer: { status: 400, contentType: 'application/json', body: JSON.stringify({ error: `See ${SECRET}` }) } }],
		['an answer of another form', { answer: { url: SECRET, token: 'secret-of-the-session' } }],
		['a text', { wholeAnswer: { status: 200, contentType: 'text/plain', body: SECRET } }],
		['a redirect', { refuse: { status: 302, headers: { location: SECRET } } }],
		['a text of an error', { refuse: { status: 404, contentType: 'text/plain', body: 'token=secret-of-the-session' } }],
		['a failure', { answer: { success: false, error: { token: 'secret-of-the-session' } } }],
		['a failure in words', { answer: { success: false, error: 'secret-of-the-session is taken' } }],
	])('is not quoted from %s', async (_, fault) => {
		const id = sandbox.desktops.add();
		for (const operation of ['openSession', 'getSession', 'closeSession']) {
			sandbox.desktopFaults.clear();
			user.fail(fault);
			const result = await use(operation, { ...of(id), settings: CONTINUE });
			// Whatever closing is answered with, it is not passed on.
			expect(result.items[0].json).toEqual(operation === 'closeSession' && result.items[0].json.success === true ? { success: true } : { error: expect.any(String) });
			expect(stored(result)).not.toContain('secret-of');
		}
	});
});

test.each([
	['an error', { refuse: { status: 400, contentType: 'application/json', body: JSON.stringify({ error: 'No', message: `${'https:'}\\/\\/s.invalid\\/secret-of` }) } }],
	['an answer of another form', { wholeAnswer: { status: 200, contentType: 'application/json', body: JSON.stringify({ session: { token: 'secret-of' }, list: [{ href: '/secret-of' }] }) } }],
])('no error quotes a session from %s', async (_, fault) => {
	user.fail(fault);
	const result = await use('getMany', { settings: CONTINUE });
	expect(result.items[0].json.error).toMatch(/^NenAI/);
	expect(stored(result)).not.toContain('secret-of');
});

describe('errors hold neither the key nor a link, also where these were entered', () => {
	const apiKey = 'key-that-is-secret';
	const LINK = 'https://sessions.invalid/secret-of';

	test.each([
		['desktop', 'get', { desktopId: apiKey }],
		['desktop', 'delete', { desktopId: LINK }],
		['desktop', 'rename', { desktopId: `\ud800${apiKey}`, name: 'x' }],
		['desktopFile', 'download', { desktopId: 'd', fileName: apiKey }],
		['desktopFile', 'download', { desktopId: 'd', fileName: LINK }],
		['computer', 'custom', { desktopId: 'd', tool: apiKey, action: LINK }],
		['computer', 'click', { desktopId: 'd', x: LINK, y: apiKey }],
	])('%s %s %j', async (resource, operation, parameters) => {
		for (const fault of [{ refuse: { status: 404 } }, { connection: 'drop-after-acting' as const }]) {
			sandbox.desktopFaults.clear();
			user.fail(fault, undefined, { path: '' });
			for (const settings of [CONTINUE, {}]) {
				const { items, error } = await user.use(resource, operation, { credentials: user.credentials({ apiKey }), parameters, settings });
				const said = `${String(items[0]?.json.error)} ${error?.message} ${error?.description}`;
				expect(said).toMatch(/\[item 0\]/);
				expect(said).not.toMatch(/key-that|secret-of/);
			}
		}
	}, 60_000);
});

describe('errors say what happened and what to do', () => {
	test.each([
		['an unknown desktop', 'get', {}, /^NenAI was asked for the state of desktop dsk_0 and refused \(HTTP 404\): Desktop dsk_0 not found \[item 0\]$/, /^Check the desktop ID, or choose the desktop from the list/],
		['deleting an unknown desktop', 'delete', {}, /^NenAI refused the deletion of desktop dsk_0 \(HTTP 404\)/, /Nothing was done\.$/],
		['a session that nobody has opened', 'getSession', {}, /^NenAI was asked for the session of desktop dsk_0 and refused \(HTTP 404\)/, /open one first \(Desktop → Open Session\)/],
	])('%s', async (_, operation, more, message, hint) => {
		const { error } = await use(operation, { parameters: { desktopId: 'dsk_0', ...more } });
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(hint);
	});

	test('a deleted desktop', async () => {
		const id = sandbox.desktops.add({ status: 'deleted' });
		const { error } = await use('rename', { parameters: { desktopId: id, name: 'x' } });
		expect(error?.message).toBe(`NenAI refused the renaming of desktop ${id} (HTTP 410): Desktop ${id} is deleted [item 0]`);
		expect(error?.description).toBe('The desktop is deleted, with all that was on it. Create another one (Desktop → Create), or choose one from the list. Nothing was done.');
	});

	test('deleting a deleted desktop', async () => {
		const { error } = await use('delete', of(sandbox.desktops.add({ status: 'deleted' })));
		expect(error?.description).toBe('It is deleted already. Nothing was done.');
	});

	test.each(['error', 'failed', 'FAILURE'])('deleting that ends with the status %s', async (status) => {
		user.fail({ answer: { desktop_id: 'd', status, message: 'It is in use' } });
		const id = sandbox.desktops.add();
		const { error } = await use('delete', { ...of(id), settings: RETRY });
		expect(error?.message).toBe(`NenAI says that the deletion of desktop ${id} failed: It is in use [item 0]`);
		expect(user.requests()).toHaveLength(1);
	});

	test.each([['get', {}], ['rename', { name: 'x' }]])('but the state of a desktop is no failure of %s', async (operation, more) => {
		user.fail({ answer: { desktop_id: 'd', status: 'error' } });
		expect((await use(operation, { parameters: { desktopId: sandbox.desktops.add(), ...more } })).items[0].json.status).toBe('error');
	});

	test('a wrong key', async () => {
		const { error } = await use('create', { credentials: user.credentials({ apiKey: 'wrong-key-secret' }) });
		expect(error?.message).toBe('NenAI did not accept the API key for the creation of a desktop (HTTP 401): Invalid API key [item 0]');
		expect(error?.description).toBe('Check the API key of the credential, and that it may be used for desktops. Nothing was done.');
		expect(error?.stored).not.toContain('wrong-key-secret');
	});

	test.each([
		['a redirect, which is not followed', { refuse: { status: 307, headers: { location: 'https://elsewhere.example/desktops?token=1' } } }, /^The desktop URL answers the creation of a desktop with a redirect \(HTTP 307\) to elsewhere\.example \[item 0\]$/, /would send the API key to another address\. Nothing was done\.$/],
		['a proxy', { refuse: { status: 407, body: '<h1>Proxy</h1>', contentType: 'text/html' } }, /^NenAI was not reached for the creation of a desktop: something in between.*HTTP 407\): Proxy/, /^The proxy wants a user name/],
		['a firewall', { refuse: errorAnswer(403, 'html') }, /^NenAI was not reached for/, /to let it through to the desktop URL of the credential\. Nothing was done\.$/],
		['a 403', { refuse: errorAnswer(403, 'json') }, /^NenAI did not accept the API key/, /^Check the API key/],
		['a form that is not known', { answer: { id: 'd' } }, /^It is not known whether NenAI did the creation of a desktop: its answer has a form that this node does not know \(HTTP 200\): \{"id":"d"\}/, /If nothing was done, check the desktop URL/],
		['success: false', { answer: { success: false, error: 'No' } }, /^NenAI says that the creation of a desktop failed: No \[item 0\]$/, /Look with Desktop → Get Many/],
		['an error beside a desktop', { answer: { desktop_id: 'd', error: 'No disk' } }, /^NenAI says that the creation of a desktop failed: No disk/, /Look with Desktop → Get Many/],
	])('%s', async (_, fault, message, hint) => {
		user.fail(fault);
		const { error } = await use('create');
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(hint);
		expect(user.requests()).toHaveLength(1);
	});

	test('no connection', async () => {
		const { error } = await use('delete', { ...of('d'), credentials: user.credentials({ desktopUrl: 'http://127.0.0.1:1' }) });
		expect(error?.message).toBe('NenAI could not be reached at 127.0.0.1:1 for the deletion of desktop d: the connection was refused (ECONNREFUSED) [item 0]');
		expect(error?.description).toBe('Check the desktop URL of the credential, and that this n8n may connect to it. It was tried 5 times. Nothing was done.');
	}, 30_000);

	test.each([
		['empty', '', 'The desktop URL of the credential is empty'],
		['none', 'desktop.getnen.ai', 'The desktop URL of the credential is not an http(s) URL'],
	])('a desktop URL that is %s', async (_, desktopUrl, message) => {
		const { error } = await use('create', { credentials: user.credentials({ desktopUrl }) });
		expect(error?.message).toBe(message);
		expect(error?.description).toMatch(/^It is usually https:\/\/desktop\.api\.getnen\.ai\./);
	});

	test.each([
		['no desktop', { desktopId: '={{ "" }}' }, 'The desktop ID is empty'],
		['a desktop that is a path', { desktopId: '..' }, '".." is no desktop ID'],
		['half a character', { desktopId: 'd\ud800' }, '"d\ud800" is no desktop ID'],
		['an object', { desktopId: '={{ { a: 1 } }}' }, 'Desktop ID (desktopId) must be an ID: a text or a number, but is an object'],
		['no name', { desktopId: 'd', name: ' ' }, 'Name (name) is empty'],
		['a name that is a list', { desktopId: 'd', name: '={{ [1] }}' }, 'Name (name) must be a text, but is a list'],
	])('%s: an error before any request', async (_, parameters, message) => {
		const { error } = await use('rename', { parameters: { name: 'x', ...parameters } });
		expect(error?.message).toBe(`${message} [item 0]`);
		expect(error?.description).toMatch(/Nothing was sent\.$/);
		expect(user.requests()).toEqual([]);
	});

	test('one bad item stops all before any request', async () => {
		const id = sandbox.desktops.add();
		const { error } = await use('delete', { items: [{ id }, { id: '' }], parameters: { desktopId: '={{ $json.id }}' } });
		expect(error?.message).toBe('The desktop ID is empty [item 1]');
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
		expect(out.map(({ json }) => json.error ?? json.status)).toEqual([expect.stringMatching(/^NenAI refused the deletion of desktop dsk_0 .*\[item 0\]\. Check the desktop ID/), 'deleted']);
	});

	test('the error output gets the failed ones', async () => {
		const result = await use('delete', { items: items(), parameters, settings: { onError: 'continueErrorOutput' } });
		expect([result.items.length, result.failedItems.length]).toEqual([1, 1]);
	});

	test('Execute Once does one', async () => {
		await use('create', { items: [{}, {}], settings: { executeOnce: true } });
		expect(ids()).toHaveLength(1);
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
		expect(again.error?.message).toMatch(/not known whether NenAI did .*stopped/);
		expect(user.requests()).toHaveLength(1);
	});

	test('as a tool of an older agent, it gives the answer, or the failure in words', async () => {
		const id = sandbox.desktops.add();
		const inAgent = async (desktopId: string) => (await executeInsideAgent({ resource: 'desktop', operation: 'get', desktopId }, user.credentials()))?.[0].map(({ json }) => json);
		expect(await inAgent(id)).toEqual([expect.objectContaining({ status: 'running' })]);
		expect(await inAgent('dsk_0')).toEqual([{ error: expect.stringMatching(/^NenAI was asked for the state of desktop dsk_0 and refused .*not found\. Check the desktop ID/) }]);
	});
});

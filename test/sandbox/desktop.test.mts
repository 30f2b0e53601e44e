import { request } from 'undici';
import { withSandbox } from './cases.mts';
import type { Sandbox } from './index.mts';
import { act, ask, bothKeys } from './desktop/support.mts';
import { post, startFastSandbox } from './support.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), startFastSandbox);

const dsk = expect.stringMatching(/^dsk_[0-9a-f]{20}$/);
const error = { error: expect.any(String) };
const create = () => ask(sandbox, 'POST', '/desktops', { json: { desktop_type: 'sandbox' } });
const unknown = 'dsk_nobody';

describe('a desktop', () => {
	test('is made, read, listed, renamed and deleted', async () => {
		const before = Math.floor(Date.now() / 1000);
		const made = await create();
		expect(made).toMatchObject({
			status: 200,
			body: {
				desktop_id: dsk,
				desktop_type: 'sandbox',
				status: 'running',
				workspace_id: 'wks_sandbox',
			},
		});
		const { desktop_id: id, created_at: createdAt } = made.body as {
			desktop_id: string;
			created_at: number;
		};
		expect(createdAt).toBeGreaterThanOrEqual(before);
		expect(createdAt).toBeLessThanOrEqual(Date.now() / 1000);
		expect(made.body).not.toHaveProperty('name');
		expect((await ask(sandbox, 'GET', `/desktops/${id}`)).body).toEqual(made.body);
		const renamed = await ask(sandbox, 'PATCH', `/desktops/${id}`, { json: { name: 'Büro 完' } });
		expect(renamed.body).toMatchObject({ desktop_id: id, name: 'Büro 完' });
		const second = (await create()).body;
		expect((await ask(sandbox, 'GET', '/desktops')).body).toEqual([renamed.body, second]);
		const deleted = await ask(sandbox, 'DELETE', `/desktops/${id}`);
		expect(deleted).toMatchObject({ status: 200, body: { desktop_id: id, status: 'deleted' } });
		expect((await ask(sandbox, 'GET', `/desktops/${id}`)).body).toMatchObject({
			status: 'deleted',
		});
		expect((await ask(sandbox, 'GET', '/desktops')).body).toEqual([second]);
	});

	test.each([
		['POST', '', {}],
		['POST', '', { desktop_type: 'windows' }],
		['POST', '', { desktop_type: 'sandbox', name: 'x' }],
		['PATCH', '/ID', {}],
		['PATCH', '/ID', { name: '' }],
		['PATCH', '/ID', { name: 7 }],
		['PATCH', '/ID', { name: 'x', status: 'deleted' }],
	] as const)('%s %s with %j: 400', async (method, path, json) => {
		const id = sandbox.desktops.add({ name: 'before' });
		const answer = await ask(sandbox, method, `/desktops${path.replace('ID', id)}`, { json });
		expect(answer).toMatchObject({ status: 400, body: error });
		expect(sandbox.desktops.all()).toMatchObject([{ desktopId: id, name: 'before' }]);
	});

	const execute = { action: { tool: 'computer', action: 'screenshot', params: {} } };
	test.each([
		{ method: 'PATCH', part: '', json: { name: 'x' } },
		{ method: 'DELETE', part: '' },
		{ method: 'GET', part: '/tools' },
		{ method: 'GET', part: '/tool-logs' },
		{ method: 'POST', part: '/execute', json: execute },
		{ method: 'PUT', part: '/session' },
		{ method: 'GET', part: '/session' },
		{ method: 'DELETE', part: '/session' },
		{ method: 'GET', part: '/files' },
		{ method: 'GET', part: '/files/a.txt' },
		{ method: 'POST', part: '/files/a.txt', json: 'text' },
	] as const)('that is unknown or deleted: $method $part', async ({ method, part, ...sending }) => {
		const deleted = sandbox.desktops.add({ status: 'deleted' });
		const answers = [];
		for (const id of [unknown, deleted])
			answers.push(await ask(sandbox, method, `/desktops/${id}${part}`, sending));
		expect(answers).toMatchObject([
			{ status: 404, body: { error: `Desktop ${unknown} not found` } },
			{ status: 410, body: { error: `Desktop ${deleted} is deleted` } },
		]);
		expect(sandbox.state().desktopActions).toEqual([]);
	});

	test('that is unknown cannot be read', async () =>
		expect(await ask(sandbox, 'GET', `/desktops/${unknown}`)).toMatchObject({
			status: 404,
			body: error,
		}));
});

describe('the key', () => {
	const [right, wrong] = ['test-api-key-not-a-secret', 'wrong-key'];
	const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
	const plain = (key: string) => ({ 'x-api-key': key });

	test.each<['either' | 'bearer' | 'api-key' | 'both', number[]]>([
		['either', [200, 200, 200]],
		['bearer', [200, 401, 200]],
		['api-key', [401, 200, 200]],
		['both', [401, 401, 200]],
	])('where %s is demanded', async (desktopKeys, statuses) => {
		sandbox.setDefaults({ desktopKeys });
		const seen = [];
		for (const keys of [bearer(right), plain(right), { ...bearer(right), ...plain(right) }])
			seen.push((await ask(sandbox, 'GET', '/desktops', { keys })).status);
		expect(seen).toEqual(statuses);
	});

	test.each([
		[{}],
		[bearer(wrong)],
		[plain(wrong)],
		[{ ...bearer(right), ...plain(wrong) }],
		[{ ...bearer(wrong), ...plain(right) }],
		[{ authorization: right }],
		[{ authorization: `Basic ${right}` }],
	])('%j: 401, whatever is asked for', async (keys) => {
		for (const path of ['/desktops', `/desktops/${unknown}`, '/nothing'])
			expect(await ask(sandbox, 'GET', path, { keys })).toMatchObject({
				status: 401,
				body: { error: 'Invalid API key' },
			});
	});

	test('is recorded by its headers, never by its value', async () => {
		await ask(sandbox, 'GET', '/desktops?a=1');
		await ask(sandbox, 'GET', '/desktops', { keys: bearer(wrong) });
		await ask(sandbox, 'GET', '/desktops', { keys: {} });
		const { desktopRequests, requests } = sandbox.state();
		expect(desktopRequests).toMatchObject([
			{
				path: '/desktop/desktops',
				query: { a: '1' },
				keys: ['x-api-key', 'authorization'],
				authorized: true,
				headers: { 'x-api-key': '[redacted]', authorization: '[redacted]' },
			},
			{ keys: ['authorization'], authorized: false, answered: 401 },
			{ keys: [], authorized: false },
		]);
		expect(requests).toEqual([]);
		expect(JSON.stringify(sandbox.state())).not.toMatch(/wrong-key|test-api-key/);
	});
});

describe('a session', () => {
	test('is made, joined and read, until it is closed', async () => {
		const id = sandbox.desktops.add();
		const path = `/desktops/${id}/session`;
		expect(await ask(sandbox, 'GET', path)).toMatchObject({ status: 404, body: error });
		const made = await ask(sandbox, 'PUT', path);
		const href = expect.stringMatching(/^http:\/\/.*[\w-]{32}$/);
		expect(made).toMatchObject({ status: 200, body: { href, active: true, interactive: true } });
		expect((await ask(sandbox, 'PUT', path)).body).toEqual(made.body);
		expect((await ask(sandbox, 'GET', path)).body).toEqual(made.body);
		expect(await ask(sandbox, 'DELETE', path)).toMatchObject({ status: 204, body: null });
		expect((await ask(sandbox, 'DELETE', path)).status).toBe(404);
		expect((await ask(sandbox, 'PUT', path)).body).not.toEqual(made.body);
	});

	test('is that of one desktop, and ends with it', async () => {
		const [id, other] = [sandbox.desktops.add(), sandbox.desktops.add()];
		await ask(sandbox, 'PUT', `/desktops/${id}/session`);
		expect(sandbox.desktops.get(other)?.session).toBeNull();
		expect(sandbox.desktops.get(id)?.session?.active).toBe(true);
		await ask(sandbox, 'DELETE', `/desktops/${id}`);
		expect(sandbox.desktops.get(id)?.session).toBeNull();
	});
});

test('what does not exist is an error in the same form', async () => {
	expect(await ask(sandbox, 'GET', '/nothing')).toMatchObject({ status: 404, body: error });
	expect(await ask(sandbox, 'PUT', '/desktops')).toMatchObject({ status: 404, body: error });
	const broken = await post(`${sandbox.desktopUrl}/desktops`, '{', bothKeys(sandbox));
	expect([broken.status, JSON.parse(broken.body)]).toEqual([
		400,
		{ error: 'The body is not valid JSON' },
	]);
});

test('a reset leaves no desktop and no record', async () => {
	const id = sandbox.desktops.add();
	await act(sandbox, id, 'screenshot');
	sandbox.reset();
	expect(sandbox.desktops.all()).toEqual([]);
	const { counts, desktopRequests, desktopActions } = sandbox.state();
	expect([desktopRequests, desktopActions, counts.desktopActions]).toEqual([[], [], 0]);
	expect(counts.maxConcurrentDesktopActions).toBe(0);
});

describe('over HTTP', () => {
	const control = (path: string, body: unknown) => post(`${sandbox.url}/_sandbox/${path}`, body);

	test('desktops and their files', async () => {
		const made = JSON.parse((await control('desktops', { name: 'A' })).body);
		expect(made).toMatchObject({ desktopId: dsk, name: 'A', status: 'running' });
		await control('desktop-files', {
			desktopId: made.desktopId,
			name: 'a.txt',
			path: 'b',
			text: 'hello',
		});
		await act(sandbox, made.desktopId, 'type', { text: 'Tee' });
		const answer = await request(`${sandbox.url}/_sandbox/desktops`);
		expect(await answer.body.json()).toMatchObject([
			{ desktopId: made.desktopId, typed: 'Tee', files: [{ path: 'b', name: 'a.txt', size: 5 }] },
		]);
	});

	test('fault rules', async () => {
		await control('desktop-faults', {
			match: { method: 'GET' },
			times: 1,
			refuse: { status: 503 },
		});
		const statuses = [];
		for (let index = 0; index < 2; index += 1)
			statuses.push((await ask(sandbox, 'GET', '/desktops')).status);
		await control('desktop-faults', { refuse: { status: 503 } });
		await request(`${sandbox.url}/_sandbox/desktop-faults`, { method: 'DELETE' });
		statuses.push((await ask(sandbox, 'GET', '/desktops')).status);
		expect(statuses).toEqual([503, 200, 200]);
	});

	test('settings', async () => {
		await control('settings', { desktopFault: { refuse: { status: 502 } } });
		expect((await ask(sandbox, 'GET', '/desktops')).status).toBe(502);
	});

	test.each([
		['desktop-faults', { refuze: {} }],
		['desktop-faults', { match: {}, latencyMs: 1 }],
		['desktop-faults', { match: { actoin: 'type' }, latencyMs: 1 }],
		['desktop-faults', { refuseAfterBytes: 5 }],
		['desktop-faults', { connection: 'drop' }],
		['settings', { desktopKeys: 'neither' }],
		['settings', { desktopTools: [{ name: 'shell' }] }],
		['settings', { desktopScreen: { width: 10, height: 10 } }],
		['desktops', { status: 'starting' }],
		['desktops', { desktopId: 'dsk_1' }],
		['desktop-files', { desktopId: unknown, name: 'a' }],
		['desktop-files', { name: 'a' }],
	])('%s with %j: 400', async (path, body) => expect((await control(path, body)).status).toBe(400));
});

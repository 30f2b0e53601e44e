import { Readable } from 'node:stream';
import { request } from 'undici';
import { UNANSWERED, withSandbox } from './cases.mts';
import { act, ask, bothKeys, download, fileUrl, rawStatus, upload } from './desktop/support.mts';
import { contentBytes, errorAnswer, type DesktopFaultRule, type Sandbox } from './index.mts';
import { startFastSandbox } from './support.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given), startFastSandbox);
beforeEach(() => {
	id = sandbox.desktops.add();
});

const type = (text = 'x', timeoutMs?: number) => act(sandbox, id, 'type', { text }, { timeoutMs });
const typed = () => sandbox.desktops.get(id)?.typed;
const put = (body: string | Readable, timeoutMs?: number) =>
	upload(sandbox, fileUrl(sandbox, id, 'a'), body, undefined, timeoutMs);
const megabytes = (count: number) =>
	Readable.from(contentBytes({ size: count * 1024 * 1024, seed: 's' }));
const files = () => sandbox.desktops.get(id)?.files;

describe('an answer in place of doing anything', () => {
	test.each([
		[errorAnswer(401, 'json')],
		[errorAnswer(403, 'gateway')],
		[errorAnswer(409, 'json')],
		[errorAnswer(500, 'json')],
		[errorAnswer(502, 'html')],
		[errorAnswer(503, 'text')],
		[errorAnswer(504, 'empty')],
		[{ status: 307, headers: { location: 'http://127.0.0.1:1/desktops' } }],
		[errorAnswer(200, 'html')],
	])('%j', async (refuse) => {
		sandbox.desktopFaults.next({ refuse });
		const answer = await type();
		expect(answer.status).toBe(refuse.status);
		expect(answer.headers.location).toBe(refuse.headers?.location);
		expect(answer.headers['content-type']).toBe(
			refuse.contentType ?? answer.headers['content-type'],
		);
		expect([typed(), sandbox.state().desktopActions]).toEqual(['', []]);
		expect((await type()).status).toBe(200);
	});

	test('429 with Retry-After', async () => {
		sandbox.desktopFaults.next({
			refuse: { status: 429, retryAfter: { seconds: 7, as: 'seconds' } },
		});
		expect(await type()).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
	});
});

describe('the connection', () => {
	test.each([
		['drop-before-acting', /closed/],
		['silent-before-acting', /timeout/],
	] as const)('%s: no answer, and nothing done', async (connection, error) => {
		sandbox.desktopFaults.next({ connection });
		await expect(type('x', UNANSWERED)).rejects.toThrow(error);
		expect([typed(), sandbox.state().counts.desktopActions]).toEqual(['', 0]);
		expect(sandbox.state().desktopRequests).toMatchObject([{ action: 'type', answered: null }]);
		expect((await type()).status).toBe(200);
	});

	test.each([
		['drop-after-acting', /closed/],
		['silent-after-acting', /timeout/],
		['cut-answer', /does not match content-length/],
	] as const)('%s: no whole answer, but it is done', async (connection, error) => {
		sandbox.desktopFaults.next({ connection });
		await expect(type('x', UNANSWERED)).rejects.toThrow(error);
		expect(typed()).toBe('x');
		expect(sandbox.state().desktopActions).toMatchObject([
			{ desktopId: id, action: 'type', params: { text: 'x' }, endedAt: expect.any(Number) },
		]);
	});

	test('after something else was done than an action', async () => {
		sandbox.desktopFaults.next({ connection: 'drop-after-acting' }, 4);
		await expect(ask(sandbox, 'PUT', `/desktops/${id}/session`)).rejects.toThrow(/closed/);
		expect(sandbox.desktops.get(id)?.session).not.toBeNull();
		await expect(put('text')).rejects.toThrow(/closed/);
		expect(files()).toMatchObject([{ name: 'a', size: 4 }]);
		await expect(ask(sandbox, 'DELETE', `/desktops/${id}`)).rejects.toThrow(/closed/);
		expect(sandbox.desktops.get(id)?.status).toBe('deleted');
		const json = { desktop_type: 'sandbox' };
		await expect(ask(sandbox, 'POST', '/desktops', { json })).rejects.toThrow(/closed/);
		expect(sandbox.desktops.all()).toHaveLength(2);
	});

	test('what was not done is answered all the same', async () => {
		sandbox.desktopFaults.next({ connection: 'drop-after-acting' });
		expect((await act(sandbox, id, 'left_click')).status).toBe(400);
	});

	test('latency comes before anything is done', async () => {
		sandbox.desktopFaults.next({ latencyMs: 80 });
		const answer = type();
		await sandbox.until(({ desktopRequests }) => desktopRequests.length === 1);
		expect(typed()).toBe('');
		expect((await answer).status).toBe(200);
		const { desktopRequests, desktopActions } = sandbox.state();
		expect(desktopActions[0].at - desktopRequests[0].at).toBeGreaterThanOrEqual(78);
	});
});

describe('another answer to what is done', () => {
	test.each([
		[{ status: 'error', error: 'No such window' }],
		[{ success: false, error: 'x' }],
		[[]],
		['text'],
		[5],
		[null],
		[{}],
	])('of JSON: %j', async (answer) => {
		sandbox.desktopFaults.next({ answer });
		const { status, headers, body } = await type();
		expect([status, body]).toEqual([200, answer]);
		expect(headers['content-type']).toMatch(/^application\/json/);
		expect(typed()).toBe('x');
	});

	test('of any kind', async () => {
		sandbox.desktopFaults.next({ wholeAnswer: errorAnswer(504, 'html') });
		expect(await type()).toMatchObject({ status: 504, body: expect.stringMatching(/<h1>/) });
		expect(typed()).toBe('x');
	});

	test('of a download, and of what is usually answered with nothing', async () => {
		sandbox.desktops.addFile(id, { name: 'a', text: 'x' });
		sandbox.desktops.addFile(id, { name: 'b', text: 'x' });
		sandbox.desktopFaults.add({ match: { path: '/files/a' }, answer: { odd: 1 } });
		expect(await ask(sandbox, 'GET', `/desktops/${id}/files/a`)).toMatchObject({
			body: { odd: 1 },
		});
		expect(await ask(sandbox, 'GET', `/desktops/${id}/files/b`)).toMatchObject({ body: 'x' });
		await ask(sandbox, 'PUT', `/desktops/${id}/session`);
		sandbox.desktopFaults.next({ answer: { closed: true } });
		expect(await ask(sandbox, 'DELETE', `/desktops/${id}/session`)).toMatchObject({
			status: 200,
			body: { closed: true },
		});
	});
});

describe('a download', () => {
	beforeEach(async () => {
		sandbox.desktops.addFile(id, { name: 'ordered', size: 500_000 });
		await put(megabytes(1));
	});

	test.each(['ordered', 'a'])('of %s is cut short', async (name) => {
		sandbox.desktopFaults.next({ cutAfterBytes: 100_000 });
		const cut = await download(sandbox, fileUrl(sandbox, id, name));
		expect(cut).toMatchObject({ status: 200, bytes: 100_000 });
		expect(cut.error).toMatch(/does not match content-length/);
		expect((await download(sandbox, fileUrl(sandbox, id, name))).error).toBeUndefined();
	});

	test.each(['ordered', 'a'])('of %s stalls', async (name) => {
		sandbox.desktopFaults.next({ stallAfterBytes: 1000 });
		const url = fileUrl(sandbox, id, name);
		const { body, headers } = await request(url, { headers: bothKeys(sandbox), reset: true });
		expect(Number(headers['content-length'])).toBeGreaterThan(1000);
		let bytes = 0;
		body.on('data', (part: Buffer) => (bytes += part.length)).on('error', () => undefined);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect([bytes, body.closed]).toEqual([1000, false]);
		body.destroy();
	});
});

describe('an upload', () => {
	const refuse = { status: 413, body: { error: 'Too large' } };
	const uploaded = () => sandbox.state().desktopRequests[0].uploadedBytes;

	test('is refused before its body is read', async () => {
		sandbox.desktopFaults.next({ refuse });
		expect(await put(megabytes(20))).toMatchObject({ status: 413, body: { error: 'Too large' } });
		expect([uploaded(), files()]).toEqual([0, []]);
	});

	test('is refused in the middle, while the rest still comes', async () => {
		sandbox.desktopFaults.next({ refuse, refuseAfterBytes: 100_000 });
		expect(await put(megabytes(20))).toMatchObject({ status: 413, body: { error: 'Too large' } });
		expect(uploaded()).toBeGreaterThanOrEqual(100_000);
		expect(uploaded()).toBeLessThan(1_000_000);
		expect(files()).toEqual([]);
	});

	test.each([
		['before its body is read', undefined],
		['in the middle', 100_000],
	])(
		'is refused %s also for who sends all of it before reading',
		async (_when, refuseAfterBytes) => {
			sandbox.desktopFaults.next({ refuse, refuseAfterBytes });
			const body = { length: 30_000_000, sent: 30_000_000 };
			expect(await rawStatus(sandbox, 'POST', `/desktops/${id}/files/a`, body)).toBe(413);
		},
	);

	test('is cut in the middle', async () => {
		sandbox.desktopFaults.next({ cutAfterBytes: 100_000 });
		await expect(put(megabytes(20))).rejects.toThrow(/closed|ECONNRESET|EPIPE/);
		expect(uploaded()).toBeLessThan(1_000_000);
		expect(files()).toEqual([]);
	});

	test('is taken no further, and gets no answer', async () => {
		sandbox.desktopFaults.next({ stallAfterBytes: 100_000 });
		await expect(put(megabytes(40), UNANSWERED)).rejects.toThrow(/timeout/);
		expect(uploaded()).toBeGreaterThanOrEqual(100_000);
		expect(uploaded()).toBeLessThan(1_000_000);
		expect(files()).toEqual([]);
	});

	test.each(['cutAfterBytes', 'stallAfterBytes'])(
		'that is shorter than %s ends there',
		async (field) => {
			sandbox.desktopFaults.next({ [field]: 100_000 });
			await expect(put('short', UNANSWERED)).rejects.toThrow(
				field.startsWith('cut') ? /closed/ : /timeout/,
			);
			expect(files()).toEqual([]);
			expect((await put('short')).status).toBe(200);
		},
	);
});

describe('rules', () => {
	const refuse = { status: 500 };

	test.each<[NonNullable<DesktopFaultRule['match']>, number[]]>([
		[{ method: 'GET' }, [500, 500, 200, 200, 200, 200]],
		[{ path: '/execute' }, [200, 200, 500, 500, 500, 200]],
		[{ path: '/files/a' }, [200, 200, 200, 200, 200, 500]],
		[{ action: 'type' }, [200, 200, 500, 200, 500, 200]],
		[{ tool: 'computer' }, [200, 200, 500, 500, 500, 200]],
		[{ tool: 'shell' }, [200, 200, 200, 200, 200, 200]],
		[{ desktopId: 'ID' }, [200, 500, 500, 500, 200, 500]],
		[{ desktopId: 'ID', action: 'type' }, [200, 200, 500, 200, 200, 200]],
		[{ desktopId: 'dsk_nobody' }, [200, 200, 200, 200, 200, 200]],
	])('match %j', async (match, statuses) => {
		const other = sandbox.desktops.add();
		const desktopId = match.desktopId === 'ID' ? id : match.desktopId;
		sandbox.desktopFaults.add({ match: { ...match, desktopId }, refuse });
		const answers = [
			await ask(sandbox, 'GET', '/desktops'),
			await ask(sandbox, 'GET', `/desktops/${id}/files`),
			await type(),
			await act(sandbox, id, 'screenshot'),
			await act(sandbox, other, 'type', { text: 'x' }),
			await put('text'),
		];
		expect(answers.map(({ status }) => status)).toEqual(statuses);
	});

	test('hold for so many requests, the first that fits is used, and the setting holds below them', async () => {
		sandbox.setDefaults({ desktopFault: { refuse: { status: 503 } } });
		sandbox.desktopFaults.add({ times: 2, refuse: { status: 501 } });
		sandbox.desktopFaults.next({ refuse: { status: 502 } });
		const answered = [];
		for (let index = 0; index < 4; index += 1) answered.push((await type()).status);
		expect(answered).toEqual([501, 501, 502, 503]);
	});

	test('wait for a request in which they can show', async () => {
		sandbox.desktopFaults.next({ cutAfterBytes: 1 });
		sandbox.desktopFaults.next({ refuse, refuseAfterBytes: 1 });
		expect((await type()).status).toBe(200);
		sandbox.desktops.addFile(id, { name: 'b', text: 'text' });
		sandbox.desktopFaults.next({ connection: 'cut-answer' });
		expect(await download(sandbox, fileUrl(sandbox, id, 'b'))).toMatchObject({ bytes: 1 });
		expect((await download(sandbox, fileUrl(sandbox, id, 'b'))).status).toBe(200);
		expect((await put('text')).status).toBe(500);
		await expect(type()).rejects.toThrow(/does not match content-length/);
	});

	test('of a wrong key use up no turn', async () => {
		sandbox.desktopFaults.next({ refuse });
		expect(
			(await ask(sandbox, 'GET', '/desktops', { keys: { 'x-api-key': 'wrong' } })).status,
		).toBe(401);
		expect((await ask(sandbox, 'GET', '/desktops')).status).toBe(500);
	});

	test('can be taken back, and must be meant as they are written', async () => {
		sandbox.desktopFaults.add({ refuse });
		sandbox.desktopFaults.clear();
		expect((await type()).status).toBe(200);
		sandbox.desktopFaults.add({ refuse });
		sandbox.reset();
		expect((await ask(sandbox, 'GET', '/desktops')).status).toBe(200);
		const misspelt = JSON.parse('{"refuze":{"status":500}}');
		expect(() => sandbox.desktopFaults.add(misspelt)).toThrow(/refuze/);
	});
});

test('closing ends what is open', async () => {
	const own = await startFastSandbox();
	const desktop = own.desktops.add();
	own.desktopFaults.next({ connection: 'silent-after-acting' });
	own.desktopFaults.next({ stallAfterBytes: 1 });
	own.desktopFaults.next({ latencyMs: 60_000 });
	const ended = (answer: Promise<unknown>): Promise<string> =>
		answer.then(
			() => 'answered',
			() => 'closed',
		);
	const open = [
		ended(act(own, desktop, 'screenshot')),
		ended(upload(own, fileUrl(own, desktop, 'a'), megabytes(5))),
		ended(act(own, desktop, 'screenshot')),
	];
	await own.until(({ desktopRequests }) => desktopRequests.length === 3);
	await own.close();
	expect(await Promise.all(open)).toEqual(['closed', 'closed', 'closed']);
});

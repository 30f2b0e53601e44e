import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { request } from 'undici';
import { UNANSWERED, withSandbox } from './cases.mts';
import { ask, bothKeys, download, fileUrl, rawStatus, upload } from './desktop/support.mts';
import { contentBytes, contentSha256, type Sandbox } from './index.mts';
import { startFastSandbox } from './support.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given), startFastSandbox);
beforeEach(() => {
	id = sandbox.desktops.add();
});

const MiB = 1024 * 1024;
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');
const list = (path = '') =>
	ask(sandbox, 'GET', `/desktops/${id}/files?path=${encodeURIComponent(path)}`);
const put = (name: string, body: string | Buffer | Readable, path?: string) =>
	upload(sandbox, fileUrl(sandbox, id, name, path), body);
const get = (name: string, path?: string) => download(sandbox, fileUrl(sandbox, id, name, path));
const folders = (): string[] =>
	readdirSync(tmpdir()).filter((name) => name.startsWith(`nenai-sandbox-${process.pid}-`));

describe('an upload', () => {
	test.each([
		['a text', Buffer.from('Grüße\n')],
		['nothing', Buffer.alloc(0)],
		['what looks like JSON', Buffer.from('{"a":')],
		['every byte', Buffer.from(Array.from({ length: 256 }, (_value, index) => index))],
		['3 MB', randomBytes(3_000_000)],
	])('of %s comes back as it was', async (_what, body) => {
		expect(await put('a.bin', body)).toMatchObject({
			status: 200,
			body: { success: true, size: body.length, filename: 'a.bin' },
		});
		expect(await get('a.bin')).toMatchObject({
			status: 200,
			bytes: body.length,
			sha256: sha256(body),
			headers: { 'content-length': String(body.length) },
		});
		expect(sandbox.desktops.get(id)?.files).toMatchObject([
			{ name: 'a.bin', sha256: sha256(body) },
		]);
		const [{ uploadedBytes }, { uploadedBytes: downloaded }] = sandbox.state().desktopRequests;
		expect([uploadedBytes, downloaded]).toEqual([body.length, 0]);
	});

	test.each([
		'application/pdf',
		'application/json',
		'text/plain; charset=utf-8',
		'multipart/form-data; boundary=x',
	])('keeps its type %s, and its bytes whatever that says', async (type) => {
		await upload(sandbox, fileUrl(sandbox, id, 'a'), 'x', { 'content-type': type });
		expect(await get('a')).toMatchObject({
			headers: { 'content-type': type },
			sha256: sha256('x'),
		});
	});

	test('without a type is of no particular one', async () => {
		await upload(sandbox, fileUrl(sandbox, id, 'a'), Buffer.from('x'), {});
		expect((await get('a')).headers['content-type']).toBe('application/octet-stream');
	});

	test('takes the place of an earlier one, and leaves nothing of it', async () => {
		await put('a', 'first');
		await put('a', 'second');
		expect((await get('a')).sha256).toBe(sha256('second'));
		expect((await list()).body).toMatchObject({ files: [{ name: 'a', size: 6 }] });
		const [folder] = folders();
		expect(readdirSync(`${tmpdir()}/${folder}`)).toHaveLength(1);
	});

	test('that the client gives up is not kept', async () => {
		const endless = new Readable({ read() {} });
		endless.push(Buffer.alloc(1000));
		const given = expect(
			upload(sandbox, fileUrl(sandbox, id, 'a'), endless, {}, UNANSWERED),
		).rejects.toThrow(/timeout/);
		await sandbox.until(({ desktopRequests }) => desktopRequests[0]?.uploadedBytes === 1000);
		await given;
		await sandbox.until(() =>
			folders().every((name) => readdirSync(`${tmpdir()}/${name}`).length === 0),
		);
		expect(sandbox.desktops.get(id)?.files).toEqual([]);
		expect((await list()).body).toEqual({ files: [] });
	});

	test('to a desktop that is deleted while it comes is not kept', async () => {
		const slow = new Readable({ read() {} });
		slow.push(Buffer.alloc(1000));
		const answer = upload(sandbox, fileUrl(sandbox, id, 'a'), slow, {});
		await sandbox.until(({ desktopRequests }) => desktopRequests[0]?.uploadedBytes === 1000);
		await ask(sandbox, 'DELETE', `/desktops/${id}`);
		slow.push(null);
		expect((await answer).status).toBe(410);
		expect(readdirSync(`${tmpdir()}/${folders()[0]}`)).toEqual([]);
	});
});

describe('the limit', () => {
	beforeEach(() => sandbox.setDefaults({ desktopMaxFileBytes: 5000 }));
	const chunked = (size: number) => Readable.from(contentBytes({ size, seed: 's' }));

	test('is met by a file of just so many bytes', async () => {
		for (const body of [Buffer.alloc(5000), chunked(5000)])
			expect((await put('a', body)).status).toBe(200);
	});

	test.each([
		['by a length that is promised', () => Buffer.alloc(5001)],
		['by what comes in chunks', () => chunked(5001)],
		['by far, while it still comes', () => chunked(30 * MiB)],
	])('is passed %s: 413, and no file', async (_how, body) => {
		expect(await put('a', body())).toMatchObject({
			status: 413,
			body: { error: 'A file may have at most 5000 bytes' },
		});
		expect(sandbox.state().desktopRequests[0].uploadedBytes).toBeLessThan(MiB);
		expect(sandbox.desktops.get(id)?.files).toEqual([]);
		expect((await get('a')).status).toBe(404);
	});

	test('that a promised length passes is answered before a byte has come', async () => {
		expect(await rawStatus(sandbox, 'POST', `/desktops/${id}/files/a`, { length: 5001 })).toBe(413);
		expect(sandbox.state().desktopRequests[0].uploadedBytes).toBe(0);
	});

	test('is usually 100 MiB', async () => {
		sandbox.reset();
		id = sandbox.desktops.add();
		const content = { size: 100 * MiB, seed: 'large' };
		expect(await put('large', Readable.from(contentBytes(content)))).toMatchObject({
			status: 200,
			body: { size: content.size },
		});
		expect(await get('large')).toMatchObject({
			bytes: content.size,
			sha256: contentSha256(content),
		});
		const larger = Readable.from(contentBytes({ ...content, size: content.size + 1 }));
		expect((await put('larger', larger)).status).toBe(413);
	});
});

describe('of a large file, no more than a little is in memory', () => {
	const size = 60 * MiB;
	setFlagsFromString('--expose-gc');
	const collectGarbage: () => void = runInNewContext('gc');
	const held = (): number => {
		collectGarbage();
		return process.memoryUsage().arrayBuffers;
	};
	const isFlat = (before: number) => sandbox.until(() => held() - before < 10 * MiB);

	test('while it comes, while it is kept, and while it goes', async () => {
		const before = held();
		let finish = (): void => undefined;
		const finished = new Promise<void>((resolve) => (finish = resolve));
		async function* almostAll(): AsyncGenerator<Buffer> {
			yield* contentBytes({ size, seed: 's' });
			await finished;
			yield Buffer.from('end');
		}
		const answer = put('a', Readable.from(almostAll()));
		await sandbox.until(({ desktopRequests }) => desktopRequests[0]?.uploadedBytes === size);
		await isFlat(before);
		finish();
		expect(await answer).toMatchObject({ status: 200, body: { size: size + 3 } });
		await isFlat(before);
		sandbox.desktopFaults.next({ stallAfterBytes: size });
		const { body } = await request(fileUrl(sandbox, id, 'a'), {
			headers: bothKeys(sandbox),
			reset: true,
		});
		let bytes = 0;
		body.on('data', (part: Buffer) => (bytes += part.length)).on('error', () => undefined);
		await sandbox.until(() => bytes === size);
		await isFlat(before);
		body.destroy();
	});
});

describe('names', () => {
	test.each([
		'a b.txt',
		'100%.txt',
		'a%2Fb%20c',
		'résumé – 完了.pdf',
		'u\u0308.txt',
		'?x=1&y#z;.txt',
		'+.txt',
		'a.b.c',
		'.hidden',
		'"quoted".txt',
		`${'ü'.repeat(196)}.txt`,
	])('%s', async (name) => {
		expect(await put(name, name)).toMatchObject({ status: 200, body: { filename: name } });
		expect((await list()).body).toMatchObject({ files: [{ name }] });
		expect((await get(name)).sha256).toBe(sha256(name));
	});

	test.each(['a/b', '/a', 'a\\b', '..', 'a..b', '../a', '..\\a', '%', '%2E%2E', ''])(
		'%j is as it is, or refused',
		async (name) => {
			const bad = name === '' || /[/\\]|\.\./.test(name);
			const path = `/desktops/${id}/files/${encodeURIComponent(name).replaceAll('.', '%2E')}`;
			// A client resolves dots in a path before it sends it, even when they are encoded.
			const answers = [
				await rawStatus(sandbox, 'POST', path),
				await rawStatus(sandbox, 'GET', path),
			];
			expect(answers).toEqual(bad ? [400, 400] : [200, 200]);
			expect(sandbox.desktops.get(id)?.files).toMatchObject(bad ? [] : [{ name }]);
		},
	);
});

describe('folders', () => {
	test('are listed one level at a time, with the time of what is in them', async () => {
		const before = Date.now() / 1000;
		await put('a.txt', 'a');
		await put('b.txt', 'bb', 'Reports');
		await put('c.txt', 'ccc', '/Reports/2026 ü/');
		await put('d.txt', 'd', 'Reports more');
		const modified = expect.any(Number);
		expect((await list()).body).toEqual({
			files: [
				{ name: 'a.txt', size: 1, modified },
				{ name: 'Reports', size: 0, modified, is_dir: true },
				{ name: 'Reports more', size: 0, modified, is_dir: true },
			],
		});
		expect((await list('Reports/')).body).toEqual({
			files: [
				{ name: 'b.txt', size: 2, modified },
				{ name: '2026 ü', size: 0, modified, is_dir: true },
			],
		});
		const { files } = (await list('Reports/2026 ü')).body as {
			files: Array<{ name: string; modified: number }>;
		};
		expect(files.map(({ name }) => name)).toEqual(['c.txt']);
		expect(files[0].modified).toBeGreaterThanOrEqual(before);
		expect(files[0].modified).toBeLessThanOrEqual(Date.now() / 1000);
		expect((await get('c.txt', 'Reports/2026 ü')).sha256).toBe(sha256('ccc'));
		expect(sandbox.state().desktopRequests[1].query).toEqual({ path: 'Reports' });
	});

	test('hold files of the same name apart', async () => {
		await put('a', 'root');
		await put('a', 'inside', 'b');
		expect([(await get('a')).sha256, (await get('a', 'b')).sha256]).toEqual(
			['root', 'inside'].map(sha256),
		);
	});

	test.each(['none', 'a.txt'])('%s is not one: 404', async (path) => {
		await put('a.txt', 'a');
		for (const { status } of [await list(path), await get('a.txt', path), await get('none')])
			expect(status).toBe(404);
	});

	test.each(['..', 'a/../b', 'a\\b'])('%s is none that could be: 400', async (path) => {
		for (const { status } of [await list(path), await get('a', path), await put('a', 'a', path)])
			expect(status).toBe(400);
	});
});

describe('a file that nobody uploaded', () => {
	test('has the bytes that follow from its description', async () => {
		sandbox.desktops.addFile(id, { name: 'a.bin', path: 'x', size: 300_000, seed: 's' });
		sandbox.desktops.addFile(id, {
			name: 'b.txt',
			text: 'Grüße',
			contentType: 'text/plain',
			chunked: true,
		});
		expect(await get('a.bin', 'x')).toMatchObject({
			bytes: 300_000,
			sha256: contentSha256({ size: 300_000, seed: 's' }),
			headers: { 'content-type': 'application/octet-stream', 'content-length': '300000' },
		});
		const text = await get('b.txt');
		expect(text).toMatchObject({
			sha256: sha256('Grüße'),
			headers: { 'content-type': 'text/plain' },
		});
		expect(text.headers).not.toHaveProperty('content-length');
		expect((await list()).body).toMatchObject({
			files: [
				{ name: 'x', is_dir: true },
				{ name: 'b.txt', size: 7 },
			],
		});
	});

	test('may have no type, and be of any size', async () => {
		sandbox.desktops.addFile(id, { name: 'a', contentType: null, size: 2 ** 43 });
		sandbox.desktopFaults.next({ cutAfterBytes: 10_000_000 });
		const { headers, bytes } = await get('a');
		expect([headers['content-type'], headers['content-length']]).toEqual([
			undefined,
			String(2 ** 43),
		]);
		expect(bytes).toBe(10_000_000);
	});

	test('needs a desktop and a name that can be', () => {
		expect(() => sandbox.desktops.addFile('dsk_nobody', { name: 'a' })).toThrow(/dsk_nobody/);
		expect(() => sandbox.desktops.addFile(id, { name: 'a/b' })).toThrow(/file name/);
		const misspelt = { name: 'a', sise: 5 };
		expect(() => sandbox.desktops.addFile(id, misspelt)).toThrow(/sise/);
	});
});

describe('what was uploaded is gone', () => {
	const stored = (folder: string): number => readdirSync(`${tmpdir()}/${folder}`).length;

	test('with its desktop, a reset, or the sandbox', async () => {
		const own = await startFastSandbox();
		const before = folders();
		const keep = async (): Promise<string> => {
			const desktop = own.desktops.add();
			await upload(own, fileUrl(own, desktop, 'a'), 'a');
			return desktop;
		};
		const first = await keep();
		const [folder] = folders().filter((name) => !before.includes(name));
		expect(stored(folder)).toBe(1);
		await ask(own, 'DELETE', `/desktops/${first}`);
		expect(stored(folder)).toBe(0);
		await keep();
		own.reset();
		expect(existsSync(`${tmpdir()}/${folder}`)).toBe(false);
		await keep();
		expect(folders().length).toBe(before.length + 1);
		await own.close();
		expect(folders()).toEqual(before);
	});
});

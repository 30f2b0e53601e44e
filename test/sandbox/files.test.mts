import { createHash } from 'node:crypto';
import { request } from 'undici';
import { withSandbox } from './cases.mts';
import { contentSha256, sampleRecord, type FileSpec, type Sandbox } from './index.mts';
import { postRun, startFastSandbox, startReceiver } from './support.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), startFastSandbox);

const get = (url: string, headers: Record<string, string> = {}): ReturnType<typeof request> =>
	request(url, { headers, reset: true, signal: AbortSignal.timeout(5000) });
const urlOf = (spec: Partial<FileSpec>): string =>
	sandbox.files.url(sandbox.files.add({ name: 'a.bin', ...spec }));

/** Status, and how many bytes came before the end or the error. */
async function read(
	url: string,
): Promise<{ status: number; bytes: number; sha256: string; error?: string }> {
	const { statusCode: status, body } = await get(url);
	const hash = createHash('sha256');
	let bytes = 0;
	const result = (error?: string) => ({ status, bytes, sha256: hash.copy().digest('hex'), error });
	try {
		for await (const part of body) {
			hash.update(part);
			bytes += part.length;
		}
		return result();
	} catch (error) {
		return result(String(error));
	}
}

test('the usual file of a run is a PNG, the same each time', async () => {
	const [first, second] = await Promise.all([1, 2].map(() => get(sandbox.files.assetsUrl())));
	expect(first.headers['content-type']).toBe('image/png');
	const picture = Buffer.from(await first.body.arrayBuffer());
	expect(first.headers['content-length']).toBe(String(picture.length));
	expect(picture.subarray(1, 4).toString()).toBe('PNG');
	expect(picture.equals(sampleRecord)).toBe(true);
	expect(Buffer.from(await second.body.arrayBuffer()).equals(picture)).toBe(true);
});

describe('content', () => {
	test('is as long as told, and the same for the same seed', async () => {
		const size = 300_000;
		const first = await read(urlOf({ size, seed: 's' }));
		const second = await read(urlOf({ size, seed: 's' }));
		const other = await read(urlOf({ size, seed: 't' }));
		expect(first).toEqual({
			status: 200,
			bytes: size,
			sha256: contentSha256({ size, seed: 's' }),
			error: undefined,
		});
		expect(second.sha256).toBe(first.sha256);
		expect(other.sha256).not.toBe(first.sha256);
	});

	test('is never held in memory: more than any machine has can be begun', async () => {
		const size = 2 ** 43;
		const { headers, body } = await get(urlOf({ size }));
		expect(headers['content-length']).toBe(String(size));
		let bytes = 0;
		for await (const part of body) {
			bytes += part.length;
			if (bytes > 10_000_000) break;
		}
		expect(bytes).toBeGreaterThan(10_000_000);
	});

	test('may be a text, or nothing', async () => {
		expect(await (await get(urlOf({ text: 'Grüße' }))).body.text()).toBe('Grüße');
		expect(await read(urlOf({ size: 0 }))).toMatchObject({
			status: 200,
			bytes: 0,
			error: undefined,
		});
	});
});

describe('headers', () => {
	test('are the usual ones', async () => {
		const { headers, body } = await get(urlOf({ size: 5 }));
		await body.dump();
		expect(headers).toMatchObject({
			'content-type': 'application/octet-stream',
			'content-length': '5',
		});
		expect(headers).not.toHaveProperty('content-disposition');
	});

	test('are as told', async () => {
		const contentDisposition = `attachment; filename="r.pdf"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf`;
		const { headers, body } = await get(
			urlOf({ size: 5, contentType: 'application/pdf', contentDisposition, chunked: true }),
		);
		expect((await body.bytes()).length).toBe(5);
		expect(headers).toMatchObject({
			'content-type': 'application/pdf',
			'content-disposition': contentDisposition,
		});
		expect(headers).toMatchObject({ 'transfer-encoding': 'chunked' });
		expect(headers).not.toHaveProperty('content-length');
	});

	test('may lack a type', async () => {
		const { headers, body } = await get(urlOf({ size: 5, contentType: null }));
		await body.dump();
		expect(headers).not.toHaveProperty('content-type');
	});
});

describe('presigned URLs', () => {
	const file = (): string => sandbox.files.add({ name: 'ö b.txt', text: 'x' });
	const refusal = async (url: string): Promise<[number, string]> => {
		const { statusCode, headers, body } = await get(url);
		expect(headers['content-type']).toBe('application/xml');
		return [statusCode, /<Code>(.*)<\/Code>/.exec(await body.text())?.[1] ?? ''];
	};

	test('work for a name of any letters', async () =>
		expect((await read(sandbox.files.url(file()))).status).toBe(200));

	test.each<[string, (url: string) => string]>([
		['another expiry', (url) => url.replace(/expires=\d/, 'expires=9')],
		['another name', (url) => url.replace('.txt', '.exe')],
		['another signature', (url) => url.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
		['no signature', (url) => url.replace(/&signature.*/, '')],
		['nothing', (url) => url.replace(/\?.*/, '')],
	])('with %s: 403', async (_case, alter) => {
		const url = sandbox.files.url(file());
		expect(alter(url)).not.toBe(url);
		expect(await refusal(alter(url))).toEqual([403, 'SignatureDoesNotMatch']);
	});

	test('expired: 403', async () => {
		expect(await refusal(sandbox.files.url(file(), Math.floor(Date.now() / 1000)))).toEqual([
			403,
			'AccessDenied',
		]);
		sandbox.setDefaults({ urlLifetimeSeconds: -1 });
		expect(await refusal(sandbox.files.url(file()))).toEqual([403, 'AccessDenied']);
	});

	test('of a file that is gone: 404', async () => {
		const url = sandbox.files.url(file());
		sandbox.files.clear();
		expect(await refusal(url)).toEqual([404, 'NoSuchKey']);
	});

	test('do not go with another authentication', async () => {
		const { statusCode, body } = await get(sandbox.files.url(file()), {
			authorization: 'Bearer x',
		});
		await body.dump();
		expect(statusCode).toBe(400);
	});

	test('begin with the public address', () => {
		sandbox.setDefaults({ publicUrl: 'http://files.example' });
		expect(urlOf({})).toMatch(/^http:\/\/files\.example\/files\//);
	});

	test('of a callback can be fetched', async () => {
		const receiver = await startReceiver();
		await postRun(sandbox, { workflow_id: 'w', webhook_callback: receiver.url });
		await sandbox.until(({ counts }) => counts.deliveries === 2);
		const { body } = await get(JSON.parse(receiver.callbacks[1].body).assets);
		expect(Buffer.from(await body.bytes()).equals(sampleRecord)).toBe(true);
		await receiver.close();
	});
});

describe('faults', () => {
	test.each([403, 404, 500])('%i, once', async (status) => {
		const url = urlOf({ size: 5, fault: { status, times: 1 } });
		expect((await read(url)).status).toBe(status);
		expect(await read(url)).toMatchObject({ status: 200, bytes: 5 });
	});

	test.each([
		[true, /Invalid EOF/],
		[false, /does not match content-length/],
	])('cut short, chunked: %s', async (chunked, error) => {
		expect(
			await read(urlOf({ size: 500_000, chunked, fault: { cutAfterBytes: 100_000 } })),
		).toMatchObject({
			status: 200,
			bytes: 100_000,
			error: expect.stringMatching(error),
		});
	});

	test('stalled', async () => {
		const { body, headers } = await get(urlOf({ size: 500_000, fault: { stallAfterBytes: 1000 } }));
		expect(headers['content-length']).toBe('500000');
		let bytes = 0;
		body.on('data', (part: Buffer) => (bytes += part.length)).on('error', () => undefined);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect([bytes, body.closed]).toEqual([1000, false]);
		body.destroy();
	});

	test('redirected', async () => {
		const { statusCode, headers, body } = await get(
			urlOf({ fault: { redirectTo: 'http://127.0.0.1:1/x' } }),
		);
		await body.dump();
		expect([statusCode, headers.location]).toEqual([302, 'http://127.0.0.1:1/x']);
	});

	test('late, so that requests meet', async () => {
		const url = urlOf({ size: 5, fault: { delayMs: 60 } });
		await Promise.all([read(url), read(url), read(url)]);
		const { counts, requests } = sandbox.state();
		expect(counts.maxConcurrentFileRequests).toBe(3);
		expect(requests).toHaveLength(3);
	});
});

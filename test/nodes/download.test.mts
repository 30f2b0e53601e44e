import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { startSandbox, type FileSpec, type Sandbox } from '../sandbox/index.mts';
import { Credentials, execute, type ExecuteOptions } from './engine.mts';

const IDS = { workflow_id: 'w', message_id: 'm' };
let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

type DownloadOptions = Partial<Omit<ExecuteOptions, 'parameters'>> & { parameters?: INodeParameters; options?: INodeParameters };

const download = ({ parameters, options = {}, ...rest }: DownloadOptions = {}) =>
	execute({
		credentials: new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url }),
		...rest,
		parameters: { resource: 'result', operation: 'download', payload: '={{ $json }}', options, ...parameters },
	});

const file = (spec: FileSpec) => sandbox.files.url(sandbox.files.add(spec));
const textFile = (text: string, more: Partial<FileSpec> = {}) => file({ name: 'a.txt', text, ...more });
const textOf = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString();
const host = () => new URL(sandbox.url).host;
const fileRequests = () => sandbox.state().requests.filter(({ path }) => path.startsWith('/files/'));
const CONTINUE = { onError: 'continueRegularOutput' } as const;

describe('what comes out', () => {
	test('an item for each file, wherever its link is, without the link itself', async () => {
		const payload = { ...IDS, status: 'success', assets: textFile('one', { contentType: 'text/csv; charset=utf-8' }), result: { files: [{ url: textFile('two') }] } };
		const { items, error } = await download({ items: [payload] });
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json)).toEqual([
			{ field: 'assets', url_host: host(), fileName: 'a.txt', mimeType: 'text/csv', fileSize: 3, ...IDS },
			{ field: 'result.files.0.url', url_host: host(), fileName: 'a.txt', mimeType: expect.any(String), fileSize: 3, ...IDS },
		]);
		expect(items.map(({ binary }) => textOf(binary?.data.data))).toEqual(['one', 'two']);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 0 }]);
		expect(JSON.stringify(items)).not.toMatch(/signature=|expires=/);
	});

	test('one item for all files', async () => {
		const payload = { ...IDS, a: textFile('one'), b: textFile('two') };
		const { items } = await download({ items: [payload], parameters: { output: 'singleItem', binaryPropertyName: 'pdf' } });
		expect(items).toHaveLength(1);
		expect(Object.entries(items[0].binary ?? {}).map(([name, { data }]) => [name, textOf(data)])).toEqual([['pdf_0', 'one'], ['pdf_1', 'two']]);
		expect(items[0].json).toMatchObject({ files: [{ field: 'a', fileName: 'a.txt', ...IDS }, { field: 'b' }] });
	});

	test('a link that is there twice is downloaded once; a payload without links gives nothing', async () => {
		const url = textFile('one');
		const { items } = await download({ items: [{ a: url, b: url }, { status: 'failed', error: 'see https://a.example for help' }] });
		expect(items).toHaveLength(1);
		expect(fileRequests()).toHaveLength(1);
	});

	test.each([
		[['a'], ['one']],
		[['deep.list'], ['two', 'three']],
		[['deep.list.1', 'a'], ['one', 'three']],
		[['dee'], []],
	])('only the fields %j', async (fields, expected) => {
		const payload = { a: textFile('one'), deep: { list: [textFile('two'), textFile('three')] } };
		const { items } = await download({ items: [payload], options: { fields } });
		expect(items.map(({ binary }) => textOf(binary?.data.data))).toEqual(expected);
	});

	test('the payload may be given as text', async () => {
		const { items } = await download({ items: [{ body: JSON.stringify({ a: textFile('one') }) }], parameters: { payload: '={{ $json.body }}' } });
		expect(items).toHaveLength(1);
	});

	test('no API key and no cookie goes to the links', async () => {
		await download({ items: [{ a: textFile('one') }] });
		const [{ headers }] = fileRequests();
		expect([headers['x-api-key'], headers.cookie, headers.authorization]).toEqual([undefined, undefined, undefined]);
	});

	test('at most maxConcurrency files at a time', async () => {
		const urls = Array.from({ length: 8 }, (_, i) => textFile(String(i), { fault: { delayMs: 60 } }));
		await download({ items: [{ urls }], options: { maxConcurrency: 2 } });
		expect(sandbox.state().counts).toMatchObject({ maxConcurrentFileRequests: 2 });
		expect(fileRequests()).toHaveLength(8);
	});
});

describe('errors', () => {
	const LABEL = /The file in a \(a\.txt at 127\.0\.0\.1:\d+\)/;
	const FAULTS: Array<[what: string, spec: Partial<FileSpec>, says: RegExp, requests: number]> = [
		['403', { fault: { status: 403 } }, /could not be downloaded: HTTP 403 \[item 0\]/, 1],
		['404', { fault: { status: 404 } }, /could not be downloaded: HTTP 404 \[item 0\]/, 1],
		['500 every time', { fault: { status: 500 } }, /could not be downloaded: HTTP 500 \[item 0\]/, 3],
		['cut short every time', { text: 'x'.repeat(1000), fault: { cutAfterBytes: 10 } }, /was cut short \(HTTP 200\): the connection broke before the end \[item 0\]/, 3],
		['a redirect to something else', { fault: { redirectTo: 'ftp://127.0.0.1/a' } }, /redirects to something that is no http\(s\) address/, 1],
	];

	test.each(FAULTS)('%s', async (_, spec, says, requests) => {
		const { error, items } = await download({ items: [{ a: textFile('one', spec) }] });
		expect(error?.message).toMatch(LABEL);
		expect(error?.message).toMatch(says);
		expect(error?.stored).not.toMatch(/signature=/);
		expect(items).toEqual([]);
		expect(fileRequests()).toHaveLength(requests);
	});

	test.each([{ status: 500 }, { status: 429 }, { cutAfterBytes: 1 }])('%j once is tried again', async (fault) => {
		const { items } = await download({ items: [{ a: textFile('one', { fault: { ...fault, times: 1 } }) }] });
		expect(items.map(({ binary, json }) => [textOf(binary?.data.data), json.fileSize])).toEqual([['one', 3]]);
		expect(fileRequests()).toHaveLength(2);
	});

	test('expired links: says when, with no request for any file', async () => {
		const expires_at = Math.floor(Date.now() / 1000) - 10;
		const { error } = await download({ items: [{ a: textFile('one') }, { expires_at, b: textFile('two') }] });
		expect(error?.message).toBe(`The link in b has expired at ${new Date(expires_at * 1000).toISOString()} [item 1]`);
		expect(fileRequests()).toHaveLength(0);
	});

	test.each([
		['with Content-Length', {}],
		['without', { chunked: true }],
	])('a file larger than allowed, %s', async (_, spec) => {
		const url = file({ name: 'big.bin', size: 3 * 1024 * 1024, ...spec });
		expect((await download({ items: [{ url }], options: { maxFileSize: 2 } })).error?.message).toMatch(/big\.bin.* is larger than allowed \(2 MB\)/);
		expect((await download({ items: [{ url }], options: { maxFileSize: 4 } })).items[0].json.fileSize).toBe(3 * 1024 * 1024);
	});

	test('with "Continue on fail" the others go on', async () => {
		const { items, error } = await download({
			items: [{ a: textFile('one', { fault: { status: 404 } }), b: textFile('two') }, { expires_at: 1, c: textFile('three') }],
			settings: CONTINUE,
			options: { maxConcurrency: 1 },
		});
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.error ?? json.field)).toEqual([
			'b',
			expect.stringMatching(/The file in a .*HTTP 404 \[item 0\]\. The file is not there/),
			expect.stringMatching(/The link in c has expired at 1970.*\[item 1\]/),
		]);
	});

	test('a payload that is no object', async () => {
		const { error } = await download({ parameters: { payload: '[]' } });
		expect(error?.message).toBe('Callback (payload) is not a JSON object: it is a list [item 0]');
	});
});

describe('allowed hosts', () => {
	test('others are not asked, and no file is downloaded', async () => {
		const { error } = await download({ items: [{ a: textFile('one'), b: 'https://elsewhere.example/x?token=1' }], options: { allowedHosts: ' 127.0.0.1 ,b.example' } });
		expect(error?.message).toBe('The link in b leads to elsewhere.example, which is not an allowed host [item 0]');
		expect(fileRequests()).toHaveLength(0);
	});

	test('hold for redirects', async () => {
		const target = textFile('one').replace('127.0.0.1', 'localhost');
		const a = textFile('', { fault: { redirectTo: target } });
		expect((await download({ items: [{ a }], options: { allowedHosts: '127.0.0.1' } })).error?.message).toMatch(/leads to localhost:\d+, which is not an allowed host/);
		expect((await download({ items: [{ a }], options: { allowedHosts: '127.0.0.1, localhost' } })).items[0].json.fileSize).toBe(3);
	});

	test('a redirect in a circle ends', async () => {
		const server = createServer((_, response) => response.writeHead(302, { location: '/again' }).end());
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		const { error } = await download({ items: [{ a: `http://127.0.0.1:${port}/` }] });
		expect(error?.message).toMatch(/redirects more than 5 times/);
		server.close();
	});
});

test.each<[string, string | undefined, string]>([
	['plain', 'attachment; filename="report 1.pdf"', 'report 1.pdf'],
	['UTF-8 form first', "attachment; filename=\"x.pdf\"; filename*=UTF-8''Bericht%20%E2%82%AC.pdf", 'Bericht €.pdf'],
	['a path', 'attachment; filename="../../etc/passwd"', 'passwd'],
	['none: the path of the URL', undefined, 'a.txt'],
])('file names in n8n: %s', async (_, contentDisposition, fileName) => {
	const { items } = await download({ items: [{ a: textFile('one', { contentDisposition }) } as IDataObject] });
	expect(items[0].json.fileName).toBe(fileName);
	expect(items[0].binary?.data.fileName).toBe(fileName);
});

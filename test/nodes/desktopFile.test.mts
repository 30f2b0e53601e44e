/** The operations of the resource Desktop File. */
import { createHash } from 'node:crypto';
import type { IBinaryData, IBinaryKeyData } from 'n8n-workflow';
import { contentSha256, errorAnswer, startSandbox, type Sandbox } from '../sandbox/index.mts';
import { executeInsideAgent } from './engine.mts';
import { CONTINUE, DesktopUser, RETRY, type UseOptions } from './onDesktops.mts';

let sandbox: Sandbox;
let id: string;

beforeAll(async () => {
	sandbox = await startSandbox();
});
beforeEach(() => {
	sandbox.reset();
	id = sandbox.desktops.add();
});
afterAll(() => sandbox.close());

const user = new DesktopUser(() => sandbox);
const use = (operation: string, { parameters, ...rest }: UseOptions = {}) => user.use('desktopFile', operation, { ...rest, parameters: { desktopId: id, ...parameters } });

const fileOf = (content: string | Buffer, more: Partial<IBinaryData> = {}): IBinaryKeyData => ({
	data: { data: Buffer.from(content).toString('base64'), mimeType: 'text/plain', fileName: 'claims.txt', ...more },
});
const upload = ({ binaries = [fileOf('Hello')], ...rest }: UseOptions = {}) => use('upload', { binaries, ...rest });
const download = (fileName: string, { parameters, ...rest }: UseOptions = {}) => use('download', { ...rest, parameters: { fileName, ...parameters } });
const files = () => sandbox.desktops.get(id)?.files ?? [];
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const textOf = (binary?: IBinaryKeyData, property = 'data') => Buffer.from(binary?.[property]?.data ?? '', 'base64').toString();

describe('upload', () => {
	test("the item's file, with its name and type", async () => {
		const { items, error } = await upload();
		expect(error).toBeUndefined();
		expect(items[0]).toEqual({ json: { success: true, size: 5, filename: 'claims.txt' }, pairedItem: { item: 0 } });
		expect(files()).toEqual([{ path: '', name: 'claims.txt', size: 5, contentType: 'text/plain', sha256: sha256('Hello') }]);
		expect(sandbox.state().desktopRequests[0].headers).toMatchObject({ 'content-length': '5', 'content-type': 'text/plain' });
	});

	test('under another name, from another field, into a folder', async () => {
		const { error } = await upload({ binaries: [{ sheet: fileOf('x').data }], parameters: { binaryPropertyName: 'sheet', fileName: 'b.csv', path: 'Reports/2026 März' } });
		expect(error).toBeUndefined();
		expect(files()).toMatchObject([{ path: 'Reports/2026 März', name: 'b.csv' }]);
	});

	test('an empty file, and one without a type', async () => {
		expect((await upload({ binaries: [fileOf('', { mimeType: '' })] })).error).toBeUndefined();
		expect(files()).toMatchObject([{ size: 0, sha256: sha256('') }]);
	});

	test('bytes of all values', async () => {
		const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256));
		await upload({ binaries: [fileOf(bytes)] });
		expect(files()).toMatchObject([{ size: 70_000, sha256: sha256(bytes) }]);
	});

	test('one after the other', async () => {
		const { items } = await upload({ items: [{ n: 'a' }, { n: 'b' }], binaries: [fileOf('1'), fileOf('2')], parameters: { fileName: '={{ $json.n }}' } });
		expect(items.map(({ json }) => json.filename)).toEqual(['a', 'b']);
		expect(files().map(({ name }) => name)).toEqual(['a', 'b']);
	});
});

describe('download', () => {
	const put = (name: string, more = {}) => sandbox.desktops.addFile(id, { name, text: 'Hello', ...more });

	test('a file, with its type by the header, and what it is in the JSON', async () => {
		put('a.pdf', { contentType: 'application/pdf' });
		const { items, error } = await download('a.pdf');
		expect(error).toBeUndefined();
		expect(items[0]).toMatchObject({ json: { fileName: 'a.pdf', path: '', mimeType: 'application/pdf', fileSize: 5 }, pairedItem: { item: 0 } });
		expect(items[0].binary?.data).toMatchObject({ fileName: 'a.pdf', mimeType: 'application/pdf' });
		expect(textOf(items[0].binary)).toBe('Hello');
	});

	test.each([
		['a.csv', 'application/octet-stream', 'text/csv'],
		['a.xlsx', null, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
		['a.weird', 'application/octet-stream', 'application/octet-stream'],
		['a', null, 'application/octet-stream'],
		['a.bin', 'text/html; charset=utf-8', 'text/html'],
	])('the type of %s with the header %s is %s', async (name, contentType, type) => {
		put(name, { contentType });
		const { items: [{ json, binary }] } = await download(name);
		expect([json.mimeType, binary?.data.mimeType]).toEqual([type, type]);
	});

	test('from a folder, into another field', async () => {
		put('a.txt', { path: 'x/y' });
		const { items } = await download('a.txt', { parameters: { path: 'x/y', binaryPropertyName: 'result' } });
		expect(items[0].json.path).toBe('x/y');
		expect(textOf(items[0].binary, 'result')).toBe('Hello');
	});

	test('what is large arrives whole, also without a length', async () => {
		const size = 5_000_000;
		for (const chunked of [false, true]) {
			put('big.bin', { text: undefined, size, seed: 's', chunked });
			const { items: [{ json, binary }] } = await download('big.bin');
			expect(json.fileSize).toBe(size);
			expect(sha256(Buffer.from(binary?.data.data ?? '', 'base64'))).toBe(contentSha256({ size, seed: 's' }));
		}
	});

	test.each([
		['is cut short', { cutAfterBytes: 2 }],
		['breaks off before it begins', { connection: 'drop-before-acting' as const }],
		['is refused for a moment', { refuse: errorAnswer(503, 'html') }],
		['fails for a moment', { refuse: errorAnswer(500, 'json') }],
	])('one that %s is fetched again', async (_, fault) => {
		put('a.txt');
		user.fail(fault, 1);
		const { items, error } = await download('a.txt');
		expect(error).toBeUndefined();
		expect(textOf(items[0].binary)).toBe('Hello');
		expect(user.requests()).toHaveLength(2);
	});

	test('one that is always cut short is an error, and no half file', async () => {
		put('a.txt');
		user.fail({ cutAfterBytes: 2 });
		const { items, error } = await download('a.txt');
		expect(items).toEqual([]);
		expect(error?.message).toBe(`The file "a.txt" of desktop ${id} was cut short (HTTP 200): the connection broke before the end [item 0]`);
		expect(user.requests()).toHaveLength(5);
	}, 30_000);

	test('one that is not there', async () => {
		const { error } = await download('none.txt');
		expect(error?.message).toBe(`NenAI was asked for the download of "none.txt" from desktop ${id} and refused (HTTP 404): File none.txt not found [item 0]`);
		expect(error?.description).toMatch(/Desktop File → Get Many lists what is there/);
	});

	test('a page where a file should be', async () => {
		put('a.txt');
		user.fail({ refuse: { status: 204 } });
		expect((await download('a.txt')).error?.message).toMatch(/has a form that this node does not know \(HTTP 204\)/);
	});

	test('both headers bring the key', async () => {
		sandbox.setDefaults({ desktopKeys: 'both' });
		put('a.txt');
		expect((await download('a.txt')).error).toBeUndefined();
		expect((await upload()).error).toBeUndefined();
	});
});

describe('get many', () => {
	test('an item for each entry, as NenAI has it', async () => {
		sandbox.desktops.addFile(id, { name: 'a.txt', text: 'Hello' });
		sandbox.desktops.addFile(id, { name: 'b.txt', text: 'x', path: 'Reports' });
		const { items } = await use('getMany');
		expect(items.map(({ json }) => json)).toEqual([
			{ name: 'a.txt', size: 5, modified: expect.any(Number) },
			{ name: 'Reports', size: 0, modified: expect.any(Number), is_dir: true },
		]);
		expect((await use('getMany', { parameters: { path: 'Reports' } })).items.map(({ json }) => json.name)).toEqual(['b.txt']);
	});

	test('without the link of a session', async () => {
		user.fail({ answer: [{ name: 'a', href: 'https://s.invalid/1', session: {} }] });
		expect((await use('getMany')).items[0].json).toEqual({ name: 'a' });
	});

	test('an empty drive gives no item', async () => {
		const { items, error } = await use('getMany');
		expect([items, error]).toEqual([[], undefined]);
	});

	test('a folder that is not there', async () => {
		const { error } = await use('getMany', { parameters: { path: 'x' } });
		expect(error?.message).toBe(`NenAI was asked for the list of files in "x" on desktop ${id} and refused (HTTP 404): Folder x not found [item 0]`);
	});
});

describe('names', () => {
	test.each([
		'a b.txt',
		' leading and trailing ',
		'100%.txt',
		'%2e%2e.txt',
		'%2Fetc.txt',
		'Grüße – Zoë 日本.pdf',
		'🙂.png',
		'a&b=c?d#e+f;g.txt',
		"it's \"quoted\".txt",
		'.hidden',
		'a.b.c',
		`${'x'.repeat(196)}.txt`,
		`${'ü'.repeat(100)}.txt`,
	])('%j survives the way there and back', async (fileName) => {
		for (const path of ['', fileName]) {
			const up = await upload({ parameters: { fileName, path } });
			expect(up.error).toBeUndefined();
			const down = await download(fileName, { parameters: { path } });
			expect(down.items[0].json.fileName).toBe(fileName);
			expect(down.items[0].binary?.data.fileName).toBe(fileName);
			expect(textOf(down.items[0].binary)).toBe('Hello');
		}
		expect(files().map(({ name }) => name)).toEqual([fileName, fileName]);
	});

	test.each(['a/b.txt', '/etc', 'a\\b.txt', '..', '../a', '..\\a', 'a..b', '.', 'x\ud800.txt'])('%j is an error before any request', async (fileName) => {
		for (const run of [upload({ parameters: { fileName } }), download(fileName), upload({ binaries: [fileOf('x', { fileName })] })]) {
			const { error } = await run;
			expect(error?.message).toMatch(/, which NenAI takes for no name of a file \[item 0\]$/);
			expect(error?.description).toMatch(/Nothing was sent\.$/);
		}
		expect(user.requests()).toEqual([]);
	});

	test.each(['..', '../x', 'a/../b', 'a\\..\\b'])('the folder %j is an error before any request', async (path) => {
		for (const { error } of [await upload({ parameters: { path } }), await download('a', { parameters: { path } }), await use('getMany', { parameters: { path } })]) {
			expect(error?.message).toBe(`Folder (path) is "${path}", which leads elsewhere [item 0]`);
		}
		expect(user.requests()).toEqual([]);
	});

	test('none at all', async () => {
		expect((await upload({ binaries: [fileOf('x', { fileName: undefined })] })).error?.message).toBe('The name that the file has in n8n (data.fileName) is empty [item 0]');
		expect((await download('={{ "" }}')).error?.message).toBe('File Name (fileName) is empty [item 0]');
		expect((await download('x', { parameters: { binaryPropertyName: '={{ "" }}' } })).error?.message).toBe('Put Output File in Field (binaryPropertyName) is empty [item 0]');
	});
});

describe('what is uploaded', () => {
	test('no file', async () => {
		const { error } = await use('upload', { items: [{}] });
		expect(error?.message).toBe('The item has no file in the binary field "data" [item 0]');
		expect(error?.description).toBe('It has no file at all: put a node before this one that gives one. Nothing was sent.');
	});

	test('a file in another field', async () => {
		const { error } = await upload({ parameters: { binaryPropertyName: 'sheet' } });
		expect(error?.description).toMatch(/^It has files in: data\. Enter one of these/);
	});

	test.each<[string, unknown, string]>([
		['nothing', null, 'The binary field "data" holds no file: it is null'],
		['a text', 'SGVsbG8=', 'The binary field "data" holds no file: it is the text "SGVsbG8="'],
		['no data', { mimeType: 'text/plain', fileName: 'a.txt' }, 'The binary field "data" holds no file: its data is missing'],
		['data that is no text', { data: 7, mimeType: 'text/plain', fileName: 'a.txt' }, 'The binary field "data" holds no file: its data is no text but the number 7'],
		['data that is a buffer', { data: Buffer.from('x'), mimeType: 'text/plain', fileName: 'a.txt' }, 'The binary field "data" holds no file: its data is no text but an object'],
		['a name that is a number', { data: '', mimeType: 'text/plain', fileName: 7 }, 'The name that the file has in n8n (data.fileName) is no text: it is the number 7'],
		['an ID that is a number', { data: '', mimeType: 'text/plain', fileName: 'a.txt', id: 7 }, 'The binary field "data" holds no file: its id is no text but the number 7'],
		['an ID that n8n does not know', { data: '', mimeType: 'text/plain', fileName: 'a.txt', id: 'nowhere:1' }, 'The binary field "data" holds no file: n8n does not '],
	])('%s, as a Code node may give it', async (_, data, message) => {
		const { error } = await upload({ binaries: [{ data } as IBinaryKeyData] });
		expect(error?.message.slice(0, message.length)).toBe(message);
		expect(error?.message).not.toMatch(/not a function|Cannot read|argument must be/);
		expect(error?.description).toMatch(/Nothing was sent\.$/);
		expect(user.requests()).toEqual([]);
	});

	test.each(['a/b.txt', ''])('a name from n8n that is no good (%j) can be replaced', async (fileName) => {
		const { error } = await upload({ binaries: [fileOf('x', { fileName })] });
		expect(error?.description).toMatch(/^Enter another name in File Name \(fileName\), such as claims\.xlsx\./);
	});

	test('a type that cannot be sent is none', async () => {
		expect((await upload({ binaries: [fileOf('x', { mimeType: 'text/plain\r\nx: y' })] })).error).toBeUndefined();
		expect(files()).toMatchObject([{ contentType: 'application/octet-stream' }]);
	});

	test('at most 100 MiB, which is checked before anything is sent, for any item', async () => {
		const limit = 100 * 1024 * 1024;
		const large = fileOf(Buffer.alloc(limit + 1), { fileName: 'large.bin' });
		const { error } = await upload({ items: [{}, {}], binaries: [fileOf('small'), large] });
		expect(error?.message).toBe('The file "large.bin" is larger than NenAI takes: 100.0 MiB, and at most 100 MiB are allowed [item 1]');
		expect(user.requests()).toEqual([]);
		const most = await upload({ binaries: [fileOf(Buffer.alloc(limit), { fileName: 'most.bin' })] });
		expect(most.error).toBeUndefined();
		expect(files()).toMatchObject([{ size: limit }]);
	}, 60_000);

	test('where NenAI takes less, its 413 says so', async () => {
		sandbox.setDefaults({ desktopMaxFileBytes: 3 });
		const { error } = await upload();
		expect(error?.message).toBe(`NenAI refused the upload of "claims.txt" to desktop ${id} (HTTP 413): A file may have at most 3 bytes [item 0]`);
		expect(error?.description).toBe('NenAI takes files of at most 100 MiB. Make the file smaller, or split it. Nothing was done.');
	});

	test.each([
		['the answer is lost', { connection: 'drop-after-acting' as const }],
		['it breaks off on its way', { cutAfterBytes: 2 }],
		['NenAI answers 500', { wholeAnswer: { status: 500 } }],
	])('is not sent again where %s, nor by Retry On Fail', async (_, fault) => {
		user.fail(fault, 1);
		const { error } = await upload({ settings: RETRY });
		expect(error?.message).toMatch(/^It is not known whether NenAI did the upload of "claims\.txt" to desktop dsk_/);
		expect(error?.description).toMatch(/^The file may be there, so it is not sent again\. Look with Desktop File → Get Many/);
		expect(user.requests()).toHaveLength(1);
	});

	test.each([429, 503])('is sent again, whole, after %i', async (status) => {
		user.fail({ refuse: { status } }, 2);
		expect((await upload()).error).toBeUndefined();
		expect(files()).toMatchObject([{ sha256: sha256('Hello') }]);
	});

	test('success: false is an error in the words of NenAI', async () => {
		user.fail({ answer: { success: false, error: 'The disk is full' } });
		expect((await upload()).error?.message).toBe(`NenAI says that the upload of "claims.txt" to desktop ${id} failed: The disk is full [item 0]`);
	});

	test('what was uploaded is not uploaded again', async () => {
		user.fail({}, 1);
		user.fail({ refuse: { status: 400 } }, 1);
		const { items, error } = await upload({ items: [{ n: 'a' }, { n: 'b' }], binaries: [fileOf('1'), fileOf('2')], parameters: { fileName: '={{ $json.n }}' }, settings: RETRY });
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.filename)).toEqual(['a', 'b']);
		expect(user.requests()).toHaveLength(3);
	});

	test('to a deleted desktop', async () => {
		const { error } = await upload({ parameters: { desktopId: sandbox.desktops.add({ status: 'deleted' }) } });
		expect(error?.message).toMatch(/\(HTTP 410\)/);
	});
});

describe('what a builder can switch on around it', () => {
	test('Continue: items carry their errors, the others go on', async () => {
		const { items } = await upload({ items: [{}, {}], binaries: [{}, fileOf('x')], settings: CONTINUE });
		expect(items.map(({ json }) => json.error ?? json.success)).toEqual([expect.stringMatching(/no file.*\[item 0\]/), true]);
	});

	test('the execution is stopped: a download ends, and nothing more is sent', async () => {
		for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) sandbox.desktops.addFile(id, { name, size: 1_000_000 });
		user.fail({ latencyMs: 300 });
		let stop = () => {};
		const running = download('={{ $json.n }}', { items: [...'abcdef'].map((n) => ({ n })), onStarted: (f) => (stop = f) });
		await sandbox.until(({ desktopRequests }) => desktopRequests.length === 4);
		stop();
		await running;
		await new Promise((resolve) => setTimeout(resolve, 400));
		expect(user.requests()).toHaveLength(4);
	});

	test('as a tool of an older agent, it says that there is no file', async () => {
		const items = (await executeInsideAgent({ resource: 'desktopFile', operation: 'upload', desktopId: id, binaryPropertyName: 'data' }, user.credentials()))?.[0];
		expect(items?.[0].json.error).toMatch(/^The item has no file in the binary field "data"/);
	});
});

/** File → Download. */
import { createHash } from 'node:crypto';
import { withSandbox } from '../../../sandbox/cases.mts';
import { contentSha256, errorAnswer, type Sandbox } from '../../../sandbox/index.mts';
import { filesOn, textOf } from '../../desktopFiles.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given));
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, upload, download } = filesOn(
	() => sandbox,
	() => id,
);
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

const put = (name: string, more = {}) =>
	sandbox.desktops.addFile(id, { name, text: 'Hello', ...more });

test('a file, with its type by the header, and what it is in the JSON', async () => {
	put('a.pdf', { contentType: 'application/pdf' });
	const { items, error } = await download('a.pdf');
	expect(error).toBeUndefined();
	expect(items[0]).toMatchObject({
		json: { fileName: 'a.pdf', path: '', mimeType: 'application/pdf', fileSize: 5 },
		pairedItem: { item: 0 },
	});
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
	const {
		items: [{ json, binary }],
	} = await download(name);
	expect([json.mimeType, binary?.data.mimeType]).toEqual([type, type]);
});

test('from a folder, into another field', async () => {
	put('a.txt', { path: 'x/y' });
	const { items } = await download('a.txt', {
		parameters: { path: 'x/y', binaryPropertyName: 'result' },
	});
	expect(items[0].json.path).toBe('x/y');
	expect(textOf(items[0].binary, 'result')).toBe('Hello');
});

test('what is large arrives whole, also without a length', async () => {
	const size = 5_000_000;
	for (const chunked of [false, true]) {
		put('big.bin', { text: undefined, size, seed: 's', chunked });
		const {
			items: [{ json, binary }],
		} = await download('big.bin');
		expect(json.fileSize).toBe(size);
		expect(sha256(Buffer.from(binary?.data.data ?? '', 'base64'))).toBe(
			contentSha256({ size, seed: 's' }),
		);
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
	expect(error?.message).toBe(
		`The file "a.txt" of desktop ${id} was cut short (HTTP 200): the connection broke before the end [item 0]`,
	);
	expect(user.requests()).toHaveLength(5);
}, 30_000);

test('one that is not there', async () => {
	const { error } = await download('none.txt');
	expect(error?.message).toBe(
		`NenAI rejected the request for the download of "none.txt" from desktop ${id} (HTTP 404): File none.txt not found [item 0]`,
	);
	expect(error?.description).toMatch(/File → Get Many lists the files and folders/);
});

test('a page where a file should be', async () => {
	put('a.txt');
	user.fail({ refuse: { status: 204 } });
	expect((await download('a.txt')).error?.message).toMatch(/has an unexpected form \(HTTP 204\)/);
});

test('both headers bring the key', async () => {
	sandbox.setDefaults({ desktopKeys: 'both' });
	put('a.txt');
	expect((await download('a.txt')).error).toBeUndefined();
	expect((await upload()).error).toBeUndefined();
});

test('the execution is stopped: a download ends, and nothing more is sent', async () => {
	for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
		sandbox.desktops.addFile(id, { name, size: 1_000_000 });
	user.fail({ latencyMs: 300 });
	let stop = () => {};
	const running = download('={{ $json.n }}', {
		items: [...'abcdef'].map((n) => ({ n })),
		onStarted: (f) => (stop = f),
	});
	await sandbox.until(({ desktopRequests }) => desktopRequests.length === 4);
	stop();
	await running;
	await new Promise((resolve) => setTimeout(resolve, 400));
	expect(user.requests()).toHaveLength(4);
});

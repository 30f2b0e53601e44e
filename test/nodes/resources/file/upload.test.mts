/** File → Upload. */
import { createHash } from 'node:crypto';
import type { IBinaryKeyData } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { fileOf, filesOn } from '../../desktopFiles.mts';
import { executeInsideAgent } from '../../engine.mts';
import { CONTINUE, RETRY } from '../../onDesktops.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given));
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, use, upload, files } = filesOn(
	() => sandbox,
	() => id,
);
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

test("the item's file, with its name and type", async () => {
	const { items, error } = await upload();
	expect(error).toBeUndefined();
	expect(items[0]).toEqual({
		json: { success: true, size: 5, filename: 'claims.txt' },
		pairedItem: { item: 0 },
	});
	expect(files()).toEqual([
		{ path: '', name: 'claims.txt', size: 5, contentType: 'text/plain', sha256: sha256('Hello') },
	]);
	expect(sandbox.state().desktopRequests[0].headers).toMatchObject({
		'content-length': '5',
		'content-type': 'text/plain',
	});
});

test('the file that an expression gives', async () => {
	const { error } = await upload({
		parameters: {
			binaryPropertyName: '={{ { data: "SGVsbG8=", mimeType: "text/plain", fileName: "b.txt" } }}',
		},
	});
	expect(error).toBeUndefined();
	expect(files()).toMatchObject([{ name: 'b.txt', sha256: sha256('Hello') }]);
});

test.each(['SGVsbG8=', 'SGVsbG8', 'SGVs\r\nbG8=\r\n'])('base64 in the form %j', async (data) => {
	expect(
		(await upload({ binaries: [{ data: { data, mimeType: 'text/plain', fileName: 'a.txt' } }] }))
			.error,
	).toBeUndefined();
	expect(files()).toMatchObject([{ sha256: sha256('Hello') }]);
});

test('under another name, from another field, into a folder', async () => {
	const { error } = await upload({
		binaries: [{ sheet: fileOf('x').data }],
		parameters: { binaryPropertyName: 'sheet', fileName: 'b.csv', path: 'Reports/2026 März' },
	});
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
	const { items } = await upload({
		items: [{ n: 'a' }, { n: 'b' }],
		binaries: [fileOf('1'), fileOf('2')],
		parameters: { fileName: '={{ $json.n }}' },
	});
	expect(items.map(({ json }) => json.filename)).toEqual(['a', 'b']);
	expect(files().map(({ name }) => name)).toEqual(['a', 'b']);
});

describe('what is uploaded', () => {
	test('no file', async () => {
		const { error } = await use('upload', { items: [{}] });
		expect(error?.message).toBe('The input item has no file in the field "data" [item 0]');
		expect(error?.description).toBe(
			'It has no files. Before this node, add a node that outputs a file. Nothing was sent.',
		);
	});

	test('a file in another field', async () => {
		const { error } = await upload({ parameters: { binaryPropertyName: 'sheet' } });
		expect(error?.description).toMatch(/^It has files in these fields: data\. Enter one of them/);
	});

	test.each<[string, unknown, string]>([
		['nothing', null, 'The field "data" does not contain a valid file: it is null'],
		[
			'a text',
			'SGVsbG8=',
			'The field "data" does not contain a valid file: it is the text "SGVsbG8="',
		],
		[
			'no data',
			{ mimeType: 'text/plain', fileName: 'a.txt' },
			'The field "data" does not contain a valid file: its data is missing',
		],
		[
			'data that is no text',
			{ data: 7, mimeType: 'text/plain', fileName: 'a.txt' },
			'The field "data" does not contain a valid file: its data must be text, but is the number 7',
		],
		[
			'data that is a buffer',
			{ data: Buffer.from('x'), mimeType: 'text/plain', fileName: 'a.txt' },
			'The field "data" does not contain a valid file: its data must be text, but is an object',
		],
		[
			'a name that is a number',
			{ data: '', mimeType: 'text/plain', fileName: 7 },
			'The name that the file has in n8n (data.fileName) must be text, but is the number 7',
		],
		[
			'an ID that is a number',
			{ data: '', mimeType: 'text/plain', fileName: 'a.txt', id: 7 },
			'The field "data" does not contain a valid file: its id must be text, but is the number 7',
		],
		[
			'data that is no base64',
			{ data: 'Hello, World!', mimeType: 'text/plain', fileName: 'a.txt' },
			'The field "data" does not contain a valid file: its data is not valid base64 (it contains ",")',
		],
		[
			'a data URL',
			{ data: 'data:text/plain;base64,SGVsbG8=', mimeType: 'text/plain', fileName: 'a.txt' },
			'The field "data" does not contain a valid file: its data is not valid base64 (it is a data URL',
		],
		[
			'an ID that n8n does not know',
			{ data: '', mimeType: 'text/plain', fileName: 'a.txt', id: 'nowhere:1' },
			'The field "data" does not contain a valid file: n8n cannot find it ',
		],
	])('%s, as a Code node may give it', async (_, data, message) => {
		const { error } = await upload({ binaries: [{ data } as IBinaryKeyData] });
		expect(error?.message.slice(0, message.length)).toBe(message);
		expect(error?.message).not.toMatch(/not a function|Cannot read|argument must be/);
		expect(error?.description).toMatch(/Nothing was sent\.$/);
		expect(user.requests()).toEqual([]);
	});

	test.each(['a/b.txt', ''])(
		'a name from n8n that is no good (%j) can be replaced',
		async (fileName) => {
			const { error } = await upload({ binaries: [fileOf('x', { fileName })] });
			expect(error?.description).toMatch(
				/^Enter another name in File Name \(fileName\), such as claims\.xlsx\./,
			);
		},
	);

	test('a type that cannot be sent is none', async () => {
		expect(
			(await upload({ binaries: [fileOf('x', { mimeType: 'text/plain\r\nx: y' })] })).error,
		).toBeUndefined();
		expect(files()).toMatchObject([{ contentType: 'application/octet-stream' }]);
	});

	test('at most 100 MiB, which is checked before anything is sent, for any item', async () => {
		const limit = 100 * 1024 * 1024;
		const large = fileOf(Buffer.alloc(limit + 1), { fileName: 'large.bin' });
		const { error } = await upload({ items: [{}, {}], binaries: [fileOf('small'), large] });
		expect(error?.message).toBe(
			'The file "large.bin" is too large for NenAI: it has 100.0 MiB, and at most 100 MiB are allowed [item 1]',
		);
		expect(user.requests()).toEqual([]);
		const most = await upload({
			binaries: [fileOf(Buffer.alloc(limit), { fileName: 'most.bin' })],
		});
		expect(most.error).toBeUndefined();
		expect(files()).toMatchObject([{ size: limit }]);
	}, 60_000);

	test('where NenAI takes less, its 413 says so', async () => {
		sandbox.setDefaults({ desktopMaxFileBytes: 3 });
		const { error } = await upload();
		expect(error?.message).toBe(
			`NenAI rejected the upload of "claims.txt" to desktop ${id} (HTTP 413): A file may have at most 3 bytes [item 0]`,
		);
		expect(error?.description).toBe(
			'NenAI takes files of at most 100 MiB. Make the file smaller, or split it. Nothing was done.',
		);
	});

	test.each([
		['the answer is lost', { connection: 'drop-after-acting' as const }],
		['it breaks off on its way', { cutAfterBytes: 2 }],
		['NenAI answers 500', { wholeAnswer: { status: 500 } }],
	])('is not sent again where %s, nor by Retry On Fail', async (_, fault) => {
		user.fail(fault, 1);
		const { error } = await upload({ settings: RETRY });
		expect(error?.message).toMatch(
			/^It is not known whether NenAI completed the upload of "claims\.txt" to desktop dsk_/,
		);
		expect(error?.description).toMatch(
			/^The file may have been uploaded, so it is not sent again\. Check with File → Get Many/,
		);
		expect(user.requests()).toHaveLength(1);
	});

	test.each([429, 503])('is sent again, whole, after %i', async (status) => {
		user.fail({ refuse: { status } }, 2);
		expect((await upload()).error).toBeUndefined();
		expect(files()).toMatchObject([{ sha256: sha256('Hello') }]);
	});

	test('success: false is an error in the words of NenAI', async () => {
		user.fail({ answer: { success: false, error: 'The disk is full' } });
		expect((await upload()).error?.message).toBe(
			`NenAI says that the upload of "claims.txt" to desktop ${id} failed: The disk is full [item 0]`,
		);
	});

	test('what was uploaded is not uploaded again', async () => {
		user.fail({}, 1);
		user.fail({ refuse: { status: 400 } }, 1);
		const { items, error } = await upload({
			items: [{ n: 'a' }, { n: 'b' }],
			binaries: [fileOf('1'), fileOf('2')],
			parameters: { fileName: '={{ $json.n }}' },
			settings: RETRY,
		});
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.filename)).toEqual(['a', 'b']);
		expect(user.requests()).toHaveLength(3);
	});

	test('to a deleted desktop', async () => {
		const { error } = await upload({
			parameters: { desktopId: sandbox.desktops.add({ status: 'deleted' }) },
		});
		expect(error?.message).toMatch(/\(HTTP 410\)/);
	});
});

test('Continue: items carry their errors, the others go on', async () => {
	const { items } = await upload({
		items: [{}, {}],
		binaries: [{}, fileOf('x')],
		settings: CONTINUE,
	});
	expect(items.map(({ json }) => json.error ?? json.success)).toEqual([
		expect.stringMatching(/no file.*\[item 0\]/),
		true,
	]);
});

test('as a tool of an older agent, it says that there is no file', async () => {
	const items = (
		await executeInsideAgent(
			{ resource: 'file', operation: 'upload', desktopId: id, binaryPropertyName: 'data' },
			user.credentials(),
		)
	)?.[0];
	expect(items?.[0].json.error).toMatch(/^The input item has no file in the field "data"/);
});

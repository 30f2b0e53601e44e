/** Files of a workflow whose setting for binary data is "combined": n8n 2 then keeps them in the JSON of items. */
import type { IBinaryData, IDataObject } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { fileOf, filesOn } from '../../desktopFiles.mts';
import { Credentials, execute } from '../../engine.mts';
import { bytesIn, keepFilesOnDisk, onDisk } from '../../filesOnDisk.mts';
import type { UseOptions } from '../../onDesktops.mts';

const COMBINED = { binaryMode: 'combined' } as const;

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given));
keepFilesOnDisk();
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, use, download, files } = filesOn(
	() => sandbox,
	() => id,
);
const upload = async (json: object, field: string, more: UseOptions = {}) =>
	await use('upload', {
		items: [json as IDataObject],
		workflowSettings: COMBINED,
		...more,
		parameters: { binaryPropertyName: field },
	});
const file = async (text: string, name = 'a.pdf') =>
	await onDisk(Buffer.from(text), { fileName: name });
const filesOf = (json?: IDataObject) => json?._files as Record<string, IBinaryData> | undefined;

describe('Upload', () => {
	test.each(['_files.data', '_files["data"]', 'data'])('finds the file in %s', async (field) => {
		const { error } = await upload({ _files: { data: await file('Hello') } }, field);
		expect(error).toBeUndefined();
		expect(files()).toMatchObject([{ name: 'a.pdf', size: 5, contentType: 'application/pdf' }]);
	});

	test.each([
		[
			'a path',
			'result.files[1].sheet',
			async () => ({ result: { files: [{}, { sheet: await file('Hello') }] } }),
		],
		['a field beside others', 'sheet', async () => ({ sheet: await file('Hello') })],
		['a name with a dot', 'a.pdf', async () => ({ _files: { 'a.pdf': await file('Hello') } })],
		['a name with quotes', 'a"]b', async () => ({ _files: { 'a"]b': await file('Hello') } })],
		['a file that is in the JSON itself', '_files.data', async () => ({ _files: fileOf('Hello') })],
	])('finds the file in %s: %s', async (_, field, toJson) => {
		expect((await upload(await toJson(), field)).error).toBeUndefined();
		expect(files()).toMatchObject([{ size: 5 }]);
	});

	test('finds a file that n8n has left beside the JSON', async () => {
		expect((await upload({}, 'data', { binaries: [fileOf('Hello')] })).error).toBeUndefined();
		expect(files()).toMatchObject([{ name: 'claims.txt', size: 5 }]);
	});

	test.each(['none', '_files', '_files.data.id', 'text', '__proto__', 'constructor', ''])(
		'says which files there are where there is none: %j',
		async (field) => {
			const { error } = await upload(
				{ text: 'x', _files: { data: await file('Hello'), 'b.pdf': await file('x'), note: 'x' } },
				`={{ ${JSON.stringify(field)} }}`,
			);
			expect(error?.message).toBe(`The input item has no file in the field "${field}" [item 0]`);
			expect(error?.description).toBe(
				'It has files in these fields: data, b.pdf. Enter one of them in Input Binary Field (binaryPropertyName). Nothing was sent.',
			);
			expect(user.requests()).toEqual([]);
		},
	);

	test('takes nothing from the JSON of a workflow with the other setting', async () => {
		for (const field of ['_files.data', 'data']) {
			const { error } = await upload({ _files: { data: await file('Hello') } }, field, {
				workflowSettings: {},
			});
			expect(error?.message).toMatch(/^The input item has no file in the field/);
			expect(error?.description).toMatch(/^It has no files/);
		}
		expect(user.requests()).toEqual([]);
	});
});

describe('what comes out is where n8n puts it', () => {
	test('File → Download, and Upload of that', async () => {
		sandbox.desktops.addFile(id, { name: 'a.csv', text: 'Hello' });
		const {
			items: [{ json, binary }],
		} = await download('a.csv', { workflowSettings: COMBINED });
		expect([binary, json.fileName]).toEqual([undefined, 'a.csv']);
		const stored = filesOf(json)?.data;
		expect(stored).toMatchObject({
			mimeType: 'text/csv',
			fileName: 'a.csv',
			id: expect.stringMatching(/^filesystem/),
		});
		expect((await bytesIn(stored as IBinaryData)).toString()).toBe('Hello');
		expect((await upload(json, 'data', { workflowSettings: COMBINED })).error).toBeUndefined();
		expect(files().at(-1)).toMatchObject({ name: 'a.csv', size: 5, contentType: 'text/csv' });
	});

	test.each([
		['itemPerFile', [['data'], ['data']]],
		['singleItem', [['data_0', 'data_1']]],
	])('Result → Download, %s', async (output, names) => {
		const link = (text: string) =>
			sandbox.files.url(sandbox.files.add({ name: `${text}.txt`, text }));
		const { items, error } = await execute({
			credentials: new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url }),
			items: [{ a: link('one'), b: link('two') }],
			parameters: { resource: 'result', operation: 'download', output },
			workflowSettings: COMBINED,
		});
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => Object.keys(filesOf(json) ?? {}))).toEqual(names);
		const texts = await Promise.all(
			items
				.flatMap(({ json }) => Object.values(filesOf(json) ?? {}))
				.map(async (stored) => (await bytesIn(stored)).toString()),
		);
		expect(texts).toEqual(['one', 'two']);
		expect(items.map(({ binary }) => binary)).toEqual(items.map(() => undefined));
	});
});

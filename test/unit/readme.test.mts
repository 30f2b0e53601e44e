/** What the README shows and points to is there. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PICTURES } from '../e2e/editor/pictures.mts';

const root = join(__dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Targets of links and pictures in this repository. */
const targets = [...readme.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target).filter((target) => !/^[a-z]+:/.test(target));

test.each([...new Set(targets)])('%s exists', (target) => {
	expect(existsSync(join(root, target))).toBe(true);
});

test('the pictures are those that the test of the editor takes, and each is shown', () => {
	const files = PICTURES.map((name) => `docs/images/${name}.png`);
	expect(readdirSync(join(root, 'docs/images')).map((file) => `docs/images/${file}`).sort()).toEqual([...files].sort());
	expect(files.filter((file) => !targets.includes(file))).toEqual([]);
});

test.each(PICTURES)('the picture "%s" is of a size for a web page', (name) => {
	expect(statSync(join(root, `docs/images/${name}.png`)).size).toBeLessThan(200_000);
});

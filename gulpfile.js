const { mkdir, rm, writeFile } = require('node:fs/promises');
const { basename, dirname, relative } = require('node:path');
const { build } = require('esbuild');
const { dest, parallel, src } = require('gulp');
const { n8n } = require('./package.json');

const PACKAGE = 'dist/package.js';
const ENTRIES = [...n8n.credentials, ...n8n.nodes];

/** Removes what was built before, so that no deleted file is published. */
exports.clean = () => rm('dist', { recursive: true, force: true });

/** n8n expects a class of the name that its file has up to the first dot. */
const classOf = (entry) => basename(entry).split('.')[0];

const sourceOf = (entry) => entry.replace(/^dist/, '.').replace(/\.js$/, '');

/** All code in one file, readable: n8n loads the package at each start, and half of that time is files being found. */
const bundle = () =>
	build({
		stdin: {
			contents: ENTRIES.map(
				(entry) => `export { ${classOf(entry)} } from '${sourceOf(entry)}';`,
			).join('\n'),
			resolveDir: __dirname,
		},
		bundle: true,
		external: ['n8n-workflow'],
		platform: 'node',
		target: 'node20',
		charset: 'utf8',
		outfile: PACKAGE,
	});

/** The files that n8n looks for, at the paths that package.json names. */
const entries = () =>
	Promise.all(
		ENTRIES.map(async (entry) => {
			await mkdir(dirname(entry), { recursive: true });
			const name = classOf(entry);
			await writeFile(
				entry,
				`exports.${name} = require('${relative(dirname(entry), PACKAGE)}').${name};\n`,
			);
		}),
	);

/** What the compiler leaves: icons, n8n's codex files, previews of outputs. */
const copies = () =>
	src(['nodes/**/*.svg', 'nodes/**/*.node.json', 'nodes/**/__schema__/**/*.json'], {
		encoding: false,
	}).pipe(dest('dist/nodes'));

exports.default = parallel(bundle, entries, copies);

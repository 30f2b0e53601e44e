/** What the README and the pages in `docs` show, name and point to is there. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { INodeProperties } from 'n8n-workflow';
import { NenAiApi } from '../../credentials/NenAiApi.credentials';
import { NenAiPollingTrigger } from '../../nodes/NenAiPollingTrigger/NenAiPollingTrigger.node';
import { NenAiTrigger } from '../../nodes/NenAiTrigger/NenAiTrigger.node';
import { ACTION_NODES } from '../operations.mts';
import { PICTURES } from '../e2e/editor/pictures.mts';

const root = join(__dirname, '../..');
const pagesIn = (folder: string) =>
	readdirSync(join(root, folder))
		.filter((file) => file.endsWith('.md'))
		.map((file) => `${folder}/${file}`);
/** Pages for users and for those who begin to contribute. */
const pages = ['README.md', 'CONTRIBUTING.md', ...pagesIn('docs')];
/** The pages for maintainers are not about forms, so only the rules for links hold for them. */
const allPages = [...pages, ...pagesIn('docs/internals')];
const read = (page: string) => readFileSync(join(root, page), 'utf8');

interface Link {
	page: string;
	/** From the root of the repository; empty for the page itself. */
	target: string;
	anchor?: string;
}

/** Links and pictures that stay in this repository. */
const links = allPages.flatMap((page): Link[] =>
	[...read(page).matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
		.map(([, target]) => target.split('#'))
		.filter(([target]) => !/^[a-z]+:/.test(target))
		.map(([target, anchor]) => ({
			page,
			target: target === '' ? page : normalize(join(dirname(page), target)),
			anchor,
		})),
);

/** As GitHub makes them of headings. */
const anchorsOf = (page: string) =>
	[...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
		title
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\- ]/gu, '')
			.replaceAll(' ', '-'),
	);

/** Whether a page, or a file, exists, and has this heading. */
const exists = ({ target, anchor }: Pick<Link, 'target' | 'anchor'>) =>
	existsSync(join(root, target)) && (anchor === undefined || anchorsOf(target).includes(anchor));

test.each(allPages)('the links of %s lead to something', (page) => {
	expect(links.filter((link) => link.page === page && !exists(link))).toEqual([]);
});

/** Pages that the code names, mostly in comments: `docs/internals/nenai-api.md#rate-limits`. */
const references = ['nodes', 'credentials', 'scripts', 'test'].flatMap((folder) =>
	readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
		.filter((file) => /\.m?[tj]s$/.test(file))
		.map((file) => `${folder}/${file}`)
		.flatMap((page): Link[] =>
			[...read(page).matchAll(/\b(docs\/[\w/-]+\.md)(?:#([\w-]+))?/g)].map(
				([, target, anchor]) => ({
					page,
					target,
					anchor,
				}),
			),
		),
);

test('the pages and headings that the code refers to exist', () => {
	expect(references.filter((reference) => !exists(reference))).toEqual([]);
});

test('such references are found', () => {
	const nodes = references.filter(({ page }) => page.startsWith('nodes/'));
	expect(nodes.map(({ target }) => target)).toEqual(
		expect.arrayContaining(['docs/internals/n8n-behaviour.md', 'docs/internals/nenai-api.md']),
	);
	expect(
		nodes.some(
			({ target, anchor }) => target.startsWith('docs/internals/') && anchor !== undefined,
		),
	).toBe(true);
});

test('every page can be reached from the README', () => {
	const reached = new Set(['README.md']);
	for (const page of reached)
		for (const link of links)
			if (link.page === page && link.target.endsWith('.md')) reached.add(link.target);
	expect(allPages.filter((page) => !reached.has(page))).toEqual([]);
});

test('the README is read in one sitting', () => {
	expect(read('README.md').length).toBeLessThan(12_000);
});

test('the pictures are those that the test of the editor takes, and each is shown', () => {
	const files = PICTURES.map((name) => `docs/images/${name}.png`);
	expect(
		readdirSync(join(root, 'docs/images'))
			.map((file) => `docs/images/${file}`)
			.sort(),
	).toEqual([...files].sort());
	expect(files.filter((file) => !links.some(({ target }) => target === file))).toEqual([]);
});

test.each(PICTURES)('the picture "%s" is of a size for a web page', (name) => {
	expect(statSync(join(root, `docs/images/${name}.png`)).size).toBeLessThan(200_000);
});

test('every example is in the README', () => {
	const files = readdirSync(join(root, 'examples')).map((file) => `examples/${file}`);
	expect(
		files.filter(
			(file) => !links.some(({ page, target }) => page === 'README.md' && target === file),
		),
	).toEqual([]);
});

/** What the forms call their fields; "Options → …" for what is in a collection. */
const labels = (properties: INodeProperties[]): string[] =>
	properties.flatMap(({ displayName, type, options = [] }) => [
		displayName,
		...(type === 'collection'
			? options.map(
					(option) =>
						`${displayName} → ${'displayName' in option ? option.displayName : option.name}`,
				)
			: []),
	]);
const known = [
	new NenAiApi(),
	...ACTION_NODES,
	new NenAiTrigger().description,
	new NenAiPollingTrigger().description,
].flatMap(({ properties }) => labels(properties));

/** The first cells of the tables whose first column is headed so. */
const firstCells = (page: string, heading: string) =>
	read(page)
		.split(/\n(?!\|)/)
		.map((block) =>
			block
				.split('\n')
				.filter((line) => line.startsWith('|'))
				.map((line) => line.split('|')[1].trim()),
		)
		.filter(([first]) => first === heading)
		.flatMap(([, , ...cells]) => cells);

test.each(pages)('the parameters that tables of %s name are those of the forms', (page) => {
	const named = ['Parameter', 'Field'].flatMap((heading) => firstCells(page, heading));
	expect(named.flatMap((cell) => cell.split(', ')).filter((name) => !known.includes(name))).toEqual(
		[],
	);
});

test('such tables are found', () => {
	expect(firstCells('docs/asking.md', 'Parameter')).toContain('Options → Max Tries');
	expect(firstCells('README.md', 'Field')).toContain(
		'MCP URL (Leave as Is), Desktop URL (Leave as Is)',
	);
});

/** Whatever says how NenAI is asked, or gives advice to n8n's AI builder. */
const spokenOf = [
	...pages,
	...readdirSync(join(root, 'examples')).map((file) => `examples/${file}`),
	'nodes/NenAi/NenAi.node.ts',
	'nodes/NenAi/__schema__/v1.0.0/run/get.json',
];

test.each(spokenOf)('%s does not promise values by asking: they come by callback only', (page) => {
	const promises =
		read(page).match(
			/values stand in `output`|run's `output`|`status` and `output`|"output": \{/g,
		) ?? [];
	expect(promises).toEqual([]);
});

test.each([
	'README.md',
	'docs/asking.md',
	'docs/agents.md',
	'docs/security.md',
	'nodes/NenAi/NenAi.node.ts',
	'nodes/NenAi/resources/run/getLogs.ts',
])('%s says that a log may contain passwords', (page) => {
	expect(read(page)).toMatch(/may contain passwords/);
});

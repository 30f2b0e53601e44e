/** What belongs to each operation is there: its line in the tables, its own tests and its documentation. So is what test/README.md names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { RECIPES } from '../nodes/recipes.mts';
import { OPERATION_PATHS, OPERATIONS, type OperationInMenu } from '../operations.mts';

const root = join(__dirname, '../..');

test('each operation has its line in RECIPES, with which it joins the tables in test/nodes', () => {
	const lines = Object.keys(RECIPES);
	expect({
		'add these to test/nodes/recipes.mts': OPERATION_PATHS.filter((path) => !lines.includes(path)),
		'remove these from it': lines.filter((path) => !OPERATION_PATHS.includes(path)),
	}).toEqual({ 'add these to test/nodes/recipes.mts': [], 'remove these from it': [] });
});

/** Functions with which tests run an operation by its name. */
const RUNNERS = ['use', 'ask', 'execute'];

const isText = (node: ts.Node | undefined, text: string) =>
	node !== undefined && ts.isStringLiteral(node) && node.text === text;

/** Whether the code of a test runs an operation: by its name in a call, or in the row of a table. */
function runs(node: ts.Node, operation: string): boolean {
	if (ts.isCallExpression(node)) {
		const { expression, arguments: given } = node;
		const called = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
		if (
			ts.isIdentifier(called) &&
			RUNNERS.includes(called.text) &&
			given.some((argument) => isText(argument, operation))
		)
			return true;
	}
	if (
		ts.isArrayLiteralExpression(node) &&
		ts.isArrayLiteralExpression(node.parent) &&
		isText(node.elements[0], operation)
	)
		return true;
	return ts.forEachChild(node, (child) => runs(child, operation)) ?? false;
}

/** The code of the tests of a resource, by the names of their files. */
function testsOf(resource: string): ts.SourceFile[] {
	const folder = join(root, 'test/nodes/resources', resource);
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((file) => file.endsWith('.test.mts'))
		.map((file) =>
			ts.createSourceFile(
				file,
				readFileSync(join(folder, file), 'utf8'),
				ts.ScriptTarget.Latest,
				true,
			),
		);
}

test.each(OPERATIONS)(
	'$resource/$operation has tests of its own: a file of its name, or a case in another of test/nodes/resources/$resource',
	({ resource, operation }) => {
		const found = testsOf(resource)
			.filter((file) => file.fileName === `${operation}.test.mts` || runs(file, operation))
			.map(({ fileName }) => fileName);
		expect(found).not.toEqual([]);
	},
);

test.each(['type', 'wait', 'none'])(
	'the word "%s" in a test is not taken for a case of an operation of that name',
	(operation) => {
		const code = `test('${operation}', () => expect(property('${operation}')).toEqual(['${operation}']))`;
		const file = ts.createSourceFile('a.test.mts', code, ts.ScriptTarget.Latest, true);
		expect(runs(file, operation)).toBe(false);
	},
);

/** The cells of each table of a page, without bold type; the first row is that of the headings. */
const tablesOf = (page: string): string[][][] =>
	readFileSync(join(root, page), 'utf8')
		.split(/\n(?!\|)/)
		.map((block) =>
			block
				.split('\n')
				.filter((line) => line.startsWith('|'))
				.map((line) =>
					line
						.split('|')
						.slice(1, -1)
						.map((cell) => cell.replaceAll('**', '').trim()),
				),
		)
		.filter((table) => table.length > 2);

/**
 * Operations that the tables of a page have rows for, as "Run → Get". Such a table has a column "Operation", whose cells
 * name the resource, too, where there is no column for it. An empty cell of a resource is the one above.
 */
function rowsOf(page: string): string[] {
	return tablesOf(page).flatMap(([headings, , ...rows]) => {
		const operations = headings.indexOf('Operation');
		const resources = headings.findIndex((heading) => /resource/i.test(heading));
		if (operations < 0) return [];
		let resource = '';
		return rows.flatMap((row) => {
			const [named = ''] = row[resources]?.split(', ').slice(-1) ?? [];
			resource = named || resource;
			return row[operations]
				.split(', ')
				.filter((name) => name !== '')
				.map((name) => (resources < 0 ? name : `${resource} → ${name}`));
		});
	});
}

const rowOf = ({ resourceName, name }: OperationInMenu) => `${resourceName} → ${name}`;
const pages = readdirSync(join(root, 'docs'))
	.filter((file) => file.endsWith('.md'))
	.map((file) => `docs/${file}`);

test.each(OPERATIONS)(
	'"$resourceName → $name" has a row in a table of a page in docs, and in that of the README',
	(operation) => {
		const row = rowOf(operation);
		expect({
			docs: pages.filter((page) => rowsOf(page).includes(row)).length > 0,
			README: rowsOf('README.md').includes(row),
		}).toEqual({ docs: true, README: true });
	},
);

test.each(['README.md', ...pages])(
	'the tables of %s name no operation that does not exist',
	(page) => {
		const known = OPERATIONS.map(rowOf);
		expect(rowsOf(page).filter((row) => !known.includes(row))).toEqual([]);
	},
);

test('test/README.md leads to the table tests in test/nodes, and to nothing that does not exist', () => {
	const links = [
		...readFileSync(join(root, 'test/README.md'), 'utf8').matchAll(/\]\(([^)]+)\)/g),
	].map(([, target]) => target);
	const tables = readdirSync(join(root, 'test/nodes'))
		.filter((file) => file.endsWith('.test.mts'))
		.map((file) => `nodes/${file}`);
	expect({
		missing: tables.filter((file) => !links.includes(file)),
		broken: links.filter((target) => !existsSync(join(root, 'test', target))),
	}).toEqual({ missing: [], broken: [] });
});

/** What n8n demands of the package, and what saved workflows depend on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties } from 'n8n-workflow';
import { NenAiApi } from '../../credentials/NenAiApi.credentials';
import { NenAiPollingTrigger } from '../../nodes/NenAiPollingTrigger/NenAiPollingTrigger.node';
import { NenAiTrigger } from '../../nodes/NenAiTrigger/NenAiTrigger.node';
import { ACTION_NODES, MENUS, OPERATIONS } from '../operations.mts';

const root = join(__dirname, '../..');
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('has no runtime dependency and one peer', () => {
	expect(packageJson.dependencies).toBeUndefined();
	expect(packageJson.peerDependencies).toEqual({ 'n8n-workflow': '*' });
});

test('each catch that ignores its error says why', () => {
	const sources = ['nodes', 'credentials'].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
			.filter((file) => file.endsWith('.ts'))
			.map((file) => join(folder, file)),
	);
	const blocks = sources.flatMap((file) =>
		[...readFileSync(join(root, file), 'utf8').matchAll(/catch \{\s*(.*)/g)].map(([, first]) => ({
			file,
			first,
		})),
	);
	expect(blocks.length).toBeGreaterThan(10);
	expect(blocks.filter(({ first }) => !first.startsWith('//'))).toEqual([]);
});

test('links to its documentation lead to the repository that package.json names', () => {
	const repository = packageJson.repository.url.replace(/^git\+|\.git$/g, '');
	const codexFiles = packageJson.n8n.nodes.map((file: string) =>
		readFileSync(join(root, file.replace(/^dist\//, '').replace(/js$/, 'json')), 'utf8'),
	);
	const texts = [
		JSON.stringify(new NenAiTrigger().description),
		new NenAiApi().documentationUrl,
		packageJson.homepage,
		...codexFiles,
	];
	const links = texts.flatMap((text) =>
		[...text.matchAll(/https:\/\/(?!docs\.n8n\.io)[^\\"<]+/g)].map(([link]) => link),
	);
	expect(links.length).toBeGreaterThan(2 + 2 * codexFiles.length);
	for (const link of links) {
		expect(link).toMatch(new RegExp(`^${repository}(/blob/main/|#)`));
		const [path, anchor] = link.replace(repository, '').split('#');
		const page = path === '' ? 'README.md' : path.replace('/blob/main/', '');
		const text = readFileSync(join(root, page), 'utf8').toLowerCase();
		if (anchor !== undefined && anchor !== 'readme')
			expect(text).toContain(`## ${anchor.replaceAll('-', ' ')}`);
	}
});

test.each([...packageJson.n8n.nodes, ...packageJson.n8n.credentials])(
	'%s has a source',
	(file: string) => {
		expect(existsSync(join(root, file.replace('dist/', '').replace(/js$/, 'ts')))).toBe(true);
	},
);

describe("what n8n's assistant reads", () => {
	const nodes = [
		...ACTION_NODES,
		new NenAiTrigger().description,
		new NenAiPollingTrigger().description,
	];
	const names = nodes.map(({ name }) => `n8n-nodes-nenai.${name}`);

	test.each(nodes.map((node) => [node.name, node] as const))(
		'%s says what it is for, and which nodes belong to it',
		(_, { builderHint }) => {
			expect(builderHint?.searchHint).toMatch(/\w+\.$/);
			const related = (builderHint?.relatedNodes ?? []).map((one) =>
				typeof one === 'string' ? one : one.nodeType,
			);
			const ours = related.filter((type) => type.startsWith('n8n-nodes-nenai.'));
			expect(ours.length).toBeGreaterThan(0);
			expect(names).toEqual(expect.arrayContaining(ours));
		},
	);
});

test.each(['NenAi', 'NenAiTrigger', 'NenAiPollingTrigger', 'NenAiDesktop'])(
	'in an n8n that is too old, %s says so',
	(node) => {
		const { NodeConnectionTypes, ...old } =
			jest.requireActual<typeof import('n8n-workflow')>('n8n-workflow');
		expect(NodeConnectionTypes).toBeDefined();
		jest.doMock('n8n-workflow', () => old);
		try {
			jest.isolateModules(() => {
				expect(() => require(`../../nodes/${node}/${node}.node`)).toThrow(
					'n8n-nodes-nenai needs n8n 1.90 or later: update n8n, then install this package again',
				);
			});
		} finally {
			jest.dontMock('n8n-workflow');
		}
	},
);

test('names and defaults of the credential', () => {
	const { name, properties } = new NenAiApi();
	expect(properties.filter(({ required }) => required).map((p) => p.name)).toEqual(['apiKey']);
	expect(name).toBe('nenAiApi');
	expect(properties.map((p) => [p.name, p.default, p.typeOptions?.password ?? false])).toEqual([
		['apiKey', '', true],
		['webhookSecret', '', true],
		['defaultCallbackUrl', '', false],
		['previousWebhookSecret', '', true],
		['baseUrl', 'https://api.getnen.ai', false],
		['mcpUrl', 'https://mcp.getnen.ai/v1', false],
		['desktopUrl', 'https://desktop.api.getnen.ai', false],
		['deploymentId', '', false],
	]);
});

const optionsOf = (properties: INodeProperties[]) =>
	properties
		.find(({ name }) => name === 'options')
		?.options?.map((option) => [option.name, 'default' in option && option.default]);

/** The parameters of one operation, as the editor shows them. */
const shownFor = (resource: string, operation: string) =>
	ACTION_NODES.flatMap(({ properties }) => properties).filter(
		({ displayOptions: { show } = {} }) =>
			show?.resource?.includes(resource) && show.operation?.includes(operation),
	);

test.each(OPERATIONS)(
	'names and defaults of $resource/$operation are those that saved workflows have',
	({ resource, operation }) => {
		const shown = shownFor(resource, operation);
		const parameters = Object.fromEntries(shown.map((p) => [p.name, p.default]));
		expect({ parameters, options: optionsOf(shown) ?? [] }).toMatchSnapshot();
	},
);

test('names of the nodes, their resources and their operations are those that saved workflows have', () => {
	expect(
		ACTION_NODES.map(({ name, version, usableAsTool }) => [name, version, usableAsTool]),
	).toEqual([
		['nenAi', 1, true],
		['nenAiDesktop', 1, true],
	]);
	const properties = ACTION_NODES.flatMap((node) => node.properties);
	const choices = (property: INodeProperties) =>
		property.options?.map((option) => 'value' in option && option.value);
	for (const name of ['resource', 'operation'])
		expect(
			properties.filter((p) => p.name === name).map((p) => [p.default, choices(p)]),
		).toMatchSnapshot(name);
});

test('every operation is called differently in the list of actions, and tells a model what it is for', () => {
	const operations = MENUS.flatMap(({ menu: { options = [] } }) =>
		options.filter((option) => 'action' in option),
	);
	const actions = operations.map((option) => String('action' in option && option.action));
	expect(new Set(actions).size).toBe(operations.length);
	expect(
		operations.filter(
			(option) => !('description' in option) || String(option.description).length < 30,
		),
	).toEqual([]);
});

test('names and defaults of the trigger', () => {
	const { name, version, properties, webhooks } = new NenAiTrigger().description;
	expect([name, version]).toEqual(['nenAiTrigger', 2]);
	expect(webhooks).toEqual([
		expect.objectContaining({ name: 'default', httpMethod: 'POST', path: 'webhook' }),
	]);
	expect(properties.find((p) => p.name === 'events')).toMatchObject({
		type: 'multiOptions',
		default: ['success', 'failed'],
	});
	expect(optionsOf(properties)).toEqual([
		['acceptUnsigned', false],
		['ignoreDuplicates', true],
		['workflowIds', []],
		['responseMode', 'onReceived'],
	]);
});

test('names and defaults of the polling trigger', () => {
	const { name, version, polling, usableAsTool, properties } = new NenAiPollingTrigger()
		.description;
	expect([name, version, polling]).toEqual(['nenAiPollingTrigger', 1, true]);
	expect(usableAsTool).toBeUndefined();
	const parameters = properties.filter(({ type }) => type !== 'notice');
	expect(parameters.map((p) => [p.name, p.type, p.default, p.required])).toEqual([
		['triggerOn', 'multiOptions', ['success', 'failed', 'other'], true],
		['workflowId', 'resourceLocator', { mode: 'list', value: '' }, true],
	]);
});

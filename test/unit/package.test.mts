/** What n8n demands of the package, and what saved workflows depend on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties } from 'n8n-workflow';
import { NenAiApi } from '../../credentials/NenAiApi.credentials';
import { NenAiTrigger } from '../../nodes/NenAiTrigger/NenAiTrigger.node';
import { ACTION_NODES, MENUS, OPERATION_PATHS, OPERATIONS } from '../operations.mts';

const root = join(__dirname, '../..');
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('has no runtime dependency and one peer', () => {
	expect(packageJson.dependencies).toBeUndefined();
	expect(packageJson.peerDependencies).toEqual({ 'n8n-workflow': '*' });
});

test('links to its documentation lead to the repository that package.json names', () => {
	const repository = packageJson.repository.url.replace(/^git\+|\.git$/g, '');
	const links = [
		...JSON.stringify(new NenAiTrigger().description).matchAll(/https:\/\/github\.com\/[^\\"]+/g),
	].map(([link]) => link);
	expect(links.length).toBeGreaterThan(0);
	for (const link of links) {
		const [page, anchor] = link.replace(`${repository}/blob/main/`, '').split('#');
		expect(readFileSync(join(root, page), 'utf8').toLowerCase()).toContain(
			`## ${anchor.replaceAll('-', ' ')}`,
		);
	}
});

test.each([...packageJson.n8n.nodes, ...packageJson.n8n.credentials])(
	'%s has a source',
	(file: string) => {
		expect(existsSync(join(root, file.replace('dist/', '').replace(/js$/, 'ts')))).toBe(true);
	},
);

test.each(['NenAi', 'NenAiTrigger', 'NenAiDesktop'])(
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

const LOCATOR = { mode: 'list', value: '' };
const RUN = {
	workflowId: LOCATOR,
	parametersMode: 'fields',
	parameters: {},
	parametersJson: '{}',
	options: {},
};
const MESSAGE = { messageId: '={{ $json.messageId ?? $json.message_id }}', options: {} };
const DESKTOP = { desktopId: LOCATOR };
const ACTION = { ...DESKTOP, options: {} };
const POINT = { x: '', y: '' };
const ACTION_OPTIONS = [
	['screenshotAfter', false],
	['timeout', 120],
];
const ASK = [
	['maxConcurrency', 10],
	['maxTries', 5],
	['timeout', 30],
];

/** Resource, operation, the parameters with their defaults, and the options with theirs. */
const PARAMETERS: Array<[string, string, object, unknown[]]> = [
	[
		'run',
		'start',
		{ ...RUN, callback: 'default', callbackUrl: '' },
		[
			['maxConcurrency', 10],
			['maxTries', 5],
			['timeout', 30],
		],
	],
	[
		'run',
		'startAndWait',
		{
			...RUN,
			limitWaitTime: true,
			resumeAmount: 1,
			resumeUnit: 'hours',
			acceptUnsignedWarning: '',
		},
		[
			['acceptUnsigned', false],
			['maxTries', 5],
			['timeout', 30],
		],
	],
	[
		'run',
		'get',
		MESSAGE,
		[
			['maxConcurrency', 10],
			['maxTries', 5],
			['skipFinished', false],
			['timeout', 30],
		],
	],
	['run', 'getMany', { workflowId: LOCATOR, limit: 50, options: {} }, ASK],
	['run', 'getLogs', { ...MESSAGE, output: 'text', binaryPropertyName: 'data' }, ASK],
	['workflow', 'getMany', { options: {} }, ASK],
	[
		'result',
		'download',
		{ payload: '={{ $json }}', output: 'itemPerFile', binaryPropertyName: 'data', options: {} },
		[
			['allowedHosts', ''],
			['fields', []],
			['maxConcurrency', 4],
			['maxFileSize', 0],
		],
	],
	['desktop', 'create', {}, []],
	['desktop', 'get', DESKTOP, []],
	['desktop', 'getMany', {}, []],
	['desktop', 'rename', { ...DESKTOP, name: '' }, []],
	['desktop', 'delete', DESKTOP, []],
	['desktop', 'openSession', DESKTOP, []],
	['desktop', 'getSession', DESKTOP, []],
	['desktop', 'closeSession', DESKTOP, []],
	['computer', 'screenshot', { ...DESKTOP, binaryPropertyName: 'data' }, []],
	['computer', 'click', { ...ACTION, ...POINT, button: 'left' }, ACTION_OPTIONS],
	['computer', 'mouseMove', { ...ACTION, ...POINT }, ACTION_OPTIONS],
	['computer', 'drag', { ...ACTION, ...POINT, toX: '', toY: '' }, ACTION_OPTIONS],
	['computer', 'type', { ...ACTION, text: '' }, ACTION_OPTIONS],
	['computer', 'key', { ...ACTION, key: '' }, ACTION_OPTIONS],
	['computer', 'holdKey', { ...ACTION, key: '', duration: 1 }, ACTION_OPTIONS],
	['computer', 'scroll', { ...ACTION, ...POINT, direction: 'down', amount: 3 }, ACTION_OPTIONS],
	['computer', 'wait', { ...ACTION, duration: 1 }, ACTION_OPTIONS],
	['computer', 'cursorPosition', ACTION, ACTION_OPTIONS],
	['computer', 'custom', { ...ACTION, tool: LOCATOR, action: '', params: '{}' }, ACTION_OPTIONS],
	['file', 'upload', { ...DESKTOP, binaryPropertyName: 'data', fileName: '', path: '' }, []],
	['file', 'download', { ...DESKTOP, fileName: '', path: '', binaryPropertyName: 'data' }, []],
	['file', 'getMany', { ...DESKTOP, path: '' }, []],
];

test.each(PARAMETERS)('names and defaults of %s/%s', (resource, operation, defaults, options) => {
	const shown = shownFor(resource, operation);
	expect(Object.fromEntries(shown.map((p) => [p.name, p.default]))).toEqual(defaults);
	expect(optionsOf(shown) ?? []).toEqual(options);
});

test('PARAMETERS, above, has a line for each operation', () => {
	expect(PARAMETERS.map(([resource, operation]) => `${resource}/${operation}`).sort()).toEqual(
		[...OPERATION_PATHS].sort(),
	);
});

/** The tests in a folder that mirrors a resource's. */
const testsOf = (resource: string) => {
	const folder = join(root, 'test/nodes/resources', resource);
	return readdirSync(folder).map((file) => ({
		file,
		text: readFileSync(join(folder, file), 'utf8'),
	}));
};

test.each(OPERATIONS)(
	'$resource/$operation has tests where its code lies: a file, or cases in that of several',
	({ resource, operation }) => {
		expect(
			testsOf(resource).filter(
				({ file, text }) => file === `${operation}.test.mts` || text.includes(`'${operation}'`),
			),
		).not.toEqual([]);
	},
);

test.each(OPERATIONS)('$resource/$operation is in the documentation as "$name"', ({ name }) => {
	const pages = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
	expect(
		pages.filter((page) => readFileSync(join(root, 'docs', page), 'utf8').includes(name)),
	).not.toEqual([]);
});

test('names of the node, its resources and its operations', () => {
	expect(
		ACTION_NODES.map(({ name, version, usableAsTool }) => [name, version, usableAsTool]),
	).toEqual([
		['nenAi', 1, true],
		['nenAiDesktop', 1, true],
	]);
	const properties = ACTION_NODES.flatMap((node) => node.properties);
	const choices = (property: INodeProperties) =>
		property.options?.map((option) => 'value' in option && option.value);
	expect(
		properties.filter((p) => p.name === 'resource').map((p) => [p.default, choices(p)]),
	).toEqual([
		['run', ['run', 'result', 'workflow']],
		['desktop', ['desktop', 'computer', 'file']],
	]);
	expect(
		properties.filter((p) => p.name === 'operation').map((p) => [p.default, choices(p)]),
	).toEqual([
		['start', ['startAndWait', 'start', 'get', 'getMany', 'getLogs']],
		['download', ['download']],
		['getMany', ['getMany']],
		[
			'create',
			['create', 'get', 'getMany', 'rename', 'delete', 'openSession', 'getSession', 'closeSession'],
		],
		[
			'screenshot',
			[
				'screenshot',
				'click',
				'mouseMove',
				'drag',
				'type',
				'key',
				'holdKey',
				'scroll',
				'wait',
				'cursorPosition',
				'custom',
			],
		],
		['upload', ['upload', 'download', 'getMany']],
	]);
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
	]);
});

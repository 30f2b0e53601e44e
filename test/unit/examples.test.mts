/** Holds the examples against the nodes' descriptions, so that neither changes without the other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	NodeHelpers,
	type INode,
	type INodeParameters,
	type INodeProperties,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { NenAiPollingTrigger } from '../../nodes/NenAiPollingTrigger/NenAiPollingTrigger.node';
import { NenAiTrigger } from '../../nodes/NenAiTrigger/NenAiTrigger.node';
import { node } from '../n8n/build-workflow.mts';
import type { WorkflowJson } from '../n8n/schemas.mts';
import { RECIPES } from '../nodes/recipes.mts';
import { ACTION_NODES } from '../operations.mts';
import { problemsOn, STICKY_NOTE } from './canvas.mts';

const folder = join(__dirname, '../../examples');
const files = readdirSync(folder);
const read = (file: string): WorkflowJson => JSON.parse(readFileSync(join(folder, file), 'utf8'));

const descriptions: Readonly<Record<string, INodeTypeDescription>> = {
	...Object.fromEntries(
		ACTION_NODES.flatMap((description) => [
			[`n8n-nodes-nenai.${description.name}`, description],
			// n8n derives it from the node that is usable as a tool.
			[`n8n-nodes-nenai.${description.name}Tool`, description],
		]),
	),
	'n8n-nodes-nenai.nenAiPollingTrigger': new NenAiPollingTrigger().description,
	'n8n-nodes-nenai.nenAiTrigger': new NenAiTrigger().description,
};

/** What n8n itself adds to a node that is used as a tool. */
const TOOL_PARAMETERS = ['descriptionType', 'toolDescription'];

/** What n8n itself adds to a trigger that polls. */
const POLLING_PARAMETER = 'pollTimes';

/** n8n's green. */
const YOUR_STEPS_COLOUR = 4;
/** What notes name beside nodes: fields and choices of the forms, other examples, tables, and an option of n8n's agent. */
const OTHER_NAMES = [
	...Object.values(descriptions).flatMap(({ properties }) =>
		properties.flatMap(({ displayName, options = [] }) => [
			displayName,
			...options.map((option) => ('displayName' in option ? option.displayName : option.name)),
		]),
	),
	'NenAI: handle callbacks',
	'NenAI: run many',
	'NenAI run many',
	'NenAI callbacks',
	'NenAI: delete forgotten desktops',
	'Not possible',
	'Is it done?',
	'Done',
	'Automatically Passthrough Binary Images',
];
/** The workflow ID that stands in NenAI's documentation; the user puts an own one in its place. */
const PLACEHOLDER = '12345678-1234-1234-1234-123456789abc';
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

const nodesOfOurs = files.flatMap((file) =>
	read(file)
		.nodes.filter(({ type }) => type.startsWith('n8n-nodes-nenai.'))
		.map((node) => ({ file, name: node.name, node, description: descriptions[node.type] })),
);

/** The node without what n8n adds to tools and to triggers that poll. */
function asPlainNode(node: INode): INode {
	const kept = Object.entries(node.parameters).filter(
		([name]) =>
			!(node.type.endsWith('Tool') && TOOL_PARAMETERS.includes(name)) &&
			!(descriptions[node.type]?.polling === true && name === POLLING_PARAMETER),
	);
	return { ...node, parameters: Object.fromEntries(kept) };
}

/** The parameters that the editor shows for the node as it is set. */
function shownParameters(node: INode, description: INodeTypeDescription): string[] {
	const { parameters } = asPlainNode(node);
	const shown = NodeHelpers.getNodeParameters(
		description.properties,
		parameters,
		true,
		false,
		node,
		description,
	);
	return Object.keys(shown ?? {});
}

/** Names inside of the collection "Options", for the operation that the node is set to. */
function knownOptions({ parameters }: INode, { properties }: INodeTypeDescription): string[] {
	const isShown = ({ displayOptions }: INodeProperties) =>
		['resource', 'operation'].every(
			(name) => displayOptions?.show?.[name]?.includes(String(parameters[name])) ?? true,
		);
	const collections = properties.filter(
		(property) => property.name === 'options' && isShown(property),
	);
	return collections.flatMap(({ options = [] }) => options.map(({ name }) => name));
}

test('there is an example for each node, and for the tool', () => {
	expect(
		Object.keys(descriptions).filter((type) => !nodesOfOurs.some(({ node }) => node.type === type)),
	).toEqual([]);
});

describe.each(nodesOfOurs)('$file, node "$name"', ({ node, description }) => {
	test('is of a type that exists, in the version that new nodes get', () => {
		expect(description).toBeDefined();
		expect(node.typeVersion).toBe(description.defaultVersion ?? description.version);
	});

	test('has only parameters that are shown for its resource and operation', () => {
		const shown = shownParameters(node, description);
		expect(
			Object.keys(asPlainNode(node).parameters).filter((name) => !shown.includes(name)),
		).toEqual([]);
		expect(
			Object.keys(node.parameters.options ?? {}).filter(
				(name) => !knownOptions(node, description).includes(name),
			),
		).toEqual([]);
	});

	test('has values that the editor would not mark as wrong', () => {
		const plain = asPlainNode(node);
		const defaults =
			NodeHelpers.getNodeParameters(
				description.properties,
				plain.parameters,
				true,
				false,
				plain,
				description,
			) ?? {};
		const complete = { ...plain, parameters: defaults };
		expect(
			NodeHelpers.getNodeParametersIssues(description.properties, complete, description),
		).toBeNull();
	});

	test('names the resource and the operation that it is for', () => {
		const named = ['resource', 'operation'].filter((name) =>
			description.properties.some((property) => property.name === name),
		);
		expect(Object.keys(node.parameters)).toEqual(expect.arrayContaining(named));
	});

	test('has the credential that it needs, and none chosen yet', () => {
		const needed = description.credentials?.map(({ name }) => name) ?? [];
		expect(Object.keys(node.credentials ?? {})).toEqual(needed);
		expect(Object.values(node.credentials ?? {}).map(({ id }) => id)).toEqual(needed.map(() => ''));
	});
});

/** Whether the operation of a node changes nothing: its tool need not say that it does real work. */
function isHarmless({ resource, operation }: INodeParameters): boolean {
	const { kind, harmless } = RECIPES[`${String(resource)}/${String(operation)}`];
	return kind === 'query' || harmless === true;
}

test('a tool that does real work says so to the model', () => {
	const tools = nodesOfOurs.filter(
		({ node }) => node.type.endsWith('Tool') && !isHarmless(node.parameters),
	);
	expect(tools.map(({ node }) => node.parameters)).toEqual(
		tools.map(() =>
			expect.objectContaining({
				descriptionType: 'manual',
				toolDescription: expect.stringContaining('real work'),
			}),
		),
	);
});

/** Texts in the parameters of a node, with the names on the way to each. */
function textsIn(value: unknown, path = ''): Array<{ path: string; text: string }> {
	if (typeof value === 'string') return [{ path, text: value }];
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, part]) => textsIn(part, `${path}.${name}`));
}

/** A row operation of n8n's data tables: what it writes, and which rows it is about. */
interface RowParameters {
	resource?: string;
	columns?: { value: INodeParameters };
	filters?: { conditions: Array<{ keyName: string; keyValue?: unknown }> };
}

const OWN = '={{ $workflow.id }}';

/**
 * Where the ID of an execution becomes a name that is kept, and that all nodes after it read from there. And where each
 * try must write its own address, since only the newest one waits.
 */
const EXECUTION_IN = [
	'One run per row',
	'Number the rows',
	'Save the resume URL',
	'Take the results',
];

describe.each(files)('%s, where something fails or is there twice', (file) => {
	const { nodes, connections } = read(file);

	/** Everything that can be reached from a node. */
	function reachedFrom(name: string): string[] {
		const reached = new Set<string>();
		const queue = [name];
		for (const one of queue) {
			const next = (connections[one]?.main ?? []).flatMap((output) =>
				(output ?? []).map(({ node }) => node),
			);
			for (const node of next) if (!reached.has(node)) reached.add(node) && queue.push(node);
		}
		return [...reached];
	}

	test('every row of a data table belongs to its own workflow', () => {
		const rows = nodes.filter(
			({ type, parameters }) =>
				type === 'n8n-nodes-base.dataTable' && parameters.resource === 'row',
		);
		const foreign = rows.filter(({ parameters }) => {
			const { columns, filters } = parameters as RowParameters;
			const isWritten = filters === undefined && columns?.value.workflow === OWN;
			const isLimited = filters?.conditions.some(
				({ keyName, keyValue }) => keyName === 'workflow' && keyValue === OWN,
			);
			return !isWritten && !isLimited;
		});
		expect(foreign.map(({ name }) => name)).toEqual([]);
	});

	test('what differs from try to try is made once, in a node whose output is kept', () => {
		const texts = nodes
			.filter(({ type }) => type !== STICKY_NOTE)
			.flatMap(({ name, parameters }) =>
				textsIn(parameters).map(({ path, text }) => ({ name, path, text })),
			);
		expect(
			texts.filter(({ name, text }) => /\$execution\b/.test(text) && !EXECUTION_IN.includes(name)),
		).toEqual([]);
		expect(
			texts.filter(({ text }) => /Math\.random|\$today|new Date|Date\.now|uuid/i.test(text)),
		).toEqual([]);
		// The time tells how old a row is or may become, and nothing else.
		expect(
			texts.filter(
				({ path, text }) =>
					/\$now/.test(text) && !/conditions|\.(report_at|keep_until)$/.test(path),
			),
		).toEqual([]);
	});

	test('an item that goes on with its error comes to a person, or ends the execution', () => {
		const going = nodes.filter(
			({ type, onError }) => /\.nenAi(Desktop)?$/.test(type) && onError?.startsWith('continue'),
		);
		const people = nodes
			.filter(
				({ name, type }) =>
					/^Needs a person/.test(name) ||
					type === 'n8n-nodes-base.stopAndError' ||
					name === 'Answer',
			)
			.map(({ name }) => name);
		const starts = going.filter(
			({ parameters }) =>
				parameters.operation === 'start' || parameters.operation === 'startAndWait',
		);
		if (going.length > 0) expect(people).not.toEqual([]);
		// What is told to a person may be in a table in between.
		const hasTable = nodes.some(({ type }) => type === 'n8n-nodes-base.dataTable');
		expect(
			going
				.filter(({ name }) => !hasTable && !reachedFrom(name).some((one) => people.includes(one)))
				.map(({ name }) => name),
		).toEqual([]);
		// "Not started" is said only where that is known.
		const texts = nodes
			.filter(({ type }) => type !== STICKY_NOTE)
			.flatMap(({ parameters }) => textsIn(parameters).map(({ text }) => text));
		if (starts.length > 0)
			expect(texts.some((text) => text.includes('$json.uncertain'))).toBe(true);
		expect(
			texts.filter((text) => text.includes('not started') && !text.includes('$json.uncertain')),
		).toEqual([]);
	});

	test('what Stop and Error says is not replaced by n8n: texts from elsewhere are in the description, where n8n looks for no codes', () => {
		const stops = nodes.filter(({ type }) => type === 'n8n-nodes-base.stopAndError');
		for (const { parameters } of stops) {
			expect(parameters.errorType).toBe('errorObject');
			const [, message] = /message: (.+), description: /.exec(String(parameters.errorObject)) ?? [];
			expect(message).toBeDefined();
			// IDs may be in the message, and whether there is an error; the text of an error may not.
			expect(message.replaceAll('$json.error ?', '')).not.toMatch(/error/);
		}
	});
});

/** The status of a run as it may be compared: in small letters, without spaces around it. */
const PLAIN_STATUS = /String\((?:[^()]|\([^()]*\))*\bstatus\)\.trim\(\)\.toLowerCase\(\)/g;

/** A status that is only shown or kept: alone, with a default, or as a part of a text. */
const SHOWN_STATUS = /^=\{\{ \$json\.status(?: \?\? '[^']*')? \}\}$|\+ \$json\.status \+/g;

/** What n8n compares by itself: conditions of Switch, IF and Filter, and filters of data tables. */
const isCondition = (path: string) => /\.conditions\.\d+\./.test(path);
const isCode = (path: string, text: string) => text.startsWith('=') || /Code$/.test(path);

/** Texts without the names of nodes. */
const literalsIn = (text: string) =>
	[...text.replace(/\$\('[^']*'\)/g, '').matchAll(/'([^']*)'|"([^"]*)"/g)].map(
		([, single, double]) => single ?? double,
	);

/** Where a node compares a status so that its capitals or spaces around it make a difference. */
function exactComparisons({ parameters }: Pick<INode, 'parameters'>): string[] {
	const texts = textsIn(parameters);
	return texts.flatMap(({ path, text }) => {
		// A data table finds a row only by exactly the same text.
		if (path.endsWith('.keyName')) return text === 'status' ? [path] : [];
		if (!isCode(path, text)) return [];
		const rest = text.replace(PLAIN_STATUS, '');
		const isExact = /\bstatus\b/.test(isCondition(path) ? rest : rest.replace(SHOWN_STATUS, ''));
		// A status in small letters never equals a text with capitals.
		const others =
			rest === text
				? []
				: [
						...literalsIn(rest),
						...texts
							.filter(
								(other) =>
									other.path === path.replace(/left(?=Value$)/, 'right') && other.path !== path,
							)
							.map((other) => other.text),
					];
		return isExact || others.some((other) => other !== other.trim().toLowerCase()) ? [path] : [];
	});
}

describe('the search for comparisons of a status', () => {
	const PLAIN = 'String($json.status).trim().toLowerCase()';
	const condition = (leftValue: string, rightValue: string): INodeParameters => ({
		conditions: { conditions: [{ leftValue, rightValue }] },
	});

	test.each<[string, INodeParameters]>([
		['a condition', condition('={{ $json.status }}', 'success')],
		['the right side of a condition', condition('success', '={{ $json.status }}')],
		['a condition that can never hold', condition(`={{ ${PLAIN} }}`, 'Success')],
		['a condition with a default', condition("={{ $json.status ?? '' }}", 'success')],
		['only small letters', condition('={{ $json.status.toLowerCase() }}', 'success')],
		['equals', { value: "={{ $json.status === 'completed' }}" }],
		[
			'equals, the other way round',
			{ value: "={{ 'completed' == $('Ask NenAI').item.json['status'] }}" },
		],
		['a list', { value: "={{ ['success', 'completed'].includes($json.status) }}" }],
		['a list that can never hold', { value: `={{ ['Success'].includes(${PLAIN}) }}` }],
		['one of two', { value: `={{ ${PLAIN} === 'success' || $json.status === 'completed' }}` }],
		[
			'every item',
			{ value: "={{ $input.all().every(({ json: { status } }) => status === 'failed') }}" },
		],
		['code', { jsCode: "return items.filter((item) => item.json.status === 'failed');" }],
		[
			'a data table',
			{ filters: { conditions: [{ keyName: 'status', condition: 'eq', keyValue: 'failed' }] } },
		],
	])('finds %s', (_, parameters) => {
		expect(exactComparisons({ parameters })).toHaveLength(1);
	});

	test.each<[string, INodeParameters]>([
		['a condition in small letters', condition(`={{ ${PLAIN} }}`, 'success')],
		[
			'a status of a node',
			{
				value:
					"={{ String($('Ask NenAI').item.json.status).trim().toLowerCase() === 'completed' }}",
			},
		],
		['a list in small letters', { value: `={{ !['queued', 'running'].includes(${PLAIN}) }}` }],
		['a status that is kept', { value: '={{ $json.status }}' }],
		['a default', { value: "={{ $json.status ?? 'unknown' }}" }],
		['a text', { value: "={{ 'NenAI says (' + $json.status + ').' }}" }],
	])('leaves %s', (_, parameters) => {
		expect(exactComparisons({ parameters })).toEqual([]);
	});
});

test.each(files)(
	'on the canvas of %s, nothing lies over anything else: no nodes, names, notes or lines',
	(file) => {
		expect(problemsOn(read(file))).toEqual([]);
	},
);

describe('the search for what lies over something else', () => {
	const named = (name: string, position: [number, number], more: Partial<INode> = {}): INode => ({
		...node(name, 'noOp', 1, {}),
		position,
		...more,
	});
	const note = (position: [number, number]) =>
		named('Note', position, { type: STICKY_NOTE, parameters: { width: 200, height: 100 } });
	const branch = (name: string, position: [number, number]) =>
		named(name, position, { type: 'n8n-nodes-base.if' });
	const to = (name: string) => [{ node: name, type: 'main' as const, index: 0 }];
	const canvas = (
		nodes: INode[],
		links: Record<string, string[]> = {},
	): Pick<WorkflowJson, 'name' | 'nodes' | 'connections' | 'settings'> => ({
		name: 'NenAI: a canvas',
		nodes,
		connections: Object.fromEntries(
			Object.entries(links).map(([from, targets]) => [from, { main: targets.map(to) }]),
		),
		settings: {},
	});

	test.each([
		[
			'two nodes',
			canvas([named('A', [0, 0]), named('B', [90, 0], { type: 'n8n-nodes-base.stopAndError' })], {
				A: ['B'],
			}),
			'A and B overlap',
		],
		['a node over a name', canvas([named('A', [0, 0]), named('B', [0, 120])]), 'A and B overlap'],
		[
			'a note over an open output',
			canvas([named('A', [0, 0]), note([180, 0])]),
			'A → + runs through Note',
		],
		['a node over a note', canvas([named('A', [0, 0]), note([-90, -90])]), 'A and Note overlap'],
		[
			'a line through a node',
			canvas(
				[
					named('A', [0, 0]),
					named('B', [200, 0], { type: 'n8n-nodes-base.stopAndError' }),
					named('C', [400, 0]),
				],
				{ A: ['C'] },
			),
			'A → C runs through B',
		],
		[
			'a line through a name',
			canvas([named('A', [0, 0]), named('B', [200, -80]), named('C', [400, 0])], { A: ['C'] }),
			'A → C runs through B',
		],
		[
			'a line through a note',
			canvas([named('A', [0, 0]), note([150, 0]), named('C', [400, 0])], { A: ['C'] }),
			'A → C runs through Note',
		],
		[
			'lines that cross',
			canvas(
				[named('A', [0, 0]), named('B', [0, 400]), named('C', [400, 0]), named('D', [400, 400])],
				{ A: ['D'], B: ['C'] },
			),
			'A → D crosses B → C',
		],
		[
			'branches that cross at their beginning',
			canvas([branch('A', [0, 0]), named('B', [300, 200]), named('C', [300, -200])], {
				A: ['B', 'C'],
			}),
			'A → B crosses A → C',
		],
		[
			'a loop through a node',
			canvas([named('A', [0, 0]), named('B', [200, 150]), named('C', [400, 0])], { C: ['A'] }),
			'C → A runs through B',
		],
	])('finds %s', (_, workflow, problem) => {
		expect(problemsOn(workflow)).toEqual([problem]);
	});

	test('leaves branches that come together, and a loop with room below', () => {
		const nodes = [
			branch('A', [0, 0]),
			named('B', [200, -200]),
			named('C', [200, 200]),
			named('D', [400, 0]),
			named('E', [600, 0]),
		];
		const links = { A: ['B', 'C'], B: ['D'], C: ['D'], D: ['E'], E: ['D'] };
		expect(problemsOn(canvas(nodes, links))).toEqual([]);
	});
});

describe.each(files)('%s', (file) => {
	const text = readFileSync(join(folder, file), 'utf8');
	const { name, nodes, connections, pinData, settings } = read(file);
	const names = nodes.map((node) => node.name);

	const notes = nodes.filter(({ type }) => type === STICKY_NOTE);
	const content = (note: INode) => String(note.parameters.content);

	test('has a name, and a note that says what it does, and what to do before you start, step by step', () => {
		expect(name).toMatch(/^NenAI: /);
		const [first, ...others] = notes;
		expect(first.parameters.color).toBeUndefined();
		expect(content(first)).toMatch(
			/^## .+\n.{40,}\n\n\*\*Before you start\*\*\n1\. .+\n2\. .+\n3\. /,
		);
		expect(others.filter(({ parameters }) => parameters.color === undefined)).toEqual([]);
	});

	test('names in its notes only nodes that it has', () => {
		const known = [...names, ...OTHER_NAMES];
		const quoted = notes.flatMap((note) =>
			[...content(note).matchAll(/"([^"]+)"/g)].map(([, quote]) => quote),
		);
		expect(
			quoted.filter((quote) => !known.some((one) => one === quote || one.startsWith(`${quote}: `))),
		).toEqual([]);
	});

	test('has a note in a colour of its own for the place of your steps', () => {
		const places = nodes.filter((node) => node.name === 'Your steps go here');
		expect(
			notes
				.filter((note) => content(note).startsWith('### Your steps go here\n'))
				.map(({ parameters }) => parameters.color),
		).toEqual(places.map(() => YOUR_STEPS_COLOUR));
	});

	test('connects nodes that exist, and leaves none alone', () => {
		const ends = Object.values(connections).flatMap((byType) =>
			Object.values(byType).flatMap((outputs) => outputs.flatMap((output) => output ?? [])),
		);
		const targets = ends.map(({ node }) => node);
		const connected = new Set([...Object.keys(connections), ...targets]);
		expect([...connected].filter((one) => !names.includes(one))).toEqual([]);
		expect(
			nodes
				.filter((node) => node.type !== STICKY_NOTE && !connected.has(node.name))
				.map((node) => node.name),
		).toEqual([]);
	});

	test('compares statuses without regard to capitals and spaces, as the nodes do', () => {
		const compared = nodes
			.filter(({ type }) => type !== STICKY_NOTE)
			.flatMap((node) => exactComparisons(node).map((path) => `${node.name}${path}`));
		expect(compared).toEqual([]);
	});

	test('has names and ids that are there once', () => {
		expect(new Set(names).size).toBe(names.length);
		expect(new Set(nodes.map(({ id }) => id)).size).toBe(names.length);
	});

	test('has sample data for a trigger of ours alone, so that nobody takes a sample for the result of a run, and says so', () => {
		const pinned = Object.entries(pinData ?? {});
		const triggers = nodes
			.filter(({ type }) => type === 'n8n-nodes-nenai.nenAiTrigger')
			.map((node) => node.name);
		expect(pinned.filter(([node]) => !triggers.includes(node))).toEqual([]);
		for (const [, items] of pinned)
			expect(items).toEqual([
				{
					json: expect.objectContaining({
						workflow_id: PLACEHOLDER,
						message_id: 'sample-1',
						status: 'success',
					}),
				},
			]);
		expect(text.includes('sample callback')).toBe(pinned.length > 0);
	});

	test('has nothing of a real account: no ids, addresses, keys or data of a run', () => {
		const withoutWebhooks = JSON.stringify([
			nodes.map(({ webhookId: _webhookId, ...node }) => node),
			pinData,
		]);
		expect(withoutWebhooks.replaceAll(PLACEHOLDER, '')).not.toMatch(UUID);
		expect(text).not.toMatch(/https?:\/\/|\bsk-|bearer |x-api-key|[0-9a-f]{32}(?![0-9a-f-])/i);
		expect(settings).toEqual({ executionOrder: 'v1' });
	});
});

/** Each output item is linked to the input item that it comes from, whichever request is answered first. A table over all operations. */
import type { INodeExecutionData } from 'n8n-workflow';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { PIXEL } from './computerTestKit.mts';
import { pathsOf, RECIPES } from './recipes.mts';
import { marksOf, RecipeRunner, type RecipeItem } from './recipeRunner.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [], fault: { callbacks: [] } });

/** Their outputs do not say which item they come from: they are the same for each item, or new. */
const SAY_NOTHING = [
	'workflow/getMany',
	'desktop/getMany',
	'desktop/create',
	'desktop/closeSession',
];

/** The request of the first item takes longest, and what an action gives names its desktop's item. */
function prepare(path: string, items: RecipeItem[]) {
	const { address, kind, method } = RECIPES[path];
	const [{ name, run, desktop }] = items;
	if (path.startsWith('computer/'))
		for (const item of items)
			sandbox.desktopFaults.add({
				match: { method: 'POST', desktopId: item.desktop },
				latencyMs: item.name === name ? 50 : 0,
				answer: {
					status: 'success',
					output: item.name,
					coordinate: [1, 2],
					base64_image: PIXEL.toString('base64'),
				},
			});
	else if (address === 'desktopUrl')
		sandbox.desktopFaults.add({
			match: { ...(method && { method }), path: desktop },
			latencyMs: 50,
		});
	else if (address === 'mcpUrl')
		sandbox.mcpFaults.add({ match: { method: 'tools/call', messageId: run }, latencyMs: 50 });
	else if (kind === 'mutation')
		sandbox.faults.add({ match: { param: 'NAME', equals: name }, answerLatencyMs: 50 });
	else
		items[0].link = sandbox.files.url(
			sandbox.files.add({ name: `${name}.txt`, text: name, fault: { delayMs: 50 } }),
		);
}

/** All that an output item says, with the text of its file, and with the name that a started run was given. */
function contentOf({ json, binary = {} }: INodeExecutionData): string {
	const files = Object.values(binary).map(({ data }) => Buffer.from(data, 'base64').toString());
	const started = sandbox.state().runs.filter(({ messageId }) => messageId === json.messageId);
	return JSON.stringify([json, files, started.map(({ params }) => params)]);
}

describe.each(pathsOf(({ single }) => single !== true))('%s', (path) => {
	test('each output item is linked to its input item', async () => {
		const runner = new RecipeRunner(path, () => sandbox);
		const items = runner.provision(3);
		prepare(path, items);
		const { items: outputs, error } = await runner.run(items);
		expect(error).toBeUndefined();
		const sources = outputs.map(({ pairedItem }) => pairedItem);
		expect(new Set(sources.map((source) => JSON.stringify(source)))).toEqual(
			new Set([0, 1, 2].map((item) => JSON.stringify({ item }))),
		);
		expect(sources).toEqual([...sources].sort((a, b) => indexOf(a) - indexOf(b)));
		if (SAY_NOTHING.includes(path)) return;
		const marked = outputs.flatMap((output) =>
			items.flatMap((item, index) =>
				marksOf(item).some((mark) => contentOf(output).includes(mark))
					? [`item ${indexOf(output.pairedItem)} has the content of item ${index}`]
					: [],
			),
		);
		expect(new Set(marked)).toEqual(
			new Set(items.map((_, index) => `item ${index} has the content of item ${index}`)),
		);
	});
});

const indexOf = (source: INodeExecutionData['pairedItem']) =>
	typeof source === 'object' && 'item' in source ? source.item : -1;

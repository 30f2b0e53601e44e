import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import '../shared/requireN8nVersion';
import { computer } from './resources/computer';
import { desktop } from './resources/desktop';
import { file } from './resources/file';
import { router, resourceProperty, subtitleOf } from '../shared/execution/router';
import { searchDesktops } from '../shared/listSearch/searchDesktops';
import { searchTools } from '../shared/listSearch/searchTools';
import { testCredential } from '../shared/transport/credentialTest';

/** In the order of the menu. The first is the default. */
const RESOURCES = [desktop, computer, file];

/** For n8n's AI builder: the purpose of each operation. */
const BUILDER_HINT =
	'Operates a Windows desktop step by step: Desktop → Create, then Computer and File with its desktop_id. A desktop runs until it is deleted: set options.deleteAtEnd of Create to true, or end with Desktop → Delete, also after errors. For an agent, one tool with Computer → Custom Action is enough. To run a NenAI workflow, use the NenAI node instead. If an item has "uncertain", its action may have been done: pass it to a person, and never repeat it.';

const RELATED_NODES = [
	{
		nodeType: 'n8n-nodes-nenai.nenAi',
		relationHint: 'Runs a NenAI workflow, instead of operating a desktop step by step',
	},
];

export class NenAiDesktop implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NenAI Desktop',
		name: 'nenAiDesktop',
		icon: { light: 'file:../NenAi/nenai.svg', dark: 'file:../NenAi/nenai.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleOf(RESOURCES),
		description:
			'Create a desktop in the cloud of NenAI, and use its screen, mouse, keyboard and files',
		defaults: { name: 'NenAI Desktop' },
		usableAsTool: true,
		builderHint: { searchHint: BUILDER_HINT, relatedNodes: RELATED_NODES },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nenAiApi', required: true, testedBy: 'testCredential' }],
		properties: [resourceProperty(RESOURCES), ...RESOURCES.flatMap(({ properties }) => properties)],
	};

	methods = {
		credentialTest: { testCredential },
		listSearch: { searchDesktops, searchTools },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await router.call(this, RESOURCES);
	}
}

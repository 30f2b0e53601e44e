/** Every operation of the action nodes, in the order of the menus. */
import type { INodeParameters } from 'n8n-workflow';
import { NenAi } from '../nodes/NenAi/NenAi.node';
import { NenAiDesktop } from '../nodes/NenAiDesktop/NenAiDesktop.node';

/** The descriptions of the action nodes. */
export const ACTION_NODES = [new NenAi().description, new NenAiDesktop().description];

/** Where the operation menus are: a property for each resource. */
export const MENUS = ACTION_NODES.flatMap((node) =>
	node.properties.filter(({ name }) => name === 'operation').map((menu) => ({ node, menu })),
);

/** The node type that has a resource, as saved workflows name it: that of `nenAi` where there is no such resource. */
export function nodeTypeOf({ resource }: INodeParameters): string {
	const of = MENUS.find(({ menu }) =>
		menu.displayOptions?.show?.resource?.includes(String(resource)),
	);
	return `n8n-nodes-nenai.${(of?.node ?? ACTION_NODES[0]).name}`;
}

export interface OperationInMenu {
	/** The name of the node. */
	node: string;
	/** As saved workflows name them. */
	resource: string;
	operation: string;
	/** What the menu of resources calls its resource. */
	resourceName: string;
	/** What the menu and the list of actions call it. */
	name: string;
	action: string;
}

/** What the menu of resources calls a resource. */
function resourceNameOf(node: (typeof ACTION_NODES)[number], resource: string): string {
	const { options = [] } = node.properties.find(({ name }) => name === 'resource') ?? {};
	const found = options.find((option) => 'value' in option && option.value === resource);
	if (found === undefined) throw new Error(`The menu of resources has no "${resource}"`);
	return found.name;
}

export const OPERATIONS = MENUS.flatMap(({ node, menu: { displayOptions, options = [] } }) =>
	options.flatMap((option): OperationInMenu[] =>
		'value' in option
			? [
					{
						node: node.name,
						resource: String(displayOptions?.show?.resource?.[0]),
						resourceName: resourceNameOf(node, String(displayOptions?.show?.resource?.[0])),
						operation: String(option.value),
						name: option.name,
						action: String(option.action),
					},
				]
			: [],
	),
);

/** Their paths below a folder that mirrors `resources`. */
export const OPERATION_PATHS = OPERATIONS.map(
	({ resource, operation }) => `${resource}/${operation}`,
);

/** Every operation of the node, in the order of the menus. */
import { NenAi } from '../nodes/NenAi/NenAi.node';

export interface OperationInMenu {
	/** As saved workflows name them. */
	resource: string;
	operation: string;
	/** What the menu and the list of actions call it. */
	name: string;
	action: string;
}

export const OPERATIONS = new NenAi().description.properties
	.filter(({ name }) => name === 'operation')
	.flatMap(({ displayOptions, options = [] }) =>
		options.flatMap((option): OperationInMenu[] =>
			'value' in option
				? [
						{
							resource: String(displayOptions?.show?.resource?.[0]),
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

import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { isPathPart } from '../transport/desktop/request';
import { say } from '../failures/text';
import { listError, loadFromDesktops, toResult } from './list';

const BY_NAME = say`Choose "By Name" instead, and enter the name of the tool, such as computer.`;

/** The list of tools of the desktop that is selected in the node. */
export async function searchTools(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const given = this.getCurrentNodeParameter('desktopId', { extractValue: true });
	const id = typeof given === 'string' || typeof given === 'number' ? String(given).trim() : '';
	if (id === '')
		throw listError(
			this,
			say`Choose a desktop first: each desktop has its own tools. Or: ${BY_NAME}`,
		);
	if (id.startsWith('='))
		throw listError(
			this,
			say`The desktop is an expression, so it is known only when the workflow runs. ${BY_NAME}`,
		);
	if (!isPathPart(id))
		throw listError(
			this,
			say`The desktop ID is not valid: choose a desktop from the list first. Or: ${BY_NAME}`,
		);
	const tools = await loadFromDesktops(this, async (api) => await api.tools(id));
	return toResult(
		tools.map(({ name }) => ({ name, value: name })),
		filter,
	);
}

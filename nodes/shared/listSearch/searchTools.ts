import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { isPathPart } from '../transport/desktop/request';
import { toError } from '../failures/failure';
import { loadFromDesktops, toResult } from './list';

const BY_NAME = 'Choose "By Name" instead, and enter the name of the tool, such as computer.';

/** The list from which a tool of the desktop that is chosen in the node is picked. */
export async function searchTools(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const given = this.getCurrentNodeParameter('desktopId', { extractValue: true });
	const id = typeof given === 'string' || typeof given === 'number' ? String(given).trim() : '';
	if (id === '')
		throw failure.call(this, `Choose a desktop first: each has tools of its own. Or: ${BY_NAME}`);
	if (id.startsWith('='))
		throw failure.call(
			this,
			`Which desktop is meant is only known when the workflow runs, since it is an expression. ${BY_NAME}`,
		);
	if (!isPathPart(id))
		throw failure.call(
			this,
			`What stands there is no desktop ID: choose a desktop from the list first. Or: ${BY_NAME}`,
		);
	const tools = await loadFromDesktops(this, async (api) => await api.tools(id));
	return toResult(
		tools.map(({ name }) => ({ name, value: name })),
		filter,
	);
}

function failure(this: ILoadOptionsFunctions, message: string): Error {
	return toError(this.getNode(), { message, hint: BY_NAME });
}

import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { toError } from '../transport/failure';
import { loadFromDesktops, toResult } from './list';

const BY_NAME = 'Choose "By Name" instead, and enter the name of the tool, such as computer.';

/** The list from which a tool of the desktop that is chosen in the node is picked. */
export async function searchTools(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	const id = this.getCurrentNodeParameter('desktopId', { extractValue: true });
	const isKnown = (typeof id === 'string' || typeof id === 'number') && id !== '';
	if (!isKnown) throw failure.call(this, `Choose a desktop first: each has tools of its own. Or: ${BY_NAME}`);
	if (String(id).startsWith('=')) throw failure.call(this, `Which desktop is meant is only known when the workflow runs, since it is an expression. ${BY_NAME}`);
	const tools = await loadFromDesktops(this, async (api) => await api.tools(String(id).trim()));
	return toResult(tools.map(({ name }) => ({ name, value: name })), filter);
}

function failure(this: ILoadOptionsFunctions, message: string): Error {
	return toError(this.getNode(), { message, hint: BY_NAME });
}

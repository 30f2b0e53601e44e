import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { isPathPart } from '../transport/desktop/request';
import { toError } from '../failures/failure';
import { loadFromDesktops, toResult } from './list';

const BY_NAME = 'Choose "By Name" instead, and enter the name of the tool, such as computer.';

/** The list of tools to pick from: those of the desktop that is selected in the node. */
export async function searchTools(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const selected = this.getCurrentNodeParameter('desktopId', { extractValue: true });
	const id =
		typeof selected === 'string' || typeof selected === 'number' ? String(selected).trim() : '';
	if (id === '')
		throw failure.call(
			this,
			`Select a desktop first: each desktop has its own tools. Or: ${BY_NAME}`,
		);
	if (id.startsWith('='))
		throw failure.call(
			this,
			`The desktop is an expression, so it is only known when the workflow runs. ${BY_NAME}`,
		);
	if (!isPathPart(id))
		throw failure.call(
			this,
			`The value of Desktop (desktopId) is not a valid desktop ID. Pick a desktop From List first. Or: ${BY_NAME}`,
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

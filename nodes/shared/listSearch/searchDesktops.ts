import type {
	IDataObject,
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { plainStatus } from '../runStatus';
import { loadFromDesktops, toResult } from './list';

const RUNNING = 'running';

/** The list of desktops: name, ID and status of each. Running desktops come first. */
export async function searchDesktops(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const desktops = await loadFromDesktops(this, async (api) => await api.list());
	const [running, others] = [true, false].map((isRunning) =>
		desktops.filter(
			({ status }) => (typeof status === 'string' && plainStatus(status) === RUNNING) === isRunning,
		),
	);
	return {
		results: [
			...toResult(running.flatMap(toItem), filter).results,
			...toResult(others.flatMap(toItem), filter).results,
		],
	};
}

function toItem({ desktop_id: id, name, status }: IDataObject): INodeListSearchItems[] {
	if (typeof id !== 'string' || id === '') return [];
	const label = typeof name === 'string' && name !== '' ? `${name} (${id})` : id;
	return [
		{
			name: typeof status === 'string' && status !== '' ? `${label}: ${status}` : label,
			value: id,
		},
	];
}

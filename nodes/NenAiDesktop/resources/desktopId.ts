import type { INodeProperties } from 'n8n-workflow';

import { isPathPart } from '../../shared/transport/desktop/request';
import { invalidParameter } from '../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../shared/parameters/parameterReader';
import { say } from '../../shared/failures/text';

/** The parameter with which a desktop is chosen. A plain text in its place is an ID. */
export const desktopProperty: INodeProperties = {
	displayName: 'Desktop ID',
	name: 'desktopId',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	description:
		'Pick it from the list. Or choose By ID, and drag in the desktop_id that Desktop → Create gives.',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select a desktop…',
			typeOptions: { searchListMethod: 'searchDesktops', searchable: true },
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. dsk_0123456789abcdef',
		},
	],
};

/** Throws InvalidParameterError where there is none. */
export function readDesktopId(parameters: ParameterReader): string {
	const id = parameters.id('desktopId');
	if (id === '')
		throw invalidParameter(
			say`The desktop ID is empty`,
			say`Enter the desktop_id that Desktop → Create gives, or choose a desktop from the list. If it is an expression, look at what it gives for this item.`,
		);
	// Somebody may have dragged in a link, which may be a secret.
	if (id.includes('://'))
		throw invalidParameter(
			say`The desktop ID is a link`,
			say`Enter the desktop_id that Desktop → Create gives, or choose a desktop from the list.`,
		);
	if (!isPathPart(id))
		throw invalidParameter(
			say`"${id}" is not a valid desktop ID`,
			say`Enter the desktop_id that Desktop → Create gives.`,
		);
	return id;
}

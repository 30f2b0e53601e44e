import { isPathPart } from '../../shared/transport/desktop/request';
import { invalidParameter } from '../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../shared/parameters/parameterReader';
import { resourceLocator } from '../../shared/parameters/properties';
import { titleOf } from '../../shared/parameters/values';
import { say } from '../../shared/failures/text';

/** The parameter that selects a desktop. A plain text in its place counts as an ID. */
export const desktopProperty = resourceLocator({
	displayName: 'Desktop',
	name: 'desktopId',
	description:
		'Pick the desktop from the list. Or choose "By ID", and drag in the desktop_id from the output of Desktop → Create.',
	list: { searchListMethod: 'searchDesktops', placeholder: 'Select a desktop…' },
	byHand: { displayName: 'By ID', name: 'id', placeholder: 'e.g. dsk_0123456789abcdef' },
});

const ENTER_ID = say`Pick a desktop From List, or enter the desktop_id from the output of Desktop → Create.`;

/** Throws InvalidParameterError if it is empty or cannot be an ID. */
export function readDesktopId(reader: ParameterReader): string {
	const id = reader.id('desktopId');
	const title = titleOf(reader.nameOf('desktopId'));
	if (id === '')
		throw invalidParameter(
			say`${title} is empty`,
			say`${ENTER_ID} If it is an expression, check its value for this item.`,
		);
	// Not quoted: a link may be a secret.
	if (id.includes('://'))
		throw invalidParameter(say`${title} must be an ID, but is a link`, ENTER_ID);
	if (!isPathPart(id))
		throw invalidParameter(say`${title} is not a valid desktop ID: "${id}"`, ENTER_ID);
	return id;
}

import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { defineMutation } from './change';
import { say } from '../../../shared/failures/text';

export const rename = defineMutation({
	option: {
		name: 'Rename',
		value: 'rename',
		action: 'Rename a desktop',
		description: 'Gives a desktop another name, by which people find it in lists',
	},
	parameters: [
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. Claims of March',
			description: 'What the desktop is called from now on',
		},
	],
	read: readName,
	run: async (desktops, desktopId, { name }) => await desktops.rename(desktopId, name),
});

function readName(given: ParameterReader): { name: string } {
	const name = given.text('name');
	if (name === '')
		throw invalidParameter(
			say`Name (name) is empty`,
			say`Enter the name that the desktop is to have.`,
		);
	return { name };
}

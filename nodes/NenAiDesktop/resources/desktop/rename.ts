import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { defineMutation } from './change';
import { say } from '../../../shared/failures/text';

export const rename = defineMutation({
	option: {
		name: 'Rename',
		value: 'rename',
		action: 'Rename a desktop',
		description: 'Changes the name of a desktop, so that people can find it in lists',
	},
	parameters: [
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. March claims',
			description: 'The new name',
		},
	],
	read: readName,
	run: async (desktops, { desktopId, name }) => await desktops.rename(desktopId, name),
});

function readName(reader: ParameterReader): { name: string } {
	const name = reader.text('name');
	if (name === '')
		throw invalidParameter(say`Name (name) is empty`, say`Enter the new name of the desktop.`);
	return { name };
}

import { badInput } from '../badInput';
import type { Parameters } from '../parameters';
import { makeChange } from './change';

export const rename = makeChange({
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
	ask: async (desktops, desktopId, { name }) => await desktops.rename(desktopId, name),
});

function readName(given: Parameters): { name: string } {
	const name = given.text('name');
	if (name === '') throw badInput('Name (name) is empty', 'Enter the name that the desktop is to have.');
	return { name };
}

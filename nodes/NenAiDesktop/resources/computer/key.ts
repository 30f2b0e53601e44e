import { defineAction } from './action';
import { keyProperty, readKey } from './keyboard';

export const key = defineAction({
	option: {
		name: 'Press Key',
		value: 'key',
		action: 'Press a key on a desktop',
		description:
			'Presses a key on a desktop, or several keys at once, such as Return, Tab or ctrl+a. This does real work.',
	},
	parameters: [keyProperty],
	read: (reader) => ({ action: 'key', params: { text: readKey(reader) } }),
});

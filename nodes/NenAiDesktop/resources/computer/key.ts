import { defineAction } from './action';
import { keyProperty, readKey, withKeyNames } from './keyboard';

export const key = defineAction({
	option: {
		name: 'Press Key',
		value: 'key',
		action: 'Press a key on a desktop',
		description:
			'Presses a key on a desktop, or several keys at once, such as Enter, Tab or Ctrl+A. This does real work.',
	},
	parameters: [keyProperty],
	read: (reader) => ({ action: 'key', params: { text: readKey(reader) } }),
	prepare: async (desktops, input) => await withKeyNames(desktops, input.desktopId, input),
});

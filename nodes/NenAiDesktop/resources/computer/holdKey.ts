import { defineAction } from './action';
import { durationProperty, keyProperty, readDuration, readKey, withKeyNames } from './keyboard';

export const holdKey = defineAction({
	option: {
		name: 'Hold Key',
		value: 'holdKey',
		action: 'Hold a key on a desktop',
		description:
			'Holds a key down on a desktop for a number of seconds, for example an arrow key. This does real work.',
	},
	parameters: [keyProperty, durationProperty('How long to hold the key, in seconds')],
	read: (reader) => ({
		action: 'hold_key',
		params: { text: readKey(reader), duration: readDuration(reader) },
		extraSeconds: readDuration(reader),
	}),
	prepare: async (desktops, input) => await withKeyNames(desktops, input.desktopId, input),
});

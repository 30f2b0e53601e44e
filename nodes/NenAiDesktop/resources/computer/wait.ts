import { defineAction } from './action';
import { durationProperty, readDuration } from './keyboard';

export const wait = defineAction({
	option: {
		name: 'Wait',
		value: 'wait',
		action: 'Wait on a desktop',
		description:
			'Waits a number of seconds before the next action on a desktop, for example until a program has opened',
	},
	parameters: [durationProperty('How long to wait, in seconds')],
	read: (reader) => ({
		action: 'wait',
		params: { duration: readDuration(reader) },
		extraSeconds: readDuration(reader),
	}),
});

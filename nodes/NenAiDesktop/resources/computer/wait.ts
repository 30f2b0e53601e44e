import { defineAction } from './action';
import { durationProperty, readDuration } from './keyboard';

export const wait = defineAction({
	option: {
		name: 'Wait',
		value: 'wait',
		action: 'Wait on a desktop',
		description: 'Lets a desktop go on for some seconds, for example until a program has opened',
	},
	parameters: [durationProperty('How long to wait, in seconds')],
	read: (given) => ({
		action: 'wait',
		params: { duration: readDuration(given) },
		extraSeconds: readDuration(given),
	}),
});

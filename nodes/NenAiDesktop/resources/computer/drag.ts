import { defineAction } from './action';
import { point, readPoint, target } from './point';

export const drag = defineAction({
	option: {
		name: 'Drag',
		value: 'drag',
		action: 'Drag on a desktop',
		description:
			'Drags with the left button from one place on the screen of a desktop to another. This does real work in whatever program is there.',
	},
	parameters: [...point, ...target],
	read: (given) => ({
		action: 'left_click_drag',
		params: { start_coordinate: readPoint(given), coordinate: readPoint(given, 'toX', 'toY') },
	}),
});

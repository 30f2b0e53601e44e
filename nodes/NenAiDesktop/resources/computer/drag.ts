import { defineAction } from './action';
import { point, readPoint, target } from './point';

export const drag = defineAction({
	option: {
		name: 'Drag',
		value: 'drag',
		action: 'Drag on a desktop',
		description:
			'Drags from one position on the screen of a desktop to another, with the left mouse button. This does real work in the program that is open there.',
	},
	parameters: [...point, ...target],
	read: (reader) => ({
		action: 'left_click_drag',
		params: { start_coordinate: readPoint(reader), coordinate: readPoint(reader, 'toX', 'toY') },
	}),
});

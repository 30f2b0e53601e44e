import { defineAction } from './action';
import { point, readPoint } from './point';

export const mouseMove = defineAction({
	option: {
		name: 'Move Mouse',
		value: 'mouseMove',
		action: 'Move the mouse on a desktop',
		description:
			'Moves the mouse to a position on the screen of a desktop without clicking, for example to open a menu',
	},
	parameters: point,
	read: (reader) => ({ action: 'mouse_move', params: { coordinate: readPoint(reader) } }),
});

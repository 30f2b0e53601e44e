import { defineAction } from './action';

export const cursorPosition = defineAction({
	option: {
		name: 'Cursor Position',
		value: 'cursorPosition',
		action: 'Get the cursor position on a desktop',
		description:
			'Gets the position of the mouse on the screen of a desktop, in pixels. Does not start or change anything.',
	},
	read: () => ({ action: 'cursor_position', params: {} }),
	looks: true,
});

import { defineAction } from './action';

export const cursorPosition = defineAction({
	option: {
		name: 'Cursor Position',
		value: 'cursorPosition',
		action: 'Get the cursor position on a desktop',
		description: 'Says where the mouse is on the screen of a desktop, in pixels. Changes nothing.',
	},
	read: () => ({ action: 'cursor_position', params: {} }),
	looks: true,
});

import { defineAction } from './action';
import { point, readPoint } from './point';

/** NenAI's action for each choice of the menu. */
const ACTIONS: Record<string, string> = {
	left: 'left_click',
	right: 'right_click',
	middle: 'middle_click',
	double: 'double_click',
	triple: 'triple_click',
};

export const click = defineAction({
	option: {
		name: 'Click',
		value: 'click',
		action: 'Click on a desktop',
		description:
			'Clicks at a place on the screen of a desktop. This does real work in whatever program is there.',
	},
	parameters: [
		...point,
		{
			displayName: 'Button',
			name: 'button',
			type: 'options',
			options: [
				{ name: 'Double Click', value: 'double', description: 'Twice with the left button' },
				{ name: 'Left', value: 'left' },
				{ name: 'Middle', value: 'middle' },
				{ name: 'Right', value: 'right' },
				{ name: 'Triple Click', value: 'triple', description: 'Three times with the left button' },
			],
			default: 'left',
			description: 'With which button of the mouse, and how often',
		},
	],
	read: (given) => ({
		action: ACTIONS[given.choiceInAnyCase('button')],
		params: { coordinate: readPoint(given) },
	}),
});

import { defineAction } from './action';
import { point, readPoint } from './point';

/** The action of NenAI's tool for each choice in the menu. */
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
			'Clicks at a position on the screen of a desktop. This does real work in the program that is open there.',
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
			description: 'Which mouse button to click, and how many times',
		},
	],
	read: (reader) => ({
		action: ACTIONS[reader.choiceInAnyCase('button')],
		params: { coordinate: readPoint(reader) },
	}),
});

import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { defineAction } from './action';
import { point, readPoint } from './point';
import { say } from '../../../shared/failures/text';

export const scroll = defineAction({
	option: {
		name: 'Scroll',
		value: 'scroll',
		action: 'Scroll on a desktop',
		description:
			'Turns the mouse wheel at a position on the screen of a desktop, to see more of a page or a list',
	},
	parameters: [
		...point,
		{
			displayName: 'Direction',
			name: 'direction',
			type: 'options',
			options: [
				{ name: 'Down', value: 'down' },
				{ name: 'Left', value: 'left' },
				{ name: 'Right', value: 'right' },
				{ name: 'Up', value: 'up' },
			],
			default: 'down',
			description: 'The direction to scroll in',
		},
		{
			displayName: 'Amount',
			name: 'amount',
			type: 'number',
			typeOptions: { minValue: 1, numberPrecision: 0 },
			default: 3,
			description: 'How many steps of the mouse wheel to scroll',
		},
	],
	read(reader) {
		const [direction, amount] = [reader.choiceInAnyCase('direction'), readAmount(reader)];
		// NenAI's pages and its JavaScript SDK use different names, so both are sent:
		// docs/internals/nenai-api.md#actions-of-a-desktop
		return {
			action: 'scroll',
			params: {
				coordinate: readPoint(reader),
				scroll_direction: direction,
				scroll_amount: amount,
				direction,
				amount,
			},
		};
	},
});

function readAmount(reader: ParameterReader): number {
	const amount = reader.number('amount');
	if (!Number.isSafeInteger(amount) || amount < 1)
		throw invalidParameter(
			say`Amount (amount) must be a whole number of at least 1, but is ${amount}`,
			say`Enter how many steps of the mouse wheel to scroll.`,
		);
	return amount;
}

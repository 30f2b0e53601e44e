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
			'Turns the wheel of the mouse at a place on the screen of a desktop, to see what is above or below',
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
			description: 'Where to scroll to',
		},
		{
			displayName: 'Amount',
			name: 'amount',
			type: 'number',
			typeOptions: { minValue: 1, numberPrecision: 0 },
			default: 3,
			description: 'By how many notches of the wheel',
		},
	],
	read(given) {
		const [direction, amount] = [given.choiceInAnyCase('direction'), readAmount(given)];
		// NenAI's pages have the one pair of names, its SDK for JavaScript the other.
		return {
			action: 'scroll',
			params: {
				coordinate: readPoint(given),
				scroll_direction: direction,
				scroll_amount: amount,
				direction,
				amount,
			},
		};
	},
});

function readAmount(given: ParameterReader): number {
	const amount = given.number('amount');
	if (!Number.isSafeInteger(amount) || amount < 1)
		throw invalidParameter(
			say`Amount (amount) must be a whole number of at least 1, but is ${amount}`,
			say`Enter by how many notches of the wheel to scroll.`,
		);
	return amount;
}

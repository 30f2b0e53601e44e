import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { defineAction } from './action';
import { timeToType } from './keyboard';
import { say } from '../../../shared/failures/text';

export const type = defineAction({
	option: {
		name: 'Type',
		value: 'type',
		action: 'Type text on a desktop',
		description:
			'Types a text into whatever has the focus on a desktop, so click there first. This does real work.',
	},
	parameters: [
		{
			displayName: 'Text',
			name: 'text',
			type: 'string',
			typeOptions: { rows: 2 },
			required: true,
			default: '',
			description:
				'What to type, with its spaces and line breaks. For keys such as Return use the operation Press Key.',
		},
	],
	read(given) {
		const text = readText(given);
		return { action: 'type', params: { text }, extraSeconds: timeToType(text) };
	},
});

function readText(given: ParameterReader): string {
	const text = given.exactText('text');
	if (text === '')
		throw invalidParameter(
			say`Text (text) is empty`,
			say`Enter what to type. If it is an expression, look at what it gives for this item.`,
		);
	return text;
}

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
			'Types text into the field that is selected on a desktop. Click into the field first. This does real work.',
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
				'The text to type, with its spaces and line breaks. For keys such as Return, use the operation Press Key.',
		},
	],
	read(reader) {
		const text = readText(reader);
		return { action: 'type', params: { text }, extraSeconds: timeToType(text) };
	},
});

function readText(reader: ParameterReader): string {
	const text = reader.exactText('text');
	if (text === '')
		throw invalidParameter(
			say`Text (text) is empty`,
			say`Enter the text to type. If it is an expression, check its value for this item.`,
		);
	return text;
}

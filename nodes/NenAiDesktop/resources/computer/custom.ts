import { COMPUTER, type ToolCall, type Desktops } from '../../../shared/transport/desktop/desktops';
import type { Failure } from '../../../shared/failures/failure';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { resourceLocator } from '../../../shared/parameters/properties';
import { defineAction, type ActionInput } from './action';
import { timeOf } from './keyboard';
import { problemsOf } from './schema';
import { say } from '../../../shared/failures/text';

export const custom = defineAction({
	option: {
		name: 'Custom Action',
		value: 'custom',
		action: 'Other desktop action (advanced)',
		description:
			'Runs any action of any tool on the desktop, including ones that this node has no operation for. This does real work.',
	},
	parameters: [
		resourceLocator({
			displayName: 'Tool',
			name: 'tool',
			description: 'A tool of the desktop, such as computer',
			list: { searchListMethod: 'searchTools', placeholder: 'Select a tool…' },
			byHand: { displayName: 'By Name', name: 'name', placeholder: 'e.g. computer' },
		}),
		{
			displayName: 'Action',
			name: 'action',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. left_mouse_down',
			description:
				'The action that the tool runs. Use the name from the documentation of the Desktop API.',
		},
		{
			displayName: 'Parameters (JSON)',
			name: 'params',
			type: 'json',
			default: '{}',
			placeholder: '{ "coordinate": [500, 300] }',
			description:
				'The parameters of the action: a JSON object, or an expression that returns one. Leave this empty if the action has no parameters.',
		},
	],
	read: readCommand,
	prepare: checkAgainstTools,
});

function readCommand(reader: ParameterReader): ToolCall {
	const tool = reader.id('tool');
	if (tool === '')
		throw invalidParameter(
			say`Tool (tool) is empty`,
			say`Pick a tool From List, or enter its name, such as computer.`,
		);
	const action = reader.text('action');
	if (action === '')
		throw invalidParameter(
			say`Action (action) is empty`,
			say`Enter the action that the tool runs, such as left_mouse_down.`,
		);
	const params = reader.objectForSending('params', {});
	return {
		tool,
		action,
		params,
		extraSeconds: tool === COMPUTER ? timeOf(action, params) : undefined,
	};
}

/**
 * Gets the desktop's tools before each action, because tools can be added. If there are none, the action is sent
 * unchecked.
 */
async function checkAgainstTools(
	desktops: Desktops,
	input: ActionInput,
): Promise<ActionInput | Failure> {
	const { desktopId, tool: name, action, params } = input;
	const listed = await desktops.tools(desktopId);
	const tools = listed.kind === 'done' ? listed.value : [];
	const tool = tools.find((each) => each.name === name);
	if (tools.length > 0 && tool === undefined)
		return {
			message: say`Desktop ${desktopId} has no tool "${name}"`,
			hint: say`It has: ${tools.map((each) => each.name).join(', ')}. Nothing was done.`,
		};
	const problems = problemsOf(tool?.parameters, params);
	if (problems.length === 0) return input;
	return {
		message: say`The tool "${name}" of desktop ${desktopId} does not accept the action "${action}" with these parameters: ${problems.join('; ')}`,
		hint: say`Correct Action (action) or Parameters (JSON, params). Nothing was done.`,
	};
}

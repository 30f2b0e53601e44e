import { COMPUTER, type ToolCall, type Desktops } from '../../../shared/transport/desktop/desktops';
import type { Failure } from '../../../shared/failures/failure';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { defineAction, type ActionInput } from './action';
import { timeOf } from './keyboard';
import { problemsOf } from './schema';
import { say } from '../../../shared/failures/text';

export const custom = defineAction({
	option: {
		name: 'Custom Action',
		value: 'custom',
		action: 'Use any tool of a desktop',
		description:
			'Lets any tool that a desktop has do any of its actions, also those that this node does not know. This does real work.',
	},
	parameters: [
		{
			displayName: 'Tool',
			name: 'tool',
			type: 'resourceLocator',
			required: true,
			default: { mode: 'list', value: '' },
			description: 'One of the tools that the desktop has, such as computer',
			modes: [
				{
					displayName: 'From List',
					name: 'list',
					type: 'list',
					placeholder: 'Select a tool…',
					typeOptions: { searchListMethod: 'searchTools', searchable: true },
				},
				{
					displayName: 'By Name',
					name: 'name',
					type: 'string',
					placeholder: 'e.g. computer',
				},
			],
		},
		{
			displayName: 'Action',
			name: 'action',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. left_mouse_down',
			description:
				'What the tool is to do, by the name that the documentation of the Desktop API gives it',
		},
		{
			displayName: 'Parameters (JSON)',
			name: 'params',
			type: 'json',
			default: '{}',
			placeholder: '{ "coordinate": [500, 300] }',
			description:
				'A JSON object, or an expression that gives one, with what the action needs. Empty: nothing.',
		},
	],
	read: readCommand,
	check: checkAgainstTools,
});

function readCommand(given: ParameterReader): ToolCall {
	const tool = given.id('tool');
	if (tool === '')
		throw invalidParameter(
			say`Tool (tool) is empty`,
			say`Choose one from the list, or enter its name, such as computer.`,
		);
	const action = given.text('action');
	if (action === '')
		throw invalidParameter(
			say`Action (action) is empty`,
			say`Enter what the tool is to do, such as left_mouse_down.`,
		);
	const params = given.objectForSending('params', {});
	return {
		tool,
		action,
		params,
		extraSeconds: tool === COMPUTER ? timeOf(action, params) : undefined,
	};
}

/** What the desktop says of its tools is asked for before each action: more may have come. Where it says nothing, the action decides. */
async function checkAgainstTools(
	desktops: Desktops,
	{ desktopId, tool: name, action, params }: ActionInput,
): Promise<Failure | undefined> {
	const listed = await desktops.tools(desktopId);
	if (listed.kind !== 'done' || listed.value.length === 0) return undefined;
	const tool = listed.value.find((each) => each.name === name);
	if (tool === undefined) {
		const names = listed.value.map((each) => each.name).join(', ');
		return {
			message: say`Desktop ${desktopId} has no tool "${name}"`,
			hint: say`It has: ${names}. Nothing was done.`,
		};
	}
	const problems = problemsOf(tool.parameters, action, params);
	if (problems.length === 0) return undefined;
	return {
		message: say`${name}.${action} cannot be done on desktop ${desktopId} like this: ${problems.join('; ')}`,
		hint: say`Correct the action (action) or its parameters (params): this is what the desktop says that the tool takes. Nothing was done.`,
	};
}

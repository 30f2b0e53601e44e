import type { Settings } from '../shapes.mts';
import {
	computerTool,
	prepareAction,
	type Computer,
	type Outcome,
	type PreparedAction,
} from './computer.mts';
import type { DesktopTool } from './shapes.mts';

/** The use of a tool, as it is asked for. */
export interface Command {
	tool: string;
	action: string;
	params: Record<string, unknown>;
}

/** What data lack that is to be of a JSON Schema; undefined when nothing. */
export type CheckSchema = (schema: Record<string, unknown>, data: unknown) => string | undefined;

type Listed = Pick<DesktopTool, 'name' | 'description' | 'parameters'>;

export function listTools({ desktopTools }: Settings): Listed[] {
	const others = desktopTools.map(({ name, description, parameters }) => ({
		name,
		description,
		parameters,
	}));
	return [computerTool, ...others];
}

/** What the tool does, or why it does not. */
export function prepareTool(
	{ tool, action, params }: Command,
	computer: Computer,
	{ desktopTools, desktopScreen }: Settings,
	check: CheckSchema,
): PreparedAction | string {
	if (tool === computerTool.name) return prepareAction(action, params, computer, desktopScreen);
	const other = desktopTools.find(({ name }) => name === tool);
	if (!other) return `Unknown tool: ${tool}`;
	const problem = check(other.parameters, { ...params, action });
	if (problem !== undefined) return `Invalid params of ${tool}: ${problem}`;
	return { seconds: 0, act: () => other.answer ?? { output: `${tool} did ${action}` } };
}

/** What an action has to say, in the form of the setting. */
export function toAnswer(outcome: Outcome, { desktopAnswers }: Settings): Record<string, unknown> {
	if (desktopAnswers === 'current') return { status: 'ok', ...outcome };
	const { output = null, base64_image: screenshot = null } = outcome;
	return { success: true, output, screenshot, error: null };
}

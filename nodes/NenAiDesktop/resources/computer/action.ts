import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { ActionResult } from '../../../shared/transport/desktop/results';
import {
	COMPUTER,
	isReadOnly,
	CHECK_SCREEN,
	type ToolCall,
	type Desktops,
} from '../../../shared/transport/desktop/desktops';
import { sanitizeFailure } from '../../../shared/transport/desktop/failures';
import type { Failure } from '../../../shared/failures/failure';
import { retry } from '../../../shared/execution/retry';
import type { Attempt } from '../../../shared/execution/runJobs';
import { optionsCollection, timeoutOption } from '../../../shared/parameters/properties';
import { desktopProperty, readDesktopId } from '../desktopId';
import { failureOfOutcome } from '../../../shared/execution/outcomes';
import { mutateDesktops, queryDesktops, DEFAULT_TIMEOUT_SECONDS } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { storePicture } from './picture';

/** The options of every action. */
const actionOptions = optionsCollection([
	{
		displayName: 'Screenshot After',
		name: 'screenshotAfter',
		type: 'boolean',
		default: false,
		description:
			'Whether to take a picture of the screen after the action, and put it into the file field "data"',
	},
	timeoutOption(
		DEFAULT_TIMEOUT_SECONDS,
		'How many seconds to wait for the response. The time that an action itself takes, such as waiting, holding a key or typing, is added.',
	),
]);

/** The field for the picture that an action gives. */
const PICTURE_PROPERTY = 'data';

/** Defines an operation that is one action of a desktop's tool. */
interface ActionDefinition {
	option: Operation['option'];
	/** In addition to the desktop and the options. */
	parameters?: INodeProperties[];
	/** What is sent to the tool. Throws InvalidParameterError. */
	read: (reader: ParameterReader) => ToolInput;
	/** Whether it changes nothing, so that it can be repeated. */
	readOnly?: boolean;
	/** Called before the action is sent. Gives the reason if the desktop is known to reject it. */
	check?: (desktops: Desktops, input: ActionInput) => Promise<Failure | undefined>;
}

/** `tool` is `computer` by default. */
type ToolInput = Omit<ToolCall, 'tool'> & { tool?: string };

export interface ActionInput extends ToolCall {
	desktopId: string;
	screenshotAfter: boolean;
}

/** The result of an action. One from an earlier try has no picture, since the journal does not keep it, only `hadPicture`. */
type StoredResult = ActionResult & { hadPicture?: boolean };

export function defineAction({
	option,
	parameters: more = [],
	read,
	readOnly = false,
	check,
}: ActionDefinition): Operation {
	const parameters = [desktopProperty, ...more, actionOptions];
	return {
		option,
		parameters,
		async execute() {
			const hints: string[] = [];
			const operation = {
				parameters,
				read: (reader: ParameterReader): ActionInput => ({
					tool: COMPUTER,
					...read(reader),
					desktopId: readDesktopId(reader),
					screenshotAfter: reader.boolean('options.screenshotAfter'),
				}),
				readTimeout: (reader: ParameterReader) => reader.number('options.timeout'),
				run: async (desktops: Desktops, input: ActionInput): Promise<Attempt<StoredResult>> => {
					const failure = await check?.(desktops, input);
					return failure === undefined
						? await desktops.execute(input.desktopId, input)
						: { kind: 'failed', failure };
				},
				enrich: async (
					desktops: Desktops,
					result: StoredResult,
					input: ActionInput,
					itemIndex: number,
				): Promise<Attempt<StoredResult>> => {
					const { value, hint } = await addPicture(desktops, result, input);
					if (hint !== undefined) hints.push(`Item ${itemIndex}: ${hint}`);
					return { kind: 'done', value };
				},
				toItems: async (result: StoredResult) => await toItems.call(this, result, PICTURE_PROPERTY),
			};
			const output = readOnly
				? await queryDesktops(this, { ...operation, maxConcurrency: 1 })
				: await mutateDesktops(this, {
						...operation,
						name: `computer/${option.value}`,
						recoveryHint: CHECK_SCREEN,
						isQuery: isReadOnly,
						toJournal: withoutPicture,
					});
			// Some of the contexts in which n8n executes nodes do not have this function.
			for (const message of hints) this.addExecutionHints?.({ message, location: 'outputPane' });
			return output;
		},
	};
}

/** Pictures are large, and n8n would store them a second time. */
function withoutPicture({ json, picture }: StoredResult): StoredResult {
	return picture === undefined ? { json } : { json, hadPicture: true };
}

/** Takes a picture of the screen if one is wanted and the result has none. If that fails, the action still counts as done. */
async function addPicture(
	desktops: Desktops,
	result: StoredResult,
	{ desktopId, screenshotAfter }: ActionInput,
): Promise<{ value: StoredResult; hint?: string }> {
	if (result.picture !== undefined) return { value: result };
	if (!screenshotAfter)
		return {
			value: result,
			hint: result.hadPicture
				? 'The action was done in an earlier try, and its picture was not kept.'
				: undefined,
		};
	const { maxTries } = desktops.connection;
	const screenshot = await retry(async () => await desktops.screenshot(desktopId), {
		maxTries,
		signal: desktops.stopped,
	});
	if (screenshot.kind === 'done')
		return { value: { ...result, picture: screenshot.value.picture } };
	const { message, hint } = sanitizeFailure(
		failureOfOutcome(screenshot),
		desktops.connection.credential.apiKey,
	);
	return {
		value: result,
		hint: `The action was done, but no picture of the screen could be taken. ${message}. ${hint}`,
	};
}

/** The output item of a result, with its picture in this file field. */
export async function toItems(
	this: IExecuteFunctions,
	{ json, picture }: ActionResult,
	property: string,
): Promise<INodeExecutionData[]> {
	return [
		picture === undefined
			? { json }
			: { json, binary: { [property]: await storePicture.call(this, picture) } },
	];
}

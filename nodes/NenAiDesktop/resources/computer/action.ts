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
import { desktopProperty, readDesktopId } from '../desktopId';
import { failureOfOutcome } from '../../../shared/execution/outcomes';
import { mutateDesktops, queryDesktops, DEFAULT_TIMEOUT_SECONDS } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Operation } from '../../../shared/execution/router';
import { storePicture } from './picture';

/** Options that every action has. */
const actionOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Screenshot After',
			name: 'screenshotAfter',
			type: 'boolean',
			default: false,
			description:
				'Whether to put a picture of the screen into the binary field data when the action is done',
		},
		{
			displayName: 'Timeout',
			name: 'timeout',
			type: 'number',
			default: DEFAULT_TIMEOUT_SECONDS,
			typeOptions: { minValue: 1 },
			description:
				'How long to wait for an answer, in seconds. What an action is told to wait, to hold a key or to type takes time of its own, which comes on top.',
		},
	],
};

/** Where pictures come out that were not asked for by another name. */
const PICTURE_PROPERTY = 'data';

/** An operation that is one action of a desktop's tool. */
interface ActionDefinition {
	option: Operation['option'];
	/** Beside the desktop and the options. */
	parameters?: INodeProperties[];
	/** What the tool is told. Throws InvalidParameterError. */
	read: (given: ParameterReader) => ToolInput;
	/** Whether it changes nothing, so that it may be repeated. */
	looks?: boolean;
	/** Called before it is sent: why it cannot be, as far as the desktop has said. */
	check?: (desktops: Desktops, question: ActionInput) => Promise<Failure | undefined>;
}

/** `tool` is `computer` unless it says otherwise. */
type ToolInput = Omit<ToolCall, 'tool'> & { tool?: string };

export interface ActionInput extends ToolCall {
	desktopId: string;
	screenshotAfter: boolean;
}

/** What came of an action; of one of an earlier try, whether it had a picture, which is not kept. */
type StoredResult = ActionResult & { hadPicture?: boolean };

export function defineAction({
	option,
	parameters: more = [],
	read,
	looks = false,
	check,
}: ActionDefinition): Operation {
	const parameters = [desktopProperty, ...more, actionOptions];
	return {
		option,
		parameters,
		async execute() {
			const hints: string[] = [];
			const work = {
				parameters,
				read: (given: ParameterReader): ActionInput => ({
					tool: COMPUTER,
					...read(given),
					desktopId: readDesktopId(given),
					screenshotAfter: given.boolean('options.screenshotAfter'),
				}),
				readTimeout: (ofAll: ParameterReader) => ofAll.number('options.timeout'),
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
			const output = looks
				? await queryDesktops(this, { ...work, maxConcurrency: 1 })
				: await mutateDesktops(this, {
						...work,
						name: `computer/${option.value}`,
						recoveryHint: CHECK_SCREEN,
						isQuery: isReadOnly,
						toJournal: withoutPicture,
					});
			// Not every context in which n8n executes nodes has it.
			for (const message of hints) this.addExecutionHints?.({ message, location: 'outputPane' });
			return output;
		},
	};
}

/** A picture is large, and n8n would store it once more. */
function withoutPicture({ json, picture }: StoredResult): StoredResult {
	return picture === undefined ? { json } : { json, hadPicture: true };
}

/** Takes a picture of the screen where one is wanted and the answer has none. What was done stays done without it. */
async function addPicture(
	desktops: Desktops,
	answer: StoredResult,
	{ desktopId, screenshotAfter }: ActionInput,
): Promise<{ value: StoredResult; hint?: string }> {
	if (answer.picture !== undefined) return { value: answer };
	if (!screenshotAfter)
		return {
			value: answer,
			hint: answer.hadPicture
				? 'It was done in an earlier try, and its picture was not kept.'
				: undefined,
		};
	const { maxTries } = desktops.connection;
	const look = await retry(async () => await desktops.screenshot(desktopId), {
		maxTries,
		signal: desktops.stopped,
	});
	if (look.kind === 'done') return { value: { ...answer, picture: look.value.picture } };
	const { message, hint } = sanitizeFailure(
		failureOfOutcome(look),
		desktops.connection.credential.apiKey,
	);
	return {
		value: answer,
		hint: `It was done, but no picture of the screen could be taken. ${message}. ${hint}`,
	};
}

/** An item of an answer, with its picture in this binary field. */
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

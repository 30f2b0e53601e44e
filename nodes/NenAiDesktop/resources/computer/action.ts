import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { ActionResult } from '../../../shared/transport/desktop/results';
import {
	COMPUTER,
	isReadOnly,
	CHECK_SCREEN,
	type ToolCall,
	type Desktops,
} from '../../../shared/transport/desktop/desktops';
import { inOneText, STOPPED, type Failure } from '../../../shared/failures/failure';
import { say, type Text } from '../../../shared/failures/text';
import { retry } from '../../../shared/execution/retry';
import type { Attempt } from '../../../shared/execution/retry';
import { desktopProperty, readDesktopId } from '../desktopId';
import { mutateDesktops, queryDesktops } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { RETRY_POLICIES } from '../../../shared/failures/policies';
import { optionsCollection, timeoutOption } from '../../../shared/parameters/properties';
import type { Operation } from '../../../shared/execution/router';
import { storePicture } from './picture';

/** Options that every action has. */
const actionOptions = optionsCollection([
	{
		displayName: 'Screenshot After',
		name: 'screenshotAfter',
		type: 'boolean',
		default: false,
		description:
			'Whether to put a picture of the screen into the binary field data when the action is done',
	},
	timeoutOption(
		RETRY_POLICIES.mutation.timeoutSeconds,
		'How long to wait for a response, in seconds. The time that the action itself takes (for example, Wait or Hold Key) is added.',
	),
]);

/** The field for pictures, unless the user names another one. */
const PICTURE_PROPERTY = 'data';

/** An operation that is one action of a desktop's tool. */
interface ActionDefinition {
	option: Operation['option'];
	/** In addition to the desktop and the options. */
	parameters?: INodeProperties[];
	/** The call of the tool. Throws InvalidParameterError. */
	read: (given: ParameterReader) => ToolInput;
	/** Whether it changes nothing, so that it may be repeated. */
	looks?: boolean;
	/**
	 * Called before the request. It can ask for the desktop's tools. Gives the call to send, or a failure if the tools show
	 * that NenAI would refuse it.
	 */
	prepare?: (desktops: Desktops, input: ActionInput) => Promise<ActionInput | Failure>;
}

/** `tool` is `computer` by default. */
type ToolInput = Omit<ToolCall, 'tool'> & { tool?: string };

export interface ActionInput extends ToolCall {
	desktopId: string;
	screenshotAfter: boolean;
}

/** The result of an action. Of a picture, the journal keeps only that there was one. */
type StoredResult = ActionResult & { hadPicture?: boolean; hint?: Text };

export function defineAction({
	option,
	parameters: more = [],
	read,
	looks = false,
	prepare,
}: ActionDefinition): Operation {
	const parameters = [desktopProperty, ...more, actionOptions];
	return {
		option,
		parameters,
		async execute() {
			const operation = {
				parameters,
				read: (given: ParameterReader): ActionInput => ({
					tool: COMPUTER,
					...read(given),
					desktopId: readDesktopId(given),
					screenshotAfter: given.boolean('options.screenshotAfter'),
				}),
				readTimeout: (ofAll: ParameterReader) => ofAll.number('options.timeout'),
				run: async (desktops: Desktops, input: ActionInput): Promise<Attempt<StoredResult>> => {
					const prepared = prepare === undefined ? input : await prepare(desktops, input);
					return 'message' in prepared
						? { kind: 'failed', failure: prepared }
						: await desktops.execute(input.desktopId, prepared);
				},
				enrich: async (desktops: Desktops, result: StoredResult, input: ActionInput) =>
					({ kind: 'done', value: await addPicture(desktops, result, input) }) as const,
				hint: ({ hint }: StoredResult) => hint,
				toItems: async (result: StoredResult) => await toItems.call(this, result, PICTURE_PROPERTY),
			};
			if (looks) return await queryDesktops(this, { ...operation, maxConcurrency: 1 });
			return await mutateDesktops(this, {
				...operation,
				name: `computer/${option.value}`,
				recoveryHint: CHECK_SCREEN,
				isQuery: isReadOnly,
				toJournal: withoutPicture,
			});
		},
	};
}

/** A picture is large, and n8n would store it twice. */
function withoutPicture({ json, picture }: StoredResult): StoredResult {
	return picture === undefined ? { json } : { json, hadPicture: true };
}

/**
 * Takes a picture of the screen if one is wanted and the response has none. If that fails, the action still counts as
 * done.
 */
async function addPicture(
	desktops: Desktops,
	result: StoredResult,
	{ desktopId, screenshotAfter }: ActionInput,
): Promise<StoredResult> {
	if (result.picture !== undefined) return result;
	if (!screenshotAfter) return result.hadPicture ? { ...result, hint: NOT_KEPT } : result;
	const { maxTries } = desktops.connection;
	const look = await retry(async () => await desktops.screenshot(desktopId), {
		maxTries,
		signal: desktops.stopped,
	});
	if (look.kind === 'done') return { ...result, picture: look.value.picture };
	const failure = look.kind === 'failed' ? look.failure : STOPPED;
	return {
		...result,
		hint: say`The action was completed, but no picture of the screen could be taken. ${inOneText(failure)}`,
	};
}

const NOT_KEPT = say`The action was completed in an earlier try, and its picture was not kept.`;

/** The output item for a response, with its picture in this binary field. */
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

import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { Acted } from '../../transport/desktop/answers';
import { COMPUTER, isLook, LOOK_AT_SCREEN, type Command, type Desktops } from '../../transport/desktop/desktops';
import { presentable } from '../../transport/desktop/failures';
import type { Failure } from '../../transport/failure';
import { workThrough, type Attempt } from '../../transport/queue';
import { desktopProperty, readDesktopId } from '../desktopId';
import { failureIn } from '../items';
import { actForEach, lookForEach, USUAL_TIMEOUT } from '../onDesktops';
import type { Parameters } from '../parameters';
import type { Operation } from '../resource';
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
			description: 'Whether to put a picture of the screen into the binary field data when the action is done',
		},
		{
			displayName: 'Timeout',
			name: 'timeout',
			type: 'number',
			default: USUAL_TIMEOUT,
			typeOptions: { minValue: 1 },
			description: 'How long to wait for an answer, in seconds. What an action is told to wait, to hold a key or to type takes time of its own, which comes on top.',
		},
	],
};

/** Where pictures come out that were not asked for by another name. */
const PICTURE_PROPERTY = 'data';

/** An operation that is one action of a desktop's tool. */
interface Action {
	option: Operation['option'];
	/** Beside the desktop and the options. */
	parameters?: INodeProperties[];
	/** What the tool is told. Throws BadInput. */
	read: (given: Parameters) => Told;
	/** Whether it changes nothing, so that it may be repeated. */
	looks?: boolean;
	/** Called before it is sent: why it cannot be, as far as the desktop has said. */
	check?: (desktops: Desktops, question: Question) => Promise<Failure | undefined>;
}

/** `tool` is `computer` unless it says otherwise. */
type Told = Omit<Command, 'tool'> & { tool?: string };

export interface Question extends Command {
	desktopId: string;
	screenshotAfter: boolean;
}

/** What came of an action; of one of an earlier try, whether it had a picture, which is not kept. */
type Answer = Acted & { hadPicture?: boolean };

export function makeAction({ option, parameters: more = [], read, looks = false, check }: Action): Operation {
	const parameters = [desktopProperty, ...more, actionOptions];
	return {
		option,
		parameters,
		async execute() {
			const hints: string[] = [];
			const work = {
				parameters,
				read: (given: Parameters): Question => ({ tool: COMPUTER, ...read(given), desktopId: readDesktopId(given), screenshotAfter: given.switch('options.screenshotAfter') }),
				readTimeout: (ofAll: Parameters) => ofAll.number('options.timeout'),
				ask: async (desktops: Desktops, question: Question): Promise<Attempt<Answer>> => {
					const failure = await check?.(desktops, question);
					return failure === undefined ? await desktops.execute(question.desktopId, question) : { kind: 'failed', failure };
				},
				complete: async (desktops: Desktops, answer: Answer, question: Question, itemIndex: number): Promise<Attempt<Answer>> => {
					const { value, hint } = await addPicture(desktops, answer, question);
					if (hint !== undefined) hints.push(`Item ${itemIndex}: ${hint}`);
					return { kind: 'done', value };
				},
				toItems: async (answer: Answer) => await toItems.call(this, answer, PICTURE_PROPERTY),
			};
			const output = looks
				? await lookForEach(this, { ...work, maxConcurrency: 1 })
				: await actForEach(this, { ...work, name: `computer/${option.value}`, lookFirst: LOOK_AT_SCREEN, looks: isLook, keep: withoutPicture });
			// Not every context in which n8n executes nodes has it.
			for (const message of hints) this.addExecutionHints?.({ message, location: 'outputPane' });
			return output;
		},
	};
}

/** A picture is large, and n8n would store it once more. */
function withoutPicture({ json, picture }: Answer): Answer {
	return picture === undefined ? { json } : { json, hadPicture: true };
}

/** Takes a picture of the screen where one is wanted and the answer has none. What was done stays done without it. */
async function addPicture(desktops: Desktops, answer: Answer, { desktopId, screenshotAfter }: Question): Promise<{ value: Answer; hint?: string }> {
	if (answer.picture !== undefined) return { value: answer };
	if (!screenshotAfter) return { value: answer, hint: answer.hadPicture ? 'It was done in an earlier try, and its picture was not kept.' : undefined };
	const { maxTries } = desktops.connection;
	const [look] = await workThrough(1, async () => await desktops.screenshot(desktopId), { maxConcurrency: 1, maxTries, stopOnFailure: true, signal: desktops.stopped });
	if (look.kind === 'done') return { value: { ...answer, picture: look.value.picture } };
	const { message, hint } = presentable(failureIn(look), desktops.connection.credential.apiKey);
	return { value: answer, hint: `It was done, but no picture of the screen could be taken. ${message}. ${hint}` };
}

/** An item of an answer, with its picture in this binary field. */
export async function toItems(this: IExecuteFunctions, { json, picture }: Acted, property: string): Promise<INodeExecutionData[]> {
	return [picture === undefined ? { json } : { json, binary: { [property]: await storePicture.call(this, picture) } }];
}

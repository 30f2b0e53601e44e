import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { Inquiry } from '../transport/ask';
import { connect } from '../transport/connection';
import { CREDENTIAL_TYPE } from '../transport/credential';
import { toError } from '../transport/failure';
import { workThrough, type Attempt, type Outcome } from '../transport/queue';
import { BadInput, badInput, failureOf } from './badInput';
import { failedItem, failureIn, firstFailure } from './items';
import { checkAddress, readLimits } from './limits';
import { Parameters } from './parameters';

/** Options that every operation that asks NenAI has. */
export const askOptions: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Max Concurrency',
			name: 'maxConcurrency',
			type: 'number',
			default: 10,
			typeOptions: { minValue: 1, numberPrecision: 0 },
			description: 'How many items are asked for at the same time',
		},
		{
			displayName: 'Max Tries',
			name: 'maxTries',
			type: 'number',
			default: 5,
			typeOptions: { minValue: 1, numberPrecision: 0 },
			description: 'How often NenAI is asked when it is busy, cannot be reached or does not answer. Asking changes nothing.',
		},
		{
			displayName: 'Timeout',
			name: 'timeout',
			type: 'number',
			default: 30,
			typeOptions: { minValue: 1 },
			description: 'How long to wait for the answer to one request, in seconds',
		},
	],
};

/** The parameter that names the run that is asked about. */
export const messageIdProperty: INodeProperties = {
	displayName: 'Message ID',
	name: 'messageId',
	type: 'string',
	required: true,
	default: '={{ $json.messageId ?? $json.message_id }}',
	description: 'The ID of the run. As it stands, it is that of the input item, behind Start, Start and Wait or a NenAI Trigger.',
};

/** Throws BadInput where there is none. */
export function readMessageId(parameters: Parameters): string {
	const id = parameters.id('messageId');
	if (id === '') throw badInput('The message ID is empty', 'Enter the messageId of the run, as Start gives it, or the message_id of its callback. If it is an expression, look at what it gives for this item.');
	return id;
}

/** What an operation that asks NenAI is made of. */
interface Question<Q, A> {
	parameters: INodeProperties[];
	/** What an item asks. Throws BadInput. */
	read: (parameters: Parameters) => Q;
	ask: (inquiry: Inquiry, question: Q) => Promise<Attempt<A>>;
	/** What comes out of the answer to an item's question. */
	toItems: (answer: A, question: Q) => INodeExecutionData[] | Promise<INodeExecutionData[]>;
}

/**
 * Asks a question for each item, several at a time; answers come out in the items' order. Nothing is asked before every
 * item was read. The first failure ends it (or goes on in its item, with "Continue on fail").
 */
export async function askForEach<Q, A>(node: IExecuteFunctions, { parameters, read, ask, toItems }: Question<Q, A>): Promise<INodeExecutionData[][]> {
	const count = node.getInputData().length;
	if (count === 0) return [[]];
	const readerOf = (index: number) => new Parameters(parameters, (name) => node.getNodeParameter(name, index, null));
	// Of the whole node, so the first item says it.
	const maxConcurrency = readerOf(0).count('options.maxConcurrency');
	const connection = connect(await node.getCredentials(CREDENTIAL_TYPE), readLimits(readerOf(0)));
	checkAddress(connection.credential, 'mcpUrl');
	const questions = Array.from({ length: count }, (_, index) => readQuestion(read, readerOf(index)));
	const stopOnFailure = !node.continueOnFail();
	const unreadable = questions.findIndex((question) => question instanceof BadInput);
	if (unreadable >= 0 && stopOnFailure) throw toError(node.getNode(), (questions[unreadable] as BadInput).failure, unreadable);

	const signal = node.getExecutionCancelSignal();
	// Once one has failed, the others need not be waited for: asking changes nothing.
	const gaveUp = new AbortController();
	let first: ReturnType<typeof firstFailure>;
	const inquiry = new Inquiry(node, connection, AbortSignal.any([gaveUp.signal, ...(signal ? [signal] : [])]));
	const answer = async (index: number): Promise<Attempt<INodeExecutionData[]>> => {
		const attempt = await answerOne(questions[index]);
		if (attempt.kind === 'failed' && stopOnFailure) {
			first ??= { index, failure: attempt.failure };
			gaveUp.abort();
		}
		return attempt;
	};
	const answerOne = async (question: Q | BadInput): Promise<Attempt<INodeExecutionData[]>> => {
		if (question instanceof BadInput) return { kind: 'failed', failure: question.failure };
		const attempt = await ask(inquiry, question);
		return attempt.kind === 'done' ? await finish(async () => await toItems(attempt.value, question)) : attempt;
	};
	const outcomes = await workThrough(count, answer, { maxConcurrency, maxTries: connection.maxTries, stopOnFailure, signal }).finally(() => void inquiry.close());
	first ??= firstFailure(outcomes);
	if (first !== undefined && stopOnFailure) throw toError(node.getNode(), first.failure, first.index);
	return [outcomes.flatMap(toOutput)];
}

/** What n8n could not store is the item's failure, not that of all items. */
async function finish(make: () => INodeExecutionData[] | Promise<INodeExecutionData[]>): Promise<Attempt<INodeExecutionData[]>> {
	try {
		return { kind: 'done', value: await make() };
	} catch (error) {
		return { kind: 'failed', failure: { message: `The answer could not be stored: ${(error as Error).message}`, hint: "Check n8n's binary data settings and its free space." } };
	}
}

function toOutput(outcome: Outcome<INodeExecutionData[]>, index: number): INodeExecutionData[] {
	if (outcome.kind !== 'done') return [failedItem(failureIn(outcome), index)];
	return outcome.value.map((item) => ({ ...item, pairedItem: { item: index } }));
}

function readQuestion<Q>(read: (parameters: Parameters) => Q, parameters: Parameters): Q | BadInput {
	try {
		return read(parameters);
	} catch (error) {
		return new BadInput(failureOf(error));
	}
}

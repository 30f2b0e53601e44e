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
	const inquiry = new Inquiry(node, connection, signal);
	const answer = async (index: number): Promise<Attempt<A>> => {
		const question = questions[index];
		return question instanceof BadInput ? { kind: 'failed', failure: question.failure } : await ask(inquiry, question);
	};
	const outcomes = await workThrough(count, answer, { maxConcurrency, maxTries: connection.maxTries, stopOnFailure, signal });
	void inquiry.close();
	const first = firstFailure(outcomes);
	if (first !== undefined && stopOnFailure) throw toError(node.getNode(), first.failure, first.index);
	const toOutput = async (outcome: Outcome<A>, index: number) => {
		if (outcome.kind !== 'done') return [failedItem(failureIn(outcome), index)];
		const items = await toItems(outcome.value, questions[index] as Q);
		return items.map((item) => ({ ...item, pairedItem: { item: index } }));
	};
	return [(await Promise.all(outcomes.map(toOutput))).flat()];
}

function readQuestion<Q>(read: (parameters: Parameters) => Q, parameters: Parameters): Q | BadInput {
	try {
		return read(parameters);
	} catch (error) {
		return new BadInput(failureOf(error));
	}
}

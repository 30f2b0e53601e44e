import type { IExecuteFunctions } from 'n8n-workflow';

import type { Failure } from '../../transport/failure';
import { ASK_BEFORE_STARTING_AGAIN, type StartedRun } from '../../transport/startRun';
import { Memory, placeOfMemory } from '../memory';

const SENT_BEFORE: Failure = {
	message: 'It is not known whether NenAI started the run: the execution was stopped before the answer came',
	hint: ASK_BEFORE_STARTING_AGAIN,
	uncertain: true,
};

/** The runs that this run of the node already started. A request is the address that it goes to, and what is sent. */
export class StartedRuns extends Memory<StartedRun> {
	constructor(context: ReturnType<IExecuteFunctions['getContext']>, runIndex: number) {
		super(context, 'nenAiRuns', runIndex, SENT_BEFORE);
	}
}

export function memoryOf(this: IExecuteFunctions): StartedRuns {
	const { context, runIndex } = placeOfMemory.call(this);
	return new StartedRuns(context, runIndex);
}

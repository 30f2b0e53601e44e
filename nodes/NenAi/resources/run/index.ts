import { defineResource } from '../../../shared/execution/router';
import * as get from './get';
import * as getLogs from './getLogs';
import * as getMany from './getMany';
import * as start from './start';
import * as startAndWait from './startAndWait';

export const run = defineResource(
	{
		name: 'Run',
		value: 'run',
		description: 'Start runs of a NenAI workflow, wait for them, ask about them',
	},
	[startAndWait, start, get, getMany, getLogs],
	// As the tool of an agent, Start and Wait cannot work.
	start,
);

/** What a waiting execution does with a callback. */
export const { webhook } = startAndWait;

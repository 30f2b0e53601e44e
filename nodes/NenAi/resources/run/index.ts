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
		description:
			'A run is one execution of a NenAI workflow: start it, wait for its result, or check its status',
	},
	[startAndWait, start, get, getMany, getLogs],
	// Start is the default, because Start and Wait does not work as a tool of older AI agents:
	// docs/internals/n8n-behaviour.md#tools-of-ai-agents
	start,
);

/** Handles a callback to a waiting execution. */
export const { webhook } = startAndWait;

export { OUTPUTS_EXPRESSION } from './outputs';

import { defineResource } from '../../../shared/execution/router';
import * as getMany from './getMany';

export const workflow = defineResource(
	{
		name: 'Workflow',
		value: 'workflow',
		description: 'The NenAI workflows of your account (not your n8n workflows)',
	},
	[getMany],
);

import { defineResource } from '../../../shared/execution/router';
import { closeSession } from './closeSession';
import * as create from './create';
import { remove } from './delete';
import * as get from './get';
import * as getMany from './getMany';
import * as getSession from './getSession';
import * as getToolLogs from './getToolLogs';
import { openSession } from './openSession';
import { rename } from './rename';

export const desktop = defineResource(
	{
		name: 'Desktop',
		value: 'desktop',
		description: "Create, find and delete Windows desktops in NenAI's cloud",
	},
	[create, get, getMany, rename, remove, openSession, getSession, closeSession, getToolLogs],
);

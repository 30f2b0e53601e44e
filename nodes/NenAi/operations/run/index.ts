import { makeResource } from '../resource';
import * as start from './start';
import * as startAndWait from './startAndWait';

export const run = makeResource({ name: 'Run', value: 'run' }, [start, startAndWait]);

/** What a waiting execution does with a callback. */
export const { webhook } = startAndWait;

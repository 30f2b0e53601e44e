import { defineResource } from '../../../shared/execution/router';
import * as download from './download';

export const result = defineResource(
	{ name: 'Result', value: 'result', description: 'Download the files of a result' },
	[download],
);

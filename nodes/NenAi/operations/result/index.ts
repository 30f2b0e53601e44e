import { defineResource } from '../resource';
import * as download from './download';

export const result = defineResource({ name: 'Result', value: 'result', description: 'The files of a result' }, [download]);

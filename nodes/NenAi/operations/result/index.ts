import { makeResource } from '../resource';
import * as download from './download';

export const result = makeResource({ name: 'Result', value: 'result', description: 'The files of a result' }, [download]);

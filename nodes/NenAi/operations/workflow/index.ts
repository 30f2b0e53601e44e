import { makeResource } from '../resource';
import * as getMany from './getMany';

export const workflow = makeResource({ name: 'Workflow', value: 'workflow' }, [getMany]);

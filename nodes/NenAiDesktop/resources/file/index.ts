import { defineResource } from '../../../shared/execution/router';
import * as download from './download';
import * as getMany from './getMany';
import * as upload from './upload';

export const file = defineResource(
	{ name: 'File', value: 'file', description: 'Upload, download and list the files of a desktop' },
	[upload, download, getMany],
);

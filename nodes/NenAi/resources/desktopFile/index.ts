import { defineResource } from '../../../shared/execution/router';
import * as download from './download';
import * as getMany from './getMany';
import * as upload from './upload';

export const desktopFile = defineResource(
	{ name: 'Desktop File', value: 'desktopFile', description: 'The files of a desktop' },
	[upload, download, getMany],
);

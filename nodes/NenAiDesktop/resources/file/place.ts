import type { INodeProperties } from 'n8n-workflow';

import { isBroken } from '../../../shared/transport/desktop/request';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { say } from '../../../shared/failures/text';

export const folderProperty: INodeProperties = {
	displayName: 'Folder',
	name: 'path',
	type: 'string',
	default: '',
	placeholder: 'e.g. Reports/2026',
	description:
		'A folder on the drive where Upload puts files. Empty: on the drive itself, in no folder.',
};

/** Throws InvalidParameterError for a folder that leads out of the drive. */
export function readFolder(given: ParameterReader): string {
	const path = given.exactText('path');
	// A link may be a secret.
	if (path.includes('://'))
		throw invalidParameter(
			say`Folder (path) is a link`,
			say`Enter the names of folders with / between them.`,
		);
	if (path.split(/[/\\]/).includes('..') || isBroken(path))
		throw invalidParameter(
			say`Folder (path) is "${path}", which leads elsewhere`,
			say`Enter the names of folders with / between them, without "..".`,
		);
	return path;
}

/**
 * Throws InvalidParameterError for what is no name of a file, or would lead out of its folder.
 *
 * @param instead what to do about it
 */
export function checkFileName(
	name: string,
	source: string,
	instead = say`Enter the name of the file, such as claims.xlsx.`,
): string {
	if (name.trim() === '') throw invalidParameter(say`${source} is empty`, instead);
	if (/[/\\]|\.\./.test(name) || name === '.' || isBroken(name)) {
		throw invalidParameter(
			say`${source} is "${name}", which is not a valid file name`,
			say`${instead} A name must not contain "/", "\\" or "..". The folder is a parameter of its own (path).`,
		);
	}
	return name;
}

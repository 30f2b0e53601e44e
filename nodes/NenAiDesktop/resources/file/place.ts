import type { INodeProperties } from 'n8n-workflow';

import { isBroken } from '../../../shared/transport/desktop/request';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';

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
			'Folder (path) is a link',
			'Enter the names of folders with / between them.',
		);
	if (path.split(/[/\\]/).includes('..') || isBroken(path))
		throw invalidParameter(
			`Folder (path) is "${path}", which leads elsewhere`,
			'Enter the names of folders with / between them, without "..".',
		);
	return path;
}

/**
 * Throws InvalidParameterError for what is no name of a file, or would lead out of its folder.
 *
 * @param instead what to do about it
 */
export function checkFileName(name: string, source: string, instead = ''): string {
	if (name.trim() === '')
		throw invalidParameter(
			`${source} is empty`,
			instead || 'Enter the name of the file, such as claims.xlsx.',
		);
	if (/[/\\]|\.\./.test(name) || name === '.' || isBroken(name)) {
		throw invalidParameter(
			`${source} is "${name}", which NenAI takes for no name of a file`,
			`${instead} A name must not hold "/", "\\" or "..". The folder is a parameter of its own (path).`.trim(),
		);
	}
	return name;
}

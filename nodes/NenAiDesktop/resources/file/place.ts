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
	description: "The folder on the desktop's drive. Leave it empty for the top level of the drive.",
};

/** Throws InvalidParameterError for a folder outside the drive. */
export function readFolder(reader: ParameterReader): string {
	const path = reader.exactText('path');
	// Not quoted: a link may be a secret.
	if (path.includes('://'))
		throw invalidParameter(
			say`Folder (path) must be a folder, but is a link`,
			say`Enter folder names with / between them, such as Reports/2026.`,
		);
	if (path.split(/[/\\]/).includes('..') || isBroken(path))
		throw invalidParameter(
			say`Folder (path) is not a valid folder: "${path}"`,
			say`Enter folder names with / between them, such as Reports/2026, and without "..".`,
		);
	return path;
}

/**
 * Throws InvalidParameterError for an invalid file name, or one that leads out of its folder.
 *
 * @param hint what to do about it
 */
export function checkFileName(
	name: string,
	source: string,
	hint = say`Enter the name of the file, such as claims.xlsx.`,
): string {
	if (name.trim() === '') throw invalidParameter(say`${source} is empty`, hint);
	if (/[/\\]|\.\./.test(name) || name === '.' || isBroken(name)) {
		throw invalidParameter(
			say`${source} is not a valid file name: "${name}"`,
			say`${hint} A file name must not contain "/", "\\" or "..". Enter the folder in Folder (path).`,
		);
	}
	return name;
}

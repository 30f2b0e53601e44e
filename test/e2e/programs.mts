/** Programs that the end-to-end tests need and that no npm package brings. */
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Program {
	/** Names of the executable; the first one found is taken. */
	names: readonly string[];
	/** Debian's package that brings it. */
	debianPackage: string;
	/** Where it may be besides PATH; a pattern may stand for several versions. */
	folders?: readonly string[];
}

/** Debian keeps PostgreSQL's server programs out of PATH, by version. */
const POSTGRES_FOLDERS = ['/usr/lib/postgresql/*/bin'];

export const CHROMIUM: Program = {
	names: ['chromium', 'chromium-browser'],
	debianPackage: 'chromium',
};
export const REDIS: Program = { names: ['redis-server'], debianPackage: 'redis-server' };
export const INITDB: Program = {
	names: ['initdb'],
	debianPackage: 'postgresql',
	folders: POSTGRES_FOLDERS,
};
export const POSTGRES: Program = {
	names: ['postgres'],
	debianPackage: 'postgresql',
	folders: POSTGRES_FOLDERS,
};
export const PSQL: Program = {
	names: ['psql'],
	debianPackage: 'postgresql',
	folders: POSTGRES_FOLDERS,
};

/**
 * The path of a program.
 *
 * @throws Error that names the Debian package to install
 */
export function findProgram(
	{ names, debianPackage, folders = [] }: Program,
	searchPath = process.env.PATH ?? '',
): string {
	const inFolders = [
		...searchPath.split(delimiter),
		...folders.flatMap((pattern) => globSync(pattern)),
	];
	const found = names
		.flatMap((name) => inFolders.map((folder) => join(folder, name)))
		.find((path) => existsSync(path));
	if (found !== undefined) return found;
	throw new Error(
		`${names[0]} is missing, and these tests need it. Install it with: sudo apt-get install ${debianPackage}`,
	);
}

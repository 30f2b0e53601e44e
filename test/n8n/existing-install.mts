/** An n8n that somebody has installed already, for example because npm no longer has it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** That of a project may have no name. */
const PackageJson = z.object({ name: z.string().optional(), version: z.string().optional() });

export interface ExistingN8n {
	version: string;
	/** The script to run with Node. */
	bin: string;
	/** The folder with n8n's dependencies. */
	nodeModules: string;
}

/** Where the package n8n can be below the folder: the package itself, a local install, or a global one. */
const PLACES = ['.', 'node_modules/n8n', 'lib/node_modules/n8n'];

/**
 * The n8n in this folder.
 *
 * @throws Error when there is none
 */
export function findExistingN8n(folder: string): ExistingN8n {
	for (const place of PLACES) {
		const home = join(folder, place);
		const manifest = join(home, 'package.json');
		if (!existsSync(manifest)) continue;
		const { name, version } = PackageJson.passthrough().parse(
			JSON.parse(readFileSync(manifest, 'utf8')),
		);
		if (name !== 'n8n' || version === undefined) continue;
		const own = join(home, 'node_modules');
		const nodeModules = existsSync(join(own, 'n8n-core')) ? own : dirname(home);
		return { version, bin: join(home, 'bin', 'n8n'), nodeModules };
	}
	throw new Error(
		`N8N_DIR is ${folder}, but there is no n8n in it. Set it to a folder that contains node_modules/n8n, or remove it.`,
	);
}

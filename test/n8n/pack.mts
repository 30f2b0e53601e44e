/** This package as it would be published. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from './run-command.mts';

const Packed = z.array(z.object({ filename: z.string() })).length(1);

/**
 * Builds the package, packs it into a fresh temporary folder and returns the tarball's path.
 *
 * @param root the repository; the current folder by default
 * @throws CommandError with the last lines of what the compiler or npm said
 */
export async function packPackage(root: string = process.cwd()): Promise<string> {
	await runCommand('npm', ['run', 'build'], { cwd: root });
	return await packBuilt(root);
}

/** Packs what has been built before: see {@link packPackage}. */
export async function packBuilt(root: string = process.cwd()): Promise<string> {
	const destination = mkdtempSync(join(tmpdir(), 'nenai-pack-'));
	const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
	const [{ filename }] = Packed.parse(JSON.parse(await runCommand('npm', args, { cwd: root })));
	return join(destination, filename);
}

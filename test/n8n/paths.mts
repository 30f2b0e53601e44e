/** Folders: where big downloads are kept, and how a folder is removed. */
import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder of big downloads, outside the repository, so that a clean checkout finds them again. All checkouts of this
 * project share it: `$XDG_CACHE_HOME` or `~/.cache`, then the project's name.
 */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
	return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'n8n-nodes-nenai');
}

/**
 * Removes a folder with all that is in it, if it exists. A process that has just ended may leave children that still write
 * to the folder: then removing it is tried again, for about two seconds.
 */
export function removeFolder(path: string): void {
	rmSync(path, { recursive: true, force: true, maxRetries: 6, retryDelay: 100 });
}

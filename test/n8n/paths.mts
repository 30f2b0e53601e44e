/** Where big downloads are kept: outside the repository, so that a clean checkout finds them again. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder shared by all checkouts of this project: `$XDG_CACHE_HOME` or `~/.cache`, then the project's name. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
	return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'n8n-nodes-nenai');
}

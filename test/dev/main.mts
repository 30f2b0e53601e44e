/**
 * `npm run dev`: n8n with the package, which is loaded again when its sources change. Stays up until Ctrl-C.
 * `--port N` sets the editor's port (5678). Workflows and credentials stay in the cache folder.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../n8n/errors.mts';
import { cacheRoot } from '../n8n/paths.mts';
import { develop } from './develop.mts';

const say = (line: string) => process.stdout.write(`${line}\n`);

try {
	const { values } = parseArgs({ options: { port: { type: 'string', default: '5678' } } });
	const userFolder = join(cacheRoot(), 'dev');
	mkdirSync(userFolder, { recursive: true });
	const { n8n, close } = await develop({
		root: join(import.meta.dirname, '../..'),
		userFolder,
		port: Number(values.port),
		onProgress: say,
	});
	say(`The editor is at ${n8n.url} until you press Ctrl-C. Its log is ${n8n.logPath}`);
	await new Promise<void>((resolve) => {
		process.once('SIGINT', resolve);
		process.once('SIGTERM', resolve);
	});
	await close();
} catch (error) {
	process.stderr.write(`\nn8n could not be started: ${messageOf(error)}\n`);
	process.exitCode = 1;
}

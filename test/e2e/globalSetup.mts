/** Jest calls this before the first end-to-end test: gets every n8n that they need, and packs the package once. */
import { ensureN8n, N8N_VERSIONS, OTHER_VERSIONS } from '../n8n/install.mts';
import { packPackage } from '../n8n/pack.mts';
import { prepareSharing } from './shared-n8n.mts';
import { TARBALL_VARIABLE } from './tarball.mts';

export default async function setUp({ rootDir }: { rootDir: string }): Promise<void> {
	// Here, since it takes minutes the first time, and no test has so long.
	for (const version of [...N8N_VERSIONS, ...OTHER_VERSIONS])
		await ensureN8n(version, (text) => process.stderr.write(`${text}\n`));
	prepareSharing();
	process.env[TARBALL_VARIABLE] = await packPackage(rootDir);
}

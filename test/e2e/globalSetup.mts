/** Jest calls this before the first end-to-end test: packs the package once for all of them. */
import { packPackage } from '../n8n/pack.mts';
import { TARBALL_VARIABLE } from './tarball.mts';

export default async function setUp({ rootDir }: { rootDir: string }): Promise<void> {
	process.env[TARBALL_VARIABLE] = await packPackage(rootDir);
}

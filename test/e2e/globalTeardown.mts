/** Jest calls this after the last end-to-end test. */
import { dirname } from 'node:path';
import { removeFolder } from '../n8n/paths.mts';
import { endSharing } from './shared-n8n.mts';
import { tarball } from './tarball.mts';

export default function tearDown(): void {
	endSharing();
	removeFolder(dirname(tarball()));
}

/** Jest calls this after the last end-to-end test. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { endSharing } from './shared-n8n.mts';
import { tarball } from './tarball.mts';

export default function tearDown(): void {
	endSharing();
	rmSync(dirname(tarball()), { recursive: true, force: true });
}

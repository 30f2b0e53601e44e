/** n8n-core writes its instance settings below this folder: keep them out of the developer's own n8n. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env.N8N_USER_FOLDER ??= join(tmpdir(), `nenai-n8n-core-${process.env.JEST_WORKER_ID}`);
process.env.N8N_LOG_LEVEL ??= 'silent';

/** `npm run test:e2e`: the tests on real n8n processes. Arguments go to jest. */
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(
	'npm',
	['run', '--silent', 'jest', '--', '-c', 'jest.e2e.config.mjs', ...process.argv.slice(2)],
	{
		stdio: 'inherit',
		shell: process.platform === 'win32',
	},
);
process.exit(status ?? 1);

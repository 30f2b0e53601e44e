/** `npm test`: type check, lint, then the unit and node tests. Arguments go to jest. */
import { spawnSync } from 'node:child_process';

const JEST_ARGUMENTS = process.argv.slice(2);

const STEPS = [
	['Type check of the package', 'npm', ['run', '--silent', 'typecheck']],
	['Format check (Prettier)', 'npm', ['run', '--silent', 'format:check']],
	['Lint by the rules of n8n', 'npm', ['run', '--silent', 'lint']],
	['Build', 'npm', ['run', '--silent', 'build']],
	["Scan of the package by n8n's scanner", process.execPath, ['scripts/scan.mjs']],
	['Tests', 'npm', ['run', '--silent', 'jest', '--', ...JEST_ARGUMENTS]],
];

for (const [title, command, args] of STEPS) {
	process.stdout.write(`\n== ${title}\n`);
	const { status } = spawnSync(command, args, {
		stdio: 'inherit',
		shell: process.platform === 'win32',
	});
	if (status !== 0) {
		process.stderr.write(`\n${title} failed.\n`);
		process.exit(1);
	}
}

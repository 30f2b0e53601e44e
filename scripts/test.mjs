/** `npm test`: checks of the code, build, scan, then the unit and node tests. Arguments go to jest. */
import { spawn } from 'node:child_process';

const JEST_ARGUMENTS = process.argv.slice(2);

/** They do not need each other's results, so they run at the same time. */
const CHECKS = [
	['Type check', 'npm', ['run', '--silent', 'typecheck']],
	['Format check (Prettier)', 'npm', ['run', '--silent', 'format:check']],
	['Lint by the rules of n8n', 'npm', ['run', '--silent', 'lint']],
];

/** The types are checked by then, so the build only bundles. */
const STEPS = [
	['Build', 'npx', ['gulp', '--series', 'clean', 'default']],
	["Scan of the package by n8n's scanner", process.execPath, ['scripts/scan.mjs']],
	['Tests', 'npm', ['run', '--silent', 'jest', '--', ...JEST_ARGUMENTS]],
];

/** Resolves with the exit code. With `output`, what the command prints goes there instead of the terminal. */
const run = async ([, command, args], output) =>
	await new Promise((resolve, reject) => {
		const child = spawn(command, args, {
			stdio: output === undefined ? 'inherit' : ['inherit', 'pipe', 'pipe'],
			shell: process.platform === 'win32',
		});
		for (const stream of output === undefined ? [] : [child.stdout, child.stderr])
			stream.on('data', (chunk) => output.push(chunk));
		child.on('error', reject).on('close', resolve);
	});

function endIfFailed(title, status) {
	if (status === 0) return;
	process.stderr.write(`\n${title} failed.\n`);
	process.exit(1);
}

const begin = (title) => process.stdout.write(`\n== ${title}\n`);

const outputs = CHECKS.map(() => []);
const statuses = await Promise.all(CHECKS.map((check, index) => run(check, outputs[index])));
for (const [index, [title]] of CHECKS.entries()) {
	begin(title);
	process.stdout.write(Buffer.concat(outputs[index]));
}
for (const [index, [title]] of CHECKS.entries()) endIfFailed(title, statuses[index]);

for (const step of STEPS) {
	begin(step[0]);
	endIfFailed(step[0], await run(step));
}

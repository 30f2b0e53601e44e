/** Holds what would be published, and its sources, against n8n's own scanner of community packages. Needs a build. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
	analyzePackage,
	SOURCE_FILE_PATTERNS,
} from '@n8n/scan-community-package/scanner/scanner.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'nenai-scan-'));

function run(command, args) {
	const { status, stdout, stderr } = spawnSync(command, args, {
		cwd: ROOT,
		encoding: 'utf8',
		shell: process.platform === 'win32',
	});
	if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
	return stdout;
}

/** The tarball that npm would publish, unpacked. */
function unpacked() {
	const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder]));
	const target = join(folder, 'package');
	mkdirSync(target);
	run('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
	return target;
}

try {
	const results = [
		await analyzePackage(unpacked()),
		await analyzePackage(ROOT, SOURCE_FILE_PATTERNS),
	];
	for (const { passed, message, details } of results) {
		if (!passed) process.stderr.write(`${message}\n${details ?? ''}\n`);
	}
	process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
} finally {
	rmSync(folder, { recursive: true, force: true });
}

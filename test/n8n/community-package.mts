/** A packed community package in an n8n's folder, as n8n's own installer leaves it. */
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { removeFolder } from './paths.mts';
import { runCommand } from './run-command.mts';

/** The flags with which n8n's installer calls npm inside the package, in 1.123 and 2.41 alike. */
const N8N_INSTALL_FLAGS = [
	'--audit=false',
	'--fund=false',
	'--bin-links=false',
	'--install-strategy=shallow',
	'--ignore-scripts=true',
	'--package-lock=false',
];

const PackageJson = z.object({ name: z.string().min(1), version: z.string().min(1) }).passthrough();

const Ledger = z.object({ dependencies: z.record(z.string(), z.string()) }).passthrough();

export interface InstalledPackage {
	name: string;
	version: string;
}

/**
 * Unpacks a tarball below `<userFolder>/.n8n/nodes`, step by step as n8n's community package installer does:
 * devDependencies, peerDependencies and optionalDependencies are taken out of its package.json before npm
 * installs what it depends on. Replaces what was there under the same name.
 *
 * @throws CommandError when tar or npm fails, ZodError when the tarball holds no package
 */
export async function installCommunityPackage(
	tarball: string,
	userFolder: string,
): Promise<InstalledPackage> {
	const nodesFolder = join(userFolder, '.n8n', 'nodes');
	mkdirSync(join(nodesFolder, 'node_modules'), { recursive: true });
	const unpacked = mkdtempSync(join(nodesFolder, 'unpacking-'));
	await runCommand('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
	const { name, version } = stripPackageJson(join(unpacked, 'package.json'));
	const folder = join(nodesFolder, 'node_modules', name);
	mkdirSync(dirname(folder), { recursive: true });
	removeFolder(folder);
	renameSync(unpacked, folder);
	await runCommand('npm', ['install', ...N8N_INSTALL_FLAGS], { cwd: folder });
	recordInLedger(join(nodesFolder, 'package.json'), { name, version });
	return { name, version };
}

function stripPackageJson(path: string): InstalledPackage {
	const { devDependencies, peerDependencies, optionalDependencies, ...kept } = PackageJson.parse(
		JSON.parse(readFileSync(path, 'utf8')),
	);
	writeFileSync(path, JSON.stringify(kept, null, 2));
	return { name: kept.name, version: kept.version };
}

function recordInLedger(path: string, { name, version }: InstalledPackage): void {
	const before = existsSync(path)
		? Ledger.parse(JSON.parse(readFileSync(path, 'utf8')))
		: { name: 'installed-nodes', private: true, dependencies: {} };
	const after = { ...before, dependencies: { ...before.dependencies, [name]: version } };
	writeFileSync(path, JSON.stringify(after, null, 2));
}

/** The lock files from which n8n is installed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { N8N_VERSIONS, OTHER_VERSIONS } from './versions.mts';

const PackageLock = z.object({
	packages: z.record(
		z.string(),
		z.object({
			version: z.string().optional(),
			resolved: z.string().optional(),
			integrity: z.string().optional(),
			dependencies: z.record(z.string(), z.string()).optional(),
		}),
	),
});

const REGISTRY = 'https://registry.npmjs.org/';

describe.each([...N8N_VERSIONS, ...OTHER_VERSIONS])('%s', (version) => {
	const text = gunzipSync(readFileSync(join(__dirname, 'locks', `n8n-${version}.json.gz`)));
	const { packages } = PackageLock.parse(JSON.parse(text.toString('utf8')));

	test('is all that the lock file asks for', () => {
		expect(packages[''].dependencies).toEqual({ n8n: version });
		expect(packages['node_modules/n8n'].version).toBe(version);
	});

	test('each package comes from the registry, with its checksum', () => {
		const others = Object.entries(packages).filter(
			([path, { resolved = REGISTRY, integrity }]) =>
				path !== '' && (!resolved.startsWith(REGISTRY) || integrity === undefined),
		);
		expect(others).toEqual([]);
	});
});

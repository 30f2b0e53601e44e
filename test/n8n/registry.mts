/** An npm registry on loopback, with nothing in it but what a test publishes; and an npm that asks it, for n8n's own installer. */
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { childEnvironment, runCommand } from './run-command.mts';

const PackageJson = z.object({ name: z.string(), version: z.string() }).passthrough();
type PackageJson = z.output<typeof PackageJson>;

interface Published {
	packageJson: PackageJson;
	/** Its file name is the last part of its address. */
	file: string;
	bytes: Buffer;
}

export class Registry {
	readonly #server: FastifyInstance;
	readonly #published: Published[] = [];
	#url = '';

	private constructor(server: FastifyInstance) {
		this.#server = server;
		server.get<{ Params: { name: string } }>('/:name', async ({ params }, reply) => {
			const versions = this.#versionsOf(params.name);
			return versions.length > 0
				? this.#describe(params.name, versions)
				: await reply.code(404).send({ error: 'Not found' });
		});
		server.get<{ Params: { file: string } }>('/:name/-/:file', async ({ params }, reply) => {
			const found = this.#published.find(({ file }) => file === params.file);
			return await (found
				? reply.type('application/octet-stream').send(found.bytes)
				: reply.code(404).send());
		});
	}

	static async start(): Promise<Registry> {
		const registry = new Registry(Fastify());
		registry.#url = await registry.#server.listen({ host: '127.0.0.1', port: 0 });
		return registry;
	}

	/** Puts a packed package into the registry, as the version that is installed when none is named. */
	async publish(tarball: string): Promise<PackageJson> {
		const packageJson = PackageJson.parse(
			JSON.parse(await runCommand('tar', ['-xzOf', tarball, 'package/package.json'])),
		);
		this.#published.push({ packageJson, file: basename(tarball), bytes: readFileSync(tarball) });
		return packageJson;
	}

	/**
	 * Writes an `npm` into a folder that asks this registry, whichever its caller names, and gives the environment of a
	 * process that finds it: n8n takes another registry than npm's own from those who have a licence only.
	 */
	npmIn(folder: string): Readonly<Record<string, string>> {
		const path = childEnvironment().PATH ?? '';
		const npm = join(folder, 'npm');
		writeFileSync(
			npm,
			`#!/bin/sh\nunset HTTPS_PROXY https_proxy\nPATH='${path}' exec npm "$@" --registry=${this.#url} --cache='${join(folder, 'npm-cache')}'\n`,
		);
		chmodSync(npm, 0o755);
		return { PATH: [folder, path].join(delimiter) };
	}

	async close(): Promise<void> {
		await this.#server.close();
	}

	#versionsOf(name: string): Published[] {
		return this.#published.filter(({ packageJson }) => packageJson.name === name);
	}

	/** As npm's registry describes a package to npm. */
	#describe(name: string, versions: Published[]) {
		const describe = ({ packageJson, file, bytes }: Published) => ({
			...packageJson,
			dist: {
				tarball: `${this.#url}/${name}/-/${file}`,
				integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
			},
		});
		return {
			name,
			'dist-tags': { latest: versions.at(-1)?.packageJson.version },
			versions: Object.fromEntries(versions.map((one) => [one.packageJson.version, describe(one)])),
		};
	}
}

/** The community packages of an n8n, as its owner installs and removes them in Settings → Community nodes. */
import { z } from 'zod';
import type { RestSession } from './rest.mts';

const Installed = z.object({
	packageName: z.string(),
	installedVersion: z.string(),
	updateAvailable: z.string().optional(),
});
export type Installed = z.output<typeof Installed>;

const PATH = '/community-packages';

export class CommunityPackages {
	readonly #session: RestSession;

	constructor(session: RestSession) {
		this.#session = session;
	}

	async list(): Promise<Installed[]> {
		return await this.#session.send({ method: 'GET', path: PATH }, z.array(Installed));
	}

	/** n8n 1 looks up "latest" at npm's own registry only, so the version is named. */
	async install(name: string, version: string): Promise<Installed> {
		return await this.#session.send(
			{ method: 'POST', path: PATH, body: { name, version } },
			Installed,
		);
	}

	async update(name: string, version: string): Promise<Installed> {
		return await this.#session.send(
			{ method: 'PATCH', path: PATH, body: { name, version } },
			Installed,
		);
	}

	async uninstall(name: string): Promise<void> {
		await this.#session.send({ method: 'DELETE', path: PATH, query: { name } }, z.unknown());
	}
}

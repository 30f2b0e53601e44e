/** The page "Agents" of n8n 2.41, as its owner uses it. */
import { z } from 'zod';
import type { RestSession } from './rest.mts';

const Project = z.object({ id: z.string() });
const Made = z.object({ id: z.string(), configHash: z.string() });
const Validation = z.object({ status: z.string(), issues: z.array(z.unknown()) });

/** An event of an answer: what the agent says, and which tools it calls. */
const AgentEvent = z
	.object({ type: z.string(), toolName: z.string().optional(), output: z.unknown() })
	.passthrough();

export type AgentEvent = z.output<typeof AgentEvent>;

export class Agents {
	readonly #session: RestSession;

	constructor(session: RestSession) {
		this.#session = session;
	}

	/**
	 * Makes an agent, and gives its id.
	 *
	 * @param config its model, its instructions and its tools
	 * @throws Error when n8n finds something wrong in the configuration
	 */
	async create(config: Readonly<Record<string, unknown>>): Promise<string> {
		const path = await this.#path();
		const { name } = config;
		const { id, configHash } = await this.#session.send(
			{ method: 'POST', path, body: { name } },
			Made,
		);
		await this.#session.send(
			{ method: 'PUT', path: `${path}/${id}/config`, body: { config, baseConfigHash: configHash } },
			z.unknown(),
		);
		const { status, issues } = await this.#session.send(
			{ method: 'GET', path: `${path}/${id}/validation` },
			Validation,
		);
		if (status !== 'valid')
			throw new Error(`n8n calls the agent ${status}: ${JSON.stringify(issues)}`);
		return id;
	}

	/** Says something in the preview of the agent, and gives all events until the agent has answered or pauses. */
	async chat(id: string, message: string, sessionId: string): Promise<AgentEvent[]> {
		const events = await this.#session.postForEvents(`${await this.#path()}/${id}/chat`, {
			message,
			sessionId,
		});
		return events.map((event) => AgentEvent.parse(event));
	}

	/** The conversation, as n8n has stored it. */
	async messages(id: string, sessionId: string): Promise<unknown> {
		return await this.#session.send(
			{ method: 'GET', path: `${await this.#path()}/${id}/chat/${sessionId}/messages` },
			z.unknown(),
		);
	}

	async #path(): Promise<string> {
		const { id } = await this.#session.send({ method: 'GET', path: '/projects/personal' }, Project);
		return `/projects/${id}/agents/v2`;
	}
}

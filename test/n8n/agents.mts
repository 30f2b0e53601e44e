/** The page "Agents" of n8n 2.41, as its owner uses it. */
import { z } from 'zod';
import type { RestSession } from './rest.mts';

const Made = z.object({ id: z.string(), configHash: z.string() });
const Validation = z.object({ status: z.string(), issues: z.array(z.unknown()) });

/** An event of an answer: what the agent says, and which tools it calls. */
const AgentEvent = z
	.object({ type: z.string(), toolName: z.string().optional(), output: z.unknown() })
	.passthrough();

const Suspended = z.object({ payload: z.object({ runId: z.string(), toolCallId: z.string() }) });

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
		return await this.#events(`${await this.#path()}/${id}/chat`, { message, sessionId });
	}

	/** Presses "Check for the result" in a conversation that pauses, and gives all events until the agent has answered. */
	async checkForResult(id: string, suspended: AgentEvent): Promise<AgentEvent[]> {
		const { runId, toolCallId } = Suspended.parse(suspended).payload;
		return await this.#events(`${await this.#path()}/${id}/chat/resume`, {
			runId,
			toolCallId,
			resumeData: { type: 'button', value: 'continue' },
		});
	}

	async #events(path: string, body: unknown): Promise<AgentEvent[]> {
		const events = await this.#session.postForEvents(path, body);
		return events.map((event) => AgentEvent.parse(event));
	}

	async #path(): Promise<string> {
		const id = await this.#session.personalProject();
		return `/projects/${id}/agents/v2`;
	}
}

/** A NenAI Polling Trigger in a real n8n, and the runs that it finds. */
import { node } from '../n8n/build-workflow.mts';
import type { Execution } from '../n8n/client.mts';
import { waitFor } from '../n8n/poll.mts';
import { jsonOf, type E2eEnvironment } from './environment.mts';
import type { CredentialRef } from './workflows.mts';

/** n8n refuses a cron expression with several seconds, but takes several expressions. */
export const EVERY_THREE_SECONDS = {
	item: Array.from({ length: 20 }, (_, n) => ({
		mode: 'custom',
		cronExpression: `${n * 3} * * * * *`,
	})),
};

/** A polling trigger that polls every three seconds. */
export const polling = (nenAiApi: CredentialRef, name = 'NenAI Polling Trigger') =>
	node(
		name,
		'n8n-nodes-nenai.nenAiPollingTrigger',
		1,
		{ workflowId: 'w-1', pollTimes: EVERY_THREE_SECONDS },
		{ id: 'polling', credentials: { nenAiApi } },
	);

/** Message IDs of runs with these numbers. */
export const ranges = (from: number, to: number) =>
	Array.from({ length: to - from }, (_, n) => `m-${from + n}`);

/** What a test does with the runs at NenAI, and what n8n has made of them. */
export function watch(
	{ client, sandbox }: Pick<E2eEnvironment, 'client' | 'sandbox'>,
	workflow: string,
) {
	const known = new Map<string, Execution>();
	/** Of all executions, the oldest first. */
	const executions = async () => {
		for (const { id, status } of await client.executions(workflow))
			if (!known.has(id) && status !== 'running' && status !== 'new')
				known.set(id, await client.waitForExecution(id));
		return [...known.values()].sort((a, b) => Number(a.id) - Number(b.id));
	};
	/** The runs that started the workflow, in this order. */
	const started = async () =>
		(await executions()).flatMap((execution) =>
			jsonOf(execution, 'Done').map(({ messageId }) => String(messageId)),
		);
	return {
		started,
		failed: async () => (await executions()).filter(({ status }) => status === 'error'),
		end: (ids: string[], status = 'completed') => {
			for (const id of ids)
				sandbox.runs.set(id, { status, workflowId: 'w-1', endTime: new Date().toISOString() });
		},
		untilStarted: async (count: number) =>
			await waitFor(
				`${count} runs`,
				async () => ((await started()).length >= count ? true : undefined),
				{ timeoutMs: 60_000, lastSeen: () => `${known.size} executions` },
			),
		untilAsked: async (more = 1) => {
			const asked = () => sandbox.state().counts.mcpInitializes;
			const before = asked();
			await waitFor('a poll', () => (asked() >= before + more ? true : undefined), {
				timeoutMs: 60_000,
			});
		},
	};
}

/** The outputs of Start and Wait: each result leaves through exactly one of them, whatever is switched on around the node. */
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { chain, node } from '../n8n/build-workflow.mts';
import type { Execution, WorkflowJson } from '../n8n/client.mts';
import { NEWEST_N8N } from '../n8n/install.mts';
import { withEnvironment } from './cases.mts';
import { hasRun, jsonOf, startOwnEnvironment, type E2eEnvironment } from './environment.mts';
import { COMBINATIONS, nameOf, type NodeSettings as Settings } from './nodeSettings.mts';
import {
	activate,
	call,
	runAndWait,
	split,
	untilWaiting,
	webhook,
	webhookUrl,
	withBranches,
} from './workflows.mts';

const root = join(__dirname, '../..');

const ENGINES = ['vm', 'quickjs', 'legacy'] as const;

/** What ends the wait, and the output through which the result leaves. `invalid` is not started. */
const ENDS: Record<string, string> = {
	success: 'Success',
	completed: 'Success',
	failed: 'Failed',
	cancelled: 'Failed',
	late: 'Timed Out',
	invalid: 'Failed',
};
const BRANCHES = ['Success', 'Failed', 'Timed Out', 'Error'];

/** A name that breaks an expression in which it is not escaped. */
const NAME = 'Run "it" {{ $json }} \\ \'now\'';

/** A webhook that starts a run, and a node at each output. Each of them looks back at the webhook. */
function branching(
	{ credential }: Pick<E2eEnvironment, 'credential'>,
	settings: Settings,
): WorkflowJson {
	const waiting: INode = {
		...runAndWait(
			credential,
			'={{ $json["body.items"] === "invalid" ? "invalid" : { NAME: $json["body.items"] + " " + $("Webhook").first().json.body.name } }}',
			{
				resumeAmount: '={{ $("Webhook").first().json.body.minutes }}',
				resumeUnit: 'minutes',
			},
		),
		...settings,
		waitBetweenTries: 50,
		name: NAME,
	};
	const nodes = BRANCHES.map((name) =>
		node(name, 'set', 3.4, {
			assignments: {
				assignments: [
					{
						id: 'name',
						name: 'name',
						type: 'string',
						value: '={{ $("Webhook").item.json.body.name }}',
					},
				],
			},
			includeOtherFields: true,
			options: {},
		}),
	);
	const before = chain(nameOf(settings), [webhook(nameOf(settings)), split('body.items'), waiting]);
	return {
		...before,
		nodes: [...before.nodes, ...nodes],
		connections: {
			...before.connections,
			[NAME]: {
				main: BRANCHES.map((name) => [{ node: name, type: 'main' as const, index: 0 }]),
			},
		},
	};
}

/** What is wrong with the branches that an execution took; empty if they are right. */
function problemsOf(execution: Execution, end: string, { onError }: Settings): string[] {
	const taken = BRANCHES.filter((branch) => hasRun(execution, branch));
	const stopped = end === 'invalid' && onError === 'stopWorkflow';
	const wanted =
		end === 'invalid' && onError === 'continueErrorOutput' ? 'Error' : stopped ? [] : ENDS[end];
	if (execution.status !== (stopped ? 'error' : 'success'))
		return [`status ${execution.status}: ${execution.data.resultData.error?.message}`];
	if (String(taken) !== String(wanted)) return [`took "${taken}", not "${wanted}"`];
	return taken.flatMap((branch) => {
		const items = jsonOf(execution, branch);
		const isRight =
			items.length === 1 &&
			items[0].name === end &&
			(end === 'invalid' || 'message_id' in items[0]);
		return isRight ? [] : [`${branch} got ${JSON.stringify(items)}`];
	});
}

describe.each(ENGINES)(`n8n ${NEWEST_N8N} with the expression engine %s`, (engine) => {
	const it = withEnvironment(() =>
		startOwnEnvironment({ root, version: NEWEST_N8N, env: { N8N_EXPRESSION_ENGINE: engine } }),
	);

	it('each result leaves through its output alone, in combinations of settings', async (environment) => {
		const { client, n8n, sandbox } = environment;
		sandbox.setDefaults({ fault: { callbacks: [] } });
		// The default engine with all of them, the others with some of each kind.
		const combinations = COMBINATIONS.filter((_, index) => engine === 'vm' || index % 5 === 1);
		const ids = new Map<Settings, string>();
		for (const settings of combinations)
			ids.set(settings, await activate(client, branching(environment, settings)));
		for (const settings of combinations)
			for (const name of Object.keys(ENDS)) {
				const item = name === 'invalid' ? 'invalid' : nameOf(settings);
				const body = {
					name,
					minutes: name === 'late' ? 0.02 : 30,
					items: settings.executeOnce ? [item, 'B', 'C'] : [item],
				};
				expect(await call(webhookUrl(n8n, nameOf(settings)), body)).toBe(200);
			}
		const { runs } = await sandbox.until(
			({ counts }) => counts.runsStarted === 5 * combinations.length,
			120_000,
		);
		const isStored = ({ status }: { status: string }) =>
			['waiting', 'success', 'error'].includes(status);
		for (const id of ids.values())
			await client.waitForExecutions(
				id,
				(all) => all.length === Object.keys(ENDS).length && all.every(isStored),
				120_000,
			);
		for (const { callbackUrl: url, messageId, params } of runs) {
			const status = String(params.NAME).split(' ')[1];
			if (status === 'late') continue;
			const { answer } = await sandbox.deliver({ url: url ?? '', messageId, status });
			expect(answer?.status).toBe(200);
		}
		const problems: string[] = [];
		for (const [settings, id] of ids) {
			const executions = await client.endedExecutions(id, Object.keys(ENDS).length, 120_000);
			for (const execution of executions) {
				const [{ body }] = jsonOf(execution, 'Webhook');
				const { name } = body as { name: string };
				problems.push(
					...problemsOf(execution, name, settings).map(
						(problem) => `${nameOf(settings)} ${name}: ${problem}`,
					),
				);
			}
		}
		expect(problems).toEqual([]);
	});

	it('a simulated run leaves through the output of its outcome, and nothing is sent', async (environment) => {
		const { client, sandbox, credential } = environment;
		for (const [simulatedOutcome, branch] of [
			['success', 'Success'],
			['failed', 'Failed'],
			['timedOut', 'Timed Out'],
		]) {
			const parameters = { testExecutions: 'simulate', simulatedOutcome };
			const { id } = await client.createWorkflow(
				withBranches(
					chain('simulated', [
						node('By hand', 'manualTrigger', 1, {}),
						runAndWait(credential, '{ "NAME": "A" }', parameters),
					]),
					BRANCHES.slice(0, 3),
				),
			);
			const { executionId = '' } = await client.runWorkflowManually(id);
			const execution = await client.waitForExecution(executionId);
			expect(BRANCHES.filter((name) => hasRun(execution, name))).toEqual([branch]);
		}
		expect(sandbox.state().requests).toEqual([]);
	});

	if (engine !== 'vm') return;

	it('n8n is killed, and the workflow is edited, while it waits: each result leaves through its output', async (environment) => {
		const { client, n8n, sandbox } = environment;
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const settings: Settings = { onError: 'continueErrorOutput', alwaysOutputData: true };
		const workflow = branching(environment, settings);
		const id = await activate(client, workflow);
		const names = ['success', 'failed', 'late'];
		for (const name of names) {
			const body = { name, minutes: name === 'late' ? 0.7 : 30, items: ['run'] };
			expect(await call(webhookUrl(n8n, nameOf(settings)), body)).toBe(200);
		}
		await untilWaiting(client, id, names.length);
		await client.updateWorkflow(id, {
			nodes: workflow.nodes.map((each) =>
				each.name === NAME
					? { ...each, name: 'Renamed', parameters: { ...each.parameters, outputs: 'single' } }
					: each,
			),
			connections: {
				Webhook: workflow.connections.Webhook,
				Split: { main: [[{ node: 'Renamed', type: 'main', index: 0 }]] },
				Renamed: { main: [[{ node: 'Success', type: 'main', index: 0 }]] },
			},
		});
		await client.activate(id);
		await n8n.kill();
		await n8n.start();
		for (const { callbackUrl: url, messageId, params } of sandbox.state().runs) {
			const status = String(params.NAME).split(' ')[1];
			if (status === 'late') continue;
			const { answer } = await sandbox.deliver({ url: url ?? '', messageId, status });
			expect(answer?.status).toBe(200);
		}
		const executions = await client.endedExecutions(id, names.length, 180_000);
		const problems = executions.flatMap((execution) => {
			const [{ body }] = jsonOf(execution, 'Webhook');
			return problemsOf(execution, (body as { name: string }).name, settings);
		});
		expect(problems).toEqual([]);
	});

	it('in a sub-workflow, the branch that was taken gives the result to the caller', async (environment) => {
		const { client, n8n, sandbox } = environment;
		sandbox.setDefaults({ fault: { callbacks: [{ status: 'failed' }] } });
		const { nodes, connections } = branching(environment, {});
		const called = node('Webhook', 'executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' });
		const child = await activate(client, {
			...chain('child', [called]),
			nodes: [called, ...nodes.filter(({ name }) => name !== 'Webhook')],
			connections,
		});
		const callChild = node('Call', 'executeWorkflow', 1.2, {
			workflowId: { __rl: true, mode: 'id', value: child },
			options: { waitForSubWorkflow: true },
		});
		const parent = await activate(client, chain('parent', [webhook('parent'), callChild]));
		await call(webhookUrl(n8n, 'parent'), { name: 'failed', minutes: 30, items: ['run'] });
		const [execution] = await client.endedExecutions(parent, 1, 60_000);
		expect(jsonOf(execution, 'Call')).toEqual([
			expect.objectContaining({ status: 'failed', name: 'failed' }),
		]);
	});
});

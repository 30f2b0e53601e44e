/** What a builder can switch on around the node: Execute Once, On Error, Retry On Fail, Always Output Data, Retry in the list. */
import { join } from 'node:path';
import { chain, node } from '../n8n/build-workflow.mts';
import type { Execution } from '../n8n/client.mts';
import { N8N_VERSIONS } from '../n8n/install.mts';
import { errorAnswer } from '../sandbox/index.mts';
import { withEnvironment } from './cases.mts';
import { hasRun, jsonOf, startEnvironment, type E2eEnvironment } from './environment.mts';
import { COMBINATIONS, nameOf, type NodeSettings as Settings } from './nodeSettings.mts';
import {
	activate,
	ANY_WORKFLOW,
	call,
	runAndWait,
	split,
	start,
	trigger,
	triggerUrl,
	untilWaiting,
	webhook,
	webhookUrl,
	withBranches,
} from './workflows.mts';

const root = join(__dirname, '../..');

const NEXT = node('Next', 'noOp', 1, {});

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startEnvironment({ root, version }));

	/** A webhook that starts a run and waits, in a workflow of its own for each combination. */
	async function activateWaiting(
		{ client, credential }: E2eEnvironment,
		settings: Settings,
	): Promise<string> {
		const parameters = {
			resumeAmount: '={{ $("Webhook").first().json.body.minutes }}',
			resumeUnit: 'minutes',
			outputs: 'single',
		};
		const waiting = {
			...runAndWait(credential, '={{ { NAME: $("Webhook").first().json.body.name } }}', parameters),
			...settings,
		};
		return await activate(
			client,
			chain(nameOf(settings), [webhook(nameOf(settings)), split('body.items'), waiting, NEXT]),
		);
	}

	it('Start and Wait goes on exactly once with its own result, or with its time-out, in every combination of settings', async (environment) => {
		const { client, n8n, sandbox } = environment;
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const failures: string[] = [];
		const ids = new Map<Settings, string>();
		for (const settings of COMBINATIONS)
			ids.set(settings, await activateWaiting(environment, settings));
		const begin = async (settings: Settings, name: string, minutes: number) => {
			const items = settings.executeOnce ? ['A', 'B', 'C'] : ['A'];
			expect(await call(webhookUrl(n8n, nameOf(settings)), { name, minutes, items })).toBe(200);
		};
		for (const settings of COMBINATIONS) {
			await begin(settings, `${nameOf(settings)} limit`, 0.02);
			await begin(settings, `${nameOf(settings)} result`, 30);
		}
		const { runs } = await sandbox.until(
			({ counts }) => counts.runsStarted === 2 * COMBINATIONS.length,
			60_000,
		);
		const runOf = (name: string) => runs.find(({ params }) => params.NAME === name);
		for (const id of ids.values())
			await untilWaiting(client, id, 1).catch(async () => await untilWaiting(client, id, 2));

		for (const settings of COMBINATIONS) {
			const run = runOf(`${nameOf(settings)} result`);
			const callback = {
				url: run?.callbackUrl ?? '',
				messageId: run?.messageId,
				workflowId: ANY_WORKFLOW,
			};
			const answers: Array<number | undefined> = [];
			for (const more of [
				{ status: 'success', signature: 'wrong-secret' as const },
				{ status: 'processing' },
				{ status: 'success', body: { own: run?.params.NAME } },
			]) {
				answers.push((await sandbox.deliver({ ...callback, ...more })).answer?.status);
			}
			if (answers.join() !== '401,200,200')
				failures.push(`${nameOf(settings)} answered ${answers.join()}`);
		}
		for (const [settings, id] of ids) {
			const executions = await client.endedExecutions(id, 2, 120_000);
			const goneOn = executions.flatMap((execution) => jsonOf(execution, 'Next'));
			const wanted = ['limit', 'result'].map((what) => {
				const run = runOf(`${nameOf(settings)} ${what}`);
				return what === 'limit'
					? `timeout ${run?.messageId} true`
					: `success ${run?.messageId} ${run?.params.NAME}`;
			});
			const got = goneOn.map(
				(json) => `${json.status} ${json.message_id} ${json.wait_limit_reached ?? json.own}`,
			);
			if (got.sort().join() !== wanted.sort().join())
				failures.push(
					`${nameOf(settings)} went on with ${got.join(', ') || 'nothing'} in place of ${wanted.join(', ')}`,
				);
		}
		expect(failures).toEqual([]);
	});

	it('Start starts each item once, whatever its parameters say at each try, over Retry On Fail and Retry in the list', async (environment) => {
		const { client, n8n, sandbox, credential } = environment;
		const refuse = (times: number) =>
			sandbox.faults.add({
				match: { param: 'NAME', equals: 'C' },
				times,
				refuse: errorAnswer(422, 'json'),
			});
		refuse(3);
		const changing = '={{ { NAME: $json["body.names"], AT: $now.toISO() + Math.random() } }}';
		const retried = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };
		const id = await activate(
			client,
			chain('changing', [
				webhook('changing'),
				split('body.names'),
				start(credential, changing, { workflowId: '={{ "w-" + Math.random() }}' }, retried),
			]),
		);
		await call(webhookUrl(n8n, 'changing'), { names: ['A', 'B', 'C'] });
		const [failed] = await client.endedExecutions(id, 1, 60_000);
		const started = () => sandbox.state().runs.map(({ params }) => params.NAME);
		expect(failed.status).toBe('error');
		expect(started()).toEqual(['A', 'B']);

		const again = await client.waitForExecution(await client.retryExecution(failed.id));
		expect(again.status).toBe('success');
		expect(started()).toEqual(['A', 'B', 'C']);
		expect(jsonOf(again, 'Start').map(({ messageId }) => messageId)).toEqual(
			sandbox.state().runs.map(({ messageId }) => messageId),
		);
		expect(hintsOf(again)).toEqual([
			expect.stringMatching(
				/^These were not done again, although their parameters have changed.*item 0.*item 1.*start a new execution/,
			),
		]);
	});

	it('where a retry fails as well, Retry on the newest execution starts only the rest; the original does not know what the retry has started', async (environment) => {
		const { client, n8n, sandbox, credential } = environment;
		const refuse = (...names: string[]) => {
			sandbox.faults.clear();
			for (const equals of names)
				sandbox.faults.add({
					match: { param: 'NAME', equals },
					refuse: errorAnswer(422, 'json'),
				});
		};
		const retry = async (id: string) =>
			await client.waitForExecution(await client.retryExecution(id));
		const started = () => sandbox.state().runs.map(({ params }) => params.NAME);
		refuse('B', 'C');
		const id = await activate(
			client,
			chain('retries', [
				webhook('retries'),
				split('body.names'),
				start(credential, '={{ { NAME: $json["body.names"] } }}'),
			]),
		);
		await call(webhookUrl(n8n, 'retries'), { names: ['A', 'B', 'C'] });
		const [original] = await client.endedExecutions(id, 1, 60_000);
		refuse('C');
		const newest = await retry(original.id);
		expect([original.status, newest.status, started()]).toEqual(['error', 'error', ['A', 'B']]);

		refuse();
		expect((await retry(newest.id)).status).toBe('success');
		expect(started()).toEqual(['A', 'B', 'C']);
		// What docs/limits.md warns of.
		expect((await retry(original.id)).status).toBe('success');
		expect(started().slice(3).sort()).toEqual(['B', 'C']);
	});

	for (const operation of ['start', 'startAndWait'] as const) {
		it(`${operation}: a run that may have started is not sent again, over Retry On Fail and Retry in the list`, async (environment) => {
			const { client, n8n, sandbox, credential } = environment;
			sandbox.faults.next({ connection: 'drop-after-accept' });
			const changing = '={{ { NAME: "A", AT: Math.random() } }}';
			const unknown = {
				...(operation === 'start'
					? start(credential, changing)
					: runAndWait(credential, changing, { outputs: 'single' })),
				retryOnFail: true,
				maxTries: 3,
				waitBetweenTries: 100,
			};
			const path = `unknown-${operation}`;
			const id = await activate(client, chain(path, [webhook(path), unknown]));
			await call(webhookUrl(n8n, path), {});
			const [failed] = await client.endedExecutions(id, 1, 60_000);
			const again = await client.waitForExecution(await client.retryExecution(failed.id));
			for (const { data } of [failed, again])
				expect(data.resultData.error?.message).toMatch(
					/^It is not known whether NenAI started the run/,
				);
			expect(sandbox.state().counts).toMatchObject({ requests: 1, runsStarted: 1 });
		});
	}

	for (const onError of ['continueRegularOutput', 'continueErrorOutput'] as const) {
		it(`${onError}: what cannot be sent goes on as an item with its error, not as if all were well`, async (environment) => {
			const { client, n8n, sandbox, credential } = environment;
			const path = `bad-${onError}`;
			const failing = {
				...runAndWait(credential, '={{ {} }}', {
					workflowId: '={{ "" }}',
					outputs: 'single',
				}),
				onError,
			};
			const id = await activate(client, chain(path, [webhook(path), failing, NEXT]));
			await call(webhookUrl(n8n, path), {});
			const [execution] = await client.endedExecutions(id, 1, 60_000);
			const output = onError === 'continueErrorOutput' ? 1 : 0;
			expect(jsonOf(execution, 'Run and wait', output)).toEqual([
				expect.objectContaining({
					error: expect.stringContaining('NenAI Workflow (workflowId) is empty'),
				}),
			]);
			expect(hasRun(execution, 'Next')).toBe(output === 0);
			expect(sandbox.state().counts.requests).toBe(0);
		});
	}

	it('each round of a loop is a start of its own', async (environment) => {
		const { client, n8n, sandbox, credential } = environment;
		const loop = node('Loop', 'splitInBatches', 3, { batchSize: 1, options: {} });
		const workflow = chain('rounds', [webhook('rounds'), split('body.names'), loop]);
		const id = await activate(client, {
			...workflow,
			nodes: [...workflow.nodes, start(credential, '={{ { NAME: "same" } }}')],
			connections: {
				...workflow.connections,
				Loop: { main: [[], [{ node: 'Start', type: 'main', index: 0 }]] },
				Start: { main: [[{ node: 'Loop', type: 'main', index: 0 }]] },
			},
		});
		await call(webhookUrl(n8n, 'rounds'), { names: ['A', 'B', 'C'] });
		await client.endedExecutions(id, 1, 60_000);
		expect(sandbox.state().runs).toHaveLength(3);
	});

	it('the trigger passes each callback to the output of its event alone', async (environment) => {
		const { client, n8n, sandbox, credential } = environment;
		const parameters = { events: ['success', 'failed', 'other'], outputs: 'byEvent' };
		const branches = ['Success', 'Failed', 'Other'];
		const id = await activate(
			client,
			withBranches(chain('events', [trigger('events', credential, parameters)]), branches),
		);
		for (const status of ['success', 'failed', 'timeout', 'processing'])
			await sandbox.deliver({ url: triggerUrl(n8n, 'events'), status });
		const executions = await client.endedExecutions(id, 3, 60_000);
		const taken = executions.map((execution) => [
			jsonOf(execution, 'NenAI Trigger', 0).length +
				jsonOf(execution, 'NenAI Trigger', 1).length +
				jsonOf(execution, 'NenAI Trigger', 2).length,
			...branches.filter((branch) => hasRun(execution, branch)),
		]);
		expect(taken.sort()).toEqual([
			[1, 'Failed'],
			[1, 'Other'],
			[1, 'Success'],
		]);
	});
});

/** What the node said on the execution beside its output. */
function hintsOf(execution: Execution): string[] {
	return (execution.data.resultData.runData.Start ?? []).flatMap(({ hints }) =>
		(hints ?? []).map(({ message }) => message),
	);
}

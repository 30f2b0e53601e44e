/** Every example, imported into a real n8n of each version and run against a local NenAI and a local chat model. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import type { Execution, WorkflowJson } from '../n8n/client.mts';
import { hasSeveralOutputs, N8N_VERSIONS } from '../n8n/install.mts';
import { contentSha256, errorAnswer, type PlannedCallback } from '../sandbox/index.mts';
import { answersToCalls, chatting, shortly, TOOL, waiting, withAgent } from './agent.mts';
import {
	EXAMPLE_WORKFLOW,
	hasRun,
	itemsOf,
	jsonOf,
	startEnvironment,
	readExample,
	withParameters,
	withSettings,
	type Change,
	type E2eEnvironment,
} from './environment.mts';
import { triggerUrl } from './workflows.mts';

const root = join(__dirname, '../..');
const NAMES = ['Jane Doe', 'John Roe', 'Mary Major'];

/** Examples that other files run, and what names them there. */
const ELSEWHERE: Readonly<Record<string, string>> = {
	'gather-by-asking': 'gather-by-asking.test.mts',
	'run-many': 'runMany.mts',
	'run-many-caller': 'runMany.mts',
	'lost-callbacks': 'polling.test.mts',
	'desktop-hand-over': 'hand-over.test.mts',
};

/** For an example that only simulates a run as it is imported. */
const REAL = { testExecutions: 'start' };

/** Examples with several outputs of Start and Wait. */
const WITH_OUTPUTS = ['start-and-wait', 'run-and-wait', 'overdue-alarm'];

/** Examples that let n8n delete a desktop when the execution ends: n8n 2. */
const DELETE_AT_END = ['agent-desktop', 'desktop-hand-over'];

/** n8n looks once a minute for waits that have ended. */
const WAIT_TIMEOUT_MS = 150_000;

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	let environment: E2eEnvironment;
	let failed = false;
	/** Examples that a case runs; the last case holds them against the folder. */
	const shown = new Set<string>();

	beforeAll(async () => {
		environment = await startEnvironment({ root, version });
	});

	afterAll(async () => {
		await environment?.close({ keepFiles: failed });
	});

	/** A case that starts with a fresh NenAI, and remembers when it fails, so that n8n's log is kept. */
	function example(file: string, what: string, run: () => Promise<void>): void {
		shown.add(file);
		if ([...WITH_OUTPUTS, ...DELETE_AT_END].includes(file) && !hasSeveralOutputs(version)) return;
		test(`${file}: ${what}`, async () => {
			environment.sandbox.reset();
			try {
				await run();
			} catch (error) {
				failed = true;
				throw error;
			}
		});
	}

	/** Imports an example, runs it as the editor does, and returns the execution's id. */
	async function startExample(file: string, change?: Change): Promise<string> {
		const id = await environment.importExample(file, change);
		const { executionId } = await environment.client.runWorkflowManually(id);
		if (executionId === undefined)
			throw new Error(`n8n did not run ${file}: it waits for a webhook`);
		return executionId;
	}

	/** The same, and waits for its end. */
	async function runExample(file: string, change?: Change): Promise<Execution> {
		return await environment.client.waitForExecution(
			await startExample(file, change),
			undefined,
			60_000,
		);
	}

	/** Imports an example and keeps it active for as long as `run` takes. */
	async function whileActive(
		file: string,
		run: (workflowId: string) => Promise<void>,
	): Promise<void> {
		const id = await environment.importExample(file);
		await environment.client.activate(id);
		try {
			await run(id);
		} finally {
			await environment.client.deactivate(id);
		}
	}

	/** The callbacks that a workflow has handled, once there are so many. */
	async function handled(workflowId: string, count: number): Promise<Execution[]> {
		return await environment.client.endedExecutions(workflowId, count);
	}

	const runs = () => environment.sandbox.state().runs;
	const started = () => runs().map(({ messageId }) => messageId);

	/** What NenAI says of the next run in the end, in place of the usual success. */
	const ends = (callback: PlannedCallback) =>
		environment.sandbox.faults.next({ callbacks: [{ status: 'processing' }, callback] });

	describe('start and handle the callbacks', () => {
		example('start-a-run', 'a webhook starts one run and answers with its message ID', async () => {
			await whileActive('handle-callbacks', async (handler) => {
				await whileActive('start-a-run', async () => {
					expect(await post({ workflow_id: EXAMPLE_WORKFLOW, patient: 'Jane Doe' })).toMatchObject({
						messageId: started()[0],
					});
					const executions = await handled(handler, 2);
					expect(executions.map((one) => jsonOf(one, 'NenAI Trigger')[0].status).sort()).toEqual([
						'processing',
						'success',
					]);
					expect(runs()).toMatchObject([{ params: { PATIENT_NAME: 'Jane Doe' } }]);
				});
			});
		});

		async function post(body: unknown): Promise<unknown> {
			const webhook = readExample(root, 'start-a-run').nodes.find(({ type }) =>
				type.endsWith('.webhook'),
			);
			const url = `${environment.n8n.webhookUrl}/webhook/${webhook?.parameters.path}`;
			const answer = await request(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
			});
			return await answer.body.json();
		}

		example('handle-callbacks', 'success and failed take their own branches', async () => {
			await whileActive('handle-callbacks', async (handler) => {
				ends({ status: 'failed' });
				await runExample('start-many');
				const executions = await handled(handler, 6);
				expect(executions.filter((one) => hasRun(one, 'Your steps go here'))).toHaveLength(2);
				expect(executions.filter((one) => hasRun(one, 'Needs a person'))).toHaveLength(1);
			});
		});

		example(
			'handle-callbacks',
			'takes a status in capitals, or with spaces around it, as the same status',
			async () => {
				const statuses = ['Running', ' QUEUED ', 'Success', ' success\n', 'FAILED', 'Timeout'];
				const webhook = readExample(root, 'handle-callbacks').nodes.find(({ type }) =>
					type.endsWith('.nenAiTrigger'),
				);
				await whileActive('handle-callbacks', async (handler) => {
					for (const status of statuses)
						await environment.sandbox.deliver({
							url: triggerUrl(environment.n8n, String(webhook?.webhookId)),
							status,
						});
					const executions = await handled(handler, statuses.length);
					const statusesOf = (node: string) =>
						executions
							.filter((one) => hasRun(one, node))
							.map((one) => jsonOf(one, node)[0].status)
							.sort();
					expect(statusesOf('NenAI Trigger')).toEqual([...statuses].sort());
					expect(statusesOf('Your steps go here')).toEqual([' success\n', 'Success']);
					expect(statusesOf('Needs a person')).toEqual(['FAILED', 'Timeout']);
					expect(statusesOf('The run has started')).toEqual([' QUEUED ', 'Running']);
				});
			},
		);

		example('handle-callbacks', 'by hand, it shows its sample, and asks nobody', async () => {
			const execution = await runExample('handle-callbacks');
			expect(jsonOf(execution, 'NenAI Trigger')).toEqual([
				expect.objectContaining({ message_id: 'sample-1', status: 'success' }),
			]);
			expect(hasRun(execution, 'Your steps go here')).toBe(true);
			expect(environment.sandbox.state().requests).toEqual([]);
		});

		example('start-many', 'a run for each row, and each result is handled once', async () => {
			await whileActive('handle-callbacks', async (handler) => {
				const execution = await runExample('start-many');
				const given = jsonOf(execution, 'Start the runs').map(({ messageId }) => messageId);
				expect(given.sort()).toEqual(started().sort());
				expect(
					runs()
						.map(({ params }) => params.PATIENT_NAME)
						.sort(),
				).toEqual(NAMES);
				const successes = (await handled(handler, 6)).filter((one) =>
					hasRun(one, 'Your steps go here'),
				);
				expect(successes.map((one) => jsonOf(one, 'NenAI Trigger')[0].message_id).sort()).toEqual(
					started().sort(),
				);
			});
		});
	});

	describe('start and wait', () => {
		const patient = (value: string) => ({
			parameters: {
				assignments: [{ id: 'patient', name: 'PATIENT_NAME', value, type: 'string' }],
			},
		});

		describe.each([
			['success', 'Your steps go here'],
			['Completed', 'Your steps go here'],
			['FAILED', 'Needs a person: it failed'],
			['timeout', 'Needs a person: it failed'],
			['needs_attention', 'Needs a person: it failed'],
		])('a run that ends as "%s"', (status, branch) => {
			example('start-and-wait', `goes to "${branch}" alone`, async () => {
				ends({ status });
				const execution = await runExample('start-and-wait', (workflow) =>
					withParameters(workflow, 'Start and wait', { ...patient('John Roe'), ...REAL }),
				);
				expect(execution.status).toBe('success');
				expect(runs()).toMatchObject([{ params: { PATIENT_NAME: 'John Roe' } }]);
				expect(execution.data.resultData.lastNodeExecuted).toBe(branch);
				expect(jsonOf(execution, branch)).toEqual([
					expect.objectContaining({ message_id: started()[0], status }),
				]);
				expect(Object.keys(execution.data.resultData.runData)).toHaveLength(3);
			});
		});

		describe.each([
			['success', 'Your steps go here'],
			['failed', 'Needs a person: it failed'],
			['timedOut', 'Needs a person: no result'],
		])('as it is imported, with the simulated outcome "%s"', (simulatedOutcome, branch) => {
			example('start-and-wait', `goes to "${branch}" alone, and starts nothing`, async () => {
				const execution = await runExample('start-and-wait', (workflow) =>
					withParameters(workflow, 'Start and wait', { simulatedOutcome }),
				);
				expect(jsonOf(execution, branch)).toEqual([
					expect.objectContaining({ message_id: expect.stringMatching(/^simulated-/) }),
				]);
				expect(Object.keys(execution.data.resultData.runData)).toHaveLength(3);
				expect(runs()).toEqual([]);
			});
		});

		example('start-and-wait', 'without a result in time, a person gets the ID', async () => {
			environment.sandbox.faults.next({ callbacks: [{ status: 'processing' }] });
			const execution = await runExample('start-and-wait', (workflow) =>
				withParameters(workflow, 'Start and wait', { ...shortly, ...REAL }),
			);
			expect(jsonOf(execution, 'Needs a person: no result')).toEqual([
				expect.objectContaining({ message_id: started()[0], wait_limit_reached: true }),
			]);
			expect(Object.keys(execution.data.resultData.runData)).toHaveLength(3);
		});
	});

	if (!hasSeveralOutputs(version))
		test.each(WITH_OUTPUTS)(
			'%s says that this n8n is too old, before it sends anything',
			async (file) => {
				environment.sandbox.reset();
				const execution = await runExample(file);
				expect(execution.data.resultData.error).toMatchObject({
					message: expect.stringMatching(/^This n8n cannot send .* older than version 2\.39/),
					description: expect.stringContaining('Set Outputs to "One Output"'),
				});
				expect(environment.sandbox.state().requests).toEqual([]);
			},
		);

	describe('run and wait', () => {
		example('run-and-wait', 'a success goes on to the files', async () => {
			const file = { name: 'report.pdf', size: 50_000, contentType: 'application/pdf' };
			ends({
				status: 'success',
				body: { assets: environment.sandbox.files.url(environment.sandbox.files.add(file)) },
			});
			const execution = await runExample('run-and-wait');
			expect(execution.status).toBe('success');
			expect(started()).toHaveLength(1);
			const ids = { workflow_id: EXAMPLE_WORKFLOW, message_id: started()[0] };
			expect(jsonOf(execution, 'Start and wait')).toEqual([
				expect.objectContaining({ ...ids, status: 'success' }),
			]);
			expect(jsonOf(execution, 'Your steps go here')).toEqual([
				{
					...ids,
					field: 'assets',
					url_host: new URL(environment.sandbox.url).host,
					fileName: file.name,
					mimeType: file.contentType,
					fileSize: file.size,
				},
			]);
			const [{ binary }] = itemsOf(execution, 'Your steps go here');
			const bytes = await environment.client.downloadBinary(String(binary?.data.id));
			expect(createHash('sha256').update(bytes).digest('hex')).toBe(
				contentSha256({ size: file.size, seed: file.name }),
			);
		});

		example('run-and-wait', 'a success in capitals goes on to the files, too', async () => {
			ends({ status: 'Success' });
			const execution = await runExample('run-and-wait');
			expect(jsonOf(execution, 'Start and wait')).toEqual([
				expect.objectContaining({ message_id: started()[0], status: 'Success' }),
			]);
			expect(hasRun(execution, 'Download the files')).toBe(true);
			expect(hasRun(execution, 'Needs a person: it failed')).toBe(false);
		});

		describe.each(['failed', 'needs_attention'])('when the run ends as "%s"', (status) => {
			example('run-and-wait', 'a person must look, and nothing is downloaded', async () => {
				ends({ status });
				const execution = await runExample('run-and-wait');
				expect(jsonOf(execution, 'Needs a person: it failed')).toEqual([
					expect.objectContaining({ message_id: started()[0], status }),
				]);
				expect(hasRun(execution, 'Download the files')).toBe(false);
			});
		});

		example('overdue-alarm', 'a result in time raises no alarm', async () => {
			const execution = await runExample('overdue-alarm');
			expect(execution.status).toBe('success');
			expect(hasRun(execution, 'Needs a person: it failed')).toBe(false);
			expect(jsonOf(execution, 'Your steps go here')).toEqual([
				expect.objectContaining({ message_id: started()[0], status: 'success' }),
			]);
		});

		describe('no result in time: NenAI is asked', () => {
			const FATES = ['done', 'failed', 'late', 'never', 'unknown', 'down'] as const;
			type Fate = (typeof FATES)[number];

			/** With a short wait, a run for this fate, and pauses of a second between the questions. */
			const asking =
				(fate: Fate): Change =>
				(workflow) => {
					const patient = {
						assignments: {
							assignments: [{ id: 'patient', name: 'patient', value: fate, type: 'string' }],
						},
					};
					const changes: Array<[node: string, parameters: Readonly<Record<string, unknown>>]> = [
						['What to run', patient],
						['Start and wait', shortly],
						['Ask NenAI', { options: { maxTries: 1 } }],
						['Wait 5 minutes', { amount: 1, unit: 'seconds' }],
					];
					return changes.reduce(
						(changed, [node, parameters]) => withParameters(changed, node, parameters),
						workflow,
					);
				};

			/** Starts an example for each fate, lets NenAI say what belongs to it, and gives the ended executions. */
			async function askAbout(
				file: string,
			): Promise<Record<Fate, { execution: Execution; messageId: string }>> {
				environment.sandbox.faults.add({ callbacks: [{ status: 'processing' }] });
				const executions: Array<[Fate, string]> = [];
				for (const fate of FATES) executions.push([fate, await startExample(file, asking(fate))]);
				const runOf = (fate: Fate) => {
					const found = runs().find(({ params }) => params.PATIENT_NAME === fate);
					if (found === undefined) throw new Error(`No run was started for ${fate}`);
					return found;
				};
				await environment.sandbox.until(() => runs().length === FATES.length);
				const { runs: states, mcpFaults } = environment.sandbox;
				states.set(runOf('done').messageId, {
					status: 'completed',
					output: { appointment: 'Monday' },
				});
				states.set(runOf('failed').messageId, { status: 'failed' });
				states.set(runOf('late').messageId, { status: 'running' });
				states.set(runOf('never').messageId, { status: 'running' });
				mcpFaults.add({
					match: { messageId: runOf('unknown').messageId },
					result: { form: 'json-text', data: { success: false, error: 'Run not found' } },
				});
				mcpFaults.add({
					match: { messageId: runOf('down').messageId },
					refuse: errorAnswer(503, 'html'),
				});
				await endLate(runOf('late'));
				const ended = executions.map(async ([fate, id]) => [
					fate,
					{
						execution: await environment.client.waitForExecution(id, undefined, WAIT_TIMEOUT_MS),
						messageId: runOf(fate).messageId,
					},
				]);
				return Object.fromEntries(await Promise.all(ended));
			}

			/** After n8n has asked for the first time, its callback comes: nobody waits for it any more. */
			async function endLate({
				messageId,
				workflowId,
				callbackUrl,
			}: {
				messageId: string;
				workflowId: string;
				callbackUrl: string | null;
			}): Promise<void> {
				await environment.sandbox.until(
					({ mcpRequests }) =>
						mcpRequests.some(({ arguments: given }) => given.messageId === messageId),
					WAIT_TIMEOUT_MS,
				);
				const { answer } = await environment.sandbox.deliver({
					url: callbackUrl ?? '',
					messageId,
					workflowId,
					status: 'success',
				});
				expect([404, 409]).toContain(answer?.status);
				environment.sandbox.runs.set(messageId, { status: 'completed' });
			}

			/** How often NenAI was asked for the state of a run. */
			const questions = (messageId: string) =>
				environment.sandbox
					.state()
					.mcpRequests.filter(({ arguments: given }) => given.messageId === messageId).length;

			example(
				'run-and-wait',
				'NenAI is asked once; nothing goes on as if it had a result, and a person gets what NenAI says',
				async () => {
					const {
						done,
						failed: ended,
						late,
						never,
						unknown,
						down,
					} = await askAbout('run-and-wait');
					expect(jsonOf(done.execution, 'Start and wait', 2)).toEqual([
						{
							workflow_id: EXAMPLE_WORKFLOW,
							message_id: done.messageId,
							status: 'timeout',
							wait_limit_reached: true,
						},
					]);
					expect(jsonOf(done.execution, 'Needs a person: no result')).toEqual([
						expect.objectContaining({
							messageId: done.messageId,
							status: 'completed',
							finished: true,
						}),
					]);
					expect(jsonOf(ended.execution, 'Needs a person: no result')).toEqual([
						expect.objectContaining({ messageId: ended.messageId, status: 'failed' }),
					]);
					expect(jsonOf(late.execution, 'Needs a person: no result')).toEqual([
						expect.objectContaining({ messageId: late.messageId, status: 'running' }),
					]);
					expect(jsonOf(never.execution, 'Needs a person: no result')).toEqual([
						expect.objectContaining({
							messageId: never.messageId,
							status: 'running',
							finished: false,
						}),
					]);
					expect(questions(never.messageId)).toBe(1);
					expect(jsonOf(unknown.execution, 'Needs a person: no result')).toEqual([
						expect.objectContaining({ error: expect.stringContaining('Run not found') }),
					]);
					expect(jsonOf(down.execution, 'Needs a person: no result')).toEqual([
						expect.objectContaining({ error: expect.stringContaining('HTTP 503') }),
					]);
					expect(started()).toHaveLength(6);
					for (const { execution } of [done, ended, late, never, unknown, down])
						expect(hasRun(execution, 'Your steps go here')).toBe(false);
				},
			);

			example(
				'overdue-alarm',
				'the alarm is raised in any case, with the message ID and what NenAI says',
				async () => {
					const {
						done,
						failed: ended,
						late,
						never,
						unknown,
						down,
					} = await askAbout('overdue-alarm');
					const says: ReadonlyArray<readonly [typeof done, RegExp]> = [
						[done, /^NenAI says that the run has ended \(completed\)\./],
						[ended, /^NenAI says that the run has ended \(failed\)\./],
						[late, /^NenAI says that the run has ended \(completed\)\./],
						[never, /^NenAI says that the run is still running \(running\)\./],
						[unknown, /Run not found/],
						[down, /HTTP 503/],
					];
					for (const [{ execution, messageId }, expected] of says) {
						expect(execution.status).toBe('error');
						const { message, description } = execution.data.resultData.error ?? {};
						expect(message).toBe(
							`The result of a NenAI run is overdue. Workflow ${EXAMPLE_WORKFLOW}, run ID ${messageId}`,
						);
						expect(description).toMatch(expected);
						expect(description).toMatch(
							/Its values and files have not arrived\. Check the run at NenAI before you start it again\.$/,
						);
					}
					expect(questions(never.messageId)).toBe(12);
					expect(started()).toHaveLength(6);
				},
			);
		});

		describe.each([
			'start-and-wait',
			'run-and-wait',
			'overdue-alarm',
			'one-run-per-row',
			'start-many',
		])('where the answer to a start is lost', (file) => {
			example(
				file,
				'the execution ends with an error that says so, and nothing is started again by Retry',
				async () => {
					environment.sandbox.faults.next({ connection: 'drop-after-accept', callbacks: [] });
					const execution = await runExample(file, (workflow) =>
						file === 'start-and-wait' ? withParameters(workflow, 'Start and wait', REAL) : workflow,
					);
					expect(execution.status).toBe('error');
					expect(execution.data.resultData.error?.message).toMatch(
						/^It is not known whether NenAI started the run/,
					);
					const retried = await environment.client.waitForExecution(
						await environment.client.retryExecution(execution.id),
					);
					expect(retried.data.resultData.error?.message).toMatch(
						/^It is not known whether NenAI started the run/,
					);
					const lost = runs()[0].params.PATIENT_NAME;
					expect(runs().filter(({ params }) => params.PATIENT_NAME === lost)).toHaveLength(1);
				},
			);
		});

		example(
			'one-run-per-row',
			'each row waits for its own result before the next is started',
			async () => {
				const execution = await runExample('one-run-per-row');
				expect(execution.status).toBe('success');
				expect(runs().map(({ params }) => params.PATIENT_NAME)).toEqual(NAMES);
				const results = jsonOf(execution, 'Your steps go here');
				expect(results.map(({ message_id }) => message_id)).toEqual(started());
				expect(results.map(({ patient }) => patient)).toEqual(NAMES);
				const ended = environment.sandbox
					.state()
					.deliveries.filter(
						({ status, answer }) => status === 'success' && answer?.status === 200,
					);
				expect(ended.map(({ messageId }) => messageId)).toEqual(started());
				expect(
					runs()
						.slice(1)
						.every(({ at }, index) => at >= ended[index].at),
				).toBe(true);
			},
		);
	});

	describe('AI agent', () => {
		const call = { workflow_id: EXAMPLE_WORKFLOW, parameters: { PATIENT_NAME: 'Jane Doe' } };
		const chat = (change: Change = (workflow) => workflow) =>
			runExample('ai-agent', (workflow) =>
				change(chatting(workflow, 'Book an appointment for Jane Doe')),
			);
		const idsIn = (answers: string[]) =>
			answers.flatMap((answer) => started().filter((id) => answer.includes(id)));

		example(
			'ai-agent',
			'the model is told what the tool does, and that each call does real work',
			async () => {
				environment.model.play({ text: 'Nothing to do.' });
				const execution = await chat();
				expect(jsonOf(execution, 'Agent')).toEqual([{ output: 'Nothing to do.' }]);
				expect(started()).toEqual([]);
				const [{ tools }] = environment.model.requests;
				expect(tools).toHaveLength(1);
				expect(tools[0].function.description).toContain(
					'Each call does real work and starts another run',
				);
				expect(tools[0].function.parameters).toMatchObject({
					required: ['workflow_id', 'parameters'],
				});
			},
		);

		example(
			'ai-agent',
			'a call starts one run with what the model filled in, and the model gets its message ID',
			async () => {
				environment.model.play({ calls: [call] }, { text: 'Started.' });
				const execution = await chat();
				expect(jsonOf(execution, 'Agent')).toEqual([{ output: 'Started.' }]);
				expect(runs()).toMatchObject([
					{ workflowId: EXAMPLE_WORKFLOW, params: { PATIENT_NAME: 'Jane Doe' } },
				]);
				expect(idsIn(answersToCalls(environment.model))).toEqual(started());
			},
		);

		example('ai-agent', 'the parameters may be an object written as text', async () => {
			environment.model.play(
				{ calls: [{ ...call, parameters: JSON.stringify(call.parameters) }] },
				{ text: 'Started.' },
			);
			await chat();
			expect(runs().map(({ params }) => params)).toEqual([call.parameters]);
		});

		example(
			'ai-agent',
			'with names and values entered, the model fills in the values',
			async () => {
				environment.model.play(
					{ calls: [{ workflow_id: EXAMPLE_WORKFLOW, patient: 'Jane Doe' }] },
					{ text: 'Started.' },
				);
				const value = "={{ $fromAI('patient', 'Name of the patient', 'string') }}";
				const assignments = [{ id: 'patient', name: 'PATIENT_NAME', type: 'string', value }];
				await chat((workflow) =>
					withParameters(workflow, TOOL, { parametersMode: 'fields', parameters: { assignments } }),
				);
				expect(runs().map(({ params }) => params)).toEqual([{ PATIENT_NAME: 'Jane Doe' }]);
			},
		);

		describe.each([3, 2.2])('of version %s', (agent) => {
			const chatWith = (change: Change = (workflow) => workflow) =>
				chat((workflow) => change(withAgent(workflow, agent)));

			example(
				'ai-agent',
				'the same call twice in one answer of the model is two runs',
				async () => {
					environment.model.play({ calls: [call, call] }, { text: 'Started.' });
					await chatWith();
					expect(started()).toHaveLength(2);
					expect(idsIn(answersToCalls(environment.model)).sort()).toEqual(started().sort());
				},
			);

			example('ai-agent', 'the same call in two answers of the model is two runs', async () => {
				environment.model.play({ calls: [call] }, { calls: [call] }, { text: 'Started.' });
				await chatWith();
				expect(started()).toHaveLength(2);
				expect(idsIn(answersToCalls(environment.model))).toEqual(started());
			});

			example(
				'ai-agent',
				'a run that may have started is not started again by Retry On Fail of the tool',
				async () => {
					environment.model.play({ calls: [call] }, { text: 'I do not know.' });
					environment.sandbox.faults.next({ connection: 'drop-after-accept' });
					await chatWith((workflow) =>
						withSettings(workflow, TOOL, { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 }),
					);
					expect(started()).toHaveLength(1);
					expect(environment.sandbox.state().counts.requests).toBe(1);
					expect(answersToCalls(environment.model)).toEqual([
						expect.stringContaining('It is not known whether NenAI started the run'),
					]);
				},
			);

			example('ai-agent', 'NenAI refuses: no run, and the model is told in its words', async () => {
				environment.model.play(
					{ calls: [{ ...call, parameters: { NOBODY: 1 } }] },
					{ text: 'It was refused.' },
				);
				const execution = await chatWith();
				expect(jsonOf(execution, 'Agent')).toEqual([{ output: 'It was refused.' }]);
				expect(started()).toEqual([]);
				expect(answersToCalls(environment.model)).toEqual([
					expect.stringContaining('Unknown workflow parameter: NOBODY'),
				]);
			});

			example('ai-agent', 'what cannot be sent is told to the model, too', async () => {
				environment.model.play(
					{ calls: [{ ...call, workflow_id: '' }] },
					{ text: 'It has no ID.' },
				);
				await chatWith();
				expect(started()).toEqual([]);
				expect(answersToCalls(environment.model)).toEqual([
					expect.stringContaining('NenAI Workflow (workflowId) is empty'),
				]);
			});
		});

		example('ai-agent', 'the tool can wait for the result, which the model then gets', async () => {
			environment.model.play({ calls: [call] }, { text: 'Done.' });
			const execution = await chat(waiting);
			expect(jsonOf(execution, 'Agent')).toEqual([{ output: 'Done.' }]);
			expect(started()).toHaveLength(1);
			const [answer] = answersToCalls(environment.model);
			expect(JSON.parse(answer)).toEqual([
				expect.objectContaining({ message_id: started()[0], status: 'success' }),
			]);
		});

		example(
			'ai-agent',
			'in an older agent, which cannot wait, the waiting tool starts nothing and says what to use',
			async () => {
				environment.model.play({ calls: [call] }, { text: 'It did not work.' });
				const execution = await chat((workflow) => withAgent(waiting(workflow), 2.2));
				expect(execution.waitTill ?? null).toBeNull();
				expect(started()).toEqual([]);
				expect(answersToCalls(environment.model)).toEqual([
					expect.stringContaining('use the operation Start'),
				]);
			},
		);
	});

	describe('desktops', () => {
		const desktops = () => environment.sandbox.desktops.all();
		const actions = () =>
			environment.sandbox.state().desktopActions.map(({ action, params }) => [action, params]);
		const deleted = [expect.objectContaining({ status: 'deleted' })];

		example(
			'desktop-file-job',
			'the file goes there and back, with a picture in between, and the desktop is deleted',
			async () => {
				environment.sandbox.setDefaults({ desktopTimeScale: 0.1 });
				const execution = await runExample('desktop-file-job');
				expect(execution.data.resultData.error).toBeUndefined();
				expect(execution.status).toBe('success');
				expect(actions()).toEqual([
					['left_click', { coordinate: [512, 384] }],
					['type', { text: 'claims.txt' }],
					['key', { text: 'Return' }],
					['wait', { duration: 5 }],
					['screenshot', {}],
				]);
				expect(itemsOf(execution, 'Take a screenshot')[0].binary?.data.mimeType).toBe('image/png');
				const [{ json, binary }] = itemsOf(execution, 'Your steps go here');
				expect(json).toEqual({
					fileName: 'claims.txt',
					path: '',
					mimeType: 'text/plain',
					fileSize: 35,
				});
				expect((await environment.client.downloadBinary(String(binary?.data.id))).toString()).toBe(
					'Claim 1: Jane Doe\nClaim 2: John Roe',
				);
				expect(hasRun(execution, 'What went wrong')).toBe(false);
				expect(desktops()).toEqual(deleted);
			},
		);

		describe.each([
			['the upload', { path: '/files/', method: 'POST' }, /the upload of "claims\.txt"/],
			['an action', { action: 'type' }, /type on desktop/],
			['the screenshot', { action: 'screenshot' }, /a screenshot of desktop/],
			['the download', { path: '/files/', method: 'GET' }, /the download of "claims\.txt"/],
		])('where %s fails', (_, match, says) => {
			example(
				'desktop-file-job',
				'the desktop is deleted, and then the execution fails with what went wrong',
				async () => {
					environment.sandbox.setDefaults({ desktopTimeScale: 0 });
					environment.sandbox.desktopFaults.add({
						match,
						refuse: { status: 400, body: { error: 'Not today' } },
					});
					const execution = await runExample('desktop-file-job');
					expect(execution.status).toBe('error');
					const { message, description } = execution.data.resultData.error ?? {};
					expect(message).toBe('The file job failed. Its desktop was deleted.');
					expect(description).toMatch(says);
					expect(description).toMatch(/Not today/);
					expect(desktops()).toEqual(deleted);
				},
			);
		});

		example(
			'desktop-file-job',
			'where an answer is lost, n8n leaves what the execution says as it is',
			async () => {
				environment.sandbox.setDefaults({ desktopTimeScale: 0 });
				environment.sandbox.desktopFaults.add({
					match: { action: 'key' },
					connection: 'drop-after-acting',
				});
				const { message, description } =
					(await runExample('desktop-file-job')).data.resultData.error ?? {};
				expect(message).toBe('The file job failed. Its desktop was deleted.');
				expect(description?.replaceAll('\u2060', '')).toMatch(
					/^It is not known whether NenAI completed .*: the connection broke \(ECONNRESET\)/,
				);
				expect(desktops()).toEqual(deleted);
			},
		);

		/** NenAI does not delete, and says so in words that n8n would replace. */
		const doNotDelete = () =>
			environment.sandbox.desktopFaults.add({
				match: { path: '/desktops/', method: 'DELETE' },
				refuse: { status: 400, body: { error: 'EPERM, not today' } },
			});

		example(
			'desktop-file-job',
			'where the desktop cannot be deleted, the file is used all the same, and then the execution fails and names the desktop',
			async () => {
				environment.sandbox.setDefaults({ desktopTimeScale: 0 });
				doNotDelete();
				const execution = await runExample('desktop-file-job');
				const [{ json, binary }] = itemsOf(execution, 'Your steps go here');
				expect(json).toMatchObject({ fileName: 'claims.txt', fileSize: 35 });
				expect(
					(await environment.client.downloadBinary(String(binary?.data.id))).toString(),
				).toContain('Claim 1');
				expect(execution.status).toBe('error');
				const [{ desktop_id: id }] = jsonOf(execution, 'Create a desktop');
				const { message, description } = execution.data.resultData.error ?? {};
				expect(message).toBe(`The desktop could not be deleted and keeps running: ${String(id)}`);
				expect(description?.replaceAll('\u2060', '')).toContain('EPERM, not today');
			},
		);

		example(
			'desktop-file-job',
			'where a step fails and the desktop cannot be deleted either, the execution says both',
			async () => {
				environment.sandbox.setDefaults({ desktopTimeScale: 0 });
				environment.sandbox.desktopFaults.add({
					match: { action: 'type' },
					refuse: { status: 400, body: { error: 'No keyboard' } },
				});
				doNotDelete();
				const execution = await runExample('desktop-file-job');
				const [{ desktop_id: id }] = jsonOf(execution, 'Create a desktop');
				const { message, description } = execution.data.resultData.error ?? {};
				expect(message).toBe(
					`The file job failed. Its desktop could not be deleted and keeps running: ${String(id)}`,
				);
				expect(description?.replaceAll('\u2060', '')).toMatch(/No keyboard.*EPERM, not today/s);
			},
		);

		/** In a builder's workflow: the item's text goes into the message of Stop and Error. */
		example(
			'desktop-file-job',
			'also where a builder puts the text of an item into the message of Stop and Error, n8n leaves it as it is',
			async () => {
				environment.sandbox.setDefaults({ desktopTimeScale: 0 });
				environment.sandbox.desktopFaults.add({
					match: { action: 'key' },
					connection: 'drop-after-acting',
				});
				const parameters = {
					errorType: 'errorMessage',
					errorMessage: "={{ $('What went wrong').first().json.error }}",
				};
				const execution = await runExample('desktop-file-job', (workflow) =>
					withSettings(workflow, 'Say what went wrong', { parameters }),
				);
				expect(execution.data.resultData.error?.message.replaceAll('\u2060', '')).toMatch(
					/^It is not known whether NenAI completed .*: the connection broke \(ECONNRESET\)/,
				);
			},
		);

		/** The example for an agent, to whom somebody has just written this. */
		const operate = (change: Change = (workflow) => workflow) =>
			runExample('agent-desktop', (workflow) =>
				change(chatting(workflow, 'Write "Hi" into the note')),
			);
		/** A call of the one tool. */
		const use = (action: string, parameters: object) =>
			['Use_the_desktop', { action, parameters }] as const;
		const click = use('left_click', { coordinate: [100, 200] });
		const answer = (execution: Execution) => jsonOf(execution, 'Done?').at(-1);
		/** Of each request to the model: whether its last message of the user holds a picture. */
		const pictures = () =>
			environment.model.requests.map(({ messages }) =>
				/data:image\/png;base64,iVBORw0KGgo/.test(JSON.stringify(messages)),
			);
		const lastMessages = () => JSON.stringify(environment.model.requests.at(-1)?.messages);
		/** n8n stores an execution before the desktop is deleted. */
		const untilDeleted = async (count = 1) =>
			await environment.sandbox.until(
				() => desktops().filter(({ status }) => status === 'deleted').length === count,
				30_000,
			);

		example(
			'agent-desktop',
			'with one tool, the model sees the screen at each step, acts, and says what came of it; the desktop is deleted',
			async () => {
				environment.model.play(
					{ uses: [click] },
					{ text: 'I clicked, and expect a note.' },
					{ uses: [use('type', { text: 'Hi' })] },
					{ text: 'I typed it, and expect to see it.' },
					{ uses: [use('key', { text: 'Return' })] },
					{ text: 'DONE: the note says Hi' },
				);
				const execution = await operate();
				expect(execution.data.resultData.error).toBeUndefined();
				expect(answer(execution)).toEqual({ output: 'DONE: the note says Hi' });
				expect(actions()).toEqual([
					['screenshot', {}],
					['left_click', { coordinate: [100, 200] }],
					['screenshot', {}],
					['type', { text: 'Hi' }],
					['screenshot', {}],
					['key', { text: 'Return' }],
				]);
				expect(pictures()).toEqual(Array.from({ length: 6 }, () => true));
				expect(lastMessages()).toContain(
					'1. I clicked, and expect a note.\\n2. I typed it, and expect to see it.',
				);
				expect(environment.model.requests[0].tools).toEqual([
					expect.objectContaining({
						function: expect.objectContaining({
							name: 'Use_the_desktop',
							description: expect.stringContaining('scroll_direction'),
						}),
					}),
				]);
				await untilDeleted();
			},
		);

		test('agent-desktop: it has at most seven nodes', () => {
			const { nodes } = readExample(root, 'agent-desktop');
			expect(nodes.filter(({ type }) => !type.endsWith('.stickyNote')).length).toBeLessThan(8);
		});

		example('agent-desktop', 'scrolls, drags, holds a key and waits, too', async () => {
			environment.sandbox.setDefaults({ desktopTimeScale: 0 });
			const scroll = { coordinate: [1, 2], scroll_direction: 'up', scroll_amount: 2 };
			const drag = { start_coordinate: [1, 2], coordinate: [3, 4] };
			environment.model.play(
				{ uses: [use('scroll', scroll)] },
				{ uses: [use('left_click_drag', drag)] },
				{ uses: [use('hold_key', { text: 'shift', duration: 1 })] },
				{ uses: [use('wait', { duration: 3 })] },
				{ text: 'DONE' },
			);
			await operate();
			expect(actions().slice(1)).toEqual([
				['scroll', scroll],
				['left_click_drag', drag],
				['hold_key', { text: 'shift', duration: 1 }],
				['wait', { duration: 3 }],
			]);
		});

		example('agent-desktop', 'a tool that fails tells the model, which goes on', async () => {
			environment.model.play(
				{ uses: [use('left_click', { coordinate: [5000, 1] })] },
				{ uses: [use('dance', {})] },
				{ uses: [use('left_click', {})] },
				{ text: 'DONE: it is not on the screen' },
			);
			const execution = await operate();
			expect(answersToCalls(environment.model)).toEqual([
				expect.stringContaining('Outside the screen of 1024x768'),
				expect.stringContaining('Unknown action: dance'),
				expect.stringContaining('coordinate: Required'),
			]);
			expect(answer(execution)).toEqual({ output: 'DONE: it is not on the screen' });
			await untilDeleted();
		});

		example(
			'agent-desktop',
			'an action whose response is lost is done once, and the model is told so',
			async () => {
				environment.sandbox.desktopFaults.add({
					match: { action: 'left_click' },
					connection: 'drop-after-acting',
				});
				environment.model.play({ uses: [click] }, { text: 'DONE' });
				await operate();
				expect(actions()).toHaveLength(2);
				expect(answersToCalls(environment.model)).toEqual([
					expect.stringMatching(/It is not known whether NenAI completed .*"uncertain":true/),
				]);
			},
		);

		example(
			'agent-desktop',
			'a model that never ends is stopped after 20 pictures, and the desktop is deleted',
			async () => {
				environment.model.play(...Array.from({ length: 25 }, () => ({ text: 'Not yet.' })));
				const execution = await operate();
				expect(answer(execution)).toEqual({ output: 'Not yet.' });
				expect(environment.model.requests).toHaveLength(20);
				await untilDeleted();
			},
		);

		example(
			'agent-desktop',
			'one that calls tools without end is stopped by the limit of the agent, and the desktop is deleted',
			async () => {
				environment.model.play(...Array.from({ length: 30 }, () => ({ uses: [click] })));
				const execution = await operate();
				expect(environment.model.requests).toHaveLength(10);
				expect(execution.data.resultData.error?.message).toMatch(/max iterations/i);
				await untilDeleted();
			},
		);

		example(
			'agent-desktop',
			'on a large screen, the model is told the size of the picture, and its positions are scaled',
			async () => {
				environment.sandbox.setDefaults({ desktopScreen: { width: 1920, height: 1080 } });
				environment.model.play(
					{ uses: [use('left_click', { coordinate: [1000, 700] })] },
					{ uses: [use('double_click', { coordinate: ['683', 384.4] })] },
					{ uses: [use('left_click', { coordinate: ['a', 1] })] },
					{ text: 'DONE' },
				);
				await operate();
				expect(JSON.stringify(environment.model.requests[0].messages)).toContain(
					'It is 1365 pixels wide and 768 pixels high.',
				);
				expect(actions().slice(1)).toEqual([
					['left_click', { coordinate: [1406, 984] }],
					['double_click', { coordinate: [960, 541] }],
				]);
				expect(answersToCalls(environment.model).at(-1)).toMatch(/cannot be sent exactly \(NaN\)/);
			},
		);

		example(
			'agent-desktop',
			'several calls of one answer are run one after the other; the model is told to make one at a time',
			async () => {
				const uses = [click, use('type', { text: 'A' }), use('key', { text: 'Tab' })] as const;
				environment.model.play({ uses }, { text: 'DONE' });
				await operate();
				expect(
					actions()
						.slice(1)
						.map(([action]) => action),
				).toEqual(['left_click', 'type', 'key']);
				expect(environment.sandbox.state().counts.maxConcurrentDesktopActions).toBe(1);
				expect(lastMessages()).toContain('Call one tool at a time');
			},
		);

		example(
			'agent-desktop',
			'a model that cannot be reached, and a screen that cannot be seen: the execution fails, and the desktop is deleted',
			async () => {
				environment.model.play();
				expect((await operate()).status).toBe('error');
				environment.sandbox.desktopFaults.add({
					match: { action: 'screenshot' },
					refuse: { status: 400, body: { error: 'The screen is off' } },
				});
				expect((await operate()).data.resultData.error?.message).toContain('The screen is off');
				await untilDeleted(2);
			},
		);

		describe('desktop-clean-up', () => {
			const HOUR = 3600;
			/** Desktops by their names, each so many hours old. */
			const add = (ages: Readonly<Record<string, number>>) =>
				Object.entries(ages).map(([name, hours]) =>
					environment.sandbox.desktops.add({ name, ageSeconds: hours * HOUR }),
				);
			const left = () =>
				environment.sandbox.desktops
					.all()
					.filter(({ status }) => status === 'running')
					.map(({ name }) => name);
			const activated = (workflow: WorkflowJson) =>
				withSettings(workflow, 'Delete the desktop', { disabled: false });
			const cleanUp = async (parameters: object = {}) =>
				await runExample('desktop-clean-up', (workflow) =>
					withParameters(activated(workflow), 'Which desktops', {
						assignments: {
							assignments: Object.entries({
								name_starts_with: 'n8n-',
								older_than_hours: 6,
								...parameters,
							}).map(([name, value]) => ({
								id: name,
								name,
								value,
								type: typeof value === 'number' ? 'number' : 'string',
							})),
						},
					}),
				);

			example(
				'desktop-clean-up',
				'deletes those that are old and have the prefix, and no others',
				async () => {
					add({
						'n8n-old': 7,
						'n8n-6 hours': 6.01,
						'n8n-new': 5.9,
						'N8N-old': 7,
						'my n8n-old': 7,
						n8n: 7,
					});
					environment.sandbox.desktops.add({ ageSeconds: 100 * HOUR });
					environment.sandbox.desktops.add({
						name: 'n8n-deleted',
						status: 'deleted',
						ageSeconds: 100 * HOUR,
					});
					const execution = await cleanUp();
					expect(execution.status).toBe('success');
					expect(left()).toEqual(['n8n-new', 'N8N-old', 'my n8n-old', 'n8n', null]);
					expect(jsonOf(execution, 'Delete the desktop')).toHaveLength(2);
				},
			);

			test('as it is imported, it deletes nothing, and shows what it would delete', async () => {
				environment.sandbox.reset();
				add({ 'n8n-old': 7, other: 7 });
				const execution = await runExample('desktop-clean-up');
				expect(jsonOf(execution, 'Forgotten').map(({ name }) => name)).toEqual(['n8n-old']);
				expect(left()).toEqual(['n8n-old', 'other']);
			});

			test.each([
				['an empty prefix', { name_starts_with: '' }],
				['no hours', { older_than_hours: 0 }],
				['hours below zero', { older_than_hours: -5 }],
			])('%s: nothing is deleted', async (_, parameters) => {
				environment.sandbox.reset();
				add({ 'n8n-old': 7 });
				await cleanUp(parameters);
				expect(left()).toEqual(['n8n-old']);
			});

			test('hours that are not a number: it fails, and nothing is deleted', async () => {
				environment.sandbox.reset();
				add({ 'n8n-old': 7 });
				expect((await cleanUp({ older_than_hours: 'six' })).status).toBe('error');
				expect(left()).toEqual(['n8n-old']);
			});

			test('one that cannot be deleted: the others are, and the execution fails and names it', async () => {
				environment.sandbox.reset();
				const [first] = add({ 'n8n-a': 7, 'n8n-b': 8 });
				environment.sandbox.desktopFaults.add({
					match: { method: 'DELETE', desktopId: first },
					refuse: { status: 409, body: { error: 'Busy' } },
				});
				const execution = await cleanUp();
				expect(left()).toEqual(['n8n-a']);
				const { message, description } = execution.data.resultData.error ?? {};
				expect(message).toBe(
					'Forgotten desktops could not be deleted, and may still be running: 1',
				);
				expect(description).toContain(first);
			});
		});
	});

	test('every example was run, here or in a file of its own', () => {
		for (const file of Object.keys(ELSEWHERE))
			if (readFileSync(join(__dirname, ELSEWHERE[file]), 'utf8').includes(`'${file}'`))
				shown.add(file);
		const files = readdirSync(join(root, 'examples')).map((file) => file.replace(/\.json$/, ''));
		expect([...shown].sort()).toEqual(files.sort());
	});
});

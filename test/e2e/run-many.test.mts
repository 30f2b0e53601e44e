/** The example that runs many and waits for all, called by its caller, in one real process of n8n 2. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Execution } from '../n8n/client.mts';
import { NEWEST_N8N } from '../n8n/install.mts';
import { errorAnswer } from '../sandbox/index.mts';
import { chain, node } from '../n8n/build-workflow.mts';
import { withEnvironment } from './cases.mts';
import {
	itemsOf,
	jsonOf,
	startOwnEnvironment,
	withSettings,
	type Change,
	type OwnEnvironment,
} from './environment.mts';
import { seededRandom } from './random.mts';
import {
	failingAt,
	RunMany,
	successOf,
	withBatch,
	type Result,
	type RunManyOptions,
} from './runMany.mts';
import { call, webhook, webhookUrl } from './workflows.mts';

const root = join(__dirname, '../..');
const it = withEnvironment(() => startOwnEnvironment({ root, version: NEWEST_N8N }));

jest.setTimeout(240_000);

/** A case with the examples imported. */
function withRunMany(
	what: string,
	run: (runMany: RunMany, environment: OwnEnvironment) => Promise<void>,
	options?: RunManyOptions,
): void {
	it(
		what,
		async (environment) =>
			await RunMany.during(
				root,
				environment,
				async (runMany) => await run(runMany, environment),
				options,
			),
	);
}

const patients = (count: number, batch = 'patient') =>
	Array.from({ length: count }, (_, n) => `${batch} ${n}`);

const kill = async ({ n8n }: OwnEnvironment) => {
	await n8n.kill();
	await sleep(1000);
	await n8n.start();
};

describe.each([1, 30, 500])('%i rows', (count) => {
	withRunMany(
		'callbacks in random order, early, twice, forged, and of other runs: the caller continues once, with all results',
		async (runMany, { client, sandbox }) => {
			const rows = patients(count);
			const execution = await runMany.begin(rows, withLinks);
			const runs = await runMany.runsOf(rows);
			const { never, strangers } = await runMany.deliverRandomly(runs, seededRandom());
			// Until now, these have only come forged.
			const missing = await runMany.rows();
			for (const { messageId } of never)
				expect(missing.find(({ message_id: id }) => id === messageId)).toMatchObject({
					open: true,
					status: 'started',
				});
			await Promise.all(never.map(async (run) => await runMany.send(successOf(run))));
			runMany.expectAll(await runMany.results(execution), rows);
			expect(linksOf(await client.waitForExecution(execution))).toEqual(rows);
			expect(sandbox.state().counts.runsStarted).toBe(count);
			if (count === 500) return;
			await runMany.untilReported(({ row }) => row === 0);
			await runMany.untilChecked();
			expect((await runMany.reported()).map(({ message_id: id }) => id).sort()).toEqual(
				[...strangers].sort(),
			);
		},
		{ overdueSeconds: count === 500 ? 600 : undefined },
	);
});

withRunMany(
	'killed in the middle of the callbacks: no value is lost',
	async (runMany, environment) => {
		const rows = patients(50);
		const execution = await runMany.begin(rows);
		await runMany.untilWaiting(execution);
		const runs = await runMany.runsOf(rows);
		const { never } = await runMany.deliverRandomly(runs, seededRandom(), async () => {
			await kill(environment);
		});
		await Promise.all(never.map(async (run) => await runMany.send(successOf(run))));
		runMany.expectAll(await runMany.results(execution), rows);
	},
);

withRunMany('all callbacks at the same instant', async (runMany) => {
	const rows = patients(20);
	const execution = await runMany.begin(rows);
	await runMany.untilWaiting(execution);
	await runMany.deliverAll(rows);
	runMany.expectAll(await runMany.results(execution), rows);
});

withRunMany(
	'all callbacks before their rows: none is lost, and NenAI need not be asked',
	async (runMany, { sandbox }) => {
		const rows = patients(5);
		// Accepted, but the answer takes its time: until then the rows do not have their message IDs.
		sandbox.faults.add({
			match: { param: 'PATIENT_NAME', equals: rows[4] },
			callbacks: [],
			answerLatencyMs: 4000,
		});
		const execution = await runMany.begin(rows);
		await runMany.deliverAll(rows);
		runMany.expectAll(await runMany.results(execution), rows);
	},
);

withRunMany(
	'callbacks at the very moment in which it begins to wait',
	async (runMany, { sandbox }) => {
		for (const afterMs of [0, 20, 50, 100, 200, 400]) {
			const rows = patients(3, `after ${afterMs} ms`);
			sandbox.setDefaults({
				fault: { callbacks: [{ status: 'success', afterMs }] },
				retryDelaysMs: [500, 500, 500, 1000, 2000, 5000],
			});
			const execution = await runMany.begin(rows);
			runMany.expectAll(await runMany.results(execution), rows);
		}
	},
);

withRunMany(
	'texts with quotes, braces, line breaks and emoji, in parameters and results',
	async (runMany, { sandbox }) => {
		const rows = [
			`O'Brien "Bob" {{ $json.batch }} {}`,
			'line\nbreak\ttab \\ back `tick` ${x}',
			'emoji 🦊 and ümläuts, 漢字',
			'={{ 1 + 1 }}',
			'</script>, %s, null, true',
		];
		const execution = await runMany.begin(rows);
		const runs = await runMany.runsOf(rows);
		for (const run of runs)
			await runMany.send({
				...successOf(run),
				body: { result: { 'odd "key" {{ x }}': run.params.PATIENT_NAME } },
			});
		const results = await runMany.results(execution);
		runMany.expectAll(results, rows);
		expect(results.map(({ result }) => result.result)).toEqual(
			rows.map((text) => ({ 'odd "key" {{ x }}': text })),
		);
		expect(sandbox.state().counts.runsStarted).toBe(rows.length);
	},
);

withRunMany(
	'a failed run is a row that is not ok, also with capitals or spaces in its status',
	async (runMany) => {
		const rows = patients(4);
		const statuses = ['Success', ' SUCCESS ', 'Failed', 'timeout'];
		const execution = await runMany.begin(rows);
		for (const [n, status] of statuses.entries()) await runMany.deliverAll([rows[n]], status);
		const results = await runMany.results(execution);
		expect(results.map(({ ok, status }) => [ok, status])).toEqual([
			[true, 'Success'],
			[true, ' SUCCESS '],
			[false, 'Failed'],
			[false, 'timeout'],
		]);
		runMany.expectOwn(results, rows);
	},
);

withRunMany('ten calls at once, by two callers: none mixes with another', async (runMany) => {
	const batches = Array.from({ length: 10 }, (_, n) => patients(6, `batch ${n}, patient`));
	const executions = await Promise.all(batches.map(async (rows) => await runMany.begin(rows)));
	const runs = await runMany.runsOf(batches.flat());
	const { never } = await runMany.deliverRandomly(runs, seededRandom());
	await Promise.all(never.map(async (run) => await runMany.send(successOf(run))));
	for (const [n, execution] of executions.entries())
		runMany.expectAll(await runMany.results(execution), batches[n]);
});

/** A node after the call that asks n8n for the row which belongs to each result. */
const withLinks: Change = (workflow) => {
	const assignments = [
		{
			id: 'l',
			name: 'linked',
			type: 'string',
			value: "={{ $('One item per row').item.json.patient }}",
		},
	];
	const links = node('Links', 'set', 3.4, {
		mode: 'manual',
		assignments: { assignments },
		options: {},
	});
	return {
		...workflow,
		nodes: [...workflow.nodes, links],
		connections: {
			...workflow.connections,
			'Run many': { main: [[{ node: 'Links', type: 'main', index: 0 }]] },
		},
	};
};

const linksOf = (execution: Execution) => jsonOf(execution, 'Links').map(({ linked }) => linked);

withRunMany(
	'not published: the call fails, and says so, before anything is started',
	async (runMany, { client, sandbox }) => {
		await client.deactivate(runMany.id);
		const execution = await client.waitForExecution(await runMany.begin(patients(2)));
		expect(execution.data.resultData.error?.message).toMatch(
			/^Publish the workflow "NenAI: run many" first\. No run was started\.$/,
		);
		expect(sandbox.state().requests).toEqual([]);
		expect(await runMany.rows()).toEqual([]);
	},
);

describe('rows that NenAI rejects', () => {
	withRunMany(
		'all of them: the caller goes on at once, with each row of its own input',
		async (runMany, { sandbox, client }) => {
			sandbox.faults.add({ refuse: errorAnswer(422, 'json') });
			const rows = patients(3);
			const execution = await runMany.begin(rows, withLinks);
			const results = await runMany.results(execution);
			expect(results).toEqual(
				rows.map((patient, n) =>
					expect.objectContaining({
						row: n + 1,
						ok: false,
						status: 'not started',
						message_id: '',
						input: expect.objectContaining({ parameters: { PATIENT_NAME: patient } }),
						result: { error: expect.stringMatching(/^NenAI/) },
					}),
				),
			);
			expect(linksOf(await client.waitForExecution(execution))).toEqual(rows);
		},
	);

	withRunMany(
		'one of them, and one that cannot be sent: the others get their results',
		async (runMany, { sandbox }) => {
			const rows = patients(4);
			sandbox.faults.add({
				match: { param: 'PATIENT_NAME', equals: rows[1] },
				refuse: errorAnswer(422, 'json'),
			});
			const execution = await runMany.begin(rows, (workflow) =>
				JSON.parse(
					JSON.stringify(workflow).replace(
						'={{ $json.workflow_id }}',
						`={{ $json.parameters.PATIENT_NAME === '${rows[2]}' ? '' : $json.workflow_id }}`,
					),
				),
			);
			await runMany.deliverAll([rows[0], rows[3]]);
			const results = await runMany.results(execution);
			expect(results.map(({ row, ok, status }) => [row, ok, status])).toEqual([
				[1, true, 'success'],
				[2, false, 'not started'],
				[3, false, 'not started'],
				[4, true, 'success'],
			]);
		},
	);
});

describe('runs without a callback', () => {
	withRunMany(
		'NenAI is asked: the rows have the state, and say that values are missing',
		async (runMany) => {
			const rows = patients(2);
			const execution = await runMany.begin(rows);
			const [first] = await runMany.runsOf([rows[0]]);
			await runMany.send(successOf(first));
			const [heard, asked] = await runMany.results(execution);
			expect([heard.ok, heard.status]).toEqual([true, 'success']);
			expect([asked.ok, asked.status]).toEqual([true, 'completed']);
			expect(asked.result).toEqual({
				error: expect.stringContaining('Values and files are missing'),
				answer: expect.objectContaining({ messageId: asked.message_id, finished: true }),
			});
		},
	);

	withRunMany(
		'runs that do not end, or that NenAI does not know, are given up after a time, and the rows say so; a callback that comes later is reported',
		async (runMany, { sandbox }) => {
			const rows = patients(2);
			const execution = await runMany.begin(rows);
			const runs = await runMany.runsOf(rows);
			const of = (patient: string) => {
				const found = runs.find(({ params }) => params.PATIENT_NAME === patient);
				if (found === undefined) throw new Error(`No run of ${patient}`);
				return found;
			};
			sandbox.runs.set(of(rows[0]).messageId, { status: 'running' });
			sandbox.mcpFaults.add({
				match: { messageId: of(rows[1]).messageId },
				result: { form: 'json-text', data: { success: false, error: 'Run not found' } },
			});
			const results = await runMany.results(execution);
			expect(results.map(({ row, ok, status, result }) => [row, ok, status, result.error])).toEqual(
				[
					[1, false, 'running', expect.stringContaining('No result arrived within the time limit')],
					[2, false, 'started', expect.stringContaining('No result arrived within the time limit')],
				],
			);
			runMany.expectOwn(results, rows);
			await runMany.send(successOf(of(rows[0])));
			await runMany.untilReported(({ row }) => row === 0);
			await runMany.untilChecked();
			expect((await runMany.reported()).map(({ message_id: id }) => id)).toEqual([
				of(rows[0]).messageId,
			]);
		},
		{ limitSeconds: 25 },
	);
});

describe('a start of unknown outcome: the row is not started again, and a person is told', () => {
	const rows = patients(3);
	const lost = rows[1];

	/** NenAI starts the run of the second row, but its answer gets lost. Gives the row, once it was reported to a person. */
	async function loseAnswer(runMany: RunMany, { sandbox }: OwnEnvironment) {
		sandbox.faults.add({
			match: { param: 'PATIENT_NAME', equals: lost },
			connection: 'drop-after-accept',
			callbacks: [],
		});
		const execution = await runMany.begin(rows);
		const row = await runMany.untilReported(
			({ row: number, status }) => number === 2 && status === 'unknown',
		);
		expect(row).toMatchObject({ message_id: '', status: 'unknown', open: true });
		await runMany.untilChecked();
		expect(await runMany.reported()).toEqual([
			expect.objectContaining({ row: 2, input: expect.stringContaining(lost) }),
		]);
		const [run] = sandbox.state().runs.filter(({ params }) => params.PATIENT_NAME === lost);
		return { execution, row, run };
	}

	withRunMany(
		'its callback is kept and reported; a person enters the message ID, and the callback counts',
		async (runMany, environment) => {
			const { execution, row, run } = await loseAnswer(runMany, environment);
			await runMany.deliverAll(rows);
			await runMany.untilReported(({ row: number }) => number === 0);
			await runMany.untilChecked();
			expect((await runMany.reported()).map(({ message_id: id }) => id)).toEqual(
				expect.arrayContaining(['', run.messageId]),
			);
			await runMany.enter(row, { message_id: run.messageId });
			runMany.expectAll(await runMany.results(execution), rows);
			expect(environment.sandbox.state().counts.runsStarted).toBe(3);
		},
	);

	withRunMany('a person finds that there is no run', async (runMany, environment) => {
		const { execution, row } = await loseAnswer(runMany, environment);
		await runMany.deliverAll(rows.filter((patient) => patient !== lost));
		await runMany.enter(row, { status: 'not started', open: false });
		const results = await runMany.results(execution);
		expect(results.map(({ row: number, ok, status }) => [number, ok, status])).toEqual([
			[1, true, 'success'],
			[2, false, 'not started'],
			[3, true, 'success'],
		]);
	});

	withRunMany(
		'nobody does anything: after the limit it is a row that is unknown',
		async (runMany, environment) => {
			const { execution } = await loseAnswer(runMany, environment);
			await runMany.deliverAll(rows.filter((patient) => patient !== lost));
			const results = await runMany.results(execution);
			expect(
				results.map(({ row, ok, status, result }) => [row, ok, status, result.uncertain]),
			).toEqual([
				[1, true, 'success', undefined],
				[2, false, 'unknown', true],
				[3, true, 'success', undefined],
			]);
			expect(environment.sandbox.state().counts).toMatchObject({ runsStarted: 3, requests: 3 });
		},
		{ limitSeconds: 40 },
	);
});

describe('n8n is killed', () => {
	withRunMany(
		'while it starts the runs: the rows are reported, and a new call of the same batch starts nothing again',
		async (runMany, environment) => {
			const { sandbox, client } = environment;
			sandbox.setDefaults({ fault: { callbacks: [], answerLatencyMs: 3000 } });
			const rows = patients(5);
			const execution = await runMany.begin(rows);
			await sandbox.until(({ counts }) => counts.runsStarted === 5, 60_000);
			await kill(environment);
			expect((await client.execution(execution)).status).toBe('crashed');
			await runMany.untilReported(({ status }) => status === 'unknown');
			await runMany.untilChecked();
			expect((await runMany.reported()).map(({ row, status }) => [row, status])).toEqual(
				rows.map((_, n) => [n + 1, 'unknown']),
			);
			const again = await runMany.callAgain(rows, execution);
			await runMany.untilWaiting(again);
			expect(sandbox.state().counts.runsStarted).toBe(5);
			// A person enters the message IDs: then the callbacks count.
			for (const row of await runMany.rows()) {
				const { parameters } = JSON.parse(String(row.input));
				const [run] = await runMany.runsOf([parameters.PATIENT_NAME]);
				await runMany.enter(row, { message_id: run.messageId });
			}
			await runMany.deliverAll(rows);
			runMany.expectAll(await runMany.results(again), rows);
		},
	);

	/** In place of the request that continues the caller: one that takes its time before. */
	const SLOW = {
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		parameters: { resume: 'timeInterval', amount: 8, unit: 'seconds' },
	};

	withRunMany(
		'after the last callback, before the caller was continued: the schedule continues it',
		async (runMany, environment) => {
			const rows = patients(3);
			const execution = await runMany.begin(rows);
			await runMany.untilWaiting(execution);
			const runs = await runMany.runsOf(rows);
			// The answer comes at the end only: nobody waits for it.
			const delivered = runs.map((run) => environment.sandbox.deliver(successOf(run)));
			await runMany.untilRow(({ has_callback: has, row }) => row === 3 && has === true);
			await kill(environment);
			await Promise.all(delivered);
			await runMany.mend('Continue');
			await Promise.all(runs.map(async (run) => await runMany.send(successOf(run))));
			runMany.expectAll(await runMany.results(execution), rows);
		},
		{ change: (workflow) => withSettings(workflow, 'Continue', SLOW) },
	);

	withRunMany(
		'while the results are on their way to the caller: it fails, and another call of the same batch gets them',
		async (runMany, environment) => {
			const { client, sandbox } = environment;
			const rows = patients(3);
			const execution = await runMany.begin(rows);
			await runMany.untilWaiting(execution);
			await runMany.deliverAll(rows);
			await runMany.untilRow(({ returned }) => returned === true);
			await kill(environment);
			await runMany.mend('Results');
			const failed = await client.waitForExecution(execution, undefined, 90_000);
			expect(failed.data.resultData.error?.message).toMatch(/^Workflow did not finish/);
			const again = await runMany.callAgain(rows, execution);
			runMany.expectAll(await runMany.results(again), rows);
			expect(sandbox.state().counts.runsStarted).toBe(3);
		},
		{ change: (workflow) => withSettings(workflow, 'Results', SLOW) },
	);
});

describe('the caller', () => {
	withRunMany('in a loop: each pass gets its own results', async (runMany, environment) => {
		const { client, n8n, sandbox } = environment;
		sandbox.setDefaults({ fault: { callbacks: [{ status: 'success', afterMs: 500 }] } });
		const [rows, items] = [patients(5), 2];
		const caller = await runMany.saveCaller(rows);
		const nodes = await client.nodesOf(caller);
		const loop = node('Loop', 'splitInBatches', 3, { batchSize: items, options: {} });
		const link = (to: string) => [{ node: to, type: 'main' as const, index: 0 }];
		await client.updateWorkflow(caller, {
			nodes: [...nodes, loop],
			connections: {
				'Run by hand': { main: [link('Rows')] },
				Rows: { main: [link('One item per row')] },
				'One item per row': { main: [link('One run per row')] },
				'One run per row': { main: [link('Loop')] },
				Loop: { main: [[], link('Run many')] },
				'Run many': { main: [link('Loop')] },
			},
		});
		const ended = await client.waitForExecution(await runMany.run(caller), undefined, 60_000);
		const results = jsonOf(ended, 'Run many') as unknown as Result[];
		expect(results.map(({ row, ok }) => [row, ok])).toEqual(
			[1, 2, 1, 2, 1].map((row) => [row, true]),
		);
		runMany.expectOwn(results, rows);
		expect(sandbox.state().counts.runsStarted).toBe(5);
		expect(n8n.webhookUrl).toBeDefined();
	});

	withRunMany(
		'stopped while it waits: Retry starts nothing and gives no result, and another call of the same batch gets all',
		async (runMany, { client, sandbox }) => {
			const rows = patients(4);
			const execution = await runMany.begin(rows);
			await runMany.untilWaiting(execution);
			await runMany.deliverAll(rows.slice(0, 2));
			await client.stopExecution(execution);
			// n8n does not wait again, but passes on what the node got.
			const retried = await runMany.results(await client.retryExecution(execution));
			expect(retried.map(({ ok }) => ok)).toEqual(rows.map(() => undefined));
			const again = await runMany.callAgain(rows, execution);
			await runMany.untilWaiting(again);
			await runMany.deliverAll(rows.slice(2, 3));
			// The last one only gets its state: then the schedule continues the call, not the one before.
			const result = (await runMany.results(again)).map(({ ok, status }) => [ok, status]);
			expect(result).toEqual([
				[true, 'success'],
				[true, 'success'],
				[true, 'success'],
				[true, 'completed'],
			]);
			expect(sandbox.state().counts.runsStarted).toBe(4);
		},
	);

	withRunMany(
		'two callers wait for the same batch: the later one gets the results, the other one is told so',
		async (runMany, { client, sandbox }) => {
			const rows = patients(2);
			const first = await runMany.begin(rows, withBatch('today'));
			await runMany.untilWaiting(first);
			const second = await runMany.begin(rows, withBatch('today'));
			await runMany.untilWaiting(second);
			await runMany.deliverAll(rows);
			runMany.expectAll(await runMany.results(second), rows);
			const other = await client.waitForExecution(first, undefined, 150_000);
			expect(
				(jsonOf(other, 'Run many') as unknown as Result[]).map(({ row, ok, result }) => [
					row,
					ok,
					result.error,
				]),
			).toEqual(
				rows.map((_, n) => [
					n + 1,
					false,
					expect.stringMatching(/^Another call with the same batch/),
				]),
			);
			expect(sandbox.state().counts.runsStarted).toBe(2);
		},
		{ limitSeconds: 30 },
	);

	withRunMany(
		'different batches in one call: the first one counts for all rows',
		async (runMany) => {
			const rows = patients(2);
			const execution = await runMany.begin(rows, withBatch('={{ $json.patient }}'));
			await runMany.deliverAll(rows);
			runMany.expectAll(await runMany.results(execution), rows);
		},
	);

	withRunMany(
		'several calls whose last callbacks are lost at the same time: the schedule continues each',
		async (runMany) => {
			const batches = [1, 2, 3].map((n) => patients(2, `batch ${n}, patient`));
			const executions = await Promise.all(batches.map(async (rows) => await runMany.begin(rows)));
			for (const execution of executions)
				expect((await runMany.results(execution)).map(({ status }) => status)).toEqual([
					'completed',
					'completed',
				]);
		},
	);

	withRunMany(
		'stopped, and nobody retries it: the callbacks are accepted, and the table gets empty',
		async (runMany, { client }) => {
			const rows = patients(3);
			const execution = await runMany.begin(rows);
			await runMany.untilWaiting(execution);
			await client.stopExecution(execution);
			await runMany.deliverAll(rows);
			await runMany.untilNoRow();
			expect((await client.execution(execution)).status).toBe('canceled');
			expect(await runMany.reported()).toEqual([]);
		},
		{ keepSeconds: 10 },
	);

	withRunMany(
		'edited and renamed while it waits, as is the example: it gets its results',
		async (runMany, { client }) => {
			const rows = patients(3);
			const caller = await runMany.saveCaller(rows);
			const execution = await runMany.run(caller);
			await runMany.untilWaiting(execution);
			const renamed = (await client.nodesOf(caller)).map((one) => ({
				...one,
				name: `${one.name} 2`,
			}));
			await client.updateWorkflow(caller, {
				name: 'Another name',
				nodes: renamed,
				connections: {},
			});
			await client.updateWorkflow(runMany.id, { name: 'Another name, too' });
			await runMany.edit((one) => (one.name === 'Ask NenAI' ? { ...one, notes: 'changed' } : one));
			await client.activate(runMany.id);
			await runMany.deliverAll(rows);
			runMany.expectAll(await runMany.results(execution), rows);
		},
	);

	withRunMany(
		'in production, with Retry On Fail, and a step of the example fails: nothing is started twice',
		async (runMany, environment) => {
			const { client, n8n, sandbox } = environment;
			const rows = patients(3);
			const caller = await runMany.saveCaller(rows, (workflow) => {
				const retrying = withSettings(workflow, 'Run many', {
					retryOnFail: true,
					maxTries: 3,
					waitBetweenTries: 1000,
				});
				const [{ position }] = retrying.nodes;
				const started = chain('x', [webhook('run-many-production')]).nodes[0];
				return {
					...retrying,
					nodes: retrying.nodes.map((one) =>
						one.name === 'Run by hand' ? { ...started, name: 'Run by hand', position } : one,
					),
				};
			});
			await client.activate(caller);
			expect(await call(webhookUrl(n8n, 'run-many-production'), {})).toBe(200);
			const [{ id: execution }] = await client.waitForExecutions(caller, undefined, 90_000);
			const failed = await client.waitForExecution(execution);
			expect(failed.data.resultData.error?.message).toContain('Not today');
			expect(sandbox.state().counts.runsStarted).toBe(3);
			await runMany.mend('Save the resume URL');
			const retried = client.retryExecution(execution);
			await sleep(3000);
			await runMany.deliverAll(rows);
			runMany.expectAll(await runMany.results(await retried), rows);
			expect(sandbox.state().counts.runsStarted).toBe(3);
			await client.deactivate(caller);
		},
		{ change: failingAt('Save the resume URL') },
	);
});

describe('a step of the example fails once, and somebody mends it', () => {
	const STEPS = {
		before: ['Create the table', 'Number the rows', 'New row?', 'Write rows before the start'],
		behind: [
			'Write rows after the start',
			'Delete the first rows',
			'Early callbacks',
			'Save the resume URL',
		],
		/** A retry of the example has another address than the rows, and cannot take them. */
		last: ['Results missing?', 'Take the results', 'Match rows and results', 'Results'],
	};

	for (const [place, steps] of Object.entries(STEPS))
		for (const step of steps)
			withRunMany(
				`"${step}": after Retry of the example, another call of the same batch gets all results, and each run is started once`,
				async (runMany, { client, sandbox }) => {
					const rows = patients(3);
					const execution = await runMany.begin(rows);
					if (place === 'last' && step !== 'Results missing?') await runMany.deliverAll(rows);
					const failed = await client.waitForExecution(execution, undefined, 90_000);
					expect(failed.data.resultData.error?.message).toContain('Not today');
					const [example] = await client.executions(runMany.id, { status: ['error'] });
					await runMany.mend(step);
					if (place !== 'last') {
						const own = client.retryExecution(example.id, { loadWorkflow: true });
						await runMany.deliverAll(rows);
						const retried = await client.waitForExecution(await own, undefined, 90_000);
						expect(jsonOf(retried, 'Results').map(({ ok }) => ok)).toEqual(rows.map(() => true));
					} else if (step === 'Results missing?') await runMany.deliverAll(rows);
					expect(sandbox.state().counts.runsStarted).toBe(3);
					const again = await runMany.callAgain(rows, execution);
					runMany.expectAll(await runMany.results(again), rows);
					expect(sandbox.state().counts.runsStarted).toBe(3);
				},
				{ change: failingAt(step) },
			);
});

/** A copy of the example in the same n8n, whose trigger has an address of its own. */
const copied: Change = (workflow) =>
	withSettings({ ...workflow, name: `${workflow.name} (copy)` }, 'NenAI Trigger', {
		webhookId: '0c5f2f4e-6d1b-4b7e-9a55-3a9d0e8b1c77',
	});

it('two copies of the example, with calls at the same time: each returns its own rows only', async (environment) => {
	const batchesOf = (name: string) =>
		Array.from({ length: 3 }, (_, n) => patients(3, `${name} ${n}, patient`));
	const [ofFirst, ofSecond] = [batchesOf('bills'), batchesOf('patients')];
	await RunMany.during(root, environment, async (first) => {
		const useBoth = async (second: RunMany) => {
			const all = [
				...ofFirst.map((rows) => ({ runMany: first, rows })),
				...ofSecond.map((rows) => ({ runMany: second, rows })),
			];
			const begun = await Promise.all(
				all.map(async (one) => ({ ...one, execution: await one.runMany.begin(one.rows) })),
			);
			await first.deliverAll([...ofFirst, ...ofSecond].flat());
			for (const { runMany, rows, execution } of begun)
				runMany.expectAll(await runMany.results(execution), rows);
			for (const runMany of [first, second]) expect(await runMany.reported()).toEqual([]);
		};
		await RunMany.during(root, environment, useBoth, { change: copied });
	});
	expect(environment.sandbox.state().counts.runsStarted).toBe(18);
});

withRunMany(
	'nothing of a finished batch stays in the table, and rows without a batch key are a batch of their own',
	async (runMany, { client }) => {
		const rows = patients(2);
		// n8n takes inputs that are left empty from the items: so the items must not have it.
		const withoutBatch: Change = (workflow) =>
			JSON.parse(
				JSON.stringify(workflow)
					.replace('"value":"={{ $execution.id }}-{{ $runIndex }}"', '"value":""')
					.replace('"batch":"={{ $json.batch }}",', '')
					.replace('"batch":"={{ $json.batch }}"', '"batch":""'),
			);
		const execution = await runMany.begin(rows, withoutBatch);
		await runMany.deliverAll(rows);
		runMany.expectAll(await runMany.results(execution), rows);
		expect((await runMany.rows()).map(({ batch }) => batch)).toEqual(
			rows.map(() => expect.stringMatching(/^execution \d+$/)),
		);
		await runMany.untilNoRow();
		expect(itemsOf(await client.waitForExecution(execution), 'Run many')).toHaveLength(2);
	},
	{ keepSeconds: 10 },
);

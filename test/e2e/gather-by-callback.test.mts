/** The example that gathers many results by callbacks, in one real process of n8n 2. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NEWEST_N8N } from '../n8n/install.mts';
import { errorAnswer } from '../sandbox/index.mts';
import { withEnvironment } from './cases.mts';
import { Gathering, limits, resultsOf, TABLE } from './gathering.mts';
import { seededRandom } from './random.mts';
import {
	jsonOf,
	startOwnEnvironment,
	withParameters,
	withSettings,
	type Change,
	type OwnEnvironment,
} from './environment.mts';

const root = join(__dirname, '../..');
const it = withEnvironment(() => startOwnEnvironment({ root, version: NEWEST_N8N }));

/** A case with the example published. */
function gathering(
	what: string,
	run: (gathering: Gathering, environment: OwnEnvironment) => Promise<void>,
	change?: Change,
): void {
	it(
		what,
		async (environment) =>
			await Gathering.during(
				root,
				environment,
				async (opened) => await run(opened, environment),
				change,
			),
	);
}

const patients = (count: number, batch = 'patient') =>
	Array.from({ length: count }, (_, n) => `${batch} ${n}`);

gathering(
	'50 runs: whatever becomes of their callbacks, it goes on once, with 50 results in the order of the rows',
	async (gathering) => {
		const rows = patients(50);
		const { sent } = await gathering.run([rows], seededRandom());
		gathering.expectResults(await gathering.continuations(1), [rows]);
		expect(sent).toMatchObject({ never: 5, doubled: 10 });
	},
);

gathering('the same, with n8n killed in the middle', async (gathering, environment) => {
	const rows = patients(50);
	await gathering.run([rows], seededRandom(), async () => {
		await environment.n8n.kill();
		await sleep(1000);
		await environment.n8n.start();
	});
	gathering.expectResults(await gathering.continuations(1), [rows]);
});

gathering('all callbacks at the same instant: it goes on once', async (gathering) => {
	const rows = patients(10);
	await gathering.begin(rows);
	await gathering.untilRow(({ row, status }) => row === 0 && status === 'started');
	await gathering.deliverAll(rows);
	gathering.expectResults(await gathering.continuations(1), [rows]);
});

gathering(
	'all callbacks before their rows: none is lost, and NenAI need not be asked',
	async (gathering, { sandbox }) => {
		const rows = patients(5);
		// Accepted, but the answer takes its time: until then the rows are not written.
		sandbox.faults.add({
			match: { param: 'PATIENT_NAME', equals: rows[4] },
			callbacks: [],
			answerLatencyMs: 4000,
		});
		await gathering.begin(rows);
		await gathering.deliverAll(rows);
		const continuations = await gathering.continuations(1);
		gathering.expectResults(continuations, [rows]);
		expect(continuations.flat().map(({ status }) => status)).toEqual(rows.map(() => 'success'));
	},
);

gathering(
	'a status in capitals, or with spaces around it, counts as the same status',
	async (gathering) => {
		const rows = patients(4);
		const statuses = ['Success', ' SUCCESS ', 'success', 'Failed'];
		await gathering.begin(rows);
		await gathering.untilRow(({ row, status }) => row === 0 && status === 'started');
		for (const [n, status] of statuses.entries()) await gathering.deliverAll([rows[n]], status);
		const [results] = await gathering.continuations(1);
		expect(results.map(({ ok, status, has_callback: has }) => [ok, status, has])).toEqual(
			statuses.map((status) => [status !== 'Failed', status, true]),
		);
	},
);

gathering('ten batches at once do not mix', async (gathering) => {
	const batches = Array.from({ length: 10 }, (_, n) => patients(6, `batch ${n}, patient`));
	await gathering.run(batches, seededRandom());
	gathering.expectResults(await gathering.continuations(10), batches);
});

gathering(
	'runs that could not be started count as failed ones, also where none could',
	async (gathering, environment) => {
		environment.sandbox.faults.add({ refuse: errorAnswer(422, 'json') });
		const rows = patients(3);
		await gathering.begin(rows);
		const [results] = await gathering.continuations(1);
		expect(
			results.map(({ row, ok, status, input, answer }) => [row, ok, status, input, answer]),
		).toEqual(
			rows.map((patient, n) => [
				n + 1,
				false,
				'not started',
				expect.objectContaining({ patient }),
				{ error: expect.stringMatching(/^NenAI/) },
			]),
		);
	},
);

/** In place of what a builder does with the results: something that takes its time. */
const slowly: Change = (workflow) =>
	withSettings(workflow, 'Your steps go here', {
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		parameters: { resume: 'timeInterval', amount: 5, unit: 'seconds' },
	});

gathering(
	'killed while it goes on: it is not begun again by itself, but reported once, and goes on when somebody says so',
	async (gathering, { client, n8n }) => {
		const rows = patients(5);
		await gathering.begin(rows);
		await gathering.deliverAll(rows);
		await gathering.untilRow(({ batch_state: state }) => state === 'taken');
		await n8n.kill();
		await n8n.start();
		const reported = await gathering.untilRow(({ batch_state: state }) => state === 'reported');
		await sleep(8000);
		expect(await gathering.executionsWith('Needs a person')).toHaveLength(1);
		expect(await gathering.executionsWith('Delete the rows')).toHaveLength(0);
		await client.tables.edit(TABLE, reported.id, { batch_state: 'open' });
		await gathering.untilNoRow();
		const done = await gathering.executionsWith('Delete the rows');
		gathering.expectResults(done.flatMap(resultsOf), [rows]);
	},
	slowly,
);

/** Runs are given up after 20 seconds, not after a day. */
const impatient: Change = (workflow) =>
	withParameters(workflow, 'Limits', limits({ give_up_after_hours: 20 / 3600 }));

gathering(
	'runs that do not end, and those that NenAI does not know, are given up after a time: it goes on once, and they count as failed',
	async (gathering, { sandbox }) => {
		const rows = patients(3);
		await gathering.begin(rows);
		const { runs } = await sandbox.until(({ counts }) => counts.runsStarted === 3, 60_000);
		const idOf = (patient: string) =>
			runs.find(({ params }) => params.PATIENT_NAME === patient)?.messageId ?? '';
		sandbox.runs.set(idOf(rows[0]), { status: 'running' });
		sandbox.mcpFaults.add({
			match: { messageId: idOf(rows[1]) },
			result: { form: 'json-text', data: { success: false, error: 'Run not found' } },
		});
		const continuations = await gathering.continuations(1);
		expect(
			continuations.map((results) =>
				results.map(({ row, ok, status, message_id: id }) => [row, ok, status, id]),
			),
		).toEqual([
			[
				[1, false, 'running', idOf(rows[0])],
				[2, false, 'unknown', idOf(rows[1])],
				[3, true, 'completed', idOf(rows[2])],
			],
		]);
	},
	impatient,
);

gathering(
	'killed while it starts the runs: they are not started again, and the batch is closed after a time and reported once',
	async (gathering, { sandbox, n8n }) => {
		sandbox.setDefaults({ fault: { callbacks: [], answerLatencyMs: 3000 } });
		const began = Date.now();
		await gathering.begin(patients(5));
		await sandbox.until(({ counts }) => counts.runsStarted === 5, 60_000);
		await n8n.kill();
		await n8n.start();
		await gathering.untilRow(({ batch_state: state }) => state === 'reported');
		process.stderr.write(
			`The batch was reported ${Math.round((Date.now() - began) / 1000)} s after it began\n`,
		);
		await sleep(8000);
		expect(await gathering.executionsWith('Needs a person')).toHaveLength(1);
		expect(await gathering.executionsWith('Results')).toEqual([]);
		expect(sandbox.state().counts.runsStarted).toBe(5);
	},
	impatient,
);

/** In place of a node: one that fails. */
const failingAt =
	(node: string): Change =>
	(workflow) =>
		withSettings(workflow, node, {
			type: 'n8n-nodes-base.stopAndError',
			typeVersion: 1,
			parameters: { errorType: 'errorMessage', errorMessage: 'Not today' },
		});

describe('a step fails once, and somebody presses Retry: it goes on once, with the callbacks of all rows', () => {
	/** Those before the runs are started, and those behind it. */
	const STEPS = {
		before: ['Open a batch', 'One item per row'],
		behind: ['Write the rows', 'All runs started', 'Find early results'],
	};

	for (const step of [...STEPS.before, ...STEPS.behind]) {
		gathering(
			`"${step}"`,
			async (gathering, { client, sandbox }) => {
				const rows = patients(4);
				const failed = await client.waitForExecution(await gathering.begin(rows));
				expect(failed.data.resultData).toMatchObject({
					lastNodeExecuted: step,
					error: { message: 'Not today' },
				});
				const isBehind = STEPS.behind.includes(step);
				if (isBehind) await gathering.deliverAll(rows.slice(0, 2));
				await gathering.mend(root, step);
				await client.retryExecution(failed.id, { loadWorkflow: true });
				await gathering.deliverAll(isBehind ? rows.slice(2) : rows);
				const continuations = await gathering.continuations(1);
				gathering.expectResults(continuations, [rows]);
				expect(continuations.flat().map(({ status }) => status)).toEqual(rows.map(() => 'success'));
				expect(sandbox.state().counts.runsStarted).toBe(4);
			},
			failingAt(step),
		);
	}
});

/** A copy of the example in the same n8n, whose trigger has an address of its own. */
const copied: Change = (workflow) =>
	withSettings({ ...workflow, name: `${workflow.name} (copy)` }, 'NenAI Trigger', {
		webhookId: '0c5f2f4e-6d1b-4b7e-9a55-3a9d0e8b1c77',
	});

it('two copies of the example, with batches at the same time: each goes on with its own rows only', async (environment) => {
	const batchesOf = (name: string) =>
		Array.from({ length: 3 }, (_, n) => patients(3, `${name} ${n}, patient`));
	const [ofFirst, ofSecond] = [batchesOf('bills'), batchesOf('patients')];
	await Gathering.during(root, environment, async (first) => {
		const useBoth = async (second: Gathering) => {
			for (const n of [0, 1, 2])
				for (const [gathering, batches] of [
					[first, ofFirst],
					[second, ofSecond],
				] as const)
					await gathering.begin(batches[n]);
			// Only one batch of each hears of its callbacks: both schedules look for the others at the same time.
			for (const [gathering, batches] of [
				[first, ofFirst],
				[second, ofSecond],
			] as const)
				await gathering.deliverAll(batches[0]);
			for (const [gathering, batches] of [
				[first, ofFirst],
				[second, ofSecond],
			] as const)
				gathering.expectResults(await gathering.continuations(3), batches);
			for (const gathering of [first, second])
				expect(await gathering.executionsWith('Needs a person')).toEqual([]);
		};
		await Gathering.during(root, environment, useBoth, copied);
	});
	expect(environment.sandbox.state().counts.runsStarted).toBe(18);
});

describe('a start of unknown outcome: the row is not started again, and a person is told', () => {
	const rows = patients(3);
	const lost = rows[1];

	/** NenAI starts the run of the second row, but its answer gets lost. Gives the row, once it was reported to a person. */
	async function loseAnswer(gathering: Gathering, { sandbox }: OwnEnvironment) {
		sandbox.faults.add({
			match: { param: 'PATIENT_NAME', equals: lost },
			connection: 'drop-after-accept',
			callbacks: [],
		});
		await gathering.begin(rows);
		const row = await gathering.untilRow(
			({ row: number, batch_state: state }) => number === 2 && state === 'reported',
		);
		expect(row).toMatchObject({ message_id: '', status: 'start unknown', settled: false });
		expect(JSON.parse(String(row.result))).toEqual({
			error: expect.stringContaining('It is not known whether NenAI started the run'),
			uncertain: true,
		});
		const [run] = sandbox.state().runs.filter(({ params }) => params.PATIENT_NAME === lost);
		return { row, messageId: run.messageId };
	}

	/** What a person was told of, rows before callbacks. */
	const reports = async (gathering: Gathering) =>
		(await gathering.executionsWith('Needs a person'))
			.flatMap((execution) => jsonOf(execution, 'Needs a person'))
			.sort((a, b) => Number(b.row) - Number(a.row));

	const expectAll = async (gathering: Gathering, environment: OwnEnvironment) => {
		const continuations = await gathering.continuations(1);
		gathering.expectResults(continuations, [rows]);
		expect(continuations.flat().map(({ status, has_callback: has }) => [status, has])).toEqual(
			rows.map(() => ['success', true]),
		);
		expect(environment.sandbox.state().counts).toMatchObject({ runsStarted: 3, requests: 3 });
	};

	gathering(
		'its callback is kept and shown, too; a person names the run, and it goes on with all callbacks',
		async (gathering, environment) => {
			const { row, messageId } = await loseAnswer(gathering, environment);
			await gathering.deliverAll(rows);
			await gathering.untilRow(
				({ message_id: id, batch_state: state }) => id === messageId && state === 'reported',
			);
			await sleep(8000);
			expect(await reports(gathering)).toEqual([
				expect.objectContaining({ row: 2, input: expect.stringContaining(lost) }),
				expect.objectContaining({ row: -1, message_id: messageId, status: 'success' }),
			]);
			expect(await gathering.executionsWith('Results')).toEqual([]);
			await gathering.edit(row, { message_id: messageId });
			await expectAll(gathering, environment);
		},
	);

	gathering('a person names the run before its callback comes', async (gathering, environment) => {
		const { row, messageId } = await loseAnswer(gathering, environment);
		await gathering.edit(row, { message_id: messageId });
		await gathering.deliverAll(rows);
		await expectAll(gathering, environment);
		expect(await reports(gathering)).toHaveLength(1);
	});

	gathering('a person finds that there is no run', async (gathering, environment) => {
		const { row } = await loseAnswer(gathering, environment);
		await gathering.deliverAll(rows.filter((patient) => patient !== lost));
		await gathering.edit(row, { status: 'not started', settled: true });
		const [results] = await gathering.continuations(1);
		expect(results.map(({ row: number, ok, status }) => [number, ok, status])).toEqual([
			[1, true, 'success'],
			[2, false, 'not started'],
			[3, true, 'success'],
		]);
	});

	gathering(
		'nobody does anything: it is given up as unknown, and says so',
		async (gathering, environment) => {
			await loseAnswer(gathering, environment);
			await gathering.deliverAll(rows);
			const [results] = await gathering.continuations(1);
			expect(
				results.map(({ row, ok, status, has_callback: has }) => [row, ok, status, has]),
			).toEqual([
				[1, true, 'success', true],
				[2, false, 'unknown', false],
				[3, true, 'success', true],
			]);
			expect(results[1].answer).toEqual({
				error: expect.stringContaining('It is not known'),
				uncertain: true,
			});
			expect(environment.sandbox.state().counts).toMatchObject({ runsStarted: 3, requests: 3 });
		},
		impatient,
	);
});

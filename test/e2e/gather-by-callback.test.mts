/** The example that gathers many results by callbacks, in one real process of n8n 2. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorAnswer } from '../sandbox/index.mts';
import { casesOn } from './cases.mts';
import { Gathering, limits, resultsOf, TABLE } from './gathering.mts';
import { chance } from './random.mts';
import { openOwnStage, withParameters, withSettings, type Change, type OwnStage } from './stage.mts';

const root = join(__dirname, '../..');
const on = casesOn(() => openOwnStage({ root, version: '2.41.1' }));

/** A case with the example published. */
function gathering(what: string, run: (gathering: Gathering, stage: OwnStage) => Promise<void>, change?: Change): void {
	on(what, async (stage) => await Gathering.during(root, stage, async (opened) => await run(opened, stage), change));
}

const patients = (count: number, batch = 'patient') => Array.from({ length: count }, (_, n) => `${batch} ${n}`);

gathering('50 runs: whatever becomes of their callbacks, it goes on once, with 50 results in the order of the rows', async (gathering) => {
	const rows = patients(50);
	const { sent } = await gathering.run([rows], chance());
	gathering.expectResults(await gathering.continuations(1), [rows]);
	expect(sent).toMatchObject({ never: 5, doubled: 10 });
});

gathering('the same, with n8n killed in the middle', async (gathering, stage) => {
	const rows = patients(50);
	await gathering.run([rows], chance(), async () => {
		await stage.n8n.kill();
		await sleep(1000);
		await stage.n8n.start();
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

gathering('all callbacks before their rows: none is lost, and NenAI need not be asked', async (gathering, { sandbox }) => {
	const rows = patients(5);
	// Accepted, but the answer takes its time: until then the rows are not written.
	sandbox.faults.add({ match: { param: 'PATIENT_NAME', equals: rows[4] }, callbacks: [], answerLatencyMs: 4000 });
	await gathering.begin(rows);
	await gathering.deliverAll(rows);
	const continuations = await gathering.continuations(1);
	gathering.expectResults(continuations, [rows]);
	expect(continuations.flat().map(({ status }) => status)).toEqual(rows.map(() => 'success'));
});

gathering('ten batches at once do not mix', async (gathering) => {
	const batches = Array.from({ length: 10 }, (_, n) => patients(6, `batch ${n}, patient`));
	await gathering.run(batches, chance());
	gathering.expectResults(await gathering.continuations(10), batches);
});

gathering('runs that could not be started count as failed ones, also where none could', async (gathering, stage) => {
	stage.sandbox.faults.add({ refuse: errorAnswer(422, 'json') });
	const rows = patients(3);
	await gathering.begin(rows);
	const [results] = await gathering.continuations(1);
	expect(results.map(({ row, ok, status, input, result }) => [row, ok, status, input, result])).toEqual(
		rows.map((patient, n) => [n + 1, false, 'not started', expect.objectContaining({ patient }), { error: expect.stringMatching(/^NenAI/) }]),
	);
});

/** In place of what a builder does with the results: something that takes its time. */
const slowly: Change = (workflow) =>
	withSettings(workflow, 'Go on here', { type: 'n8n-nodes-base.wait', typeVersion: 1.1, parameters: { resume: 'timeInterval', amount: 5, unit: 'seconds' } });

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
		expect(await gathering.executionsWith('Somebody must look')).toHaveLength(1);
		expect(await gathering.executionsWith('Forget the batch')).toHaveLength(0);
		await client.tables.edit(TABLE, reported.id, { batch_state: 'open' });
		await gathering.untilNoRow();
		const done = await gathering.executionsWith('Forget the batch');
		gathering.expectResults(done.flatMap(resultsOf), [rows]);
	},
	slowly,
);

/** Runs are given up after 20 seconds, not after a day. */
const impatient: Change = (workflow) => withParameters(workflow, 'Limits', limits({ give_up_after_hours: 20 / 3600 }));

gathering(
	'runs that do not end, and those that NenAI does not know, are given up after a time: it goes on once, and they count as failed',
	async (gathering, { sandbox }) => {
		const rows = patients(3);
		await gathering.begin(rows);
		const { runs } = await sandbox.until(({ counts }) => counts.runsStarted === 3, 60_000);
		const idOf = (patient: string) => runs.find(({ params }) => params.PATIENT_NAME === patient)?.messageId ?? '';
		sandbox.runs.set(idOf(rows[0]), { status: 'running' });
		sandbox.mcpFaults.add({ match: { messageId: idOf(rows[1]) }, result: { form: 'json-text', data: { success: false, error: 'Run not found' } } });
		const continuations = await gathering.continuations(1);
		expect(continuations.map((results) => results.map(({ row, ok, status, message_id: id }) => [row, ok, status, id]))).toEqual([
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
		process.stderr.write(`The batch was reported ${Math.round((Date.now() - began) / 1000)} s after it began\n`);
		await sleep(8000);
		expect(await gathering.executionsWith('Somebody must look')).toHaveLength(1);
		expect(await gathering.executionsWith('Results')).toEqual([]);
		expect(sandbox.state().counts.runsStarted).toBe(5);
	},
	impatient,
);

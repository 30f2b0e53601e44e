/** The example that gathers many results by asking NenAI, in a real n8n of each version. */
import { join } from 'node:path';
import type { Execution } from '../n8n/client.mts';
import { N8N_VERSIONS } from '../n8n/install.mts';
import { errorAnswer } from '../sandbox/index.mts';
import { withEnvironment } from './cases.mts';
import {
	jsonOf,
	startOwnEnvironment,
	rowsOf,
	withParameters,
	type Change,
	type E2eEnvironment,
} from './environment.mts';

const root = join(__dirname, '../..');

/** What n8n keeps of 50 runs after 60 rounds, at most: less than 500 characters for each run and round. */
const LARGEST = 1_500_000;

/** The example with these rows, waits of so many seconds, and so many rounds at most. */
const asking =
	(patients: readonly string[], seconds: string, rounds: number): Change =>
	(workflow) => {
		const changed = withParameters(workflow, 'Rows', rowsOf(patients));
		const waiting = withParameters(changed, 'Wait longer each time', { amount: seconds });
		return JSON.parse(
			JSON.stringify(waiting).replace('$runIndex + 1 >= 60', `$runIndex + 1 >= ${rounds}`),
		);
	};

async function begin({ importExample, client }: E2eEnvironment, change: Change): Promise<string> {
	const { executionId } = await client.runWorkflowManually(
		await importExample('gather-by-asking', change),
	);
	if (executionId === undefined) throw new Error('n8n did not run the example');
	return executionId;
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** What came out once, for each row in its order. */
function results(execution: Execution) {
	expect(execution.data.resultData.runData['Your steps go here']).toHaveLength(1);
	return jsonOf(execution, 'Your steps go here');
}

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startOwnEnvironment({ root, version }));

	/** A run that does not end by itself. */
	const endless = {
		callbacks: [{ status: 'processing' }, { status: 'success', afterMs: 3_600_000 }],
	};

	/** What n8n keeps of 50 runs, none of which ends, after so many rounds without waits. */
	async function sizeAfter(environment: E2eEnvironment, rounds: number): Promise<number> {
		const patients = numbers(50).map((n) => `patient ${n}`);
		const id = await begin(environment, asking(patients, '={{ 0 }}', rounds));
		const execution = await environment.client.waitForExecution(id, undefined, 120_000);
		expect(execution.status).toBe('success');
		expect(execution.data.resultData.runData['Ask NenAI']).toHaveLength(rounds);
		expect(
			results(execution).map((json) => [
				json.row,
				(json.input as { patient: string }).patient,
				json.finished,
			]),
		).toEqual(patients.map((patient, n) => [n + 1, patient, false]));
		expect(jsonOf(execution, 'Needs a person')).toHaveLength(50);
		return await environment.client.storedSize(id);
	}

	it('n8n is killed while it waits: it goes on once, with every result in the order of the rows; and what it keeps stays small', async (environment) => {
		const { client, n8n, sandbox } = environment;
		const patients = ['first', 'not started', 'second', 'failed', 'never', 'third', 'answer lost'];
		const of = (patient: string) => ({ param: 'PATIENT_NAME', equals: patient });
		sandbox.faults.add({ match: of('not started'), refuse: errorAnswer(422, 'json') });
		sandbox.faults.add({
			match: of('answer lost'),
			connection: 'drop-after-accept',
			callbacks: [],
		});
		sandbox.faults.add({ match: of('failed'), callbacks: [{ status: 'failed' }] });
		sandbox.faults.add({ match: of('first'), callbacks: [{ status: 'success' }] });
		sandbox.setDefaults({ fault: endless });
		const id = await begin(environment, asking(patients, '={{ $runIndex === 0 ? 70 : 1 }}', 5));
		await client.waitForExecution(
			id,
			({ status, data }) => status === 'waiting' && data.resultData.lastNodeExecuted !== undefined,
		);
		await n8n.kill();
		await n8n.start();
		expect(sandbox.state().counts).toMatchObject({ runsStarted: 6, mcpToolCalls: 0 });
		const idOf = (patient: string) =>
			sandbox.state().runs.find(({ params }) => params.PATIENT_NAME === patient)?.messageId ?? '';
		const asked = (patient: string) =>
			sandbox
				.state()
				.mcpRequests.filter(({ arguments: given }) => given.messageId === idOf(patient)).length;
		// While it asks for the first time, NenAI is busy: that run is asked about again.
		sandbox.mcpFaults.add({
			match: { messageId: idOf('second') },
			times: 5,
			refuse: errorAnswer(503, 'json'),
		});
		sandbox.runs.set(idOf('second'), { status: 'Completed' });
		const later = sandbox
			.until(() => asked('never') >= 1, 150_000)
			.then(() => sandbox.runs.set(idOf('third'), { status: 'completed' }));
		// Until it is time, another execution asks.
		const sizes = [await sizeAfter(environment, 1), await sizeAfter(environment, 60)];
		process.stderr.write(
			`n8n ${version} keeps ${sizes.join(' and ')} characters of 50 runs after 1 and 60 rounds\n`,
		);
		expect(sizes[1]).toBeLessThan(LARGEST);
		await later;
		const execution = await client.waitForExecution(id, undefined, 60_000);
		expect(execution.status).toBe('success');
		expect(asked('second')).toBeGreaterThan(5);
		const found = results(execution);
		expect(
			found.map(({ row, input, ok }) => [row, (input as { patient: string }).patient, ok]),
		).toEqual(
			patients.map((patient, n) => [
				n + 1,
				patient,
				['first', 'second', 'third'].includes(patient),
			]),
		);
		expect(found.map(({ status, finished }) => [status, finished])).toEqual([
			['completed', true],
			[undefined, true],
			['Completed', true],
			['failed', true],
			['running', false],
			['completed', true],
			[undefined, false],
		]);
		expect(found[1]).toMatchObject({ error: expect.stringMatching(/^NenAI/) });
		expect(found[1]).not.toHaveProperty('uncertain');
		expect(found[6]).toMatchObject({
			error: expect.stringContaining('It is not known whether NenAI started the run'),
			uncertain: true,
		});
		expect(
			jsonOf(execution, 'Needs a person').map(({ row, messageId }) => [row, messageId]),
		).toEqual([
			[5, idOf('never')],
			[7, undefined],
		]);
		expect([asked('first'), asked('never'), asked('answer lost')]).toEqual([1, 5, 0]);
		expect(sandbox.state().counts.runsStarted).toBe(106);
	});
});

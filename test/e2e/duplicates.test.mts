/** What the trigger remembers, where n8n makes callbacks wait for others, and where the trigger gets another name. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chain, node } from '../n8n/build-workflow.mts';
import { N8N_VERSIONS, NEWEST_N8N } from '../n8n/install.mts';
import { withEnvironment } from './cases.mts';
import { startOwnEnvironment } from './environment.mts';
import { activate, call, trigger, triggerUrl, webhook, webhookUrl } from './workflows.mts';

const root = join(__dirname, '../..');
const DUPLICATE = { status: 200, body: '{"received":true,"ignored":"duplicate"}' };

/** Shorter than those for which n8n suspends an execution: this one keeps its place. */
const WAIT = { resume: 'timeInterval', amount: 45, unit: 'seconds' };

describe.each(N8N_VERSIONS)('n8n %s, one execution at a time', (version) => {
	const it = withEnvironment(() =>
		startOwnEnvironment({ root, version, env: { N8N_CONCURRENCY_PRODUCTION_LIMIT: '1' } }),
	);

	it('a callback whose start waits for more than a minute starts the workflow once, whatever its sender repeats', async ({
		n8n,
		client,
		sandbox,
		credential,
	}) => {
		await activate(
			client,
			chain('long', [
				webhook('long'),
				node('Wait', 'wait', 1.1, WAIT),
				node('Wait on', 'wait', 1.1, WAIT),
			]),
		);
		const id = await activate(client, chain('once', [trigger('once', credential)]));
		const deliver = async () =>
			(
				await sandbox.deliver({
					url: triggerUrl(n8n, 'once'),
					messageId: 'm-1',
					status: 'success',
				})
			).answer;
		expect(await call(webhookUrl(n8n, 'long'), {})).toBe(200);
		const before = Date.now();
		const answers = [await deliver()];
		while (answers.at(-1)?.status !== 200 || answers.length < 2) {
			expect(Date.now() - before).toBeLessThan(150_000);
			await sleep(3000);
			answers.push(await deliver());
		}
		const waited = Date.now() - before;
		process.stderr.write(
			`n8n ${version}: the start took ${Math.round(waited / 1000)} s; repeats were answered ${answers
				.slice(1, -1)
				.map((answer) => answer?.status)
				.join(', ')}\n`,
		);
		expect(answers.at(-1)).toEqual(DUPLICATE);
		await client.endedExecutions(id, 1, 120_000);
		await sleep(2000);
		expect(await client.executions(id)).toHaveLength(1);
		// n8n 1 answers before it starts: its sender has its 200 at once, and repeats nothing.
		if (version === NEWEST_N8N) {
			expect(waited).toBeGreaterThan(65_000);
			expect(answers[0]).toBeNull();
			// Or none, where n8n was too busy to give it in time.
			expect(
				answers.slice(1, -1).filter((answer) => answer !== null && answer.status !== 503),
			).toEqual([]);
		}
	});

	it('a trigger that was renamed knows after a restart what came before', async ({
		n8n,
		client,
		sandbox,
		credential,
	}) => {
		const named = (name: string) => chain('renamed', [{ ...trigger('renamed', credential), name }]);
		const id = await activate(client, named('Before'));
		const deliver = async () =>
			(
				await sandbox.deliver({
					url: triggerUrl(n8n, 'renamed'),
					messageId: 'm-1',
					status: 'success',
				})
			).answer;
		expect((await deliver())?.status).toBe(200);
		await client.endedExecutions(id, 1, 60_000);
		const { nodes, connections } = named('After');
		await client.updateWorkflow(id, { nodes, connections });
		await client.activate(id);
		await n8n.restart();
		expect(await deliver()).toEqual(DUPLICATE);
		expect(await client.executions(id)).toHaveLength(1);
	});
});

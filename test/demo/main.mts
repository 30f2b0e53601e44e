/**
 * `npm run demo`: the package in a real n8n, against a local NenAI. Stays up until Ctrl-C.
 * `--once` ends by itself, with 0 if everything held. `--port N` sets the editor's port.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Listr } from 'listr2';
import { TEST_OWNER } from '../n8n/client.mts';
import { ensureN8n } from '../n8n/install.mts';
import { packPackage } from '../n8n/pack.mts';
import { SAMPLE_PARAMETER, SAMPLE_WORKFLOWS } from '../sandbox/index.mts';
import { N8N_VERSION, setStage, type Stage } from './scenario.mts';
import {
	Checks,
	showCredentialTest,
	showDownload,
	showQuestions,
	showRefusals,
	showRun,
	showStartAndWait,
	showTestCallback,
	testCallback,
} from './show.mts';

const root = join(import.meta.dirname, '../..');
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Prepared {
	tarball: string;
	stage: Stage;
}

async function prepare(port: number | undefined): Promise<Stage> {
	const tasks = new Listr<Prepared>(
		[
			{
				title: 'Build and pack the package',
				task: async (prepared) => {
					prepared.tarball = await packPackage(root);
				},
			},
			{
				title: `Get n8n ${N8N_VERSION} (kept for the next time)`,
				task: async (_, task) => {
					await ensureN8n(N8N_VERSION, (text) => (task.output = text));
				},
			},
			{
				title: 'Start a local NenAI and n8n, install the package, import examples',
				task: async (prepared) => {
					prepared.stage = await setStage({ root, tarball: prepared.tarball, port });
				},
			},
		],
		{ fallbackRenderer: 'simple', collectErrors: false },
	);
	return (await tasks.run()).stage;
}

function sayWhatToTry(stage: Stage): void {
	const post = (address: string, body: string) =>
		`curl -X POST ${address} -H 'content-type: application/json' -d '${body}'`;
	const callback = testCallback(stage, 'failed');
	const names = Object.values(SAMPLE_WORKFLOWS).map(({ name }) => `    ${name}`);
	say(`
The editor is at ${stage.n8n.url} until you press Ctrl-C.
  login           ${TEST_OWNER.email}  ${TEST_OWNER.password}
  credential      ${stage.credential.name} (ready to use)
  webhook secret  ${stage.sandbox.webhookSecret} (in the credential; a test value)

Try each outcome without a run: open "NenAI: start and wait", set Test Executions of "Start and wait" to "Simulate", choose a Simulated Outcome, and execute. Or with a run of the simulator: set Test Executions to "Start Real Runs", pick one of these NenAI workflows From List, and execute. For the one that never answers, first set "Wait at Most" to 1 minute.
The parameter of each is ${SAMPLE_PARAMETER}, a text.
${names.join('\n')}

Start a run of "NenAI: start a run"
  ${post(stage.startUrl, '{"patient":"Jane Doe"}')}
Send a test callback to the trigger of "NenAI: handle callbacks" (or write success, processing or another status for failed)
  ${post(callback.address, callback.body)}
  To test a trigger of your own, click Execute step in it, and put its Test URL in place of the address after "url".
See what the local NenAI has received and sent
  ${stage.sandbox.url}/_sandbox/state`);
}

async function untilInterrupted(): Promise<void> {
	await new Promise<void>((resolve) => {
		process.once('SIGINT', resolve);
		process.once('SIGTERM', resolve);
	});
}

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: { once: { type: 'boolean', default: false }, port: { type: 'string' } },
	});
	const stage = await prepare(values.port === undefined ? undefined : Number(values.port));
	try {
		const checks = new Checks(say);
		await showRun(stage, say, checks);
		await showRefusals(stage, say, checks);
		await showStartAndWait(stage, say, checks);
		await showDownload(stage, say, checks);
		await showQuestions(stage, say, checks);
		await showCredentialTest(stage, say, checks);
		await showTestCallback(stage, say, checks);
		say(`\n${checks.passed} passed, ${checks.failed} failed`);
		if (!values.once) {
			sayWhatToTry(stage);
			await untilInterrupted();
		}
		return checks.failed === 0 ? 0 : 1;
	} finally {
		await stage.close();
	}
}

try {
	process.exitCode = await main();
} catch (error) {
	process.stderr.write(
		`\nThe demo could not run: ${error instanceof Error ? error.message : String(error)}\n`,
	);
	process.exitCode = 1;
}

/** What the demo does on its stage, told as it happens, and checked. */
import { request } from 'undici';
import {
	SAMPLE_WORKFLOWS,
	sampleRecord,
	type DeliverOptions,
	type DeliveryRecord,
} from '../sandbox/index.mts';
import type { Execution } from '../n8n/client.mts';
import { askingWorkflow, NENAI_WORKFLOW, type Stage } from './scenario.mts';

export type Say = (line: string) => void;

/** Counts what held and what did not. */
export class Checks {
	passed = 0;
	failed = 0;
	readonly #say: Say;

	constructor(say: Say) {
		this.#say = say;
	}

	check(what: string, holds: boolean, found: unknown = '') {
		if (holds) this.passed += 1;
		else this.failed += 1;
		this.#say(
			`  ${holds ? 'ok    ' : 'FAILED'}  ${what}${holds ? '' : `: ${JSON.stringify(found)}`}`,
		);
	}
}

/** Starts one run through n8n and follows it to the handling workflow's executions. */
export async function showRun(stage: Stage, say: Say, checks: Checks): Promise<void> {
	const { sandbox, workflows, startUrl } = stage;
	say('\nA run, started by the workflow "NenAI: start a run"');
	const answer = await request(startUrl, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ patient: 'Jane Doe' }),
	});
	const started = (await answer.body.json()) as { messageId?: string };
	const { requests, deliveries } = await sandbox.until(
		({ deliveries: made }) => made.length === 2,
		20_000,
	);
	const [sent] = requests;
	say(`  sent      ${sent.method} ${sandbox.url}${sent.path} ${JSON.stringify(sent.body)}`);
	say(`  answered  ${sent.answered}; n8n's node gave ${JSON.stringify(started)}`);
	checks.check(
		'NenAI accepted the run with a 202, and the node gave its message ID',
		sent.answered === 202 && started.messageId === sandbox.state().runs[0]?.messageId,
		started,
	);

	say('\nIts callbacks, signed, to the NenAI Trigger of "NenAI: handle callbacks"');
	for (const { status, answer: got, durationMs } of deliveries) {
		say(
			`  ${status.padEnd(10)} answered ${got?.status} ${got?.body} in ${Math.round(durationMs)} ms`,
		);
	}
	for (const status of ['processing', 'success']) {
		checks.check(
			`the ${status} callback was verified and accepted`,
			isAccepted(deliveries.find((d) => d.status === status)),
			deliveries,
		);
	}

	say("\nn8n's executions");
	const handled = await settled(stage, workflows.handle, 2);
	for (const execution of [...(await settled(stage, workflows.start, 1)), ...handled]) {
		const name =
			execution.workflowId === workflows.start ? 'NenAI: start a run' : 'NenAI: handle callbacks';
		say(
			`  #${execution.id}  ${name.padEnd(24)} ${execution.status.padEnd(8)} ${describeTrigger(execution)}`,
		);
	}
	for (const status of ['processing', 'success']) {
		const execution = handled.find((e) => callbackOf(e)?.status === status);
		checks.check(
			`the handling workflow ended well for ${status}, with the message ID of the run`,
			execution?.status === 'success' && callbackOf(execution)?.message_id === started.messageId,
			execution && callbackOf(execution),
		);
	}
}

/** One node that starts a run and waits: for a run that succeeds, and for one that fails. */
export async function showStartAndWait(stage: Stage, say: Say, checks: Checks): Promise<void> {
	say('\nStart and Wait, in the workflow "NenAI: start and wait"');
	for (const [workflow, branch] of [
		['startAndWait', 'Your steps go here'],
		['fails', 'Needs a person: it failed'],
	] as const) {
		const execution = await execute(stage, stage.workflows[workflow]);
		const [result] = itemsOf(execution, 'Start and wait');
		say(`  #${execution.id}  ${execution.status}: ${JSON.stringify(result?.json)}`);
		checks.check(
			`the run ended with ${result?.json.status}, so "${branch}" went on`,
			itemsOf(execution, branch)[0]?.json.message_id ===
				stage.sandbox.state().runs.at(-1)?.messageId,
			Object.keys(execution.data.resultData.runData),
		);
	}
}

/** One node that starts a run and waits, one that fetches the file of its result. */
export async function showDownload(stage: Stage, say: Say, checks: Checks): Promise<void> {
	const { sandbox, client, workflows } = stage;
	say('\nStart and Wait, then Download, in the workflow "NenAI: run, wait, fetch the files"');
	const execution = await execute(stage, workflows.download);
	const [result] = itemsOf(execution, 'Start and wait');
	const [downloaded] = itemsOf(execution, 'Download the files');
	say(
		`  #${execution.id}  ${execution.status}: the run ended with ${result?.json.status}; downloaded ${JSON.stringify(downloaded?.json)}`,
	);
	checks.check(
		'the execution waited, was resumed by the signed callback, and ended well',
		execution.status === 'success' &&
			result?.json.message_id === sandbox.state().runs.at(-1)?.messageId,
		result?.json,
	);
	const bytes = await client.downloadBinary(downloaded?.binary?.data.id ?? '');
	checks.check(
		`the file in n8n has the same ${bytes.length} bytes as the one at NenAI`,
		bytes.equals(sampleRecord),
		bytes.toString('base64'),
	);
}

/** Asks NenAI about a run while it works and when it has ended, for its log, and for what the list of workflows offers. */
export async function showQuestions(stage: Stage, say: Say, checks: Checks): Promise<void> {
	const { sandbox, client, credential } = stage;
	say(
		'\nNenAI is asked (Run → Get, Run → Get Logs, and the list from which a workflow is picked). A log may contain passwords that the run typed.',
	);
	const runsBefore = sandbox.state().counts.runsStarted;
	const messageId = sandbox.state().runs[0]?.messageId ?? '';
	const asking = askingWorkflow(messageId, { nenAiApi: credential });
	const { id } = await client.createWorkflow(asking);
	for (const [status, finished] of [
		['running', false],
		['completed', true],
	] as const) {
		sandbox.runs.set(messageId, {
			status,
			logs: '09:30:01 opened the portal\n09:30:12 booked the appointment',
		});
		const execution = await execute(stage, id);
		const state = itemsOf(execution, 'State')[0]?.json;
		say(`  state  ${JSON.stringify(state)}`);
		checks.check(
			`the run is ${status}, so finished is ${finished}`,
			state?.status === status && state.finished === finished && state.messageId === messageId,
			state,
		);
		const log = itemsOf(execution, 'Log')[0]?.json.logs;
		if (finished)
			checks.check(
				`its log: ${JSON.stringify(log)}`,
				String(log).includes('booked the appointment'),
				log,
			);
	}
	const [state] = asking.nodes.filter(({ name }) => name === 'State');
	const offered = await client.searchList(state, 'workflowId', 'searchWorkflows', 'fails');
	checks.check(
		`the list of workflows, searched for "fails": ${offered.map(({ name }) => name).join(', ')}`,
		offered.length === 1 && offered[0].value === SAMPLE_WORKFLOWS.fails.id,
		offered,
	);
	checks.check('nothing was started by asking', sandbox.state().counts.runsStarted === runsBefore);
}

/** Executes a workflow as the editor does. */
async function execute({ client }: Stage, workflowId: string): Promise<Execution> {
	const { executionId = '' } = await client.runWorkflowManually(workflowId);
	return await client.waitForExecution(executionId);
}

/** The items of all outputs of a node. */
function itemsOf(execution: Execution, node: string) {
	const outputs = execution.data.resultData.runData[node]?.[0]?.data?.main ?? [];
	return outputs.flatMap((items) => items ?? []);
}

/** Presses the credential's Test button, with the good key and with a bad one. */
export async function showCredentialTest(
	{ sandbox, client, credential }: Stage,
	say: Say,
	checks: Checks,
): Promise<void> {
	say("\nThe credential's test");
	const press = (apiKey: string) =>
		client.testCredential(credential.id, {
			name: 'NenAI',
			type: 'nenAiApi',
			data: { apiKey, baseUrl: sandbox.url },
		});
	const runsBefore = sandbox.state().counts.runsStarted;
	const good = await press(sandbox.apiKey);
	checks.check(`the good key: ${good.message}`, good.status === 'OK', good);
	const bad = await press('test-wrong-key');
	checks.check(`a bad key: ${bad.message}`, bad.status === 'Error', bad);
	checks.check('neither started a run', sandbox.state().counts.runsStarted === runsBefore);
}

/** Shows that nothing forged or doubled starts a workflow. */
export async function showRefusals(stage: Stage, say: Say, checks: Checks): Promise<void> {
	const { sandbox, workflows, callbackUrl: url } = stage;
	say('\nCallbacks that must start nothing');
	const before = (await settled(stage, workflows.handle, 2)).length;
	const deliver = (options: Partial<DeliverOptions>) =>
		sandbox.deliver({ url, workflowId: NENAI_WORKFLOW, status: 'success', ...options });

	const genuine = await deliver({ messageId: 'demo-genuine' });
	checks.check(
		'A genuine one, which starts it and is altered below',
		isAccepted(genuine),
		genuine.answer,
	);
	for (const [what, forged] of alterations(genuine, sandbox.webhookSecret)) {
		const { answer } = await deliver(forged);
		checks.check(`${what}: ${answer?.status} ${answer?.body}`, answer?.status === 401, answer);
	}
	const form = await postForm(url);
	checks.check(`a form with a made-up signature: ${form}`, form.startsWith('401 '), form);
	const { answer: doubled } = await deliver({ messageId: 'demo-genuine' });
	checks.check(
		`a callback that came before: ${doubled?.status} ${doubled?.body}`,
		doubled?.status === 200 && doubled.body.includes('duplicate'),
		doubled,
	);

	// A genuine one last: when its execution is there, so would be those of the others.
	const last = await deliver({ messageId: 'demo-last' });
	checks.check('a genuine callback still starts the workflow', isAccepted(last), last.answer);
	const after = await settled(stage, workflows.handle, before + 2);
	checks.check(
		`the handling workflow ran for the two genuine ones alone: ${after.length - before} more executions`,
		after.length === before + 2 &&
			['demo-genuine', 'demo-last'].every(
				(id) => after.filter((e) => callbackOf(e)?.message_id === id).length === 1,
			),
		after.map(callbackOf),
	);
}

/** What to send to the stand-in, so that it sends a callback with this status. */
export function testCallback({ sandbox, callbackUrl: url }: Stage, status: string) {
	return { address: `${sandbox.url}/_sandbox/deliver`, body: JSON.stringify({ url, status }) };
}

/** Sends a test callback with the command that the user gets. */
export async function showTestCallback(stage: Stage, say: Say, checks: Checks): Promise<void> {
	say('\nA test callback, sent by hand');
	const { address, body } = testCallback(stage, 'failed');
	const answer = await fetch(address, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body,
	});
	const delivery = (await answer.json()) as DeliveryRecord;
	checks.check('the trigger accepted it', isAccepted(delivery), delivery);
}

/** The genuine callback with one byte altered, of its body, its header, or the secret; and without a signature. */
function alterations(
	{ body, signature }: DeliveryRecord,
	secret: string,
): Array<[what: string, forged: Partial<DeliverOptions>]> {
	const header = signature ?? '';
	const other = body.replace('success', 'succesS');
	return [
		['one byte of the body changed', { rawBody: other, signature: { header } }],
		['one byte added to the body', { rawBody: `${body} `, signature: { header } }],
		[
			'one byte of the header changed',
			{ rawBody: body, signature: { header: changeLastDigit(header) } },
		],
		[
			'one byte of the header missing',
			{ rawBody: body, signature: { header: header.slice(0, -1) } },
		],
		['one byte of the secret changed', { rawBody: body, secret: changeLastDigit(secret) }],
		['no header', { rawBody: body, signature: 'missing' }],
	];
}

/** n8n reads forms by another way, on which the bytes that a signature is over are lost. */
async function postForm(url: string): Promise<string> {
	const body = new FormData();
	body.set('message_id', 'demo-form');
	body.set('status', 'success');
	const answer = await fetch(url, {
		method: 'POST',
		body,
		headers: { 'x-hmac-signature': `sha256=${'0'.repeat(64)}` },
	});
	return `${answer.status} ${await answer.text()}`;
}

function changeLastDigit(hex: string): string {
	return hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0');
}

/** The workflow's executions, oldest first, once there are so many and all have ended. */
async function settled({ client }: Stage, workflowId: string, count: number): Promise<Execution[]> {
	const executions = await client.endedExecutions(workflowId, count);
	return executions.sort((a, b) => Number(a.id) - Number(b.id));
}

function callbackOf(execution: Execution) {
	return execution.data.resultData.runData['NenAI Trigger']?.[0]?.data?.main[0]?.[0]?.json;
}

function describeTrigger(execution: Execution): string {
	const callback = callbackOf(execution);
	return callback ? `callback ${callback.status}` : '';
}

function isAccepted(delivery: DeliveryRecord | undefined): boolean {
	return delivery?.answer?.status === 200 && delivery.answer.body === '{"received":true}';
}

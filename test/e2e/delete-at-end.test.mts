/** Desktop → Create with "Delete When the Execution Ends", in a real n8n. */
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { chain, node } from '../n8n/build-workflow.mts';
import { waitFor } from '../n8n/poll.mts';
import { errorAnswer } from '../sandbox/index.mts';
import { withEnvironment } from './cases.mts';
import {
	jsonOf,
	startEnvironment,
	startOwnEnvironment,
	withSettings,
	type E2eEnvironment,
} from './environment.mts';
import {
	activate,
	call,
	nenAi,
	run,
	runAndWait,
	split,
	untilWaiting,
	webhook,
	webhookUrl,
	type CredentialRef,
} from './workflows.mts';

const root = join(__dirname, '../..');

const create = (credential: CredentialRef, parameters: INode['parameters'] = {}) =>
	nenAi('Create', credential, {
		resource: 'desktop',
		operation: 'create',
		options: { deleteAtEnd: true },
		...parameters,
	});

const onDesktop = (
	credential: CredentialRef,
	name: string,
	resource: string,
	operation: string,
	parameters: INode['parameters'] = {},
) =>
	nenAi(name, credential, {
		resource,
		operation,
		desktopId: "={{ $('Create').first().json.desktop_id }}",
		...parameters,
	});

const nenAiWait = (credential: CredentialRef) =>
	runAndWait(credential, '={{ {} }}', { outputs: 'single' });

const click = (credential: CredentialRef) =>
	onDesktop(credential, 'Click', 'computer', 'click', { x: 1, y: 2 });

/** Keeps a desktop busy, so that the execution can be stopped meanwhile. */
const longWait = (credential: CredentialRef) =>
	onDesktop(credential, 'Long wait', 'computer', 'wait', { duration: 60 });

const statuses = ({ sandbox }: E2eEnvironment) =>
	sandbox.desktops.all().map(({ status }) => status);

/** n8n stores an execution before it deletes the desktop. */
async function untilDeleted(environment: E2eEnvironment, count = 1) {
	await waitFor(
		`${count} desktops to be deleted`,
		async () =>
			statuses(environment).filter((status) => status === 'deleted').length === count
				? true
				: undefined,
		{ timeoutMs: 30_000, lastSeen: () => statuses(environment).join(', ') },
	);
}

const deletions = ({ sandbox }: E2eEnvironment) =>
	sandbox.state().desktopRequests.filter(({ method, path }) => {
		return method === 'DELETE' && !path.endsWith('/session');
	});

/** Starts a workflow, and waits until its action is under way. */
async function untilBusy(environment: E2eEnvironment, path: string, nodes: INode[], settings = {}) {
	const { client, n8n, sandbox } = environment;
	const workflow = chain(path, [webhook(path), ...nodes]);
	const id = await activate(client, {
		...workflow,
		settings: { ...workflow.settings, ...settings },
	});
	expect(await call(webhookUrl(n8n, path), {})).toBe(200);
	await sandbox.until(({ desktopActions }) => desktopActions.length > 0, 30_000);
	const [execution] = await client.executions(id);
	return execution.id;
}

describe('n8n 2.41.1', () => {
	const it = withEnvironment(() => startOwnEnvironment({ root, version: '2.41.1' }));

	it('success: the desktop is deleted, once, and no other', async (environment) => {
		const { credential, sandbox } = environment;
		const other = sandbox.desktops.add({ name: 'other' });
		const execution = await run(
			environment,
			'success',
			[
				create(credential),
				click(credential),
				onDesktop(credential, 'Again', 'computer', 'cursorPosition'),
			],
			{},
		);
		expect(execution.status).toBe('success');
		await untilDeleted(environment);
		expect(sandbox.desktops.get(other)?.status).toBe('running');
		expect(deletions(environment)).toHaveLength(1);
	});

	it('several desktops, of which one is kept and one is deleted by the workflow', async (environment) => {
		const { credential } = environment;
		const execution = await run(
			environment,
			'several',
			[
				split('body.n'),
				create(credential, { options: { deleteAtEnd: "={{ $json['body.n'] !== 1 }}" } }),
				{ ...onDesktop(credential, 'Delete', 'desktop', 'delete'), executeOnce: true },
			],
			{ n: [0, 1, 2] },
		);
		expect(jsonOf(execution, 'Delete')[0]).toMatchObject({ status: 'deleted', deleted: true });
		await untilDeleted(environment, 2);
		expect(statuses(environment)).toEqual(['deleted', 'running', 'deleted']);
		expect(deletions(environment)).toHaveLength(2);
	});

	it('failure: the desktop is deleted; Retry says why it cannot continue', async (environment) => {
		const { credential, client, sandbox } = environment;
		sandbox.desktopFaults.add({
			match: { action: 'left_click' },
			times: 1,
			refuse: { status: 400, body: { error: 'No such place' } },
		});
		const execution = await run(
			environment,
			'failure',
			[create(credential), click(credential)],
			{},
		);
		expect(execution.status).toBe('error');
		await untilDeleted(environment);
		const again = await client.waitForExecution(await client.retryExecution(execution.id));
		const { message, description } = again.data.resultData.error ?? {};
		expect(String(message)).toContain('is deleted');
		expect(String(description)).toContain(
			'If it was created with Delete When the Execution Ends, start a new execution of the workflow.',
		);
		expect(statuses(environment)).toEqual(['deleted']);
	});

	it('Stop', async (environment) => {
		const { credential, client } = environment;
		const id = await untilBusy(environment, 'stop', [create(credential), longWait(credential)]);
		await client.stopExecution(id);
		await untilDeleted(environment);
		expect((await client.waitForExecution(id)).status).toBe('canceled');
	});

	it('time-out of the execution', async (environment) => {
		const { credential, client } = environment;
		const id = await untilBusy(
			environment,
			'time-out',
			[create(credential), longWait(credential)],
			{ executionTimeout: 2 },
		);
		await untilDeleted(environment);
		expect((await client.waitForExecution(id)).status).toBe('canceled');
	});

	it('a wait: the next operation on the desktop renews it, also if n8n is killed meanwhile', async (environment) => {
		const { credential, client, n8n, sandbox } = environment;
		const id = await activate(
			client,
			chain('wait', [
				webhook('wait'),
				create(credential),
				nenAiWait(credential),
				click(credential),
			]),
		);
		sandbox.setDefaults({ fault: { callbacks: [] } });
		expect(await call(webhookUrl(n8n, 'wait'), {})).toBe(200);
		await untilWaiting(client, id, 1);
		expect(statuses(environment)).toEqual(['running']);
		await n8n.kill();
		await n8n.start();
		const [{ messageId, workflowId, callbackUrl }] = sandbox.state().runs;
		await sandbox.deliver({ url: callbackUrl ?? '', messageId, workflowId, status: 'success' });
		await untilDeleted(environment);
		expect((await client.endedExecutions(id, 1))[0].status).toBe('success');
	});

	it('a wait without an operation after it, a kill, and Stop during a wait: the desktop keeps running', async (environment) => {
		const { credential, client, n8n, sandbox } = environment;
		const id = await activate(
			client,
			chain('lost', [webhook('lost'), create(credential), nenAiWait(credential)]),
		);
		expect(await call(webhookUrl(n8n, 'lost'), {})).toBe(200);
		await client.endedExecutions(id, 1, 60_000);
		await untilBusy(environment, 'kill', [create(credential), longWait(credential)]);
		await n8n.kill();
		await n8n.start();
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const stopped = await activate(
			client,
			chain('stopped', [webhook('stopped'), create(credential), nenAiWait(credential)]),
		);
		expect(await call(webhookUrl(n8n, 'stopped'), {})).toBe(200);
		await untilWaiting(client, stopped, 1);
		const [{ id: waiting }] = await client.executions(stopped);
		await client.stopExecution(waiting);
		expect(statuses(environment)).toEqual(['running', 'running', 'running']);
		expect(deletions(environment)).toEqual([]);
		sandbox.reset();
	});

	it('NenAI is busy: it is tried again', async (environment) => {
		const { credential, sandbox } = environment;
		sandbox.desktopFaults.add({
			match: { method: 'DELETE' },
			times: 2,
			refuse: errorAnswer(503, 'json'),
		});
		await run(environment, 'busy', [create(credential)], {});
		await untilDeleted(environment);
		expect(deletions(environment)).toHaveLength(3);
	});

	it('a failed deletion is in the log of n8n, and is shown by the next execution that creates a desktop', async (environment) => {
		const { credential, client, n8n, sandbox } = environment;
		sandbox.desktopFaults.add({
			match: { method: 'DELETE' },
			refuse: { status: 403, body: { error: 'Not allowed' } },
		});
		const execution = await run(environment, 'failed-deletion', [create(credential)], {});
		expect(execution.status).toBe('success');
		const [{ desktopId }] = sandbox.desktops.all();
		const message = `Desktop ${desktopId} may still be running, because it could not be deleted when execution ${execution.id} ended.`;
		await waitFor(
			'the message in the log',
			async () => (n8n.log().includes(message) ? true : undefined),
			{ timeoutMs: 30_000 },
		);
		sandbox.desktopFaults.clear();
		const [{ workflowId }] = [execution];
		expect(await call(webhookUrl(n8n, 'failed-deletion'), {})).toBe(200);
		const [next] = await client.endedExecutions(workflowId, 2);
		const [{ hints = [] }] = next.data.resultData.runData.Create;
		expect(hints.map((hint) => hint.message)).toEqual([expect.stringContaining(message)]);
		await untilDeleted(environment);
	});

	it('a sub-workflow deletes at its own end what it created, and nothing of its caller', async (environment) => {
		const { credential, client } = environment;
		const child = await activate(
			client,
			chain('child', [
				node('Called', 'executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' }),
				nenAi('Click', credential, {
					resource: 'computer',
					operation: 'click',
					desktopId: '={{ $json.desktop_id }}',
					x: 1,
					y: 2,
				}),
				create(credential),
			]),
		);
		const callChild = node('Call', 'executeWorkflow', 1.2, {
			workflowId: { __rl: true, mode: 'id', value: child },
			options: {},
		});
		const seen = node('Seen', 'wait', 1.1, { amount: 1, unit: 'seconds' });
		const execution = run(environment, 'caller', [create(credential), callChild, seen], {});
		await untilDeleted(environment, 1);
		expect(statuses(environment)).toEqual(['running', 'deleted']);
		expect((await execution).status).toBe('success');
		await untilDeleted(environment, 2);
	});

	it('with Continue and Retry On Fail: what an earlier try created is deleted as well', async (environment) => {
		const { credential, sandbox } = environment;
		sandbox.desktopFaults.add({ match: { method: 'POST', path: '/desktops' }, times: 1 });
		sandbox.desktopFaults.add({
			match: { method: 'POST', path: '/desktops' },
			times: 1,
			refuse: { status: 400, body: { error: 'No more desktops' } },
		});
		const nodes = withSettings(chain('tries', [split('body.n'), create(credential)]), 'Create', {
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 1000,
			onError: 'continueRegularOutput',
		}).nodes;
		const execution = await run(environment, 'tries', nodes, { n: [0, 1] });
		expect(jsonOf(execution, 'Create').map(({ desktop_id: id }) => id)).toEqual(
			sandbox.desktops.all().map(({ desktopId }) => desktopId),
		);
		await untilDeleted(environment, sandbox.desktops.all().length);
	});
});

describe('n8n 1.123.81', () => {
	const it = withEnvironment(() => startEnvironment({ root, version: '1.123.81' }));

	it('says that it is not supported, before anything is created', async (environment) => {
		const { credential, sandbox } = environment;
		const execution = await run(environment, 'unsupported', [create(credential)], {});
		const { message, description } = execution.data.resultData.error ?? {};
		expect(message).toBe(
			'Delete When the Execution Ends (deleteAtEnd) requires n8n 2.33 or later [item 0]',
		);
		expect(description).toBe(
			'Update n8n. Or remove the option, and delete the desktop with Desktop → Delete. Nothing was sent.',
		);
		expect(sandbox.state().desktopRequests).toEqual([]);
	});
});

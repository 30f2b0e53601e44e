/** The example desktop-hand-over in a real n8n: a person is sent the link of a session, and answers. */
import { join } from 'node:path';
import { FormData, request } from 'undici';
import type { Execution } from '../n8n/client.mts';
import { withEnvironment } from './cases.mts';
import {
	hasRun,
	itemsOf,
	jsonOf,
	readExample,
	startOwnEnvironment,
	withParameters,
	type OwnEnvironment,
} from './environment.mts';
import { MailServer, type Message } from './mail.mts';

const root = join(__dirname, '../..');
const EXAMPLE = 'desktop-hand-over';
const FORM = 'Is it done?';

let mail: MailServer;
beforeAll(async () => {
	mail = await MailServer.start();
});
afterAll(async () => {
	await mail.close();
});

const it = withEnvironment(() => startOwnEnvironment({ root, version: '2.41.1' }));

/** Starts the example as the editor does. Gives the ID of its execution. */
async function start(
	{ client, credential }: OwnEnvironment,
	parameters: Readonly<Record<string, unknown>> = {},
): Promise<string> {
	mail.clear();
	const smtp = { id: await client.createCredential(mail.credential), name: mail.credential.name };
	const example = withParameters(readExample(root, EXAMPLE), 'Ask a person', {
		fromEmail: 'n8n@example.com',
		toEmail: 'person@example.com',
		...parameters,
	});
	const { id } = await client.importWorkflow(example, {
		credentials: { nenAiApi: credential, smtp },
	});
	const { executionId = '' } = await client.runWorkflowManually(id);
	return executionId;
}

/** The status of the page behind a link. */
const open = async (link: string) => {
	const { statusCode, body } = await request(link, { reset: true });
	await body.dump();
	return statusCode;
};

const linkIn = ({ text }: Message) => /http:\S+\/desktop-sessions\/\S+/.exec(text)?.[0] ?? '';

/** Answers as the form behind the button does. */
async function answer({ buttons }: Message, value: string) {
	const form = new FormData();
	form.set('field-0', value);
	const { statusCode, body } = await request(buttons[0], {
		method: 'POST',
		body: form,
		reset: true,
	});
	await body.dump();
	return statusCode;
}

/** The link is in one output only, and opens nothing any more. */
async function expectNoLink(execution: Execution, link: string) {
	const { 'Open a session': opened, ...others } = execution.data.resultData.runData;
	expect(JSON.stringify(opened)).toContain(link);
	expect(JSON.stringify(others)).not.toContain('desktop-sessions');
	expect(await open(link)).toBe(404);
}

it('the person answers "Done": the workflow goes on with the desktop', async (environment) => {
	const { client } = environment;
	const id = await start(environment);
	const message = await mail.next();
	expect(message).toMatchObject({
		to: 'person@example.com',
		subject: 'Please help on a desktop',
		text: expect.stringMatching(
			/^Please open this desktop, and \(write here what the person must do\):\s+http/,
		),
	});
	const link = linkIn(message);
	expect(await open(link)).toBe(200);
	await client.waitForExecution(id, ({ status }) => status === 'waiting');
	expect(await answer(message, 'Done')).toBe(200);
	const execution = await client.waitForExecution(id, undefined, 60_000);
	expect(execution.data.resultData.error).toBeUndefined();
	expect(itemsOf(execution, 'Your steps go here')[0].binary?.data.mimeType).toBe('image/png');
	expect(hasRun(execution, 'Not done')).toBe(false);
	await expectNoLink(execution, link);
	await environment.sandbox.until(() =>
		environment.sandbox.desktops.all().every(({ status }) => status === 'deleted'),
	);
});

it('the person answers "Not possible", after n8n was killed', async (environment) => {
	const { client, n8n } = environment;
	const id = await start(environment);
	const message = await mail.next();
	await client.waitForExecution(id, ({ status }) => status === 'waiting');
	await n8n.kill();
	await n8n.start();
	expect(await answer(message, 'Not possible')).toBe(200);
	const execution = await client.waitForExecution(id, undefined, 60_000);
	expect(jsonOf(execution, 'Ask a person')).toEqual([
		{ data: { [FORM]: 'Not possible', respondedAt: expect.any(String) } },
	]);
	expect(jsonOf(execution, 'Not done')).toEqual([{ success: true }]);
	expect(hasRun(execution, 'Your steps go here')).toBe(false);
	await expectNoLink(execution, linkIn(message));
	// A second answer changes nothing. n8n takes it with 200.
	await answer(message, 'Done');
	expect(hasRun(await client.execution(id), 'Your steps go here')).toBe(false);
	await environment.sandbox.until(() =>
		environment.sandbox.desktops.all().every(({ status }) => status === 'deleted'),
	);
});

it('nobody answers in time', async (environment) => {
	const { client } = environment;
	const [{ parameters }] = readExample(root, EXAMPLE).nodes.filter(
		({ name }) => name === 'Ask a person',
	);
	const limitWaitTime = {
		values: { limitType: 'afterTimeInterval', resumeAmount: 0.02, resumeUnit: 'minutes' },
	};
	const id = await start(environment, {
		options: { ...(parameters.options as object), limitWaitTime },
	});
	const execution = await client.waitForExecution(id, undefined, 150_000);
	expect(jsonOf(execution, 'Ask a person')).toEqual([{ desktop_id: expect.any(String) }]);
	expect(hasRun(execution, 'Not done')).toBe(true);
	expect(hasRun(execution, 'Your steps go here')).toBe(false);
	await expectNoLink(execution, linkIn(await mail.next()));
});

it('the message cannot be sent: the execution fails, and the desktop is deleted with its session', async (environment) => {
	const { client, sandbox } = environment;
	mail.clear();
	const started = start(environment);
	mail.isFull = true;
	const execution = await client.waitForExecution(await started, undefined, 60_000);
	expect(execution.status).toBe('error');
	await sandbox.until(() => sandbox.desktops.all().every(({ status }) => status === 'deleted'));
	const [{ href }] = jsonOf(execution, 'Open a session');
	expect(await open(String(href))).toBe(404);
});

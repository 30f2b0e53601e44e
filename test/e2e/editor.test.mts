/** What a builder sees: n8n's editor with this package, in a real browser. It also takes the pictures of the documentation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import type { Locator, Page } from 'playwright-core';
import type { WorkflowJson } from '../n8n/client.mts';
import { NEWEST_N8N } from '../n8n/install.mts';
import { runCommand } from '../n8n/run-command.mts';
import { waitForWebhook } from '../n8n/webhook.mts';
import { EditorBrowser, WINDOW, type Theme } from './editor/browser.mts';
import { Canvas, iconOf, NodesPanel } from './editor/canvas.mts';
import { CredentialForm } from './editor/credential.mts';
import { NodeForm } from './editor/form.mts';
import { PICTURES, type Picture } from './editor/pictures.mts';
import { Screenshots } from './editor/screenshots.mts';
import { NENAI, TRIGGER, withNenAi, withTrigger } from './editor/workflows.mts';
import { OPERATIONS } from '../operations.mts';
import { errorAnswer } from '../sandbox/index.mts';
import {
	EXAMPLE_WORKFLOW,
	nenAiCredential,
	startOwnEnvironment,
	readExample,
	withParameters,
	type E2eEnvironment,
} from './environment.mts';
import { MailServer } from './mail.mts';
import type { CredentialRef } from './workflows.mts';

const ROOT = join(__dirname, '../..');
const WRONG_KEY = 'wrong-key-not-a-secret';

let environment: E2eEnvironment;
let browser: EditorBrowser;
let screenshots: Screenshots;
let credential: CredentialRef;
let failed = false;

beforeAll(async () => {
	environment = await startOwnEnvironment({ root: ROOT, version: NEWEST_N8N });
	browser = await EditorBrowser.start(
		environment.n8n.url,
		join(environment.n8n.userFolder, 'chromium'),
	);
	const { url, apiKey, webhookSecret } = environment.sandbox;
	const ours = nenAiCredential(environment.sandbox, 'NenAI');
	credential = { id: await environment.client.createCredential(ours), name: ours.name };
	screenshots = new Screenshots({
		folder: join(environment.n8n.userFolder, 'screenshots'),
		published: join(ROOT, 'docs/images'),
		addresses: {
			[environment.n8n.url]: 'https://n8n.example.com',
			[url]: 'https://api.getnen.ai',
			[new URL(url).host]: 'files.getnen.ai',
		},
		secrets: [apiKey, webhookSecret, WRONG_KEY],
	});
});

afterAll(async () => {
	await browser?.close();
	await environment?.close({ keepFiles: failed });
});

/** A test that begins with a fresh NenAI, and keeps n8n's log and what the browser shows when it fails. */
function inEditor(what: string, run: () => Promise<void>): void {
	test(what, async () => {
		environment.sandbox.reset();
		try {
			await run();
		} catch (error) {
			failed = true;
			const kept = await browser.photograph(
				join(environment.n8n.userFolder, 'failures'),
				what.replace(/\W+/g, '-'),
			);
			process.stderr.write(`\nWhat the browser showed when it failed: ${kept.join(', ')}\n`);
			throw error;
		} finally {
			await browser.closeTabs();
		}
	});
}

async function storeCredential(
	name: string,
	data: Readonly<Record<string, string>>,
): Promise<CredentialRef> {
	return { name, id: await environment.client.createCredential({ name, type: 'nenAiApi', data }) };
}

/** Opens the form of a NenAI node that has these parameters. */
async function openNenAi(
	parameters: INode['parameters'],
	{ of = credential, item }: { of?: CredentialRef; item?: object } = {},
): Promise<NodeForm> {
	const { id } = await environment.client.createWorkflow(withNenAi(parameters, of, item));
	return await openForm(await browser.open(`/workflow/${id}`), NENAI);
}

async function openForm(page: Page, node: string): Promise<NodeForm> {
	await new Canvas(page).openNode(node);
	return new NodeForm(page);
}

describe('the nodes panel', () => {
	describe.each<[Theme, string]>([
		['light', 'nenai.svg'],
		['dark', 'nenai.dark.svg'],
	])('in %s theme', (theme, icon) => {
		inEditor('finds both nodes by "nenai", with icons', async () => {
			const page = await browser.open('/workflow/new', theme);
			const panel = await NodesPanel.search(page, 'nenai');
			// n8n shows a node and its trigger as one line, and both below it.
			expect(await iconOf(panel.item('NenAI'))).toEqual({ file: icon, loaded: true });
			if (theme === 'light') await takeInHeight('search', page, panel.root, 480);
			await panel.openActions('NenAI');
			await panel.item('Start a run').waitFor();
			const actions = OPERATIONS.filter(({ node }) => node === 'nenAi').map(({ action }) => action);
			expect(await panel.titles()).toEqual([
				'When a run succeeds',
				'When a run fails',
				'When a run starts',
				'When a run ends in another way',
				...actions,
			]);
			for (const title of ['When a run succeeds', 'Start a run']) {
				expect(await iconOf(panel.item(title))).toEqual({ file: icon, loaded: true });
			}
			if (theme === 'light') await takeInHeight('actions', page, panel.root, 950);
		});
	});

	/** A picture in a window of another height: the panel is as high as the window. */
	async function takeInHeight(
		name: Picture,
		page: Page,
		element: Locator,
		height: number,
	): Promise<void> {
		await page.setViewportSize({ width: WINDOW.width, height });
		await screenshots.take(name, element);
		await page.setViewportSize(WINDOW);
	}
});

describe('the credential', () => {
	inEditor(
		'shows its fields, saves, and says what is wrong with a bad key and that a good one works',
		async () => {
			const page = await browser.open('/home/credentials/create');
			const form = await CredentialForm.create(page, 'NenAI API');
			expect(await form.fields()).toEqual([
				{ label: 'API Key *', secret: true, placeholder: '' },
				{
					label: 'Webhook Secret',
					secret: true,
					placeholder: 'Needed for results: at least 32 characters',
				},
				{
					label: 'Default Callback URL',
					secret: false,
					placeholder: 'e.g. https://n8n.example.com/webhook/…/webhook',
				},
				{ label: 'Previous Webhook Secret', secret: true, placeholder: '' },
				{ label: 'Base URL (Leave as Is)', secret: false, placeholder: '' },
				{ label: 'MCP URL (Leave as Is)', secret: false, placeholder: '' },
				{ label: 'Desktop URL (Leave as Is)', secret: false, placeholder: '' },
				{ label: 'Deployment ID (Leave Empty)', secret: false, placeholder: '' },
				// n8n's own, of every credential.
				{ label: 'Allowed HTTP Request Domains', secret: false, placeholder: 'Select' },
			]);
			expect(await form.field('baseUrl').inputValue()).toBe('https://api.getnen.ai');

			await form.field('apiKey').fill(WRONG_KEY);
			await form.field('baseUrl').fill(environment.sandbox.url);
			await form.save();
			const failure = await form.failure();
			expect(failure).toContain('NenAI did not accept the API key for the test (HTTP 401)');
			expect(failure).not.toContain(WRONG_KEY);

			await form.field('apiKey').fill(environment.sandbox.apiKey);
			await form.field('webhookSecret').fill(environment.sandbox.webhookSecret);
			await form
				.field('defaultCallbackUrl')
				.fill(`${environment.n8n.webhookUrl}/webhook/nenai-results/webhook`);
			await form.save();
			await form.untilConnected();
			expect(environment.sandbox.state().counts.runsStarted).toBe(0);
			// As high as the form, which scrolls else.
			await page.setViewportSize({ width: WINDOW.width, height: 1440 });
			await screenshots.take('credential', form.root);
		},
	);
});

describe('the form of the NenAI node', () => {
	const BOTH = ['Resource', 'Operation', 'NenAI Workflow', 'Test Executions', 'Parameters'];
	const START = [...BOTH, 'Parameter Values', 'Callback', 'Options'];

	inEditor('has for Start just its fields, and those of what is chosen in them', async () => {
		const form = await openNenAi({});
		expect(await form.labels()).toEqual(START);
		expect(await form.choices('resource')).toEqual(['Run', 'Result', 'Workflow']);
		expect(await form.choices('operation')).toEqual([
			'Start and Wait',
			'Start',
			'Get',
			'Get Many',
			'Get Logs',
		]);
		expect(await form.choices('parametersMode')).toEqual([
			'Enter Names and Values',
			'Form From a Definition',
			'JSON',
			'Send All Fields of the Input Item',
		]);
		expect(await form.choices('callback')).toEqual([
			'Address Saved in the Credential',
			'Another Address',
			'Do Not Report Back',
		]);

		await form.choose('parametersMode', 'JSON');
		await form.until('Parameters (JSON)');
		expect(await form.labels()).toEqual([...BOTH, 'Parameters (JSON)', 'Callback', 'Options']);
		await form.choose('parametersMode', 'Send All Fields of the Input Item');
		await form.until('Parameters (JSON)', 'hidden');
		expect(await form.labels()).toEqual([...BOTH, 'Callback', 'Options']);

		await form.choose('callback', 'Another Address');
		await form.until('Callback URL');
		expect(await form.labels()).toEqual([...BOTH, 'Callback', 'Callback URL', 'Options']);
		expect(await form.placeholder('callbackUrl')).toBe(
			'e.g. https://n8n.example.com/webhook/…/webhook',
		);
		await form.choose('callback', 'Do Not Report Back');
		await form.until('Callback URL', 'hidden');
	});

	inEditor('says what to enter', async () => {
		const form = await openNenAi({});
		expect(await form.parameters.innerText()).toContain(
			'Use the exact names and types from your NenAI contact. Names are case-sensitive.',
		);
		expect(await form.tooltip('NenAI Workflow')).toBe('The NenAI workflow to run');
		expect(await form.tooltip('Callback')).toBe('Where NenAI sends the result of the run');
	});

	inEditor('has for Start and Wait the limit of the wait, and no callback', async () => {
		const form = await openNenAi({});
		await form.choose('operation', 'Start and Wait');
		await form.until('Limit Wait Time');
		expect(await form.labels()).toEqual([
			...BOTH,
			'Parameter Values',
			'Limit Wait Time',
			'Wait at Most',
			'Unit',
			'Outputs',
			'Options',
		]);
		await form.field('limitWaitTime').locator('.el-switch').click();
		await form.until('Wait at Most', 'hidden');
		expect(await form.labels()).toEqual([
			...BOTH,
			'Parameter Values',
			'Limit Wait Time',
			'Outputs',
			'Options',
		]);
		await form.addOption('Accept Unsigned Callbacks (Tests Only)');
		await form.field('acceptUnsigned').locator('.el-switch').click();
		await form.parameters
			.getByText('can end it with a false result. Use this only for tests.')
			.waitFor();
	});

	inEditor('has for Download its fields, and takes the input item', async () => {
		const form = await openNenAi({});
		await form.choose('resource', 'Result');
		await form.until('Put Output File in Field');
		expect(await form.labels()).toEqual([
			'Resource',
			'Operation',
			'Result with File Links',
			'Output',
			'Put Output File in Field',
			'Options',
		]);
		expect(await form.choices('output')).toEqual(['One Item per File', 'One Item with All Files']);
		expect(await form.field('payload').innerText()).toContain('{{ $json }}');
		expect(await form.parameters.innerText()).toContain(
			'The field of the output item that will contain the file',
		);
	});
});

describe('a form for the parameters', () => {
	const DEFINITION = `{
  "type": "object",
  "properties": {
    "PATIENT_NAME": { "type": "string", "description": "Full name" },
    "VISITS": { "type": "integer", "minimum": 1, "maximum": 12 },
    "SINCE": { "anyOf": [{ "type": "string", "format": "date" }, { "type": "null" }] },
    "KIND": { "enum": ["new", "known"], "default": "new" },
    "URGENT": { "type": "boolean", "default": false },
    "TAGS": { "type": "array", "items": { "type": "string" } }
  },
  "required": ["PATIENT_NAME", "VISITS"]
}`;

	inEditor('appears when a definition is pasted, and says which value is wrong', async () => {
		environment.sandbox.setDefaults({ workflows: null });
		const form = await openNenAi({
			workflowId: { __rl: true, mode: 'id', value: EXAMPLE_WORKFLOW },
			parametersMode: 'form',
			callback: 'none',
		});
		await form.parameters.getByTestId('empty-fields-notice').waitFor();
		expect(await form.parameters.getByTestId('empty-fields-notice').innerText()).toContain(
			'Paste the definition',
		);
		await form.paste('parameterDefinition', '{ "type": "object", "properties": { "A": 5 } }');
		await form.parameters.getByText('at properties.A: it must be a schema').waitFor();
		await form.paste('parameterDefinition', DEFINITION);
		await form.until('PATIENT_NAME: Full name');
		expect((await form.labels()).slice(6)).toEqual([
			'Parameter Values',
			'PATIENT_NAME: Full name',
			'VISITS (whole number, at least 1, at most 12)',
			'SINCE',
			'KIND',
			'URGENT',
			'TAGS (JSON list; each entry: text)',
			'Callback',
			'Options',
		]);
		await form.mapped('PATIENT_NAME').fill('Jane Doe');
		await form.mapped('VISITS').fill('15');
		await form.executeStep();
		const { message } = await form.error();
		// As high as the form, which scrolls else.
		await form.root.page().setViewportSize({ width: WINDOW.width, height: 1440 });
		await screenshots.take('form', form.root);
		expect(message).toContain(
			'The parameter "VISITS" must be at most 12, but is the number 15 [item 0]',
		);
		expect(environment.sandbox.state().counts.requests).toBe(0);
		await form.mapped('VISITS').fill('3');
		await form.executeStep();
		await form.output.getByText('Job accepted for processing.').waitFor();
		expect(environment.sandbox.state().runs.map(({ params }) => params)).toEqual([
			{ PATIENT_NAME: 'Jane Doe', VISITS: 3, KIND: 'new', URGENT: false },
		]);
	});
});

describe('the workflow', () => {
	const NAMES = {
		'w-appointment': 'Book an appointment',
		'w-claim': 'Send a claim',
		'w-record': 'Fetch a record',
	};

	inEditor('is picked from a list by its name', async () => {
		environment.sandbox.setDefaults({ workflows: null, workflowNames: NAMES });
		const form = await openNenAi({ parametersMode: 'input', callback: 'none' });
		const workflow = form.locator('workflowId');
		await workflow.open();
		expect(await workflow.choices(3)).toEqual([
			'Book an appointment',
			'Fetch a record',
			'Send a claim',
		]);
		await screenshots.take('picker', form.root);
		await workflow.search('claim');
		expect(await workflow.choices(1)).toEqual(['Send a claim']);
		await workflow.pick('Send a claim');
		await form.executeStep();
		await form.output.getByText('Job accepted for processing.').waitFor();
		expect(environment.sandbox.state().runs).toMatchObject([{ workflowId: 'w-claim' }]);
	});

	inEditor('says why the list cannot be loaded, and is entered by its ID', async () => {
		environment.sandbox.setDefaults({ workflows: null });
		environment.sandbox.mcpFaults.add({ refuse: errorAnswer(401, 'json') });
		const form = await openNenAi({ parametersMode: 'input', callback: 'none' });
		const workflow = form.locator('workflowId');
		await workflow.open();
		expect(await workflow.failure()).toMatch(
			/Could not load list\s+NenAI did not accept the API key for the request for the list of workflows \(HTTP 401\): .+[^.]\. Check the API key of the credential: copy the whole key again, or ask your NenAI contact whether it is allowed to read runs and workflows\.$/,
		);
		await workflow.choose('By ID');
		await workflow.enter('w-by-hand');
		await form.executeStep();
		await form.output.getByText('Job accepted for processing.').waitFor();
		expect(environment.sandbox.state().runs).toMatchObject([{ workflowId: 'w-by-hand' }]);
	});

	inEditor('that was saved as a plain text is shown, stays and works', async () => {
		environment.sandbox.setDefaults({ workflows: null });
		const form = await openNenAi({
			workflowId: 'w-of-before',
			parametersMode: 'input',
			callback: 'none',
		});
		expect(await form.locator('workflowId').input.inputValue()).toBe('w-of-before');
		await form.executeStep();
		await form.output.getByText('Job accepted for processing.').waitFor();
		expect(environment.sandbox.state().runs).toMatchObject([{ workflowId: 'w-of-before' }]);
	});
});

describe('parameters', () => {
	inEditor('are dragged in from the input item, and typed', async () => {
		environment.sandbox.setDefaults({ workflows: null });
		const form = await openNenAi({ callback: 'none' });
		await form.fetchInput();
		await form.drag(form.inputField('workflow_id'), form.locator('workflowId').root);
		await form.locator('workflowId').root.getByText('{{ $json.workflow_id }}').waitFor();
		await form.drag(
			form.inputField('patient'),
			form.parameters.getByTestId('assignment-collection-drop-area'),
		);
		const patient = form.assignment(0);
		await patient.value.getByText('{{ $json.patient }}').waitFor();
		// n8n names it as the field that was dragged, and shows what the expression gives.
		expect(await patient.name.inputValue()).toBe('patient');
		await patient.row.getByText('Jane Doe').waitFor();
		await patient.name.fill('PATIENT_NAME');
		await form.typeAssignment('ROOM', 'Number', '12');

		await form.executeStep();
		await form.output.getByText('Job accepted for processing.').waitFor();
		expect(environment.sandbox.state().runs).toMatchObject([
			{ workflowId: EXAMPLE_WORKFLOW, params: { PATIENT_NAME: 'Jane Doe', ROOM: 12 } },
		]);
		await screenshots.take('start', form.root);
	});
});

describe('desktops', () => {
	const screenshot = { resource: 'computer', operation: 'screenshot' };

	inEditor(
		'are picked from a list, those that run first, and what is on their screen is shown as a picture',
		async () => {
			const { desktops } = environment.sandbox;
			const [, claims] = [
				desktops.add({ name: 'Portal' }),
				desktops.add({ name: 'Claims of March' }),
			];
			const form = await openNenAi(screenshot);
			expect(await form.labels()).toEqual([
				'Resource',
				'Operation',
				'Desktop',
				'Put Output File in Field',
			]);
			const desktop = form.locator('desktopId');
			await desktop.open();
			expect(await desktop.choices(2)).toEqual([
				expect.stringMatching(/^Claims of March \(dsk_\w+\): running$/),
				expect.stringMatching(/^Portal \(dsk_\w+\): running$/),
			]);
			await desktop.search('march');
			await desktop.choices(1);
			await desktop.pick('Claims of March');
			await form.executeStep();
			await form.showBinary();
			expect(await form.output.innerText()).toMatch(/screenshot\.png[^]*image\/png/);
			const picture = await form.viewBinary();
			expect(
				await picture.evaluate(
					async (image) =>
						image instanceof HTMLImageElement && [image.naturalWidth, image.naturalHeight],
				),
			).toEqual([1024, 768]);
			expect(environment.sandbox.state().desktopActions).toMatchObject([
				{ desktopId: claims, action: 'screenshot' },
			]);
			await screenshots.take('desktop-screenshot', form.root);
		},
	);

	inEditor('are given by an ID, too, and their tools are picked from a list', async () => {
		environment.sandbox.setDefaults({
			desktopTools: [{ name: 'printer', description: 'Prints', parameters: {} }],
		});
		const id = environment.sandbox.desktops.add();
		const form = await openNenAi({
			resource: 'computer',
			operation: 'custom',
			desktopId: { __rl: true, mode: 'id', value: id },
			action: 'print',
		});
		expect(await form.labels()).toEqual([
			'Resource',
			'Operation',
			'Desktop',
			'Tool',
			'Action',
			'Parameters (JSON)',
			'Options',
		]);
		const tool = form.locator('tool');
		await tool.open();
		expect(await tool.choices(2)).toEqual(['computer', 'printer']);
		await tool.pick('printer');
		await form.executeStep();
		await form.output.getByText('printer did print').waitFor();
	});

	inEditor('whose list cannot be loaded: it says why', async () => {
		environment.sandbox.desktopFaults.add({ refuse: errorAnswer(401, 'json') });
		const form = await openNenAi(screenshot);
		const desktop = form.locator('desktopId');
		await desktop.open();
		expect(await desktop.failure()).toMatch(
			/Could not load list\s+NenAI did not accept the API key for the request for the list of desktops \(HTTP 401\)/,
		);
	});

	inEditor('a click has its fields, and no place unless somebody enters one', async () => {
		const form = await openNenAi({ resource: 'computer', operation: 'click' });
		expect(await form.labels()).toEqual([
			'Resource',
			'Operation',
			'Desktop',
			'X',
			'Y',
			'Button',
			'Options',
		]);
		expect(await form.choices('button')).toEqual([
			'Double Click',
			'Left',
			'Middle',
			'Right',
			'Triple Click',
		]);
		for (const name of ['x', 'y'])
			expect(await form.field(name).locator('input').inputValue()).toBe('');
	});
});

describe('the form of the trigger', () => {
	inEditor('shows its URLs, and what NenAI reports to the test URL', async () => {
		const webhookId = 'nenai-results';
		const { id } = await environment.client.createWorkflow(withTrigger(webhookId, credential));
		const form = await openForm(await browser.open(`/workflow/${id}`), TRIGGER);
		const { webhookUrl } = environment.n8n;
		await form.parameters.getByText('Webhook URLs', { exact: true }).click();
		await form.parameters.getByText(`${webhookUrl}/webhook-test/${webhookId}/webhook`).waitFor();
		await form.parameters.getByTestId('radio-button-production').click();
		await form.parameters.getByText(`${webhookUrl}/webhook/${webhookId}/webhook`).waitFor();
		expect(await form.parameters.innerText()).toContain('POST');
		expect(await form.labels()).toEqual(['Trigger On', 'Outputs', 'Options']);
		await form.parameters
			.getByText('Open "Webhook URLs" above, and give the Production URL to NenAI')
			.waitFor();
		await screenshots.take('trigger', form.root);

		// It is not there while the trigger listens.
		await form.root.getByText('When will this node trigger my flow?').click();
		await form.root.getByText('Test it while you build').waitFor();
		await form.executeStep();
		await waitForWebhook(`${webhookUrl}/webhook-test/${webhookId}/webhook`);
		expect(await sendAsDocumented(`${webhookUrl}/webhook-test/${webhookId}/webhook`)).toBe(
			'{"received":true}',
		);
		await form.output.getByText('test-1').waitFor();
	});

	/** Runs the commands of the documentation with which a callback is sent by hand. */
	async function sendAsDocumented(url: string): Promise<string> {
		const page = readFileSync(join(ROOT, 'docs/waiting.md'), 'utf8');
		const commands = /## Test the trigger[^]*?```bash\n([^]*?)```/.exec(page)?.[1] ?? '';
		const filledIn = commands
			.replace(/^SECRET=.*$/m, `SECRET='${environment.sandbox.webhookSecret}'`)
			.replace(/^URL=.*$/m, `URL='${url}'`);
		expect(filledIn).toContain(url);
		return await runCommand('bash', ['-c', filledIn.replace('curl ', 'curl --silent ')]);
	}

	inEditor('warns when unsigned callbacks are accepted', async () => {
		const { id } = await environment.client.createWorkflow(
			withTrigger('editor-unsigned', credential),
		);
		const form = await openForm(await browser.open(`/workflow/${id}`), TRIGGER);
		await form.addOption('Accept Unsigned Callbacks (Tests Only)');
		await form.field('acceptUnsigned').locator('.el-switch').click();
		await form.parameters
			.getByText(
				'Unsigned callbacks are accepted: anyone who knows the URL can start this workflow',
			)
			.waitFor();
	});
});

describe('a run from the editor', () => {
	inEditor('waits, and goes on with the result and its files', async () => {
		environment.sandbox.faults.next({ callbacks: [] });
		const file = { name: 'appointment.pdf', size: 48_213, contentType: 'application/pdf' };
		const assets = environment.sandbox.files.url(environment.sandbox.files.add(file));
		const { id } = await environment.client.createWorkflow(
			withCredential(readExample(ROOT, 'run-and-wait')),
		);
		const page = await browser.open(`/workflow/${id}`);
		const canvas = new Canvas(page);
		await canvas.node('Start and wait').waitFor();
		await canvas.execute();
		await canvas.untilWaiting('Start and wait');
		const form = await openForm(page, 'Start and wait');
		await form.output
			.getByText('The run has started. This workflow continues when NenAI sends the result.')
			.waitFor();

		const [{ messageId, callbackUrl, workflowId }] = environment.sandbox.state().runs;
		const body = { result: { appointment: '2026-03-02 09:30', room: '12' }, assets };
		const delivered = await environment.sandbox.deliver({
			url: callbackUrl ?? '',
			messageId,
			workflowId,
			status: 'success',
			body,
		});
		expect(delivered.answer?.status).toBe(200);
		await form.output.getByText(messageId).waitFor();
		await form.showOutputAs('schema');
		await form.output.getByText('2026-03-02 09:30').waitFor();
		await screenshots.take('start-and-wait', form.root);

		await canvas.closeNode();
		await canvas.untilSuccess('Your steps go here');
		await canvas.deselect();
		await screenshots.take('workflow', page.locator('body'));
		const download = await openForm(page, 'Download the files');
		await download.output.getByText('appointment.pdf').first().waitFor();
		await download.showOutputAs('schema');
		expect(await download.output.innerText()).not.toContain('signature=');
		await screenshots.take('download', download.root);
	});

	/** The example with the credential of these tests, whose name goes into a picture. */
	function withCredential(workflow: WorkflowJson): WorkflowJson {
		const nodes = workflow.nodes.map((node) =>
			node.credentials === undefined ? node : { ...node, credentials: { nenAiApi: credential } },
		);
		return { ...workflow, nodes };
	}
});

describe('the outputs of Start and Wait', () => {
	inEditor('are labelled, and a simulated run leaves through the chosen one', async () => {
		const example = readExample(ROOT, 'start-and-wait');
		const { id } = await environment.client.createWorkflow({
			...example,
			nodes: example.nodes.map((node) =>
				node.credentials === undefined ? node : { ...node, credentials: { nenAiApi: credential } },
			),
		});
		const page = await browser.open(`/workflow/${id}`);
		const canvas = new Canvas(page);
		for (const label of ['Success', 'Failed', 'Timed Out'])
			await canvas.outputLabel(label).waitFor();
		for (const [outcome, branch] of [
			['Success', 'Your steps go here'],
			['Failed', 'Needs a person: it failed'],
			['Timed Out', 'Needs a person: no result'],
		]) {
			const form = await openForm(page, 'Start and wait');
			await form.choose('simulatedOutcome', outcome);
			await canvas.closeNode();
			await canvas.execute();
			await canvas.untilSuccess(branch);
			await canvas.deselect();
			if (outcome === 'Failed') await screenshots.take('outputs', page.locator('body'));
			const done = await openForm(page, 'Start and wait');
			await done.output.getByText(/^This result was simulated: nothing was sent/).waitFor();
			// n8n cannot pin the data of a node with several outputs.
			expect(await done.output.getByTestId('ndv-pin-data').count()).toBe(0);
			await canvas.closeNode();
		}
		expect(environment.sandbox.state().requests).toEqual([]);

		const form = await openForm(page, 'Start and wait');
		await form.choose('outputs', 'One Output');
		await canvas.closeNode();
		await canvas.outputLabel('Timed Out').waitFor({ state: 'hidden' });
	});
});

describe('the examples for many runs, imported from their files and set up by hand', () => {
	const WIDE = { width: 2200, height: 1000 };
	const NODES = {
		asking: ['Start the runs', 'Ask NenAI'],
		runMany: ['Start the runs', 'NenAI Trigger', 'Ask NenAI'],
	};

	/** Imports an example, picks the credential in each node of NenAI's, and saves. */
	async function setUp(
		file: 'gather-by-asking' | 'run-many' | 'run-many-caller',
		nodes: readonly string[],
	): Promise<Canvas> {
		const page = await browser.open('/workflow/new');
		await page.getByTestId('canvas-plus-button').waitFor();
		await page
			.getByTestId('workflow-import-input')
			.setInputFiles(join(ROOT, `examples/${file}.json`));
		const canvas = new Canvas(page);
		await canvas.node(nodes[0] ?? 'Run many').waitFor();
		for (const node of nodes) {
			await canvas.openNode(node);
			await new NodeForm(page).pickCredential(credential.name);
			await canvas.closeNode();
		}
		await page.keyboard.press('Control+s');
		return canvas;
	}

	async function picture(name: Picture, { page }: Canvas): Promise<void> {
		await page.setViewportSize(WIDE);
		await page.keyboard.press('1');
		await page.waitForTimeout(1000);
		await screenshots.take(name, page.locator('body'));
	}

	inEditor('by asking: it asks, waits, and the picture shows it', async () => {
		const canvas = await setUp('gather-by-asking', NODES.asking);
		await picture('gather-by-asking', canvas);
		await canvas.execute();
		await canvas.untilWaiting('Wait longer each time');
		expect(environment.sandbox.state().runs.map(({ callbackUrl }) => callbackUrl)).toEqual([
			null,
			null,
			null,
		]);
		// The first wait, as it is.
		await canvas.untilSuccess('Your steps go here', 150_000);
	});

	inEditor(
		'run many: set up by its note, called by its caller, which shows the results',
		async () => {
			const canvas = await setUp('run-many', NODES.runMany);
			const { page } = canvas;
			await picture('run-many', canvas);
			await canvas.openNode('NenAI Trigger');
			const form = new NodeForm(page);
			await form.parameters.getByText('Webhook URLs', { exact: true }).click();
			await form.parameters.getByTestId('radio-button-production').click();
			const callbackUrl = (
				await form.parameters.getByText(/\/webhook\/[^/]+\/webhook$/).innerText()
			).trim();
			await canvas.closeNode();
			await environment.client.updateCredential(
				credential.id,
				nenAiCredential(environment.sandbox, credential.name, { defaultCallbackUrl: callbackUrl }),
			);
			await page.getByTestId('workflow-open-publish-modal-button').click();
			await page.getByTestId('workflow-publish-button').click();
			await page.getByRole('button', { name: 'Got it' }).click();
			await page.getByTestId('workflow-publish-button').waitFor({ state: 'hidden' });

			const caller = await setUp('run-many-caller', []);
			await caller.openNode('Run many');
			const call = new NodeForm(caller.page);
			const workflows = call.locator('workflowId');
			await workflows.open();
			await workflows.pick('NenAI: run many');
			// n8n shows the inputs, and leaves them empty.
			const fields = call.parameters.getByTestId('mapping-fields-container');
			for (const input of ['workflow_id', 'parameters', 'batch'])
				await fields.getByText(input, { exact: true }).first().waitFor();
			await caller.closeNode();
			await caller.page.keyboard.press('Control+s');
			await caller.execute();
			await caller.untilSuccess('Run many', 60_000);
			await picture('run-many-caller', caller);
			const { deliveries, counts } = environment.sandbox.state();
			expect(counts.runsStarted).toBe(3);
			expect(new Set(deliveries.map(({ url }) => url))).toEqual(new Set([callbackUrl]));
			const done = await openForm(caller.page, 'Run many');
			// n8n remembers the view that was used last. The schema shows only one item.
			await done.showOutputAs('table');
			for (const text of ['Jane Doe', 'John Roe', 'Mary Major', 'success', 'message_id'])
				await done.output.getByText(text, { exact: false }).first().waitFor();
		},
	);
});

describe('the example that hands a desktop over', () => {
	let mail: MailServer;
	beforeAll(async () => {
		mail = await MailServer.start();
	});
	afterAll(async () => {
		await mail.close();
	});

	/** Answers on the page that the button of the message leads to. */
	async function answer(link: string, choice: string) {
		const page = await browser.open(link);
		await page.getByText('Answer when you have finished on the desktop.').waitFor();
		await page.locator('select').selectOption(choice);
		await page.getByRole('button', { name: 'Submit' }).click();
		await page.getByText('Got it, thanks').waitFor();
		await page.close();
	}

	/** What a person sees who follows the link of a session. */
	async function seen(link: string): Promise<string> {
		const page = await browser.open(link);
		const heading = await page.locator('h1').innerText();
		await page.close();
		return heading;
	}

	inEditor('a person follows the link, and answers: both outputs', async () => {
		const { client, sandbox } = environment;
		const smtp = { id: await client.createCredential(mail.credential), name: mail.credential.name };
		const example = withParameters(readExample(ROOT, 'desktop-hand-over'), 'Ask a person', {
			fromEmail: 'n8n@example.com',
			toEmail: 'person@example.com',
		});
		const { id } = await client.importWorkflow(example, {
			credentials: { nenAiApi: credential, smtp },
		});
		const page = await browser.open(`/workflow/${id}`);
		const canvas = new Canvas(page);
		await page.setViewportSize({ width: 2200, height: 1000 });
		for (const [choice, end, picture] of [
			['Not possible', 'Not done', undefined],
			['Done', 'Your steps go here', 'desktop-hand-over'],
		] as const) {
			await canvas.execute();
			const { text, buttons } = await mail.next();
			const link = /http:\S+\/desktop-sessions\/\S+/.exec(text)?.[0] ?? '';
			expect(await seen(link)).toMatch(/^Desktop dsk_/);
			await canvas.untilWaiting('Ask a person');
			await answer(buttons[0], choice);
			await canvas.untilSuccess(end);
			expect(await seen(link)).toBe('This session is closed');
			await page.keyboard.press('1');
			await page.waitForTimeout(1000);
			if (picture !== undefined) await screenshots.take(picture, page.locator('body'));
		}
		await sandbox.until(() => sandbox.desktops.all().every(({ status }) => status === 'deleted'));
		const form = await openForm(page, 'Take a screenshot');
		await form.showBinary();
		await (await form.viewBinary()).waitFor();
	});
});

describe('an error', () => {
	const RUN = {
		resource: 'run',
		operation: 'start',
		workflowId: { __rl: true, mode: 'id', value: EXAMPLE_WORKFLOW },
		parametersMode: 'input',
		callback: 'none',
	};
	const expired = {
		assets: 'https://files.example.com/report.pdf?signature=0123',
		expires_at: 1_700_000_000,
	};

	interface ErrorCase {
		what: string;
		parameters: INode['parameters'];
		item?: object;
		/** Fields of the credential that are other than usual. */
		credential?: Readonly<Record<string, string>>;
		message: RegExp;
		hint: RegExp;
		picture?: Picture;
	}

	const CASES: ErrorCase[] = [
		{
			what: 'of a parameter that the workflow does not have',
			parameters: RUN,
			item: { patient: 'Jane Doe' },
			message:
				/^NenAI rejected the run \(HTTP 422\): .*Unknown workflow parameter: patient \[item 0\]$/,
			hint: /^Check the parameters\. .* Names are case-sensitive\. No run was started for this item\.$/,
			picture: 'error',
		},
		{
			what: 'of a wrong API key',
			parameters: RUN,
			item: { PATIENT_NAME: 'Jane Doe' },
			credential: { apiKey: WRONG_KEY },
			message: /^NenAI did not accept the API key for the run \(HTTP 401\)/,
			hint: /^Check the API key of the credential: copy the whole key again, or ask your NenAI contact whether it is allowed to run this workflow\. No run was started for this item\.$/,
		},
		{
			what: 'of a credential without a webhook secret',
			parameters: { ...RUN, operation: 'startAndWait' },
			credential: { webhookSecret: '' },
			message:
				/^The NenAI credential has no webhook secret, so n8n could not verify that a result comes from NenAI \[item 0\]$/,
			hint: /^Create 64 random letters and digits with a password manager\. .* Nothing was sent\.$/,
		},
		{
			what: 'of links that have expired',
			parameters: { resource: 'result', operation: 'download' },
			item: expired,
			message: /^The link in assets expired at 2023-11-14T22:13:20\.000Z \[item 0\]$/,
			hint: /^Run the NenAI workflow again, and download the files soon after the callback\. Nothing was sent\.$/,
		},
	];

	describe.each(CASES)(
		'$what',
		({ parameters, item, credential: changes, message, hint, picture }) => {
			inEditor('reads well: our words, no stack, no JSON, no key', async () => {
				const { url: baseUrl, apiKey, webhookSecret } = environment.sandbox;
				const of =
					changes &&
					(await storeCredential('NenAI with a fault', {
						apiKey,
						baseUrl,
						webhookSecret,
						...changes,
					}));
				const form = await openNenAi(parameters, { of, item });
				await form.executeStep();
				const error = await form.error();
				expect(error.message).toMatch(message);
				expect(error.hint).toMatch(hint);
				// Every line of a stack names a file and a line, on whatever line of the panel it comes out.
				expect(error.panel).not.toMatch(/\.[cm]?[jt]s:\d+|node:internal/);
				expect(error.panel).not.toMatch(/[{}]|NodeOperationError|NodeApiError|undefined|\[object/);
				for (const secret of [apiKey, webhookSecret, WRONG_KEY, 'signature='])
					expect(error.panel).not.toContain(secret);
				if (picture !== undefined) await screenshots.take(picture, form.root);
			});
		},
	);
});

test('every picture of the documentation has been taken', () => {
	expect([...screenshots.taken].sort()).toEqual([...PICTURES].sort());
});

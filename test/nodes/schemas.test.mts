/** The previews of outputs, `__schema__`: held against what the operations give. */
import Ajv from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { nodeTypeOf, OPERATION_PATHS } from '../operations.mts';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { Credentials, execute, serveWaiting } from './engine.mts';
import { RecipeRunner } from './recipeRunner.mts';

const folders = ['NenAi', 'NenAiDesktop'].map((node) =>
	join(__dirname, `../../nodes/${node}/__schema__/v1.0.0`),
);
const files = folders.flatMap((folder) =>
	readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
		file.endsWith('.json'),
	),
);
/** Beside the node that has the resource: n8n looks there. */
function read(operation: string) {
	const [resource] = operation.split('/');
	const [, type] = nodeTypeOf({ resource }).split('.');
	const folder = folders[type === 'nenAiDesktop' ? 1 : 0];
	return JSON.parse(readFileSync(join(folder, `${operation}.json`), 'utf8'));
}

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), {
	retryDelaysMs: [],
	workflowNames: { 'w-1': 'Book an appointment' },
});

const credentials = () => {
	const { apiKey, url: baseUrl, mcpUrl, desktopUrl, webhookSecret } = sandbox;
	return new Credentials({ apiKey, baseUrl, mcpUrl, desktopUrl, webhookSecret });
};

async function run(
	resource: string,
	operation: string,
	parameters: INodeParameters = {},
	items: IDataObject[] = [{}],
): Promise<IDataObject[]> {
	const { items: found, error } = await execute({
		credentials: credentials(),
		items,
		parameters: { resource, operation, options: {}, ...parameters },
	});
	if (error) throw new Error(error.message);
	return found.map(({ json }) => json);
}

const WORKFLOW = { workflowId: 'w-1', parametersMode: 'json', parametersJson: '{}' };

/** A run that has failed, as NenAI was recorded to say it, and one that works. */
function runs(): IDataObject[] {
	const errorData = {
		error_message: 'Exit code: 1',
		updated_at: '2026-02-10T19:49:40.865470+00:00',
	};
	const more = {
		workflowId: 'w-1',
		createdAt: '2026-02-10T19:47:54.424Z',
		updatedAt: '2026-02-10T19:49:40.865470+00:00',
		errorData,
	};
	sandbox.runs.set('m-1', { status: 'failed', workflowId: 'w-1', more });
	sandbox.runs.set('m-2', { status: 'running', workflowId: 'w-1' });
	return [{ messageId: 'm-1' }, { messageId: 'm-2' }];
}

/** Operations that need more than their recipe to give all of their fields. */
const OUTPUTS: Record<string, () => Promise<IDataObject[]>> = {
	'run/startAndWait': waited,
	'run/get': async () => await run('run', 'get', {}, runs()),
	'run/getMany': async () => {
		runs();
		return await run('run', 'getMany', { workflowId: 'w-1' });
	},
	'workflow/getMany': async () => await run('workflow', 'getMany'),
	'result/download': async () => {
		const url = sandbox.files.url(
			sandbox.files.add({ name: 'report.pdf', size: 10, contentType: 'application/pdf' }),
		);
		return await run('result', 'download', {}, [
			{ workflow_id: 'w-1', message_id: 'm-1', assets: url },
		]);
	},
	'computer/custom': async () =>
		await run('computer', 'custom', {
			desktopId: sandbox.desktops.add(),
			tool: 'computer',
			action: 'cursor_position',
			params: '{}',
		}),
	'desktop/getToolLogs': async () => {
		const desktopId = sandbox.desktops.add();
		await run('computer', 'cursorPosition', { desktopId });
		return await run('desktop', 'getToolLogs', { desktopId });
	},
	'file/getMany': async () => {
		const desktopId = sandbox.desktops.add();
		sandbox.desktops.addFile(desktopId, { name: 'report.txt', text: 'hello' });
		sandbox.desktops.addFile(desktopId, { name: 'old.txt', path: 'archive', text: 'hello' });
		return await run('file', 'getMany', { desktopId });
	},
};

/** What an operation gives: in as many ways as it takes to see all fields, else as its recipe says. */
async function outputsOf(path: string): Promise<IDataObject[]> {
	const special = OUTPUTS[path];
	if (special !== undefined) return await special();
	const runner = new RecipeRunner(path, () => sandbox);
	const { items, error } = await runner.run(runner.provision(1));
	if (error) throw new Error(error.message);
	return items.map(({ json }) => json);
}

/** What a callback gives, and the end of the wait. */
async function waited(): Promise<IDataObject[]> {
	const parameters = { resource: 'run', operation: 'startAndWait', ...WORKFLOW, options: {} };
	const execution = await execute({
		credentials: credentials(),
		parameters,
		webhookWaitingBaseUrl: 'http://127.0.0.1:1/webhook-waiting',
	});
	const waiting = await serveWaiting(execution, parameters, credentials());
	try {
		const stored = execution.run.data.executionData?.nodeExecutionStack[0].data.main[2] ?? [];
		const [{ json }] = stored;
		const body = { result: { total: 3 }, assets: 'https://files.example.com/assets.zip' };
		await sandbox.deliver({
			url: waiting.url,
			messageId: String(json.message_id),
			workflowId: 'w-1',
			status: 'success',
			body,
		});
		return [json, ...waiting.started];
	} finally {
		await waiting.close();
	}
}

/** Outputs with fields that a NenAI workflow makes, or that NenAI does not publish. */
const OPEN = ['run/startAndWait', 'desktop/getToolLogs'];

test('the folder __schema__/v1.0.0 has a file for each operation, and no other', () => {
	expect(files.map((file) => file.replaceAll('\\', '/')).sort()).toEqual(
		OPERATION_PATHS.map((path) => `${path}.json`).sort(),
	);
});

describe.each(OPERATION_PATHS)('%s', (operation) => {
	test('what it gives is of this form, and has each of its fields', async () => {
		const schema = read(operation);
		const outputs = await outputsOf(operation);
		expect(outputs.length).toBeGreaterThan(0);
		const ajv = new Ajv({ allErrors: true });
		const validate = ajv.compile(schema);
		for (const output of outputs)
			expect([output, validate(output), validate.errors]).toEqual([output, true, null]);
		const given = new Set(outputs.flatMap((output) => Object.keys(output)));
		expect(Object.keys(schema.properties).filter((field) => !given.has(field))).toEqual([]);
		if (!OPEN.includes(operation))
			expect([...given].filter((field) => !(field in schema.properties))).toEqual([]);
	});
});

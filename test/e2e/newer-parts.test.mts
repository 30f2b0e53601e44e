/** The package with the newer parts of n8n 2.41.1: its Agents, its MCP server, redacted data, versions, and traces. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chain, node } from '../n8n/build-workflow.mts';
import type { AgentEvent } from '../n8n/agents.mts';
import { waitFor } from '../n8n/poll.mts';
import { answersToCalls } from './agent.mts';
import { withEnvironment } from './cases.mts';
import {
	jsonOf,
	nenAiCredential,
	startOwnEnvironment,
	type OwnEnvironment,
} from './environment.mts';
import {
	activate,
	ANY_WORKFLOW,
	call,
	runAndWait,
	start,
	trigger,
	triggerUrl,
	webhook,
	webhookUrl,
} from './workflows.mts';

const root = join(__dirname, '../..');
const SOON = { timeoutMs: 30_000 };

/** Takes n8n's traces. */
class Traces {
	readonly #server: Server;
	#text = '';

	private constructor(server: Server) {
		this.#server = server;
	}

	static async start(): Promise<Traces> {
		const server = createServer();
		const traces = new Traces(server);
		server.on('request', (request, response) => {
			request.on('data', (chunk: Buffer) => (traces.#text += chunk.toString('utf8')));
			request.on('end', () => response.end());
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		return traces;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** All that has arrived; the texts in it are readable. */
	get text(): string {
		return this.#text;
	}

	async close(): Promise<void> {
		await new Promise((resolve) => this.#server.close(resolve));
	}
}

let traces: Traces;

const it = withEnvironment(async () => {
	traces = await Traces.start();
	const environment = await startTraced();
	return {
		...environment,
		close: async (options: { keepFiles: boolean }) => {
			try {
				await environment.close(options);
			} finally {
				await traces.close();
			}
		},
	};
});

async function startTraced(): Promise<OwnEnvironment> {
	return await startOwnEnvironment({
		root,
		version: '2.41.1',
		env: {
			N8N_OTEL_ENABLED: 'true',
			N8N_OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
			N8N_OTEL_TRACES_PRODUCTION_ONLY: 'false',
			OTEL_BSP_SCHEDULE_DELAY: '100',
		},
	}).catch(async (error: unknown) => {
		await traces.close();
		throw error;
	});
}

/** Saves a workflow that waits for a run, and calls it. Returns when it waits. */
async function untilWaiting({ client, credential, n8n, sandbox }: OwnEnvironment, path: string) {
	sandbox.setDefaults({ fault: { callbacks: [] } });
	const workflowId = await activate(
		client,
		chain(path, [webhook(path), runAndWait(credential, '={{ $json.body }}')]),
	);
	await call(webhookUrl(n8n, path), { PATIENT_NAME: 'Jane Doe' });
	const isWaiting = ({ status }: { status: string }) => status === 'waiting';
	const [{ id }] = await client.waitForExecutions(workflowId, (all) => all.some(isWaiting));
	const run = await waitFor('the run', () => sandbox.state().runs.at(-1), SOON);
	return { workflowId, executionId: id, messageId: run.messageId };
}

describe('an agent of the page Agents', () => {
	/** An agent with one tool. */
	async function agentWith(environment: OwnEnvironment, tool: Record<string, unknown>) {
		const openAi = {
			name: `Model ${randomUUID()}`,
			type: 'openAiApi',
			data: { apiKey: 'test-key-not-a-secret', url: environment.model.url },
		};
		return await environment.client.agents.create({
			name: 'NenAI agent',
			model: 'openai/stand-in',
			credential: await environment.client.createCredential(openAi),
			instructions: 'Do what the user asks for.',
			tools: [tool],
		});
	}

	const nodeTool = (
		{ credential }: OwnEnvironment,
		nodeType: 'nenAiTool' | 'nenAiDesktopTool',
		nodeParameters: Record<string, unknown>,
	) => ({
		type: 'node',
		name: 'use_nenai',
		description: 'Uses NenAI',
		node: {
			nodeType: `n8n-nodes-nenai.${nodeType}`,
			nodeTypeVersion: 1,
			nodeParameters,
			credentials: { nenAiApi: credential },
		},
	});

	const RUN = {
		resource: 'run',
		workflowId: { __rl: true, mode: 'id', value: ANY_WORKFLOW },
		parametersMode: 'json',
		parametersJson: "={{ { PATIENT_NAME: $fromAI('patient', 'Name of the patient', 'string') } }}",
	};

	/** What the tool gave. */
	const resultOf = (events: AgentEvent[]) =>
		JSON.stringify(
			events.find(({ type, toolName }) => type === 'tool-result' && toolName === 'use_nenai'),
		);

	it('starts a run, once, and gets its message ID', async (environment) => {
		const { client, model, sandbox } = environment;
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const agent = await agentWith(
			environment,
			nodeTool(environment, 'nenAiTool', { ...RUN, operation: 'start', callback: 'none' }),
		);
		model.play({ uses: [['use_nenai', { patient: 'Jane Doe' }]] }, { text: 'Started.' });
		const events = await client.agents.chat(agent, 'Start it for Jane Doe', randomUUID());
		const [{ messageId }, ...others] = sandbox.state().runs;
		expect(others).toEqual([]);
		expect(sandbox.state().runs[0].params).toEqual({ PATIENT_NAME: 'Jane Doe' });
		expect(resultOf(events)).toContain(messageId);
		expect(answersToCalls(model).join()).toContain(messageId);
	});

	it('gets the error of an unknown outcome, and nothing is sent twice', async (environment) => {
		const { client, model, sandbox } = environment;
		sandbox.faults.add({ connection: 'drop-after-accept', callbacks: [] });
		const agent = await agentWith(
			environment,
			nodeTool(environment, 'nenAiTool', { ...RUN, operation: 'start', callback: 'none' }),
		);
		model.play({ uses: [['use_nenai', { patient: 'Jane Doe' }]] }, { text: 'Unknown.' });
		await client.agents.chat(agent, 'Start it for Jane Doe', randomUUID());
		expect(sandbox.state().counts.runsStarted).toBe(1);
		expect(answersToCalls(model).join()).toMatch(/uncertain.*true/);
	});

	it('cannot wait with Start and Wait, or delete a desktop at the end: it is told so before anything is sent', async (environment) => {
		const { client, model, sandbox } = environment;
		for (const [type, parameters, text] of [
			[
				'nenAiTool',
				{ ...RUN, operation: 'startAndWait' },
				/Start and Wait cannot wait here, because n8n runs this tool without an execution/,
			],
			[
				'nenAiTool',
				{ ...RUN, operation: 'start', callback: 'none', testExecutions: 'simulate' },
				/Test Executions → .*Simulate.* is not possible in a tool of n8n's Agents/,
			],
			[
				'nenAiDesktopTool',
				{ resource: 'desktop', operation: 'create', options: { deleteAtEnd: true } },
				/Delete When the Execution Ends \(deleteAtEnd\) is not possible here/,
			],
		] as const) {
			const agent = await agentWith(environment, nodeTool(environment, type, parameters));
			model.play({ uses: [['use_nenai', { patient: 'Jane Doe' }]] }, { text: 'It cannot.' });
			const events = await client.agents.chat(agent, 'Do it', randomUUID());
			expect(resultOf(events)).toMatch(text);
			expect(answersToCalls(model).join()).toMatch(text);
		}
		expect(sandbox.state().requests).toEqual([]);
		expect(sandbox.desktops.all()).toEqual([]);
	});

	it('uses a desktop', async (environment) => {
		const { client, model, sandbox } = environment;
		const desktopId = sandbox.desktops.add();
		for (const parameters of [
			{ resource: 'computer', operation: 'click', desktopId, x: 10, y: 20 },
			{ resource: 'computer', operation: 'screenshot', desktopId },
		]) {
			const agent = await agentWith(
				environment,
				nodeTool(environment, 'nenAiDesktopTool', parameters),
			);
			model.play({ uses: [['use_nenai', {}]] }, { text: 'Done.' });
			const events = await client.agents.chat(agent, 'Do it', randomUUID());
			expect(resultOf(events)).not.toMatch(/error/i);
		}
		expect(sandbox.state().desktopRequests.map(({ method }) => method)).toEqual(['POST', 'POST']);
	});

	it('waits for the result, if its tool is a workflow with Start and Wait', async (environment) => {
		const { client, credential, model, sandbox } = environment;
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const workflow = chain('agent-waits', [
			node('Called', 'executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' }),
			runAndWait(credential, '={{ { PATIENT_NAME: "Jane Doe" } }}'),
		]);
		const workflowId = await activate(client, workflow);
		const agent = await agentWith(environment, {
			type: 'workflow',
			name: 'use_nenai',
			workflowId,
			workflow: workflow.name,
			description: 'Runs NenAI for Jane Doe',
		});
		model.play({ uses: [['use_nenai', {}]] }, { text: 'Her balance is 330.' });
		const events = await client.agents.chat(agent, 'Run it for Jane Doe', randomUUID());
		const [suspended] = events.filter(({ type }) => type === 'tool-call-suspended');
		const [{ messageId }] = sandbox.state().runs;
		await sandbox.deliver({
			messageId,
			status: 'success',
			body: { result: { balance: 330 } },
		});
		await client.waitForExecutions(workflowId);
		// n8n tries this by itself as well, and 2.41.1 fails ("AuthPrincipal does not have a role defined").
		const answer = await client.agents.checkForResult(agent, suspended);
		expect(answer.map(({ delta }) => delta ?? '').join('')).toBe('Her balance is 330.');
		expect(answersToCalls(model).join()).toContain('"balance":330');
		expect(sandbox.state().counts.runsStarted).toBe(1);
	});
});

describe("n8n's MCP server", () => {
	it('starts a workflow with Start and Wait, and gives its result later', async (environment) => {
		const { client, credential, sandbox } = environment;
		sandbox.setDefaults({ fault: { callbacks: [] } });
		const path = 'mcp-server';
		const workflowId = await activate(
			client,
			chain(path, [webhook(path), runAndWait(credential, '={{ $json.body }}')]),
		);
		await client.mcp.enable(workflowId);
		const { structuredContent } = await client.mcp.call('execute_workflow', {
			workflowId,
			executionMode: 'production',
			triggerNodeName: 'Webhook',
			inputs: { webhookData: { method: 'POST', body: { PATIENT_NAME: 'Jane Doe' } } },
		});
		expect(structuredContent).toMatchObject({ status: 'started' });
		const executionId = String(structuredContent?.executionId);
		await client.waitForExecution(executionId, ({ status }) => status === 'waiting');
		const read = async () =>
			JSON.stringify(
				await client.mcp.call('get_workflow_execution', {
					workflowId,
					executionId,
					includeData: true,
				}),
			);
		expect(await read()).toContain('waiting');
		const [{ messageId, params }] = sandbox.state().runs;
		expect(params).toEqual({ PATIENT_NAME: 'Jane Doe' });
		await sandbox.deliver({ messageId, status: 'success', body: { result: { balance: 330 } } });
		await client.waitForExecution(executionId);
		expect(await read()).toMatch(/balance[\\": ]+330/);
		expect(sandbox.state().counts.runsStarted).toBe(1);
	});

	it('tells the assistant what our nodes are for, and what they need', async ({
		client,
		credential,
	}) => {
		await client.mcp.enable();
		const found = await client.mcp.call('search_nodes', { queries: ['nenai'] });
		for (const type of ['nenAi', 'nenAiDesktop', 'nenAiTrigger', 'nenAiPollingTrigger'])
			expect(JSON.stringify(found)).toContain(`n8n-nodes-nenai.${type}`);
		const types = JSON.stringify(
			await client.mcp.call('get_node_types', { nodeIds: [{ nodeId: 'n8n-nodes-nenai.nenAi' }] }),
		);
		for (const text of [
			'startAndWait',
			'parametersJson',
			'Start and Wait has three outputs: Success, Failed',
			'never put a retry loop around it',
		])
			expect(types).toContain(text);
		const list = await client.mcp.call('explore_node_resources', {
			nodeType: 'n8n-nodes-nenai.nenAi',
			version: 1,
			methodName: 'searchWorkflows',
			methodType: 'listSearch',
			credentialType: 'nenAiApi',
			credentialId: credential.id,
		});
		expect(list.isError).not.toBe(true);
	});
});

describe('redacted data', () => {
	it('hides the result from those who read the execution, and does not disturb the wait', async (environment) => {
		const { client, sandbox } = environment;
		const { executionId, messageId } = await untilWaiting(environment, 'redacted');
		const read = async () =>
			JSON.stringify(await client.execution(executionId, { redacted: true }));
		expect(await read()).not.toContain('Jane Doe');
		const answer = await sandbox.deliver({
			messageId,
			status: 'success',
			body: { result: { balance: 330 } },
		});
		expect(answer.answer?.status).toBe(200);
		const execution = await client.waitForExecution(executionId);
		expect(execution.status).toBe('success');
		expect(jsonOf(execution, 'Run and wait')[0]).toMatchObject({ result: { balance: 330 } });
		expect(await read()).not.toMatch(/Jane Doe|balance/);
	});

	it('hides the texts of errors, too', async (environment) => {
		const { client, credential, n8n, sandbox } = environment;
		sandbox.faults.add({
			refuse: { status: 400, body: { error: 'Jane Doe is not a valid patient' } },
		});
		const path = 'redacted-error';
		const workflowId = await activate(
			client,
			chain(path, [webhook(path), start(credential, '={{ $json.body }}')]),
		);
		await call(webhookUrl(n8n, path), { PATIENT_NAME: 'Jane Doe' });
		const [{ id }] = await client.waitForExecutions(workflowId);
		const { data } = await client.waitForExecution(id);
		expect(data.resultData.error?.message).toContain('Jane Doe');
		const redacted = await client.execution(id, { redacted: true });
		expect(JSON.stringify(redacted.data.resultData)).not.toContain('Jane Doe');
	});
});

describe('versions of a workflow', () => {
	it('a waiting execution goes on with the version in which it began', async (environment) => {
		const { client, credential, n8n, sandbox } = environment;
		const path = 'versions';
		const { workflowId, executionId, messageId } = await untilWaiting(environment, path);
		const after = node('After', 'set', 3.4, { options: {} });
		await client.updateWorkflow(
			workflowId,
			chain(path, [
				webhook(path),
				runAndWait(credential, '={{ { PATIENT_NAME: "the new version" } }}'),
				after,
			]),
		);
		await client.activate(workflowId);
		await sandbox.deliver({ messageId, status: 'success', body: { result: { balance: 330 } } });
		const old = await client.waitForExecution(executionId);
		expect(jsonOf(old, 'Run and wait')[0]).toMatchObject({ result: { balance: 330 } });
		expect(jsonOf(old, 'After')).toEqual([]);
		await call(webhookUrl(n8n, path), {});
		const { params } = await waitFor('the run', () => sandbox.state().runs[1], SOON);
		expect(params).toEqual({ PATIENT_NAME: 'the new version' });
	});

	it('a trigger knows a callback again after another version was published', async (environment) => {
		const { client, credential, n8n, sandbox } = environment;
		const webhookId = randomUUID();
		const workflow = chain('versions-trigger', [trigger(webhookId, credential)]);
		const workflowId = await activate(client, workflow);
		const url = triggerUrl(n8n, webhookId);
		const callback = { url, messageId: 'run-of-versions', status: 'success' } as const;
		expect((await sandbox.deliver(callback)).answer?.status).toBe(200);
		await client.waitForExecutions(workflowId);
		await client.updateWorkflow(
			workflowId,
			chain('versions-trigger', [
				trigger(webhookId, credential),
				node('After', 'set', 3.4, { options: {} }),
			]),
		);
		await client.activate(workflowId);
		expect((await sandbox.deliver(callback)).answer?.status).toBe(200);
		expect((await sandbox.deliver({ ...callback, messageId: 'another' })).answer?.status).toBe(200);
		await waitFor(
			'both executions',
			async () => (await client.executions(workflowId)).length === 2 || undefined,
			SOON,
		);
		const executions = await client.executions(workflowId);
		const ids = await Promise.all(
			executions.map(
				async ({ id }) => jsonOf(await client.waitForExecution(id), 'NenAI Trigger')[0].message_id,
			),
		);
		expect(ids.sort()).toEqual(['another', 'run-of-versions']);
	});
});

it('traces have our node, and neither secrets nor parameters', async (environment) => {
	const { client, credential, n8n, sandbox } = environment;
	const path = 'traced';
	const before = traces.text.length;
	const workflowId = await activate(
		client,
		chain(path, [webhook(path), start(credential, '={{ $json.body }}')]),
	);
	await call(webhookUrl(n8n, path), { PATIENT_NAME: 'Jane Doe' });
	const [{ id }] = await client.waitForExecutions(workflowId);
	await client.waitForExecution(id);
	const trace = () => traces.text.slice(before);
	const spans = ['n8n-nodes-nenai.nenAi', 'workflow.execute'];
	await waitFor(
		'the trace',
		() => spans.every((text) => trace().includes(text)) || undefined,
		SOON,
	);
	// Not in one step: jest would print all of it.
	const contains = (text: string) => traces.text.includes(text);
	expect(contains('node.execute')).toBe(true);
	expect([sandbox.apiKey, sandbox.webhookSecret].filter(contains)).toEqual([]);
	expect(trace().includes('Jane Doe')).toBe(false);
});

it('n8n refuses a credential with a secret of a vault that it does not have', async ({
	client,
	sandbox,
}) => {
	await expect(
		client.createCredential(
			nenAiCredential(sandbox, 'Vault', { apiKey: '={{ $secrets.vault.key }}' }),
		),
	).rejects.toThrow(/secret provider "vault" used in "apiKey" does not exist/);
});

/** What asks NenAI, in a real n8n of each version: the operations, the list of workflows, an agent's tool. */
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { N8N_VERSIONS } from '../n8n/install.mts';
import { errorAnswer } from '../sandbox/index.mts';
import { answersToCalls, chatting, TOOL, withAgent } from './agent.mts';
import { withEnvironment } from './cases.mts';
import {
	itemsOf,
	jsonOf,
	startEnvironment,
	withSettings,
	type E2eEnvironment,
} from './environment.mts';
import { ANY_WORKFLOW, nenAi, run, split, start } from './workflows.mts';

const root = join(__dirname, '../..');

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startEnvironment({ root, version }));

	const ask = (
		{ credential }: E2eEnvironment,
		operation: string,
		parameters: INode['parameters'] = {},
		more: Partial<INode> = {},
		resource = 'run',
	) => nenAi('Ask', credential, { resource, operation, ...parameters }, more);
	const hold = ({ sandbox }: E2eEnvironment, id: string, status: string) =>
		sandbox.runs.set(id, { status, workflowId: ANY_WORKFLOW, logs: `log of ${id}` });

	it('Get, right behind Start: the state of each run, in order', async (environment) => {
		const names = Array.from({ length: 20 }, (_, n) => `n-${n}`);
		const execution = await run(
			environment,
			'get',
			[
				split('body.names'),
				start(environment.credential, '={{ { NAME: $json["body.names"] } }}'),
				ask(environment, 'get'),
			],
			{ names },
		);
		expect(execution.status).toBe('success');
		const ids = jsonOf(execution, 'Start').map(({ messageId }) => messageId);
		expect(
			jsonOf(execution, 'Ask').map(({ messageId, finished, status }) => [
				messageId,
				finished === ['completed', 'failed', 'timeout'].includes(String(status)),
			]),
		).toEqual(ids.map((id) => [id, true]));
		expect(environment.sandbox.state().counts).toMatchObject({
			runsStarted: 20,
			mcpInitializes: 1,
			mcpToolCalls: 20,
		});
	});

	it('Get Many, Get Logs as text and as a file, and the workflows', async (environment) => {
		for (const id of ['m-1', 'm-2']) hold(environment, id, 'completed');
		// One after the other: n8n 1.123 on SQLite fails to save several workflows at the same time ("no such savepoint").
		const list = await run(
			environment,
			'list',
			[
				ask(environment, 'getMany', {
					workflowId: { __rl: true, mode: 'id', value: ANY_WORKFLOW },
					limit: 1,
				}),
			],
			{},
		);
		const text = await run(
			environment,
			'log',
			[ask(environment, 'getLogs', { messageId: '={{ $json.body.id }}' })],
			{ id: 'm-1' },
		);
		const file = await run(
			environment,
			'log-file',
			[ask(environment, 'getLogs', { messageId: '={{ $json.body.id }}', output: 'file' })],
			{ id: 'm-2' },
		);
		const workflows = await run(
			environment,
			'workflows',
			[ask(environment, 'getMany', {}, {}, 'workflow')],
			{},
		);
		expect(jsonOf(list, 'Ask')).toEqual([
			expect.objectContaining({ status: 'completed', workflowId: ANY_WORKFLOW }),
		]);
		expect(jsonOf(text, 'Ask')).toEqual([{ messageId: 'm-1', logs: 'log of m-1' }]);
		const [{ json, binary }] = itemsOf(file, 'Ask');
		expect([json, binary?.data.fileName, binary?.data.mimeType]).toEqual([
			{ messageId: 'm-2' },
			'm-2.log',
			'text/plain',
		]);
		expect((await environment.client.downloadBinary(String(binary?.data.id))).toString()).toBe(
			'log of m-2',
		);
		expect(workflows.status).toBe('success');
	});

	it('an error says what happened and what to do; Continue goes on with the others; Retry asks again', async (environment) => {
		hold(environment, 'm-1', 'completed');
		const nodes = (more: Partial<INode>) => [
			split('body.ids'),
			ask(environment, 'get', { messageId: '={{ $json["body.ids"] }}' }, more),
		];
		const body = { ids: ['m-1', 'm-9'] };
		const failed = await run(environment, 'failed', nodes({}), body);
		expect(failed.data.resultData.error?.message).toMatch(
			/^NenAI could not answer the request for the status of the run: .+ \[item 1\]$/,
		);
		const going = await run(
			environment,
			'continued',
			nodes({ onError: 'continueErrorOutput' }),
			body,
		);
		expect([jsonOf(going, 'Ask').length, jsonOf(going, 'Ask', 1).length]).toEqual([1, 1]);
		hold(environment, 'm-9', 'running');
		const retried = await environment.client.waitForExecution(
			await environment.client.retryExecution(failed.id),
		);
		expect(jsonOf(retried, 'Ask').map(({ status }) => status)).toEqual(['completed', 'running']);
	});

	it('a wrong address of the MCP server', async (environment) => {
		const name = 'Elsewhere';
		const data = {
			apiKey: environment.sandbox.apiKey,
			baseUrl: environment.sandbox.url,
			mcpUrl: `${environment.sandbox.url}/elsewhere`,
		};
		const credential = {
			name,
			id: await environment.client.createCredential({ name, type: 'nenAiApi', data }),
		};
		const execution = await run(
			environment,
			'elsewhere',
			[nenAi('Ask', credential, { resource: 'run', operation: 'get', messageId: 'm-1' })],
			{},
		);
		expect(execution.data.resultData.error?.message).toMatch(
			/^There is no MCP server at 127\.0\.0\.1:\d+ \(HTTP 404\)/,
		);
	});

	describe('the list of workflows', () => {
		const search = (environment: E2eEnvironment, filter?: string) =>
			environment.client.searchList(
				start(environment.credential, '{}'),
				'workflowId',
				'searchWorkflows',
				filter,
			);

		it('has their names, and is searched', async (environment) => {
			environment.sandbox.setDefaults({
				workflowNames: { 'w-1': 'Book an appointment', 'w-2': 'Send a claim' },
			});
			expect((await search(environment)).map(({ name, value }) => [name, value])).toEqual([
				['Book an appointment', 'w-1'],
				['Send a claim', 'w-2'],
			]);
			expect((await search(environment, 'claim')).map(({ value }) => value)).toEqual(['w-2']);
		});

		it('says why it cannot be loaded', async (environment) => {
			environment.sandbox.mcpFaults.add({ refuse: errorAnswer(401, 'json') });
			await expect(search(environment)).rejects.toThrow(
				/NenAI did not accept the API key for the request for the list of workflows \(HTTP 401\)/,
			);
		});

		it('what was picked from it is started, and so is a plain text of before', async (environment) => {
			const picked = {
				__rl: true,
				mode: 'list',
				value: 'w-1',
				cachedResultName: 'Book an appointment',
			};
			await run(
				environment,
				'picked',
				[start(environment.credential, '{}', { workflowId: picked })],
				{},
			);
			await run(
				environment,
				'plain',
				[start(environment.credential, '{}', { workflowId: 'w-2' })],
				{},
			);
			await run(
				environment,
				'expression',
				[start(environment.credential, '{}', { workflowId: '={{ $json.body.w }}' })],
				{ w: 'w-3' },
			);
			await run(
				environment,
				'expression-in-locator',
				[
					start(environment.credential, '{}', {
						workflowId: { __rl: true, mode: 'id', value: '={{ $json.body.w }}' },
					}),
				],
				{ w: 4 },
			);
			expect(environment.sandbox.state().runs.map(({ workflowId }) => workflowId)).toEqual([
				'w-1',
				'w-2',
				'w-3',
				'4',
			]);
		});
	});

	describe.each([3, 2.2])('as a tool of an agent of version %s', (agent) => {
		it('the model gets the state, or the failure in words, and nothing is started', async (environment) => {
			hold(environment, 'm-1', 'running');
			const messageId = "={{ $fromAI('message_id', 'Message ID of the run', 'string') }}";
			const parameters = { resource: 'run', operation: 'get', messageId, options: {} };
			const chat = async (id: string) => {
				environment.model.play({ calls: [{ message_id: id }] }, { text: 'So it is.' });
				const workflow = await environment.importExample('ai-agent', (example) =>
					withSettings(withAgent(chatting(example, 'How is it getting on?'), agent), TOOL, {
						parameters: { ...parameters, descriptionType: 'auto' },
					}),
				);
				const { executionId = '' } = await environment.client.runWorkflowManually(workflow);
				await environment.client.waitForExecution(executionId, undefined, 60_000);
				return answersToCalls(environment.model);
			};
			expect(JSON.parse((await chat('m-1'))[0])).toEqual([
				expect.objectContaining({ status: 'running', finished: false, messageId: 'm-1' }),
			]);
			expect(environment.model.requests[0].tools[0].function.description).toMatch(
				/^Check the status of a run in NenAI/,
			);
			expect(await chat('m-9')).toEqual([expect.stringContaining('could not answer')]);
			expect(environment.sandbox.state().counts.runsStarted).toBe(0);
		});
	});
});

/** Desktops in a real n8n of each version: the operations, the lists, retries, and what an agent gets of its tools. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { node } from '../n8n/build-workflow.mts';
import type { WorkflowJson } from '../n8n/client.mts';
import { N8N_VERSIONS } from '../n8n/install.mts';
import { nodeTypeOf } from '../operations.mts';
import { answersToCalls, chatting, TOOL, withAgent } from './agent.mts';
import { withEnvironment } from './cases.mts';
import {
	itemsOf,
	jsonOf,
	startEnvironment,
	withSettings,
	type E2eEnvironment,
} from './environment.mts';
import { nenAi, run, split } from './workflows.mts';

const root = join(__dirname, '../..');
const TEXT = 'Claim 1: Jane Doe';
const NAME = 'Grüße 100%.txt';
/** It is typed as it is. */
const SPECIAL = ' Jane\n\t"Grüße" \'e\u0301\' \\n C:\\temp 😀 \r\n';

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startEnvironment({ root, version }));

	const DESKTOP = "={{ $('Create').first().json.desktop_id }}";

	/** A node of this resource, named after its operation, on the desktop that was created before. */
	const step = (
		{ credential }: E2eEnvironment,
		resource: string,
		operation: string,
		parameters: INode['parameters'] = {},
		more: Partial<INode> = {},
	) =>
		nenAi(
			operation.charAt(0).toUpperCase() + operation.slice(1),
			credential,
			{ resource, operation, ...(operation !== 'create' && { desktopId: DESKTOP }), ...parameters },
			more,
		);

	const actions = ({ sandbox }: E2eEnvironment) =>
		sandbox.state().desktopActions.map(({ action, params }) => [action, params]);

	it('create, upload, click, type, look, download, delete', async (environment) => {
		const execution = await run(
			environment,
			'job',
			[
				step(environment, 'desktop', 'create'),
				node('Text', 'set', 3.4, {
					mode: 'raw',
					jsonOutput: JSON.stringify({ text: TEXT }),
					options: {},
				}),
				node('File', 'convertToFile', 1.1, {
					operation: 'toText',
					sourceProperty: 'text',
					binaryPropertyName: 'data',
					options: { fileName: 'claims.txt' },
				}),
				step(environment, 'file', 'upload', { fileName: NAME, path: 'In' }),
				step(environment, 'computer', 'click', {
					x: 10,
					y: 20,
					button: 'double',
					options: { screenshotAfter: true },
				}),
				step(environment, 'computer', 'type', { text: SPECIAL }),
				step(environment, 'computer', 'key', { key: 'Ctrl+Shift+T' }),
				step(environment, 'computer', 'screenshot'),
				step(environment, 'file', 'download', { fileName: NAME, path: 'In' }),
				step(environment, 'desktop', 'delete'),
			],
			{},
		);
		expect(execution.data.resultData.error).toBeUndefined();
		const [{ desktopId }] = environment.sandbox.desktops.all();
		expect(jsonOf(execution, 'Create')).toEqual([
			expect.objectContaining({ desktop_id: desktopId, status: 'running' }),
		]);
		expect(jsonOf(execution, 'Upload')).toEqual([
			{ success: true, size: TEXT.length, filename: NAME },
		]);
		expect(actions(environment)).toEqual([
			['double_click', { coordinate: [10, 20] }],
			['screenshot', {}],
			['type', { text: SPECIAL }],
			['key', { text: 'ctrl+shift+t' }],
			['screenshot', {}],
		]);
		for (const name of ['Click', 'Screenshot']) {
			const [{ json, binary }] = itemsOf(execution, name);
			expect([json, binary?.data.mimeType, binary?.data.fileName]).toEqual([
				{ status: 'ok' },
				'image/png',
				'screenshot.png',
			]);
			const picture = await environment.client.downloadBinary(String(binary?.data.id));
			expect(picture.subarray(1, 4).toString()).toBe('PNG');
		}
		const [{ json, binary }] = itemsOf(execution, 'Download');
		expect(json).toEqual({
			fileName: NAME,
			path: 'In',
			mimeType: 'text/plain',
			fileSize: TEXT.length,
		});
		expect((await environment.client.downloadBinary(String(binary?.data.id))).toString()).toBe(
			TEXT,
		);
		expect(jsonOf(execution, 'Delete')).toEqual([
			{ desktop_id: desktopId, status: 'deleted', deleted: true },
		]);
	});

	it('a file is streamed from where n8n keeps it, whole', async (environment) => {
		const desktopId = environment.sandbox.desktops.add();
		const size = 20_000_000;
		environment.sandbox.desktops.addFile(desktopId, { name: 'big.bin', size });
		await run(
			environment,
			'big',
			[
				step(environment, 'file', 'download', { desktopId, fileName: 'big.bin' }),
				step(environment, 'file', 'upload', { desktopId, fileName: 'copy.bin' }),
			],
			{},
		);
		const [original, copy] = environment.sandbox.desktops.get(desktopId)?.files ?? [];
		expect([original.size, copy.size, copy.name]).toEqual([size, size, 'copy.bin']);
		expect(copy.sha256).toMatch(/^[0-9a-f]{64}$/);
		await run(
			environment,
			'again',
			[step(environment, 'file', 'download', { desktopId, fileName: 'copy.bin' })],
			{},
		).then(async (execution) => {
			const [{ binary }] = itemsOf(execution, 'Download');
			const bytes = await environment.client.downloadBinary(String(binary?.data.id));
			expect(createHash('sha256').update(bytes).digest('hex')).toBe(copy.sha256);
		});
	});

	it('files in the JSON of items, where this n8n can keep them there, and of a type that n8n takes for a form', async (environment) => {
		const desktopId = environment.sandbox.desktops.add();
		const contentType = 'application/x-www-form-urlencoded';
		environment.sandbox.desktops.addFile(desktopId, { name: 'a.pdf', text: TEXT, contentType });
		const steps = [
			step(environment, 'file', 'download', { desktopId, fileName: 'a.pdf' }),
			step(environment, 'file', 'upload', { desktopId, fileName: 'b.pdf' }),
		];
		const execution = await run(environment, 'combined', steps, {}, { binaryMode: 'combined' });
		expect(execution.data.resultData.error).toBeUndefined();
		const [{ json, binary }] = itemsOf(execution, 'Download');
		expect([json._files !== undefined, binary !== undefined]).toEqual(
			version.startsWith('1.') ? [false, true] : [true, false],
		);
		const [original, copy] = environment.sandbox.desktops.get(desktopId)?.files ?? [];
		expect(copy).toMatchObject({
			name: 'b.pdf',
			size: original.size,
			contentType,
			sha256: createHash('sha256').update(TEXT).digest('hex'),
		});
	});

	it('the lists of desktops and of tools', async (environment) => {
		const id = environment.sandbox.desktops.add({ name: 'Claims' });
		environment.sandbox.setDefaults({
			desktopTools: [{ name: 'printer', description: 'Prints', parameters: {} }],
		});
		const search = (more: INode['parameters'], parameter: string, method: string) =>
			environment.client.searchList(
				nenAi('NenAI', environment.credential, {
					resource: 'computer',
					operation: 'custom',
					...more,
				}),
				parameter,
				method,
			);
		expect(
			(await search({}, 'desktopId', 'searchDesktops')).map(({ name, value }) => [name, value]),
		).toEqual([[`Claims (${id}): running`, id]]);
		expect(
			(
				await search({ desktopId: { __rl: true, mode: 'list', value: id } }, 'tool', 'searchTools')
			).map(({ value }) => value),
		).toEqual(['computer', 'printer']);
		await expect(
			search({ desktopId: '={{ $json.desktop_id }}' }, 'tool', 'searchTools'),
		).rejects.toThrow(/By Name/);
	});

	it('an action whose answer is lost is not done again, by Retry On Fail or by Retry', async (environment) => {
		const desktopId = environment.sandbox.desktops.add();
		environment.sandbox.desktopFaults.add({ match: { action: 'type' }, times: 1 });
		environment.sandbox.desktopFaults.add({
			match: { action: 'type' },
			times: 1,
			connection: 'drop-after-acting',
		});
		const type = step(
			environment,
			'computer',
			'type',
			{ desktopId, text: '={{ $json["body.texts"] }}' },
			{ retryOnFail: true, maxTries: 3, waitBetweenTries: 100 },
		);
		const execution = await run(environment, 'lost', [split('body.texts'), type], {
			texts: ['a', 'b', 'c'],
		});
		expect(execution.data.resultData.error?.message).toMatch(
			/^It is not known whether NenAI completed type on desktop dsk_\w+: the connection broke \(ECONNRESET\) \[item 1\]$/,
		);
		const retried = await environment.client.waitForExecution(
			await environment.client.retryExecution(execution.id),
		);
		expect(retried.data.resultData.error?.message).toMatch(
			/^It is not known whether NenAI completed type/,
		);
		expect(environment.sandbox.desktops.get(desktopId)?.typed).toBe('ab');
	});

	it('what was refused is done by Retry, and what was done before it is not done again', async (environment) => {
		const desktopId = environment.sandbox.desktops.add();
		environment.sandbox.desktopFaults.add({ match: { action: 'type' }, times: 2 });
		environment.sandbox.desktopFaults.add({
			match: { action: 'type' },
			times: 1,
			refuse: { status: 400 },
		});
		const execution = await run(
			environment,
			'refused',
			[
				split('body.texts'),
				step(environment, 'computer', 'type', { desktopId, text: '={{ $json["body.texts"] }}' }),
			],
			{ texts: ['a', 'b', 'c'] },
		);
		expect(execution.status).toBe('error');
		const retried = await environment.client.waitForExecution(
			await environment.client.retryExecution(execution.id),
		);
		expect(jsonOf(retried, 'Type')).toHaveLength(3);
		expect(environment.sandbox.desktops.get(desktopId)?.typed).toBe('abc');
	});

	it('where a retry fails as well, Retry on the newest execution does only the rest; the original does not know what the retry has done', async (environment) => {
		const desktopId = environment.sandbox.desktops.add();
		const typed = () => environment.sandbox.desktops.get(desktopId)?.typed;
		const retry = async (id: string) =>
			await environment.client.waitForExecution(await environment.client.retryExecution(id));
		/** NenAI types so many texts, and refuses the next one. */
		const refuseAfter = (times: number) => {
			environment.sandbox.desktopFaults.add({ match: { action: 'type' }, times });
			environment.sandbox.desktopFaults.add({
				match: { action: 'type' },
				times: 1,
				refuse: { status: 400 },
			});
		};
		refuseAfter(1);
		const original = await run(
			environment,
			'retries',
			[
				split('body.texts'),
				step(environment, 'computer', 'type', { desktopId, text: '={{ $json["body.texts"] }}' }),
			],
			{ texts: ['a', 'b', 'c'] },
		);
		refuseAfter(1);
		const newest = await retry(original.id);
		expect([original.status, newest.status, typed()]).toEqual(['error', 'error', 'ab']);
		expect((await retry(newest.id)).status).toBe('success');
		expect(typed()).toBe('abc');
		// What docs/limits.md warns of.
		expect((await retry(original.id)).status).toBe('success');
		expect(typed()).toBe('abcbc');
	});

	it('an answer that cannot be read concerns its item alone, and n8n can store what is nested less deeply', async (environment) => {
		const desktopId = environment.sandbox.desktops.add();
		const nested = (depth: number) =>
			`{"status":"ok","output":${'{"a":'.repeat(depth)}"${'session '.repeat(40_000)}"${'}'.repeat(depth)}}`;
		for (const depth of [950, 20_000])
			environment.sandbox.desktopFaults.add({
				match: { action: 'type' },
				times: 1,
				wholeAnswer: { status: 200, contentType: 'application/json', body: nested(depth) },
			});
		const type = step(
			environment,
			'computer',
			'type',
			{ desktopId, text: '={{ $json["body.texts"] }}' },
			{ onError: 'continueRegularOutput' },
		);
		const execution = await run(environment, 'deep', [split('body.texts'), type], {
			texts: ['a', 'b', 'c'],
		});
		const [first, second, third] = jsonOf(execution, 'Type');
		expect(JSON.stringify(first)).toBe(nested(950));
		expect(second).toEqual({
			error: expect.stringMatching(
				/^It is not known whether NenAI completed type .*: the response is nested more than 1000 levels deep/,
			),
			uncertain: true,
		});
		expect(third).toEqual({ status: 'ok', output: 'Typed 1 characters' });
		expect(environment.sandbox.desktops.get(desktopId)?.typed).toBe('abc');
	});

	it('a deletion whose answer is lost is sent again', async (environment) => {
		const desktopId = environment.sandbox.desktops.add();
		environment.sandbox.desktopFaults.add({
			match: { method: 'DELETE' },
			times: 1,
			connection: 'drop-after-acting',
		});
		const execution = await run(
			environment,
			'delete',
			[step(environment, 'desktop', 'delete', { desktopId })],
			{},
		);
		expect(jsonOf(execution, 'Delete')).toEqual([
			{ desktop_id: desktopId, status: 'deleted', deleted: true },
		]);
	});

	it("a session's link is in the output of its operation alone", async (environment) => {
		const execution = await run(
			environment,
			'session',
			[
				step(environment, 'desktop', 'create'),
				step(environment, 'desktop', 'openSession'),
				step(environment, 'desktop', 'get'),
				step(environment, 'desktop', 'closeSession'),
				step(environment, 'desktop', 'delete'),
			],
			{},
		);
		const href = String(jsonOf(execution, 'OpenSession')[0].href);
		expect(href).toContain('/desktop-sessions/');
		expect(JSON.stringify(execution.data).split(href)).toHaveLength(2);
	});

	const agents = version.startsWith('1.') ? [3, 2.2] : [3.1, 3, 2.2];
	describe.each(agents)('as a tool of an agent of version %s', (agent) => {
		/** The example with a tool that does this, and its model, which calls the tool once. */
		const chat = async (
			environment: E2eEnvironment,
			parameters: INode['parameters'],
			args: Record<string, unknown> = {},
		): Promise<string> => {
			environment.model.play({ calls: [args] }, { text: 'So it is.' });
			const change = (example: WorkflowJson) =>
				withSettings(withAgent(chatting(example, 'Do it'), agent), TOOL, {
					type: `${nodeTypeOf(parameters)}Tool`,
					parameters: { ...parameters, descriptionType: 'auto' },
				});
			const { executionId = '' } = await environment.client.runWorkflowManually(
				await environment.importExample('ai-agent', change),
			);
			await environment.client.waitForExecution(executionId, undefined, 60_000);
			return answersToCalls(environment.model)[0];
		};

		it('the model gets no picture, neither as a picture nor as text: only that it was taken', async (environment) => {
			const desktopId = environment.sandbox.desktops.add();
			expect(
				JSON.parse(
					await chat(environment, {
						resource: 'computer',
						operation: 'screenshot',
						desktopId,
						binaryPropertyName: 'data',
					}),
				),
			).toEqual([{ status: 'ok' }]);
			expect(JSON.stringify(environment.model.requests)).not.toMatch(/image_url|iVBORw0KGgo/);
		});

		it('the model gets the answer to an action, or the failure in words', async (environment) => {
			const desktopId = environment.sandbox.desktops.add();
			const type = {
				resource: 'computer',
				operation: 'type',
				desktopId,
				text: "={{ $fromAI('text', 'What to type', 'string') }}",
				options: {},
			};
			expect(JSON.parse(await chat(environment, type, { text: 'abc' }))).toEqual([
				{ status: 'ok', output: 'Typed 3 characters' },
			]);
			expect(environment.model.requests[0].tools[0].function.description).toMatch(
				/^Types? text|desktop/i,
			);
			expect(await chat(environment, { ...type, desktopId: 'dsk_0' }, { text: 'x' })).toContain(
				'NenAI rejected type on desktop dsk_0 (HTTP 404)',
			);
			environment.sandbox.desktopFaults.next({ connection: 'drop-after-acting' });
			expect(await chat(environment, type, { text: 'd' })).toContain(
				'It is not known whether NenAI completed type',
			);
			expect(environment.sandbox.desktops.get(desktopId)?.typed).toBe('abcd');
		});
	});
});

/** Desktops in a real n8n of each version: the operations, the lists, retries, and what an agent gets of its tools. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { node } from '../n8n/build-workflow.mts';
import type { WorkflowJson } from '../n8n/client.mts';
import { N8N_VERSIONS } from '../n8n/install.mts';
import { answersToCalls, chatting, TOOL, withAgent } from './agent.mts';
import { casesOn } from './cases.mts';
import { itemsOf, jsonOf, openStage, withSettings, type Stage } from './stage.mts';
import { nenAi, run, split } from './workflows.mts';

const root = join(__dirname, '../..');
const TEXT = 'Claim 1: Jane Doe';
const NAME = 'Grüße 100%.txt';

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const on = casesOn(() => openStage({ root, version }));

	const DESKTOP = "={{ $('Create').first().json.desktop_id }}";

	/** A node of this resource, named after its operation, on the desktop that was created before. */
	const step = (
		{ credential }: Stage,
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

	const actions = ({ sandbox }: Stage) =>
		sandbox.state().desktopActions.map(({ action, params }) => [action, params]);

	on('create, upload, click, type, look, download, delete', async (stage) => {
		const execution = await run(
			stage,
			'job',
			[
				step(stage, 'desktop', 'create'),
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
				step(stage, 'file', 'upload', { fileName: NAME, path: 'In' }),
				step(stage, 'computer', 'click', {
					x: 10,
					y: 20,
					button: 'double',
					options: { screenshotAfter: true },
				}),
				step(stage, 'computer', 'type', { text: ' Jane ' }),
				step(stage, 'computer', 'screenshot'),
				step(stage, 'file', 'download', { fileName: NAME, path: 'In' }),
				step(stage, 'desktop', 'delete'),
			],
			{},
		);
		expect(execution.data.resultData.error).toBeUndefined();
		const [{ desktopId }] = stage.sandbox.desktops.all();
		expect(jsonOf(execution, 'Create')).toEqual([
			expect.objectContaining({ desktop_id: desktopId, status: 'running' }),
		]);
		expect(jsonOf(execution, 'Upload')).toEqual([
			{ success: true, size: TEXT.length, filename: NAME },
		]);
		expect(actions(stage)).toEqual([
			['double_click', { coordinate: [10, 20] }],
			['screenshot', {}],
			['type', { text: ' Jane ' }],
			['screenshot', {}],
		]);
		for (const name of ['Click', 'Screenshot']) {
			const [{ json, binary }] = itemsOf(execution, name);
			expect([json, binary?.data.mimeType, binary?.data.fileName]).toEqual([
				{ status: 'ok' },
				'image/png',
				'screenshot.png',
			]);
			const picture = await stage.client.downloadBinary(String(binary?.data.id));
			expect(picture.subarray(1, 4).toString()).toBe('PNG');
		}
		const [{ json, binary }] = itemsOf(execution, 'Download');
		expect(json).toEqual({
			fileName: NAME,
			path: 'In',
			mimeType: 'text/plain',
			fileSize: TEXT.length,
		});
		expect((await stage.client.downloadBinary(String(binary?.data.id))).toString()).toBe(TEXT);
		expect(jsonOf(execution, 'Delete')).toEqual([{ desktop_id: desktopId, status: 'deleted' }]);
	});

	on('a file is streamed from where n8n keeps it, whole', async (stage) => {
		const desktopId = stage.sandbox.desktops.add();
		const size = 20_000_000;
		stage.sandbox.desktops.addFile(desktopId, { name: 'big.bin', size });
		await run(
			stage,
			'big',
			[
				step(stage, 'file', 'download', { desktopId, fileName: 'big.bin' }),
				step(stage, 'file', 'upload', { desktopId, fileName: 'copy.bin' }),
			],
			{},
		);
		const [original, copy] = stage.sandbox.desktops.get(desktopId)?.files ?? [];
		expect([original.size, copy.size, copy.name]).toEqual([size, size, 'copy.bin']);
		expect(copy.sha256).toMatch(/^[0-9a-f]{64}$/);
		await run(
			stage,
			'again',
			[step(stage, 'file', 'download', { desktopId, fileName: 'copy.bin' })],
			{},
		).then(async (execution) => {
			const [{ binary }] = itemsOf(execution, 'Download');
			const bytes = await stage.client.downloadBinary(String(binary?.data.id));
			expect(createHash('sha256').update(bytes).digest('hex')).toBe(copy.sha256);
		});
	});

	on(
		'files in the JSON of items, where this n8n can keep them there, and of a type that n8n takes for a form',
		async (stage) => {
			const desktopId = stage.sandbox.desktops.add();
			const contentType = 'application/x-www-form-urlencoded';
			stage.sandbox.desktops.addFile(desktopId, { name: 'a.pdf', text: TEXT, contentType });
			const steps = [
				step(stage, 'file', 'download', { desktopId, fileName: 'a.pdf' }),
				step(stage, 'file', 'upload', { desktopId, fileName: 'b.pdf' }),
			];
			const execution = await run(stage, 'combined', steps, {}, { binaryMode: 'combined' });
			expect(execution.data.resultData.error).toBeUndefined();
			const [{ json, binary }] = itemsOf(execution, 'Download');
			expect([json._files !== undefined, binary !== undefined]).toEqual(
				version.startsWith('1.') ? [false, true] : [true, false],
			);
			const [original, copy] = stage.sandbox.desktops.get(desktopId)?.files ?? [];
			expect(copy).toMatchObject({
				name: 'b.pdf',
				size: original.size,
				contentType,
				sha256: createHash('sha256').update(TEXT).digest('hex'),
			});
		},
	);

	on('the lists of desktops and of tools', async (stage) => {
		const id = stage.sandbox.desktops.add({ name: 'Claims' });
		stage.sandbox.setDefaults({
			desktopTools: [{ name: 'printer', description: 'Prints', parameters: {} }],
		});
		const search = (more: INode['parameters'], parameter: string, method: string) =>
			stage.client.searchList(
				nenAi('NenAI', stage.credential, { resource: 'computer', operation: 'custom', ...more }),
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

	on(
		'an action whose answer is lost is not done again, by Retry On Fail or by Retry',
		async (stage) => {
			const desktopId = stage.sandbox.desktops.add();
			stage.sandbox.desktopFaults.add({ match: { action: 'type' }, times: 1 });
			stage.sandbox.desktopFaults.add({
				match: { action: 'type' },
				times: 1,
				connection: 'drop-after-acting',
			});
			const type = step(
				stage,
				'computer',
				'type',
				{ desktopId, text: '={{ $json["body.texts"] }}' },
				{ retryOnFail: true, maxTries: 3, waitBetweenTries: 100 },
			);
			const execution = await run(stage, 'lost', [split('body.texts'), type], {
				texts: ['a', 'b', 'c'],
			});
			expect(execution.data.resultData.error?.message).toMatch(
				/^It is not known whether NenAI completed type on desktop dsk_\w+: the connection broke \(ECONNRESET\) \[item 1\]$/,
			);
			const retried = await stage.client.waitForExecution(
				await stage.client.retryExecution(execution.id),
			);
			expect(retried.data.resultData.error?.message).toMatch(
				/^It is not known whether NenAI completed type/,
			);
			expect(stage.sandbox.desktops.get(desktopId)?.typed).toBe('ab');
		},
	);

	on(
		'what was refused is done by Retry, and what was done before it is not done again',
		async (stage) => {
			const desktopId = stage.sandbox.desktops.add();
			stage.sandbox.desktopFaults.add({ match: { action: 'type' }, times: 2 });
			stage.sandbox.desktopFaults.add({
				match: { action: 'type' },
				times: 1,
				refuse: { status: 400 },
			});
			const execution = await run(
				stage,
				'refused',
				[
					split('body.texts'),
					step(stage, 'computer', 'type', { desktopId, text: '={{ $json["body.texts"] }}' }),
				],
				{ texts: ['a', 'b', 'c'] },
			);
			expect(execution.status).toBe('error');
			const retried = await stage.client.waitForExecution(
				await stage.client.retryExecution(execution.id),
			);
			expect(jsonOf(retried, 'Type')).toHaveLength(3);
			expect(stage.sandbox.desktops.get(desktopId)?.typed).toBe('abc');
		},
	);

	on(
		'where a retry fails as well, Retry on the newest execution does only the rest; the original does not know what the retry has done',
		async (stage) => {
			const desktopId = stage.sandbox.desktops.add();
			const typed = () => stage.sandbox.desktops.get(desktopId)?.typed;
			const retry = async (id: string) =>
				await stage.client.waitForExecution(await stage.client.retryExecution(id));
			/** NenAI types so many texts, and refuses the next one. */
			const refuseAfter = (times: number) => {
				stage.sandbox.desktopFaults.add({ match: { action: 'type' }, times });
				stage.sandbox.desktopFaults.add({
					match: { action: 'type' },
					times: 1,
					refuse: { status: 400 },
				});
			};
			refuseAfter(1);
			const original = await run(
				stage,
				'retries',
				[
					split('body.texts'),
					step(stage, 'computer', 'type', { desktopId, text: '={{ $json["body.texts"] }}' }),
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
		},
	);

	on(
		'an answer that cannot be read concerns its item alone, and n8n can store what is nested less deeply',
		async (stage) => {
			const desktopId = stage.sandbox.desktops.add();
			const nested = (depth: number) =>
				`{"status":"ok","output":${'{"a":'.repeat(depth)}"${'session '.repeat(40_000)}"${'}'.repeat(depth)}}`;
			for (const depth of [950, 20_000])
				stage.sandbox.desktopFaults.add({
					match: { action: 'type' },
					times: 1,
					wholeAnswer: { status: 200, contentType: 'application/json', body: nested(depth) },
				});
			const type = step(
				stage,
				'computer',
				'type',
				{ desktopId, text: '={{ $json["body.texts"] }}' },
				{ onError: 'continueRegularOutput' },
			);
			const execution = await run(stage, 'deep', [split('body.texts'), type], {
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
			expect(stage.sandbox.desktops.get(desktopId)?.typed).toBe('abc');
		},
	);

	on('a deletion whose answer is lost is sent again', async (stage) => {
		const desktopId = stage.sandbox.desktops.add();
		stage.sandbox.desktopFaults.add({
			match: { method: 'DELETE' },
			times: 1,
			connection: 'drop-after-acting',
		});
		const execution = await run(
			stage,
			'delete',
			[step(stage, 'desktop', 'delete', { desktopId })],
			{},
		);
		expect(jsonOf(execution, 'Delete')).toEqual([{ desktop_id: desktopId, status: 'deleted' }]);
	});

	on("a session's link is in the output of its operation alone", async (stage) => {
		const execution = await run(
			stage,
			'session',
			[
				step(stage, 'desktop', 'create'),
				step(stage, 'desktop', 'openSession'),
				step(stage, 'desktop', 'get'),
				step(stage, 'desktop', 'closeSession'),
				step(stage, 'desktop', 'delete'),
			],
			{},
		);
		const href = String(jsonOf(execution, 'OpenSession')[0].href);
		expect(href).toMatch(/^https:\/\/sessions\.invalid\//);
		expect(JSON.stringify(execution.data).split(href)).toHaveLength(2);
	});

	describe.each([3, 2.2])('as a tool of an agent of version %s', (agent) => {
		/** The example with a tool that does this, and its model, which calls the tool once. */
		const chat = async (
			stage: Stage,
			parameters: INode['parameters'],
			args: Record<string, unknown> = {},
		): Promise<string> => {
			stage.model.play({ calls: [args] }, { text: 'So it is.' });
			const change = (example: WorkflowJson) =>
				withSettings(withAgent(chatting(example, 'Do it'), agent), TOOL, {
					parameters: { ...parameters, descriptionType: 'auto' },
				});
			const { executionId = '' } = await stage.client.runWorkflowManually(
				await stage.importExample('ai-agent', change),
			);
			await stage.client.waitForExecution(executionId, undefined, 60_000);
			return answersToCalls(stage.model)[0];
		};

		on(
			'the model gets no picture, neither as a picture nor as text: only that it was taken',
			async (stage) => {
				const desktopId = stage.sandbox.desktops.add();
				expect(
					JSON.parse(
						await chat(stage, {
							resource: 'computer',
							operation: 'screenshot',
							desktopId,
							binaryPropertyName: 'data',
						}),
					),
				).toEqual([{ status: 'ok' }]);
				expect(JSON.stringify(stage.model.requests)).not.toMatch(/image_url|iVBORw0KGgo/);
			},
		);

		on('the model gets the answer to an action, or the failure in words', async (stage) => {
			const desktopId = stage.sandbox.desktops.add();
			const type = {
				resource: 'computer',
				operation: 'type',
				desktopId,
				text: "={{ $fromAI('text', 'What to type', 'string') }}",
				options: {},
			};
			expect(JSON.parse(await chat(stage, type, { text: 'abc' }))).toEqual([
				{ status: 'ok', output: 'Typed 3 characters' },
			]);
			expect(stage.model.requests[0].tools[0].function.description).toMatch(
				/^Types? text|desktop/i,
			);
			expect(await chat(stage, { ...type, desktopId: 'dsk_0' }, { text: 'x' })).toContain(
				'NenAI refused type on desktop dsk_0 (HTTP 404)',
			);
			stage.sandbox.desktopFaults.next({ connection: 'drop-after-acting' });
			expect(await chat(stage, type, { text: 'd' })).toContain(
				'It is not known whether NenAI completed type',
			);
			expect(stage.sandbox.desktops.get(desktopId)?.typed).toBe('abcd');
		});
	});
});

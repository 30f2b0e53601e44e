/** Run → Get Logs. */
import { BinaryDataService } from 'n8n-core';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { mcpTestKit, CONTINUE, items, textResult, type AskOptions } from '../../mcpTestKit.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const { ask, setRunState, calls, failCalls } = mcpTestKit(() => sandbox);

test.each([
	[
		'a plain text',
		{ whole: { content: [{ type: 'text', text: 'step 1\nstep 2' }] } },
		'step 1\nstep 2',
	],
	[
		'a field of an object',
		{ form: 'json-text', data: { success: true, logs: 'step 1' } },
		'step 1',
	],
	[
		'lines in a list',
		{ form: 'structured', data: { logs: ['step 1', { step: 2 }] } },
		'step 1\n{"step":2}',
	],
	[
		'JSON that is a line of a log itself',
		textResult('{"time":"10:00","text":"clicked","amount":12.50}'),
		'{"time":"10:00","text":"clicked","amount":12.50}',
	],
	[
		'more than one thing that could be it',
		textResult('{"success":true,"output":{"a":1},"steps":["one"]}'),
		'{"success":true,"output":{"a":1},"steps":["one"]}',
	],
	[
		'a resource',
		{ whole: { content: [{ type: 'resource', resource: { uri: 'log:1', text: 'step 1' } }] } },
		'step 1',
	],
	[
		'JSON in a text in an object',
		{ whole: { content: [], structuredContent: { result: '{"success":true,"logs":"step 1"}' } } },
		'step 1',
	],
	[
		'an object of another form',
		{ form: 'structured', data: { steps: 2, done: true } },
		'{\n  "steps": 2,\n  "done": true\n}',
	],
	[
		'one level deeper, under data',
		textResult('{"success":true,"data":{"messageId":"m-1","logs":"step 1"}}'),
		'step 1',
	],
	['the text under data', textResult('{"success":true,"data":"step 1"}'), 'step 1'],
	[
		'JSON Lines',
		textResult(
			'{"timestamp":"2026-02-10T19:47:54Z","level":"INFO","message":"a"}\n{"timestamp":"2026-02-10T19:47:55Z","level":"ERROR","message":"b","error":"Exit code: 1"}',
		),
		'{"timestamp":"2026-02-10T19:47:54Z","level":"INFO","message":"a"}\n{"timestamp":"2026-02-10T19:47:55Z","level":"ERROR","message":"b","error":"Exit code: 1"}',
	],
	[
		'a single line of JSON Lines with an error in it',
		textResult(
			'{"timestamp":"2026-02-10T19:47:55Z","level":"ERROR","message":"b","error":"Exit code: 1"}',
		),
		'{"timestamp":"2026-02-10T19:47:55Z","level":"ERROR","message":"b","error":"Exit code: 1"}',
	],
	[
		'a resource in base64',
		{
			whole: {
				content: [
					{
						type: 'resource',
						resource: {
							uri: 'log:1',
							mimeType: 'text/plain',
							blob: Buffer.from('Schritt 1: Grüße').toString('base64'),
						},
					},
				],
			},
		},
		'Schritt 1: Grüße',
	],
	[
		'JSON in a resource in base64',
		{
			whole: {
				content: [
					{
						type: 'resource',
						resource: {
							uri: 'log:1',
							blob: Buffer.from('{"success":true,"logs":"step 1"}').toString('base64'),
						},
					},
				],
			},
		},
		'step 1',
	],
	[
		'base64 with line breaks, in two parts',
		{
			whole: {
				content: ['step 1', 'step 2'].map((text) => ({
					type: 'resource',
					resource: {
						uri: 'log:1',
						blob: `${Buffer.from(text).toString('base64').slice(0, 4)}\n${Buffer.from(text).toString('base64').slice(4)}`,
					},
				})),
			},
		},
		'step 1\nstep 2',
	],
	[
		'a list as structured content',
		{ whole: { content: [], structuredContent: ['step 1', { step: 2 }] } },
		'step 1\n{"step":2}',
	],
	[
		'a text as structured content',
		{ whole: { content: [], structuredContent: 'step 1' } },
		'step 1',
	],
	[
		'a picture beside the text',
		{
			whole: {
				content: [
					{ type: 'text', text: 'step 1' },
					{ type: 'image', data: 'aGk=', mimeType: 'image/png' },
				],
			},
		},
		'step 1',
	],
	[
		'a link beside the log in structured content',
		{
			whole: {
				content: [{ type: 'resource_link', uri: 'log:1' }],
				structuredContent: { logs: 'step 1' },
			},
		},
		'step 1',
	],
	[
		'a log beside an error, which is not lost',
		textResult('{"success":true,"logs":"step 1","error":"One part is missing"}'),
		'{"success":true,"logs":"step 1","error":"One part is missing"}',
	],
	['a log beside no error', textResult('{"success":true,"logs":"step 1","error":null}'), 'step 1'],
	[
		'a single line of a log, with a text and an error',
		textResult('{"text":"clicked","error":"Exit code: 1"}'),
		'{"text":"clicked","error":"Exit code: 1"}',
	],
	['a log that is empty', textResult('{"success":true,"logs":""}'), ''],
	['a log without lines', textResult('{"success":true,"logs":[]}'), ''],
	['an empty text', textResult(''), ''],
] as const)('the log as text: %s', async (_, result, logs) => {
	failCalls({ result });
	const {
		items: [{ json }],
	} = await ask('getLogs', { items: items('m-1') });
	expect(json).toEqual({ messageId: 'm-1', logs });
});

const METADATA = { success: true, messageId: 'm-1' };
const LINK = { type: 'resource_link', uri: 'log:1' };
const text = (log: string) => ({ type: 'text', text: log });
const embedded = (resource: object) => ({
	type: 'resource',
	resource: { uri: 'log:1', ...resource },
});

describe.each<[string, object]>([
	['the message ID alone', METADATA],
	['an empty log', { success: true, logs: '' }],
	['a log without lines', { logs: [] }],
	['null as the log', { success: true, logs: null }],
	['null as the log, one level deeper', { success: true, data: { messageId: 'm-1', logs: null } }],
	['an object without fields as the log', { success: true, logs: {} }],
	[
		'a message and numbers',
		{
			...METADATA,
			message: 'Logs retrieved',
			lineCount: 2,
			truncated: false,
			createdAt: '2026-02-10T19:47:54Z',
		},
	],
	['an empty list', []],
	['null in an object', { result: null }],
])(
	'structured content that holds no log (%s) does not hide the one beside it',
	(_, structuredContent) => {
		test.each([
			['a text', [text('step 1')], 'step 1'],
			['JSON in a text', [text('{"success":true,"logs":"step 1"}')], 'step 1'],
			[
				'a line of a log as JSON',
				[text('{"time":"10:00","text":"clicked"}')],
				'{"time":"10:00","text":"clicked"}',
			],
			['an embedded text', [embedded({ text: 'step 1' })], 'step 1'],
			[
				'an embedded text in base64',
				[embedded({ blob: Buffer.from('Grüße').toString('base64') })],
				'Grüße',
			],
			[
				'the metadata as a text, and the log',
				[text(JSON.stringify(METADATA)), text('step 1'), text('step 2')],
				'step 1\nstep 2',
			],
		])('as %s', async (__, content, logs) => {
			failCalls({ result: { whole: { content, structuredContent } } });
			const {
				items: [item],
				error,
			} = await ask('getLogs', { items: items('m-1') });
			expect(error).toBeUndefined();
			expect(item.json).toEqual({ messageId: 'm-1', logs });
		});

		test('as a link: the error names it', async () => {
			failCalls({ result: { whole: { content: [LINK], structuredContent } } });
			const { items: found, error } = await ask('getLogs', { items: items('m-1') });
			expect(found).toEqual([]);
			expect(error?.message).toMatch(/it contains a link, log:1, which this node does not follow/);
		});

		test('as a failure in a text', async () => {
			failCalls({
				result: {
					whole: { content: [text('{"error":"The log has expired"}')], structuredContent },
				},
			});
			const { items: found, error } = await ask('getLogs', { items: items('m-1') });
			expect(found).toEqual([]);
			expect(error?.message).toMatch(/could not answer .*: The log has expired/);
		});
	},
);

test.each([
	[
		'the metadata and the log as texts',
		{ whole: { content: [text(JSON.stringify(METADATA)), text('step 1')] } },
		'step 1',
	],
	[
		'the metadata and the log as an embedded text',
		{
			whole: {
				content: [
					text(JSON.stringify(METADATA)),
					embedded({ text: '{"level":"INFO"}\n{"level":"ERROR"}' }),
				],
			},
		},
		'{"level":"INFO"}\n{"level":"ERROR"}',
	],
	[
		'a log beside another field that is null',
		textResult('{"success":true,"logs":"step 1","nextToken":null}'),
		'step 1',
	],
	[
		'a log one level deeper, beside null',
		textResult('{"success":true,"logs":null,"data":{"logs":"step 1"}}'),
		'step 1',
	],
	[
		'an empty log as structured content, with nothing beside it',
		{ whole: { content: [], structuredContent: { logs: '' } } },
		'',
	],
	[
		'a log as structured content, beside another text',
		{
			whole: {
				content: [text('Here is the log.')],
				structuredContent: { ...METADATA, logs: 'step 1' },
			},
		},
		'step 1',
	],
])('the log, and only the log: %s', async (_, result, logs) => {
	failCalls({ result });
	const {
		items: [item],
		error,
	} = await ask('getLogs', { items: items('m-1') });
	expect(error).toBeUndefined();
	expect(item.json).toEqual({ messageId: 'm-1', logs });
});

test('the log as a file', async () => {
	setRunState('m/ü 1', 'completed', { logs: 'Grüße\nstep 2' });
	const {
		items: [{ json, binary }],
	} = await ask('getLogs', {
		items: items('m/ü 1'),
		parameters: { output: 'file', binaryPropertyName: 'log' },
	});
	expect(json).toEqual({ messageId: 'm/ü 1' });
	expect(binary?.log).toMatchObject({ fileName: 'm___1.log', mimeType: 'text/plain' });
	expect(Buffer.from(binary?.log.data ?? '', 'base64').toString()).toBe('Grüße\nstep 2');
});

describe.each(['text', 'file'])(
	'what is no log is an error, not an empty one (as a %s)',
	(output) => {
		test.each([
			['no content', { whole: { content: [] } }, /has an unexpected form \(it contains nothing\)/],
			['no field of the protocol', { whole: {} }, /it contains nothing/],
			['content that is null', { whole: { content: null } }, /it contains nothing/],
			['an empty object', { whole: { content: [], structuredContent: {} } }, /it contains nothing/],
			[
				'null in an object',
				{ whole: { content: [], structuredContent: { result: null } } },
				/it contains nothing/,
			],
			[
				'a link',
				{
					whole: {
						content: [
							{ type: 'resource_link', name: 'run.log', uri: 'nenai://logs/m-1?token=secret' },
						],
					},
				},
				/\(it contains a link, nenai:\/\/logs\/m-1\?…, which this node does not follow\)/,
			],
			[
				'a link behind a remark',
				{
					whole: {
						content: [
							{ type: 'text', text: 'Here is the log.' },
							{ type: 'resource_link', uri: 'log:1' },
						],
					},
				},
				/it contains a link, log:1, .*: Here is the log/,
			],
			[
				'a link without an address',
				{ whole: { content: [{ type: 'resource_link' }] } },
				/it contains a link,/,
			],
			[
				'a resource without content',
				{ whole: { content: [{ type: 'resource', resource: { uri: 'log:1' } }] } },
				/it contains a resource, log:1, that is empty or not text/,
			],
			[
				'base64 that is not valid',
				{
					whole: { content: [{ type: 'resource', resource: { uri: 'log:1', blob: 'c3Rl$A==' } }] },
				},
				/it contains a resource, log:1, that is empty or not text/,
			],
			[
				'base64 that is cut off',
				{ whole: { content: [{ type: 'resource', resource: { uri: 'log:1', blob: 'c3Rlc' } }] } },
				/a resource, log:1/,
			],
			[
				'a resource that is not text',
				{
					whole: {
						content: [
							{
								type: 'resource',
								resource: { uri: 'log:1', mimeType: 'application/gzip', blob: 'H4sIAAAAAAAAA/8=' },
							},
						],
					},
				},
				/it contains a resource, log:1, that is empty or not text/,
			],
			[
				'a picture',
				{ whole: { content: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] } },
				/it contains a part of the type image/,
			],
			[
				'a part of another type',
				{ whole: { content: [{ type: 'hologram' }, 7] } },
				/it contains a part of the type hologram/,
			],
			[
				'an empty log and an error',
				textResult('{"success":true,"logs":"","error":"The log has expired"}'),
				/could not answer .*: The log has expired/,
			],
			[
				'an error in place of the log',
				textResult('{"success":true,"error":"The log has expired"}'),
				/could not answer .*: The log has expired/,
			],
			[
				'an error in place of the log, beside the run',
				textResult('{"success":true,"messageId":"m-1","error":"The log has expired"}'),
				/could not answer .*: The log has expired/,
			],
			[
				'a failure one level deeper',
				textResult('{"success":true,"data":{"success":false,"error":"The log has expired"}}'),
				/could not answer .*: The log has expired/,
			],
			[
				'an error one level deeper',
				textResult('{"success":true,"data":{"error":"no such run"}}'),
				/could not answer .*: no such run/,
			],
			[
				'an error one level deeper, as structured content',
				{
					whole: {
						content: [],
						structuredContent: { success: true, data: { error: 'no such run' } },
					},
				},
				/could not answer .*: no such run/,
			],
			[
				'a list of errors one level deeper',
				textResult('{"success":true,"data":{"errors":["no such run"]}}'),
				/could not answer .*: .*no such run/,
			],
			[
				'a state and an error',
				textResult('{"status":"error","error":"no such run"}'),
				/could not answer .*: no such run/,
			],
			['null as the log', textResult('{"logs":null}'), /it contains no log/],
			[
				'null as the log, as structured content',
				{ whole: { content: [], structuredContent: { success: true, logs: null } } },
				/it contains no log/,
			],
			[
				'null as the log, beside when the run ended',
				textResult('{"success":true,"logs":null,"createdAt":"2026-02-10T19:47:54Z"}'),
				/it contains no log/,
			],
			[
				'null as the log, one level deeper',
				textResult('{"success":true,"data":{"logs":null}}'),
				/it contains no log/,
			],
			['null as data', textResult('{"success":true,"data":null}'), /it contains no log/],
			['metadata alone', textResult('{"success":true,"messageId":"m-1"}'), /it contains no log/],
			[
				'metadata alone, as structured content',
				{
					whole: {
						content: [text('{"success":true,"messageId":"m-1"}')],
						structuredContent: METADATA,
					},
				},
				/it contains no log/,
			],
			[
				'metadata one level deeper',
				textResult('{"success":true,"data":{"messageId":"m-1","lines":0}}'),
				/it contains no log/,
			],
			[
				'a message that there is none',
				textResult('{"success":true,"message":"No log yet"}'),
				/it contains no log\): No log yet/,
			],
			['success alone', textResult('{"success":true}'), /it contains no log/],
			['an empty object in a text', textResult('{}'), /it contains no log/],
			['null in a text', textResult('null'), /it contains no log/],
			[
				'metadata and a link',
				{ whole: { content: [text('{"success":true,"messageId":"m-1"}'), LINK] } },
				/it contains a link, log:1,/,
			],
			[
				'an empty log and a link',
				{ whole: { content: [text('{"success":true,"logs":""}'), LINK] } },
				/it contains a link, log:1,/,
			],
			[
				'an error as an object',
				textResult('{"error":{"code":7,"message":"The log has expired"}}'),
				/could not answer .*: The log has expired/,
			],
		] as const)('%s', async (_, result, message) => {
			failCalls({ result });
			const {
				items: [item],
				error,
			} = await ask('getLogs', { items: items('m-1'), parameters: { output } });
			expect(item).toBeUndefined();
			expect(error?.message).toMatch(message);
			expect(error?.stored).not.toContain('token=secret');
		});
	},
);

test('with the oldest name of the tool', async () => {
	setRunState('m-1', 'completed', { logs: 'step 1' });
	sandbox.setDefaults({ mcpTools: ['nen_status', 'nen_logs'] });
	const {
		items: [{ json }],
	} = await ask('getLogs', { items: items('m-1') });
	expect(json).toEqual({ messageId: 'm-1', logs: 'step 1' });
});

test('the log of the recorded form, from the tool to the file, byte for byte', async () => {
	const logs = Array.from({ length: 200 }, (_, n) =>
		JSON.stringify({
			timestamp: `2026-02-10T19:47:${n}Z`,
			level: 'INFO',
			logger: 'nen',
			message: `Schritt ${n}: „ü“`,
			event_type: 'step',
		}),
	).join('\n');
	setRunState('m-1', 'completed', { logs });
	const {
		items: [{ binary }],
	} = await ask('getLogs', { items: items('m-1'), parameters: { output: 'file' } });
	expect(Buffer.from(binary?.data.data ?? '', 'base64').toString()).toBe(logs);
});

describe('a file is stored as soon as its log is there', () => {
	afterEach(() => jest.restoreAllMocks());
	const toFiles = async (options: AskOptions = {}) =>
		await ask('getLogs', {
			items: items('m-1', 'm-2', 'm-3'),
			parameters: { output: 'file' },
			...options,
		});
	beforeEach(() => {
		for (const id of ['m-1', 'm-2', 'm-3']) setRunState(id, 'completed', { logs: `log of ${id}` });
	});

	test('and not held until all are asked for', async () => {
		const askedBefore: number[] = [];
		const { store } = BinaryDataService.prototype;
		jest.spyOn(BinaryDataService.prototype, 'store').mockImplementation(async function (
			this: BinaryDataService,
			...given
		) {
			askedBefore.push(calls().length);
			return await store.apply(this, given);
		});
		const { items: found } = await toFiles({ options: { maxConcurrency: 1 } });
		expect(askedBefore).toEqual([1, 2, 3]);
		expect(
			found.map(({ json, binary, pairedItem }) => [
				json,
				Buffer.from(binary?.data.data ?? '', 'base64').toString(),
				pairedItem,
			]),
		).toEqual(
			['m-1', 'm-2', 'm-3'].map((messageId, item) => [
				{ messageId },
				`log of ${messageId}`,
				{ item },
			]),
		);
	});

	test('where it cannot be stored, that is the failure of its item alone, and the log is not asked for again', async () => {
		jest
			.spyOn(BinaryDataService.prototype, 'store')
			.mockRejectedValueOnce(new Error('ENOSPC: no space left on device'));
		const { items: found } = await toFiles({ options: { maxConcurrency: 1 }, settings: CONTINUE });
		expect(found.map(({ json }) => json)).toEqual([
			{
				messageId: 'm-1',
				error: expect.stringMatching(
					/^The log could not be stored: ENOSPC: no space left on device \[item 0\]\. Check n8n's binary data settings/,
				),
			},
			{ messageId: 'm-2' },
			{ messageId: 'm-3' },
		]);
		expect(calls()).toHaveLength(3);
	});
});

/** Run → Get Many. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { mcpTestKit, textResult } from '../../mcpTestKit.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const { ask, setRunState, calls, failCalls } = mcpTestKit(() => sandbox);

test('the runs of a workflow, an item for each, linked to the item that asked', async () => {
	for (const id of ['m-1', 'm-2', 'm-3']) setRunState(id, 'completed');
	setRunState('m-4', 'running', { workflowId: 'w-2' });
	const { items: found } = await ask('getMany', {
		items: [{ w: 'w-1' }, { w: 'w-2' }],
		parameters: { workflowId: '={{ $json.w }}', limit: 2 },
	});
	expect(found.map(({ json, pairedItem }) => [json.workflowId, json.status, pairedItem])).toEqual([
		['w-1', 'completed', { item: 0 }],
		['w-1', 'completed', { item: 0 }],
		['w-2', 'running', { item: 1 }],
	]);
	expect(calls().map(({ arguments: given }) => given)).toContainEqual({
		workflowId: 'w-1',
		limit: 2,
	});
});

test('the limit is 50, and holds where NenAI gives more', async () => {
	failCalls({
		result: {
			form: 'json-text',
			data: {
				success: true,
				runs: Array.from({ length: 60 }, (_, n) => ({ messageId: `m-${n}` })),
			},
		},
	});
	const { items: found } = await ask('getMany', {
		parameters: { workflowId: { __rl: true, mode: 'id', value: 'w-1' } },
	});
	expect(found).toHaveLength(50);
	expect(calls()[0].arguments).toEqual({ workflowId: 'w-1', limit: 50 });
});

test.each([
	[
		'one entry in one text',
		textResult('{"messageId":"m-1","status":"completed","steps":[{"id":1}]}'),
		['m-1'],
	],
	['null in place of a list', textResult('{"success":true,"runs":null}'), []],
	[
		'the recorded form',
		textResult(
			'{"success":true,"workflowId":"w-1","runs":[{"messageId":"m-1","status":"completed","createdAt":"2026-02-10T19:47:54.424Z","updatedAt":"2026-02-10T19:49:40Z"}],"count":1,"totalCount":3}',
		),
		['m-1'],
	],
	[
		'the recorded form without runs',
		textResult('{"success":true,"workflowId":"w-1","runs":[],"count":0,"totalCount":0}'),
		[],
	],
	[
		'one level deeper, under data',
		textResult(
			'{"success":true,"data":{"workflowId":"w-1","runs":[{"messageId":"m-1"}],"count":1}}',
		),
		['m-1'],
	],
	['null one level deeper', textResult('{"success":true,"data":{"runs":null}}'), []],
	['the list under data', textResult('{"success":true,"data":[{"messageId":"m-1"}]}'), ['m-1']],
	[
		'one entry under data',
		textResult('{"success":true,"data":{"messageId":"m-1","status":"completed"}}'),
		['m-1'],
	],
	[
		'a list as structured content',
		{ whole: { content: [], structuredContent: [{ messageId: 'm-1' }, { messageId: 'm-2' }] } },
		['m-1', 'm-2'],
	],
	['an empty list as structured content', { whole: { content: [], structuredContent: [] } }, []],
	[
		'a list as structured content, without content',
		{ whole: { structuredContent: [{ messageId: 'm-1' }] } },
		['m-1'],
	],
	[
		'JSON in a resource in base64',
		{
			whole: {
				content: [
					{
						type: 'resource',
						resource: {
							uri: 'runs:1',
							blob: Buffer.from('{"runs":[{"messageId":"m-1"}]}').toString('base64'),
						},
					},
				],
			},
		},
		['m-1'],
	],
	[
		'a link beside the list',
		{
			whole: {
				content: [
					{ type: 'text', text: '{"runs":[{"messageId":"m-1"}]}' },
					{ type: 'resource_link', uri: 'runs:1' },
				],
			},
		},
		['m-1'],
	],
	[
		'an empty list as structured content, and the list in a text',
		{
			whole: {
				content: [{ type: 'text', text: '{"success":true,"runs":[{"messageId":"m-1"}]}' }],
				structuredContent: [],
			},
		},
		['m-1'],
	],
	[
		'metadata as structured content, and the list in a text',
		{
			whole: {
				content: [{ type: 'text', text: '[{"messageId":"m-1"}]' }],
				structuredContent: { success: true, workflowId: 'w-1' },
			},
		},
		['m-1'],
	],
	[
		'null as structured content, a count, and the list in a text',
		{
			whole: {
				content: [{ type: 'text', text: '{"runs":[{"messageId":"m-1"}]}' }],
				structuredContent: { runs: null, count: 1 },
			},
		},
		['m-1'],
	],
	[
		'null, and the list one level deeper',
		textResult('{"success":true,"runs":null,"data":{"runs":[{"messageId":"m-1"}]}}'),
		['m-1'],
	],
	[
		'an empty list as structured content, and a remark',
		{
			whole: {
				content: [{ type: 'text', text: 'There are no runs.' }],
				structuredContent: { runs: [] },
			},
		},
		[],
	],
	['an empty list under data', textResult('{"success":true,"data":[]}'), []],
	[
		'an only list of runs under a name of its own',
		textResult('{"success":true,"recentRuns":[{"messageId":"m-1"}]}'),
		['m-1'],
	],
	[
		'an only list under another name',
		textResult('{"success":true,"items":[{"messageId":"m-1"}]}'),
		['m-1'],
	],
])('the list of runs in a form of its own: %s', async (_, result, ids) => {
	failCalls({ result });
	const { items: found, error } = await ask('getMany', { parameters: { workflowId: 'w-1' } });
	expect(error).toBeUndefined();
	expect(found.map(({ json }) => json.messageId)).toEqual(ids);
});

test('a list of runs whose IDs are named as in callbacks', async () => {
	failCalls({ result: textResult('[{"message_id":"m-1"}]') });
	const { items: found } = await ask('getMany', { parameters: { workflowId: 'w-1' } });
	expect(found.map(({ json }) => json)).toEqual([{ message_id: 'm-1' }]);
});

test('a list of warnings is not the list that was asked for', async () => {
	failCalls({ result: textResult('{"success":true,"warnings":[]}') });
	const { error } = await ask('getMany', { parameters: { workflowId: 'w-1' } });
	expect(error?.message).toMatch(/it contains no list/);
});

test('a workflow without runs gives no item', async () => {
	const { items: found, error } = await ask('getMany', { parameters: { workflowId: 'w-9' } });
	expect([found, error]).toEqual([[], undefined]);
});

test.each([
	[0, /^Limit \(limit\) must be a whole number of at least 1, but is the number 0/],
	[-5, /^Limit \(limit\) must be a whole number of at least 1, but is the number -5/],
	[1.5, /^Limit \(limit\) must be a whole number of at least 1, but is the number 1\.5/],
	['={{ "0" }}', /^Limit \(limit\) must be a whole number of at least 1, but is the text "0"/],
])('the limit %s is an error that names it, and nothing is asked', async (limit, message) => {
	const { error } = await ask('getMany', { parameters: { workflowId: 'w-1', limit } });
	expect(error?.message).toMatch(message);
	expect(calls()).toEqual([]);
});

describe.each(['run', 'workflow'])(
	'what is no list is an error, not an empty one (%s)',
	(resource) => {
		const list = resource === 'run' ? 'runs' : 'workflows';
		test.each([
			['no content', { whole: { content: [] } }, /\(it contains nothing\)/],
			['no field of the protocol', { whole: {} }, /it contains nothing/],
			['an empty text', textResult(''), /it contains no list/],
			['an empty object', { whole: { content: [], structuredContent: {} } }, /it contains nothing/],
			['an empty object in a text', textResult('{}'), /it contains no list/],
			['success alone', textResult('{"success":true}'), /it contains no list/],
			['null', textResult('null'), /it contains no list/],
			['a number of entries', textResult('{"success":true,"count":3}'), /it contains no list/],
			[
				'a text in place of the list',
				textResult(`{"success":true,"${list}":"none"}`),
				/it contains no list/,
			],
			['a list of texts', textResult(`{"success":true,"${list}":["m-1"]}`), /it contains no list/],
			['data that is null', textResult('{"success":true,"data":null}'), /it contains no list/],
			[
				'a link',
				{ whole: { content: [{ type: 'resource_link', uri: 'list:1' }] } },
				/it contains a link, list:1,/,
			],
			[
				'a picture',
				{ whole: { content: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] } },
				/it contains a part of the type image/,
			],
			[
				'an empty list and an error',
				textResult(`{"success":true,"${list}":[],"error":"The deployment is gone"}`),
				/could not answer .*: The deployment is gone/,
			],
			[
				'no list and an error',
				textResult(`{"success":true,"${list}":null,"error":"The deployment is gone"}`),
				/could not answer .*: The deployment is gone/,
			],
			[
				'an empty list and an error, one level deeper',
				textResult(`{"success":true,"data":{"${list}":[],"error":"The deployment is gone"}}`),
				/could not answer .*: The deployment is gone/,
			],
			[
				'an empty list one level deeper, and an error beside it',
				textResult(`{"success":true,"error":"The deployment is gone","data":{"${list}":[]}}`),
				/could not answer .*: The deployment is gone/,
			],
			[
				'an empty list and an error as an object',
				textResult(
					`{"success":true,"${list}":[],"error":{"code":7,"message":"The deployment is gone"}}`,
				),
				/could not answer .*: The deployment is gone/,
			],
			[
				'an empty list and a list of errors',
				textResult(`{"success":true,"${list}":[],"errors":["The deployment is gone"]}`),
				/could not answer .*: .*The deployment is gone/,
			],
			[
				'an empty list and an error as a list',
				textResult(`{"success":true,"${list}":[],"error":["no access"]}`),
				/could not answer .*: .*no access/,
			],
			[
				'an empty list and an error that is true, with a message',
				textResult(`{"${list}":[],"error":true,"message":"no access"}`),
				/could not answer .*: no access/,
			],
			[
				'an empty list and errors as an object',
				textResult(`{"success":true,"${list}":[],"errors":{"deployment":"no access"}}`),
				/could not answer .*: .*no access/,
			],
			[
				'an empty list and errors as a text',
				textResult(`{"success":true,"${list}":[],"errors":"no access"}`),
				/could not answer .*: .*no access/,
			],
			[
				'an empty list and errors as a text, one level deeper',
				textResult(`{"success":true,"data":{"${list}":[],"errors":"no access"}}`),
				/could not answer .*: .*no access/,
			],
			[
				'an empty list and a status that is an error',
				textResult(`{"status":"error","${list}":[],"message":"no access"}`),
				/could not answer .*: no access/,
			],
			[
				'a success that is "False"',
				textResult(`{"success":"False","${list}":[],"message":"no access"}`),
				/could not answer .*: no access/,
			],
			[
				'a success that is "FALSE", one level deeper',
				textResult(
					`{"success":true,"data":{"success":" FALSE ","${list}":[],"error":"no access"}}`,
				),
				/could not answer .*: no access/,
			],
			[
				'an error alone, one level deeper',
				textResult('{"success":true,"data":{"error":"no access"}}'),
				/could not answer .*: no access/,
			],
			[
				'an error alone as a list',
				textResult('{"error":["no access"]}'),
				/could not answer .*: .*no access/,
			],
			[
				'null, and a count',
				textResult(`{"success":true,"${list}":null,"count":10}`),
				/it gives a number of entries, but no list/,
			],
			[
				'an empty list, and a count',
				textResult(`{"success":true,"${list}":[],"count":10}`),
				/it gives a number of entries, but no list/,
			],
			[
				'an empty list, and a count as a text',
				textResult(`{"success":true,"${list}":[],"count":"10"}`),
				/it gives a number of entries, but no list/,
			],
			[
				'an empty list, and a total count',
				textResult(`{"success":true,"${list}":[],"count":0,"totalCount":3}`),
				/it gives a number of entries, but no list/,
			],
			[
				'null and a count, one level deeper',
				textResult(`{"success":true,"data":{"${list}":null,"count":10}}`),
				/it gives a number of entries, but no list/,
			],
			[
				'null one level deeper, and a count',
				textResult(`{"success":true,"count":10,"data":{"${list}":null}}`),
				/it gives a number of entries, but no list/,
			],
			[
				'an empty list of another name',
				textResult('{"success":true,"tags":[]}'),
				/it contains no list/,
			],
			[
				'an only list of something else',
				textResult('{"success":true,"availableDeployments":[{"deploymentId":"d-1"}]}'),
				/it contains no list/,
			],
			[
				'an only list of something else, with IDs',
				textResult('{"success":true,"availableDeployments":[{"id":"d-1","name":"staging"}]}'),
				/it contains no list/,
			],
			[
				'an only list of something else, one level deeper',
				textResult('{"success":true,"data":{"availableDeployments":[{"deploymentId":"d-1"}]}}'),
				/it contains no list/,
			],
			['a list of something else', textResult('[{"deploymentId":"d-1"}]'), /it contains no list/],
			[
				'a list of something else as structured content',
				{ whole: { content: [], structuredContent: [{ deploymentId: 'd-1' }] } },
				/it contains no list/,
			],
			[
				'two texts, one of them a failure',
				textResult('{"success":false,"error":"no access"}', '{"deploymentId":"d-1"}'),
				/could not answer .*: no access/,
			],
			[
				'the ID of the request',
				textResult('{"success":true,"id":"request-1"}'),
				/it contains no list/,
			],
			[
				'an empty list, and a failure in the text',
				{
					whole: {
						content: [{ type: 'text', text: '{"error":"no access"}' }],
						structuredContent: [],
					},
				},
				/could not answer .*: no access/,
			],
			[
				'JSON that is nested too deeply',
				textResult(`{"success":true,"${list}":${'['.repeat(1500)}${']'.repeat(1500)}}`),
				/it is nested more than 1000 levels deep/,
			],
			[
				'a failure one level deeper',
				textResult('{"success":true,"data":{"success":false,"error":"The deployment is gone"}}'),
				/could not answer .*: The deployment is gone/,
			],
		] as const)('%s', async (_, result, message) => {
			failCalls({ result });
			const { items: found, error } = await ask(
				'getMany',
				{ parameters: resource === 'run' ? { workflowId: 'w-1' } : {} },
				resource,
			);
			expect(found).toEqual([]);
			expect(error?.message).toMatch(message);
		});
	},
);

test.each([
	['null as the error', '{"success":true,"runs":[],"error":null}'],
	['an empty text as the error', '{"success":true,"runs":[],"error":""}'],
	['no errors in their list', '{"success":true,"runs":[],"errors":[]}'],
	['a message', '{"success":true,"runs":[],"message":"No runs yet"}'],
])('an empty list stays one beside %s', async (_, json) => {
	failCalls({ result: textResult(json) });
	const { items: found, error } = await ask('getMany', { parameters: { workflowId: 'w-1' } });
	expect([found, error]).toEqual([[], undefined]);
});

test('an error beside entries is no failure: the entries came', async () => {
	failCalls({
		result: textResult(
			'{"success":true,"runs":[{"messageId":"m-1"}],"error":"One page is missing"}',
		),
	});
	const { items: found } = await ask('getMany', { parameters: { workflowId: 'w-1' } });
	expect(found.map(({ json }) => json)).toEqual([{ messageId: 'm-1' }]);
});

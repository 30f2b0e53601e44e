import { request } from 'undici';
import { withSandbox } from './cases.mts';
import type { Sandbox } from './index.mts';
import { post, postRun, startFastSandbox } from './support.mts';

const id = '12345678-1234-1234-1234-123456789abc';
let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), startFastSandbox);

test('accepts a run and says so as documented', async () => {
	const answer = await postRun(sandbox, {
		workflow_id: id,
		workflow_params: { PATIENT_NAME: 'Jane Doe' },
	});
	expect(answer.status).toBe(202);
	expect(JSON.parse(answer.body)).toEqual({
		message: 'Job accepted for processing.',
		messageId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
		workflowId: id,
	});
	expect(sandbox.state().runs).toEqual([
		expect.objectContaining({
			messageId: JSON.parse(answer.body).messageId,
			workflowId: id,
			params: { PATIENT_NAME: 'Jane Doe' },
			callbackUrl: null,
		}),
	]);
});

test('the same request twice starts two runs', async () => {
	const [first, second] = [
		await postRun(sandbox, { workflow_id: id }),
		await postRun(sandbox, { workflow_id: id }),
	];
	expect(JSON.parse(first.body).messageId).not.toBe(JSON.parse(second.body).messageId);
	expect(sandbox.state().counts.runsStarted).toBe(2);
});

describe('the key', () => {
	const unauthorized = { error: 'Unauthorized', message: 'Invalid API key' };

	test.each([
		['missing', {}],
		['wrong', { 'x-api-key': 'other' }],
	])('%s: 401 before anything else is looked at', async (_case, headers) => {
		const answer = await post(`${sandbox.url}/runs`, 'not json', {
			...headers,
			'content-type': 'text/plain',
		});
		expect(answer.status).toBe(401);
		expect(JSON.parse(answer.body)).toEqual(unauthorized);
		expect(sandbox.state().counts.runsStarted).toBe(0);
	});

	test('can be refused as a gateway does', async () => {
		sandbox.setDefaults({ refusedKeyStatus: 403 });
		const answer = await post(`${sandbox.url}/runs`, { workflow_id: id });
		expect([answer.status, answer.body]).toEqual([403, '{"message":"Forbidden"}']);
	});

	test('can change', async () => {
		const before = sandbox.apiKey;
		sandbox.setDefaults({ apiKey: 'a-newer-key' });
		expect(
			(await post(`${sandbox.url}/runs`, { workflow_id: id }, { 'x-api-key': before })).status,
		).toBe(401);
		expect((await postRun(sandbox, { workflow_id: id })).status).toBe(202);
	});

	test.each([{}, { 'x-api-key': 'right' }])(
		'does not matter where there is no endpoint: %j',
		async (headers) => {
			sandbox.setDefaults({ apiKey: 'right' });
			for (const path of ['/', '/runs', '/workflows']) {
				const answer = await request(sandbox.url + path, { headers });
				expect([answer.statusCode, await answer.body.text()]).toEqual([
					404,
					'{"message":"Not Found"}',
				]);
			}
		},
	);
});

describe('the form of the body', () => {
	test.each([
		['no workflow_id', {}, 'Missing required field: workflow_id'],
		['empty workflow_id', { workflow_id: '' }, 'workflow_id must not be empty'],
		[
			'workflow_id of a wrong type',
			{ workflow_id: 7 },
			'Invalid type for workflow_id: expected string',
		],
		['unknown field', { workflow_id: id, workflowParams: {} }, 'Unknown field: workflowParams'],
		[
			'parameters as text',
			{ workflow_id: id, workflow_params: '{}' },
			'Invalid type for workflow_params: expected object',
		],
		[
			'parameters as a list',
			{ workflow_id: id, workflow_params: [] },
			'Invalid type for workflow_params: expected object',
		],
		[
			'no callback as null',
			{ workflow_id: id, webhook_callback: null },
			'Invalid type for webhook_callback: expected string',
		],
		['a list', [{ workflow_id: id }], 'Invalid type for body: expected object'],
		['not JSON', '{"workflow_id":', 'The body is not valid JSON'],
		['nothing', '', 'The body is not valid JSON'],
		...[
			'',
			'callback',
			'/callback',
			'//host/callback',
			'ftp://host/callback',
			'http:///callback',
			'http://a b/',
		].map((url): [string, unknown, string] => [
			`callback "${url}"`,
			{ workflow_id: id, webhook_callback: url },
			'webhook_callback must be an absolute http(s) URL',
		]),
	])('%s: 400', async (_case, body, message) => {
		const answer = await postRun(sandbox, body);
		expect([answer.status, JSON.parse(answer.body)]).toEqual([
			400,
			{ error: 'Invalid request', message },
		]);
		expect(sandbox.state().counts.runsStarted).toBe(0);
	});

	test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])(
		'%s: 415',
		async (type) => {
			const headers = { 'x-api-key': sandbox.apiKey, 'content-type': type };
			expect((await post(`${sandbox.url}/runs`, { workflow_id: id }, headers)).status).toBe(415);
			expect(sandbox.state().counts.runsStarted).toBe(0);
		},
	);

	test('secure parameters need what the key alone does not give', async () => {
		const answer = await postRun(sandbox, {
			workflow_id: id,
			secure_workflow_params: { PIN: '1' },
		});
		expect([answer.status, JSON.parse(answer.body)]).toEqual([
			403,
			{ error: 'hmac_required_for_secure_params', message: expect.any(String) },
		]);
	});
});

describe('declared workflows', () => {
	beforeEach(() =>
		sandbox.setDefaults({
			workflows: {
				[id]: {
					NAME: { type: 'string', required: true },
					age: { type: 'number' },
					tags: { type: 'array' },
					more: { type: 'object' },
				},
			},
		}),
	);

	test('accept what they declare', async () => {
		const workflow_params = { NAME: 'B', age: 1.5, tags: [], more: {} };
		expect((await postRun(sandbox, { workflow_id: id, workflow_params })).status).toBe(202);
	});

	test('are the only ones', async () => {
		const answer = await postRun(sandbox, { workflow_id: 'toString' });
		expect([answer.status, JSON.parse(answer.body)]).toEqual([
			404,
			{ error: 'Workflow not found', message: 'No workflow with id toString' },
		]);
	});

	test.each([
		['unknown', { NAME: 'B', city: 'X' }, 'Unknown workflow parameter: city'],
		['other case', { NAME: 'B', Age: 1 }, 'Unknown workflow parameter: Age'],
		['missing', { age: 1 }, 'Missing workflow parameter: NAME'],
		['none at all', undefined, 'Missing workflow parameter: NAME'],
		[
			'number as text',
			{ NAME: 'B', age: '1' },
			'Workflow parameter age must be of type number, not string',
		],
		['null', { NAME: null }, 'Workflow parameter NAME must be of type string, not null'],
		[
			'list for an object',
			{ NAME: 'B', more: [] },
			'Workflow parameter more must be of type object, not array',
		],
	])('parameter %s: 422', async (_case, workflow_params, message) => {
		const answer = await postRun(sandbox, { workflow_id: id, workflow_params });
		expect([answer.status, JSON.parse(answer.body)]).toEqual([
			422,
			{ error: 'Invalid workflow parameters', message },
		]);
		expect(sandbox.state().counts.runsStarted).toBe(0);
	});
});

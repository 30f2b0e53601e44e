import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import { startSandbox, type Answer, type Fault, type Sandbox } from '../../../sandbox/index.mts';
import { Credentials, execute, type ExecuteOptions } from '../../engine.mts';

const WORKFLOW = '12345678-1234-1234-1234-123456789abc';
const CALLBACK = 'http://127.0.0.1:1/callback';
let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const credentials = (more: IDataObject = {}) =>
	new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url, ...more });

type StartOptions = Partial<Omit<ExecuteOptions, 'parameters'>> & {
	parameters?: INodeParameters;
	options?: INodeParameters;
};

/** Starts runs with the item's JSON as parameters and without a callback, unless told otherwise. */
const start = ({ parameters, options = {}, ...rest }: StartOptions = {}) =>
	execute({
		credentials: credentials(),
		...rest,
		parameters: {
			workflowId: WORKFLOW,
			parametersMode: 'input',
			callback: 'none',
			options,
			...parameters,
		},
	});

const CONTINUE = { onError: 'continueRegularOutput' } as const;
const people = (names: string) => [...names].map((NAME) => ({ NAME }));
const startedNames = () => sandbox.state().runs.map(({ params }) => params.NAME);
const messageIdOf = (name: string) =>
	sandbox.state().runs.find(({ params }) => params.NAME === name)?.messageId ?? 'not started';
const requestBodies = () => sandbox.state().requests.map(({ body }) => body);
const fail = (name: string, fault: Fault, times?: number) =>
	sandbox.faults.add({ ...fault, times, match: { param: 'NAME', equals: name } });
/** As something between n8n and NenAI answers: with a page for people. */
const page = (status: number): Answer => ({
	status,
	body: '<html><body><h1>Blocked</h1></body></html>',
	contentType: 'text/html',
});
const failAll = (fault: Fault, times?: number) => sandbox.faults.add({ ...fault, times });

describe('what is sent and what comes out', () => {
	test('each item gets the body of its 202, in input order and linked to its item', async () => {
		fail('A', { latencyMs: 150 });
		const { items, error } = await start({ items: people('ABC') });
		expect(error).toBeUndefined();
		expect(startedNames()[0]).not.toBe('A');
		expect(items).toEqual(
			[...'ABC'].map((name, item) => ({
				json: {
					message: 'Job accepted for processing.',
					messageId: messageIdOf(name),
					workflowId: WORKFLOW,
				},
				pairedItem: { item },
			})),
		);
	});

	test('the key goes into its header, trimmed, and slashes after the base URL do not matter', async () => {
		await start({
			credentials: credentials({ apiKey: ` ${sandbox.apiKey}\n`, baseUrl: `${sandbox.url}//` }),
		});
		expect(sandbox.state().requests).toMatchObject([
			{ path: '/runs', authorized: true, answered: 202 },
		]);
	});

	test('fields: names and typed values', async () => {
		const assignments = [
			{ id: '1', name: 'TEXT', value: '7', type: 'string' },
			{ id: '2', name: 'NUMBER', value: '7', type: 'number' },
			{ id: '3', name: 'YES', value: 'true', type: 'boolean' },
			{ id: '4', name: 'LIST', value: '[1,2]', type: 'array' },
			{ id: '5', name: 'OBJECT', value: { a: 1 }, type: 'object' },
			{ id: '6', name: 'FROM_ITEM', value: '={{ $json.NAME }}', type: 'string' },
		];
		await start({
			items: people('A'),
			parameters: { parametersMode: 'fields', parameters: { assignments } },
		});
		expect(sandbox.state().runs[0].params).toEqual({
			TEXT: '7',
			NUMBER: 7,
			YES: true,
			LIST: [1, 2],
			OBJECT: { a: 1 },
			FROM_ITEM: 'A',
		});
	});

	test.each([
		['text', '{ "NAME": "A", "N": 1 }', { NAME: 'A', N: 1 }],
		['an expression', '={{ { NAME: $json.NAME } }}', { NAME: 'A' }],
	])('json: %s', async (_, parametersJson, expected) => {
		await start({ items: people('A'), parameters: { parametersMode: 'json', parametersJson } });
		expect(sandbox.state().runs.map(({ params }) => params)).toEqual([expected]);
	});

	test.each([
		['default', { callback: 'default' }, CALLBACK],
		[
			'url',
			{ callback: 'url', callbackUrl: 'https://n8n.example.com/webhook/1/webhook' },
			'https://n8n.example.com/webhook/1/webhook',
		],
		['none', { callback: 'none' }, undefined],
	])('callback: %s', async (_, parameters, expected) => {
		sandbox.setDefaults({ fault: { callbacks: [] } });
		await start({ parameters, credentials: credentials({ defaultCallbackUrl: CALLBACK }) });
		expect(requestBodies()).toEqual([
			{
				workflow_id: WORKFLOW,
				workflow_params: {},
				...(expected && { webhook_callback: expected }),
			},
		]);
	});

	test('a credential without expressions is looked up three times, however many items there are', async () => {
		const counted = credentials();
		await start({ items: people('ABCDEFGH'), credentials: counted });
		expect(counted.lookUps).toBe(3);
	});

	test.each([
		[undefined, 10],
		[3, 3],
	])(
		'at most maxConcurrency (%s) runs are being started at a time',
		async (maxConcurrency, expected) => {
			// Long enough for a busy machine to send all of them before the first answer.
			sandbox.setDefaults({ fault: { latencyMs: 200 } });
			await start({
				items: people('ABCDEFGHIJKLMNOP'),
				options: maxConcurrency ? { maxConcurrency } : {},
			});
			expect(sandbox.state().counts).toMatchObject({
				runsStarted: 16,
				maxConcurrentRunRequests: expected,
			});
		},
	);
});

describe('bad input: an error before any request', () => {
	const fields = (...assignments: IDataObject[]) =>
		({ parametersMode: 'fields', parameters: { assignments } }) as INodeParameters;
	const BAD: Array<[what: string, parameters: INodeParameters, says: RegExp]> = [
		[
			'empty workflow id',
			{ workflowId: '={{ $json.NAME === "B" ? " " : "w" }}' },
			/^NenAI Workflow \(workflowId\) is empty \[item 1\]/,
		],
		[
			'parameters that are an array',
			{ parametersMode: 'json', parametersJson: '={{ $json.NAME === "B" ? [] : {} }}' },
			/^Parameters \(JSON, parametersJson\) must be a JSON object, but is a list \[item 1\]/,
		],
		[
			'parameters that are not JSON',
			{ parametersMode: 'json', parametersJson: '={{ $json.NAME === "B" ? "{" : "{}" }}' },
			/not valid JSON.*\[item 1\]/,
		],
		[
			'a callback URL that is not absolute',
			{
				callback: 'url',
				callbackUrl: '={{ $json.NAME === "B" ? "/webhook" : "http://a.example" }}',
			},
			/^Callback URL \(callbackUrl\) must be a full web address .*, but is \/webhook \[item 1\]/,
		],
		[
			'a callback URL of another scheme',
			{
				callback: 'url',
				callbackUrl: '={{ $json.NAME === "B" ? "ftp://a" : "http://a.example" }}',
			},
			/^Callback URL \(callbackUrl\) must be a full web address .*, but is ftp:\/\/a \[item 1\]/,
		],
		[
			'no default callback URL in the credential',
			{ callback: 'default' },
			/^The Default Callback URL of the credential is empty \[item 0\]/,
		],
		[
			'a value of another type',
			fields({ name: 'N', value: '={{ $json.NAME }}', type: 'number' }),
			/"N" must be of the type number, but is "A" \[item 0\]/,
		],
		[
			'an empty text as a number',
			fields({ name: 'N', value: ' ', type: 'number' }),
			/"N" must be of the type number, but is empty \[item 0\]/,
		],
		[
			'yes as a number',
			fields({ name: 'N', value: '={{ true }}', type: 'number' }),
			/"N" must be of the type number, but is true/,
		],
		[
			'an object as a text',
			fields({ name: 'N', value: '={{ { a: 1 } }}', type: 'string' }),
			/"N" must be of the type string, but is \{"a":1\}/,
		],
		[
			'a long text as a number',
			fields({ name: 'N', value: `={{ "x".repeat(1000) }}`, type: 'number' }),
			/"N" must be of the type number, but is "x{59}… \[item 0\]$/,
		],
		[
			'a name that is an object',
			fields({ name: '={{ { a: 1 } }}', value: '1', type: 'string' }),
			/name of a parameter must be text, but is an object.*\[item 0\]/,
		],
		[
			'what is nested too deeply',
			{
				parametersMode: 'json',
				parametersJson: '={{ "{\\"a\\":" + "[".repeat(20000) + "]".repeat(20000) + "}" }}',
			},
			/nested more than 1000 levels deep, or contains itself.*\[item 0\]/,
		],
		[
			'empty JSON',
			{ parametersMode: 'json', parametersJson: '={{ "" }}' },
			/^Parameters \(JSON, parametersJson\) must be a JSON object, but is missing \[item 0\]/,
		],
		[
			'a value that is not there',
			fields({ name: 'N', value: '={{ $json.nothing }}', type: 'string' }),
			/"N" has no value.*\[item 0\]/,
		],
		[
			'a name twice',
			fields({ name: 'N', value: '1', type: 'string' }, { name: 'N', value: '2', type: 'string' }),
			/^Duplicate parameter "N" \[item 0\]/,
		],
		[
			'no name',
			fields({ name: '', value: '1', type: 'string' }),
			/parameter has no name.*\[item 0\]/,
		],
		[
			'a number that JSON cannot carry',
			{
				parametersMode: 'json',
				parametersJson: '={{ ({ a: [{ ID: Number("12345678901234567890") }] }) }}',
			},
			/"a\.0\.ID" is a number that cannot be sent exactly.*\[item 0\]/,
		],
	];

	test.each(BAD)('%s', async (_, parameters, says) => {
		const execution = await start({ items: people('ABC'), parameters });
		expect(execution.error?.message).toMatch(says);
		expect(execution.error?.description).toMatch(
			/Nothing was sent\. No run was started for any item\./,
		);
		expect(sandbox.state().counts.requests).toBe(0);
	});

	test.each([
		['', 'is empty'],
		...[
			'test-key-pasted-here',
			'api.getnen.ai',
			'localhost:3000',
			'ftp://127.0.0.1',
			'http://127.0.0.1:99999',
			'https//x',
		].map((url) => [url, 'is not an http(s) URL']),
		['https://user:test-password@api.example', 'has a user name or a password in it'],
		['https://test-key-pasted-here@api.example', 'has a user name or a password in it'],
		['https://api.example/?key=test-key-pasted-here', 'has a "?" or a "#" in it'],
		['https://api.example/#test-key-pasted-here', 'has a "?" or a "#" in it'],
	])('a base URL that is none, and is not quoted: "%s"', async (baseUrl, what) => {
		const { error } = await start({ credentials: credentials({ baseUrl }) });
		expect(error?.message).toBe(`The base URL of the credential ${what} [item 0]`);
		expect(error?.stored).not.toMatch(/test-key-pasted-here|test-password/);
	});

	test('with "Continue on fail" the item carries the error and the others go on', async () => {
		const { items, error } = await start({
			items: people('ABC'),
			parameters: { workflowId: '={{ $json.NAME === "B" ? "" : "w" }}' },
			settings: CONTINUE,
		});
		expect(error).toBeUndefined();
		expect(startedNames().sort()).toEqual(['A', 'C']);
		expect(items[1]).toEqual({
			json: {
				error: expect.stringMatching(
					/^NenAI Workflow \(workflowId\) is empty \[item 1\]\. Pick the workflow From List/,
				),
			},
			pairedItem: { item: 1 },
		});
	});
});

describe('parameters of another type than the form gives', () => {
	const sent = () =>
		requestBodies().map((body) => body as { workflow_id: unknown; workflow_params: unknown });

	test.each<[what: string, parameters: INodeParameters, expected: object]>([
		['a number as workflow ID', { workflowId: '={{ 42 }}' }, { workflow_id: '42' }],
		[
			'a resource locator as workflow ID',
			{ workflowId: '={{ ({ __rl: true, mode: "id", value: " w-1 " }) }}' },
			{ workflow_id: 'w-1' },
		],
		[
			'names and values as one object',
			{ parametersMode: 'fields', parameters: '={{ ({ NAME: "Jane", N: 1 }) }}' },
			{ workflow_params: { NAME: 'Jane', N: 1 } },
		],
		[
			'names and values as JSON text',
			{ parametersMode: 'fields', parameters: '{"NAME":"Jane"}' },
			{ workflow_params: { NAME: 'Jane' } },
		],
		[
			'assignments as a list',
			{ parametersMode: 'fields', parameters: '={{ [{ name: "NAME", value: "Jane" }] }}' },
			{ workflow_params: { NAME: 'Jane' } },
		],
		[
			'no names and values',
			{ parametersMode: 'fields', parameters: '={{ null }}' },
			{ workflow_params: {} },
		],
		[
			'options that are null',
			{ options: { maxConcurrency: '={{ null }}', maxTries: '={{ undefined }}', timeout: '' } },
			{ workflow_params: {} },
		],
		[
			'numbers as texts',
			{ options: { maxConcurrency: '2', maxTries: ' 1 ', timeout: '={{ "5" }}' } },
			{ workflow_params: {} },
		],
	])('%s means what it plainly says', async (_, parameters, expected) => {
		const { error } = await start({
			parameters,
			credentials: credentials({ defaultCallbackUrl: CALLBACK }),
		});
		expect(error).toBeUndefined();
		expect(sent()).toEqual([expect.objectContaining(expected)]);
	});

	test.each<[what: string, parameters: INodeParameters, says: RegExp]>([
		[
			'an object as workflow ID',
			{ workflowId: '={{ ({ id: 1 }) }}' },
			/^NenAI Workflow \(workflowId\) must be an ID \(text or a number\), but is an object \[item 0\]/,
		],
		[
			'a list as workflow ID',
			{ workflowId: '={{ ["a", "b"] }}' },
			/^NenAI Workflow \(workflowId\) must be .* but is a list/,
		],
		['true as workflow ID', { workflowId: '={{ true }}' }, /but is true/],
		[
			'a locator with a list in it',
			{ workflowId: '={{ ({ __rl: true, mode: "id", value: ["a"] }) }}' },
			/but is a list/,
		],
		[
			'a workflow ID that was rounded',
			{ workflowId: '={{ 8202522731445525542 }}' },
			/^NenAI Workflow \(workflowId\) is a number that n8n could not keep exactly \(820252273144552/,
		],
		[
			'an expression that fails',
			{ workflowId: '={{ $json.a.b.c.d }}' },
			/^NenAI Workflow \(workflowId\) is empty/,
		],
		[
			'an unknown way to give parameters',
			{ parametersMode: 'xml' },
			/^Parameters \(parametersMode\) must be one of fields, form, json, input, but is the text "xml"/,
		],
		[
			'a way to give parameters that every object has',
			{ parametersMode: 'constructor' },
			/must be one of fields, form, json, input/,
		],
		[
			'an unknown callback',
			{ callback: 'later' },
			/^Callback \(callback\) must be one of default, url, none/,
		],
		[
			'a list as callback URL',
			{ callback: 'url', callbackUrl: '={{ [] }}' },
			/^Callback URL \(callbackUrl\) must be text, but is a list/,
		],
		[
			'assignments that are an object',
			{ parametersMode: 'fields', parameters: '={{ ({ assignments: {} }) }}' },
			/^Parameter Values \(parameters\) must have a list of assignments, but its assignments are an object/,
		],
		[
			'an assignment that is null',
			{ parametersMode: 'fields', parameters: '={{ ({ assignments: [null] }) }}' },
			/has an invalid entry: it is null/,
		],
		[
			'names and values as a number',
			{ parametersMode: 'fields', parameters: '={{ 5 }}' },
			/^Parameter Values \(parameters\) must be a JSON object, but is the number 5/,
		],
		[
			'an unknown type',
			{
				parametersMode: 'fields',
				parameters: '={{ ({ assignments: [{ name: "N", value: "1", type: "date" }] }) }}',
			},
			/"N" has an unknown type: the text "date"/,
		],
		[
			'a type that every object has',
			{
				parametersMode: 'fields',
				parameters: '={{ ({ assignments: [{ name: "N", value: "1", type: "constructor" }] }) }}',
			},
			/has an unknown type/,
		],
		[
			'a list as true or false',
			{
				parametersMode: 'fields',
				parameters: '={{ ({ assignments: [{ name: "N", value: [], type: "boolean" }] }) }}',
			},
			/"N" must be of the type boolean/,
		],
		[
			'a list as a number',
			{
				parametersMode: 'fields',
				parameters: '={{ ({ assignments: [{ name: "N", value: [5], type: "number" }] }) }}',
			},
			/"N" must be of the type number/,
		],
		[
			'a rounded number as a text',
			{
				parametersMode: 'fields',
				parameters:
					'={{ ({ assignments: [{ name: "N", value: 8202522731445525542, type: "string" }] }) }}',
			},
			/"N" is a number that cannot be sent exactly/,
		],
		[
			'the text null as an object',
			{
				parametersMode: 'fields',
				parameters: '={{ ({ assignments: [{ name: "N", value: "null", type: "object" }] }) }}',
			},
			/"N" must be of the type object/,
		],
		[
			'assignments beside other names',
			{ parametersMode: 'fields', parameters: '={{ ({ NAME: "Jane", assignments: [] }) }}' },
			/^Parameter Values \(parameters\) has both a list of assignments and other names \(NAME\)/,
		],
		[
			'a word as Max Concurrency',
			{ options: { maxConcurrency: '={{ "many" }}' } },
			/^Max Concurrency \(maxConcurrency\) must be a number, but is the text "many"/,
		],
		[
			'a list as Max Tries',
			{ options: { maxTries: '={{ [] }}' } },
			/^Max Tries \(maxTries\) must be a number, but is a list/,
		],
		[
			'true as Timeout',
			{ options: { timeout: '={{ true }}' } },
			/^Timeout \(timeout\) must be a number, but is true/,
		],
		[
			'an unknown operation',
			{ operation: 'begin' },
			/^Operation \(operation\) must be one of startAndWait, start, get, getMany, getLogs, but is the text "begin"/,
		],
		['an unknown resource', { resource: 'constructor' }, /^Resource \(resource\) must be one of/],
	])('%s is an error that names the parameter', async (_, parameters, says) => {
		const { error } = await start({ parameters });
		expect(error?.message).toMatch(says);
		expect(error?.stored).not.toMatch(/TypeError|is not a function|Cannot read/);
		expect(sandbox.state().counts.requests).toBe(0);
	});

	test('the rounded number says that the quotes must be in the data', async () => {
		const { error } = await start({ items: [{ claim: 8202522731445526000 }] });
		expect(error?.message).toMatch(/"claim" is a number that cannot be sent exactly/);
		expect(error?.description).toMatch(/Put the number in quotes in the source data/);
	});
});

/** Those of parameters are in numbers.test.mts. */
describe('numbers keep their digits', () => {
	test('in the answer of NenAI', async () => {
		failAll({
			acceptedAnswer: {
				status: 202,
				body: '{"messageId":"m-1","number":8202522731445525542,"other":1.5}',
				contentType: 'application/json',
			},
		});
		expect((await start()).items[0].json).toEqual({
			messageId: 'm-1',
			number: '8202522731445525542',
			other: 1.5,
		});
	});
});

describe('answers that refuse the run', () => {
	const json = (status: number, error: string, message: string): Answer => ({
		status,
		body: { error, message },
	});
	const REFUSED: Array<[what: string, answer: Answer, message: RegExp, hint: RegExp]> = [
		[
			'400',
			json(400, 'Invalid request', 'Missing required field: workflow_id'),
			/rejected the run \(HTTP 400\): Invalid request: Missing required field: workflow_id \[item 0\]/,
			/Check the workflow ID and the parameters/,
		],
		[
			'404',
			json(404, 'Workflow not found', 'No such workflow'),
			/\(HTTP 404\): Workflow not found: No such workflow/,
			/NenAI does not know this one/,
		],
		[
			'422',
			json(422, 'Invalid parameters', 'Unknown parameter: name'),
			/\(HTTP 422\): Invalid parameters: Unknown parameter: name/,
			/case-sensitive/,
		],
		[
			'403 for secure parameters',
			json(403, 'hmac_required_for_secure_params', 'Use HMAC'),
			/rejected the run \(HTTP 403\): hmac_required_for_secure_params: Use HMAC/,
			/secure parameters/,
		],
		[
			'403 of a gateway',
			{ status: 403, body: { message: 'Forbidden' } },
			/did not accept the API key for the run \(HTTP 403\): Forbidden/,
			/Check the API key of the credential/,
		],
		[
			'401',
			json(401, 'Unauthorized', 'Invalid API key'),
			/did not accept the API key for the run \(HTTP 401\): Unauthorized: Invalid API key/,
			/Check the API key of the credential/,
		],
		[
			'401 with an empty body',
			{ status: 401 },
			/did not accept the API key for the run \(HTTP 401\) \[item 0\]/,
			/Check the API key of the credential/,
		],
		[
			'409 as text',
			{ status: 409, body: 'no thanks' },
			/\(HTTP 409\): no thanks/,
			/Check the workflow ID/,
		],
		[
			'413 as HTML',
			{
				status: 413,
				body: '<html><style>p{}</style><body><h1>Too large</h1></body></html>',
				contentType: 'text/html',
			},
			/\(HTTP 413\): Too large \[item 0\]/,
			/Check the workflow ID/,
		],
		[
			'407 of a proxy',
			{ status: 407 },
			/A proxy or a firewall between this n8n and NenAI rejected the run \(HTTP 407\) \[item 0\]/,
			/needs a user name and a password.*proxy settings/,
		],
		[
			'403 as a page',
			page(403),
			/A proxy or a firewall between this n8n and NenAI rejected the run.*\(HTTP 403\): Blocked/,
			/Ask the person who runs the network/,
		],
		[
			'302',
			{ status: 302, headers: { location: 'https://elsewhere.example/path?token=1' } },
			/the base URL of the credential answers with a redirect \(HTTP 302\) to elsewhere\.example \[item 0\]/,
			/Check the base URL/,
		],
		[
			'308',
			{ status: 308, headers: { location: '/runs' } },
			/redirect \(HTTP 308\) \[item 0\]/,
			/not followed/,
		],
	];

	test.each(REFUSED)('%s is not sent again', async (_, refuse, message, hint) => {
		failAll({ refuse });
		const { error } = await start();
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(hint);
		expect(error?.description).toMatch(/No run was started for this item/);
		expect(sandbox.state().counts).toMatchObject({ requests: 1, runsStarted: 0 });
	});

	test('a redirect is not followed: the other host gets nothing', async () => {
		const other = await startSandbox();
		try {
			failAll({ refuse: { status: 307, headers: { location: `${other.url}/runs` } } });
			await start();
			expect(other.state().counts.requests).toBe(0);
		} finally {
			await other.close();
		}
	});

	test('a wrong key', async () => {
		const { error } = await start({ credentials: credentials({ apiKey: 'test-wrong-key' }) });
		expect(error?.message).toMatch(/did not accept the API key for the run \(HTTP 401\)/);
	});

	test('no error holds the API key, even where the answer echoes it', async () => {
		const echo = `key ${sandbox.apiKey} is bad`;
		for (const refuse of [
			{ status: 400, body: echo },
			{ status: 500, body: echo },
			{ status: 429, body: echo },
		]) {
			failAll({ refuse }, 1);
			const { error } = await start({ options: { maxTries: 1 } });
			expect(error?.stored).toMatch(/key \*\*\* is bad/);
			expect(error?.stored).not.toContain(sandbox.apiKey);
		}
		failAll(
			{ refuse: { status: 400, body: { message: `${'x'.repeat(290)}${sandbox.apiKey}` } } },
			1,
		);
		expect((await start()).error?.stored).not.toContain(sandbox.apiKey.slice(0, 8));
		const { error } = await start({
			credentials: credentials({ baseUrl: 'http://127.0.0.1:1' }),
			options: { maxTries: 1 },
		});
		expect(error?.message).toMatch(/could not be reached/);
		expect(error?.stored).not.toContain(sandbox.apiKey);
	});
});

describe('answers that are safe to try again', () => {
	const seconds = (count: number, as: 'seconds' | 'date') => ({ seconds: count, as });
	const elapsed = async (work: () => Promise<unknown>) => {
		const before = Date.now();
		await work();
		return Date.now() - before;
	};

	test.each<[string, Fault]>([
		['429', { refuse: { status: 429 } }],
		['503', { refuse: { status: 503, body: '<h1>Busy</h1>', contentType: 'text/html' } }],
	])('%s is tried again until it is accepted, once', async (_, fault) => {
		failAll(fault, 2);
		const { items, error } = await start({ items: people('A') });
		expect(error).toBeUndefined();
		expect(items[0].json.messageId).toBe(messageIdOf('A'));
		expect(sandbox.state().counts).toMatchObject({ requests: 3, runsStarted: 1 });
	});

	test.each(['seconds', 'date'] as const)('waits as long as Retry-After says (%s)', async (as) => {
		failAll({ refuse: { status: 429, retryAfter: seconds(2, as) } }, 1);
		const time = await elapsed(() => start());
		// An HTTP date has whole seconds, so the wait to it may be up to a second shorter.
		expect(time).toBeGreaterThan(as === 'seconds' ? 1990 : 990);
		expect(time).toBeLessThan(3500);
		expect(sandbox.state().counts.runsStarted).toBe(1);
	});

	test('while one item is told to wait, the others wait too', async () => {
		fail('A', { refuse: { status: 429, retryAfter: seconds(1, 'seconds') } }, 1);
		await start({ items: people('ABCDEF'), options: { maxConcurrency: 1 } });
		const [refused, ...later] = sandbox.state().requests;
		for (const { at } of later) expect(at - refused.at).toBeGreaterThan(990);
		expect(startedNames().join('')).toBe('ABCDEF');
	});

	test('gives up after maxTries, with what it waited for', async () => {
		failAll({
			refuse: { status: 429, body: { message: 'Slow down' }, retryAfter: seconds(0, 'seconds') },
		});
		const { error } = await start({ options: { maxTries: 3 } });
		expect(error?.message).toMatch(/too busy to accept the run \(HTTP 429\): Slow down \[item 0\]/);
		expect(error?.description).toMatch(/tried 3 times.*No run was started/);
		expect(sandbox.state().counts).toMatchObject({ requests: 3, runsStarted: 0 });
	});

	test('does not wait more than two minutes: says when to come back, and sends nothing for the other items', async () => {
		failAll({ refuse: { status: 503, retryAfter: seconds(600, 'seconds') } });
		const { items } = await start({
			items: people('ABC'),
			options: { maxConcurrency: 1 },
			settings: CONTINUE,
		});
		for (const { json } of items) {
			const [, date] = /try again at (\S+Z)/.exec(String(json.error)) ?? [];
			expect(Date.parse(date ?? '') - Date.now()).toBeGreaterThan(590_000);
		}
		expect(sandbox.state().counts.requests).toBe(1);
	});

	test('a connection that is never made is tried again, and starts one run when it is made', async () => {
		await sandbox.stop();
		const running = start({ items: people('A') });
		await new Promise((resolve) => setTimeout(resolve, 300));
		await sandbox.start();
		const { items } = await running;
		expect(items[0].json.messageId).toBe(messageIdOf('A'));
		expect(sandbox.state().counts.runsStarted).toBe(1);
	});

	test.each([
		[
			'a closed port',
			'http://127.0.0.1:1',
			/could not be reached at 127\.0\.0\.1:1 for the r[a-z ]+: the connection was refused \(ECONNREFUSED\) \[item 0\]/,
		],
		[
			'an unknown host that may be a key',
			'http://test-key-pasted-here',
			/could not be reached at its address for the run: its host name/,
		],
		[
			'a key behind the host',
			'http://nenai.invalidtest_key',
			/could not be reached at its address for the run: its host name/,
		],
		[
			'an unknown host',
			'http://nenai.invalid',
			/could not be reached at nenai\.invalid for the run: its host name (is not known|could not be looked up)/,
		],
	])('%s: an error that says what to check', async (_, baseUrl, says) => {
		const { error } = await start({
			credentials: credentials({ baseUrl }),
			options: { maxTries: 2 },
		});
		expect(error?.message).toMatch(says);
		expect(error?.description).toMatch(/Check the base URL.*tried 2 times.*No run was started/);
	});

	test('a base URL that speaks no HTTPS is not tried again', async () => {
		const { error } = await start({
			credentials: credentials({ baseUrl: sandbox.url.replace('http:', 'https:') }),
		});
		expect(error?.message).toMatch(/could not be reached.*does not support HTTPS/);
	});

	test('60 runs, 40 at a time, against a limit of 30 per 200 ms: all started, none twice', async () => {
		sandbox.setDefaults({ rateLimit: { runs: 30, perMs: 200 } });
		const items = Array.from({ length: 60 }, (_, i) => ({ NAME: i }));
		const { error } = await start({ items, options: { maxConcurrency: 40 } });
		expect(error).toBeUndefined();
		expect(new Set(startedNames()).size).toBe(60);
		expect(sandbox.state().counts.runsStarted).toBe(60);
	});
});

describe('a run whose fate is unknown is not sent again', () => {
	const UNKNOWN: Array<[what: string, fault: Fault, runs: number, says: RegExp]> = [
		[
			'500 as JSON',
			{ refuse: { status: 500, body: { error: 'Internal', message: 'Oops' } } },
			0,
			/answered with HTTP 500: Internal: Oops/,
		],
		[
			'502 as HTML',
			{ refuse: { status: 502, body: '<h1>Bad Gateway</h1>', contentType: 'text/html' } },
			0,
			/answered with HTTP 502: Bad Gateway/,
		],
		['504 with an empty body', { refuse: { status: 504 } }, 0, /answered with HTTP 504 \[item 0\]/],
		[
			'502 as a page',
			{ refuse: page(502) },
			0,
			/a gateway in front of NenAI answered with HTTP 502: Blocked/,
		],
		[
			'511 of a network that wants a sign-in',
			{ refuse: { status: 511 } },
			0,
			/a gateway in front of NenAI.*HTTP 511/,
		],
		[
			'408 though it was accepted',
			{ acceptedAnswer: { status: 408 } },
			1,
			/answered with HTTP 408/,
		],
		['499 of a gateway', { acceptedAnswer: page(499) }, 1, /answered with HTTP 499: Blocked/],
		[
			'500 though it was accepted',
			{ acceptedAnswer: { status: 500, body: 'late' } },
			1,
			/answered with HTTP 500: late/,
		],
		['no answer in time', { connection: 'silent-after-accept' }, 1, /no response came in time/],
		[
			'dropped after it was accepted',
			{ connection: 'drop-after-accept' },
			1,
			/the connection broke/,
		],
		[
			'dropped before it was accepted',
			{ connection: 'drop-before-accept' },
			0,
			/the connection broke/,
		],
		['dropped before it was read', { connection: 'drop-before-body' }, 0, /the connection broke/],
		['half an answer', { connection: 'cut-answer' }, 1, /the connection broke/],
		[
			'a 202 with an empty body',
			{ acceptedAnswer: { status: 202 } },
			1,
			/accepted the request but gave no message ID \(HTTP 202\) \[item 0\]/,
		],
		[
			'a 202 with the ID under another name',
			{ acceptedAnswer: { status: 202, body: { message: 'ok', message_id: 'm-1' } } },
			1,
			/gave no message ID \(HTTP 202\): \{"message":"ok","message_id":"m-1"\}/,
		],
		[
			'a 200 page',
			{ refuse: { status: 200, body: '<h1>Welcome</h1>', contentType: 'text/html' } },
			0,
			/accepted the request but gave no message ID \(HTTP 200\): Welcome/,
		],
	];

	test.each(UNKNOWN)('%s', async (_, fault, runs, says) => {
		failAll(fault);
		const { error } = await start({ options: { timeout: 1 } });
		expect(error?.message).toMatch(says);
		expect(error?.description).toMatch(/A run may have started, so the request is not sent again/);
		expect(sandbox.state().counts).toMatchObject({ requests: 1, runsStarted: runs });
	});
});

describe('when an item fails', () => {
	test('the node stops: nothing more is started, and the error lists the message ids of what did start', async () => {
		sandbox.setDefaults({ fault: { latencyMs: 200 } });
		fail('C', { latencyMs: 50, refuse: { status: 400, body: { message: 'No' } } });
		const { error } = await start({ items: people('ABCDEFGHIJ'), options: { maxConcurrency: 3 } });
		expect(error?.message).toMatch(/HTTP 400\): No \[item 2\]/);
		expect(startedNames().sort().join('')).toBe('AB');
		expect(error?.description).toContain(
			`message IDs): ${messageIdOf('A')} (item 0), ${messageIdOf('B')} (item 1).`,
		);
		expect(error?.description).toContain('Not started: 7 more.');
	});

	test('the others that are unknown are named too', async () => {
		fail('A', { refuse: { status: 400 } });
		fail('B', { latencyMs: 100, refuse: { status: 500 } });
		const { error } = await start({ items: people('AB') });
		expect(error?.message).toMatch(/HTTP 400.*\[item 0\]/);
		expect(error?.description).toMatch(/It is also not known whether these were done: item 1/);
	});

	test('with "Continue on fail" the item carries the error, and the others go on', async () => {
		fail('B', { refuse: { status: 400, body: { message: 'No' } } });
		const { items, error } = await start({ items: people('ABC'), settings: CONTINUE });
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.messageId ?? json.error)).toEqual([
			messageIdOf('A'),
			'NenAI rejected the run (HTTP 400): No [item 1]. Check the workflow ID and the parameters: something is missing or has the wrong form. No run was started for this item.',
			messageIdOf('C'),
		]);
		expect(items[1].pairedItem).toEqual({ item: 1 });
	});
});

describe('when the node runs again in the same execution', () => {
	const RETRY = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };

	test('Retry On Fail starts only what was not accepted, and gives the first 202s again', async () => {
		fail('C', { refuse: { status: 400 } }, 1);
		const { items, error } = await start({
			items: people('ABCDE'),
			settings: RETRY,
			options: { maxConcurrency: 1 },
		});
		expect(error).toBeUndefined();
		expect(startedNames().sort().join('')).toBe('ABCDE');
		expect(items.map(({ json }) => json.messageId)).toEqual([...'ABCDE'].map(messageIdOf));
	});

	test('Retry On Fail does not send again what may have started: the error stays', async () => {
		fail('B', { connection: 'drop-after-accept' }, 1);
		const { error } = await start({ items: people('AB'), settings: RETRY });
		expect(error?.message).toMatch(/the connection broke.*\[item 1\]/);
		expect(startedNames().sort().join('')).toBe('AB');
		expect(sandbox.state().counts.requests).toBe(2);
	});

	test('Retry in the list of executions: the same, from what n8n stored', async () => {
		fail('C', { refuse: { status: 400 } }, 1);
		const first = await start({ items: people('ABCDE') });
		expect(first.error).toBeDefined();
		const again = await start({
			items: people('ABCDE'),
			retryOf: JSON.parse(JSON.stringify(first.run.data)),
		});
		expect(again.error).toBeUndefined();
		expect(startedNames().sort().join('')).toBe('ABCDE');
		expect(again.items.map(({ json }) => json.messageId)).toEqual([...'ABCDE'].map(messageIdOf));
	});

	test('Retry On Fail: the last error lists every run that did start, in whichever try', async () => {
		fail('A', { latencyMs: 150, refuse: { status: 500 } });
		const { error } = await start({
			items: people('ABCDEFGHIJ'),
			settings: RETRY,
			options: { maxConcurrency: 2 },
		});
		expect(error?.message).toMatch(/HTTP 500 \[item 0\]/);
		expect(startedNames().sort().join('')).toBe('BCDEFGHIJ');
		for (const name of 'BCDEFGHIJ') expect(error?.description).toContain(messageIdOf(name));
		expect(error?.description).not.toMatch(/Not started/);
	});

	test('what was started comes out, even when NenAI then asks for a long wait', async () => {
		fail('A', { refuse: { status: 400 } }, 1);
		const first = await start({
			items: people('ABC'),
			settings: CONTINUE,
			options: { maxConcurrency: 1 },
		});
		fail('A', { refuse: { status: 503, retryAfter: { seconds: 600, as: 'seconds' } } });
		const again = await start({
			items: people('ABC'),
			settings: CONTINUE,
			options: { maxConcurrency: 1 },
			retryOf: first.run.data,
		});
		expect(again.items.map(({ json }) => json.messageId)).toEqual([
			undefined,
			messageIdOf('B'),
			messageIdOf('C'),
		]);
		expect(startedNames().join('')).toBe('BC');
	});

	test('a changed request that is refused does not displace what was started', async () => {
		fail('C', { refuse: { status: 400 } });
		fail('X', { refuse: { status: 400 } });
		const first = await start({ items: people('AC') });
		const changed = await start({ items: people('XC'), retryOf: first.run.data });
		await start({ items: people('AC'), retryOf: changed.run.data });
		expect(startedNames().join('')).toBe('A');
	});

	test('items that were never accepted are started, though another may have been', async () => {
		fail('A', { connection: 'drop-after-accept' }, 1);
		const first = await start({ items: people('AB'), options: { maxConcurrency: 1 } });
		expect(startedNames().join('')).toBe('A');
		const again = await start({ items: people('AB'), retryOf: first.run.data });
		expect(again.error?.message).toMatch(/the connection broke.*\[item 0\]/);
		expect(again.error?.description).toContain(messageIdOf('B'));
		expect(startedNames().join('')).toBe('AB');
	});

	describe('whatever its parameters say by then, an item is not started again', () => {
		const CHANGED: Array<[what: string, parameters: INodeParameters]> = [
			[
				'the time',
				{
					parametersMode: 'json',
					parametersJson: '={{ { NAME: $json.NAME, AT: $now.toISO() + Math.random() } }}',
				},
			],
			['another workflow', { workflowId: '={{ "w-" + Math.random() }}' }],
			[
				'another callback',
				{ callback: 'url', callbackUrl: '={{ "http://127.0.0.1:1/" + Math.random() }}' },
			],
		];

		test.each(CHANGED)('%s', async (_, parameters) => {
			sandbox.setDefaults({ fault: { callbacks: [] } });
			fail('C', { refuse: { status: 400 } }, 2);
			const options = { maxConcurrency: 1 };
			const first = await start({
				items: people('ABC'),
				parameters,
				options,
				settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 },
			});
			for (const name of 'AB') expect(first.error?.description).toContain(messageIdOf(name));
			const retried = await start({
				items: people('ABC'),
				parameters,
				options,
				retryOf: first.run.data,
			});
			expect(retried.items.map(({ json }) => json.messageId)).toEqual([...'ABC'].map(messageIdOf));
			expect(startedNames().join('')).toBe('ABC');
			expect(retried.hints).toEqual([
				`These were not done again, although their parameters have changed since an earlier try: item 0 (message ID ${messageIdOf('A')}), item 1 (message ID ${messageIdOf('B')}). To do them again, start a new execution of the workflow.`,
			]);
		});

		test('no hint where they are the same', async () => {
			fail('B', { refuse: { status: 400 } }, 1);
			const first = await start({ items: people('AB') });
			expect((await start({ items: people('AB'), retryOf: first.run.data })).hints).toEqual([]);
		});

		test('nor is one whose fate is unknown', async () => {
			fail('A', { connection: 'drop-after-accept' });
			const parameters = {
				parametersMode: 'json',
				parametersJson: '={{ { NAME: "A", AT: Math.random() } }}',
			};
			const first = await start({
				parameters,
				settings: { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
			});
			const retried = await start({ parameters, retryOf: first.run.data });
			expect(retried.error?.message).toMatch(/not known whether NenAI started the run/);
			expect(sandbox.state().counts).toMatchObject({ requests: 1, runsStarted: 1 });
		});

		test.each<[string, INodeParameters, IDataObject]>([
			['that cannot be read any more', { workflowId: '={{ $json.NAME.nothing.there }}' }, {}],
			['in options', { options: { maxConcurrency: '={{ "many" }}' } }, {}],
			['in the credential', {}, { baseUrl: '' }],
		])('an error %s names what earlier tries started', async (_, parameters, credential) => {
			fail('B', { refuse: { status: 400 } }, 1);
			const first = await start({ items: people('AB') });
			const retried = await start({
				items: people('AB'),
				retryOf: first.run.data,
				parameters,
				credentials: credentials(credential),
			});
			expect(retried.error?.description).toContain(
				`These runs were started (message IDs): ${messageIdOf('A')} (item 0).`,
			);
			expect(startedNames().join('')).toBe('A');
		});
	});

	test('another execution starts its own runs', async () => {
		await start({ items: people('A') });
		await start({ items: people('A') });
		expect(startedNames().join('')).toBe('AA');
	});

	test('two items with the same request are two runs', async () => {
		await start({ items: people('AA') });
		expect(startedNames().join('')).toBe('AA');
	});
});

describe('when the execution is stopped', () => {
	test('nothing more is started', async () => {
		sandbox.setDefaults({ fault: { answerLatencyMs: 200 } });
		let stop = () => {};
		const running = start({
			items: people('ABCDEF'),
			options: { maxConcurrency: 2 },
			onStarted: (f) => (stop = f),
		});
		await sandbox.until(({ counts }) => counts.runsStarted === 2);
		stop();
		await running;
		await new Promise((resolve) => setTimeout(resolve, 400));
		expect(startedNames().sort().join('')).toBe('AB');
	});

	test('what was under way is not sent again by a retry', async () => {
		sandbox.setDefaults({ fault: { answerLatencyMs: 300 } });
		let stop = () => {};
		const running = start({ items: people('A'), onStarted: (f) => (stop = f) });
		await sandbox.until(({ counts }) => counts.runsStarted === 1);
		stop();
		const stopped = await running;
		const again = await start({ items: people('A'), retryOf: stopped.run.data });
		expect(again.error?.message).toMatch(/not known whether NenAI started the run.*stopped/);
		expect(sandbox.state().counts.runsStarted).toBe(1);
	});

	test('waiting for a retry ends at once', async () => {
		failAll({ refuse: { status: 429, retryAfter: { seconds: 60, as: 'seconds' } } });
		let stop = () => {};
		const before = Date.now();
		const running = start({ onStarted: (f) => (stop = f) });
		await sandbox.until(({ requests }) => requests[0]?.answered === 429);
		stop();
		await running;
		expect(Date.now() - before).toBeLessThan(2000);
		expect(sandbox.state().counts.requests).toBe(1);
	});
});

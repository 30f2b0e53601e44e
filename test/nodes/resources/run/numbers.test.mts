/** Numbers in the parameters of a run: what NenAI receives, byte by byte. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { Credentials, execute, type ExecuteOptions } from '../../engine.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const start = (parameters: INodeParameters, more: Partial<ExecuteOptions> = {}) =>
	execute({
		credentials: new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url }),
		parameters: { workflowId: 'w', callback: 'none', ...parameters },
		...more,
	});

/** The parameters in each request, exactly as they came. */
const sent = () =>
	sandbox
		.state()
		.requests.map(
			({ rawBody }) => /^\{"workflow_id":"w","workflow_params":(.*)\}$/s.exec(rawBody ?? '')?.[1],
		);
const field = (value: unknown, type: string, name = 'N') =>
	({
		parametersMode: 'fields',
		parameters: { assignments: [{ name, value, type }] },
	}) as INodeParameters;
const json = (parametersJson: string): INodeParameters => ({
	parametersMode: 'json',
	parametersJson,
});
/** What an item of JSON text holds, a property called __proto__ included. */
const item = (text: string) => JSON.parse(text) as IDataObject;

const EXACT = [
	'7615917337495251231',
	'-7615917337495251231',
	'12345678.123456789123',
	'0.1234567890123456789',
	'9007199254740992',
	'10000000000000000',
	'8202522731445526000',
	'1e21',
	'1.0',
	'12.50',
	'-0',
	'-0.0',
	'1e400',
	'1E-400',
	'1.5e+3',
	'0',
	'7',
];

describe('JSON mode', () => {
	test.each(EXACT)('%s is sent as a number with these digits', async (digits) => {
		const text = `{"p_id":${digits},"deep":[{"a":[${digits},1]}],"text":"${digits}"}`;
		expect((await start(json(text))).error).toBeUndefined();
		expect(sent()).toEqual([text]);
	});

	test.each(['7615917337495251231', '0.1234567890123456789', '1.50'])(
		'%s is sent as a number with these digits, where an expression puts the text in',
		async (digits) => {
			expect(
				(await start(json('={ "p_id": {{ $json.digits }} }'), { items: [{ digits }] })).error,
			).toBeUndefined();
			expect(sent()).toEqual([`{"p_id":${digits}}`]);
		},
	);

	test.each(['={ "p_id": {{ $json.id }} }', '={{ JSON.stringify($json) }}', '={{ $json }}'])(
		'a number that was rounded before is refused: %s',
		async (parametersJson) => {
			const { error } = await start(json(parametersJson), { items: [{ id: 7615917337495251231 }] });
			expect(error?.message).toMatch(
				/^The parameter "(p_)?id" is a number that cannot be sent exactly \(7615917337495251000\) \[item 0\]$/,
			);
			expect(error?.description).toMatch(/in quotes/);
			expect(sandbox.state().counts.requests).toBe(0);
		},
	);

	test('a BigInt of an expression is a number', async () => {
		await start(json('={{ ({ p_id: BigInt("7615917337495251231"), list: [BigInt("-5")] }) }}'));
		expect(sent()).toEqual(['{"p_id":7615917337495251231,"list":[-5]}']);
	});

	test('minus zero of an expression stays', async () => {
		await start(json('={{ ({ a: -0, b: [-0, 0] }) }}'));
		expect(sent()).toEqual(['{"a":-0,"b":[-0,0]}']);
	});

	test('texts that look like numbers stay texts, and so do names', async () => {
		const text =
			'{"7615917337495251231":"7615917337495251231","a\\"b":"\\"1e400\\"","u":"\\u2028\\\\"}';
		await start(json(text));
		expect(sent().map((each) => JSON.parse(each ?? '') as unknown)).toEqual([JSON.parse(text)]);
	});

	test.each([
		[
			'in JSON text',
			json('{"__proto__":7615917337495251231,"constructor":{"__proto__":{"a":1.0}},"z":"x"}'),
			'{"__proto__":7615917337495251231,"constructor":{"__proto__":{"a":1.0}},"z":"x"}',
		],
		['in JSON text without any number', json('{"__proto__":{"a":"b"}}'), '{"__proto__":{"a":"b"}}'],
		['as the name of a field', field('7', 'number', '__proto__'), '{"__proto__":7}'],
		[
			'in a field that is an object',
			field('{"__proto__":{"a":1.0}}', 'object'),
			'{"N":{"__proto__":{"a":1.0}}}',
		],
		[
			'among names and values in JSON text',
			{ parametersMode: 'fields', parameters: '{"__proto__":"a"}' },
			'{"__proto__":"a"}',
		],
	])('a parameter called __proto__ is sent like any other: %s', async (_, parameters, expected) => {
		expect((await start(parameters)).error).toBeUndefined();
		expect(sent()).toEqual([expected]);
	});

	test('what is nested deeply keeps its digits', async () => {
		const text = `{"a":${'['.repeat(400)}7615917337495251231${']'.repeat(400)}}`;
		await start(json(text));
		expect(sent()).toEqual([text]);
	});

	test('what is nested too deeply is an error of its own, with such a number too', async () => {
		const { error } = await start(
			json(`{"a":${'['.repeat(20_000)}7615917337495251231${']'.repeat(20_000)}}`),
		);
		expect(error?.message).toMatch(/nested more than 1000 levels deep/);
	});
});

describe('a field of the type Number', () => {
	test.each([
		...EXACT.map((digits) => [digits, digits]),
		['+12345678.123456789123', '12345678.123456789123'],
		['.1234567890123456789', '0.1234567890123456789'],
		['-.5', '-0.5'],
		['5.', '5'],
		['+0', '0'],
		['007', '7'],
		['-000.50', '-0.50'],
		['00', '0'],
		['1.e3', '1e3'],
		['  42\n', '42'],
		['0x1F', '31'],
	])('%s', async (value, expected) => {
		expect((await start(field(value, 'number'))).error).toBeUndefined();
		expect(sent()).toEqual([`{"N":${expected}}`]);
	});

	test.each(['7615917337495251231', '.1234567890123456789'])(
		'the text %s of an expression',
		async (digits) => {
			await start(field('={{ $json.digits }}', 'number'), { items: [{ digits }] });
			expect(sent()).toEqual([`{"N":${digits.replace(/^\./, '0.')}}`]);
		},
	);

	test('a BigInt of an expression', async () => {
		await start(field('={{ BigInt("7615917337495251231") }}', 'number'));
		expect(sent()).toEqual(['{"N":7615917337495251231}']);
	});

	test.each([
		'Infinity',
		'-Infinity',
		'NaN',
		'0xFFFFFFFFFFFFFFFF',
		'1,5',
		'1_000',
		'1e',
		'--1',
		'.',
		'+',
		'"5"',
		'5 6',
		'٣',
	])('%j is refused', async (value) => {
		expect((await start(field(value, 'number'))).error?.message).toMatch(
			/^The parameter "N" (must be of the type number|is a number that cannot be sent exactly)/,
		);
		expect(sandbox.state().counts.requests).toBe(0);
	});

	test.each([
		'={{ 7615917337495251231 }}',
		'={{ String(7615917337495251231) }}',
		'= {{ 7615917337495251231 }} ',
		'={{ Infinity }}',
	])('what an expression has rounded is refused: %s', async (value) => {
		expect((await start(field(value, 'number'))).error?.message).toMatch(
			/^The parameter "N" is a number that cannot be sent exactly/,
		);
		expect(sandbox.state().counts.requests).toBe(0);
	});

	test('minus zero of an expression stays', async () => {
		await start(field('={{ -0 }}', 'number'));
		expect(sent()).toEqual(['{"N":-0}']);
	});
});

describe('fields of other types', () => {
	test.each([
		['7615917337495251231', 'string', '"7615917337495251231"'],
		['={{ BigInt("7615917337495251231") }}', 'string', '"7615917337495251231"'],
		[
			'[7615917337495251231,"7615917337495251231",1.0]',
			'array',
			'[7615917337495251231,"7615917337495251231",1.0]',
		],
		['{"a":{"b":0.1234567890123456789}}', 'object', '{"a":{"b":0.1234567890123456789}}'],
		['1', 'boolean', 'true'],
	])('%s as %s', async (value, type, expected) => {
		expect((await start(field(value, type))).error).toBeUndefined();
		expect(sent()).toEqual([`{"N":${expected}}`]);
	});

	test.each([
		["['a', 7615917337495251231]", 'array'],
		["['a', 0.1234567890123456789]", 'array'],
		['{ a: 7615917337495251231 }', 'object'],
		['{ a: 0.1234567890123456789 }', 'object'],
		['{ a: [1.0000000000000000000001] }', 'object'],
		['={{ "[" + 7615917337495251231 + "]" }}', 'array'],
		['={{ ({ a: 7615917337495251231 }) }}', 'object'],
	])('%s as %s is refused, since its digits cannot be kept', async (value, type) => {
		expect((await start(field(value, type))).error?.message).toMatch(/^The parameter "N/);
		expect(sandbox.state().counts.requests).toBe(0);
	});
});

describe('names and values as one object, or as a list', () => {
	test.each([
		[
			'an object in JSON text',
			'{"N":7615917337495251231,"T":"7615917337495251231"}',
			'{"N":7615917337495251231,"T":"7615917337495251231"}',
		],
		[
			'assignments in JSON text',
			'{"assignments":[{"name":"N","value":7615917337495251231,"type":"number"},{"name":"S","value":7615917337495251231,"type":"string"},{"name":7615917337495251231,"value":1.50,"type":"number"}]}',
			'{"N":7615917337495251231,"S":"7615917337495251231","7615917337495251231":1.50}',
		],
		[
			'an object of an expression',
			'={{ ({ N: BigInt("7615917337495251231") }) }}',
			'{"N":7615917337495251231}',
		],
		[
			'a list of an expression',
			'={{ [{ name: "N", value: "7615917337495251231", type: "number" }] }}',
			'{"N":7615917337495251231}',
		],
	])('%s', async (_, parameters, expected) => {
		expect((await start({ parametersMode: 'fields', parameters })).error).toBeUndefined();
		// JavaScript puts names that are array indexes first; this one is none.
		expect(sent()).toEqual([expected]);
	});
});

describe('the input item', () => {
	test('a name called __proto__, minus zero and decimals', async () => {
		const text = '{"__proto__":{"a":0.1},"zero":-0,"n":5}';
		await start({ parametersMode: 'input' }, { items: [item(text)] });
		expect(sent()).toEqual([text]);
	});

	test('a rounded number is refused', async () => {
		const { error } = await start(
			{ parametersMode: 'input' },
			{ items: [item('{"a":{"__proto__":7615917337495251231}}')] },
		);
		expect(error?.message).toMatch(
			/^The parameter "a\.__proto__" is a number that cannot be sent exactly/,
		);
	});
});

test('a retry sees that other digits were entered', async () => {
	const settings = { onError: 'continueRegularOutput' } as const;
	const { run } = await start(json('={"N":{{ $json.digits }}}'), {
		items: [{ digits: '7615917337495251231' }],
		settings,
	});
	const same = await start(json('={"N":{{ $json.digits }}}'), {
		items: [{ digits: '7615917337495251231' }],
		retryOf: run.data,
	});
	expect(same.hints).toEqual([]);
	for (const digits of ['7615917337495251232', '"7615917337495251231"', '{}']) {
		const other = await start(json('={"N":{{ $json.digits }}}'), {
			items: [{ digits }],
			retryOf: run.data,
		});
		expect(other.hints).toEqual([expect.stringMatching(/parameters have changed/)]);
	}
	expect(sandbox.state().counts.runsStarted).toBe(1);
});

test('Start and Wait sends the same', async () => {
	const credentials = new Credentials({
		apiKey: sandbox.apiKey,
		baseUrl: sandbox.url,
		webhookSecret: sandbox.webhookSecret,
	});
	await execute({
		credentials,
		parameters: {
			operation: 'startAndWait',
			workflowId: 'w',
			...json('{"p_id":7615917337495251231,"__proto__":-0}'),
		},
	});
	expect(sandbox.state().requests[0].rawBody).toMatch(
		/^\{"workflow_id":"w","workflow_params":\{"p_id":7615917337495251231,"__proto__":-0\},"webhook_callback":"http:/,
	);
});

test('the body says that it is JSON', async () => {
	await start(json('{"a":1.0}'));
	expect(sandbox.state().requests[0].headers).toMatchObject({
		'content-type': 'application/json',
		accept: expect.stringContaining('application/json') as string,
	});
});

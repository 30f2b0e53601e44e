/** Computer → Custom Action. */
import type { INodeParameters } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { DesktopTool, Sandbox } from '../../../sandbox/index.mts';
import { computerTestKit } from '../../computerTestKit.mts';
import { RETRY, type UseOptions } from '../../onDesktops.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given), { desktopTimeScale: 0.01 });
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, use } = computerTestKit(
	() => sandbox,
	() => id,
);

const PRINTER: DesktopTool = {
	name: 'printer',
	description: 'Prints',
	parameters: {
		type: 'object',
		properties: {
			action: { type: 'string', enum: ['print', 'stop'] },
			copies: { type: 'integer' },
			tray: { type: ['string', 'null'] },
			colour: { enum: ['grey', 'all'] },
		},
		required: ['action', 'copies'],
		additionalProperties: false,
	},
	answer: { status: 'ok', output: 'Printed' },
};
const print = (parameters: INodeParameters, more: UseOptions = {}) => {
	sandbox.setDefaults({ desktopTools: [PRINTER] });
	return use('custom', {
		...more,
		parameters: { tool: 'printer', action: 'print', params: '{"copies":2}', ...parameters },
	});
};

test('does what it is told', async () => {
	const { items } = await print({});
	expect(items[0].json).toEqual({ status: 'ok', output: 'Printed' });
	expect(user.requests()).toEqual([`GET /${id}/tools`, `POST /${id}/execute`]);
});

test.each([
	['from the list', { __rl: true, mode: 'list', value: 'printer' }],
	['by its name', { __rl: true, mode: 'name', value: 'printer' }],
])('is given %s', async (_, tool) => {
	expect((await print({ tool })).items[0].json.output).toBe('Printed');
});

test.each(['', ' ', '{}', '={{ null }}', '={{ $json.nothing }}', '={{ "" }}'])(
	'no parameters: %j',
	async (params) => {
		const { error } = await use('custom', {
			parameters: { tool: 'computer', action: 'cursor_position', params },
		});
		expect(error).toBeUndefined();
		expect(user.actions()).toEqual([['cursor_position', {}]]);
	},
);

test('what is no object is told by an example that fits', async () => {
	const { error } = await use('custom', {
		parameters: { tool: 'computer', action: 'left_mouse_down', params: '[3,4]' },
	});
	expect(error?.description).toBe(
		'Enter an object, such as { "coordinate": [500, 300] }. Nothing was sent.',
	);
});

test('parameters may be an object', async () => {
	expect(
		(await print({ params: '={{ { copies: 3, tray: null, colour: "all" } }}' })).error,
	).toBeUndefined();
});

describe('numbers keep their digits', () => {
	const LENIENT: DesktopTool = {
		name: 'lenient',
		description: 'Takes anything',
		parameters: {
			type: 'object',
			properties: { id: { type: 'integer' }, share: { type: 'number' } },
		},
		answer: { status: 'ok' },
	};
	const act = async (params: string, more: UseOptions = {}) => {
		sandbox.setDefaults({ desktopTools: [LENIENT] });
		return await use('custom', { ...more, parameters: { tool: 'lenient', action: 'act', params } });
	};
	const sent = () =>
		sandbox
			.state()
			.desktopRequests.filter(({ method }) => method === 'POST')
			.map(({ rawBody }) => rawBody);

	test.each([
		[
			'entered',
			'{"id":7615917337495251231,"share":1.50,"zero":-0,"text":"7615917337495251231","__proto__":9007199254740992}',
			'{"id":7615917337495251231,"share":1.50,"zero":-0,"text":"7615917337495251231","__proto__":9007199254740992}',
		],
		['in the text of an expression', '={ "id": {{ $json.digits }} }', '{"id":7615917337495251231}'],
		['as a BigInt', '={{ ({ id: BigInt($json.digits) }) }}', '{"id":7615917337495251231}'],
	])('%s', async (_, params, expected) => {
		expect(
			(await act(params, { items: [{ digits: '7615917337495251231' }] })).error,
		).toBeUndefined();
		expect(sent()).toEqual([`{"action":{"tool":"lenient","action":"act","params":${expected}}}`]);
	});

	test.each(['={ "id": {{ $json.id }} }', '={{ $json }}'])(
		'a rounded one is refused: %s',
		async (params) => {
			const { error } = await act(params, { items: [{ id: 7615917337495251231 }] });
			expect(error?.message).toBe(
				'The parameter "id" is a number that cannot be sent exactly (7615917337495251000) [item 0]',
			);
			expect(user.requests()).toEqual([]);
		},
	);

	test('a retry sees that other digits were entered', async () => {
		const params = '={ "id": {{ $json.digits }} }';
		const { run } = await act(params, { items: [{ digits: '7615917337495251231' }] });
		const again = async (digits: string) =>
			(await act(params, { items: [{ digits }], retryOf: run.data })).hints;
		expect(await again('7615917337495251231')).toEqual([]);
		expect(await again('7615917337495251232')).toEqual([
			expect.stringMatching(/parameters have changed/),
		]);
		expect(sent()).toHaveLength(1);
	});
});

test.each<[string, INodeParameters, string]>([
	[
		'a long number for a text',
		{ params: '{"copies":1,"tray":7615917337495251231}' },
		'"tray" must be text or null, but is the number 7615917337495251231',
	],
	['a missing parameter', { params: '{}' }, '"copies" is missing'],
	[
		'one that is not known',
		{ params: '{"copies":1,"paper":"A4"}' },
		'"paper" is unknown (known names: copies, tray, colour)',
	],
	[
		'a wrong type',
		{ params: '{"copies":"two"}' },
		'"copies" must be a whole number, but is the text "two"',
	],
	[
		'none of several types',
		{ params: '{"copies":1,"tray":3}' },
		'"tray" must be text or null, but is the number 3',
	],
	[
		'none of the choices',
		{ params: '{"copies":1,"colour":"red"}' },
		'"colour" must be one of grey, all, but is the text "red"',
	],
	[
		'several at once',
		{ params: '{"tray":3}' },
		'"copies" is missing; "tray" must be text or null, but is the number 3',
	],
])('%s is an error before the action is sent', async (_, parameters, problem) => {
	const { error } = await print(parameters);
	expect(error?.message).toBe(
		`The tool "printer" of desktop ${id} does not accept the action "${parameters.action ?? 'print'}" with these parameters: ${problem} [item 0]`,
	);
	expect(error?.description).toMatch(/Nothing was done\.$/);
	expect(user.requests()).toEqual([`GET /${id}/tools`]);
});

test('a tool that the desktop does not have', async () => {
	const { error } = await print({ tool: 'phone' });
	expect(error?.message).toBe(`Desktop ${id} has no tool "phone" [item 0]`);
	expect(error?.description).toBe('It has: computer, printer. Nothing was done.');
	expect(user.actions()).toEqual([]);
});

test('an action that the desktop does not know, as it is told by NenAI', async () => {
	sandbox.desktopFaults.add({ match: { path: '/tools' }, refuse: { status: 404 } });
	const { error } = await use('custom', {
		parameters: { tool: 'computer', action: 'dance', params: '{}' },
	});
	expect(error?.message).toBe(
		`NenAI rejected dance on desktop ${id} (HTTP 400): Unknown action: dance [item 0]`,
	);
});

test.each([
	['cannot be had', { refuse: { status: 500 } }],
	['breaks off', { connection: 'drop-before-acting' as const }],
	['is no list', { answer: { hello: 1 } }],
	['is empty', { answer: [] }],
	['has no schema', { answer: [{ name: 'printer' }] }],
	[
		'has a schema of another form',
		{ answer: [{ name: 'printer', parameters: { type: 'object', properties: 7, required: 'x' } }] },
	],
	[
		'has types that are not known',
		{
			answer: [
				{
					name: 'printer',
					parameters: { properties: { copies: { type: 'constructor', enum: 'x' }, action: true } },
				},
			],
		},
	],
])('a list of tools that %s does not block', async (_, fault) => {
	sandbox.desktopFaults.add({ match: { path: '/tools' }, ...fault });
	const { items, error } = await print({});
	expect(error).toBeUndefined();
	expect(items[0].json.output).toBe('Printed');
});

test('a screenshot is not remembered: it only looks', async () => {
	user.fail({ refuse: { status: 400 } }, 1, { action: 'key' });
	const items = [
		{ action: 'screenshot', params: {} },
		{ action: 'key', params: { text: 'a' } },
	];
	const result = await use('custom', {
		items,
		parameters: { tool: 'computer', action: '={{ $json.action }}', params: '={{ $json.params }}' },
		settings: RETRY,
	});
	expect(result.items.map(({ binary }) => binary?.data.mimeType)).toEqual(['image/png', undefined]);
	expect(result.hints).toEqual([]);
});

test('a picture that it gives is a file', async () => {
	const {
		items: [{ json, binary }],
	} = await use('custom', { parameters: { tool: 'computer', action: 'screenshot', params: '{}' } });
	expect([json, binary?.data.mimeType]).toEqual([{ status: 'ok' }, 'image/png']);
});

test('is not done twice', async () => {
	user.fail({ connection: 'drop-after-acting' }, 1, { tool: 'printer' });
	const { error } = await print({}, { settings: RETRY });
	expect(error?.message).toMatch(
		/^It is not known whether NenAI completed printer\.print on desktop /,
	);
	expect(user.actions()).toHaveLength(1);
});

test('while a tool is looked up, the action is not sent, and a retry does it', async () => {
	sandbox.desktopFaults.add({ match: { path: '/tools' }, latencyMs: 200, times: 1 });
	let stop = () => {};
	const running = use('custom', {
		parameters: { tool: 'computer', action: 'key', params: '{"text":"a"}' },
		onStarted: (f) => (stop = f),
	});
	await sandbox.until(({ desktopRequests }) => desktopRequests.length === 1);
	stop();
	const stopped = await running;
	expect(user.actions()).toEqual([]);
	const again = await use('custom', {
		parameters: { tool: 'computer', action: 'key', params: '{"text":"a"}' },
		retryOf: stopped.run.data,
	});
	expect(again.error).toBeUndefined();
	expect(user.actions()).toHaveLength(1);
});

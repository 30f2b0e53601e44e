import { withSandbox } from './cases.mts';
import { ask, act, readPng } from './desktop/support.mts';
import type { DesktopTool, Sandbox } from './index.mts';
import { startFastSandbox } from './support.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given), startFastSandbox);
beforeEach(() => {
	id = sandbox.desktops.add();
});

const at = { coordinate: [500, 300] };
const pointing = [
	'left_click',
	'right_click',
	'double_click',
	'middle_click',
	'triple_click',
	'mouse_move',
	'left_mouse_down',
	'left_mouse_up',
];
/** Every action, with right parameters. */
const right: Array<[string, Record<string, unknown>]> = [
	['screenshot', {}],
	...pointing.map((action): [string, Record<string, unknown>] => [action, at]),
	['left_click_drag', { start_coordinate: [0, 0], coordinate: [1023, 767] }],
	['type', { text: 'Grüße\n完了' }],
	['key', { text: 'ctrl+a' }],
	['hold_key', { text: 'shift', duration: 0.5 }],
	['scroll', { ...at, scroll_direction: 'down', scroll_amount: 3 }],
	['wait', { duration: 0.5 }],
	['cursor_position', {}],
];
const shell: DesktopTool = {
	name: 'shell',
	description: 'Run a command',
	parameters: {
		type: 'object',
		properties: { action: { enum: ['run'] }, command: { type: 'string' } },
		required: ['action', 'command'],
		additionalProperties: false,
	},
};

describe('the tools', () => {
	interface Listed {
		name: string;
		description: string;
		parameters: { properties: { action: { enum: string[] } } };
	}
	const list = async () => (await ask(sandbox, 'GET', `/desktops/${id}/tools`)).body as Listed[];

	test('are computer, with every action', async () => {
		const [computer, ...others] = await list();
		expect(others).toEqual([]);
		expect(computer).toMatchObject({ name: 'computer', description: expect.any(String) });
		expect(computer.parameters.properties.action.enum.sort()).toEqual(
			right.map(([name]) => name).sort(),
		);
	});

	test('and others that are ordered', async () => {
		sandbox.setDefaults({ desktopTools: [{ ...shell, answer: { status: 'ok', output: 'done' } }] });
		expect((await list())[1]).toEqual(shell);
		const answer = await act(sandbox, id, 'run', { command: 'dir' }, { tool: 'shell' });
		expect(answer).toMatchObject({ status: 200, body: { status: 'ok', output: 'done' } });
		expect(sandbox.state().desktopActions).toMatchObject([
			{ tool: 'shell', action: 'run', params: { command: 'dir' } },
		]);
	});

	test.each([
		['run', {}],
		['run', { command: 7 }],
		['run', { command: 'dir', more: 1 }],
		['stop', { command: 'dir' }],
	])('hold others to their schema: %s with %j', async (action, params) => {
		sandbox.setDefaults({ desktopTools: [shell] });
		expect(await act(sandbox, id, action, params, { tool: 'shell' })).toMatchObject({
			status: 400,
			body: { error: expect.stringMatching(/^Invalid params of shell: ./) },
		});
		expect(sandbox.state().counts.desktopActions).toBe(0);
	});
});

describe('an action', () => {
	test.each(right)('%s with %j is done and recorded', async (action, params) => {
		expect(await act(sandbox, id, action, params)).toMatchObject({
			status: 200,
			body: { status: 'ok' },
		});
		const { desktopActions, desktopRequests } = sandbox.state();
		expect(desktopActions).toEqual([
			{
				at: expect.any(Number),
				endedAt: expect.any(Number),
				desktopId: id,
				tool: 'computer',
				action,
				params,
			},
		]);
		expect(desktopRequests).toMatchObject([{ desktopId: id, tool: 'computer', action }]);
	});

	test.each<[string, unknown]>([
		...pointing.map((action): [string, unknown] => [action, {}]),
		['left_click', { coordinate: ['500', '300'] }],
		['left_click', { coordinate: [1] }],
		['left_click', { coordinate: [1, 2, 3] }],
		['left_click', { coordinate: [1.5, 2] }],
		['left_click', { coordinate: [-1, 2] }],
		['left_click', { coordinate: [1024, 2] }],
		['left_click', { coordinate: [2, 768] }],
		['left_click', { x: 1, y: 2 }],
		['left_click', { ...at, button: 'left' }],
		['left_click', null],
		['left_click', []],
		['left_click_drag', at],
		['left_click_drag', { ...at, start_coordinate: [5000, 1] }],
		['type', {}],
		['type', { text: 5 }],
		['key', { key: 'Return' }],
		['key', { text: '' }],
		['hold_key', { text: 'a' }],
		['hold_key', { text: 'a', duration: '1' }],
		['wait', {}],
		['wait', { duration: -1 }],
		['scroll', at],
		['scroll', { scroll_direction: 'down', scroll_amount: 3 }],
		['scroll', { ...at, scroll_direction: 'down' }],
		['scroll', { ...at, scroll_direction: 'away', scroll_amount: 3 }],
		['scroll', { ...at, scroll_direction: 'down', scroll_amount: 3, direction: 'up' }],
		['scroll', { ...at, scroll_direction: 'down', scroll_amount: 3, amount: 4 }],
		['screenshot', { whole: true }],
		['no_such', {}],
		['toString', {}],
	])('%s with %j is refused', async (action, params) => {
		const before = sandbox.desktops.get(id);
		expect(await act(sandbox, id, action, params)).toMatchObject({
			status: 400,
			body: { error: expect.any(String) },
		});
		expect(sandbox.desktops.get(id)).toEqual(before);
		expect(sandbox.state().desktopActions).toEqual([]);
	});

	test.each([
		[{}],
		[{ action: 'screenshot' }],
		[{ action: { tool: 'computer', action: 'screenshot' } }],
		[{ action: { action: 'screenshot', params: {} } }],
		[{ action: { tool: 'keyboard', action: 'screenshot', params: {} } }],
		[{ action: { tool: 'computer', action: 'screenshot', params: {}, timeout: 5 } }],
		[{ action: { tool: 'computer', action: 'screenshot', params: {} }, more: 1 }],
		[[]],
	])('in another form is refused: %j', async (json) => {
		expect(await ask(sandbox, 'POST', `/desktops/${id}/execute`, { json })).toMatchObject({
			status: 400,
		});
		expect(sandbox.state().desktopActions).toEqual([]);
	});

	test('may name the way to scroll as the SDKs do, or in both ways', async () => {
		const asSdk = { ...at, direction: 'up', amount: 2 };
		for (const params of [asSdk, { ...asSdk, scroll_direction: 'up', scroll_amount: 2 }])
			expect((await act(sandbox, id, 'scroll', params)).status).toBe(200);
	});

	test('is in the log of its desktop, and of no other', async () => {
		await act(sandbox, sandbox.desktops.add(), 'screenshot');
		await act(sandbox, id, 'key', { text: 'Return' });
		expect((await ask(sandbox, 'GET', `/desktops/${id}/tool-logs`)).body).toMatchObject([
			{ tool: 'computer', action: 'key', params: { text: 'Return' } },
		]);
	});
});

describe('the desktop knows', () => {
	const position = async () => (await act(sandbox, id, 'cursor_position')).body;

	test('where the pointer is', async () => {
		expect(await position()).toEqual({
			status: 'ok',
			output: 'X=512,Y=384',
			coordinate: [512, 384],
		});
		for (const [index, action] of [...pointing, 'scroll'].entries()) {
			const scrolling = action === 'scroll' ? { scroll_direction: 'up', scroll_amount: 1 } : {};
			await act(sandbox, id, action, { coordinate: [index, 7], ...scrolling });
			expect(await position()).toMatchObject({ coordinate: [index, 7] });
		}
		await act(sandbox, id, 'left_click_drag', { start_coordinate: [1, 2], coordinate: [3, 4] });
		expect(sandbox.desktops.get(id)?.cursor).toEqual([3, 4]);
	});

	test('what was typed and pressed on it, and not on another', async () => {
		const other = sandbox.desktops.add();
		await act(sandbox, id, 'type', { text: 'Grüße ' });
		await act(sandbox, id, 'type', { text: '完了' });
		await act(sandbox, id, 'key', { text: 'Return' });
		await act(sandbox, id, 'hold_key', { text: 'shift', duration: 0 });
		expect(sandbox.desktops.get(id)).toMatchObject({
			typed: 'Grüße 完了',
			keys: ['Return', 'shift'],
		});
		expect(sandbox.desktops.get(other)).toMatchObject({ typed: '', keys: [] });
	});
});

describe('the picture', () => {
	const screenshot = async () => {
		const { body } = await act(sandbox, id, 'screenshot');
		return Buffer.from((body as { base64_image: string }).base64_image, 'base64');
	};

	test('is a PNG of a screen with several things on it, and small', async () => {
		const png = await screenshot();
		const { width, height, pixels } = readPng(png);
		expect([width, height]).toEqual([1024, 768]);
		expect(new Set(pixels).size).toBeGreaterThan(5);
		const wall = pixels.filter((pixel) => pixel === pixels[0]).length;
		expect(wall / pixels.length).toBeGreaterThan(0.3);
		expect(wall / pixels.length).toBeLessThan(0.8);
		expect(png.length).toBeLessThan(20_000);
	});

	test('shows where the pointer is and that something was typed, and is otherwise the same', async () => {
		const first = await screenshot();
		expect(await screenshot()).toEqual(first);
		await act(sandbox, id, 'mouse_move', { coordinate: [0, 0] });
		const moved = await screenshot();
		expect(readPng(moved).pixels[0]).toBe('000000');
		expect(readPng(first).pixels[0]).not.toBe('000000');
		await act(sandbox, id, 'type', { text: 'x' });
		expect(await screenshot()).not.toEqual(moved);
	});

	test('is as large as the screen, also with the pointer in its corner', async () => {
		sandbox.setDefaults({ desktopScreen: { width: 320, height: 200 } });
		expect((await act(sandbox, id, 'mouse_move', { coordinate: [320, 1] })).status).toBe(400);
		await act(sandbox, id, 'mouse_move', { coordinate: [319, 199] });
		const { width, height, pixels } = readPng(await screenshot());
		expect([width, height, pixels.length]).toEqual([320, 200, 64_000]);
		expect(pixels[63_999]).toBe('000000');
	});
});

test('the older form of answers', async () => {
	sandbox.setDefaults({ desktopAnswers: 'older' });
	expect((await act(sandbox, id, 'cursor_position')).body).toEqual({
		success: true,
		output: 'X=512,Y=384',
		screenshot: null,
		error: null,
	});
	expect((await act(sandbox, id, 'screenshot')).body).toEqual({
		success: true,
		output: null,
		screenshot: expect.stringMatching(/^iVBORw0KGgo/),
		error: null,
	});
	expect((await act(sandbox, id, 'left_click')).body).toEqual({ error: expect.any(String) });
});

describe('time', () => {
	test.each(['wait', 'hold_key'])('%s takes its own, by the scale', async (action) => {
		const text = action === 'wait' ? {} : { text: 'a' };
		const before = Date.now();
		await act(sandbox, id, action, { duration: 10, ...text });
		const [{ at: from, endedAt }] = sandbox.state().desktopActions;
		expect((endedAt ?? 0) - from).toBeGreaterThanOrEqual(98);
		expect(Date.now() - before).toBeLessThan(2000);
		sandbox.setDefaults({ desktopTimeScale: 0.001 });
		const quick = Date.now();
		// Ten minutes, at a thousandth.
		await act(sandbox, id, action, { duration: 600, ...text });
		expect(Date.now() - quick).toBeLessThan(3000);
	});

	test('an action that goes on has no end yet', async () => {
		const waiting = act(sandbox, id, 'wait', { duration: 10 });
		const state = await sandbox.until(({ counts }) => counts.desktopActions === 1);
		expect(state.desktopActions[0].endedAt).toBeNull();
		await waiting;
		expect(state.desktopActions[0].endedAt).not.toBeNull();
	});

	test('actions at one time are counted', async () => {
		await Promise.all([1, 2, 3].map(() => act(sandbox, id, 'wait', { duration: 5 })));
		await act(sandbox, id, 'wait', { duration: 1 });
		await ask(sandbox, 'GET', '/desktops');
		expect(sandbox.state().counts).toMatchObject({
			desktopActions: 4,
			maxConcurrentDesktopActions: 3,
		});
	});
});

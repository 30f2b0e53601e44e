/** What acts on the screen of a desktop, and the cursor position: Click, Type and the others. */
import type { INodeParameters } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import { errorAnswer, type DesktopFault, type Sandbox } from '../../../sandbox/index.mts';
import { executeInsideAgent } from '../../engine.mts';
import { computerTestKit, PIXEL } from '../../computerTestKit.mts';
import { CONTINUE, RETRY, stored, type UseOptions } from '../../onDesktops.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given), { desktopTimeScale: 0.01 });
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, use, click } = computerTestKit(
	() => sandbox,
	() => id,
);

describe('each action, as it is told to the desktop', () => {
	const CASES: Array<
		[operation: string, parameters: INodeParameters, action: string, params: object]
	> = [
		['click', { x: 10, y: 20 }, 'left_click', { coordinate: [10, 20] }],
		['click', { x: 10, y: 20, button: 'left' }, 'left_click', { coordinate: [10, 20] }],
		['click', { x: 0, y: 0, button: 'right' }, 'right_click', { coordinate: [0, 0] }],
		['click', { x: 1, y: 2, button: 'middle' }, 'middle_click', { coordinate: [1, 2] }],
		['click', { x: 1, y: 2, button: 'double' }, 'double_click', { coordinate: [1, 2] }],
		['click', { x: 1, y: 2, button: 'triple' }, 'triple_click', { coordinate: [1, 2] }],
		['click', { x: 1, y: 2, button: ' Double' }, 'double_click', { coordinate: [1, 2] }],
		['mouseMove', { x: 5, y: 6 }, 'mouse_move', { coordinate: [5, 6] }],
		[
			'drag',
			{ x: 5, y: 6, toX: 7, toY: 8 },
			'left_click_drag',
			{ start_coordinate: [5, 6], coordinate: [7, 8] },
		],
		['type', { text: '  Zoë\n\t{{ x }} ' }, 'type', { text: '  Zoë\n\t{{ x }} ' }],
		['key', { key: ' ctrl+a ' }, 'key', { text: 'ctrl+a' }],
		['holdKey', { key: 'Down', duration: 0.5 }, 'hold_key', { text: 'Down', duration: 0.5 }],
		[
			'scroll',
			{ x: 1, y: 2 },
			'scroll',
			{
				coordinate: [1, 2],
				scroll_direction: 'down',
				scroll_amount: 3,
				direction: 'down',
				amount: 3,
			},
		],
		[
			'scroll',
			{ x: 1, y: 2, direction: 'left', amount: 9 },
			'scroll',
			{
				coordinate: [1, 2],
				scroll_direction: 'left',
				scroll_amount: 9,
				direction: 'left',
				amount: 9,
			},
		],
		[
			'scroll',
			{ x: 1, y: 2, direction: 'UP' },
			'scroll',
			{ coordinate: [1, 2], scroll_direction: 'up', scroll_amount: 3, direction: 'up', amount: 3 },
		],
		['wait', { duration: 2 }, 'wait', { duration: 2 }],
		['cursorPosition', {}, 'cursor_position', {}],
		['screenshot', {}, 'screenshot', {}],
		[
			'custom',
			{ tool: 'computer', action: 'left_mouse_down', params: '{"coordinate":[3,4]}' },
			'left_mouse_down',
			{ coordinate: [3, 4] },
		],
	];

	test.each(CASES)('%s %j', async (operation, parameters, action, params) => {
		const { items, error } = await use(operation, { parameters });
		expect(error).toBeUndefined();
		expect(user.actions()).toEqual([[action, params]]);
		expect(items[0]).toMatchObject({ json: { status: 'ok' }, pairedItem: { item: 0 } });
	});

	test('what the desktop says comes out unchanged', async () => {
		expect((await use('cursorPosition')).items[0].json).toEqual({
			status: 'ok',
			output: 'X=512,Y=384',
			coordinate: [512, 384],
		});
		expect((await use('type', { parameters: { text: 'abc' } })).items[0].json).toEqual({
			status: 'ok',
			output: 'Typed 3 characters',
		});
	});

	test('but for the link of a session, which is left out', async () => {
		user.fail({
			answer: {
				status: 'ok',
				output: 'x',
				href: 'https://s.invalid/1',
				session: { token: 't' },
				more: [{ session_link: 'l', kept: 1 }],
			},
		});
		expect((await use('type', { parameters: { text: 'abc' } })).items[0].json).toEqual({
			status: 'ok',
			output: 'x',
			more: [{ kept: 1 }],
		});
	});

	test.each<[string, object]>([
		[
			'the links of a web page',
			{
				output: {
					title: 'Claims',
					links: [
						{ text: 'Pay', href: '/pay' },
						{ text: 'Help', href: 'https://help.example/start' },
					],
				},
			},
		],
		['a relative href', { href: '/claims/7', more: [{ href: '#top' }] }],
		['a list of notes', { session_notes: ['The patient came late', 'Call back'] }],
		[
			'what is said of a session',
			{ session: { active: true, interactive: false, port: 7 }, session_state: 'open' },
		],
	])('%s stay', async (_, answer) => {
		user.fail({ answer: { status: 'ok', ...answer } });
		const { items, hints } = await use('type', { parameters: { text: 'abc' } });
		expect(items[0].json).toEqual({ status: 'ok', ...answer });
		expect(hints).toEqual([]);
	});

	test.each<[string, object, object]>([
		[
			"a session's link",
			{ session: { href: 'https://s.invalid/secret-of', active: true, interactive: true } },
			{ session: { active: true, interactive: true } },
		],
		[
			'in the output',
			{ output: { session: { href: 'https://s.invalid/secret-of', active: true } } },
			{ output: { session: { active: true } } },
		],
		[
			'a session without its name',
			{ output: [{ href: 'https://s.invalid/secret-of', active: true, interactive: true }] },
			{ output: [{ active: true, interactive: true }] },
		],
		[
			'a link that says that it is one',
			{ output: { href: 'https://desktops.getnen.ai/secret-of' } },
			{},
		],
		[
			'as JSON in JSON has it',
			{ session_state: 'at https:\\/\\/s.invalid\\/secret-of', kept: 1 },
			{ kept: 1 },
		],
		[
			'a relative link of a session',
			{ session: '/sessions/secret-of', session_link: 'secret-of', sessionToken: 'secret-of' },
			{},
		],
	])('%s does not, and a hint says so', async (_, answer, json) => {
		user.fail({ answer: { status: 'ok', ...answer } });
		const result = await use('type', { items: [{}, {}], parameters: { text: 'abc' } });
		expect(result.items[0].json).toEqual({ status: 'ok', ...json });
		expect(result.hints).toEqual([
			'The link of a session was left out of the output: anyone with the link can use the desktop. Desktop → Get Session returns it.',
		]);
		expect(stored(result)).not.toContain('secret-of');
	});

	test('numbers may be texts, and texts numbers', async () => {
		await use('click', { parameters: { x: '={{ "10" }}', y: ' 20 ' } });
		await use('type', { parameters: { text: '={{ 12 }}' } });
		expect(user.actions()).toEqual([
			['left_click', { coordinate: [10, 20] }],
			['type', { text: '12' }],
		]);
	});
});

describe('order', () => {
	test('items act one after the other, in their order', async () => {
		user.fail({ latencyMs: 5 });
		const texts = Array.from({ length: 20 }, (_, n) => ({ t: `${n} ` }));
		const { items } = await use('type', { items: texts, parameters: { text: '={{ $json.t }}' } });
		expect(items).toHaveLength(20);
		expect(sandbox.desktops.get(id)?.typed).toBe(texts.map(({ t }) => t).join(''));
		expect(sandbox.state().counts.maxConcurrentDesktopActions).toBe(1);
	});

	test('the order stays where NenAI is busy for a moment', async () => {
		user.fail({}, 2);
		user.fail({ refuse: { status: 429 } }, 2);
		await use('type', {
			items: [...'abcdef'].map((t) => ({ t })),
			parameters: { text: '={{ $json.t }}' },
		});
		expect(sandbox.desktops.get(id)?.typed).toBe('abcdef');
		expect(sandbox.state().counts.maxConcurrentDesktopActions).toBe(1);
	});

	test('screenshots and cursor positions, too', async () => {
		user.fail({ latencyMs: 5 });
		await use('screenshot', { items: [{}, {}, {}] });
		await use('cursorPosition', { items: [{}, {}, {}] });
		expect(sandbox.state().counts.maxConcurrentDesktopActions).toBe(1);
	});

	test('the first that fails ends it', async () => {
		const { error } = await click({
			items: [{ x: 1 }, { x: 9999 }, { x: 3 }],
			parameters: { x: '={{ $json.x }}' },
		});
		expect(error?.message).toBe(
			`NenAI rejected left_click on desktop ${id} (HTTP 400): Outside the screen of 1024x768: 9999, 20 [item 1]`,
		);
		expect(error?.description).toBe(
			'Check the parameters: something is missing, has the wrong form, or is outside the screen. Nothing was done. 1 other item was done. Retry does not do it again.',
		);
		expect(user.actions()).toHaveLength(1);
	});
});

describe('an action is never done twice', () => {
	const typing = (options: UseOptions = {}) =>
		use('type', {
			items: [...'abc'].map((t) => ({ t })),
			...options,
			parameters: { text: '={{ $json.t }}', ...options.parameters },
		});
	const typed = () => sandbox.desktops.get(id)?.typed;

	test.each([
		[
			'the connection breaks',
			{ connection: 'drop-after-acting' as const },
			/the connection broke \(ECONNRESET\)/,
		],
		['half an answer comes', { connection: 'cut-answer' as const }, /the connection broke/],
		['NenAI answers 500', { wholeAnswer: { status: 500 } }, /it answered with HTTP 500/],
		[
			'a gateway answers',
			{ wholeAnswer: errorAnswer(504, 'html') },
			/a gateway in front of NenAI answered with HTTP 504/,
		],
		[
			'it is not JSON',
			{ wholeAnswer: { status: 200, body: 'fine' } },
			/the response has an unexpected form \(HTTP 200\): fine/,
		],
	])(
		'where %s: not repeated by Retry On Fail, and what comes after it is not done either',
		async (_, fault, reason) => {
			user.fail({}, 1);
			user.fail(fault, 1);
			const { error } = await typing({ settings: RETRY });
			expect(error?.message).toMatch(
				/^It is not known whether NenAI completed type on desktop dsk_\w+: .* \[item 1\]$/,
			);
			expect(error?.message).toMatch(reason);
			expect(error?.description).toContain(
				'NenAI may have done this, so it is not done again: for example, a click may have paid a bill. Look at the screen (Computer → Screenshot) before you do it again.',
			);
			expect(typed()).toBe('ab');
			expect(user.requests()).toHaveLength(2);
		},
	);

	test('where no answer comes in time', async () => {
		user.fail({ connection: 'silent-after-acting' });
		const { error } = await click({ options: { timeout: 1 }, settings: RETRY });
		expect(error?.message).toMatch(
			/^It is not known whether NenAI completed left_click .*: no response came in time/,
		);
		expect(error?.description).toMatch(/The timeout for one request is 1 second\.$/);
		expect(user.actions()).toHaveLength(1);
	});

	test('Retry in the list of executions does not repeat it, either', async () => {
		user.fail({}, 1);
		user.fail({ connection: 'drop-after-acting' }, 1);
		const first = await typing();
		const again = await typing({ retryOf: JSON.parse(JSON.stringify(first.run.data)) });
		expect(again.error?.message).toMatch(
			/It is not known whether NenAI completed type .*\[item 1\]$/,
		);
		expect(typed()).toBe('ab');
	});

	test('what was refused is done by the next try, and what was done before it is given again', async () => {
		user.fail({}, 1);
		user.fail({ refuse: { status: 400 } }, 1);
		const { items, error, hints } = await typing({ settings: RETRY });
		expect([error, hints]).toEqual([undefined, []]);
		expect(items.map(({ json }) => json.output)).toEqual([
			'Typed 1 characters',
			'Typed 1 characters',
			'Typed 1 characters',
		]);
		expect(typed()).toBe('abc');
	});

	test.each([
		['Continue', CONTINUE],
		['the error output', { onError: 'continueErrorOutput' as const }],
	])('with %s, what was refused is not done after what comes behind it', async (_, settings) => {
		user.fail({ refuse: { status: 400, body: { error: 'No focus' } } }, 1);
		const result = await typing({ settings: { ...settings, ...RETRY } });
		expect(typed()).toBe('bc');
		const failed = [...result.items, ...result.failedItems]
			.map(({ json }) => json.error)
			.filter((error) => error !== undefined);
		expect(failed).toEqual([
			expect.stringMatching(
				/\(HTTP 400\): No focus \[item 0\]\. .*Nothing was done\. It is not done now, because later items have already been done: start a new execution\.$/,
			),
		]);
	});

	test('nor where the one behind it may have been done', async () => {
		user.fail({ refuse: { status: 400 } }, 1);
		user.fail({ connection: 'drop-after-acting' }, 1);
		const { items } = await typing({
			items: [{ t: 'a' }, { t: 'b' }],
			settings: { ...CONTINUE, ...RETRY },
		});
		expect(typed()).toBe('b');
		expect(items.map(({ json }) => json.error)).toEqual([
			expect.stringMatching(/It is not done now, because later items have already been done/),
			expect.stringMatching(/^It is not known/),
		]);
	});

	test('where a picture was asked for, a new one is taken', async () => {
		user.fail({ refuse: { status: 400 } }, 1, { action: 'left_click' });
		const first = await click({ items: [{}], options: { screenshotAfter: true }, settings: RETRY });
		expect(first.items[0].binary?.data.mimeType).toBe('image/png');
		sandbox.reset();
		id = sandbox.desktops.add();
		user.fail({}, 1, { action: 'left_click' });
		user.fail({ refuse: { status: 400 } }, 1, { action: 'left_click' });
		const { items, error } = await click({
			items: [{}, {}],
			options: { screenshotAfter: true },
			settings: RETRY,
		});
		expect(error).toBeUndefined();
		expect(items.map(({ binary }) => binary?.data.mimeType)).toEqual(['image/png', 'image/png']);
		expect(user.actions().map(([action]) => action)).toEqual([
			'left_click',
			'screenshot',
			'screenshot',
			'left_click',
			'screenshot',
		]);
	});

	test('where the action itself gave one, a hint says that it was not kept', async () => {
		user.fail({ answer: { status: 'ok', base64_image: PIXEL.toString('base64') } }, 1);
		user.fail({ refuse: { status: 400 } }, 1);
		const result = await click({ items: [{}, {}], settings: RETRY });
		expect(result.items.map(({ binary }) => binary)).toEqual([undefined, undefined]);
		expect(result.hints).toEqual([
			'Item 0: The action was completed in an earlier try, and its picture was not kept.',
		]);
		expect(JSON.stringify(result.run.data.executionData)).not.toContain(PIXEL.toString('base64'));
	});

	test('what was typed may be a secret, so the memory does not hold it', async () => {
		const result = await use('type', { parameters: { text: '={{ "pass" + "word-1" }}' } });
		expect(stored(result)).not.toContain('password-1');
	});

	test.each([
		['429', { refuse: { status: 429 } }],
		['503', { refuse: { status: 503 } }],
	])('but after %s, where nothing was accepted, it is sent again', async (_, fault) => {
		user.fail(fault, 2);
		const { error } = await click();
		expect(error).toBeUndefined();
		expect(user.actions()).toHaveLength(1);
	});

	test.each(['screenshot', 'cursorPosition'])(
		'%s is repeated: it only looks',
		async (operation) => {
			user.fail({ connection: 'drop-after-acting' }, 1);
			user.fail({ refuse: { status: 500 } }, 1);
			const { error } = await use(operation);
			expect(error).toBeUndefined();
			expect(user.requests()).toHaveLength(3);
		},
	);

	test('a wait takes its time on top of the time for an answer', async () => {
		sandbox.setDefaults({ desktopTimeScale: 1 });
		const { error } = await use('wait', { parameters: { duration: 1.5 }, options: { timeout: 1 } });
		expect(error).toBeUndefined();
	});

	test.each<[string, INodeParameters, number]>([
		['type', { text: 'x'.repeat(12_000) }, 1201],
		['type', { text: 'x' }, 2],
		['type', { text: 'x'.repeat(1_000_000) }, 3601],
		[
			'custom',
			{ tool: 'computer', action: 'type', params: JSON.stringify({ text: 'x'.repeat(12_000) }) },
			1201,
		],
		['custom', { tool: 'computer', action: 'hold_key', params: '{"text":"a","duration":7}' }, 8],
		['custom', { tool: 'computer', action: 'wait', params: '{"duration":"7"}' }, 8],
		[
			'custom',
			{ tool: 'computer', action: 'left_click', params: '{"coordinate":[1,2],"duration":7}' },
			1,
		],
		['holdKey', { key: 'a', duration: 7 }, 8],
		['wait', { duration: 7 }, 8],
		['click', { x: 1, y: 1 }, 1],
	])(
		'%s may take as long as it needs, on top of the time for an answer',
		async (operation, parameters, seconds) => {
			user.fail({ connection: 'drop-before-acting' }, undefined, { path: '/execute' });
			const { error } = await use(operation, { parameters, options: { timeout: 1 } });
			expect(error?.description).toContain(
				`The timeout for one request is ${seconds === 1 ? '1 second' : `${seconds} seconds`}.`,
			);
		},
	);
});

describe('an answer that cannot be read', () => {
	const whole = (body: string) => ({
		wholeAnswer: { status: 200, contentType: 'application/json', body },
	});
	const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
	/** Of three items, the second is answered so. */
	const typing = async (fault: DesktopFault) => {
		user.fail({}, 1);
		user.fail(fault, 1);
		return await use('type', {
			items: [...'abc'].map((t) => ({ t })),
			parameters: { text: '={{ $json.t }}' },
			settings: CONTINUE,
		});
	};

	test.each<[string, DesktopFault, RegExp]>([
		[
			'is nested 20,000 levels deep',
			whole(deep),
			/the response is nested more than 1000 levels deep \(HTTP 200\)/,
		],
		[
			'is a list nested 20,000 levels deep',
			whole('['.repeat(20_000) + ']'.repeat(20_000)),
			/the response is nested more than 1000 levels deep/,
		],
		[
			'is an error nested 20,000 levels deep',
			{ wholeAnswer: { status: 500, contentType: 'application/json', body: `{"error":${deep}}` } },
			/it answered with HTTP 500/,
		],
		[
			'is larger than 50 MB',
			whole(`{"status":"ok","output":"${'x'.repeat(50_000_000)}"}`),
			/the response is larger than 50 MB/,
		],
	])(
		'%s: it is not known whether this item was done, and the others are',
		async (_, fault, says) => {
			const { items, error } = await typing(fault);
			expect(error).toBeUndefined();
			expect(items.map(({ json }) => json.output ?? json)).toEqual([
				'Typed 1 characters',
				{ error: expect.stringMatching(says), uncertain: true },
				'Typed 1 characters',
			]);
			expect(String(items[1].json.error)).toMatch(
				/^It is not known whether NenAI completed type on desktop .*\[item 1\]/,
			);
			expect(sandbox.desktops.get(id)?.typed).toBe('abc');
		},
	);

	test.each<[string, DesktopFault, RegExp]>([
		[
			'nested',
			whole(deep),
			/^NenAI answered the request for the cursor position on desktop dsk_\w+, but the response is nested more than 1000 levels deep/,
		],
		[
			'large',
			whole(`"${'x'.repeat(50_000_001)}"`),
			/^NenAI answered the request for the cursor position on desktop dsk_\w+, but the response is larger than 50 MB \[item 0\]$/,
		],
	])('of what only looks, it is an error: %s', async (_, fault, says) => {
		user.fail(fault);
		expect((await use('cursorPosition')).error?.message).toMatch(says);
		expect(user.requests()).toHaveLength(1);
	});

	test('one of 49 MB can be read', async () => {
		const output = 'x'.repeat(49_000_000);
		user.fail(whole(JSON.stringify({ status: 'ok', output })));
		const { items } = await use('cursorPosition');
		expect(items[0].json.output === output).toBe(true);
	});

	test('one that stops coming is given up in time', async () => {
		user.fail({ connection: 'silent-after-acting' });
		const { error } = await use('type', { parameters: { text: 'abc' }, options: { timeout: 1 } });
		expect(error?.description).toMatch(/The timeout for one request is 2 seconds\.$/);
	});

	test('a text of 300 kB about a session takes no time', async () => {
		user.fail(whole(JSON.stringify({ status: 'ok', session_notes: 'a'.repeat(300_000) })));
		const { items } = await use('cursorPosition');
		expect(String(items[0].json.session_notes)).toHaveLength(300_000);
	});
});

describe('what NenAI says went wrong in an answer is an error', () => {
	test.each([
		[
			'success: false',
			{ success: false, output: null, screenshot: null, error: 'The window is gone' },
			'The window is gone',
		],
		[
			'success: false without words',
			{ success: false, output: 'No such window' },
			'No such window',
		],
		['an error beside ok', { status: 'ok', error: 'Half of it' }, 'Half of it'],
		['a status', { status: 'error' }, ''],
		['an error that is an object', { status: 'ok', error: { code: 7 } }, '{"code":7}'],
	])('%s', async (_, answer, says) => {
		user.fail({ answer });
		const { error } = await click({ settings: RETRY });
		expect(error?.message).toBe(
			`NenAI says that left_click on desktop ${id} failed${says && `: ${says}`} [item 0]`,
		);
		expect(error?.description).toMatch(
			/^NenAI may have done this, so it is not done again: .*Look at the screen/,
		);
		expect(user.requests()).toHaveLength(1);
	});

	test('and of what only looks, too', async () => {
		user.fail({ answer: { success: false, error: 'No screen' } });
		const { error } = await use('screenshot');
		expect(error?.message).toMatch(/failed: No screen \[item 0\]$/);
		expect(error?.description).toMatch(
			/^Check the parameters, and look at the desktop with Desktop → Get\./,
		);
	});

	test('Retry in the list of executions does not do it again', async () => {
		user.fail({ answer: { success: false, error: 'The window is gone' } }, 1);
		const first = await click();
		const again = await click({ retryOf: JSON.parse(JSON.stringify(first.run.data)) });
		expect(again.error?.message).toMatch(/failed: The window is gone \[item 0\]$/);
		expect(user.requests()).toHaveLength(1);
	});

	test.each([
		{ status: 'ok', error: null },
		{ status: 'ok', error: '' },
		{ success: true, error: null },
		{},
		{ status: 'done' },
	])('%j is none', async (answer) => {
		user.fail({ answer });
		expect((await click()).error).toBeUndefined();
	});
});

describe('parameters that cannot be meant are an error before any request', () => {
	test.each<[string, INodeParameters, string]>([
		[
			'click',
			{ x: '={{ $json.nothing }}', y: 1 },
			'X (x) must be a whole number that is not negative, but is missing',
		],
		[
			'click',
			{ x: '={{ null }}', y: 1 },
			'X (x) must be a whole number that is not negative, but is null',
		],
		[
			'click',
			{ x: '={{ "" }}', y: 1 },
			'X (x) must be a whole number that is not negative, but is empty',
		],
		[
			'click',
			{ x: 1, y: -1 },
			'Y (y) must be a whole number that is not negative, but is the number -1',
		],
		[
			'click',
			{ x: 1.5, y: 1 },
			'X (x) must be a whole number that is not negative, but is the number 1.5',
		],
		['click', { x: '={{ "left" }}', y: 1 }, 'X (x) must be a number, but is the text "left"'],
		['click', { x: '={{ [1, 2] }}', y: 1 }, 'X (x) must be a number, but is a list'],
		[
			'click',
			{ x: 1, y: 1, button: '={{ "thumb" }}' },
			'Button (button) must be one of double, left, middle, right, triple, but is the text "thumb"',
		],
		[
			'drag',
			{ x: 1, y: 1, toX: 1, toY: '={{ NaN }}' },
			'To Y (toY) must be a number, but is the number NaN',
		],
		['type', { text: '={{ "" }}' }, 'Text (text) is empty'],
		['type', { text: '={{ null }}' }, 'Text (text) is empty'],
		['type', { text: '={{ { a: 1 } }}' }, 'Text (text) must be text, but is an object'],
		['key', { key: '={{ " " }}' }, 'Key (key) is empty'],
		['holdKey', { key: 'a', duration: -1 }, 'Duration (duration) is negative'],
		[
			'holdKey',
			{ key: 'a', duration: 3601 },
			'Duration (duration) is longer than an hour: 3601 seconds',
		],
		[
			'wait',
			{ duration: '={{ 1e12 }}' },
			'Duration (duration) is longer than an hour: 1000000000000 seconds',
		],
		[
			'scroll',
			{ x: 1, y: 1, amount: '={{ 0 }}' },
			'Amount (amount) must be a whole number of at least 1, but is 0',
		],
		[
			'scroll',
			{ x: 1, y: 1, direction: '={{ "sideways" }}' },
			'Direction (direction) must be one of down, left, right, up, but is the text "sideways"',
		],
		[
			'wait',
			{ duration: '={{ "long" }}' },
			'Duration (duration) must be a number, but is the text "long"',
		],
		[
			'screenshot',
			{ binaryPropertyName: '={{ "" }}' },
			'Put Output File in Field (binaryPropertyName) is empty',
		],
		[
			'click',
			{ x: 1, y: 1, options: { screenshotAfter: '={{ "perhaps" }}' } },
			'Screenshot After (screenshotAfter) must be true or false, but is the text "perhaps"',
		],
		['custom', { tool: '={{ "" }}', action: 'a' }, 'Tool (tool) is empty'],
		['custom', { tool: 'computer', action: '={{ "" }}' }, 'Action (action) is empty'],
		[
			'custom',
			{ tool: 'computer', action: 'key', params: '{"text"' },
			"Parameters (JSON, params) is not valid JSON: Expected ':' after property name in JSON at position 7 (line 1 column 8)",
		],
		[
			'custom',
			{ tool: 'computer', action: 'key', params: '={{ [1] }}' },
			'Parameters (JSON, params) must be a JSON object, but is a list',
		],
	])('%s %j', async (operation, parameters, message) => {
		const { error } = await use(operation, { parameters });
		expect(error?.message).toBe(`${message} [item 0]`);
		expect(user.requests()).toEqual([]);
	});
});

describe('errors', () => {
	test('an unknown desktop', async () => {
		const { error } = await click({ parameters: { desktopId: 'dsk_0' } });
		expect(error?.message).toBe(
			'NenAI rejected left_click on desktop dsk_0 (HTTP 404): Desktop dsk_0 not found [item 0]',
		);
		expect(error?.description).toMatch(
			/^Check the desktop ID, or choose the desktop from the list.* Nothing was done\.$/,
		);
	});

	test('a deleted desktop', async () => {
		const deleted = sandbox.desktops.add({ status: 'deleted' });
		for (const operation of ['screenshot', 'cursorPosition']) {
			const { error } = await use(operation, { parameters: { desktopId: deleted } });
			expect(error?.message).toMatch(/\(HTTP 410\): Desktop dsk_\w+ is deleted/);
			expect(error?.description).toMatch(/^The desktop and all its data have been deleted/);
		}
	});

	test('a wrong key', async () => {
		const { error } = await click({
			credentials: user.credentials({ apiKey: 'wrong-key-secret' }),
		});
		expect(error?.message).toMatch(/^NenAI did not accept the API key for left_click/);
		expect(error?.stored).not.toContain('wrong-key-secret');
	});

	test('Continue: items carry their errors, the others go on', async () => {
		const { items } = await click({
			items: [{ x: 1 }, { x: 9999 }, { x: 'no' }, { x: 4 }],
			parameters: { x: '={{ $json.x }}' },
			settings: CONTINUE,
		});
		expect(items.map(({ json }) => json.error ?? json.status)).toEqual([
			'ok',
			expect.stringMatching(/Outside the screen.*\[item 1\]/),
			expect.stringMatching(/X \(x\) must be a number.*\[item 2\]/),
			'ok',
		]);
		expect(user.actions()).toHaveLength(2);
	});

	test('as a tool of an older agent, it gives the answer, or the failure in words', async () => {
		const inAgent = async (x: number) =>
			(
				await executeInsideAgent(
					{ resource: 'computer', operation: 'click', desktopId: id, x, y: 1 },
					user.credentials(),
				)
			)?.[0].map(({ json }) => json);
		expect(await inAgent(1)).toEqual([{ status: 'ok' }]);
		expect(await inAgent(5000)).toEqual([
			{ error: expect.stringMatching(/^NenAI rejected left_click .*Outside the screen/) },
		]);
	});
});

describe('when the execution is stopped', () => {
	test('nothing more is done, no picture is taken, and what was under way is not done again', async () => {
		user.fail({ latencyMs: 300 });
		let stop = () => {};
		const running = click({
			items: [{}, {}, {}],
			options: { screenshotAfter: true },
			onStarted: (f) => (stop = f),
		});
		await sandbox.until(({ desktopRequests }) => desktopRequests.length === 1);
		stop();
		const stopped = await running;
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(user.requests()).toHaveLength(1);
		sandbox.desktopFaults.clear();
		const again = await click({ items: [{}, {}, {}], retryOf: stopped.run.data });
		expect(again.error?.message).toMatch(/not known whether NenAI completed.*stopped/);
		expect(user.requests()).toHaveLength(1);
	});

	test('between an action and its picture, no picture is taken', async () => {
		user.fail({ latencyMs: 300 }, undefined, { action: 'screenshot' });
		let stop = () => {};
		const running = click({
			items: [{}, {}],
			options: { screenshotAfter: true },
			onStarted: (f) => (stop = f),
		});
		await sandbox.until(({ desktopRequests }) => desktopRequests.length === 2);
		stop();
		await running;
		await new Promise((resolve) => setTimeout(resolve, 400));
		expect(user.requests()).toHaveLength(2);
	});

	test('waiting for a retry ends at once', async () => {
		user.fail({ refuse: { status: 429, retryAfter: { seconds: 60, as: 'seconds' } } });
		let stop = () => {};
		const before = Date.now();
		const running = click({ onStarted: (f) => (stop = f) });
		await sandbox.until(({ desktopRequests }) => desktopRequests[0]?.answered === 429);
		stop();
		await running;
		expect(Date.now() - before).toBeLessThan(3000);
	});
});

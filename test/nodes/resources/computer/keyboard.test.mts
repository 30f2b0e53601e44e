/** Computer → Type, Press Key and Hold Key: what arrives on the desktop. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { computerTestKit } from '../../computerTestKit.mts';
import { CONTINUE, RETRY } from '../../onDesktops.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given), { desktopTimeScale: 0.001 });
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, use } = computerTestKit(
	() => sandbox,
	() => id,
);
const keys = () => sandbox.desktops.get(id)?.keys;
const texts = () => sandbox.state().desktopActions.map(({ params }) => params.text);
/** What the desktop says about its tool `computer`. */
const describeText = (text: object) =>
	sandbox.desktopFaults.add({
		match: { path: '/tools' },
		answer: [{ name: 'computer', description: '', parameters: { properties: { text } } }],
	});

describe('a text is typed as it was entered', () => {
	test.each([
		['line breaks', 'one\ntwo\r\nthree\n'],
		['tabs and spaces at the ends', '\t a\tb \t'],
		['accents', 'Grüße, naïve café, Ωμέγα, 完了'],
		['accents of two characters', 'e\u0301'],
		['emoji', '👩‍⚕️ 🇨🇭 😀'],
		['backslashes', 'C:\\new\\table\\u0041 \\\\ \\n'],
		['quotes', `"a" 'b' \`c\` «d» “e”`],
		['what looks like code', '${a} <b>&amp;</b> %s %20 $& {"a":1}'],
	])('%s', async (_, text) => {
		for (const parameters of [{ text }, { text: '={{ $json.text }}' }])
			await use('type', { items: [{ text }], parameters });
		expect(user.actions()).toEqual([
			['type', { text }],
			['type', { text }],
		]);
		expect(sandbox.desktops.get(id)?.typed).toBe(text + text);
	});
});

describe.each([
	['key', {}],
	['holdKey', { duration: 0.01 }],
])('%s', (operation, more) => {
	test('names as people write them become those of the tool', async () => {
		const written = ['Enter', 'Esc', 'PageDown', 'Ctrl+Shift+T', 'Win', 'Return', 'ctrl+a'];
		const { error } = await use(operation, {
			items: written.map((key) => ({ key })),
			parameters: { key: '={{ $json.key }}', ...more },
		});
		expect(error).toBeUndefined();
		expect(keys()).toEqual([
			'Return',
			'Escape',
			'Page_Down',
			'ctrl+shift+t',
			'super',
			'Return',
			'ctrl+a',
		]);
		expect(user.requests().filter((request) => request.endsWith('/tools'))).toHaveLength(1);
	});

	test('an unknown name is an error that lists the names, and nothing is done', async () => {
		const { error } = await use(operation, { parameters: { key: 'Ctrl+Entr', ...more } });
		expect(error?.message).toBe(
			'"Entr" is not a valid key name, in Key (key): "Ctrl+Entr" [item 0]',
		);
		expect(error?.description).toMatch(
			/^Use a character, or one of these names: ctrl, alt, shift, super, Return, Escape, .*plus, minus, F1 to F24, KP_0 to KP_9\. Join keys that are pressed together with \+, as in Ctrl\+A\. The desktop describes this parameter as follows: "What to type; or the key, such as Return or ctrl\+a"\. To send any name unchanged, use Custom Action\. Nothing was done\.$/,
		);
		expect(user.actions()).toEqual([]);
	});

	test('a key that is missing', async () => {
		const { error } = await use(operation, { parameters: { key: 'Ctrl+', ...more } });
		expect(error?.message).toBe('A key is missing in Key (key): "Ctrl+" [item 0]');
	});

	test('the keys that the tool lists: a name becomes one of them, or the error lists them', async () => {
		describeText({ enum: ['enter', 'pagedown', 'browserback'] });
		await use(operation, {
			items: ['Return', 'Page Down', 'BrowserBack', 'Ctrl+A'].map((key) => ({ key })),
			parameters: { key: '={{ $json.key }}', ...more },
		});
		expect(keys()).toEqual(['enter', 'pagedown', 'browserback', 'ctrl+a']);
		const { error } = await use(operation, { parameters: { key: 'Tab', ...more } });
		expect(error?.description).toMatch(
			/^Use one of the keys that the desktop lists: enter, pagedown, browserback\. /,
		);
	});

	test.each([
		['refused', { refuse: { status: 500 } }],
		['broken off', { connection: 'drop-before-acting' as const }],
		['without the tool', { answer: [{ name: 'printer' }] }],
		['without a schema', { answer: [{ name: 'computer', parameters: 7 }] }],
	])('a list of tools that is %s: the known names are used', async (_, fault) => {
		sandbox.desktopFaults.add({ match: { path: '/tools' }, ...fault });
		await use(operation, { parameters: { key: 'Enter', ...more } });
		expect(keys()).toEqual(['Return']);
	});

	test('each desktop is asked for its own', async () => {
		const other = sandbox.desktops.add();
		sandbox.desktopFaults.add({
			match: { path: '/tools', desktopId: other },
			answer: [{ name: 'computer', parameters: { properties: { text: { enum: ['enter'] } } } }],
		});
		await use(operation, {
			items: [{ desktop: id }, { desktop: other }, { desktop: id }],
			parameters: { desktopId: '={{ $json.desktop }}', key: 'Enter', ...more },
		});
		expect(texts()).toEqual(['Return', 'enter', 'Return']);
	});

	test('with Continue, an unknown name is an error of its item', async () => {
		const { items } = await use(operation, {
			items: ['Enter', 'Entr', 'Tab'].map((key) => ({ key })),
			parameters: { key: '={{ $json.key }}', ...more },
			settings: CONTINUE,
		});
		expect(items.map(({ json }) => typeof json.error)).toEqual([
			'undefined',
			'string',
			'undefined',
		]);
		expect(keys()).toEqual(['Return', 'Tab']);
	});

	test('Retry On Fail does not press again what was pressed', async () => {
		user.fail({ connection: 'drop-after-acting' }, 1, { method: 'POST' });
		const { error } = await use(operation, {
			parameters: { key: 'Enter', ...more },
			settings: RETRY,
		});
		expect(error?.message).toMatch(/^It is not known whether NenAI completed/);
		expect(keys()).toEqual(['Return']);
	});
});

describe('Custom Action', () => {
	const custom = async (action: string, params: object) =>
		await use('custom', {
			parameters: { tool: 'computer', action, params: JSON.stringify(params) },
		});

	test('sends each name unchanged', async () => {
		await custom('key', { text: 'Ctrl+Enter' });
		await custom('hold_key', { text: 'Shift', duration: 0.01 });
		await custom('key', { text: 'XF86AudioPlay' });
		await custom('type', { text: 'Enter' });
		expect(texts()).toEqual(['Ctrl+Enter', 'Shift', 'XF86AudioPlay', 'Enter']);
	});
});

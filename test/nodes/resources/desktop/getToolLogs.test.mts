/** Desktop → Get Tool Logs. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { DesktopUser } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const logs = async (desktopId: string) =>
	await user.use('desktop', 'getToolLogs', { parameters: { desktopId } });

test('each entry is an item, unchanged', async () => {
	const entry = {
		timestamp: 1764230400.25,
		tool: 'computer',
		action: 'type',
		params: { text: 'a\n"b"' },
		result: { status: 'ok', nested: [[1], { a: null }] },
	};
	const id = sandbox.desktops.add({ toolLogs: [entry, {}] });
	const { items } = await logs(id);
	expect(items.map(({ json }) => json)).toEqual([entry, {}]);
	expect(user.requests()).toEqual([`GET /${id}/tool-logs`]);
});

test('an entry that is not an object becomes a field, since an item is an object', async () => {
	const entries = ['left_click at 1, 2', 7, null, ['a']];
	const { items } = await logs(sandbox.desktops.add({ toolLogs: entries }));
	expect(items.map(({ json }) => json)).toEqual(entries.map((entry) => ({ entry })));
});

test('the link of a session is left out, and a hint says so', async () => {
	const { items, hints } = await logs(
		sandbox.desktops.add({
			toolLogs: [{ tool: 'session', href: 'https://sessions.invalid/secret', kept: 1 }],
		}),
	);
	expect(items[0].json).toEqual({ tool: 'session', kept: 1 });
	expect(hints).toEqual([expect.stringContaining('The link of a session was left out')]);
});

test('no entries, no items', async () => {
	const { items, error } = await logs(sandbox.desktops.add());
	expect([items, error]).toEqual([[], undefined]);
});

test.each([{ logs: [] }, 'text', null])('%j is an error', async (answer) => {
	user.fail({ answer });
	const { error } = await logs(sandbox.desktops.add());
	expect(error?.message).toMatch(/the response has an unexpected form/);
});

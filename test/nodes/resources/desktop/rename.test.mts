/** Desktop → Rename. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { DesktopUser } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) =>
	user.use('desktop', operation, options);

test('rename', async () => {
	const id = sandbox.desktops.add();
	const { items } = await use('rename', {
		parameters: { desktopId: id, name: ' Claims of March ' },
	});
	expect(items[0].json).toMatchObject({ desktop_id: id, name: 'Claims of March' });
	expect(sandbox.desktops.get(id)?.name).toBe('Claims of March');
});

test('a changed name of what was renamed before is not sent, and a hint says so', async () => {
	const [a, b] = [sandbox.desktops.add(), sandbox.desktops.add()];
	user.fail({ refuse: { status: 400 } }, 1, { desktopId: b });
	const items = [{ id: a }, { id: b }];
	const first = await use('rename', {
		items,
		parameters: { desktopId: '={{ $json.id }}', name: 'one' },
	});
	const again = await use('rename', {
		items,
		parameters: { desktopId: '={{ $json.id }}', name: 'two' },
		retryOf: first.run.data,
	});
	expect([a, b].map((id) => sandbox.desktops.get(id)?.name)).toEqual(['one', 'two']);
	expect(again.hints).toEqual([
		'These were not done again, although their parameters have changed since an earlier try: item 0. To do them again, start a new execution of the workflow.',
	]);
});

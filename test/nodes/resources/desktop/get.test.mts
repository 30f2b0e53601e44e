/** Desktop → Get. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { DesktopUser } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) =>
	user.use('desktop', operation, options);
const of = (desktopId: string) => ({ parameters: { desktopId } });

test('get', async () => {
	const id = sandbox.desktops.add({ name: 'Claims' });
	const { items } = await use('get', of(id));
	expect(items[0].json).toMatchObject({ desktop_id: id, name: 'Claims', status: 'running' });
});

test('a deleted one can be looked at', async () => {
	const id = sandbox.desktops.add({ status: 'deleted' });
	expect((await use('get', of(id))).items[0].json).toMatchObject({
		desktop_id: id,
		status: 'deleted',
	});
});

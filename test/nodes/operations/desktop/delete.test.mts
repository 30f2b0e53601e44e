/** Desktop → Delete. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { DesktopUser, RETRY } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) => user.use('desktop', operation, options);
const of = (desktopId: string) => ({ parameters: { desktopId } });

test('delete', async () => {
	const id = sandbox.desktops.add();
	const { items } = await use('delete', of(id));
	expect(items[0].json).toEqual({ desktop_id: id, status: 'deleted' });
	expect(sandbox.desktops.get(id)?.status).toBe('deleted');
});

test('deleting a deleted desktop', async () => {
	const { error } = await use('delete', of(sandbox.desktops.add({ status: 'deleted' })));
	expect(error?.description).toBe('It is deleted already. Nothing was done.');
});

test.each(['error', 'failed', 'FAILURE'])('deleting that ends with the status %s', async (status) => {
	user.fail({ answer: { desktop_id: 'd', status, message: 'It is in use' } });
	const id = sandbox.desktops.add();
	const { error } = await use('delete', { ...of(id), settings: RETRY });
	expect(error?.message).toBe(`NenAI says that the deletion of desktop ${id} failed: It is in use [item 0]`);
	expect(user.requests()).toHaveLength(1);
});

/** Desktop → Get Many. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { DesktopUser } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) =>
	user.use('desktop', operation, options);

test('get many: an item for each, linked to the item that asked', async () => {
	const [a, b] = [sandbox.desktops.add({ name: 'A' }), sandbox.desktops.add()];
	const { items } = await use('getMany', { items: [{}, {}] });
	expect(items.map(({ json, pairedItem }) => [json.desktop_id, pairedItem])).toEqual([
		[a, { item: 0 }],
		[b, { item: 0 }],
		[a, { item: 1 }],
		[b, { item: 1 }],
	]);
});

test('no desktop, no item', async () => {
	const { items, error } = await use('getMany');
	expect([items, error]).toEqual([[], undefined]);
});

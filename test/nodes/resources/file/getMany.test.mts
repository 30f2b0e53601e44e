/** File → Get Many. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { filesOn } from '../../desktopFiles.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given));
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, use } = filesOn(
	() => sandbox,
	() => id,
);

test('an item for each entry, as NenAI has it', async () => {
	sandbox.desktops.addFile(id, { name: 'a.txt', text: 'Hello' });
	sandbox.desktops.addFile(id, { name: 'b.txt', text: 'x', path: 'Reports' });
	const { items } = await use('getMany');
	expect(items.map(({ json }) => json)).toEqual([
		{ name: 'a.txt', size: 5, modified: expect.any(Number) },
		{ name: 'Reports', size: 0, modified: expect.any(Number), is_dir: true },
	]);
	expect(
		(await use('getMany', { parameters: { path: 'Reports' } })).items.map(({ json }) => json.name),
	).toEqual(['b.txt']);
});

test('without the link of a session', async () => {
	user.fail({ answer: [{ name: 'a', href: 'https://s.invalid/1', session: {} }] });
	expect((await use('getMany')).items[0].json).toEqual({ name: 'a', session: {} });
});

test('an empty drive gives no item', async () => {
	const { items, error } = await use('getMany');
	expect([items, error]).toEqual([[], undefined]);
});

test('a folder that is not there', async () => {
	const { error } = await use('getMany', { parameters: { path: 'x' } });
	expect(error?.message).toBe(
		`NenAI rejected the request for the list of files in "x" on desktop ${id} (HTTP 404): Folder x not found [item 0]`,
	);
});

/** The list from which a tool of a desktop is picked. */
import type { INodeParameters } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { DesktopUser } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const custom = (desktopId: INodeParameters[string]) => ({
	resource: 'computer',
	operation: 'custom',
	desktopId,
});
const PRINTER = { name: 'printer', description: 'Prints', parameters: {} };

test.each([
	['a plain text', (id: string) => id],
	['picked', (id: string) => ({ __rl: true, mode: 'list', value: id })],
	['by ID', (id: string) => ({ __rl: true, mode: 'id', value: id })],
])('is what the desktop in the form has: %s', async (_, toValue) => {
	sandbox.setDefaults({ desktopTools: [PRINTER] });
	const id = sandbox.desktops.add();
	expect(await user.list('searchTools', custom(toValue(id)))).toEqual({
		results: [
			{ name: 'computer', value: 'computer' },
			{ name: 'printer', value: 'printer' },
		],
	});
	expect((await user.list('searchTools', custom(toValue(id)), 'print')).results).toHaveLength(1);
});

test('a name is found in either form of Unicode', async () => {
	sandbox.setDefaults({ desktopTools: [{ ...PRINTER, name: 'prüfer' }] });
	const id = sandbox.desktops.add();
	expect(
		(await user.list('searchTools', custom(id), 'Prüfer'.normalize('NFD'))).results.map(
			({ value }) => value,
		),
	).toEqual(['prüfer']);
});

test.each([
	[
		'no desktop',
		{ __rl: true, mode: 'list', value: '' },
		/^Choose a desktop first: each desktop has its own tools\. Or: Choose "By Name" instead/,
	],
	[
		'an expression',
		{ __rl: true, mode: 'id', value: '={{ $json.desktop_id }}' },
		/is an expression, so it is known only when the workflow runs\. Choose "By Name" instead/,
	],
	[
		'an expression in place of it',
		'={{ $json.desktop_id }}',
		/is an expression, so it is known only when the workflow runs\. Choose "By Name" instead/,
	],
	['what is no ID', '..', /^The desktop ID is not valid: .* Or: Choose "By Name" instead/],
	['half a character', 'd\ud800', /^The desktop ID is not valid: /],
	[
		'an unknown desktop',
		'dsk_0',
		/^NenAI rejected the request for the tools of desktop dsk_0 \(HTTP 404\): Desktop dsk_0 not found\. Check the desktop ID/,
	],
])('with %s, it says what to do', async (_, desktopId, message) => {
	await expect(user.list('searchTools', custom(desktopId))).rejects.toThrow(message);
});

/** The list from which a desktop is picked. */
import { withSandbox } from '../../../sandbox/cases.mts';
import { errorAnswer, type Sandbox } from '../../../sandbox/index.mts';
import { DesktopUser } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);

test('names, states and IDs, those that run first', async () => {
	user.fail({
		answer: [
			{ desktop_id: 'd-1', name: 'Archive', status: 'deleted' },
			{ desktop_id: 'd-2', name: 'Zoo', status: 'running' },
			{ desktop_id: 'd-3', status: 'running' },
			{
				desktop_id: 'd-4',
				name: 'archive',
				status: 'running',
				session: { href: 'https://sessions.invalid/x' },
			},
			{ desktop_id: 'd-5' },
			{ name: 'no ID' },
		],
	});
	expect(await user.list('searchDesktops')).toEqual({
		results: [
			{ name: 'archive (d-4): running', value: 'd-4' },
			{ name: 'd-3: running', value: 'd-3' },
			{ name: 'Zoo (d-2): running', value: 'd-2' },
			{ name: 'Archive (d-1): deleted', value: 'd-1' },
			{ name: 'd-5', value: 'd-5' },
		],
	});
});

test('is searched', async () => {
	const [a, b] = [
		sandbox.desktops.add({ name: 'Claims' }),
		sandbox.desktops.add({ name: 'Portal' }),
	];
	expect(
		(await user.list('searchDesktops', {}, 'claim')).results.map(({ value }) => value),
	).toEqual([a]);
	expect((await user.list('searchDesktops', {}, b)).results.map(({ value }) => value)).toEqual([b]);
});

test('a name is found in either form of Unicode', async () => {
	const id = sandbox.desktops.add({ name: 'Büro'.normalize('NFD') });
	expect((await user.list('searchDesktops', {}, 'BÜRO')).results.map(({ value }) => value)).toEqual(
		[id],
	);
});

test('what may pass is tried once more', async () => {
	user.fail({ refuse: errorAnswer(503, 'json') }, 1);
	expect(await user.list('searchDesktops')).toEqual({ results: [] });
});

test.each([
	[
		'a wrong key',
		{ refuse: errorAnswer(401, 'json') },
		/^NenAI did not accept the API key for the request for the list of desktops \(HTTP 401\).*\. Check the API key of the credential/,
	],
	['no list', { answer: { total: 3 } }, /has an unexpected form \(HTTP 200\): \{"total":3\}/],
])('says why it cannot be loaded: %s', async (_, fault, message) => {
	user.fail(fault);
	await expect(user.list('searchDesktops')).rejects.toThrow(message);
});

test('a desktop URL that is none', async () => {
	await expect(user.list('searchDesktops', {}, '', 'getnen.ai')).rejects.toThrow(
		/^The desktop URL of the credential is not an http\(s\) URL\. It is usually https:\/\/desktop\.api\.getnen\.ai\./,
	);
});

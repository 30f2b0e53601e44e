/** Desktop → Delete. */
import { withSandbox } from '../../../sandbox/cases.mts';
import { errorAnswer, type DesktopFault, type Sandbox } from '../../../sandbox/index.mts';
import { CONTINUE, DesktopUser } from '../../onDesktops.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const user = new DesktopUser(() => sandbox);
const use = (operation: string, options?: Parameters<DesktopUser['use']>[2]) =>
	user.use('desktop', operation, options);
const of = (desktopId: string) => ({ parameters: { desktopId } });

test('delete', async () => {
	const id = sandbox.desktops.add();
	const { items } = await use('delete', of(id));
	expect(items[0].json).toEqual({ desktop_id: id, status: 'deleted', deleted: true });
	expect(sandbox.desktops.get(id)?.status).toBe('deleted');
});

test('deleting a deleted desktop', async () => {
	const { error } = await use('delete', of(sandbox.desktops.add({ status: 'deleted' })));
	expect(error?.description).toBe('The desktop is already deleted. Nothing was done.');
});

test.each(['error', 'failed', 'FAILURE'])(
	'deleting that ends with the status %s',
	async (status) => {
		user.fail({ answer: { desktop_id: 'd', status, message: 'It is in use' } });
		const id = sandbox.desktops.add();
		const { error } = await use('delete', of(id));
		expect(error?.message).toBe(
			`NenAI says that the deletion of desktop ${id} failed: It is in use [item 0]`,
		);
		expect(user.requests()).toHaveLength(1);
	},
);

test('a next try deletes again what may have been deleted, and "gone" means that it was', async () => {
	user.fail({ answer: { status: 'failed', message: 'It is in use' } }, 1);
	const id = sandbox.desktops.add();
	const first = await use('delete', of(id));
	expect(first.error?.message).toMatch(/It is in use/);
	const again = await use('delete', { ...of(id), retryOf: first.run.data });
	expect(again.items[0].json).toEqual({ desktop_id: id, status: 'deleted', deleted: true });
	expect(user.requests()).toHaveLength(2);
});

describe('deleting does no harm twice, so it is sent again where its answer was lost', () => {
	const LOST: Array<[string, DesktopFault]> = [
		['a 500 before it was done', { refuse: errorAnswer(500, 'json') }],
		['a 500 after it was done', { wholeAnswer: errorAnswer(500, 'json') }],
		['a 502 of a gateway', { wholeAnswer: errorAnswer(502, 'html') }],
		['a 504 of a gateway', { wholeAnswer: errorAnswer(504, 'html') }],
		['a 408', { wholeAnswer: { status: 408 } }],
		['a gateway that is busy', { wholeAnswer: errorAnswer(503, 'html') }],
		['a broken connection before it was done', { connection: 'drop-before-acting' }],
		['a broken connection after it was done', { connection: 'drop-after-acting' }],
		['half an answer', { connection: 'cut-answer' }],
	];

	test.each(LOST)('%s', async (_, fault) => {
		const id = sandbox.desktops.add();
		user.fail(fault, 1);
		const { items, error } = await use('delete', of(id));
		expect(error).toBeUndefined();
		expect(items[0].json).toEqual({ desktop_id: id, status: 'deleted', deleted: true });
		expect(sandbox.desktops.get(id)?.status).toBe('deleted');
		expect(user.requests()).toHaveLength(2);
	});

	test.each<[string, DesktopFault]>([
		['404', { refuse: { status: 404, body: { error: 'Not found' } } }],
		['410', { refuse: { status: 410 } }],
		['409 in words', { refuse: { status: 409, body: { error: 'Desktop is deleted' } } }],
	])('that it is gone then, by %s, means that it was done', async (_, gone) => {
		user.fail({ connection: 'drop-before-acting' }, 1);
		user.fail(gone, 1);
		const { items } = await use('delete', of('dsk_1'));
		expect(items[0].json).toEqual({ desktop_id: 'dsk_1', status: 'deleted', deleted: true });
	});

	test.each<[string, DesktopFault]>([
		['404', { refuse: { status: 404, body: { error: 'Not found' } } }],
		['409 in words', { refuse: { status: 409, body: { error: 'Desktop is deleted' } } }],
	])('but the first answer says so of a desktop that there was not: %s', async (_, gone) => {
		user.fail(gone);
		const { error } = await use('delete', of('dsk_1'));
		expect(error?.message).toMatch(/^NenAI rejected the deletion of desktop dsk_1 \(HTTP 40[49]\)/);
		expect(user.requests()).toHaveLength(1);
	});

	test('nor does a busy answer before it make a 404 a success', async () => {
		user.fail({ refuse: { status: 429 } }, 1);
		user.fail({ refuse: { status: 404 } }, 1);
		expect((await use('delete', of('dsk_1'))).error?.message).toMatch(/\(HTTP 404\)/);
	});

	test('nor does the page of a proxy', async () => {
		user.fail({ connection: 'drop-before-acting' }, 1);
		user.fail({ refuse: { status: 404, contentType: 'text/html', body: '<h1>Not here</h1>' } }, 1);
		const { items } = await use('delete', { ...of('dsk_1'), settings: CONTINUE });
		expect(items[0].json).toEqual({
			error: expect.stringMatching(
				/^It is not known whether NenAI completed the deletion of desktop dsk_1: the connection broke/,
			),
			uncertain: true,
		});
	});

	test('where all answers are lost, it is not known, and the error says so', async () => {
		const id = sandbox.desktops.add();
		user.fail({ refuse: errorAnswer(500, 'json') });
		const { items } = await use('delete', { ...of(id), settings: CONTINUE });
		expect(items[0].json).toEqual({
			error: expect.stringMatching(
				/^It is not known whether NenAI completed the deletion of desktop dsk_\w+: it answered with HTTP 500.*It was tried 5 times\. It may be deleted\. Deleting it again does no harm/,
			),
			uncertain: true,
		});
		expect(user.requests()).toHaveLength(5);
	});

	test('a refusal after a lost answer leaves it unknown', async () => {
		user.fail({ connection: 'drop-before-acting' }, 1);
		user.fail({ refuse: { status: 401 } }, 1);
		const { items } = await use('delete', { ...of('dsk_1'), settings: CONTINUE });
		expect(items[0].json).toEqual({
			error: expect.stringMatching(/^It is not known/),
			uncertain: true,
		});
	});

	test('when the execution is stopped in between, nothing more is sent', async () => {
		user.fail({ wholeAnswer: errorAnswer(500, 'json') });
		let stop = () => {};
		const running = use('delete', { ...of(sandbox.desktops.add()), onStarted: (f) => (stop = f) });
		await sandbox.until(({ desktopRequests }) => desktopRequests[0]?.answered === 500);
		stop();
		await running;
		await new Promise((resolve) => setTimeout(resolve, 800));
		expect(user.requests()).toHaveLength(1);
	});
});

/** Desktop → Create with "Delete When the Execution Ends". */
import { withSandbox } from '../../../sandbox/cases.mts';
import { errorAnswer, type Sandbox } from '../../../sandbox/index.mts';
import { DesktopUser, RETRY, CONTINUE, stored } from '../../onDesktops.mts';
import { OPERATION_PATHS } from '../../../operations.mts';
import { RECIPES } from '../../recipes.mts';
import { RecipeRunner } from '../../recipeRunner.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { desktopTimeScale: 0.01, retryDelaysMs: [] });

const user = new DesktopUser(() => sandbox);
const use = async (operation: string, options?: Parameters<DesktopUser['use']>[2]) =>
	await user.use('desktop', operation, options);
const create = async (options: Parameters<DesktopUser['use']>[2] = {}) =>
	await use('create', { options: { deleteAtEnd: true }, ...options });
const statuses = () => sandbox.desktops.all().map(({ status }) => status);
const deletions = () => user.requests().filter((request) => request.startsWith('DELETE'));

/** What n8n has stored of an execution that created these desktops. */
const createdBy = (executionId: string, ids: string[]) => ({
	nenAiDeleteAtEnd: Object.fromEntries(ids.map((id) => [id, executionId])),
});

test('the desktops of all items are deleted, and no others', async () => {
	sandbox.desktops.add();
	const { items, error } = await create({ items: [{}, {}] });
	expect(error).toBeUndefined();
	expect(items.map(({ json }) => json.status)).toEqual(['running', 'running']);
	expect(statuses()).toEqual(['running', 'deleted', 'deleted']);
});

test.each([
	['nothing', {}],
	['false', { options: { deleteAtEnd: false } }],
	['an expression without a value', { options: { deleteAtEnd: '={{ $json.nothing }}' } }],
])('%s: the desktop is kept', async (_, options) => {
	await use('create', options);
	expect(statuses()).toEqual(['running']);
});

test('each item has an option of its own', async () => {
	await create({
		items: [{ a: true }, { a: false }, { a: 'true' }],
		options: { deleteAtEnd: '={{ $json.a }}' },
	});
	expect(statuses()).toEqual(['deleted', 'running', 'deleted']);
});

test('a value that is neither true nor false is an error, and nothing is created', async () => {
	const { error } = await create({ options: { deleteAtEnd: '={{ "perhaps" }}' } });
	expect(error?.message).toMatch(/^Delete When the Execution Ends \(deleteAtEnd\) must be/);
	expect(user.requests()).toEqual([]);
});

test('an execution that fails: the desktop is deleted, and the error says so', async () => {
	user.fail({}, 1);
	user.fail({ refuse: { status: 400 } }, 1);
	const { error } = await create({ items: [{}, {}] });
	const [{ desktopId }] = sandbox.desktops.all();
	expect(error?.description).toContain(
		`These desktops were created, and are deleted when this execution ends: ${desktopId} (item 0).`,
	);
	expect(statuses()).toEqual(['deleted']);
});

test('an execution that is stopped', async () => {
	user.fail({}, 1);
	user.fail({ latencyMs: 5000 }, 1, { method: 'POST' });
	let stop = () => {};
	const ended = create({ items: [{}, {}], onStarted: (given) => (stop = given) });
	await sandbox.until(({ desktopRequests }) => desktopRequests.length === 2);
	stop();
	await ended;
	await sandbox.until(() => statuses().includes('deleted'));
});

test('Retry On Fail: each desktop is deleted once', async () => {
	user.fail({}, 1);
	user.fail({ refuse: { status: 400 } }, 1);
	const { items } = await create({ items: [{}, {}], settings: RETRY });
	expect(items.map(({ json }) => json.desktop_id)).toEqual(
		sandbox.desktops.all().map(({ desktopId }) => desktopId),
	);
	expect(statuses()).toEqual(['deleted', 'deleted']);
	expect(deletions()).toHaveLength(2);
});

const ON_ONE = OPERATION_PATHS.filter((path) => 'desktopId' in RECIPES[path].parameters);

describe('after a wait, in which n8n forgets what it should do', () => {
	test('there is an operation on a desktop', () => expect(ON_ONE.length).toBeGreaterThan(15));

	test.each(ON_ONE)('%s on the desktop arranges its deletion again', async (path) => {
		const runner = new RecipeRunner(path, () => sandbox);
		const [item] = runner.provision(1);
		const desktop = String(item.desktop);
		await runner.run([item], { flowContext: createdBy('1', [desktop]) });
		expect(sandbox.desktops.get(desktop)?.status).toBe('deleted');
		expect(deletions().filter((each) => !each.endsWith('/session'))).toHaveLength(1);
	});

	test.each(ON_ONE)('%s that fails arranges it as well', async (path) => {
		const runner = new RecipeRunner(path, () => sandbox);
		const [item] = runner.provision(1);
		const desktop = String(item.desktop);
		sandbox.desktopFaults.add({ refuse: { status: 400 }, times: 1 });
		await runner.run([item], { flowContext: createdBy('1', [desktop]) });
		expect(sandbox.desktops.get(desktop)?.status).toBe('deleted');
	});

	test.each(ON_ONE.filter((path) => path !== 'desktop/delete'))(
		'%s does not delete a desktop of another execution',
		async (path) => {
			const runner = new RecipeRunner(path, () => sandbox);
			const [item] = runner.provision(1);
			const desktop = String(item.desktop);
			await runner.run([item], { flowContext: createdBy('another', [desktop]) });
			expect(sandbox.desktops.get(desktop)?.status).toBe('running');
		},
	);

	test('an operation on another desktop does not', async () => {
		const [mine, other] = [sandbox.desktops.add(), sandbox.desktops.add()];
		await use('get', { parameters: { desktopId: other }, flowContext: createdBy('1', [mine]) });
		expect(statuses()).toEqual(['running', 'running']);
	});
});

test('a wrong key that was used after a wait does not prevent the deletion', async () => {
	const id = sandbox.desktops.add();
	const credentials = user.credentials({
		apiKey: `={{ $json.right ? '${sandbox.apiKey}' : 'test-key-that-is-wrong' }}`,
	});
	for (const items of [
		[{ right: false }, { right: true }],
		[{ right: true }, { right: false }],
	]) {
		const desktop = sandbox.desktops.add();
		await use('get', {
			credentials,
			items,
			parameters: { desktopId: desktop },
			flowContext: createdBy('1', [desktop]),
			settings: CONTINUE,
		});
		expect(sandbox.desktops.get(desktop)?.status).toBe('deleted');
	}
	expect(sandbox.desktops.get(id)?.status).toBe('running');
});

test('where there is no execution, as in some tools of agents, nothing is created', async () => {
	const { error } = await create({ executionId: '' });
	expect([error?.message, error?.description]).toEqual([
		'Delete When the Execution Ends (deleteAtEnd) is not possible here, because n8n runs this tool without an execution [item 0]',
		'Create the desktop in a workflow, and use that workflow as the tool. Or remove the option, and delete the desktop with Desktop → Delete. Nothing was sent.',
	]);
	expect(user.requests()).toEqual([]);
});

test("in n8n's Engine 2.0, nothing is created", async () => {
	const { error } = await create({ executionId: '01a21c69-6306-7379-80f3-f8eb6c379e20' });
	expect(error?.message).toBe(
		"Delete When the Execution Ends (deleteAtEnd) is not possible in n8n's Engine 2.0 [item 0]",
	);
	expect(user.requests()).toEqual([]);
});

test('a desktop that the workflow deletes is not deleted again', async () => {
	const id = sandbox.desktops.add();
	await use('delete', { parameters: { desktopId: id }, flowContext: createdBy('1', [id]) });
	expect(deletions()).toEqual([`DELETE /${id}`]);
});

test.each([404, 410])('a desktop that is gone at the end, by %d, is no problem', async (status) => {
	user.fail({ refuse: { status } }, undefined, { method: 'DELETE' });
	await create({ workflowId: `gone-${status}` });
	expect((await create({ workflowId: `gone-${status}` })).hints).toEqual([]);
});

describe('a deletion that fails', () => {
	const failing = async (workflowId: string) => {
		user.fail({ refuse: { status: 403, body: { error: `Not with ${sandbox.apiKey}` } } }, 1, {
			method: 'DELETE',
		});
		const { items } = await create({ workflowId, executionId: '7' });
		return String(items[0].json.desktop_id);
	};

	test('is shown once, by the next execution of the same workflow that creates a desktop', async () => {
		const id = await failing('a');
		expect((await use('create', { workflowId: 'b' })).hints).toEqual([]);
		expect((await use('create', { workflowId: 'a' })).hints).toEqual([
			`Desktop ${id} may still be running, because it could not be deleted when execution 7 ended. NenAI did not accept the API key for the deletion of desktop ${id} (HTTP 403): Not with ***. Check the API key of the credential, and that it may be used for desktops. Nothing was done. Delete it with Desktop → Delete.`,
		]);
		expect((await use('create', { workflowId: 'a' })).hints).toEqual([]);
	});

	test('is kept until it can be shown: n8n drops hints of a node that fails', async () => {
		const id = await failing('c');
		user.fail({ refuse: { status: 400 } }, 1);
		expect(
			(await use('create', { workflowId: 'c', settings: { ...RETRY, maxTries: 2 } })).hints,
		).toEqual([expect.stringContaining(id)]);
	});

	test.each([
		'Desktop cannot be deleted while a session is open',
		"It can't be deleted now",
		'Not deleted: it is locked',
		'It could not be deleted',
		'It was not yet deleted',
	])('"%s" does not mean that it is deleted', async (error) => {
		user.fail({ refuse: { status: 409, body: { error } } }, undefined, { method: 'DELETE' });
		await create({ workflowId: error });
		expect((await use('create', { workflowId: error })).hints).toHaveLength(1);
	});

	test.each(['It was deleted', 'It does not exist any more, because it was deleted'])(
		'"%s" is not a failure',
		async (error) => {
			user.fail({ refuse: { status: 400, body: { error } } }, undefined, { method: 'DELETE' });
			await create({ workflowId: error });
			expect((await use('create', { workflowId: error })).hints).toEqual([]);
		},
	);

	test('only the last 20 of a workflow, and of 20 workflows, are kept', async () => {
		user.fail({ refuse: { status: 403 } }, 21, { method: 'DELETE' });
		const { items } = await create({
			workflowId: 'many',
			items: Array.from({ length: 21 }, () => ({})),
		});
		const { hints } = await use('create', { workflowId: 'many' });
		expect(hints.map((hint) => hint.split(' ')[1])).toEqual(
			items.slice(1).map(({ json }) => json.desktop_id),
		);
		for (let n = 0; n < 21; n += 1) await failing(`w-${n}`);
		expect((await use('create', { workflowId: 'w-0' })).hints).toEqual([]);
		expect((await use('create', { workflowId: 'w-1' })).hints).toHaveLength(1);
	});
});

test('NenAI is busy: it is tried up to five times', async () => {
	user.fail({ refuse: errorAnswer(503, 'json') }, 4, { method: 'DELETE' });
	await create();
	expect(statuses()).toEqual(['deleted']);
	expect(deletions()).toHaveLength(5);
});

test('Retry of the execution does not give a desktop that was deleted', async () => {
	user.fail({}, 1);
	user.fail({ refuse: { status: 400 } }, 1);
	const first = await create({ items: [{}, {}] });
	const [{ desktopId }] = sandbox.desktops.all();
	const again = await create({
		items: [{}, {}],
		retryOf: JSON.parse(JSON.stringify(first.run.data)),
		executionId: '2',
	});
	expect([again.error?.message, again.error?.description]).toEqual([
		`Desktop ${desktopId} was created for this item by an earlier execution, which was set to delete it at its end [item 0]`,
		'Retry cannot continue with that desktop. Start a new execution of the workflow.',
	]);
	expect(statuses()).toEqual(['deleted']);
	const goesOn = await create({
		items: [{}, {}],
		retryOf: JSON.parse(JSON.stringify(first.run.data)),
		executionId: '2',
		settings: CONTINUE,
	});
	expect(goesOn.items.map(({ json }) => json.desktop_id ?? json.error)).toEqual([
		expect.stringContaining('Start a new execution'),
		expect.stringMatching(/^dsk_/),
	]);
	expect(statuses()).toEqual(['deleted', 'deleted']);
});

test('no key is stored with the execution', async () => {
	const { apiKey } = sandbox;
	expect(stored(await create())).not.toContain(apiKey);
});

/** A credential whose fields are expressions belongs to its item: to its key, its addresses and its secrets. */
import type { IDataObject } from 'n8n-workflow';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { fileOf } from './desktopFiles.mts';
import { Credentials, execute, serveWaiting, type ExecuteOptions } from './engine.mts';
import { named, pathsOf, RECIPES } from './recipes.mts';

const CONTINUE = { onError: 'continueRegularOutput' } as const;
const WORKFLOW = '12345678-1234-1234-1234-123456789abc';

let ours: Sandbox;
let theirs: Sandbox;
withSandbox((given) => (ours = given), { retryDelaysMs: [] });
withSandbox((given) => (theirs = given), {
	retryDelaysMs: [],
	apiKey: 'test-key-of-another-customer',
	webhookSecret: 'test-secret-of-another-customer-7e57',
});

/** An item of one customer, with whatever an operation may ask for. */
function itemOf(sandbox: Sandbox, name: string): IDataObject {
	const desktop = sandbox.desktops.add({ toolLogs: [{ action: 'click' }] });
	sandbox.desktops.openSession(desktop);
	sandbox.desktops.addFile(desktop, { name: 'there.txt', text: 'Hello' });
	sandbox.runs.set(`run-of-${name}`, { status: 'completed', workflowId: WORKFLOW });
	const { apiKey: key, url, mcpUrl, desktopUrl, webhookSecret: secret } = sandbox;
	return {
		name,
		workflow: WORKFLOW,
		run: `run-of-${name}`,
		desktop,
		link: sandbox.files.url(sandbox.files.add({ name: 'a.txt', text: name })),
		key,
		url,
		mcpUrl,
		desktopUrl,
		secret,
	};
}

const perItem = (more: IDataObject = {}) =>
	new Credentials({
		apiKey: '={{ $json.key }}',
		baseUrl: '={{ $json.url }}',
		mcpUrl: '={{ $json.mcpUrl }}',
		desktopUrl: '={{ $json.desktopUrl }}',
		webhookSecret: '',
		...more,
	});

const use = async (path: string, items: IDataObject[], more: Partial<ExecuteOptions> = {}) =>
	await execute({
		credentials: perItem(),
		settings: CONTINUE,
		items,
		binaries: items.map(() => fileOf('Hello')),
		...more,
		parameters: { ...named(path), ...RECIPES[path].parameters, ...more.parameters },
	});

/** Requests with the right key, and with a wrong one. */
const requestsOf = (sandbox: Sandbox) => {
	const { requests, mcpRequests, desktopRequests } = sandbox.state();
	const all = [...requests, ...mcpRequests, ...desktopRequests].filter(
		({ path }) => !path.startsWith('/files/'),
	);
	return {
		right: all.filter(({ authorized }) => authorized).length,
		wrong: all.filter(({ authorized }) => !authorized).length,
	};
};

describe.each(pathsOf(({ single }) => single !== true))('%s', (path) => {
	test('each item goes to the address of its own, with the key of its own', async () => {
		const items = [itemOf(ours, 'a'), itemOf(theirs, 'b'), itemOf(ours, 'c')];
		const result = await use(path, items);
		expect(result.error).toBeUndefined();
		expect(
			result.items.map(({ json }) => json.error).filter((error) => error !== undefined),
		).toEqual([]);
		expect(
			new Set(result.items.map(({ pairedItem }) => (pairedItem as { item: number }).item)),
		).toEqual(new Set([0, 1, 2]));
		if (path === 'result/download') return;
		expect([requestsOf(ours).wrong, requestsOf(theirs).wrong]).toEqual([0, 0]);
		expect(requestsOf(theirs).right).toBeGreaterThan(0);
		expect(requestsOf(ours).right).toBeGreaterThan(0);
	});

	test.each([
		['the first', 0],
		['a later', 1],
	])('a wrong key of %s item fails that item alone', async (_, wrong) => {
		if (path === 'result/download') return;
		const items = [itemOf(ours, 'a'), itemOf(ours, 'b')];
		items[wrong].key = 'test-key-that-is-wrong';
		const { items: out } = await use(path, items);
		const failed = out.filter(({ json }) => json.error !== undefined);
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: wrong }]);
		expect(failed[0].json.error).toMatch(/did not accept the API key/);
		expect(out.length).toBeGreaterThan(1);
	});

	test('a credential that cannot be used for one item stops all, and with Continue that item alone', async () => {
		if (path === 'result/download') return;
		const items = [itemOf(ours, 'a'), itemOf(ours, 'b')];
		Object.assign(items[1], { url: '', mcpUrl: '', desktopUrl: '' });
		const stopped = await use(path, items, { settings: {} });
		expect(stopped.error?.message).toMatch(/URL of the credential is empty \[item 1\]/);
		expect(stopped.error?.description).toMatch(/Nothing was sent\./);
		expect(requestsOf(ours)).toEqual({ right: 0, wrong: 0 });
		const { items: out } = await use(path, items);
		const failed = out.filter(({ json }) => json.error !== undefined);
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
		expect(failed[0].json.error).toMatch(/Nothing was sent for this item\./);
	});

	test('so it is where there are many items', async () => {
		const items = Array.from({ length: 6 }, (_, n) => itemOf(n === 3 ? theirs : ours, String(n)));
		const { items: out } = await use(path, items);
		expect(out.map(({ json }) => json.error).filter((error) => error !== undefined)).toEqual([]);
		if (path !== 'result/download')
			expect([requestsOf(ours).wrong, requestsOf(theirs).wrong]).toEqual([0, 0]);
	});

	test('n8n is asked for the credential once for each item', async () => {
		const items = [itemOf(ours, 'a'), itemOf(theirs, 'b')];
		const counted = perItem();
		await use(path, items, { credentials: counted });
		expect(counted.lookUps).toBe(2);
	});
});

test.each([
	['the item', '={{ $json.key }}'],
	['the item or a default', '={{ $json.other || $json.key }}'],
	['the list of items', '={{ $input.all()[$itemIndex].json.key }}'],
	['the number of the item', '={{ [KEYS][$itemIndex] }}'],
])('a key that depends on %s is that of its item among many', async (_, apiKey) => {
	const items = Array.from({ length: 7 }, (_each, n) => itemOf(ours, String(n)));
	items[1].key = items[4].key = 'test-key-that-is-wrong';
	const keys = JSON.stringify(items.map(({ key }) => key));
	const { items: out } = await use('run/start', items, {
		credentials: perItem({ apiKey: apiKey.replace('[KEYS]', keys) }),
	});
	expect(out.map(({ json }) => json.error !== undefined)).toEqual([
		false,
		true,
		false,
		false,
		true,
		false,
		false,
	]);
});

test('a file of this machine is only fetched where the API of its own item is', async () => {
	const items = [itemOf(ours, 'a'), { ...itemOf(ours, 'b'), url: 'https://api.example' }];
	const { items: out } = await use('result/download', items);
	expect(out.map(({ json }) => json.error ?? json.fileName)).toEqual([
		'a.txt',
		expect.stringMatching(/which is this machine/),
	]);
});

test('a busy service of one credential does not hold up the items of another', async () => {
	ours.faults.add({ refuse: { status: 503, retryAfter: { seconds: 600, as: 'seconds' } } });
	const items = [itemOf(ours, 'a'), itemOf(theirs, 'b'), itemOf(theirs, 'c')];
	const { items: out } = await use('run/start', items);
	expect(out.map(({ json }) => json.messageId !== undefined)).toEqual([false, true, true]);
});

test('items with the same key and address share a session, whatever else their credentials say', async () => {
	const items = [itemOf(ours, 'a'), itemOf(ours, 'b')].map((item, n) => ({
		...item,
		callback: `https://n8n.example/${n}`,
	}));
	await use('run/get', items, {
		credentials: perItem({ defaultCallbackUrl: '={{ $json.callback }}' }),
	});
	expect(ours.state().counts).toMatchObject({ mcpInitializes: 1, mcpToolCalls: 2 });
});

test('a deployment ID that is a number counts', async () => {
	const items = [itemOf(ours, 'a')];
	await use('workflow/getMany', items, { credentials: perItem({ deploymentId: '={{ 42 }}' }) });
	expect(ours.state().mcpRequests.find(({ tool }) => tool !== null)?.arguments).toEqual({
		deploymentId: '42',
	});
});

test('the default callback URL is that of the item', async () => {
	const items = [itemOf(ours, 'a'), itemOf(ours, 'b')].map((item, n) => ({
		...item,
		callback: `https://n8n.example/${n}`,
	}));
	await use('run/start', items, {
		credentials: perItem({ defaultCallbackUrl: '={{ $json.callback }}' }),
		parameters: { callback: 'default' },
	});
	expect(ours.state().runs.map(({ params, callbackUrl }) => [params.NAME, callbackUrl])).toEqual([
		['a', 'https://n8n.example/0'],
		['b', 'https://n8n.example/1'],
	]);
});

describe('Start and Wait', () => {
	const wait = async (credential: IDataObject, more: Partial<ExecuteOptions> = {}) =>
		await use('run/startAndWait', [itemOf(theirs, 'a')], {
			credentials: perItem(credential),
			settings: {},
			...more,
		});

	test('the run starts with the key of its item, and its callback is verified', async () => {
		const credential = { webhookSecret: theirs.webhookSecret };
		const waiting = await wait(credential);
		expect(waiting.error).toBeUndefined();
		const [{ messageId }] = theirs.state().runs;
		const server = await serveWaiting(
			waiting,
			{ ...named('run/startAndWait'), ...RECIPES['run/startAndWait'].parameters },
			perItem(credential),
		);
		try {
			const forged = await ours.deliver({ url: server.url, messageId, status: 'success' });
			expect(forged.answer?.status).toBe(401);
			const genuine = await theirs.deliver({ url: server.url, messageId, status: 'success' });
			expect(genuine.answer?.status).toBe(200);
			expect(server.started).toHaveLength(1);
		} finally {
			await server.close();
		}
	});

	test.each([
		['the input', '={{ $json.secret }}'],
		['either', '={{ $json.secret ?? "none" }}'],
	])('a secret that depends on %s is refused before anything is sent', async (_, webhookSecret) => {
		const { error } = await wait({ webhookSecret });
		expect(error?.message).toMatch(
			/^The (webhook secret of the )?credential depends on the data of this execution/,
		);
		expect(error?.description).toMatch(/Nothing was sent\./);
		expect(theirs.state().requests).toEqual([]);
		expect(error?.stored).not.toContain(theirs.webhookSecret);
	});

	test('so is a previous secret', async () => {
		const { error } = await wait({
			webhookSecret: theirs.webhookSecret,
			previousWebhookSecret: '={{ $json.secret + "-before" }}',
		});
		expect(error?.message).toMatch(/depends on the data of this execution/);
		expect(theirs.state().requests).toEqual([]);
	});

	test('a secret that was remembered from before the credential was changed does not count', async () => {
		expect((await wait({ webhookSecret: theirs.webhookSecret })).error).toBeUndefined();
		theirs.reset();
		const { error } = await wait({ webhookSecret: '={{ $json.secret }}' });
		expect(error?.message).toMatch(/depends on the data of this execution/);
		expect(theirs.state().requests).toEqual([]);
	});

	test('an expression that needs no data is fine', async () => {
		const { error } = await wait({ webhookSecret: `={{ "${theirs.webhookSecret}".trim() }}` });
		expect(error).toBeUndefined();
		expect(theirs.state().runs).toHaveLength(1);
	});
});

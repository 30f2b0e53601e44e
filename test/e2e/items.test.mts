/** Items that differ: credentials of their own, outcomes of their own. */
import { join } from 'node:path';
import { chain, node } from '../n8n/build-workflow.mts';
import type { Execution } from '../n8n/client.mts';
import { N8N_VERSIONS, NEWEST_N8N } from '../n8n/install.mts';
import { startSandbox } from '../sandbox/index.mts';
import { withEnvironment } from './cases.mts';
import {
	itemsOf,
	jsonOf,
	startEnvironment,
	storeNenAiCredential,
	type E2eEnvironment,
} from './environment.mts';
import {
	activate,
	call,
	nenAi,
	run,
	outputsIn,
	runAndWait,
	split,
	start,
	untilWaiting,
	webhook,
	webhookUrl,
} from './workflows.mts';

const root = join(__dirname, '../..');
const NAME = '={{ { NAME: $json.name } }}';

/** What the execution says went wrong, as a person would see it. */
const problemOf = ({ data }: Execution) =>
	`${data.resultData.error?.message ?? ''} ${String(data.resultData.error?.description ?? '')}`;

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startEnvironment({ root, version }));

	it('each run is started with the key, the address and the callback of its own item', async (environment) => {
		const theirs = await startSandbox({ apiKey: 'test-key-of-another-customer' });
		try {
			const of = ({ apiKey: key, url }: { apiKey: string; url: string }, name: string) => ({
				name,
				key,
				url,
				callback: `https://n8n.example/${name}`,
			});
			// More items than n8n is asked about one by one without need.
			const customers = [...'abcdef'].map((name) =>
				of(name === 'c' ? theirs : environment.sandbox, name),
			);
			const credential = await storeNenAiCredential(environment.client, environment.sandbox, {
				apiKey: "={{ $('Split').item.json.key }}",
				baseUrl: '={{ $json.url }}',
				mcpUrl: '={{ $json.url }}/mcp/v1',
				desktopUrl: '={{ $json.url }}/desktop',
				defaultCallbackUrl: '={{ $json.callback }}',
			});
			const execution = await run(
				environment,
				'customers',
				[split('body.customers'), start(credential, NAME, { callback: 'default' })],
				{ customers },
			);
			expect(execution.status).toBe('success');
			const started = [environment.sandbox, theirs].map((sandbox) =>
				sandbox
					.state()
					.runs.map(({ params, callbackUrl }) => [params.NAME, callbackUrl])
					.sort(),
			);
			expect(started).toEqual([
				[...'abdef'].map((name) => [name, `https://n8n.example/${name}`]),
				[['c', 'https://n8n.example/c']],
			]);
			expect(
				jsonOf(execution, 'Start').filter(({ messageId }) => typeof messageId === 'string'),
			).toHaveLength(6);
		} finally {
			await theirs.close();
		}
	});

	/** Starts a run and waits, with these fields of the credential. */
	const wait = async (environment: E2eEnvironment, path: string, data: Record<string, string>) => {
		const credential = await storeNenAiCredential(environment.client, environment.sandbox, data);
		const id = await activate(
			environment.client,
			chain(path, [webhook(path), lift('body'), runAndWait(credential, NAME, outputsIn(version))]),
		);
		await call(webhookUrl(environment.n8n, path), {
			name: 'a',
			secret: environment.sandbox.webhookSecret,
			key: environment.sandbox.apiKey,
		});
		return id;
	};

	const REFUSED: Array<[string, string]> = [
		['input', '={{ $json.secret }}'],
		['node', "={{ $('Webhook').first().json.body.secret }}"],
	];
	for (const [what, webhookSecret] of REFUSED) {
		it(`a webhook secret that depends on the ${what} is refused before anything is sent`, async (environment) => {
			const id = await wait(environment, `secret-of-${what}`, { webhookSecret });
			const [execution] = await environment.client.endedExecutions(id, 1);
			expect(execution.status).toBe('error');
			expect(problemOf(execution)).toMatch(
				/^The (webhook secret of the )?credential depends on the data of this execution.*Nothing was sent\.$/s,
			);
			expect(environment.sandbox.state().requests).toEqual([]);
			expect(JSON.stringify(execution.data.resultData.error)).not.toContain(
				environment.sandbox.webhookSecret,
			);
		});
	}

	it('a webhook secret in an expression that needs no data verifies the result', async (environment) => {
		const id = await wait(environment, 'secret-constant', {
			webhookSecret: `={{ "${environment.sandbox.webhookSecret}".trim() }}`,
		});
		const [execution] = await environment.client.endedExecutions(id, 1);
		expect(jsonOf(execution, 'Run and wait')).toMatchObject([{ status: 'success' }]);
	});

	it('a webhook secret that n8n can resolve for the callback, too, verifies the result', async (environment) => {
		environment.sandbox.setDefaults({ fault: { callbacks: [] } });
		const beginning = 'test-secret-of-a-waiting-execution-';
		const id = await wait(environment, 'secret-of-execution', {
			webhookSecret: `={{ "${beginning}" + $execution.id }}`,
		});
		await untilWaiting(environment.client, id, 1);
		const [{ id: executionId }] = await environment.client.executions(id);
		const [{ messageId, callbackUrl }] = environment.sandbox.state().runs;
		const delivered = await environment.sandbox.deliver({
			url: callbackUrl ?? '',
			messageId,
			status: 'success',
			secret: `${beginning}${executionId}`,
		});
		expect(delivered.answer).toMatchObject({ status: 200 });
		const [execution] = await environment.client.endedExecutions(id, 1);
		expect(jsonOf(execution, 'Run and wait')).toMatchObject([{ status: 'success' }]);
	});

	it('an API key of the item starts the run and its result is verified, or is refused before anything is sent', async (environment) => {
		const id = await wait(environment, 'key-of-item', { apiKey: '={{ $json.key }}' });
		const [execution] = await environment.client.endedExecutions(id, 1);
		if (version === NEWEST_N8N) {
			expect(jsonOf(execution, 'Run and wait')).toMatchObject([{ status: 'success' }]);
			return;
		}
		// Before n8n 2, one field that cannot be resolved for a callback makes all of them unknown.
		expect(problemOf(execution)).toMatch(
			/^The credential depends on the data of this execution.*Nothing was sent\.$/s,
		);
		expect(environment.sandbox.state().requests).toEqual([]);
	});

	const OUTPUTS: Array<['continueRegularOutput' | 'continueErrorOutput', number]> = [
		['continueRegularOutput', 0],
		['continueErrorOutput', 1],
	];
	for (const [onError, output] of OUTPUTS) {
		it(`with ${onError}, a run that may have started is marked, and one that was rejected is not`, async (environment) => {
			environment.sandbox.faults.add({
				match: { param: 'NAME', equals: 'b' },
				connection: 'drop-after-accept',
			});
			environment.sandbox.faults.add({
				match: { param: 'NAME', equals: 'c' },
				refuse: { status: 422, body: { error: 'Unknown parameter' } },
			});
			const path = `marked-${output}`;
			const execution = await run(
				environment,
				path,
				[
					split('body.names'),
					start(environment.credential, '={{ { NAME: $json["body.names"] } }}', {}, { onError }),
				],
				{ names: ['a', 'b', 'c'] },
			);
			const failed = itemsOf(execution, 'Start', output).filter(
				({ json }) => json.error !== undefined,
			);
			expect(failed.map(({ json }) => json.uncertain ?? null)).toEqual([true, null]);
			expect(failed.map(({ json }) => json.error)).toEqual([
				expect.stringMatching(/^It is not known whether NenAI started the run/),
				expect.stringMatching(/Unknown parameter/),
			]);
			expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }, { item: 2 }]);
			if (output === 1) expect(failed.map(({ json }) => json['body.names'])).toEqual(['b', 'c']);
			expect(
				jsonOf(execution, 'Start').filter(({ messageId }) => messageId !== undefined),
			).toHaveLength(1);
		});
	}

	it('an answer that is nested too deeply is the failure of its item alone', async (environment) => {
		const desktopId = environment.sandbox.desktops.add();
		const deep = `{"status":"ok","deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
		environment.sandbox.desktopFaults.add({ match: { method: 'POST' }, times: 1, latencyMs: 0 });
		environment.sandbox.desktopFaults.add({
			match: { method: 'POST' },
			times: 1,
			wholeAnswer: { status: 200, contentType: 'application/json', body: deep },
		});
		const type = nenAi(
			'Type',
			environment.credential,
			{ resource: 'computer', operation: 'type', desktopId, text: '={{ $json["body.texts"] }}' },
			{ onError: 'continueRegularOutput' },
		);
		const execution = await run(environment, 'deep', [split('body.texts'), type], {
			texts: ['one', 'two', 'three'],
		});
		expect(environment.sandbox.state().desktopActions.map(({ params }) => params.text)).toEqual([
			'one',
			'two',
			'three',
		]);
		const out = jsonOf(execution, 'Type');
		expect(out).toHaveLength(3);
		expect([out[0].error, out[2].error]).toEqual([undefined, undefined]);
		expect(JSON.stringify(out)).not.toMatch(/Nothing was/);
	});

	it('a waiting execution is resumed by the secret of its credential alone', async (environment) => {
		environment.sandbox.setDefaults({ fault: { callbacks: [] } });
		const id = await wait(environment, 'alone', {});
		await untilWaiting(environment.client, id, 1);
		const [{ messageId, callbackUrl }] = environment.sandbox.state().runs;
		const forged = await environment.sandbox.deliver({
			url: callbackUrl ?? '',
			messageId,
			status: 'success',
			secret: 'test-secret-of-another-customer',
		});
		expect(forged.answer?.status).toBe(401);
		await environment.sandbox.deliver({ url: callbackUrl ?? '', messageId, status: 'success' });
		const [execution] = await environment.client.endedExecutions(id, 1);
		expect(jsonOf(execution, 'Run and wait')).toMatchObject([
			{ message_id: messageId, status: 'success' },
		]);
	});
});

/** Makes the object in this field the item. */
function lift(field: string) {
	return node('Lift', 'set', 3.4, {
		mode: 'raw',
		jsonOutput: `={{ $json.${field} }}`,
		options: {},
	});
}

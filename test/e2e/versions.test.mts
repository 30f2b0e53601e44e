/** Each operation in a real n8n of each version: the credential's test, Start, the trigger's answers, Download. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { chain } from '../n8n/build-workflow.mts';
import { freePort } from '../n8n/free-port.mts';
import { N8N_VERSIONS } from '../n8n/install.mts';
import { waitFor } from '../n8n/poll.mts';
import { errorAnswer, type DeliverOptions } from '../sandbox/index.mts';
import { withEnvironment } from './cases.mts';
import { itemsOf, jsonOf, startEnvironment, type E2eEnvironment } from './environment.mts';
import {
	activate,
	ANY_WORKFLOW,
	download,
	run,
	split,
	start,
	trigger,
	triggerUrl,
} from './workflows.mts';

const root = join(__dirname, '../..');
const NAMES = ['Jane Doe', 'John Roe', 'Mary Major'];

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startEnvironment({ root, version }));

	describe("the credential's test", () => {
		const CASES: Array<
			[
				what: string,
				data: (environment: E2eEnvironment) => object | Promise<object>,
				status: 'OK' | 'Error',
				says: RegExp,
			]
		> = [
			['a good key', () => ({}), 'OK', /^NenAI accepted this API key\. Nothing was started\.$/],
			[
				'a bad key',
				() => ({ apiKey: 'test-wrong-key' }),
				'Error',
				/^NenAI did not accept the API key for the test \(HTTP 401\).*Copy the whole key again/,
			],
			['no key', () => ({ apiKey: '' }), 'Error', /The API Key of the credential is empty/],
			[
				'a key of two lines',
				() => ({ apiKey: 'test-key\nof-two-lines' }),
				'Error',
				/The API Key of the credential has a line break in it/,
			],
			[
				'an unreachable host',
				async () => ({ baseUrl: `http://127.0.0.1:${await freePort()}` }),
				'Error',
				/^NenAI could not be reached at 127\.0\.0\.1:\d+ for the test: the connection was refused.*Check the base URL/,
			],
			[
				'a host that is not the API',
				({ sandbox }) => ({ baseUrl: `${sandbox.url}/elsewhere` }),
				'Error',
				/does not answer like the NenAI API.*HTTP 404/,
			],
		];

		for (const [what, data, status, says] of CASES) {
			it(`${what}: ${status}, and nothing is started`, async (environment) => {
				const { client, sandbox, credential } = environment;
				const entered = {
					apiKey: sandbox.apiKey,
					baseUrl: sandbox.url,
					...(await data(environment)),
				};
				const result = await client.testCredential(credential.id, {
					name: credential.name,
					type: 'nenAiApi',
					data: entered,
				});
				expect(result).toEqual({ status, message: expect.stringMatching(says) });
				expect(sandbox.state().counts.runsStarted).toBe(0);
			});
		}
	});

	describe('Start', () => {
		const startEach = (environment: E2eEnvironment, parameters = {}, more: Partial<INode> = {}) => [
			split('body.names'),
			start(environment.credential, '={{ { NAME: $json["body.names"] } }}', parameters, more),
		];
		const started = ({ sandbox }: E2eEnvironment) =>
			sandbox.state().runs.map(({ params }) => params.NAME);
		const refuse = ({ sandbox }: E2eEnvironment, name: string, times?: number) =>
			sandbox.faults.add({
				match: { param: 'NAME', equals: name },
				times,
				refuse: errorAnswer(422, 'json'),
			});

		it('one run for each item, the answer of each in its place', async (environment) => {
			const execution = await run(environment, 'start', startEach(environment), { names: NAMES });
			expect(started(environment).sort()).toEqual(NAMES);
			const idOf = (name: string) =>
				environment.sandbox.state().runs.find(({ params }) => params.NAME === name)?.messageId;
			expect(jsonOf(execution, 'Start')).toEqual(
				NAMES.map((name) => ({
					message: 'Job accepted for processing.',
					messageId: idOf(name),
					workflowId: ANY_WORKFLOW,
				})),
			);
		});

		for (const [path, what, parametersJson, sent] of [
			[
				'numbers-entered',
				'entered',
				'{"p_id":7615917337495251231,"share":12.50,"zero":-0,"text":"7615917337495251231","__proto__":{"a":1.0}}',
				'{"p_id":7615917337495251231,"share":12.50,"zero":-0,"text":"7615917337495251231","__proto__":{"a":1.0}}',
			],
			[
				'numbers-text',
				'in the text of an expression',
				'={ "p_id": {{ $json.body.digits }} }',
				'{"p_id":7615917337495251231}',
			],
			[
				'numbers-bigint',
				'as a BigInt',
				'={{ ({ p_id: BigInt($json.body.digits), zero: -0 }) }}',
				'{"p_id":7615917337495251231,"zero":-0}',
			],
		]) {
			it(`numbers are sent with exactly their digits: ${what}`, async (environment) => {
				await run(environment, path, [start(environment.credential, parametersJson)], {
					digits: '7615917337495251231',
				});
				expect(environment.sandbox.state().requests.map(({ rawBody }) => rawBody)).toEqual([
					`{"workflow_id":"${ANY_WORKFLOW}","workflow_params":${sent}}`,
				]);
			});
		}

		it('a number that an expression has rounded is refused', async (environment) => {
			const execution = await run(
				environment,
				'rounded',
				[start(environment.credential, '={ "p_id": {{ $json.body.number }} }')],
				{ number: 7615917337495251000 },
			);
			expect(execution.data.resultData.error?.message).toMatch(
				/^The parameter "p_id" is a number that cannot be sent exactly/,
			);
			expect(environment.sandbox.state().requests).toEqual([]);
		});

		it('busy: what was not accepted is tried again, and each run started once', async (environment) => {
			environment.sandbox.setDefaults({ rateLimit: { runs: 2, perMs: 500 } });
			const execution = await run(environment, 'busy', startEach(environment), { names: NAMES });
			expect(execution.status).toBe('success');
			expect(started(environment).sort()).toEqual(NAMES);
			expect(environment.sandbox.state().counts.requests).toBeGreaterThan(3);
		});

		it('a failing item: the error has the words of NenAI and the message IDs of what did start; Retry starts only the rest', async (environment) => {
			refuse(environment, NAMES[1], 1);
			const execution = await run(environment, 'refused', startEach(environment), { names: NAMES });
			const { error } = execution.data.resultData;
			expect(error?.message).toMatch(/NenAI rejected the run \(HTTP 422\): .+ \[item 1\]/);
			const description = error && 'description' in error ? error.description : undefined;
			expect(started(environment)).toEqual([NAMES[0], NAMES[2]]);
			for (const { messageId } of environment.sandbox.state().runs)
				expect(description).toContain(messageId);

			const before = environment.sandbox.state().runs.map(({ messageId }) => messageId);
			const retried = await environment.client.waitForExecution(
				await environment.client.retryExecution(execution.id),
			);
			expect(retried.status).toBe('success');
			expect(started(environment).sort()).toEqual(NAMES);
			const given = jsonOf(retried, 'Start').map(({ messageId }) => messageId);
			expect([given[0], given[2]]).toEqual(before);
		});

		it('Retry On Fail starts only what was not started', async (environment) => {
			refuse(environment, NAMES[2], 1);
			const execution = await run(
				environment,
				'retry-on-fail',
				startEach(environment, {}, { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 }),
				{ names: NAMES },
			);
			expect(execution.status).toBe('success');
			expect(started(environment).sort()).toEqual(NAMES);
		});

		it('an answer that never came is not sent again, and the error says that a run may have started', async (environment) => {
			environment.sandbox.faults.add({
				match: { param: 'NAME', equals: NAMES[0] },
				connection: 'drop-after-accept',
			});
			const execution = await run(environment, 'unknown', startEach(environment), {
				names: [NAMES[0]],
			});
			expect(execution.data.resultData.error?.message).toMatch(
				/^It is not known whether NenAI started the run: the connection broke \(ECONNRESET\)/,
			);
			expect(environment.sandbox.state().counts).toMatchObject({ requests: 1, runsStarted: 1 });
		});
	});

	describe('the trigger', () => {
		it('answers each case over HTTP as promised, and starts the workflow for the accepted ones alone', async ({
			client,
			n8n,
			sandbox,
			credential,
		}) => {
			const parameters = { options: { workflowIds: ['w-1'] } };
			const path = 'answers';
			const id = await activate(client, chain(path, [trigger(path, credential, parameters)]));
			const url = triggerUrl(n8n, path);
			const refused = (status: number, says: RegExp) => [
				status,
				{ error: expect.stringMatching(says) },
			];
			const genuine = (rawBody: string): Partial<DeliverOptions> => ({ rawBody });
			// n8n does not read every type of body by itself.
			const ofType = (type: string) => ({ headers: { 'content-type': type } });
			const CASES: Array<[what: string, callback: Partial<DeliverOptions>, answer: unknown[]]> = [
				['accepted', { messageId: 'm-1' }, [200, { received: true }]],
				['accepted: failed', { messageId: 'm-2', status: 'failed' }, [200, { received: true }]],
				['duplicate', { messageId: 'm-1' }, [200, { received: true, ignored: 'duplicate' }]],
				[
					'accepted: another type',
					{ messageId: 'm-3', ...ofType('application/octet-stream') },
					[200, { received: true }],
				],
				[
					'another type, signature wrong',
					{ signature: 'wrong-secret', ...ofType('application/octet-stream') },
					refused(401, /wrong/),
				],
				[
					'another type, body altered',
					{ signature: 'altered-body', ...ofType('application/octet-stream') },
					refused(401, /wrong/),
				],
				[
					'unwanted event',
					{ status: 'processing' },
					[200, { received: true, ignored: 'event processing' }],
				],
				[
					'other event',
					{ status: 'completed' },
					[200, { received: true, ignored: 'event completed' }],
				],
				[
					'unwanted workflow',
					{ workflowId: 'w-2' },
					[200, { received: true, ignored: 'workflow id' }],
				],
				['signature missing', { signature: 'missing' }, refused(401, /missing/)],
				['signature malformed', { signature: 'malformed' }, refused(401, /malformed/)],
				['signature wrong', { signature: 'wrong-secret' }, refused(401, /wrong/)],
				['body altered', { signature: 'altered-body' }, refused(401, /wrong/)],
				['not an object', genuine('[]'), refused(400, /not a JSON object/)],
				['no message_id', genuine('{"status":"success"}'), refused(400, /message_id/)],
				['no status', genuine('{"message_id":"m-4"}'), refused(400, /status/)],
			];
			const answers: unknown[] = [];
			for (const [what, callback] of CASES) {
				const { answer } = await sandbox.deliver({
					url,
					workflowId: 'w-1',
					status: 'success',
					...callback,
				});
				answers.push([what, [answer?.status, JSON.parse(answer?.body ?? 'null')]]);
			}
			expect(answers).toEqual(CASES.map(([what, , answer]) => [what, answer]));
			// n8n itself refuses what claims to be JSON and is not.
			expect(
				(await sandbox.deliver({ url, status: 'success', ...genuine('{') })).answer?.status,
			).toBe(422);

			const last = await sandbox.deliver({
				url,
				workflowId: 'w-1',
				messageId: 'm-last',
				status: 'success',
			});
			expect(last.answer?.status).toBe(200);
			const executions = await client.endedExecutions(id, 4);
			const callbacks = executions.flatMap((execution) => jsonOf(execution, 'NenAI Trigger'));
			expect(callbacks.map(({ message_id }) => message_id).sort()).toEqual([
				'm-1',
				'm-2',
				'm-3',
				'm-last',
			]);
			expect(callbacks.find(({ message_id }) => message_id === 'm-last')).toEqual(
				JSON.parse(last.body),
			);
		});

		it('cannot be activated without a webhook secret, and says what to do', async ({
			client,
			sandbox,
		}) => {
			const name = 'No secret';
			const id = await client.createCredential({
				name,
				type: 'nenAiApi',
				data: { apiKey: sandbox.apiKey, baseUrl: sandbox.url },
			});
			const activating = activate(client, chain('no-secret', [trigger('no-secret', { id, name })]));
			await expect(activating).rejects.toThrow(
				/The NenAI credential has no webhook secret, so n8n could not verify/,
			);
		});

		it('takes callbacks of both secrets while one replaces the other, and of one that was removed for a minute at most', async ({
			client,
			n8n,
			sandbox,
		}) => {
			const [OLD, NEW] = ['old'.repeat(12), 'new'.repeat(12)];
			const name = 'Rotated';
			const data = (webhookSecret: string, previousWebhookSecret = '') => ({
				apiKey: sandbox.apiKey,
				baseUrl: sandbox.url,
				webhookSecret,
				previousWebhookSecret,
			});
			const id = await client.createCredential({
				name,
				type: 'nenAiApi',
				data: data(OLD),
			});
			await activate(client, chain('rotated', [trigger('rotated', { id, name })]));
			const statusOf = async (secret: string) =>
				(await sandbox.deliver({ url: triggerUrl(n8n, 'rotated'), status: 'success', secret }))
					.answer?.status;
			expect([await statusOf(OLD), await statusOf(NEW)]).toEqual([200, 401]);
			await client.updateCredential(id, {
				name,
				type: 'nenAiApi',
				data: data(NEW, OLD),
			});
			const until = async (secret: string, status: number, timeoutMs: number) =>
				await waitFor(
					`${status} for ${secret}`,
					async () => (await statusOf(secret)) === status || undefined,
					{ timeoutMs, intervalMs: 500 },
				);
			// Keys that were read within the last second are not read again.
			await until(NEW, 200, 5000);
			expect(await statusOf(OLD)).toBe(200);
			await client.updateCredential(id, {
				name,
				type: 'nenAiApi',
				data: data(NEW),
			});
			await until(OLD, 401, 70_000);
			expect(await statusOf(NEW)).toBe(200);
		});
	});

	describe('Download', () => {
		const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

		it('fetches every file of a callback, whole, and gives no link away', async (environment) => {
			const { sandbox, client } = environment;
			const files = [
				sandbox.files.add({ name: 'report.pdf', size: 300_000, contentType: 'application/pdf' }),
				sandbox.files.add({ name: 'log.txt', text: 'done', contentType: 'text/plain' }),
			];
			const body = {
				message_id: 'm',
				workflow_id: 'w',
				assets: sandbox.files.url(files[0]),
				result: { log: sandbox.files.url(files[1]) },
			};
			const execution = await run(
				environment,
				'download',
				[download(environment.credential)],
				body,
			);
			const items = itemsOf(execution, 'Download');
			expect(items.map(({ json }) => json)).toEqual([
				{
					field: 'assets',
					url_host: new URL(sandbox.url).host,
					fileName: 'report.pdf',
					mimeType: 'application/pdf',
					fileSize: 300_000,
					workflow_id: 'w',
					message_id: 'm',
				},
				{
					field: 'result.log',
					url_host: new URL(sandbox.url).host,
					fileName: 'log.txt',
					mimeType: 'text/plain',
					fileSize: 4,
					workflow_id: 'w',
					message_id: 'm',
				},
			]);
			const bytes = await Promise.all(
				items.map(({ binary }) => client.downloadBinary(String(binary?.data.id))),
			);
			expect(bytes.map(sha256)).toEqual(files.map((file) => sandbox.files.sha256(file)));
			expect(JSON.stringify(items)).not.toMatch(/signature=|expires=/);
		});

		it('one item with all files', async (environment) => {
			const { sandbox } = environment;
			const url = (name: string) => sandbox.files.url(sandbox.files.add({ name, size: 10 }));
			const execution = await run(
				environment,
				'single',
				[download(environment.credential, undefined, { output: 'singleItem' })],
				{ a: url('a.bin'), b: url('b.bin') },
			);
			const [item, ...others] = itemsOf(execution, 'Download');
			expect(others).toEqual([]);
			expect(Object.keys(item.binary ?? {})).toEqual(['data_0', 'data_1']);
		});

		const FAILURES: Array<
			[what: string, payload: (environment: E2eEnvironment) => object, says: RegExp]
		> = [
			[
				'expired',
				({ sandbox }) => ({
					expires_at: 1_700_000_000,
					url: sandbox.files.url(sandbox.files.add({ name: 'old.pdf', size: 1 })),
				}),
				/expired at 2023-11-14T22:13:20\.000Z \[item 0\]/,
			],
			[
				'refused',
				({ sandbox }) => ({
					url: sandbox.files.url(
						sandbox.files.add({ name: 'gone.pdf', size: 1, fault: { status: 404 } }),
					),
				}),
				/^The file host rejected the download of gone\.pdf \(field url, host 127\.0\.0\.1:\d+\) \(HTTP 404\) \[item 0\]/,
			],
			[
				'cut short',
				({ sandbox }) => ({
					url: sandbox.files.url(
						sandbox.files.add({ name: 'cut.pdf', size: 100_000, fault: { cutAfterBytes: 50_000 } }),
					),
				}),
				/^The file cut\.pdf \(field url, host 127\.0\.0\.1:\d+\) was cut short \(HTTP 200\)/,
			],
		];

		for (const [what, payload, says] of FAILURES) {
			it(`a file that is ${what}: an error that names it, and no item`, async (environment) => {
				const execution = await run(
					environment,
					`file-${what.replace(' ', '-')}`,
					[download(environment.credential)],
					payload(environment),
				);
				expect(execution.status).toBe('error');
				expect(execution.data.resultData.error?.message).toMatch(says);
				expect(itemsOf(execution, 'Download')).toEqual([]);
			});
		}
	});
});

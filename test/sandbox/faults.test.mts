import { connect } from 'node:net';
import { UNANSWERED, withSandbox } from './cases.mts';
import { errorAnswer, type Answer, type Sandbox } from './index.mts';
import { post, postRun, startFastSandbox } from './support.mts';

const run = { workflow_id: 'w' };
let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), startFastSandbox);

const started = (): number => sandbox.state().counts.runsStarted;
const named = (NAME: unknown): object => ({ workflow_id: 'w', workflow_params: { NAME } });

describe('refusing answers', () => {
	test.each([
		[errorAnswer(500, 'json'), 'application/json', /"error":"Error 500"/],
		[errorAnswer(429, 'gateway'), 'application/json', /^{"message":"Error 429"}$/],
		[errorAnswer(502, 'html'), 'text/html', /<h1>Error 502/],
		[errorAnswer(503, 'text'), 'text/plain', /^Error 503$/],
		[errorAnswer(504, 'empty'), undefined, /^$/],
		[
			{
				status: 418,
				body: '{"cut',
				contentType: 'application/json',
				headers: { 'x-a': 'b' },
			} satisfies Answer,
			'application/json',
			/^{"cut$/,
		],
	])('%j', async (refuse, contentType, body) => {
		sandbox.faults.next({ refuse });
		const answer = await postRun(sandbox, run);
		expect(answer.status).toBe(refuse.status);
		expect(answer.headers['content-type']?.split(';')[0]).toBe(contentType);
		expect(answer.body).toMatch(body);
		expect(answer.headers).toMatchObject(refuse.headers ?? {});
		expect(started()).toBe(0);
		expect((await postRun(sandbox, run)).status).toBe(202);
	});

	test('Retry-After in seconds, as a date, or not at all', async () => {
		sandbox.faults.next({ refuse: { status: 429, retryAfter: { seconds: 7, as: 'seconds' } } });
		sandbox.faults.next({ refuse: { status: 429, retryAfter: { seconds: 7, as: 'date' } } });
		sandbox.faults.next({ refuse: { status: 429 } });
		expect((await postRun(sandbox, run)).headers['retry-after']).toBe('7');
		const date = String((await postRun(sandbox, run)).headers['retry-after']);
		expect(date).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
		const ahead = Date.parse(date) - Date.now();
		expect(ahead).toBeGreaterThan(6000);
		expect(ahead).toBeLessThanOrEqual(8000);
		expect((await postRun(sandbox, run)).headers).not.toHaveProperty('retry-after');
	});

	test('redirects are an answer with a Location', async () => {
		sandbox.faults.next({
			refuse: { status: 307, headers: { location: 'http://127.0.0.1:1/runs' } },
		});
		const answer = await postRun(sandbox, run);
		expect([answer.status, answer.headers.location]).toEqual([307, 'http://127.0.0.1:1/runs']);
	});
});

describe('the connection', () => {
	test.each(['drop-before-body', 'drop-before-accept', 'silent-before-accept'] as const)(
		'%s: no answer, no run',
		async (connection) => {
			sandbox.faults.next({ connection });
			await expect(postRun(sandbox, run, UNANSWERED)).rejects.toThrow(
				connection.startsWith('drop') ? /closed/ : /timeout/,
			);
			expect(started()).toBe(0);
			const { body, answered } = sandbox.state().requests[0];
			expect(body).toEqual(connection === 'drop-before-body' ? null : run);
			expect(answered).toBeNull();
			expect((await postRun(sandbox, run)).status).toBe(202);
		},
	);

	test.each([
		['drop-after-accept', /closed/],
		['cut-answer', /does not match content-length/],
		['silent-after-accept', /timeout/],
	] as const)('%s: no whole answer, but a run', async (connection, error) => {
		sandbox.faults.next({ connection });
		await expect(postRun(sandbox, run, UNANSWERED)).rejects.toThrow(error);
		expect(started()).toBe(1);
	});

	test('drop-before-body does not wait for the body', async () => {
		sandbox.faults.next({ connection: 'drop-before-body' });
		const socket = connect(Number(new URL(sandbox.url).port), '127.0.0.1');
		socket.write(
			'POST /runs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
		);
		await new Promise((resolve) =>
			socket
				.on('error', () => undefined)
				.on('close', resolve)
				.resume(),
		);
		expect(sandbox.state().requests).toHaveLength(1);
	});

	test('latency comes before the run is accepted', async () => {
		sandbox.faults.next({ latencyMs: 100 });
		const answer = postRun(sandbox, run);
		await sandbox.until(({ counts }) => counts.requests === 1);
		expect(started()).toBe(0);
		expect((await answer).status).toBe(202);
		const { requests, runs } = sandbox.state();
		expect(runs[0].at - requests[0].at).toBeGreaterThanOrEqual(98);
	});
});

test.each([
	[{ status: 202 }, ''],
	[{ status: 202, body: '{"messageId":', contentType: 'application/json' }, '{"messageId":'],
	[errorAnswer(502, 'empty'), ''],
])('a run that was accepted may be answered with %j', async (acceptedAnswer, body) => {
	sandbox.faults.next({ acceptedAnswer });
	const answer = await postRun(sandbox, run);
	expect([answer.status, answer.body]).toEqual([acceptedAnswer.status, body]);
	expect(started()).toBe(1);
});

describe('rules', () => {
	const refuse = errorAnswer(503, 'empty');
	const statuses = (bodies: object[]): Promise<number[]> =>
		Promise.all(bodies.map(async (body) => (await postRun(sandbox, body)).status));

	test('fit a parameter value, in a batch that is sent at one time', async () => {
		sandbox.faults.add({ match: { param: 'NAME', equals: 'B' }, times: 1, refuse });
		expect(await statuses(['A', 'B', 'C'].map(named))).toEqual([202, 503, 202]);
		expect(await statuses([named('B')])).toEqual([202]);
	});

	test('compare values with their type', async () => {
		sandbox.faults.add({ match: { param: 'NAME', equals: { n: [1] } }, refuse });
		expect(await statuses([named('1'), named({ n: ['1'] }), named({ n: [1] }), run])).toEqual([
			202, 202, 503, 202,
		]);
	});

	test('fit a workflow id', async () => {
		sandbox.faults.add({ match: { workflowId: 'bad' }, refuse });
		expect(await statuses([run, { workflow_id: 'bad' }])).toEqual([202, 503]);
	});

	test('hold without limit unless told how often, until they are cleared', async () => {
		sandbox.faults.add({ refuse });
		expect(await statuses([run, run, run])).toEqual([503, 503, 503]);
		sandbox.faults.clear();
		expect(await statuses([run])).toEqual([202]);
	});

	test('are used in order, each as often as it says', async () => {
		sandbox.faults.next({ refuse }, 2);
		sandbox.faults.next({ refuse: errorAnswer(500, 'empty') });
		const seen = [];
		for (let i = 0; i < 4; i++) seen.push((await postRun(sandbox, run)).status);
		expect(seen).toEqual([503, 503, 500, 202]);
	});

	test('stand above the fault of the whole server', async () => {
		sandbox.setDefaults({ fault: { refuse } });
		sandbox.faults.next({ refuse: errorAnswer(500, 'empty') });
		expect((await postRun(sandbox, run)).status).toBe(500);
		expect((await postRun(sandbox, run)).status).toBe(503);
	});

	test('may not be needed: the whole server drops connections', async () => {
		sandbox.setDefaults({ fault: { connection: 'drop-before-body' } });
		for (let i = 0; i < 2; i++) await expect(postRun(sandbox, run)).rejects.toThrow(/closed/);
		expect(started()).toBe(0);
	});

	test('are not used up by a request with a wrong key', async () => {
		sandbox.faults.next({ refuse });
		await post(`${sandbox.url}/runs`, run);
		expect((await postRun(sandbox, run)).status).toBe(503);
	});

	test('must be meant as they are written', () => {
		const misspelt = JSON.parse('{"refuze":{"status":500}}');
		expect(() => sandbox.faults.add(misspelt)).toThrow(/refuze/);
		expect(() =>
			sandbox.faults.add({ match: { workflowId: 'w' }, connection: 'drop-before-body' }),
		).toThrow(/match/);
	});
});

test('the rate limit lets so many pass, and says when the next may', async () => {
	sandbox.setDefaults({ rateLimit: { runs: 2, perMs: 1000 } });
	const answers = await Promise.all([run, run, run].map((body) => postRun(sandbox, body)));
	expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 429]);
	expect(answers.find(({ status }) => status === 429)).toMatchObject({
		headers: { 'retry-after': '1' },
		body: '{"message":"Too Many Requests"}',
	});
	await new Promise((resolve) => setTimeout(resolve, 1010));
	expect((await postRun(sandbox, run)).status).toBe(202);
	expect(started()).toBe(3);
});

/** The NenAI Polling Trigger in n8n's own engine. How it finds the runs: unit/shared/polling/endedRuns.test.mts. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { RETRY_PAUSES } from '../../nodes/shared/failures/policies';
import { seededRandom } from '../e2e/random.mts';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { activatePolling, senderOf, type PollOptions, type PollingTrigger } from './engine.mts';
import { mcpTestKit, textResult } from './mcpTestKit.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

const { credentials, setRunState, calls, fail, failCalls } = mcpTestKit(() => sandbox);

let warned: jest.SpyInstance;
let logged: jest.SpyInstance;

beforeEach(() => {
	jest.replaceProperty(RETRY_PAUSES, 'initialMs', 0);
	const { logger } = senderOf(credentials());
	warned = jest.spyOn(logger, 'warn').mockImplementation();
	logged = jest.spyOn(logger, 'error').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

const trigger = (parameters: INodeParameters = {}, options: PollOptions = {}) =>
	activatePolling({ workflowId: 'w-1', ...parameters }, credentials(), options);

/** A trigger that has noted what is there. */
async function activated(parameters: INodeParameters = {}, options: PollOptions = {}) {
	const polling = trigger(parameters, options);
	expect(await polling.poll()).toEqual([]);
	return polling;
}

/** The same after n8n was stopped: from what it has saved by then. */
const restarted = (
	{ staticData }: Pick<PollingTrigger, 'staticData'>,
	parameters: INodeParameters = {},
	options: PollOptions = {},
) => trigger(parameters, { staticData: staticData(), activation: 'init', ...options });

const second = (n: number) => new Date(Date.UTC(2026, 1, 10, 19, 0, n)).toISOString();

/** A run ends in a second of the same hour. */
const end = (id: string, n = 0, status = 'completed') =>
	setRunState(id, status, { endTime: second(n) });

const idsOf = (runs: IDataObject[]) => runs.map(({ messageId }) => messageId);

const problem = async (polling: PollingTrigger) =>
	await polling.poll().then(
		(runs) => expect(runs).toBe('an error'),
		(error: Error & { description?: string; httpCode?: string | null }) => error,
	);

test('the first poll only notes what is there', async () => {
	end('ended');
	setRunState('open');
	const polling = await activated();
	expect(await polling.poll()).toEqual([]);
	end('open', 1);
	expect(idsOf(await polling.poll())).toEqual(['open']);
	expect(await polling.poll()).toEqual([]);
});

test("NenAI's entry comes out unchanged, with messageId and finished", async () => {
	const polling = await activated();
	setRunState('m-1', 'completed', { startTime: second(0), endTime: second(1) });
	expect(await polling.poll()).toEqual([
		{
			runId: 'run-m-1',
			messageId: 'm-1',
			workflowId: 'w-1',
			status: 'completed',
			startTime: second(0),
			endTime: second(1),
			finished: true,
		},
	]);
});

test('an entry with its ID under another name gets messageId', async () => {
	const polling = await activated();
	failCalls({
		result: textResult(
			'{"success":true,"runs":[{"run_id":7,"status":"failed","digits":12345678901234567890}]}',
		),
	});
	expect(await polling.poll()).toEqual([
		{
			run_id: 7,
			status: 'failed',
			digits: '12345678901234567890',
			messageId: '7',
			finished: true,
		},
	]);
});

test('runs come out in the order in which they ended, also those of the same second', async () => {
	const polling = await activated();
	end('a', 3);
	end('b', 1);
	end('c', 1);
	end('d', 2);
	expect(idsOf(await polling.poll())).toEqual(['b', 'c', 'd', 'a']);
	expect(await polling.poll()).toEqual([]);
});

test('300 runs ended in between', async () => {
	end('before');
	const polling = await activated();
	for (let n = 0; n < 300; n += 1) end(`m-${n}`, n);
	expect(idsOf(await polling.poll())).toEqual(Array.from({ length: 300 }, (_, n) => `m-${n}`));
	expect(await polling.poll()).toEqual([]);
});

test('an old run that is no longer in the list', async () => {
	setRunState('old');
	const polling = await activated();
	for (let n = 0; n < 120; n += 1) end(`m-${n}`, n);
	expect(await polling.poll()).toHaveLength(120);
	setRunState('old', 'Failed', { more: { errorData: { error_message: 'Exit code: 1' } } });
	expect(await polling.poll()).toEqual([
		expect.objectContaining({
			messageId: 'old',
			success: true,
			status: 'Failed',
			errorData: { error_message: 'Exit code: 1' },
			finished: true,
		}),
	]);
	expect(await polling.poll()).toEqual([]);
});

test('a run of another NenAI workflow does not come out', async () => {
	const polling = await activated();
	setRunState('m-1', 'completed', { workflowId: 'w-2' });
	expect(await polling.poll()).toEqual([]);
});

test.each<[unknown, string[]]>([
	[['success'], ['completed', 'SUCCESS']],
	[['failed'], ['failed', ' Failed ']],
	[['other'], ['timeout', 'cancelled']],
	[
		['success', 'failed', 'other'],
		['completed', 'SUCCESS', 'failed', ' Failed ', 'timeout', 'cancelled'],
	],
	['failed, other', ['failed', ' Failed ', 'timeout', 'cancelled']],
	['["success"]', ['completed', 'SUCCESS']],
	[undefined, ['completed', 'SUCCESS', 'failed', ' Failed ', 'timeout', 'cancelled']],
	[null, ['completed', 'SUCCESS', 'failed', ' Failed ', 'timeout', 'cancelled']],
])('Trigger On %j', async (triggerOn, expected) => {
	const parameters = { workflowId: 'w-1', triggerOn } as INodeParameters;
	const polling = await activated({}, { parameters });
	const statuses = ['completed', 'SUCCESS', 'failed', ' Failed ', 'timeout', 'cancelled'];
	for (const [n, status] of [...statuses, 'queued', 'Running', 'PROCESSING'].entries())
		end(`m-${n}`, n, status);
	expect((await polling.poll()).map(({ status }) => status)).toEqual(expected);
	expect(await polling.poll()).toEqual([]);
});

test.each<[IDataObject, string]>([
	[{ triggerOn: [] }, 'Trigger On (triggerOn) is empty, so nothing could start the workflow'],
	[
		{ triggerOn: 7 },
		'Trigger On (triggerOn) must be one of success, failed, other, but is the text "7"',
	],
	[
		{ triggerOn: { a: 1 } },
		'Trigger On (triggerOn) must be a list of texts, or text with commas, but is an object',
	],
	[
		{ triggerOn: ['processing'] },
		'Trigger On (triggerOn) must be one of success, failed, other, but is the text "processing"',
	],
	[{ workflowId: '' }, 'NenAI Workflow (workflowId) is empty'],
	[{ workflowId: { __rl: true, mode: 'list', value: '' } }, 'NenAI Workflow (workflowId) is empty'],
	[{ workflowId: null }, 'NenAI Workflow (workflowId) is empty'],
	[{ workflowId: ['w-1'] }, 'NenAI Workflow (workflowId) must be'],
	[{ workflowId: true }, 'NenAI Workflow (workflowId) must be'],
])('%j is an error before anything is asked', async (parameters, message) => {
	const polling = trigger({}, { parameters: parameters as INodeParameters });
	expect((await problem(polling))?.message).toContain(message);
	expect(sandbox.state().mcpRequests).toEqual([]);
});

test.each([{ __rl: true, mode: 'id', value: ' w-1 ' }, 'w-1', '={{ "w-" + 1 }}'])(
	'the workflow as %j',
	async (workflowId) => {
		const polling = await activated({ workflowId });
		end('m-1');
		expect(idsOf(await polling.poll())).toEqual(['m-1']);
	},
);

describe('NenAI does not answer', () => {
	test.each<[string, () => void, RegExp, string | null]>([
		['it is down', () => fail({ connection: 'drop' }), /NenAI/, null],
		['it fails', () => fail({ refuse: { status: 502, body: '' } }), /502/, '502'],
		[
			'it is busy',
			() => fail({ refuse: { status: 429, body: { message: 'Too many' } } }),
			/429/,
			'429',
		],
		['the key is wrong', () => fail({ refuse: { status: 401, body: {} } }), /401/, '401'],
		[
			'it has no tool for the question',
			() => sandbox.setDefaults({ mcpTools: ['nen_run'] }),
			/has no tool/,
			null,
		],
		[
			'it reports an error',
			() => failCalls({ result: { isError: 'No such workflow' } }),
			/No such workflow/,
			null,
		],
		[
			'its list has an unknown form',
			() => failCalls({ result: textResult('{"success":true,"runs":[{"id":1}]}') }),
			/no list|no IDs/,
			null,
		],
	])('%s: the poll fails, and a later one catches up', async (_, disturb, message, httpCode) => {
		setRunState('old');
		const polling = await activated();
		const { staticData } = { staticData: polling.staticData() };
		end('old', 1);
		for (let n = 0; n < 60; n += 1) end(`m-${n}`, n + 2);
		disturb();
		for (let polls = 0; polls < 3; polls += 1) {
			const error = await problem(polling);
			expect(error?.message).toMatch(message);
			if (httpCode !== null) expect(error).toMatchObject({ name: 'NodeApiError', httpCode });
		}
		expect(polling.staticData()).toEqual(staticData);
		sandbox.mcpFaults.clear();
		sandbox.setDefaults({ mcpTools: ['nen_list_runs', 'nen_status'] });
		expect(idsOf(await polling.poll())).toEqual([
			'old',
			...Array.from({ length: 60 }, (__, n) => `m-${n}`),
		]);
		expect(await polling.poll()).toEqual([]);
	});

	test('the error says that no run is lost', async () => {
		const polling = await activated();
		fail({ connection: 'drop' });
		expect((await problem(polling))?.description).toContain(
			'No run is lost: a later poll finds those that have ended in the meantime.',
		);
	});

	test('a question about one run fails: what others say is not lost', async () => {
		setRunState('old');
		const polling = await activated();
		for (let n = 0; n < 60; n += 1) end(`m-${n}`, n);
		expect(await polling.poll()).toHaveLength(60);
		for (let n = 0; n < 60; n += 1) end(`n-${n}`, n);
		sandbox.mcpFaults.add({ match: { tool: 'nen_status' }, refuse: { status: 503, body: '' } });
		await problem(polling);
		sandbox.mcpFaults.clear();
		expect(await polling.poll()).toHaveLength(60);
	});

	test('it is busy for a moment: the request is repeated', async () => {
		const polling = await activated();
		end('m-1');
		failCalls({ refuse: { status: 429, body: '', retryAfter: { seconds: 0, as: 'seconds' } } }, 2);
		expect(idsOf(await polling.poll())).toEqual(['m-1']);
		expect(calls()).toHaveLength(4);
	});

	test('it asks to come back in a minute: the poll fails at once', async () => {
		const polling = await activated();
		failCalls({ refuse: { status: 429, body: '', retryAfter: { seconds: 60, as: 'seconds' } } });
		await problem(polling);
		expect(calls()).toHaveLength(2);
	});

	test('activated by a person, the first poll reports it', async () => {
		fail({ connection: 'drop' });
		await problem(trigger());
	});

	test.each(['init', 'leadershipChange'] as const)(
		'activated by n8n (%s), it only logs the first failure, so that it goes on polling',
		async (activation) => {
			const before = await activated();
			end('m-1');
			fail({ connection: 'drop' });
			const polling = restarted(before, {}, { activation });
			expect(await polling.poll()).toEqual([]);
			expect(logged).toHaveBeenCalledTimes(1);
			await problem(polling);
			sandbox.mcpFaults.clear();
			expect(idsOf(await polling.poll())).toEqual(['m-1']);
		},
	);
});

test('a run that NenAI does not know disturbs no other, and is forgotten after ten polls', async () => {
	setRunState('open');
	const polling = await activated();
	const data = polling.staticData();
	const [noted] = Object.values(data) as IDataObject[];
	noted.open = ['unknown', 'open'];
	const edited = trigger({}, { staticData: data });
	end('open', 1);
	expect(idsOf(await edited.poll())).toEqual(['open']);
	for (let polls = 0; polls < 8; polls += 1) expect(await edited.poll()).toEqual([]);
	expect(warned).not.toHaveBeenCalled();
	expect(await edited.poll()).toEqual([]);
	expect(warned).toHaveBeenCalledWith(
		expect.stringContaining('no longer asks about the run "unknown"'),
	);
	const asked = calls().length;
	await edited.poll();
	expect(
		calls()
			.slice(asked)
			.map(({ tool }) => tool),
	).toEqual(['nen_list_runs']);
});

test('n8n was down: runs that ended in the meantime come out once', async () => {
	setRunState('open');
	const before = await activated();
	end('open', 1);
	for (let n = 0; n < 70; n += 1) end(`m-${n}`, n + 2);
	const polling = restarted(before);
	expect(await polling.poll()).toHaveLength(71);
	expect(await restarted(polling).poll()).toEqual([]);
});

test('polls that found nothing are not saved by n8n: nothing is lost or doubled', async () => {
	const polling = await activated();
	end('m-1', 1);
	expect(await polling.poll()).toHaveLength(1);
	const saved = polling.staticData();
	setRunState('m-2');
	expect(await polling.poll()).toEqual([]);
	end('m-2', 2);
	expect(idsOf(await restarted({ staticData: () => saved }).poll())).toEqual(['m-2']);
});

test('renamed, it goes on where it was', async () => {
	const before = await activated();
	end('m-1');
	const polling = trigger(
		{},
		{ settings: { name: 'Renamed' }, staticData: before.staticData(), before },
	);
	expect(idsOf(await polling.poll())).toEqual(['m-1']);
	expect(await polling.poll()).toEqual([]);
});

test('renamed while NenAI is down, it goes on where it was', async () => {
	const before = await activated();
	end('m-1');
	fail({ connection: 'drop' });
	const renamed = { settings: { name: 'Renamed' }, staticData: before.staticData(), before };
	await problem(trigger({}, renamed));
	sandbox.mcpFaults.clear();
	expect(idsOf(await trigger({}, renamed).poll())).toEqual(['m-1']);
});

test('with another NenAI workflow, it begins anew', async () => {
	const before = await activated();
	end('m-1');
	setRunState('n-1', 'completed', { workflowId: 'w-2' });
	const polling = trigger({ workflowId: 'w-2' }, { staticData: before.staticData(), before });
	expect(await polling.poll()).toEqual([]);
	setRunState('n-2', 'completed', { workflowId: 'w-2' });
	expect(idsOf(await polling.poll())).toEqual(['n-2']);
});

test('several triggers in a workflow each give the run', async () => {
	const first = await activated();
	const second = await activated({}, { settings: { id: 'node-2', name: 'Second' }, before: first });
	end('m-1');
	for (const each of [first, second]) expect(idsOf(await each.poll())).toEqual(['m-1']);
});

test('a poll that begins while another is running gives nothing', async () => {
	const polling = await activated();
	for (let n = 0; n < 5; n += 1) end(`m-${n}`, n);
	const polls = await Promise.all([polling.poll(), polling.poll(), polling.poll()]);
	expect(polls.map(({ length }) => length)).toEqual([5, 0, 0]);
	expect(await polling.poll()).toEqual([]);
});

describe('a test in the editor', () => {
	test('gives the run that ended last, and notes nothing', async () => {
		end('a', 2);
		end('b', 3, 'failed');
		end('c', 1);
		setRunState('d');
		const testing = trigger({}, { mode: 'manual' });
		expect(idsOf(await testing.poll())).toEqual(['b']);
		expect(testing.staticData()).toEqual({});
		const ofSuccess = trigger({ triggerOn: ['success'] }, { mode: 'manual' });
		expect(idsOf(await ofSuccess.poll())).toEqual(['a']);
	});

	test.each([['other'], ['success']])(
		'says that there is no run that ended with %s',
		async (event) => {
			setRunState('d');
			end('b', 3, 'failed');
			expect((await problem(trigger({ triggerOn: [event] }, { mode: 'manual' })))?.message).toBe(
				'None of the newest runs of this NenAI workflow has ended in a way that is chosen in "Trigger On"',
			);
		},
	);

	test('changes nothing for the active workflow', async () => {
		const polling = await activated();
		end('m-1');
		const testing = trigger(
			{},
			{ mode: 'manual', staticData: polling.staticData(), before: polling },
		);
		expect(await testing.poll()).toHaveLength(1);
		expect(testing.staticData()).toEqual(polling.staticData());
		expect(idsOf(await polling.poll())).toEqual(['m-1']);
	});
});

test('a credential that does not exist any more is an error', async () => {
	const gone = credentials();
	const polling = activatePolling({ workflowId: 'w-1' }, gone);
	expect(await polling.poll()).toEqual([]);
	gone.gone = true;
	expect((await problem(polling))?.message).toContain('does not exist');
});

test('in a random sequence with restarts, renamings and faults, each run comes out once', async () => {
	const { seed, next } = seededRandom();
	const pick = (below: number) => Math.floor(next() * below);
	let [polling, saved] = [await activated(), {} as IDataObject];
	saved = polling.staticData();
	let started = 0;
	const open: string[] = [];
	const ended: string[] = [];
	const got: unknown[] = [];
	const poll = async () => {
		const runs = await polling.poll();
		if (runs.length > 0) saved = polling.staticData();
		got.push(...idsOf(runs));
	};
	for (let step = 0; step < 120; step += 1) {
		for (let starts = pick(step % 20 === 0 ? 90 : 4); starts > 0; starts -= 1) {
			open.push(`m-${(started += 1)}`);
			setRunState(open[open.length - 1]);
		}
		for (
			let ends = pick(step % 15 === 0 ? open.length : 4);
			ends > 0 && open.length > 0;
			ends -= 1
		) {
			const [id] = open.splice(pick(open.length), 1);
			end(id, (ended.push(id), ended.length), ['completed', 'failed', 'TIMEOUT'][pick(3)]);
		}
		const what = next();
		if (what < 0.15) polling = restarted({ staticData: () => saved });
		if (what > 0.9) {
			failCalls({ refuse: { status: 503, body: '', retryAfter: { seconds: 60, as: 'seconds' } } });
			await poll().catch(() => {});
			sandbox.mcpFaults.clear();
		} else if (what < 0.7) await poll();
	}
	await poll();
	expect([seed, got.length]).toEqual([seed, ended.length]);
	expect([seed, new Set(got)]).toEqual([seed, new Set(ended)]);
});

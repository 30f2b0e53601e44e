/** What a started run leaves in n8n's traces, and the link to its page at NenAI. */
import type { IExecuteFunctions } from 'n8n-workflow';
import { hintAtRunPage } from '../../../../nodes/NenAi/resources/run/signals';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { Credentials, execute, type Execution } from '../../engine.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { fault: { callbacks: [] } });

const RUN = { resource: 'run', workflowId: 'w', parametersMode: 'json', parametersJson: '{}' };

async function run(parameters: object, count = 1): Promise<Execution> {
	const { apiKey, url: baseUrl, webhookSecret } = sandbox;
	return await execute({
		credentials: new Credentials({ apiKey, baseUrl, webhookSecret }),
		items: Array.from({ length: count }, () => ({})),
		parameters: { ...RUN, ...parameters },
		webhookWaitingBaseUrl: 'http://127.0.0.1:1/webhook-waiting',
	});
}

const ids = () => sandbox.state().runs.map(({ messageId }) => messageId);
const tracingOf = ({ run: { data } }: Execution) =>
	data.resultData.runData.NenAI[0].metadata?.tracing;

test('Start: the IDs of all runs are in the trace', async () => {
	const execution = await run({ operation: 'start', callback: 'none' }, 3);
	expect(tracingOf(execution)).toEqual({
		'nenai.message_ids': execution.items.map(({ json }) => json.messageId).join(','),
		'nenai.run_count': 3,
	});
	expect(ids()).toHaveLength(3);
});

test('Start: at most 20 IDs, and the number of all', async () => {
	const tracing = tracingOf(await run({ operation: 'start', callback: 'none' }, 25));
	expect(String(tracing?.['nenai.message_ids']).split(',')).toHaveLength(20);
	expect(tracing?.['nenai.run_count']).toBe(25);
});

test('Start and Wait: the ID is in the trace while it waits', async () => {
	const execution = await run({ operation: 'startAndWait' });
	expect(execution.run.status).toBe('waiting');
	expect(tracingOf(execution)).toEqual({
		'nenai.message_ids': ids()[0],
		'nenai.run_count': 1,
	});
});

test('nothing was started, nothing is traced', async () => {
	const execution = await run({ operation: 'start', callback: 'url', callbackUrl: 'no-url' });
	expect(execution.error).toBeDefined();
	expect(tracingOf(execution)).toBeUndefined();
});

describe('the page of a run', () => {
	const hintsWith = (baseUrl: string, messageId = 'm-1') => {
		const hints: unknown[] = [];
		const node = { addExecutionHints: (hint: unknown) => hints.push(hint) };
		hintAtRunPage.call(node as unknown as IExecuteFunctions, { baseUrl }, messageId);
		return hints;
	};

	test("is shown with NenAI's own address", () => {
		expect(hintsWith('https://api.getnen.ai')).toEqual([
			{
				message: 'NenAI shows this run at https://app.getnen.ai/runs/m-1',
				location: 'outputPane',
			},
		]);
	});

	test('what NenAI sends as an ID is encoded', () => {
		expect(JSON.stringify(hintsWith('https://api.getnen.ai', '"><b>'))).not.toContain('<b>');
	});

	test.each(['http://127.0.0.1:1', 'https://api.getnen.ai.example.com', 'no address', ''])(
		'is not shown with %j',
		(baseUrl) => {
			expect(hintsWith(baseUrl)).toEqual([]);
		},
	);

	test('an older n8n, which has no hints', () => {
		expect(() =>
			hintAtRunPage.call(
				{} as unknown as IExecuteFunctions,
				{ baseUrl: 'https://api.getnen.ai' },
				'm',
			),
		).not.toThrow();
	});
});

/** Row 9: NenAI is asked for the states of many runs. */
import { request } from 'undici';
import type { INode } from 'n8n-workflow';
import { chain, node } from '../../n8n/build-workflow.mts';
import type { Bench, Row } from '../bench.mts';
import type { Comparison } from '../results.mts';
import type { BenchEnvironment } from '../environment.mts';

const LATENCY_MS = 50;

/** Takes the IDs of the request apart, and answers when the node behind has asked for all of them. */
function askWorkflow(path: string, asks: INode) {
	const webhook = node(
		'Webhook',
		'webhook',
		2.1,
		{ httpMethod: 'POST', path, responseMode: 'lastNode', responseData: 'allEntries', options: {} },
		{ webhookId: path },
	);
	return chain(path, [
		webhook,
		node('Split Out', 'splitOut', 1, { fieldToSplitOut: 'body.ids', options: {} }),
		asks,
	]);
}

const ID = "={{ $json['body.ids'] }}";

function ours({ credentials: { nenAiApi } }: BenchEnvironment): INode {
	return node(
		'Ask',
		'n8n-nodes-nenai.nenAi',
		1,
		{ resource: 'run', operation: 'get', messageId: ID, options: {} },
		{ credentials: { nenAiApi } },
	);
}

function mcpClient({ credentials: { httpHeaderAuth }, sandbox }: BenchEnvironment): INode {
	const parameters = {
		endpointUrl: sandbox.mcpUrl,
		authentication: 'headerAuth',
		tool: { __rl: true, mode: 'id', value: 'nen_status' },
		inputMode: 'json',
		jsonInput: "={{ { messageId: $json['body.ids'] } }}",
		options: {},
	};
	return node('Ask', '@n8n/n8n-nodes-langchain.mcpClient', 1.1, parameters, {
		credentials: { httpHeaderAuth },
	});
}

/** Asks for all of them; gives the seconds it took. Throws where an answer is missing. */
const timed = (url: string, ids: string[]) => async () => {
	const began = performance.now();
	const { statusCode, body } = await request(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ ids }),
		headersTimeout: 0,
		bodyTimeout: 0,
	});
	const answers = (await body.json()) as unknown[];
	const seconds = (performance.now() - began) / 1000;
	const running = answers.filter((answer) => JSON.stringify(answer).includes('running')).length;
	if (statusCode !== 200 || running !== ids.length)
		throw new Error(
			`${url} gave ${running} states of ${ids.length} runs, and n8n answered ${statusCode}`,
		);
	return seconds;
};

export const row9: Row = {
	name: '9',
	title: 'Asking for the states of many runs',
	async run(bench: Bench): Promise<Comparison[]> {
		const environment = await bench.environment('vm');
		const ids = Array.from({ length: bench.sized(200) }, (_, n) => `bench-${n}`);
		for (const id of ids)
			environment.sandbox.runs.set(id, { status: 'running', workflowId: 'bench' });
		environment.sandbox.mcpFaults.add({ match: { method: 'tools/call' }, latencyMs: LATENCY_MS });
		const { url: ourUrl } = await environment.publish(
			askWorkflow('row9-ours', ours(environment)),
			'row9-ours',
		);
		const { url: peerUrl } = await environment.publish(
			askWorkflow('row9-peer', mcpClient(environment)),
			'row9-peer',
		);
		const { us, them } = await bench.inTurn(`${ids.length} states`, {
			them: timed(peerUrl, ids),
			us: timed(ourUrl, ids),
		});
		environment.sandbox.mcpFaults.clear();
		const work = `ask for the states of ${ids.length} runs, each answer after ${LATENCY_MS} ms, default settings`;
		return [
			{
				row: '9',
				work,
				unit: 's',
				better: 'less',
				peer: "n8n's MCP Client, one by one",
				ours: us,
				peers: them,
				mark: 5,
				facts: [],
			},
		];
	},
};

/** Rows 4, 4b and 5: callbacks, wanted and forged. */
import { bareTrigger, nenAiTrigger, triggerPath, verifyingChain } from '../workflows.mts';
import type { Bench, Row } from '../bench.mts';
import { messages, send } from '../load.mts';
import { median, type Comparison } from '../results.mts';
import { CALLED, type Engine, type BenchEnvironment } from '../environment.mts';

const CALLERS = 10;

/** NenAI waits so many seconds for an answer. */
const LONGEST_ANSWER = 5;

/** Sizes, and what is to be reached beside the bare trigger and beside the chain. */
const ENGINES: ReadonlyArray<{
	engine: Engine;
	callbacks: number[];
	marks: { floor?: number; chain?: number };
}> = [
	{ engine: 'vm', callbacks: [30, 60, 120], marks: { floor: 0.9 } },
	{ engine: 'lazy', callbacks: [300], marks: {} },
	{ engine: 'legacy', callbacks: [300], marks: { chain: 1.2 } },
];

interface Receivers {
	ours: string;
	bare: string;
	chain: string;
	/** Ids of the workflows of these URLs. */
	ids: Record<'ours' | 'bare' | 'chain', string>;
}

const receivers = new WeakMap<BenchEnvironment, Receivers>();

/** The three workflows that take callbacks, published once per n8n. */
async function receiversOn(environment: BenchEnvironment): Promise<Receivers> {
	const known = receivers.get(environment);
	if (known) return known;
	const { nenAiApi, crypto } = environment.credentials;
	const ours = await environment.publish(nenAiTrigger('ours', { nenAiApi }), triggerPath('ours'));
	const bare = await environment.publish(bareTrigger('bare'), triggerPath('bare'));
	const chain = await environment.publish(verifyingChain('chain', { crypto }), 'chain');
	const made = {
		ours: ours.url,
		bare: bare.url,
		chain: chain.url,
		ids: { ours: ours.id, bare: bare.id, chain: chain.id },
	};
	// The first ones make n8n load and compile things.
	for (const url of [made.ours, made.bare, made.chain])
		await send(url, messages(CALLERS, environment.sandbox.webhookSecret), CALLERS);
	receivers.set(environment, made);
	return made;
}

/** Callbacks per second, all of which must be answered with this status. */
const rate =
	(url: string, count: number, secret: string | undefined, status: number) => async () => {
		const { answers, perSecond } = await send(url, messages(count, secret), CALLERS);
		const others = answers.filter((answer) => answer.status !== status);
		if (others.length > 0)
			throw new Error(
				`${url} answered ${others.length} of ${count} callbacks with ${others[0].status} in place of ${status}`,
			);
		return perSecond;
	};

const comparison = {
	unit: 'per s',
	better: 'more',
	facts: [],
} as const satisfies Partial<Comparison>;

export const row4: Row = {
	name: '4',
	title: 'Wanted callbacks',
	async run(bench: Bench): Promise<Comparison[]> {
		const found: Comparison[] = [];
		for (const { engine, callbacks, marks } of ENGINES) {
			const environment = await bench.environment(engine);
			const { ours, bare, chain } = await receiversOn(environment);
			const secret = environment.sandbox.webhookSecret;
			for (const size of callbacks) {
				const count = bench.sized(size);
				const { us, floor, built } = await bench.inTurn(`${count} callbacks, ${engine}`, {
					floor: rate(bare, count, secret, 200),
					us: rate(ours, count, secret, 200),
					built: rate(chain, count, secret, 200),
				});
				const work = `${count} wanted callbacks, ${CALLERS} callers, ${CALLED[engine]}`;
				found.push({
					...comparison,
					row: '4',
					work,
					peer: 'a bare trigger that verifies nothing',
					ours: us,
					peers: floor,
					mark: marks.floor,
				});
				found.push({
					...comparison,
					row: '4',
					work,
					peer: 'Webhook, Crypto, IF, Respond to Webhook',
					ours: us,
					peers: built,
					mark: marks.chain,
				});
			}
		}
		return found;
	},
};

export const row4b: Row = {
	name: '4b',
	title: 'Many callbacks at the same instant',
	async run(bench: Bench): Promise<Comparison[]> {
		return [await atOnce(bench, 'lazy', undefined), await atOnce(bench, 'vm', 1)];
	},
};

async function atOnce(bench: Bench, engine: Engine, mark: number | undefined): Promise<Comparison> {
	const environment = await bench.environment(engine);
	const { ours, bare } = await receiversOn(environment);
	const count = bench.sized(50);
	let answered200 = 0;
	/** Seconds until the last of them was answered. */
	const slowestOf =
		(url: string, onAnswered = (_: number) => {}) =>
		async () => {
			const { answers } = await send(
				url,
				messages(count, environment.sandbox.webhookSecret),
				count,
			);
			onAnswered(answers.filter(({ status }) => status === 200).length);
			return Math.max(...answers.map(({ tookMs }) => tookMs)) / 1000;
		};
	const { us, floor } = await bench.inTurn(`${count} at once, ${engine}`, {
		floor: slowestOf(bare),
		us: slowestOf(ours, (answered) => (answered200 += answered)),
	});
	const facts = [
		{
			text: `all answered 200, the slowest of all rounds in ${Math.max(...us).toFixed(1)} s`,
			holds: answered200 === count * us.length && Math.max(...us) <= LONGEST_ANSWER,
		},
		{
			text: `a bare trigger that verifies nothing took ${median(floor).toFixed(1)} s (${Math.min(...floor).toFixed(1)} to ${Math.max(...floor).toFixed(1)})`,
		},
	];
	const work = `${count} genuine callbacks at the same instant, ${CALLED[engine]}`;
	return {
		row: '4b',
		work,
		peer: "NenAI's limit",
		unit: 's',
		better: 'less',
		ours: us,
		peers: us.map(() => LONGEST_ANSWER),
		mark,
		facts,
	};
}

export const row5: Row = {
	name: '5',
	title: 'Forged callbacks',
	async run(bench: Bench): Promise<Comparison[]> {
		const environment = await bench.environment('vm');
		const { ours, chain, ids } = await receiversOn(environment);
		const count = bench.sized(200);
		const started = async () => (await environment.client.executions(ids.ours)).length;
		const before = await started();
		const genuine = environment.sandbox.webhookSecret;
		// Genuine ones for the peer: what it does with forged ones starts an execution as well.
		const accepting = rate(chain, bench.sized(120), genuine, 200);
		const { wrong, missing, built } = await bench.inTurn(`${count} forged`, {
			built: accepting,
			wrong: rate(ours, count, `not ${genuine}`, 401),
			missing: rate(ours, count, undefined, 401),
		});
		const facts = [{ text: 'nothing started', holds: (await started()) === before }];
		const peer = 'Webhook, Crypto, IF, Respond to Webhook, accepting genuine ones';
		return [
			{
				...comparison,
				row: '5',
				work: `${count} callbacks with a wrong signature`,
				peer,
				ours: wrong,
				peers: built,
				mark: 1.2,
				facts,
			},
			{
				...comparison,
				row: '5',
				work: `${count} callbacks without a signature`,
				peer,
				ours: missing,
				peers: built,
				mark: 1.5,
				facts,
			},
		];
	},
};

/** What the rows of the bench share: how often they measure, and the n8n instances that they measure on. */
import { openStage, type Engine, type Stage, type StageOptions } from './stage.mts';
import type { Comparison } from './results.mts';

export interface Row {
	/** As in `--only`. */
	name: string;
	title: string;
	run(bench: Bench): Promise<Comparison[]>;
}

export class Bench {
	readonly tarball: string;
	readonly rounds: number;
	/** What the sizes of the table are multiplied with: 1, or less for a quick look. */
	readonly scale: number;
	readonly say: (line: string) => void;
	#stage: { engine: Engine; stage: Stage } | undefined;

	constructor(options: { tarball: string; rounds: number; scale: number; say: (line: string) => void }) {
		this.tarball = options.tarball;
		this.rounds = options.rounds;
		this.scale = options.scale;
		this.say = options.say;
	}

	sized(count: number): number {
		return Math.max(1, Math.round(count * this.scale));
	}

	/** The n8n with this engine that rows share; the one before it is stopped. */
	async stage(engine: Engine): Promise<Stage> {
		if (this.#stage?.engine === engine) return this.#stage.stage;
		await this.close();
		const stage = await this.freshStage({ engine });
		this.#stage = { engine, stage };
		return stage;
	}

	/** An n8n of its own, for rows that measure memory; no other runs beside it. Whoever asks for it closes it. */
	async freshStage(options: Omit<StageOptions, 'tarball'>): Promise<Stage> {
		await this.close();
		return await openStage({ tarball: this.tarball, ...options });
	}

	async close(): Promise<void> {
		await this.#stage?.stage.close();
		this.#stage = undefined;
	}

	/** Measures all of them in turn, as often as there are rounds, so that a drift of the machine meets them all. */
	async inTurn<Name extends string>(what: string, contenders: Record<Name, () => Promise<number>>): Promise<Record<Name, number[]>> {
		const names = Object.keys(contenders) as Name[];
		const found = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
		for (let round = 1; round <= this.rounds; round += 1) {
			for (const name of names) found[name].push(await contenders[name]());
			this.say(`${what}, round ${round}: ${names.map((name) => `${name} ${found[name].at(-1)?.toFixed(2)}`).join(', ')}`);
		}
		return found;
	}
}

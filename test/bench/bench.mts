/** What the rows of the bench share: how often they measure, and the n8n instances that they measure on. */
import {
	startEnvironment,
	type Engine,
	type BenchEnvironment,
	type EnvironmentOptions,
} from './environment.mts';
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
	/** The one n8n that runs or starts; `shared` says with which engine, if other rows may use it too. */
	#current: { environment: Promise<BenchEnvironment>; shared?: Engine } | undefined;

	#ended = false;

	constructor(options: {
		tarball: string;
		rounds: number;
		scale: number;
		say: (line: string) => void;
	}) {
		this.tarball = options.tarball;
		this.rounds = options.rounds;
		this.scale = options.scale;
		this.say = options.say;
	}

	sized(count: number): number {
		return Math.max(1, Math.round(count * this.scale));
	}

	/** The n8n with this engine that rows share. Any other is stopped. */
	async environment(engine: Engine): Promise<BenchEnvironment> {
		if (this.#current?.shared === engine) return await this.#current.environment;
		return await this.#open({ engine }, engine);
	}

	/** An n8n that did nothing yet, for rows that measure memory. Any other is stopped. */
	async freshEnvironment(options: Omit<EnvironmentOptions, 'tarball'>): Promise<BenchEnvironment> {
		return await this.#open(options);
	}

	async #open(
		options: Omit<EnvironmentOptions, 'tarball'>,
		shared?: Engine,
	): Promise<BenchEnvironment> {
		await this.close();
		if (this.#ended) throw new Error('The bench has ended');
		this.#current = {
			environment: startEnvironment({ tarball: this.tarball, ...options }),
			shared,
		};
		return await this.#current.environment;
	}

	/** Closes, and lets no other n8n start. */
	async end(): Promise<void> {
		this.#ended = true;
		await this.close();
	}

	/** Stops the n8n that runs or starts, and removes its files. */
	async close(): Promise<void> {
		const current = this.#current;
		this.#current = undefined;
		// One that could not start has left nothing.
		const environment = await current?.environment.catch(() => undefined);
		await environment?.close();
	}

	/**
	 * Measures all of them in turn, so that a drift of the machine meets them all.
	 *
	 * @param times how many times as often as there are rounds
	 */
	async inTurn<Name extends string>(
		what: string,
		contenders: Record<Name, () => Promise<number>>,
		times = 1,
	): Promise<Record<Name, number[]>> {
		const names = Object.keys(contenders) as Name[];
		const found = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
			Name,
			number[]
		>;
		for (let round = 1; round <= this.rounds * times; round += 1) {
			for (const name of names) found[name].push(await contenders[name]());
			this.say(
				`${what}, round ${round}: ${names.map((name) => `${name} ${found[name].at(-1)?.toFixed(2)}`).join(', ')}`,
			);
		}
		return found;
	}
}

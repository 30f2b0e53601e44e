/** Fault rules in the order in which they were added: the first that fits a request is used for it. */
export class FaultList<Rule extends { match?: unknown; times?: number }> {
	#entries: Array<{ rule: Rule; left: number }> = [];

	add(rule: Rule): void {
		this.#entries.push({ rule, left: rule.times ?? Infinity });
	}

	clear(): void {
		this.#entries = [];
	}

	/** The first rule that fits. */
	find(fits: (rule: Rule) => boolean): Rule | undefined {
		return this.#entries.find(({ rule }) => fits(rule))?.rule;
	}

	/** The fault of the first rule that fits; uses up one of its turns. */
	take(fits: (rule: Rule) => boolean): Omit<Rule, 'match' | 'times'> | undefined {
		const entry = this.#entries.find(({ rule }) => fits(rule));
		if (!entry) return undefined;
		entry.left -= 1;
		if (entry.left === 0) this.#entries = this.#entries.filter((other) => other !== entry);
		const { match: _match, times: _times, ...fault } = entry.rule;
		return fault;
	}
}

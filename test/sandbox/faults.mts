import { isDeepStrictEqual } from 'node:util';
import { faultRuleShape, type Fault, type FaultRule } from './shapes.mts';

type Entry = { rule: FaultRule; left: number };

/** The fault rules, in the order in which they were added: the first that fits a request is used for it. */
export class Faults {
	#entries: Entry[] = [];

	/** Adds a rule. Throws when it is malformed. */
	add(rule: FaultRule): void {
		const parsed = faultRuleShape.parse(rule);
		this.#entries.push({ rule: parsed, left: parsed.times ?? Infinity });
	}

	/** The next `times` requests that no earlier rule takes get this fault. */
	next(fault: Fault, times = 1): void {
		this.add({ ...fault, times });
	}

	clear(): void {
		this.#entries = [];
	}

	/** Uses up one turn of the first rule that fits this body of POST /runs. */
	take(body: unknown): Fault {
		return this.#use(this.#entries.find((entry) => fits(entry.rule, body)));
	}

	/** Whether this request is to be dropped before its body is known; uses up one turn if so. */
	takeDropBeforeBody(): boolean {
		const first = this.#entries.find((entry) => !entry.rule.match);
		if (first?.rule.connection !== 'drop-before-body') return false;
		this.#use(first);
		return true;
	}

	#use(entry: Entry | undefined): Fault {
		if (!entry) return {};
		entry.left -= 1;
		if (entry.left === 0) this.#entries = this.#entries.filter((other) => other !== entry);
		const { match: _match, times: _times, ...fault } = entry.rule;
		return fault;
	}
}

function fits({ match }: FaultRule, body: unknown): boolean {
	if (!match) return true;
	if ('workflowId' in match) return property(body, 'workflow_id') === match.workflowId;
	return isDeepStrictEqual(property(property(body, 'workflow_params'), match.param), match.equals);
}

function property(value: unknown, name: string): unknown {
	return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

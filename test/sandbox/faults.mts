import { isDeepStrictEqual } from 'node:util';
import { FaultList } from './faultList.mts';
import { property } from './property.mts';
import { faultRuleShape, type Fault, type FaultRule } from './shapes.mts';

/** The fault rules of POST /runs. */
export class Faults {
	#list = new FaultList<FaultRule>();

	/** Adds a rule. Throws when it is malformed. */
	add(rule: FaultRule): void {
		this.#list.add(faultRuleShape.parse(rule));
	}

	/** The next `times` requests that no earlier rule takes get this fault. */
	next(fault: Fault, times = 1): void {
		this.add({ ...fault, times });
	}

	clear(): void {
		this.#list.clear();
	}

	/** Uses up one turn of the first rule that fits this body of POST /runs. */
	take(body: unknown): Fault {
		return this.#list.take((rule) => fits(rule, body)) ?? {};
	}

	/** Whether this request is to be dropped before its body is known; uses up one turn if so. */
	takeDropBeforeBody(): boolean {
		const first = this.#list.find((rule) => !rule.match);
		if (first?.connection !== 'drop-before-body') return false;
		this.#list.take((rule) => rule === first);
		return true;
	}
}

function fits({ match }: FaultRule, body: unknown): boolean {
	if (!match) return true;
	if ('workflowId' in match) return property(body, 'workflow_id') === match.workflowId;
	return isDeepStrictEqual(property(property(body, 'workflow_params'), match.param), match.equals);
}

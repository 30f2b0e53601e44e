import { FaultList } from '../faultList.mts';
import type { DesktopCall } from './call.mts';
import { desktopFaultRuleShape, type DesktopFault, type DesktopFaultRule } from './shapes.mts';

/** The fault rules of the Desktop API. */
export class DesktopFaults {
	#list = new FaultList<DesktopFaultRule>();

	/** Adds a rule. Throws when it is malformed. */
	add(rule: DesktopFaultRule): void {
		this.#list.add(desktopFaultRuleShape.parse(rule));
	}

	/** The next `times` requests that no earlier rule takes get this fault. */
	next(fault: DesktopFault, times = 1): void {
		this.add({ ...fault, times });
	}

	clear(): void {
		this.#list.clear();
	}

	/** Uses up one turn of the first rule that fits this request. */
	take(call: DesktopCall): DesktopFault {
		return this.#list.take((rule) => fits(rule, call)) ?? {};
	}
}

/** A rule waits for a request in which its fault can show: one that did nothing would make a test pass for no reason. */
function fits(rule: DesktopFaultRule, call: DesktopCall): boolean {
	const { cutAfterBytes, stallAfterBytes, refuseAfterBytes, connection } = rule;
	if ((cutAfterBytes ?? stallAfterBytes) !== undefined && call.transfer === null) return false;
	if (refuseAfterBytes !== undefined && call.transfer !== 'upload') return false;
	if (connection === 'cut-answer' && call.transfer === 'download') return false;
	const { method, path = '', tool, action, desktopId } = rule.match ?? {};
	return (
		call.path.includes(path) &&
		(method === undefined || method === call.method) &&
		(tool === undefined || tool === call.tool) &&
		(action === undefined || action === call.action) &&
		(desktopId === undefined || desktopId === call.desktopId)
	);
}

import { FaultList } from '../faultList.mts';
import type { McpMessage } from './message.mts';
import { mcpFaultRuleShape, type McpFault, type McpFaultRule } from './shapes.mts';

/** The fault rules of the MCP server. */
export class McpFaults {
	#list = new FaultList<McpFaultRule>();

	/** Adds a rule. Throws when it is malformed. */
	add(rule: McpFaultRule): void {
		this.#list.add(mcpFaultRuleShape.parse(rule));
	}

	/** The next `times` requests that no earlier rule takes get this fault. */
	next(fault: McpFault, times = 1): void {
		this.add({ ...fault, times });
	}

	clear(): void {
		this.#list.clear();
	}

	/** Uses up one turn of the first rule that fits this request. */
	take(message: McpMessage, hasSession: boolean): McpFault {
		return this.#list.take((rule) => fits(rule, message, hasSession)) ?? {};
	}
}

/** A rule waits for a request in which its fault can show: one that did nothing would make a test pass for no reason. */
function fits(rule: McpFaultRule, message: McpMessage, hasSession: boolean): boolean {
	if (rule.loseSession && !hasSession) return false;
	if (rule.result && message.tool === null) return false;
	const { match } = rule;
	if (!match) return message.id !== null;
	const { method = message.method, tool = message.tool, messageId } = match;
	return (
		method === message.method &&
		tool === message.tool &&
		(messageId === undefined || messageId === message.arguments.messageId)
	);
}

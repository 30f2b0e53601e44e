import type { IExecuteFunctions } from 'n8n-workflow';

import { contextOf } from '../../shared/execution/context';
import { retry } from '../../shared/execution/retry';
import { inOneText, type Failure } from '../../shared/failures/failure';
import { Redactor } from '../../shared/failures/redact';
import { say } from '../../shared/failures/text';
import { secretsOf } from '../../shared/transport/credential';
import { CHECK_DELETED, Desktops } from '../../shared/transport/desktop/desktops';
import type { Connection } from '../../shared/transport/http/connection';

/**
 * The desktops that are deleted when an execution ends: the desktop's ID, and the ID of the execution that created it.
 * All nodes of an execution share it. n8n stores it while the execution waits, and Retry starts an execution with it.
 */
type Stored = Record<string, string>;

/** Its key in the context that all nodes of an execution share. */
const KEY = 'nenAiDeleteAtEnd';

/** For a deletion at the end of an execution. Timeout in seconds. */
const LIMITS = { maxTries: 5, timeout: 30 };

/** The longest time for all deletions, in milliseconds. Whoever waits for the execution waits for them, too. */
const MAX_DURATION_MS = 120_000;

/** The desktops that are deleted at the end of one execution, and the credentials that were used for each. */
type Planned = Map<string, Map<string, Connection>>;

/** By the shared context of their execution. After a wait, n8n makes a new context. */
const plans = new WeakMap<object, Planned>();

/** By the ID of a workflow: the messages about deletions that failed, until an execution shows them. */
const failedDeletions = new Map<string, string[]>();

/** The number of workflows, and of messages for each of them, that are kept. */
const MAX_KEPT = 20;

const TOOK_TOO_LONG: Failure = {
	message: say`NenAI did not delete it within two minutes`,
	hint: CHECK_DELETED,
};

/** Whether this n8n tells a node when the execution ends: docs/internals/n8n-behaviour.md#the-end-of-an-execution */
export function canDeleteAtEnd(node: IExecuteFunctions): boolean {
	return node.onExecutionFinish !== undefined;
}

/** Deletes desktops at the end of the execution that created them. */
export class DeletionAtEnd {
	constructor(private readonly node: IExecuteFunctions) {}

	/** Call this after the execution has created the desktop. `connection` is used for the deletion. */
	add(desktopId: string, connection: Connection) {
		this.stored()[desktopId] = this.executionId();
		this.renew(desktopId, connection);
	}

	/**
	 * Call this before each request to a desktop, because n8n loses its handlers when the execution waits. The deletion
	 * is tried with each credential that was used for the desktop, because one of them may be wrong.
	 */
	renew(desktopId: string, connection: Connection) {
		if (!this.includes(desktopId)) return;
		const context = contextOf.call(this.node, 'flow');
		let plan = plans.get(context);
		if (plan === undefined) {
			plan = new Map();
			plans.set(context, plan);
			this.node.onExecutionFinish?.(async () => await this.deleteAll(plan as Planned));
		}
		const { apiKey, desktopUrl } = connection.credential;
		const connections = plan.get(desktopId) ?? new Map<string, Connection>();
		plan.set(desktopId, connections.set(JSON.stringify([apiKey, desktopUrl]), connection));
	}

	/** Call this after the desktop was deleted. */
	remove(desktopId: string) {
		if (this.includes(desktopId)) delete this.stored()[desktopId];
	}

	/** Whether this execution has created the desktop, and deletes it at its end. */
	includes(desktopId: string): boolean {
		return this.stored()[desktopId] === this.executionId();
	}

	/** Whether the desktop was to be deleted at the end of an earlier execution, which Retry has started again. */
	belongsToEarlier(desktopId: string): boolean {
		return !this.includes(desktopId) && this.stored()[desktopId] !== undefined;
	}

	private async deleteAll(plan: Planned) {
		// Not the signal of the execution, which is aborted if somebody stopped the execution.
		const signal = AbortSignal.timeout(MAX_DURATION_MS);
		const left = [...plan].filter(([desktopId]) => this.includes(desktopId));
		await Promise.all(
			left.map(async ([desktopId, connections]) => {
				const attempts = [...connections.values()].map(
					async (connection) => await this.delete(desktopId, connection, signal),
				);
				const problems = await Promise.all(attempts);
				const first = problems.find((problem) => problem !== undefined);
				if (first !== undefined && problems.every((problem) => problem !== undefined))
					this.report(first);
			}),
		);
	}

	/** What went wrong; undefined if the desktop is deleted, or was deleted before. */
	private async delete(
		desktopId: string,
		connection: Connection,
		signal: AbortSignal,
	): Promise<string | undefined> {
		const desktops = new Desktops(this.node, { ...connection, ...LIMITS }, signal);
		const outcome = await retry(async () => await desktops.delete(desktopId, true), {
			maxTries: LIMITS.maxTries,
			signal,
		});
		if (outcome.kind === 'done') return undefined;
		const failure = outcome.kind === 'failed' && !signal.aborted ? outcome.failure : TOOK_TOO_LONG;
		return say`Desktop ${desktopId} may still be running, because it could not be deleted when execution ${this.executionId()} ended. ${inOneText(failure)} Delete it with Desktop → Delete.`.write(
			new Redactor(secretsOf(connection.credential), 'hidden'),
		);
	}

	/** Nothing can be added to the execution any more, because n8n has stored it. */
	private report(message: string) {
		const { id = '', name } = this.node.getWorkflow();
		this.node.logger.error(`${message} (workflow "${name}", ID ${id})`);
		// Workflows that are not stored have no ID, so their messages could come to another one.
		if (id === '') return;
		const messages = [...(failedDeletions.get(id) ?? []), message].slice(-MAX_KEPT);
		failedDeletions.delete(id);
		failedDeletions.set(id, messages);
		const [oldest] = failedDeletions.keys();
		if (failedDeletions.size > MAX_KEPT) failedDeletions.delete(oldest);
	}

	private executionId(): string {
		return String(this.node.getExecutionId());
	}

	private stored(): Stored {
		const context = contextOf.call(this.node, 'flow');
		context[KEY] ??= {};
		return context[KEY] as Stored;
	}
}

/** Shows, once, which deletions failed at the end of earlier executions of this workflow. */
export function showFailedDeletions(node: IExecuteFunctions) {
	const { id = '' } = node.getWorkflow();
	// Tools of older agents have no hints.
	if (node.addExecutionHints === undefined) return;
	for (const message of failedDeletions.get(id) ?? [])
		node.addExecutionHints({ message, location: 'outputPane' });
	failedDeletions.delete(id);
}

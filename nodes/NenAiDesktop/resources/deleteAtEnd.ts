import type { IExecuteFunctions } from 'n8n-workflow';

import { retry } from '../../shared/execution/retry';
import { inOneText, STOPPED } from '../../shared/failures/failure';
import { Redactor } from '../../shared/failures/redact';
import { say } from '../../shared/failures/text';
import { secretsOf } from '../../shared/transport/credential';
import { Desktops } from '../../shared/transport/desktop/desktops';
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

/** The desktops with a handler, by the shared context of their execution. After a wait, n8n makes a new context. */
const handlers = new WeakMap<object, Set<string>>();

/** By the ID of a workflow: the messages about deletions that failed, until an execution shows them. */
const failedDeletions = new Map<string, string[]>();

/** The number of workflows, and of messages for each of them, that are kept. */
const MAX_KEPT = 20;

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

	/** Call this before each request to a desktop, because n8n loses its handlers when the execution waits. */
	renew(desktopId: string, connection: Connection) {
		if (!this.includes(desktopId)) return;
		const context = this.node.getContext('flow');
		const known = handlers.get(context) ?? new Set();
		if (known.has(desktopId)) return;
		handlers.set(context, known.add(desktopId));
		this.node.onExecutionFinish?.(async () => await this.delete(desktopId, connection));
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

	private async delete(desktopId: string, connection: Connection) {
		if (!this.includes(desktopId)) return;
		// Without the signal of the execution, which is aborted if somebody stopped the execution.
		const desktops = new Desktops(this.node, { ...connection, ...LIMITS });
		const outcome = await retry(async () => await desktops.delete(desktopId, true), LIMITS);
		if (outcome.kind === 'done') return;
		const failure = outcome.kind === 'failed' ? outcome.failure : STOPPED;
		this.report(
			say`Desktop ${desktopId} may still be running, because it could not be deleted when execution ${this.executionId()} ended. ${inOneText(failure)}`.write(
				new Redactor(secretsOf(connection.credential), 'hidden'),
			),
		);
	}

	/** Nothing can be added to the execution any more, because n8n has stored it. */
	private report(message: string) {
		const { id = '', name } = this.node.getWorkflow();
		this.node.logger.error(`${message} (workflow "${name}", ID ${id})`);
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
		const context = this.node.getContext('flow');
		context[KEY] ??= {};
		return context[KEY] as Stored;
	}
}

/** Messages about deletions that failed at the end of earlier executions of this workflow. Each is given once. */
export function takeFailedDeletions(node: IExecuteFunctions): string[] {
	const { id = '' } = node.getWorkflow();
	const messages = failedDeletions.get(id) ?? [];
	failedDeletions.delete(id);
	return messages;
}

import type { IDataObject, IPollFunctions } from 'n8n-workflow';

import { retry, type Attempt } from '../execution/retry';
import { FailureError, STOPPED, type Failure } from '../failures/failure';
import { say } from '../failures/text';
import { invalidParameter } from '../parameters/invalidParameter';
import type { Connection, RequestLimits } from '../transport/http/connection';
import { runIn } from '../transport/mcp/results';
import { NenAiTools } from '../transport/mcp/tools';
import type { Questions } from './endedRuns';

/** The limits of each request of a poll. The next poll comes in any case, so pauses longer than MAX_PAUSE_MS are not made. */
export const POLL_LIMITS: RequestLimits = { maxTries: 3, timeout: 20 };
const MAX_PAUSE_MS = 10_000;

/** HTTP statuses that can be about a single run. */
const ABOUT_A_RUN = [400, 404, 410, 422];

/** Asks NenAI for one poll. Failures are thrown as FailureError. */
export class PollQuestions implements Questions {
	private readonly tools: NenAiTools;

	private hasListed = false;

	constructor(
		node: IPollFunctions,
		connection: Connection,
		private readonly workflowId: string,
	) {
		this.tools = new NenAiTools(node, connection);
	}

	async list(limit: number): Promise<IDataObject[] | undefined> {
		const { value, failure, isFinal } = await ask(
			async () => await this.tools.listRuns(this.workflowId, limit),
		);
		if (value === undefined) {
			if (this.hasListed && isFinal) return undefined;
			throw new FailureError(failure);
		}
		this.hasListed = true;
		if (value.length > 0 && value.every((entry) => runIn(entry) === undefined))
			throw invalidParameter(
				say`NenAI's list of runs has no IDs in a known form`,
				say`Look for a newer version of this package, or report this to its maintainers.`,
			);
		return value;
	}

	async status(id: string): Promise<IDataObject | undefined> {
		const { value, failure, isFinal } = await ask(async () => await this.tools.getStatus(id));
		if (value === undefined && !(isFinal && isAboutOneRun(failure)))
			throw new FailureError(failure);
		return value;
	}

	/** Call this when there are no more questions. */
	close() {
		void this.tools.close();
	}
}

type Answered<T> =
	| { value: T; failure?: undefined; isFinal?: undefined }
	| {
			value?: undefined;
			failure: Failure;
			/** Whether asking again would not help. */
			isFinal: boolean;
	  };

async function ask<T>(question: () => Promise<Attempt<T>>): Promise<Answered<T>> {
	let isFinal = false;
	const outcome = await retry(async () => {
		const attempt = await question();
		isFinal = attempt.kind === 'failed';
		return forAPoll(attempt);
	}, POLL_LIMITS);
	if (outcome.kind === 'done') return { value: outcome.value };
	return { failure: outcome.kind === 'failed' ? outcome.failure : STOPPED, isFinal };
}

/** Replaces the hint: hints of operations name options that this trigger does not have. */
function forAPoll<T>(attempt: Attempt<T>): Attempt<T> {
	if (attempt.kind !== 'retry') return attempt;
	const failure = {
		...attempt.failure,
		hint: say`If this occurs again, check the MCP URL of the credential and the internet connection of n8n.`,
	};
	return (attempt.after ?? 0) > MAX_PAUSE_MS
		? { kind: 'failed', failure }
		: { ...attempt, failure };
}

/** Whether NenAI has understood the question, and has no answer for this run. */
function isAboutOneRun({ request }: Failure): boolean {
	if (request === undefined || request.cause !== undefined) return false;
	return request.httpCode === undefined || ABOUT_A_RUN.includes(request.httpCode);
}

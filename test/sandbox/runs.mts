import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiError, drop, refusedKey, sendAnswer, sendHalf, stayOpen } from './answers.mts';
import type { Callbacks } from './callbacks.mts';
import type { Faults } from './faults.mts';
import type { RateLimit } from './rateLimit.mts';
import type { Records, RunRecord } from './records.mts';
import type { RunStates } from './runStates.mts';
import type { Answer, Fault, Settings } from './shapes.mts';
import { refuseForm, refuseRun, runRequestSchema, type RunRequest } from './validation.mts';

interface Parts {
	settings: () => Settings;
	faults: Faults;
	rateLimit: RateLimit;
	records: Records;
	callbacks: Callbacks;
	isKey: (key: unknown) => boolean;
	runStates: RunStates;
	/** Milliseconds. */
	wait: (ms: number) => Promise<void>;
}

type RunFastifyRequest = FastifyRequest<{ Body: RunRequest }>;

export function registerRuns(app: FastifyInstance, parts: Parts): void {
	app.post<{ Body: RunRequest }>(
		'/runs',
		{
			schema: { body: runRequestSchema },
			attachValidation: true,
			onRequest: async (request, reply) => refuseHead(request, reply, parts),
		},
		async (request, reply) => answerRun(request, reply, parts),
	);
}

/** Refuses what can be refused before the body is read. */
async function refuseHead(
	request: RunFastifyRequest,
	reply: FastifyReply,
	parts: Parts,
): Promise<FastifyReply | void> {
	const { fault, refusedKeyStatus } = parts.settings();
	if (parts.faults.takeDropBeforeBody() || fault.connection === 'drop-before-body')
		return drop(reply);
	if (!parts.isKey(request.headers['x-api-key']))
		return sendAnswer(reply, refusedKey(refusedKeyStatus));
	if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
		return sendAnswer(
			reply,
			apiError(415, 'Unsupported media type', 'Content-Type must be application/json'),
		);
}

async function answerRun(
	request: RunFastifyRequest,
	reply: FastifyReply,
	parts: Parts,
): Promise<FastifyReply | void> {
	const tooMany = refuseRate(parts);
	if (tooMany) return sendAnswer(reply, tooMany);
	const fault: Fault = { ...parts.settings().fault, ...parts.faults.take(request.body) };
	await parts.wait(fault.latencyMs ?? 0);
	// A rule that was meant for an earlier moment may be taken here, when requests overlap.
	if (fault.connection === 'drop-before-accept' || fault.connection === 'drop-before-body')
		return drop(reply);
	if (fault.connection === 'silent-before-accept') return stayOpen(reply);
	const refusal = fault.refuse ?? refuse(request, parts.settings());
	if (refusal) return sendAnswer(reply, refusal);
	const run = start(request.body, parts.records);
	parts.runStates.begin(run, fault.callbacks);
	parts.callbacks.schedule(run, fault.callbacks);
	await parts.wait(fault.answerLatencyMs ?? 0);
	return answerAccepted(reply, run, fault);
}

function refuseRate({ settings, rateLimit }: Parts): Answer | undefined {
	const limit = settings().rateLimit;
	const waitMs = limit ? rateLimit.take(limit, Date.now()) : 0;
	if (waitMs === 0) return undefined;
	return {
		status: 429,
		body: { message: 'Too Many Requests' },
		retryAfter: { seconds: waitMs / 1000, as: 'seconds' },
	};
}

function refuse(request: RunFastifyRequest, { workflows }: Settings): Answer | undefined {
	const violation = request.validationError?.validation[0];
	return violation ? refuseForm(violation) : refuseRun(request.body, workflows);
}

/** Nothing makes two equal requests one run. */
function start(request: RunRequest, records: Records): RunRecord {
	const run: RunRecord = {
		at: Date.now(),
		messageId: randomUUID(),
		workflowId: request.workflow_id,
		params: request.workflow_params ?? {},
		callbackUrl: request.webhook_callback ?? null,
	};
	records.run(run);
	return run;
}

function answerAccepted(reply: FastifyReply, run: RunRecord, fault: Fault): FastifyReply | void {
	const { messageId, workflowId } = run;
	const accepted: Answer = {
		status: 202,
		body: { message: 'Job accepted for processing.', messageId, workflowId },
	};
	switch (fault.connection) {
		case 'drop-after-accept':
			return drop(reply);
		case 'silent-after-accept':
			return stayOpen(reply);
		case 'cut-answer':
			return sendHalf(reply, accepted);
		default:
			return sendAnswer(reply, fault.acceptedAnswer ?? accepted);
	}
}

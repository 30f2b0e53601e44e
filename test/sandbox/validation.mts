import { apiError } from './answers.mts';
import type { Answer, Settings, Workflow } from './shapes.mts';

export interface RunRequest {
	workflow_id: string;
	workflow_params?: Record<string, unknown>;
	webhook_callback?: string;
	secure_workflow_params?: unknown;
}

/** JSON schema of the body of POST /runs: the form only, its values are `refuseRun`'s. */
export const runRequestSchema = {
	type: 'object',
	required: ['workflow_id'],
	additionalProperties: false,
	properties: {
		workflow_id: { type: 'string', minLength: 1 },
		workflow_params: { type: 'object' },
		webhook_callback: { type: 'string' },
		secure_workflow_params: {},
	},
};

/** What fastify's validator says about one thing that is wrong. */
export interface SchemaViolation {
	keyword: string;
	instancePath: string;
	params: Record<string, unknown>;
}

/** The answer to a body that is not of the schema. */
export function refuseForm({ keyword, instancePath, params }: SchemaViolation): Answer {
	const field = instancePath.slice(1) || 'body';
	const messages: Record<string, string> = {
		required: `Missing required field: ${params.missingProperty}`,
		additionalProperties: `Unknown field: ${params.additionalProperty}`,
		type: `Invalid type for ${field}: expected ${params.type}`,
		minLength: `${field} must not be empty`,
	};
	return invalid(messages[keyword] ?? `Invalid ${field}`);
}

/** The answer to a well-formed request that cannot be accepted, or undefined when it can. */
export function refuseRun(run: RunRequest, workflows: Settings['workflows']): Answer | undefined {
	if (run.secure_workflow_params !== undefined)
		return apiError(
			403,
			'hmac_required_for_secure_params',
			'secure_workflow_params are only accepted in HMAC-signed requests.',
		);
	if (run.webhook_callback !== undefined && !isHttpUrl(run.webhook_callback))
		return invalid('webhook_callback must be an absolute http(s) URL');
	if (!workflows) return undefined;
	if (!Object.hasOwn(workflows, run.workflow_id))
		return apiError(404, 'Workflow not found', `No workflow with id ${run.workflow_id}`);
	const problem = problemWithParams(run.workflow_params ?? {}, workflows[run.workflow_id]);
	return problem === undefined ? undefined : apiError(422, 'Invalid workflow parameters', problem);
}

function problemWithParams(
	params: Record<string, unknown>,
	workflow: Workflow,
): string | undefined {
	const unknown = Object.keys(params).find((name) => !Object.hasOwn(workflow, name));
	if (unknown !== undefined) return `Unknown workflow parameter: ${unknown}`;
	for (const [name, { type, required }] of Object.entries(workflow)) {
		if (Object.hasOwn(params, name)) {
			const given = typeOf(params[name]);
			if (given !== type) return `Workflow parameter ${name} must be of type ${type}, not ${given}`;
		} else if (required) return `Missing workflow parameter: ${name}`;
	}
	return undefined;
}

function typeOf(value: unknown): string {
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'array';
	return typeof value;
}

function isHttpUrl(text: string): boolean {
	return /^https?:\/\/[^\s/?#]\S*$/i.test(text) && URL.canParse(text);
}

function invalid(message: string): Answer {
	return apiError(400, 'Invalid request', message);
}

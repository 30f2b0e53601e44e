/** NenAI workflows for people who try the nodes: one for each way in which a run can end. */
import type { Sandbox } from './server.mts';
import type { PlannedCallback, Workflow } from './shapes.mts';

interface SampleWorkflow {
	id: string;
	/** What the editor's list shows. It names the parameter, which is said nowhere else in the editor. */
	name: string;
	/** Default: those of a run that succeeds. */
	callbacks?: PlannedCallback[];
}

/** The parameter of each sample workflow. */
export const SAMPLE_PARAMETER = 'PATIENT_NAME';

const THREE_MINUTES = 180_000;
/** The longest time that a timer of Node.js can wait: more than three weeks. */
const NEVER = 2 ** 31 - 1;

const sample = (id: string, outcome: string, callbacks?: PlannedCallback[]): SampleWorkflow => ({
	id,
	name: `Read a record (${outcome}), needs ${SAMPLE_PARAMETER}`,
	callbacks,
});

export const SAMPLE_WORKFLOWS = {
	succeeds: sample('12345678-1234-1234-1234-123456789abc', 'succeeds'),
	fails: sample('12345678-1234-1234-1234-00000000fa11', 'always fails', [
		{ status: 'processing' },
		{ status: 'failed' },
	]),
	takesThreeMinutes: sample('12345678-1234-1234-1234-000000000003', 'takes 3 minutes', [
		{ status: 'processing' },
		{ status: 'success', afterMs: THREE_MINUTES },
	]),
	// No callback comes, and NenAI says that the run is still running.
	neverAnswers: sample('12345678-1234-1234-1234-00000000dead', 'never answers', [
		{ status: 'success', afterMs: NEVER },
	]),
};

const all = Object.values(SAMPLE_WORKFLOWS);

/** The parameters that the sample workflows declare, by workflow ID. */
export const sampleParameters: Record<string, Workflow> = Object.fromEntries(
	all.map(({ id }) => [id, { [SAMPLE_PARAMETER]: { type: 'string', required: true } }]),
);

/** Lists the sample workflows, and lets their runs end as their names say, until the sandbox is reset. */
export function offerSampleWorkflows(sandbox: Sandbox): void {
	sandbox.setDefaults({ workflowNames: Object.fromEntries(all.map(({ id, name }) => [id, name])) });
	for (const { id, callbacks } of all.filter((workflow) => workflow.callbacks !== undefined))
		sandbox.faults.add({ match: { workflowId: id }, callbacks });
}

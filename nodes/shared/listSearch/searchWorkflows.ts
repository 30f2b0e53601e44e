import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { NenAiTools } from '../transport/mcp/tools';
import { workflowIn } from '../transport/mcp/results';
import { say } from '../failures/text';
import { listError, load, plain, toResult } from './list';

const BY_ID = say`Enter the ID of the workflow instead.`;

/** The list of NenAI workflows, by name. Published ones come first. */
export async function searchWorkflows(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const entries = await load(this, 'mcpUrl', async (connection) => {
		const tools = new NenAiTools(this, connection);
		const attempt = await tools.listWorkflows();
		void tools.close();
		return attempt;
	});
	const workflows = withoutCopies(entries.flatMap((entry) => workflowIn(entry) ?? []));
	if (entries.length > 0 && workflows.length === 0)
		throw listError(this, say`NenAI's list of workflows has no IDs in a known form. ${BY_ID}`);
	const isAmbiguous = ambiguousAmong(workflows);
	const [published, others] = [true, false].map((wanted) =>
		workflows
			.filter(({ isPublished }) => isPublished === wanted)
			.map((workflow) => toItem(workflow, isAmbiguous)),
	);
	return { results: [...toResult(published, filter).results, ...toResult(others, filter).results] };
}

/** The same list for a field in which several workflows can be chosen. */
export async function getWorkflows(this: ILoadOptionsFunctions): Promise<INodeListSearchItems[]> {
	return (await searchWorkflows.call(this)).results;
}

type Workflow = NonNullable<ReturnType<typeof workflowIn>>;

function withoutCopies(workflows: Workflow[]): Workflow[] {
	return [...new Map(workflows.map((workflow) => [workflow.id, workflow])).values()];
}

/** Whether several workflows have this name, so that only their IDs distinguish them. */
function ambiguousAmong(workflows: Workflow[]): (name: string) => boolean {
	const counts = new Map<string, number>();
	for (const { name } of workflows)
		if (name !== undefined) counts.set(plain(name), (counts.get(plain(name)) ?? 0) + 1);
	return (name) => (counts.get(plain(name)) ?? 0) > 1;
}

function toItem(
	{ id, name, isPublished }: Workflow,
	isAmbiguous: (name: string) => boolean,
): INodeListSearchItems {
	const called =
		name === undefined ? id : isAmbiguous(name) ? `${name.trim()} (${id})` : name.trim();
	return { name: isPublished ? called : `${called} – not published`, value: id };
}

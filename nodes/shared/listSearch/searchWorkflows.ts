import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { NenAiTools } from '../transport/mcp/tools';
import { workflowIn } from '../transport/mcp/results';
import { urlProblem, DEFAULT_URLS } from '../transport/credential';
import { toError } from '../failures/failure';
import { load, normalize, toResult } from './list';

const BY_ID = 'Choose "By ID" instead, and enter the ID of the workflow.';

/** The list of NenAI workflows to pick from: the name of each. Published workflows come first. */
export async function searchWorkflows(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const entries = await load(this, async (connection) => {
		const problem = urlProblem(connection.credential.mcpUrl);
		if (problem !== undefined)
			return {
				kind: 'failed',
				failure: {
					message: `The MCP URL of the credential ${problem}`,
					hint: `It is usually ${DEFAULT_URLS.mcpUrl}.`,
				},
			};
		const tools = new NenAiTools(this, connection);
		const attempt = await tools.listWorkflows();
		void tools.close();
		return attempt;
	});
	const workflows = withoutCopies(entries.flatMap((entry) => workflowIn(entry) ?? []));
	if (entries.length > 0 && workflows.length === 0)
		throw toError(this.getNode(), {
			message: `This node could not find any workflow IDs in NenAI's list of workflows. ${BY_ID}`,
			hint: BY_ID,
		});
	const isAmbiguous = ambiguousAmong(workflows);
	const [published, others] = [true, false].map((wanted) =>
		workflows
			.filter(({ isPublished }) => isPublished === wanted)
			.map((workflow) => toItem(workflow, isAmbiguous)),
	);
	return { results: [...toResult(published, filter).results, ...toResult(others, filter).results] };
}

type Workflow = NonNullable<ReturnType<typeof workflowIn>>;

function withoutCopies(workflows: Workflow[]): Workflow[] {
	return [...new Map(workflows.map((workflow) => [workflow.id, workflow])).values()];
}

/** Whether several workflows have this name, so that the list must show their IDs, too. */
function ambiguousAmong(workflows: Workflow[]): (name: string) => boolean {
	const counts = new Map<string, number>();
	for (const { name } of workflows)
		if (name !== undefined) counts.set(normalize(name), (counts.get(normalize(name)) ?? 0) + 1);
	return (name) => (counts.get(normalize(name)) ?? 0) > 1;
}

function toItem(
	{ id, name, isPublished }: Workflow,
	isAmbiguous: (name: string) => boolean,
): INodeListSearchItems {
	const label =
		name === undefined ? id : isAmbiguous(name) ? `${name.trim()} (${id})` : name.trim();
	return { name: isPublished ? label : `${label} – not published`, value: id };
}

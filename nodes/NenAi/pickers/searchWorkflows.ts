import type { IDataObject, ILoadOptionsFunctions, INodeListSearchItems, INodeListSearchResult } from 'n8n-workflow';

import { Inquiry, workflowIn } from '../transport/ask';
import { problemOfAddress, USUAL_ADDRESSES } from '../transport/credential';
import { toError } from '../transport/failure';
import { load, toResult } from './list';

const BY_ID = 'Choose "By ID" instead, and enter the ID of the workflow.';

/** The list from which a NenAI workflow is chosen: name and ID of each. */
export async function searchWorkflows(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	const entries = await load(this, async (connection) => {
		const problem = problemOfAddress(connection.credential.mcpUrl);
		if (problem !== undefined) return { kind: 'failed', failure: { message: `The MCP URL of the credential ${problem}`, hint: `It is usually ${USUAL_ADDRESSES.mcpUrl}.` } };
		const inquiry = new Inquiry(this, connection);
		const attempt = await inquiry.workflows();
		void inquiry.close();
		return attempt;
	});
	const items = entries.flatMap(toItem);
	if (entries.length > 0 && items.length === 0) throw toError(this.getNode(), { message: `NenAI's list of workflows has no IDs in a form that this node knows. ${BY_ID}`, hint: BY_ID });
	return toResult(items, filter);
}

function toItem(entry: IDataObject): INodeListSearchItems[] {
	const workflow = workflowIn(entry);
	if (workflow === undefined) return [];
	return [{ name: workflow.name === undefined ? workflow.id : `${workflow.name} (${workflow.id})`, value: workflow.id }];
}
